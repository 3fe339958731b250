"""The playground inside another program's FastAPI app, under a path of its own."""

from pathlib import Path

import gradio as gr

from demo.api import all_functions
from demo.layout import build_demo
from demo.lm.language_models import LanguageModels
from demo.loading import Models
from demo.server import Server
from demo.serving import MOST_SESSIONS, launch_options

ROOT = Path(__file__).resolve().parents[1]
FOR_LAUNCH = {"quiet", "state_session_capacity"}  # options that gr.mount_gradio_app does not have


def mount(app, path, language=None, data=ROOT / "data", pretrained=ROOT / "pretrained"):
    """Put the playground into a fastapi.FastAPI under `path`, such as "/play", and read its models in the background.

    language: as in build_demo. data: the folder in whose `text` the training texts lie, if they are here. The app
    answers to every name, as the other program decides who reaches it. Returns `app`.
    """
    models = Models(pretrained)
    server = Server(all_functions(models, LanguageModels(models, Path(data) / "text")))
    demo = build_demo(server, language)
    options = {
        name: value
        for name, value in launch_options(server, models, local=False).items()
        if name not in FOR_LAUNCH
    }
    gr.mount_gradio_app(app, demo, path, **options)
    demo.state_session_capacity = MOST_SESSIONS
    models.load_in_background()
    return app
