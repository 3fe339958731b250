"""The house rules: which folder may know which, every sentence in both languages, nothing a Space would refuse."""

import ast
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from huggingface_hub import RepoCard
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from demo import gan, lm, vae
from demo.api import PUBLIC, Api
from demo.checks import UserError
from demo.component import template
from demo.text import LANGUAGES, texts

ROOT = Path(__file__).parents[2]
FAMILIES = {"vae", "gan", "ngram", "gpt"}


def tracked():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in names.stdout.split("\0") if name and (ROOT / name).exists()]


def imports(path):
    """Dotted names of everything `path` imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def folder_of(name):
    return name.split(".")[0]


@pytest.mark.parametrize(
    "folder, forbidden",
    [
        ("models", {"gradio", "demo", "training", "benchmarks", "tests", "app"}),
        ("training", {"gradio", "demo", "benchmarks", "tests", "app"}),
        ("demo", {"training", "benchmarks", "tests", "app"}),
    ],
)
def test_arrows_between_folders(folder, forbidden):
    for path in (ROOT / folder).rglob("*.py"):
        assert not {folder_of(name) for name in imports(path)} & forbidden, path


def test_families_never_import_one_another():
    for path in (ROOT / "models").glob("*.py"):
        others = {name.split(".")[1] for name in imports(path) if name.startswith("models.")}
        assert not others & (FAMILIES - {path.stem}), path


def test_the_page_answers_before_torch_is_imported():
    program = (
        "import sys, demo.serving, demo.layout; assert 'gradio' in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)


# --- sentences --------------------------------------------------------------------------------------------


def gaps(sentence):
    return sorted(re.findall(r"\{(\w+)\}", sentence))


def differences(own, english):
    """What the sentences of a language have otherwise than the English ones: a description -> all keys."""
    both = [key for key in english if key in own]
    found = {
        "missing": [key for key in english if key not in own],
        "not in en.json": [key for key in own if key not in english],
        "other {gaps}": [key for key in both if gaps(own[key]) != gaps(english[key])],
        "empty": [key for key in own if not own[key].strip()],
        "another order, from here on": [
            a for a, b in zip((key for key in own if key in english), both) if a != b
        ][:1],
    }
    return {what: keys for what, keys in found.items() if keys}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things(language):
    own = json.loads((ROOT / f"demo/text/{language}.json").read_text("utf-8"))
    found = differences(own, texts("en"))
    assert not found, f"mend demo/text/{language}.json: {found}"


def test_all_that_differs_in_a_language_is_named():
    english = {"a": "{n} of {m}", "b": "b", "c": "{n}", "d": "d", "e": "e"}
    assert differences(english, english) == {}
    assert differences({"a": "{n}", "c": "{k}", "x": "x", "e": "e", "d": " "}, english) == {
        "missing": ["b"],
        "not in en.json": ["x"],
        "other {gaps}": ["a", "c"],
        "empty": ["d"],
        "another order, from here on": ["e"],
    }


def test_every_question_before_a_look_begins_alike():
    keys = [key for key in texts("en") if re.fullmatch(r"(vae|gan|lm)\.\w+\.(predict|question)", key)]
    assert len(keys) > 15
    for language, words in (("en", "Predict first: "), ("pt-BR", "Preveja antes: ")):
        assert [key for key in keys if not texts(language)[key].startswith(words)] == []


def test_every_key_that_the_html_names_exists():
    """Keys in scripts are checked by tsc, also those put together from parts; keys of errors by tests/contract."""
    for part in parts():
        named = re.findall(r"data-(?:text|title|label|placeholder)=\"([^\"]+)\"", template(part))
        assert set(named) <= set(texts("en")), (part, set(named) - set(texts("en")))


def parts():
    """The names of all parts of the page, such as "vae/walk"."""
    return [
        path.relative_to(ROOT / "demo").with_suffix("").as_posix()
        for path in (ROOT / "demo").glob("*/*.html")
    ]


def names_of_stations(source):
    """createStations(element, "gan", ["gallery", …]) says gan.gallery.name, …"""
    for family, names in re.findall(r"createStations\(element, \"(\w+)\", \[([^\]]+)\]", source):
        yield from (f"{family}.{name}.name" for name in re.findall(r"\w+", names))


def test_every_station_has_a_name():
    scripts = [path.read_text("utf-8") for path in (ROOT / "demo").glob("*/tab.js")]
    named = set(names_of_stations("\n".join(scripts)))
    families = {"vae": vae, "gan": gan, "lm": lm}
    stations = {f"{family}.{name}.name" for family, tab in families.items() for name in tab.STATIONS}
    assert named == stations, "tab.js and STATIONS of __init__.py must name the same stations of a family"
    assert stations - set(texts("en")) == set(), "write these sentences into both files of demo/text"


def unsaid(keys, source):
    """Those of `keys` that the source names nowhere.

    It names a key in whole, or puts it together: `vae.${x}.name` names the part before the gap, and every word after
    it must be a word of some text, or a name, in the source. The form for a number ("….1", "….one") goes with its key.
    """
    source += "".join(f'"{key}"' for key in names_of_stations(source))
    quoted = [
        one for found in re.findall(r"\"([^\"\n]*)\"|`([^`]*)`|'([^'\n]*)'", source) for one in found if one
    ]
    words = {word for one in quoted for word in re.findall(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*", one)}
    words |= set(re.findall(r"\b(\w+)\b\s*[:,}=]", source))  # names of properties and variables
    stems = set(re.findall(r"[`\"']([a-z_]+(?:\.[a-z_]+)*\.)(?:\$?\{|\"|')", source))

    def is_word(part):
        return part in words or part.isdigit() or ("_" in part and set(part.split("_")) <= words)

    for key in keys:
        of_numbers = re.sub(r"\.(\d+|one|other)$", "", key)
        if any(f"{mark}{name}{mark}" in source for name in {key, of_numbers} for mark in "\"'`"):
            continue
        rests = [key.removeprefix(stem).split(".") for stem in stems if key.startswith(stem)]
        if not any(all(map(is_word, rest)) for rest in rests):
            yield key


def test_every_sentence_is_said_somewhere():
    scripts = [p.read_text("utf-8") for p in (ROOT / "demo").rglob("*") if p.suffix in (".js", ".py")]
    assert not set(unsaid(texts("en"), "\n".join([*scripts, *map(template, parts())])))


def test_a_sentence_that_nobody_says_is_found():
    source = 'sentence(`gan.${kind}.name`); say("gan.hello"); const kind = right ? "walk" : "game_over";'
    keys = ["gan.hello", "gan.walk.name", "gan.game_over.name", "gan.walk.nome", "gan.hallo", "vae.walk.name"]
    assert set(unsaid(keys, source)) == {"gan.walk.nome", "gan.hallo", "vae.walk.name"}


def test_no_sentence_stands_in_the_html():
    # marks and language names may; words of two letters or more may not
    allowed = {"EN", "PT"}
    for path in (ROOT / "demo").rglob("*.html"):
        html = re.sub(r"<!--.*?-->|<svg.*?</svg>|&\w+;", "", path.read_text("utf-8"), flags=re.S)
        bare = re.findall(r"[^\W\d_]{2,}", " ".join(re.findall(r">([^<]+)<", html)))
        assert set(bare) <= allowed, (path, set(bare) - allowed)
        for attribute in ("title", "aria-label", "placeholder", "alt"):
            assert not re.search(rf"\s{attribute}=\"[^\"]*[^\W\d_]{{2,}}", html), (path, attribute)


@pytest.mark.parametrize("part", parts())
def test_every_slider_has_a_name(part):
    """An <output> before it in its label would take the name, and is read aloud at every change."""
    html = template(part)
    assert "<output" not in html
    for label in re.findall(r"<label\b.*?</label>", html, flags=re.S):
        first = re.search(r"<(?:button|input|meter|output|progress|select|textarea)\b[^>]*>", label)
        assert first and ('type="range"' in first[0] or 'type="range"' not in label), label
        html = html.replace(label, "")
    for slider in re.findall(r"<input type=\"range\"[^>]*>", html):
        assert "data-label=" in slider, slider


def test_a_mistake_speaks_english_to_programs():
    mistake = UserError("error.whole", name="frames", low=5, high=32)
    assert str(mistake) == "frames must be a whole number from 5 to 32."


def test_no_style_goes_by_the_height_of_a_frame():
    """A frame may be as high as its page, so a height is asked for as demo/start.js allows for it."""
    for path in (ROOT / "demo").rglob("*.css"):
        bare = re.sub(r"var\(--window-height, 100d?vh\)", "", path.read_text("utf-8"))
        assert not re.search(r"\b100d?vh\b", bare), path


# --- what a Space and a visitor get -----------------------------------------------------------------------


def test_no_file_is_too_large_and_none_is_pickled():
    sizes = {path: path.stat().st_size for path in tracked()}
    assert max(sizes.values()) < 10_000_000
    assert sum(size for path, size in sizes.items() if path.is_relative_to(ROOT / "pretrained")) < 60_000_000
    pickles = {".pt", ".pth", ".pkl", ".pickle", ".joblib", ".bin", ".ckpt"}
    assert not [path for path in sizes if path.suffix in pickles]


def test_binary_files_are_of_the_kinds_gitattributes_names():
    attributes = (ROOT / ".gitattributes").read_text("utf-8")
    for path in tracked():
        data = path.read_bytes()[:4096]
        if b"\0" in data:
            assert f"*{path.suffix} " in attributes, path


def test_nothing_is_ever_unpickled():
    for path in [
        *(ROOT / "models").rglob("*.py"),
        *(ROOT / "demo").rglob("*.py"),
        *(ROOT / "training").rglob("*.py"),
    ]:
        source = path.read_text("utf-8")
        assert "torch.load" not in source and "allow_pickle=True" not in source, path
        assert "pickle" not in {folder_of(name) for name in imports(path)}, path


def test_the_page_names_no_other_machine():
    for path in [p for p in (ROOT / "demo").rglob("*") if p.suffix in (".html", ".css", ".js", ".py")]:
        if path.parent.name == "plotly":  # its links are in a menu that the page does not show
            continue
        urls = re.findall(r"https?://[^\s\"'<>)]+", path.read_text("utf-8"))
        assert not [url for url in urls if "www.w3.org" not in url], path


def test_the_readme_is_the_card_of_a_space():
    card = RepoCard.load(ROOT / "README.md", ignore_metadata_errors=False)
    data = card.data.to_dict()
    assert data["sdk"] == "gradio" and data["license"] == "mit" and data["header"] == "mini"
    assert (ROOT / data["app_file"]).exists() and data["python_version"] == "3.12"
    assert locked()["gradio"] == data["sdk_version"]
    assert {"title", "emoji", "colorFrom", "colorTo", "short_description", "tags", "pinned"} <= set(data)
    assert len(data["short_description"]) <= 60


def required(name):
    """The packages that a file of requirements names, with the versions that it allows."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    found = (Requirement(line) for line in lines if line and not line.startswith(("#", "-r ")))
    return {canonicalize_name(one.name): one.specifier for one in found}


