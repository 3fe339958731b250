"""Counts and a GPT side by side at every step of a text that their mixture generates.

The page calls `lm_continue`, as the station Generate does.
"""

from demo.lm.steps import functions

__all__ = ["functions"]
