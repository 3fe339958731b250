"""The page's own parts: gr.HTML components whose source lies beside their Python module.

The part "vae/walk" is `vae/walk.html` (static; sentences come from `data-text` keys), `vae/walk.css` and the ES module
`vae/walk.js`, which runs once when the part is on the page. HTML that several parts share is a file in a folder
`fragments`; a part includes it with a comment. Modules are served in bundles (demo/bundle.py). The path of bundles,
styles and Plotly contains a hash of their content, so that browsers can cache them for ever.
"""

import functools
import hashlib
import json
import os
import re
from pathlib import Path

import gradio as gr

from demo.bundle import PAGE, bundles
from demo.environment import DEVELOPING
from demo.generated import constants
from demo.text import LANGUAGES, texts

FOLDER = Path(__file__).parent
FAMILIES = ("vae", "gan", "lm")
STYLE, PLOTLY = "style.css", "plotly.js"  # served beside the modules
TEXTS = "web/texts.js"  # the module with all sentences, generated here from demo/text
CONTRACT = "web/contract.js"  # demo/contract.py for the page
LESSONS = "lessons/all.js"  # the module with all lessons, generated here from demo/lessons
# <!-- include web/fragments/walk_files.html family="vae" -->, on a line of its own
INCLUDE = re.compile(r"^(?P<indent> *)<!-- include (?P<path>\S+)(?P<values>(?: \w+=\"[^\"]*\")*) -->\n", re.M)


def component(name, elem_id=None, **props):
    """The part `name` as a gr.HTML."""
    entry = f'new URL("{path_of(entry_name())}", document.baseURI)'
    return gr.HTML(
        value="",
        html_template=template(name),
        js_on_load=f'(window.playground ?? import({entry})).then((page) => page.mount("{name}", element, props))',
        head=f'<link rel="stylesheet" href="{path_of(STYLE)}">',  # after Gradio's own styles, which it overrides
        elem_id=elem_id or name.replace("/", "-"),
        apply_default_css=False,
        padding=False,
        **props,
    )


def head_start():
    """What the page's <head> begins with: the rules that hide tabs, and the script that imports all others.

    The stylesheet is not linked here: Gradio would leave out the parts' links to it, which stand behind its own styles.
    """
    panels = (FOLDER / "web/panels.css").read_text("utf-8")
    return f"<style>{panels}</style><script>{start_script()}</script>"


def start_script():
    """demo/start.js with its sentences and the path of the module that it imports."""
    keys = {"lost": "page.lost", "old": "page.too_old", "again": "page.again"}
    sentences = {tag: {name: texts(tag)[key] for name, key in keys.items()} for tag in LANGUAGES}
    script = (FOLDER / "start.js").read_text("utf-8")
    return script.replace('"SENTENCES"', json.dumps(sentences)).replace(
        '"ENTRY"', json.dumps(path_of(entry_name()))
    )


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
    digest = hashlib.sha256()
    for name, body in [*modules().items(), (STYLE, stylesheet()), (PLOTLY, plotly())]:
        digest.update(f"{name}\0{body}\0".encode())
    return digest.hexdigest()[:12]


def files():
    """All files that the page loads: name -> content."""
    scripts = modules() if developing() else bundles(modules())
    return scripts | {STYLE: stylesheet(), PLOTLY: plotly()}


def plotly():
    """Plotly.js with lines, points and bars alone: a quarter of the whole."""
    return (FOLDER / "plotly/plotly-basic.min.js").read_text("utf-8")


def modules():
    """All JavaScript of the page: name -> source."""
    paths = sorted(path for folder in ("web", *FAMILIES) for path in (FOLDER / folder).glob("*.js"))
    found = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in paths}
    found[CONTRACT] = constants()  # with the sets of one's own, if there are any
    sentences = {language: texts(language) for language in LANGUAGES}
    return found | {TEXTS: as_module(sentences), LESSONS: as_module(lessons())}


def lessons():
    """All lessons, by the name of their file: {"text.en": …}. Raises ValueError for a file that is not JSON."""
    found = {}
    for path in sorted((FOLDER / "lessons").glob("*.json")):
        try:
            found[path.stem] = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise ValueError(f"demo/lessons/{path.name} is not JSON: {error}") from None
    return found


def as_module(value):
    """A module whose default export is a value of JSON."""
    return f"export default {json.dumps(value, ensure_ascii=False)};\n"


def template(name):
    """The HTML of a part, each include replaced by the file that it names."""
    html = INCLUDE.sub(included, (FOLDER / f"{name}.html").read_text("utf-8"))
    if "<!-- include" in html:
        raise ValueError(
            f"{name}.html: an include stands alone on its line: <!-- include lm/fragments/seed.html -->"
        )
    return html


def included(match):
    """The file that an include names, indented as the include is, with its {gaps} filled."""
    values = dict(re.findall(r"(\w+)=\"([^\"]*)\"", match["values"]))
    html = (FOLDER / match["path"]).read_text("utf-8")
    gaps = set(re.findall(r"\{(\w+)\}", html))
    if gaps != values.keys():
        raise ValueError(f"{match['path']} needs {sorted(gaps)}; an include gives {sorted(values)}.")
    filled = re.sub(r"\{(\w+)\}", lambda gap: values[gap[1]], html)
    return re.sub(r"^(?=.)", match["indent"], filled, flags=re.M)


def stylesheet():
    """All styles of the page as one text: shared styles first, then those of each family, then of its stations."""
    order = [FOLDER / "web/page.css"]
    for folder in ("web", *FAMILIES):
        paths = sorted((FOLDER / folder).glob("*.css"))
        order += sorted(paths, key=lambda path: path.with_suffix(".html").exists())
    return "\n".join(path.read_text("utf-8") for path in dict.fromkeys(order))
