"""The page's own parts: gr.HTML components whose source lies beside this file.

A part named `vae_walk` is `vae_walk.html` (static; sentences come from `data-text` keys), `vae_walk.css` and
`vae_walk.js` (the body of a function with `element`, `props` and `server` in scope, and `Playground`, the
shared script under `shared/`).
"""

from pathlib import Path

import gradio as gr

FOLDER = Path(__file__).parent
SCRIPT, STYLE = "playground/playground.js", "playground/playground.css"  # served by demo.serving
HEAD = f'<link rel="stylesheet" href="{STYLE}"><script src="{SCRIPT}"></script>'


def component(name, server_functions=(), **props):
    """The part called `name` as a gr.HTML; `server_functions` become `server.<function name>` in its script."""
    return gr.HTML(
        value="",
        html_template=(FOLDER / f"{name}.html").read_text("utf-8"),
        js_on_load=(FOLDER / f"{name}.js").read_text("utf-8"),
        head=HEAD,
        server_functions=list(server_functions),
        elem_id=name.replace("_", "-"),
        apply_default_css=False,
        padding=False,
        **props,
    )


def stylesheet():
    """All styles of the page as one text: the shared ones first."""
    paths = [*sorted((FOLDER / "shared").glob("*.css")), *sorted(FOLDER.glob("*.css"))]
    return "\n".join(path.read_text("utf-8") for path in paths)


def script():
    """The shared script of the page as one text, in the order of the file names' numbers."""
    return "\n".join(path.read_text("utf-8") for path in sorted((FOLDER / "shared").glob("*.js")))
