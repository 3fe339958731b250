"""What a part's HTML is made of: its own file and the files that it includes."""

from pathlib import Path

import pytest

from demo import component
from demo.component import FAMILIES, FOLDER, template

PARTS = [
    path.relative_to(FOLDER).with_suffix("").as_posix()
    for folder in ("web", *FAMILIES)
    for path in sorted((FOLDER / folder).glob("*.html"))
]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """write("vae/x.html", "…") makes a file of a page that has no others."""
    monkeypatch.setattr(component, "FOLDER", tmp_path)

    def write(name, text):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")

    return write


def test_an_include_is_replaced_by_the_file_indented_as_it_is(write):
    write("vae/fragments/dice.html", "<b>\n  <i></i>\n\n</b>\n")
    write("vae/x.html", "<p>\n  <!-- include vae/fragments/dice.html -->\n</p>\n")
    assert template("vae/x") == "<p>\n  <b>\n    <i></i>\n\n  </b>\n</p>\n"


def test_an_include_fills_the_gaps_of_the_file(write):
    write("vae/fragments/field.html", '<i name="{name}" data-text="{family}.{name}"></i>\n')
    write("vae/x.html", '<!-- include vae/fragments/field.html family="vae" name="at \\1" -->\n')
    assert template("vae/x") == '<i name="at \\1" data-text="vae.at \\1"></i>\n'


@pytest.mark.parametrize("values", ["", ' family="vae"', ' family="vae" name="a" side="b"'])
def test_an_include_gives_every_gap_a_value_and_nothing_else(write, values):
    write("vae/fragments/field.html", '<i name="{name}" data-text="{family}"></i>\n')
    write("vae/x.html", f"<!-- include vae/fragments/field.html{values} -->\n")
    with pytest.raises(ValueError, match=r"field.html needs \['family', 'name'\]"):
        template("vae/x")


def test_an_include_of_no_file_is_an_error(write):
    write("vae/x.html", "<!-- include vae/fragments/none.html -->\n")
    with pytest.raises(FileNotFoundError):
        template("vae/x")


@pytest.mark.parametrize(
    "html",
    [
        "<p><!-- include vae/fragments/dice.html --></p>\n",  # not alone on its line
        "<!-- include vae/fragments/dice.html name=a -->\n",  # no quotes
        "<!-- include vae/fragments/nested.html -->\n",  # an included file includes another
    ],
)
def test_an_include_that_is_not_understood_is_an_error(write, html):
    write("vae/fragments/dice.html", "<b></b>\n")
    write("vae/fragments/nested.html", "<!-- include vae/fragments/dice.html -->\n")
    write("vae/x.html", html)
    with pytest.raises(ValueError, match=r"vae/x\.html: an include"):
        template("vae/x")


@pytest.mark.parametrize("name", PARTS)
def test_every_part_of_the_page_is_whole(name):
    assert "include " not in template(name)


def test_every_fragment_is_included():
    fragments = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("fragments/*.html")}
    sources = "\n".join((FOLDER / f"{name}.html").read_text("utf-8") for name in PARTS)
    assert fragments and not [name for name in fragments if f"<!-- include {name} " not in sources]


def test_a_part_includes_the_files_of_web_and_its_family_alone():
    for name in PARTS:
        source = (FOLDER / f"{name}.html").read_text("utf-8")
        for match in component.INCLUDE.finditer(source):
            assert Path(match["path"]).parts[0] in ("web", name.split("/")[0]), name


def test_a_lesson_is_one_file_and_a_third_language_one_more(write):
    write("lessons/mine.en.json", '{"title": "Mine"}')
    write("lessons/mine.eo.json", '{"title": "Mia"}')
    assert component.lessons() == {"mine.en": {"title": "Mine"}, "mine.eo": {"title": "Mia"}}


def test_a_lesson_that_is_not_json_is_named(write):
    write("lessons/mine.en.json", "{")
    with pytest.raises(ValueError, match=r"demo/lessons/mine\.en\.json is not JSON"):
        component.lessons()
