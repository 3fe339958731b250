"""The next-token tab: its stations, one module each.

Every station has callbacks that take plain values and a `create_station(voices)` that joins them to the page
and publishes what belongs in the API; `voices` (demo/lm/voices.py) finds the language model that is meant.
"""

import gradio as gr

from demo.component import component
from demo.lm import compare, evidence, generate, learning, reading, yours
from demo.lm.voices import Voices

STATIONS = (generate, compare, evidence, learning, reading, yours)


def create_tab(models):
    """The next-token tab as a gr.Blocks. `models.get` waits for a model while it is being read."""
    voices = Voices(models)
    with gr.Blocks(analytics_enabled=False) as tab:
        component("lm/tab", server_functions=yours.for_tab(voices))
        for station in STATIONS:
            station.create_station(voices)
    return tab
