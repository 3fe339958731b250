"""One tab of the app's page without Gradio's own scripts: the same parts, styles, modules and functions, opened sooner.

Gradio's scripts take half the time that the page needs to open, and stations use nothing of them. So most tests open
this page. What Gradio does around the parts is tested on the page that visitors get, and so is everything that needs
more than one tab: mark such a test with `gradio`.
"""

import json
import threading
import time

import gradio as gr
import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from demo.component import STYLE, head_start, path_of
from demo.serving import file_routes

# what Gradio's styles and scripts do that the parts depend on
STYLES = """
body { margin: 0; }
.tab-panel { flex-direction: column; gap: 0; }
button, input, select { font: inherit; }
[type=radio], [type=checkbox] { width: 1rem; height: 1rem; }
"""
SCRIPT = """
const asked = new URLSearchParams(location.search);
const theme = asked.get("__theme") ?? "system";
const dark = theme === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
document.body.classList.toggle("dark", dark);
const family = asked.get("tab") ?? "vae";
for (const { id, html, script, props } of PARTS) {
  if (id !== "page-head" && !id.startsWith(family)) continue;
  const element = document.getElementById(id);
  element.innerHTML = html;
  new Function("element", "props", script)(element, props);
}
"""


def serve(demo, server):
    """(address, stop): the page of `demo`, a gr.Blocks, and the functions of `server`, without Gradio."""
    page = html(demo)
    routes = [Route("/", lambda request: HTMLResponse(page)), *server.routes(), *file_routes()]
    config = uvicorn.Config(Starlette(routes=routes), port=0, log_level="error")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]

    def stop():
        running.should_exit = True
        thread.join()

    return f"http://127.0.0.1:{port}", stop


def html(demo):
    """The page, with the parts in the places that they have in `demo`."""
    parts = [
        {"id": part.elem_id, "html": part.html_template, "script": part.js_on_load, "props": part.props}
        for part in demo.blocks.values()
        if isinstance(part, gr.HTML)
    ]
    listed = json.dumps(parts).replace("<", "\\u003c")
    return (
        f"<!doctype html><html><head>{head_start()}<title>{demo.title}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<style>{STYLES}</style><link rel="stylesheet" href="{path_of(STYLE)}"></head><body>'
        f'<main class="gradio-container">{places(demo)}</main><script>{SCRIPT.replace("PARTS", listed)}</script>'
        "</body></html>"
    )


def places(block):
    """The empty elements of a block and of all that it holds."""
    if not isinstance(block, (gr.Blocks, gr.Column, gr.HTML)):
        return ""
    inner = "".join(map(places, getattr(block, "children", [])))
    if isinstance(block, gr.Blocks):
        return inner
    return f'<div id="{block.elem_id}" class="{" ".join(block.elem_classes or [])}">{inner}</div>'
