"""Figures of the VAE tab, as plain dicts for drawPlane (vae/plots.js).

A figure is independent of language and theme: its texts are keys of demo/text, and the `meta` of a trace or the `name`
of an annotation or shape is the CSS variable of its colour. The page fills in both, so that switching either makes no
request.
"""

import math

ACCENT, MUTED, INK = "--vae", "--muted", "--ink"
DASHES = ("solid", "dash", "dot")  # of several runs' curves: not everybody tells their colours apart
WIDEST = 10  # ratio of largest to smallest loss; above it the axis is logarithmic, or all but the start would look flat


def kl_bars(kl, dead_below):
    """KL of every dimension in nats, the most active first, with the line below which a dimension is dead.

    The y axis shows the square root of KL: on a linear axis the line would lie on the bottom. The first trace has the
    active dimensions, the second the dead ones; `customdata` is (number of the dimension from 1, KL).
    """
    ranked = sorted(enumerate(kl), key=lambda pair: -pair[1])
    root = math.sqrt(dead_below)
    axis = {"fixedrange": True, "zeroline": False}
    bars = []
    for color, dead in ((ACCENT, False), (MUTED, True)):
        chosen = [(rank, i, v) for rank, (i, v) in enumerate(ranked) if (v < dead_below) == dead]
        bars.append(
            {
                "type": "bar",
                "meta": color,
                "x": [rank for rank, _, _ in chosen],
                "y": [math.sqrt(max(value, 0)) for _, _, value in chosen],
                "customdata": [[i + 1, value] for _, i, value in chosen],
                "hovertemplate": "z%{customdata[0]}: %{customdata[1]:.3f} nats<extra></extra>",
                "marker": {},
            }
        )
    last = len(kl) - 0.5
    top = math.sqrt(max([*kl, 4 * dead_below]))
    ticks = [v for v in (dead_below, 0.2, 0.5, 1, 2, 4, 8) if v <= top**2]
    ticks = [
        v for v in ticks if v == dead_below or math.sqrt(v) > root + 0.15 * top
    ]  # none close to the line
    line = {"type": "line", "name": INK, "line": {"width": 1.5, "dash": "dash"}, "layer": "above"}
    note = {"text": "vae.dimensions.dead_line", "name": INK, "x": last, "y": root, "showarrow": False}
    layout = {
        "bargap": 0.2,
        "dragmode": False,
        "hovermode": "closest",
        "shapes": [line | {"x0": -0.5, "x1": last, "y0": root, "y1": root}],
        "annotations": [note | {"xanchor": "right", "yanchor": "bottom"}],
        "xaxis": axis
        | {"title": {"text": "vae.dimensions.axis"}, "showticklabels": False, "range": [-0.6, last + 0.1]},
        "yaxis": axis
        | {
            "title": {"text": "vae.dimensions.axis_kl"},
            "range": [0, 1.06 * top],
            "tickvals": [math.sqrt(v) for v in ticks],
            "ticktext": ticks,
        },
    }
    return {"data": bars, "layout": layout}


def loss_curves(runs, name, cursor=False):
    """One of the losses, "recon_loss" or "kl", over the epochs; `runs` are (history, CSS variable) pairs.

    The loss on held-out pictures is used if it was logged. With `cursor` the only shape is a cursor at epoch 0.
    """
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "meta": color,
            "x": [row["epoch"] for row in history],
            "y": losses(history, name),
            "line": {"width": 2.5, "dash": dash},
            "marker": {},
            "hovertemplate": "%{y:.1f} nats<extra></extra>",
        }
        for (history, color), dash in zip(runs, DASHES)
    ]
    values = [value for trace in data for value in trace["y"] if value > 0] or [1.0]
    low, high = min(values), max(values)
    yaxis = {"type": "linear"}
    if high > WIDEST * low:
        ticks = [m * 10**k for k in range(-3, 7) for m in (1, 2, 5) if low / 2 < m * 10**k < 2 * high]
        ticks = ticks[:: 1 + len(ticks) // 6]
        yaxis = {"type": "log", "tickvals": ticks, "ticktext": ticks}
        low, high = (
            math.log10(low),
            math.log10(high),
        )  # Plotly's range of a logarithmic axis is in powers of 10
    span = (high - low) or 1.0
    axis = {"fixedrange": True, "zeroline": False, "nticks": 5}
    last = max((trace["x"][-1] for trace in data if trace["x"]), default=1)
    line = {
        "type": "line",
        "name": INK,
        "x0": 0,
        "x1": 0,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"width": 2},
    }
    layout = {
        "dragmode": False,
        "hovermode": "x",
        "shapes": [line] if cursor else [],
        "annotations": [],
        "xaxis": axis | {"range": [-0.02 * last, 1.02 * last]},
        # room at the top for the name of the loss
        "yaxis": axis | yaxis | {"range": [low - 0.08 * span, high + 0.3 * span]},
    }
    return {"data": data, "layout": layout}


def losses(history, name):
    """The values of a loss as logged each epoch, on held-out pictures if these were logged."""
    held_out = f"held_out_{name}"
    return [row[held_out] if has_held_out(history) else row[name] for row in history]


def has_held_out(history):
    return bool(history) and all("held_out_recon_loss" in row and "held_out_kl" in row for row in history)
