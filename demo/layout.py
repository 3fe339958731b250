"""The page: a head with language and theme, and three tabs, each made by its own module."""

import gradio as gr

from demo import gan, lm, vae
from demo.component import component

TABS = {"vae": vae, "gan": gan, "lm": lm}


def build_demo(models, language=None):
    """The whole page as a gr.Blocks. `language` is "en", "pt-BR" or None: then the browser's first choice."""
    with gr.Blocks(title="Generative Models Playground", analytics_enabled=False) as demo:
        component("web/head", elem_id="page-head", language=language or "")
        for family, module in TABS.items():
            with gr.Column(elem_id=f"panel-{family}", elem_classes=["tab-panel", f"family-{family}"]):
                module.create_tab(models)
    return demo
