"""The next-token tab: its stations, one module each.

A station's functions take plain values. `functions(language_models)` returns those that the page calls, by name, in
addition to the public ones of demo/api.py. demo/lm/language_models.py finds the model for a call.
"""

import gradio as gr

from demo.component import component
from demo.lm import compare, evidence, generate, learning, reading, training, yours

STATIONS = {
    "generate": generate,
    "compare": compare,
    "evidence": evidence,
    "learning": learning,
    "reading": reading,
    "yours": yours,
}


def functions(language_models):
    """All functions that the tab calls, by name."""
    found = {}
    for station in STATIONS.values():
        found |= station.functions(language_models)
    return found | training.functions(language_models)


def create_tab():
    """The next-token tab as a gr.Blocks."""
    with gr.Blocks(analytics_enabled=False) as tab:
        component("lm/tab")
        for name in STATIONS:
            component(f"lm/{name}")
        component("lm/size")
    return tab
