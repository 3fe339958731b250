"""Counts and a GPT side by side at every step of a text that a mixture of the two draws."""

from demo.component import component
from demo.lm.steps import continuation
from demo.messages import for_page


def create_station(voices):
    """The station in the page; `voices` finds the models."""
    component("lm/compare", server_functions=[for_page(continuation(voices))])
