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
    return _plain(figure)


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


# --- the plane of a VAE's codes ---------------------------------------------------------------------------

# markers that differ in shape as well as in colour
SYMBOLS = (
    *("circle", "square", "diamond", "triangle-up", "triangle-down"),
    *("cross", "x", "star", "pentagon", "hexagon"),
)
PRIOR, PATH = "--muted", "--vae"


def plane_of_codes(examples, low, side):
    """The shipped examples on their plane, one trace a class; classes named by one character are drawn as it.

    low (2,) is the lower left corner of the square in view, side its length. Of a z of 2 the standard normal prior
    is drawn too: circles of one and two sigma.
    """
    import plotly.graph_objects as go

    figure = go.Figure(layout={"template": "none"})
    for label, name in enumerate(examples.names):
        rows = examples.position[examples.label == label]
        look = {"mode": "markers", "marker": {"symbol": SYMBOLS[label], "size": 8}}
        if len(name) == 1:
            look = {"mode": "text", "text": name}
        x, y = (rows[:, axis].round(3).tolist() for axis in (0, 1))
        figure.add_scatter(x=x, y=y, meta=f"--class-{label}", hoverinfo="skip", **look)
    whole = examples.z.shape[1] == 2
    for radius in (1, 2) if whole else ():
        corners = {"x0": -radius, "y0": -radius, "x1": radius, "y1": radius}
        figure.add_shape(type="circle", name=PRIOR, line={"width": 1.5, "dash": "dash"}, **corners)
        figure.add_annotation(text=f"{radius}σ", name=PRIOR, x=0, y=radius, showarrow=False, yanchor="bottom")
    names = ("z1", "z2") if whole else ("pc1", "pc2")
    for axis, start, name in zip(("xaxis", "yaxis"), low.tolist(), names, strict=True):
        figure.update_layout(
            {
                axis: {
                    "title": {"text": f"vae.map.axis.{name}"},
                    "range": [start, start + side],
                    "fixedrange": True,
                    "zeroline": False,
                    "nticks": 7,
                }
            }
        )
    return _plain(figure)


def path_on_plane(ways, rings, ends):
    """What lies over `plane_of_codes`: each way as a line named after it, rings (points, 2), the two ends by letter."""
    import plotly.graph_objects as go

    figure = go.Figure(layout={"template": "none"})

    def line(points, **look):
        x, y = (points[:, axis].round(4).tolist() for axis in (0, 1))
        figure.add_scatter(x=x, y=y, mode="lines", hoverinfo="skip", **look)

    for name, points in ways.items():
        line(points, name=name, meta=PATH)
    for points in rings:
        line(points, name="posterior", meta=CURSOR, line={"width": 1.5})
    for (letter, (x, y)), side in zip(ends.items(), (-1, 1), strict=True):
        # beside the place, so that even a tiny ring around it is seen
        at = {"x": round(float(x), 4), "y": round(float(y), 4), "ax": 20 * side, "ay": -16}
        figure.add_annotation(
            text=letter.upper(), name=CURSOR, arrowhead=6, arrowsize=0.6, arrowwidth=1.5, borderpad=3, **at
        )
    return _plain(figure)


def _plain(figure):
    """Only what the page needs: the theme is its own."""
    plain = figure.to_plotly_json()
    del plain["layout"]["template"]
    return plain
