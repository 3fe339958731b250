"""Counts and a GPT side by side at every step of a text that a mixture of the two draws.

The page asks for the text with `lm_continue`, as the station Generate does.
"""

from demo.lm.steps import functions

__all__ = ["functions"]
