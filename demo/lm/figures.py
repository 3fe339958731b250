"""The GPT's training -> a Plotly figure, as a plain dict for the page's drawChart (web/chart.js).

It is independent of language and theme: every text in it is a key of demo/text, and the `meta` of a trace or the `name`
of an annotation or shape is the CSS variable of its colour. The page fills in both (lm/losses.js).

The x axis is log(1 + step / SOFT), a logarithm with a place for step 0.
"""

import math

from demo.figures import empty, note, scatter, shape

MODEL, COUNTS, CURSOR = "--lm", "--muted", "--ink"
SOFT = 25  # below this step the axis is nearly linear
ALIKE = 0.1  # nats: orders whose losses are this close share a label


def losses(rows, counts, snapshots):
    """Loss curves of a GPT, with a dashed line for the counts of every order.

    rows: [{"step", "train", "validation"}], nats per character; counts: {order: nats}; snapshots: steps, which are the
    ticks of the x axis. The first shape is the cursor. layout.meta has "orders": the first and last order of each
    annotation.
    """
    figure = empty(hovermode="closest", dragmode=False)
    shape(figure, "line", name=CURSOR, x0=0, x1=0, y0=0, y1=1, yref="paper", line={"width": 2})
    end = place(max(row["step"] for row in rows))
    for loss in counts.values():
        level = {"x0": 0, "x1": 1, "xref": "paper", "y0": loss, "y1": loss}
        shape(figure, "line", name=COUNTS, line={"dash": "dash", "width": 1}, layer="below", **level)
    for name, look in (("train", {"dash": "dot", "width": 2}), ("validation", {"width": 3})):
        scored = [row for row in rows if row[name] is not None]
        scatter(
            figure,
            [place(row["step"]) for row in scored],
            [row[name] for row in scored],
            name=name,
            meta=MODEL,
            mode="lines+markers",
            line=look,
            marker={"size": 6 if name == "validation" else 4},
            customdata=[[row["step"], math.exp(row[name])] for row in scored],
            hovertemplate=f"lm.learning.hover.{name}",
        )
    low, high = y_range(rows, counts)
    groups = alike(counts)
    for orders in groups:
        note(
            figure,
            "lm.learning.curve.counts",
            name=COUNTS,
            x=1,
            xref="paper",
            xanchor="left",
            y=mean_loss(counts, orders),
            showarrow=False,
        )
    ticks = {"tickvals": [place(step) for step in snapshots], "ticktext": [str(step) for step in snapshots]}
    axis = {"fixedrange": True, "zeroline": False}
    figure["layout"] |= {
        "xaxis": {**ticks, **axis, "range": [-0.015 * end, 1.015 * end]},
        "yaxis": {**axis, "range": [low, high]},
        "meta": {"orders": [[orders[0], orders[-1]] for orders in groups]},
    }
    return figure


def place(step):
    """The place of a training step on the x axis."""
    return math.log1p(step / SOFT)


def y_range(rows, counts):
    values = [*counts.values(), *(row[name] for row in rows for name in ("train", "validation") if row[name])]
    room = 0.06 * (max(values) - min(values))
    return min(values) - room, max(values) + room


def alike(counts):
    """The orders grouped by loss: [[1], [2], [5, 6, 7]]. In a group no loss is ALIKE or more below the first one."""
    groups = []
    for order in sorted(counts):
        if groups and counts[groups[-1][0]] - counts[order] < ALIKE:
            groups[-1].append(order)
        else:
            groups.append([order])
    return groups


def mean_loss(counts, orders):
    return sum(counts[order] for order in orders) / len(orders)
