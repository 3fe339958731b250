"""The VAE tab: its stations, one module each.

Every station has callbacks that take the model first and plain values after it, and `functions(models)`: what its
page calls, by name, besides the public functions of demo/api.py.
"""

import gradio as gr

from demo.component import component
from demo.vae import dimensions, generate, inside, map, picker, training, walk

STATIONS = {
    "walk": walk,
    "inside": inside,
    "map": map,
    "generate": generate,
    "dimensions": dimensions,
    "training": training,
}


def functions(models):
    """Everything the tab calls, by name; `models` (demo.loading.Models) has the VAEs."""
    found = picker.functions(models)
    for station in STATIONS.values():
        found |= station.functions(models)
    return found


def create_tab():
    """The VAE tab as a gr.Blocks."""
    with gr.Blocks(analytics_enabled=False) as tab:
        component("vae/tab")
        for name in STATIONS:
            component(f"vae/{name}")
    return tab