def locked():
    """The version of every package in the lock file."""
    pins = required("requirements-lock.txt")
    assert all(re.fullmatch(r"==[\w.]+", str(one)) for one in pins.values())
    return {name: str(one).removeprefix("==") for name, one in pins.items()}


def test_a_package_has_a_lowest_version_and_one_that_the_lock_file_names():
    for file in ("requirements.txt", "requirements-dev.txt", "requirements-hub.txt"):
        for name, versions in required(file).items():
            assert any(one.operator in (">=", "==", "~=") for one in versions), (file, name)
            assert versions.contains(locked()[name]), (file, name)


def test_everything_the_app_imports_is_required():
    named = {
        *required("requirements.txt"),
        *required("requirements-hub.txt"),
        "spaces",
        "mcp",
    }  # ZeroGPU brings one, and --mcp asks for the other
    package = {
        "PIL": "pillow",
        "typing_extensions": "typing-extensions",
        "huggingface_hub": "huggingface-hub",
    }
    for path in [ROOT / "app.py", *(ROOT / "demo").rglob("*.py"), *(ROOT / "models").rglob("*.py")]:
        for name in map(folder_of, imports(path)):
            if name not in sys.stdlib_module_names and name not in ("demo", "models"):
                assert package.get(name, name) in named, (path, name)


