"""Arrays -> Plotly figures, as plain dicts for Playground.plot.

A figure knows no language and no theme: every text in it is a key of demo/text, and the `meta` of a trace or the
`name` of an annotation or shape is the CSS variable with its colour. The page fills in both (gan_training.js),
so that switching either asks nobody.
"""

import math

DISCRIMINATOR, GENERATOR, CURSOR, REST = "--gan-discriminator", "--gan", "--ink", "--muted"
# what both networks lose when the discriminator answers 50 % to everything:
DRAW = {"d_loss": 2 * math.log(2), "g_loss": math.log(2)}  # -2 log 1/2, and -log 1/2


def losses(history, snapshots):
    """Both loss curves of a GAN, one above the other, as they were logged, with dots at the kept steps.

    The x axis is the square root of the step: even distances would squeeze the first thousand into a corner,
    and a logarithm has no place for step 0. The first shape is the cursor, at x = sqrt(step) of the step in view.
    """
    import plotly.graph_objects as go

    x = [math.sqrt(step) for step in history["step"]]
    end = max(math.sqrt(snapshots[-1]), x[-1] if x else 0.0) or 1.0
    figure = go.Figure(layout={"template": "none"})
    figure.add_shape(type="line", name=CURSOR, x0=0, x1=0, y0=0, y1=1, yref="paper", line={"width": 2})
    for name, curve, tie, color, yaxis, below in (
        ("d_loss", "gan.curve.d_loss", "gan.draw.d_loss", DISCRIMINATOR, "y", True),
        ("g_loss", "gan.curve.g_loss", "gan.draw.g_loss", GENERATOR, "y2", False),
    ):
        # a draw: the discriminator can lose less than it, the generator then loses more
        draw = {"x0": 0, "x1": end, "y0": DRAW[name], "y1": DRAW[name], "yref": yaxis}
        figure.add_shape(type="line", name=REST, line={"dash": "dash"}, **draw)
        _write(figure, tie, REST, 0, DRAW[name], yaxis, "left", 11 if below else -11)
        if x:
            _curve(figure, history, name, x, color, yaxis, snapshots)
            # beside the last third of the curve, where the label must not touch it
            last = [value for at, value in zip(x, history[name]) if at >= 0.65 * x[-1]]
            edge, shift = (min(last), -13) if below else (max(last), 13)
            _write(figure, curve, color, x[-1], edge, yaxis, "right", shift)
        figure.update_layout({"yaxis" + yaxis[1:]: {"range": _range(history[name], DRAW[name])}})
    steps = [math.sqrt(step) for step in snapshots]
    figure.update_xaxes(tickvals=steps, ticktext=[str(step) for step in snapshots], range=[0, end * 1.02])
    figure.update_xaxes(title={"text": "gan.axis.step"}, anchor="y2", fixedrange=True, zeroline=False)
    figure.update_layout(
        hovermode="x",
        dragmode=False,
        yaxis={"domain": [0.53, 1], "title": {"text": "gan.axis.loss"}, "fixedrange": True, "nticks": 5},
        yaxis2={"domain": [0, 0.47], "title": {"text": "gan.axis.loss"}, "fixedrange": True, "nticks": 5},
    )
    plain = figure.to_plotly_json()
    del plain["layout"]["template"]
    return plain


def _curve(figure, history, name, x, color, yaxis, snapshots):
    """One curve as logged; hovering says the step and the loss in nats, with the language's own marks."""
    kept = [step in snapshots for step in history["step"]]
    figure.add_scatter(
        x=x,
        y=history[name],
        yaxis=yaxis,
        meta=color,
        mode="lines+markers",
        line={"width": 2},
        marker={"size": [8 if k else 0 for k in kept], "opacity": 1},
        customdata=history["step"],
        hovertemplate="%{customdata:,}: %{y:.3f}<extra></extra>",
    )


def _write(figure, key, color, x, y, yaxis, side, shift):
    figure.add_annotation(
        text=key, name=color, x=x, y=y, xref="x", yref=yaxis, xanchor=side, yshift=shift, showarrow=False
    )


def _range(values, draw):
    """Room for the curve, for the line of a draw, and for a line of text on either side."""
    low, high = min([*values, draw]), max([*values, draw])
    room = max(high - low, 0.1)
    return [low - 0.3 * room, high + 0.3 * room]
