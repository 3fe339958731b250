"""The page's own parts: gr.HTML components whose source lies beside their Python module.

The part "vae/walk" is `vae/walk.html` (static; sentences come from `data-text` keys), `vae/walk.css` and the ES module
`vae/walk.js`, which runs once when the part is on the page and takes what it needs from `web/parts.js`. Modules are
served, with the styles and Plotly, under a path that holds a hash of them, so that browsers may keep them for ever.
"""

import functools
import hashlib
import json
import posixpath
import re
from pathlib import Path

import gradio as gr
import plotly

from demo.text import LANGUAGES, texts

FOLDER = Path(__file__).parent
FAMILIES = ("vae", "gan", "lm")
STYLE, PLOTLY = "style.css", "plotly.js"  # served beside the modules
TEXTS = "web/texts.js"  # the module that holds all sentences; made here from demo/text


def component(name, elem_id=None, **props):
    """The part called `name` as a gr.HTML."""
    mount = f'new URL("{path_of("web/parts.js")}", document.baseURI)'
    return gr.HTML(
        value="",
        html_template=(FOLDER / f"{name}.html").read_text("utf-8"),
        js_on_load=f'import({mount}).then((parts) => parts.mount("{name}", element, props))',
        head=f'<link rel="stylesheet" href="{path_of(STYLE)}">',  # after Gradio's own styles, which it overrules
        elem_id=elem_id or name.replace("/", "-"),
        apply_default_css=False,
        padding=False,
        **props,
    )


def preloads():
    """Links for the page's <head>: the modules that every visit needs, asked for before Gradio has started.

    A station's module comes when the station is in view (web/parts.js), with those that only it imports.
    """
    needed = ["web/parts.js", "web/head.js", "web/station.js", *(f"{family}/tab.js" for family in FAMILIES)]
    found = {}
    while needed:
        name = needed.pop(0)
        if name not in found:
            found[name] = re.findall(r'^import\b[^;]*?"(\.[^"]+)";$', modules()[name], flags=re.MULTILINE)
            needed += [posixpath.normpath(f"{posixpath.dirname(name)}/{path}") for path in found[name]]
    return "\n".join(f'<link rel="modulepreload" href="{path_of(name)}">' for name in found)


def path_of(name):
    """Where a file of ours, such as "vae/walk.js", is served, relative to the page."""
    return f"playground/{version()}/{name}"


@functools.cache
def version():
    """A hash of all our files: a page and its parts are always of one version."""
    digest = hashlib.sha256(plotly.__version__.encode())
    for name, body in [*modules().items(), (STYLE, stylesheet())]:
        digest.update(f"{name}\0{body}\0".encode())
    return digest.hexdigest()[:12]


def files():
    """Every file of ours: name -> content."""
    script = Path(plotly.__file__).parent / "package_data/plotly.min.js"
    return modules() | {STYLE: stylesheet(), PLOTLY: script.read_text("utf-8")}


@functools.cache
def modules():
    """All JavaScript of the page: name -> source."""
    paths = sorted(path for folder in ("web", *FAMILIES) for path in (FOLDER / folder).glob("*.js"))
    found = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in paths}
    sentences = {language: texts(language) for language in LANGUAGES}
    return found | {TEXTS: f"export default {json.dumps(sentences, ensure_ascii=False)};\n"}


def stylesheet():
    """All styles of the page as one text: what is shared first, then a family's, then its stations'."""
    order = [FOLDER / "web/page.css"]
    for folder in ("web", *FAMILIES):
        paths = sorted((FOLDER / folder).glob("*.css"))
        order += sorted(paths, key=lambda path: path.with_suffix(".html").exists())
    return "\n".join(path.read_text("utf-8") for path in dict.fromkeys(order))
