"""The GAN tab: its stations, one module each.

Every station has callbacks that take the model first and plain values after it, and `functions(models)`: what its
page calls, by name, besides the public functions of demo/api.py.
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
    """Everything the tab calls, by name; `models` (demo.loading.Models) has the GANs and what else is needed."""
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
    return tab
