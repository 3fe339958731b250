"""The plane of a VAE's codes -> Plotly figures, as plain dicts for the page's drawChart (web/chart.js).

A figure is independent of language and theme: every text in it is a key of demo/text, and the `meta` of a trace or the
`name` of an annotation or shape is the CSS variable of its colour. The page fills in both (vae/map.js), so that
switching either makes no request.
"""

# markers that differ in shape as well as in colour
SYMBOLS = (
    *("circle", "square", "diamond", "triangle-up", "triangle-down"),
    *("cross", "x", "star", "pentagon", "hexagon"),
)
PRIOR, PATH, CURSOR = "--muted", "--vae", "--ink"


def plane_of_codes(examples, low, side):
    """The shipped examples on their plane, one trace for each class. A one-character class name is the marker itself.

    low (2,) is the lower left corner of the visible square, side its length. If z has two dimensions, circles at one
    and two sigma show the standard normal prior.
    """
    figure = empty()
    for label, name in enumerate(examples.names):
        rows = examples.position[examples.label == label]
        look = {"mode": "markers", "marker": {"symbol": SYMBOLS[label], "size": 8}}
        if len(name) == 1:
            look = {"mode": "text", "text": name}
        x, y = (rows[:, axis].round(3).tolist() for axis in (0, 1))
        scatter(figure, x, y, meta=f"--class-{label}", hoverinfo="skip", **look)
    whole = examples.z.shape[1] == 2
    for radius in (1, 2) if whole else ():
        corners = {"x0": -radius, "y0": -radius, "x1": radius, "y1": radius}
        shape(figure, "circle", name=PRIOR, line={"width": 1.5, "dash": "dash"}, **corners)
        note(figure, f"{radius}σ", name=PRIOR, x=0, y=radius, showarrow=False, yanchor="bottom")
    names = ("z1", "z2") if whole else ("pc1", "pc2")
    for axis, start, name in zip(("xaxis", "yaxis"), low.tolist(), names, strict=True):
        figure["layout"][axis] = {
            "title": {"text": f"vae.map.axis.{name}"},
            "range": [start, start + side],
            "fixedrange": True,
            "zeroline": False,
            "nticks": 7,
        }
    return figure


def path_on_plane(ways, rings, ends):
    """The overlay of `plane_of_codes`: a named line for each way, rings (points, 2), and a letter at each endpoint."""
    figure = empty()

    def line(points, **look):
        x, y = (points[:, axis].round(4).tolist() for axis in (0, 1))
        scatter(figure, x, y, mode="lines", hoverinfo="skip", **look)

    for name, points in ways.items():
        line(points, name=name, meta=PATH)
    for points in rings:
        line(points, name="posterior", meta=CURSOR, line={"width": 1.5})
    for (letter, (x, y)), side in zip(ends.items(), (-1, 1), strict=True):
        # the letter stands beside the point, so that even a tiny ring around it stays visible
        at = {"x": round(float(x), 4), "y": round(float(y), 4), "ax": 20 * side, "ay": -16}
        look = {"arrowhead": 6, "arrowsize": 0.6, "arrowwidth": 1.5, "borderpad": 3}
        note(figure, letter.upper(), name=CURSOR, **look, **at)
    return figure


# --- parts of a figure ------------------------------------------------------------------------------------


def empty(**layout):
    """A figure with no traces. Plotly's Python objects check every value, which takes longer than most models do."""
    return {"data": [], "layout": {"shapes": [], "annotations": []} | layout}


def scatter(figure, x, y, **more):
    figure["data"].append({"type": "scatter", "x": x, "y": y} | more)


def shape(figure, kind, **more):
    figure["layout"]["shapes"].append({"type": kind} | more)


def note(figure, text, **more):
    figure["layout"]["annotations"].append({"text": text} | more)