def test_the_file_tree_of_the_readme_is_true():
    readme = (ROOT / "README.md").read_text("utf-8")
    tree = re.search(r"```text\n(.*?)```", readme, flags=re.S).group(1)
    named = re.findall(r"^\s*([\w./<>-]+)", tree, flags=re.M)
    paths, stack = set(), []
    for line in tree.splitlines():
        match = re.match(r"(\s*)([\w./-]+)", line)
        if not match:
            continue
        depth, name = len(match[1]) // 2, match[2]
        stack = [*stack[:depth], name.rstrip("/")]
        paths.add("/".join(stack))
    assert len(named) > 20
    for path in paths:
        assert (ROOT / path).exists(), f"{path} is in the README's tree but not on disk"
    for path in tracked():
        relative = path.relative_to(ROOT)
        if relative.suffix == ".py" and relative.name != "__init__.py":
            covered = (
                str(relative) in paths or str(relative.parent / "*") in paths or "tests" in relative.parts
            )
            assert covered, f"{relative} is not in the README's tree"


def test_the_table_of_functions_in_the_readme_has_every_argument_in_its_order_with_its_default():
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `/(\w+)` \| (.*?) \| .*\|$", readme, flags=re.M))
    assert set(rows) == set(PUBLIC)
    for function, told in rows.items():
        parameters = list(inspect.signature(getattr(Api, function)).parameters.values())[1:]
        named = re.findall(r"`(\w+)(?:=\S+?)?`", told)
        assert [name for name in named if name in [one.name for one in parameters]] == [
            one.name for one in parameters
        ]
        for one in parameters:
            if one.default is not one.empty:
                default = f'"{one.default}"' if isinstance(one.default, str) else one.default
                assert f"`{one.name}={default}`" in told, (function, one.name)


def test_front_matter_is_plain_yaml():
    text = (ROOT / "README.md").read_text("utf-8")
    assert isinstance(yaml.safe_load(text.split("---")[1]), dict)
