"""The page's own parts: gr.HTML components whose source lies beside their Python module.

The part "vae/walk" is `vae/walk.html` (static; sentences come from `data-text` keys), `vae/walk.css` and the ES module
`vae/walk.js`, which runs once when the part is on the page. Modules are served in bundles (demo/bundle.py). The path of
bundles, styles and Plotly contains a hash of their content, so that browsers can cache them for ever.
"""

import functools
import hashlib
import json
import os
from pathlib import Path

import gradio as gr
import plotly

from demo.bundle import PAGE, bundles
from demo.text import LANGUAGES, texts

FOLDER = Path(__file__).parent
FAMILIES = ("vae", "gan", "lm")
STYLE, PLOTLY = "style.css", "plotly.js"  # served beside the modules
DEVELOPING = "PLAYGROUND_DEV"  # environment variable
TEXTS = "web/texts.js"  # the module with all sentences, generated here from demo/text


def component(name, elem_id=None, **props):
    """The part `name` as a gr.HTML."""
    entry = f'new URL("{path_of(entry_name())}", document.baseURI)'
    return gr.HTML(
        value="",
        html_template=(FOLDER / f"{name}.html").read_text("utf-8"),
        js_on_load=f'import({entry}).then((page) => page.mount("{name}", element, props))',
        head=f'<link rel="stylesheet" href="{path_of(STYLE)}">',  # after Gradio's own styles, which it overrides
        elem_id=elem_id or name.replace("/", "-"),
        apply_default_css=False,
        padding=False,
        **props,
    )


def preloads():
    """Preload links for the page's <head>: the browser fetches these files before Gradio has started."""
    if developing():
        return ""
    style = f'<link rel="preload" as="style" href="{path_of(STYLE)}">'
    return f'{style}<link rel="modulepreload" href="{path_of(PAGE)}">'


def developing():
    """True for `python app.py --dev`: files are read again for every request, and modules are not bundled."""
    return os.environ.get(DEVELOPING) == "1"


def entry_name():
    """The module that mounts the parts."""
    return "web/parts.js" if developing() else PAGE


def path_of(name):
    """The address of a file such as "vae/walk.js", relative to the page."""
    return f"playground/{version()}/{name}"


@functools.cache
def version():
    """A hash of all files that the page loads, so that a page never mixes two versions."""
    if developing():
        return "dev"
    digest = hashlib.sha256(plotly.__version__.encode())
    for name, body in [*modules().items(), (STYLE, stylesheet())]:
        digest.update(f"{name}\0{body}\0".encode())
    return digest.hexdigest()[:12]


def files():
    """All files that the page loads: name -> content."""
    script = Path(plotly.__file__).parent / "package_data/plotly.min.js"
    scripts = modules() if developing() else bundles(modules())
    return scripts | {STYLE: stylesheet(), PLOTLY: script.read_text("utf-8")}


def modules():
    """All JavaScript of the page: name -> source."""
    paths = sorted(path for folder in ("web", *FAMILIES) for path in (FOLDER / folder).glob("*.js"))
    found = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in paths}
    sentences = {language: texts(language) for language in LANGUAGES}
    return found | {TEXTS: f"export default {json.dumps(sentences, ensure_ascii=False)};\n"}


def stylesheet():
    """All styles of the page as one text: shared styles first, then those of each family, then of its stations."""
    order = [FOLDER / "web/page.css"]
    for folder in ("web", *FAMILIES):
        paths = sorted((FOLDER / folder).glob("*.css"))
        order += sorted(paths, key=lambda path: path.with_suffix(".html").exists())
    return "\n".join(path.read_text("utf-8") for path in dict.fromkeys(order))
