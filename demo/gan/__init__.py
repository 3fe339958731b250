"""The GAN tab: its stations, one module each.

A station's functions take the model first and plain values after it. `functions(models)` returns those that the page
calls, by name, in addition to the public ones of demo/api.py.
"""

import gradio as gr

from demo.component import component
from demo.gan import beside, collapse, gallery, game, training, walk

STATIONS = {
    "gallery": gallery,
    "training": training,
    "walk": walk,
    "collapse": collapse,
    "game": game,
    "beside": beside,
}


def functions(models):
    """All functions that the tab calls, by name. models: a demo.loading.Models."""
    found = {}
    for station in STATIONS.values():
        found |= station.functions(models)
    return found


def create_tab():
    """The GAN tab as a gr.Blocks."""
    with gr.Blocks(analytics_enabled=False) as tab:
        component("gan/tab")
        for name in STATIONS:
            component(f"gan/{name}")
        component("gan/size")
    return tab
