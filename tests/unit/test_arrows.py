"""Which file may know which, in the page's JavaScript as in Python.

A station (a module with an .html of its name beside it) imports web/ and the files of its family that are no
stations; web/ imports no family; a family imports no other family.
"""

import ast
import re
from pathlib import Path

import pytest

from demo import gan, lm, vae

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo"
FAMILIES = ("vae", "gan", "lm")
MADE = {"web/texts.js"}  # modules that are made when the page is served
# import … from "…", export … from "…", import "…" and import("…")
IMPORT = re.compile(
    r"""^\s*(?:import|export)\b[^;"']*?\bfrom\s*["'](.+?)["']|\bimport\s*\(?\s*["'](.+?)["']""", re.M
)
BY_NAME = re.compile(r"\bimport\(`[^`]*\$\{")  # import(`../${name}.js`)


def modules():
    paths = (path for folder in ("web", *FAMILIES) for path in (DEMO / folder).rglob("*.js"))
    return sorted(path.relative_to(DEMO).as_posix() for path in paths)


def without_comments(source):
    return re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", source, flags=re.S)


def imports(name):
    """Names, such as "web/dom.js", of the modules that the module imports."""
    source = without_comments((DEMO / name).read_text("utf-8"))
    for wished in (first or second for first, second in IMPORT.findall(source)):
        assert wished.startswith("."), f"{name} imports {wished}: modules are named by their path"
        yield (DEMO / name).parent.joinpath(wished).resolve().relative_to(DEMO).as_posix()


def family(name):
    return name.split("/")[0]


def is_station(name):
    return family(name) in FAMILIES and (DEMO / name).with_suffix(".html").exists()


@pytest.mark.parametrize("name", modules())
def test_arrows_between_modules(name):
    for other in imports(name):
        assert (DEMO / other).exists() or other in MADE, f"{name} imports {other}, which is not there"
        assert family(other) in ("web", family(name)), f"{name} imports another family: {other}"
        assert not is_station(other), f"{name} imports a station: {other}"


@pytest.mark.parametrize("part", [vae, gan, lm], ids=FAMILIES)
def test_every_station_has_a_module_and_so_have_its_tab_and_the_fold_below(part):
    name = part.__name__.removeprefix("demo.")
    found = {each.split("/")[1] for each in modules() if is_station(each) and family(each) == name}
    assert found == {f"{each}.js" for each in (*part.STATIONS, "tab", "size")}


def test_modules_form_no_circle():
    arrows = {name: set(imports(name)) for name in modules()}
    while arrows:
        leaves = {name for name, others in arrows.items() if not others & arrows.keys()}
        assert leaves, f"a circle of imports among {sorted(arrows)}"
        arrows = {name: others for name, others in arrows.items() if name not in leaves}


def test_only_one_module_imports_by_a_name_it_is_given():
    by_name = [name for name in modules() if BY_NAME.search((DEMO / name).read_text("utf-8"))]
    assert by_name == ["web/import.js"]


def test_nothing_hangs_on_the_window():
    """An import is the only way to reach another file: no globals, no events of our own between files."""
    for name in modules():
        source = without_comments((DEMO / name).read_text("utf-8"))
        assert not re.search(r"\bwindow\.\w+\s*=[^=]", source), name
        assert "Playground." not in source, name
        assert not re.search(r"\b(window|document)\.dispatchEvent\b|\bnew CustomEvent\b", source), name


# --- Python -----------------------------------------------------------------------------------------------


def python_imports(path):
    """Dotted names of what a Python file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", sorted((DEMO).rglob("*.py")), ids=lambda path: str(path.relative_to(DEMO)))
def test_a_family_of_the_page_imports_no_other_family(path):
    own = path.relative_to(DEMO).parts[0]
    if own not in FAMILIES:
        return
    for name in python_imports(path):
        parts = name.split(".")
        other = parts[1] if parts[0] == "demo" and len(parts) > 1 else ""
        assert other not in set(FAMILIES) - {own}, f"{path} imports {name}"
