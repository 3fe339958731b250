"""The page: a head with language and theme, three tabs and the public functions."""

import gradio as gr

from demo import gan, lm, vae
from demo.api import PUBLIC
from demo.component import component
from demo.server import Page

TABS = {"vae": vae, "gan": gan, "lm": lm}


def build_demo(server, language=None):
    """The whole page as a gr.Blocks.

    server: the demo.server.Server that runs its functions. language: such as "pt-BR", or None for the browser's
    preferred language.
    """
    with Page(title="Generative Models Playground", analytics_enabled=False) as demo:
        component("web/head", elem_id="page-head", language=language or "")
        for family, module in TABS.items():
            with gr.Column(elem_id=f"panel-{family}", elem_classes=["tab-panel", f"family-{family}"]):
                module.create_tab()
        for name in PUBLIC:
            server.endpoint(name)
    return demo
