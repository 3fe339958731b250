"""The VAE tab: its stations, one module each.

A station's functions take the model first and plain values after it. `functions(models)` returns those that the page
calls, by name, in addition to the public ones of demo/api.py.
"""

import gradio as gr

from demo.component import component
from demo.vae import diffusion, dimensions, generate, inside, map, picker, training, walk

STATIONS = {
    "walk": walk,
    "inside": inside,
    "map": map,
    "generate": generate,
    "diffusion": diffusion,
    "dimensions": dimensions,
    "training": training,
}


def functions(models):
    """All functions that the tab calls, by name. models: a demo.loading.Models."""
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
        component("vae/size")
    return tab
