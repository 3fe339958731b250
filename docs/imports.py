"""Draw docs/imports.svg, the rooms of this repository and which imports which, from the imports themselves.

    python docs/imports.py

A room is a folder. The files directly in demo/ are two rooms: the page, which imports the families, and the ground,
which they stand on.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs/imports.svg"
FAMILIES = ("vae", "gan", "lm")
IMPORT = re.compile(
    r"""^\s*(?:import|export)\b[^;"']*?\bfrom\s*["'](.+?)["']|\bimport\s*\(?\s*["'](.+?)["']""", re.M
)

# room -> (x, y, width, title, what it holds)
ROOMS = {
    "app": (190, 20, 140, "app.py", "load, build, launch"),
    "page": (170, 110, 180, "demo/", "the page, the public API"),
    "demo/vae": (20, 200, 150, "demo/vae/", "stations"),
    "demo/gan": (185, 200, 150, "demo/gan/", "stations"),
    "demo/lm": (350, 200, 150, "demo/lm/", "stations"),
    "ground": (20, 300, 480, "demo/", "calls, checks, the contract, parts, pictures, files"),
    "models": (20, 400, 480, "models/", "no Gradio, no training, no network"),
    "training": (390, 20, 140, "training/", "how they were made"),
    "js/vae": (560, 200, 130, "vae/*.js", "state, request, draw"),
    "js/gan": (705, 200, 130, "gan/*.js", "state, request, draw"),
    "js/lm": (850, 200, 130, "lm/*.js", "state, request, draw"),
    "js/web": (560, 300, 420, "web/*.js", "station, store, link, server, words, charts"),
}
HEIGHT = 50
# what no import shows: the page calls Python, and Python writes the page's constants
CALLS = ((("js/web", "ground"), "POST playground/call/…"),)
INK, LINE, PAPER, ROOM = "#1d232b", "#59626e", "#ffffff", "#f1efe9"


def python_files():
    """Name of a module, such as "demo.vae.walk" -> its path."""
    paths = [ROOT / "app.py"]
    for folder in ("demo", "models", "training"):
        paths += sorted((ROOT / folder).rglob("*.py"))
    return {name_of(path): path for path in paths}


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_imports(path, files):
    """The modules of this repository that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name in files:
                yield name
            elif name.rpartition(".")[0] in files:
                yield name.rpartition(".")[0]


def python_arrows():
    files = python_files()
    imports = {name: set(python_imports(path, files)) for name, path in files.items()}

    def is_family(name):
        return name.startswith(tuple(f"demo.{family}" for family in FAMILIES))

    page = {
        name
        for name, others in imports.items()
        if name.startswith("demo") and not is_family(name) and any(map(is_family, others))
    }

    def room(name):
        top, *rest = name.split(".")
        if top != "demo":
            return top
        if is_family(name):
            return f"demo/{rest[0]}"
        return "page" if name in page else "ground"

    return {(room(name), room(other)) for name, others in imports.items() for other in others}


def script_arrows():
    found = set()
    for folder in ("web", *FAMILIES):
        for path in (ROOT / "demo" / folder).rglob("*.js"):
            for first, second in IMPORT.findall(path.read_text("utf-8")):
                other = (path.parent / (first or second)).resolve().parent.relative_to(ROOT / "demo")
                found.add((f"js/{folder}", f"js/{other.parts[0]}"))
    return found


def arrows():
    """(room, the room it imports), sorted; what a room imports of itself is left out."""
    found = python_arrows() | script_arrows()
    return sorted((one, other) for one, other in found if one != other)


def middle(room, edge):
    x, y, width, *_ = ROOMS[room]
    return x + width / 2, y + (HEIGHT if edge == "bottom" else 0)


def curve(one, other, number, of):
    """An arrow down from room `one` to room `other`, the `number`-th `of` those that end there."""
    x1, y1 = middle(one, "bottom")
    x, y2, width, *_ = ROOMS[other]
    x2 = x + width * (number + 1) / (of + 1)
    return (
        f'<path d="M{x1:.0f} {y1:.0f} C{x1:.0f} {y1 + 30:.0f} {x2:.0f} {y2 - 40:.0f} {x2:.0f} {y2 - 3:.0f}"/>'
    )


def svg():
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 470" font-family="system-ui, sans-serif">',
        f'<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>',
        f'<rect width="1000" height="470" fill="{PAPER}"/>',
        f'<text x="20" y="40" font-size="15" fill="{LINE}">Python</text>',
        f'<text x="560" y="40" font-size="15" fill="{LINE}">JavaScript, beside it in demo/</text>',
        f'<g fill="none" stroke="{LINE}" stroke-width="1.5" marker-end="url(#tip)">',
    ]
    found = arrows()
    for room in ROOMS:
        sources = sorted((one for one, other in found if other == room), key=lambda one: middle(one, "top"))
        lines += [curve(one, room, i, len(sources)) for i, one in enumerate(sources)]
    for (one, other), _ in CALLS:
        (x1, y1, *_), (x2, y2, width, *_) = ROOMS[one], ROOMS[other]
        start, end = y1 + HEIGHT / 2, y2 + HEIGHT / 2
        lines.append(f'<path stroke-dasharray="5 4" d="M{x1} {start:.0f}L{x2 + width + 3} {end:.0f}"/>')
    lines.append("</g>")
    for x, y, width, title, holds in ROOMS.values():
        center = x + width / 2
        lines += [
            f'<rect x="{x}" y="{y}" width="{width}" height="{HEIGHT}" rx="8" fill="{ROOM}" stroke="{LINE}"/>',
            f'<text x="{center:g}" y="{y + 21}" font-size="15" text-anchor="middle" fill="{INK}">{title}</text>',
            f'<text x="{center:g}" y="{y + 39}" font-size="12" text-anchor="middle" fill="{LINE}">{holds}</text>',
        ]
    lines += [
        f'<text x="530" y="372" font-size="12" text-anchor="middle" fill="{LINE}">{words}</text>'
        for _, words in CALLS
    ]
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(svg(), "utf-8")
