"""A GAN's training -> Plotly figures, as plain dicts for the page's drawChart (web/chart.js).

A figure is independent of language and theme: every text in it is a key of demo/text, and the `meta` of a trace or the
`name` of an annotation or shape is the CSS variable of its colour. The page fills in both (gan/training.js), so that
switching either makes no request.

All x axes show the square root of the step: a linear axis would squeeze the first thousand steps into a corner, and a
logarithmic one has no place for step 0. The first shape is the cursor, at x = sqrt(current step).
"""

import math

from demo.figures import empty, note, scatter, shape

DISCRIMINATOR, GENERATOR, CURSOR, REST = "--gan-discriminator", "--gan", "--ink", "--muted"
# both losses if the discriminator answers 50 % to everything
DRAW = {"d_loss": 2 * math.log(2), "g_loss": math.log(2)}  # -2 log 1/2 and -log 1/2


def losses(history, snapshots):
    """Both loss curves of a GAN as logged, one above the other, with dots at the snapshots."""
    x = [math.sqrt(step) for step in history["step"]]
    figure, end = _with_cursor(snapshots, x[-1] if x else 0.0)
    for name, curve, tie, color, yaxis, below in (
        ("d_loss", "gan.curve.d_loss", "gan.draw.d_loss", DISCRIMINATOR, "y", True),
        ("g_loss", "gan.curve.g_loss", "gan.draw.g_loss", GENERATOR, "y2", False),
    ):
        # a dashed line at the loss of a draw: the discriminator's falls below it as the generator's rises above it
        _level(figure, DRAW[name], end, yaxis)
        _write(figure, tie, REST, 0, DRAW[name], yaxis, "left", 11 if below else -11)
        if x:
            _curve(figure, history, name, x, color, yaxis, snapshots)
            # the label stands above or below the last third of the curve, without touching it
            last = [value for at, value in zip(x, history[name], strict=True) if at >= 0.65 * x[-1]]
            edge, shift = (min(last), -13) if below else (max(last), 13)
            _write(figure, curve, color, x[-1], edge, yaxis, "right", shift)
        figure["layout"]["yaxis" + yaxis[1:]] = {
            "range": _range(history[name], DRAW[name]),
            "domain": [0.53, 1] if yaxis == "y" else [0, 0.47],
            "title": {"text": "gan.axis.loss"},
            "fixedrange": True,
            "nticks": 5,
        }
    figure["layout"]["xaxis"] |= {"title": {"text": "gan.axis.step"}, "anchor": "y2"}
    return figure


def quality(measured, snapshots, history):
    """The quality of the samples at each snapshot: three small figures, by the name of the measure.

    measured is GAN.quality. A dashed line shows the value for real pictures. The x axis is the same as in `losses` for
    the same history.
    """
    last = math.sqrt(history["step"][-1]) if history["step"] else 0.0
    axes = {
        "cfid": _decades([*measured["cfid"], measured["real"]["cfid"]]),
        "coverage": {"range": [-0.1, 1.4], "tickvals": [0, 0.5, 1]},
        "classes_seen": {"range": [-1, 14], "tickvals": [0, 5, 10]},
    }
    return {name: _small(name, measured, snapshots, last, axis) for name, axis in axes.items()}


def _small(name, measured, snapshots, last, axis):
    """One measure over the snapshots."""
    figure, end = _with_cursor(snapshots, last)
    logarithmic = axis.get("type") == "log"
    real = measured["real"][name]
    _level(figure, real, end, "y")
    height = (
        math.log10(real) if logarithmic else real
    )  # Plotly takes a note's place as a logarithm, a shape's not
    _write(figure, f"gan.training.real.{name}", REST, 0, height, "y", "left", -9 if logarithmic else 9)
    scatter(
        figure,
        [math.sqrt(step) for step in snapshots],
        measured[name],
        meta=GENERATOR,
        mode="lines+markers",
        line={"width": 2},
        marker={"size": 7},
        customdata=snapshots,
        hovertemplate="%{customdata:,}: %{y:.3~g}<extra></extra>",
    )
    figure["layout"]["yaxis"] = {"fixedrange": True, "zeroline": False, **axis}
    return figure


def _decades(values):
    """A logarithmic axis with room for all values and for a line of text below, and a tick at every power of 10."""
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max(high - low, 0.5)
    start, stop = low - 0.4 * room, high + 0.15 * room
    ticks = [10.0**power for power in range(math.ceil(low), math.floor(stop) + 1)]
    return {"type": "log", "range": [start, stop], "tickvals": ticks}


def _with_cursor(snapshots, last):
    """An empty figure with the cursor and a tick at every snapshot, and the right end of its x axis.

    last: x of the last logged loss, or 0.
    """
    steps = [math.sqrt(step) for step in snapshots]
    end = max(steps[-1], last) or 1.0
    ticks = {"tickvals": steps, "ticktext": [str(step) for step in snapshots]}
    axis = {**ticks, "range": [0, end * 1.02], "fixedrange": True, "zeroline": False}
    figure = empty(hovermode="x", dragmode=False, xaxis=axis)
    shape(figure, "line", name=CURSOR, x0=0, x1=0, y0=0, y1=1, yref="paper", line={"width": 2})
    return figure, end


def _level(figure, y, end, yaxis):
    at = {"x0": 0, "x1": end, "y0": y, "y1": y, "yref": yaxis}
    shape(figure, "line", name=REST, line={"dash": "dash"}, **at)


def _curve(figure, history, name, x, color, yaxis, snapshots):
    """One curve as logged, with dots at the snapshots. Hovering shows the step and the loss in nats."""
    look = {"yaxis": yaxis, "meta": color}
    scatter(
        figure,
        x,
        history[name],
        mode="lines",
        line={"width": 2},
        customdata=history["step"],
        hovertemplate="%{customdata:,}: %{y:.3f}<extra></extra>",
        **look,
    )
    # dots of their own: every point of a curve with markers is an element of the page, even one without a size
    kept = [at for at, step in enumerate(history["step"]) if step in snapshots]
    dots = {"mode": "markers", "marker": {"size": 8, "opacity": 1}, "hoverinfo": "skip"}
    scatter(figure, [x[at] for at in kept], [history[name][at] for at in kept], **dots, **look)


def _write(figure, key, color, x, y, yaxis, side, shift):
    at = {"x": x, "y": y, "xref": "x", "yref": yaxis}
    note(figure, key, name=color, **at, xanchor=side, yshift=shift, showarrow=False)


def _range(values, draw):
    """A range with room for the curve, the line of a draw, and a line of text on either side."""
    low, high = min([*values, draw]), max([*values, draw])
    room = max(high - low, 0.1)
    return [low - 0.3 * room, high + 0.3 * room]
