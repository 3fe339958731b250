"""The playground inside another program's FastAPI app, under a path of its own."""

import os
import re
from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware

from demo.api import all_functions
from demo.environment import ROOT_PATH, root_path, with_slashes
from demo.layout import build_demo
from demo.lm.language_models import LanguageModels
from demo.loading import Models
from demo.server import Server
from demo.serving import MOST_SESSIONS, launch_options

ROOT = Path(__file__).resolve().parents[1]
# a step of a path, as a server sees it: letters of any language, and no %20
STEP = re.compile(r"[\w.~@+,=!$&'()*;-]+")
FOR_LAUNCH = {"quiet", "state_session_capacity"}  # options that gr.mount_gradio_app does not have


def mount(app, path, language=None, data=ROOT / "data", pretrained=ROOT / "pretrained"):
    """Put the playground into a fastapi.FastAPI under `path`, such as "/play", and read its models in the background.

    language: as in build_demo. data: the folder in whose `text` the training texts lie, if they are here. The app
    answers to every name, as the other program decides who reaches it. Returns `app`. Raises ValueError for what can be
    no path, also in GRADIO_ROOT_PATH, which is the path or the address of the page behind a proxy.
    """
    path, root = mounted_at(path), root_path(os.environ.get(ROOT_PATH, ""))
    models = Models(pretrained)
    server = Server(all_functions(models, LanguageModels(models, Path(data) / "text")))
    demo = build_demo(server, language)
    options = {
        name: value
        for name, value in launch_options(server, models, local=False).items()
        if name not in FOR_LAUNCH
    }
    if root:
        options["app_kwargs"]["middleware"].insert(0, Middleware(BelowMount, path=path))
    gr.mount_gradio_app(app, demo, path, root_path=root, **options)
    demo.state_session_capacity = MOST_SESSIONS
    models.load_in_background()
    return app


def mounted_at(path):
    """A path, written with slashes or without, as Starlette wants it: "/play", "" for "/"."""
    try:
        return with_slashes(path.strip(), STEP)
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f'The page is mounted at a path such as "/play", and not at {path!r}.') from None


class BelowMount:
    """ASGI middleware: routes are found below the mount, also behind a proxy.

    Gradio puts the path that the proxy has into `root_path`, where Starlette has noted that of the mount.
    """

    def __init__(self, app, path):
        self.app, self.path = app, path

    async def __call__(self, scope, receive, send):
        if "root_path" in scope:
            scope["root_path"] = scope.get("app_root_path", "") + self.path
        await self.app(scope, receive, send)
