"""The discriminator's scores of real and of generated pictures -> a Plotly figure, a plain dict for web/chart.js.

A figure knows no language and no theme: every text in it is a key of demo/text, the `meta` of a trace and the
`name` of a shape or annotation are CSS variables with its colour. The page fills in both (gan/gallery.js).
"""

import math

import numpy as np

REAL, MADE, HERE, REST = "--ink", "--gan", "--gan-discriminator", "--muted"
BINS = 32
SURER = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)  # beliefs that a tick may stand at, and as far below a half


def histogram(real, made):
    """How many of the real and of the generated pictures get which logit: a line for real ones, an area for the others.

    The x axis is the logit, with ticks where the belief, its sigmoid, is a round share of 1 (`ticktext`). Logits out
    of range are counted at its ends. The first shape is the line of the picture in view.
    """
    real, made = (np.asarray(scores, np.float64) for scores in (real, made))  # of the edges' precision
    low, high = _range(np.concatenate([real, made]))
    edges = np.linspace(low, high, BINS + 1)
    data, tallest = [], 1
    for scores, color, fill in ((made, MADE, "tozeroy"), (real, REAL, "none")):
        counts = np.histogram(np.clip(scores, low, high), edges)[0].tolist()
        tallest = max(tallest, *counts)
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "meta": color,
                "x": [round(edge, 4) for edge in [edges[0], *edges.tolist()]],
                "y": [0, *counts, 0],
                "line": {"shape": "hv", "width": 2},
                "fill": fill,
                "hoverinfo": "skip",
            }
        )
    line = {"type": "line", "xref": "x", "yref": "paper", "x0": 0, "x1": 0, "y0": 0, "y1": 1}
    ticks = _ticks(low, high)
    return {
        "data": data,
        "layout": {
            "dragmode": False,
            "shapes": [
                line | {"name": HERE, "line": {"width": 4}},
                line | {"name": REST, "line": {"width": 1, "dash": "dot"}, "layer": "below"},
            ],
            "xaxis": {
                "range": [low, high],
                "tickvals": [round(logit(share), 4) for share in ticks],
                "ticktext": ticks,
                "fixedrange": True,
                "zeroline": False,
                "showgrid": False,
            },
            "yaxis": {"range": [0, 1.08 * tallest], "visible": False, "fixedrange": True},
        },
    }


def _range(scores):
    """From the lowest logit to the highest, less one in two hundred at either end, with 0 in it."""
    low, high = np.quantile(scores, [0.005, 0.995]).tolist()
    low, high = min(low, -0.5), max(high, 0.5)
    room = 0.06 * (high - low)
    return round(low - room, 4), round(high + room, 4)


def _ticks(low, high):
    """Beliefs from a half outwards, each a sixth of the axis or more from the one before."""
    ticks, last = [0.5], 0.0
    for share in SURER:
        if logit(share) - last >= (high - low) / 6:
            ticks += [share, round(1 - share, 3)]
            last = logit(share)
    room = (high - low) / 20  # for half of the words
    return sorted(share for share in ticks if low + room <= logit(share) <= high - room)


def logit(belief):
    """The number whose sigmoid is `belief`."""
    return math.log(belief / (1 - belief))
