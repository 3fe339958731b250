"""The discriminator's scores of real and of generated pictures -> a Plotly figure, a plain dict for web/chart.js.

A figure is independent of language and theme: every text in it is a key of demo/text, and the `meta` of a trace or the
`name` of a shape or annotation is the CSS variable of its colour. The page fills in both (gan/gallery.js).
"""

import math

import numpy as np

REAL, MADE, HERE, REST = "--ink", "--gan", "--gan-discriminator", "--muted"
BINS = 32
SURER = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)  # beliefs with a tick; also 1 minus each of them


def histogram(real, made):
    """Histogram of the logits of real pictures (a line) and of generated ones (an area).

    The x axis is the logit, with ticks at round values of the belief, its sigmoid (`ticktext`). Logits outside the
    range are counted in the outermost bins. The first shape is the line of the current picture.
    """
    real, made = (
        np.asarray(scores, np.float64) for scores in (real, made)
    )  # the same precision as the edges
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


def accuracy(gan, step):
    """The share of the shipped scores, half of them of real pictures, that this step's discriminator gets right.

    Right is a logit above 0 for a real picture, and any other for a generated one. None if there are no scores.
    """
    if gan.scores is None:
        return None
    at = gan.snapshots.index(step)
    right = np.concatenate([gan.scores.real[at] > 0, gan.scores.made[at] <= 0])
    return float(right.mean())


def _range(scores):
    """The range of the logits without the lowest and the highest 0.5 %, extended to contain 0."""
    low, high = np.quantile(scores, [0.005, 0.995]).tolist()
    low, high = min(low, -0.5), max(high, 0.5)
    room = 0.06 * (high - low)
    return round(low - room, 4), round(high + room, 4)


def _ticks(low, high):
    """Beliefs for the ticks, from 1/2 outwards, at least a sixth of the axis apart."""
    ticks, last = [0.5], 0.0
    for share in SURER:
        if logit(share) - last >= (high - low) / 6:
            ticks += [share, round(1 - share, 3)]
            last = logit(share)
    room = (high - low) / 20  # for half of a label
    return sorted(share for share in ticks if low + room <= logit(share) <= high - room)


def logit(belief):
    """The number whose sigmoid is `belief`."""
    return math.log(belief / (1 - belief))
