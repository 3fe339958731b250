"""The page: a head with language and theme, three tabs and the public functions."""

import asyncio

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
    return in_a_loop(lambda: page(server, language))


def in_a_loop(build):
    """What build() returns, called in an event loop.

    Where none is running, Gradio makes one for every block and leaves it open: some thirty, of three open files each,
    of which Python may complain when it clears them away.
    """

    async def built():
        return build()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
    else:
        return build()
    try:
        return loop.run_until_complete(built())
    finally:
        loop.close()


def page(server, language):
    """The gr.Blocks of build_demo."""
    with Page(title="Generative Models Playground", analytics_enabled=False) as demo:
        component("web/head", elem_id="page-head", language=language or "")
        for family, module in TABS.items():
            with gr.Column(elem_id=f"panel-{family}", elem_classes=["tab-panel", f"family-{family}"]):
                module.create_tab()
        for name in PUBLIC:
            server.endpoint(name)
    return demo
