"""Bundles of the page's modules: what they hold, and that they mean what the modules mean."""

import json
import shutil
import subprocess

import pytest

from demo.bundle import PAGE, as_function, bundles, closure
from demo.component import modules

TINY = {
    "web/import.js": "export const importModule = (name) => import(`../${name}`);\n",
    "web/parts.js": 'import { importModule } from "./import.js";\n\n'
    "export const mount = (name) => importModule(name);\n",
    "web/sums.js": "export const add = (a, b) => a + b;\nexport function twice(a) {\n  return add(a, a);\n}\n",
    "web/texts.js": 'export default {"en": "two"};\n',
    "vae/tab.js": 'import { twice } from "../web/sums.js";\n\nexport const four = twice(2);\n',
    "vae/walk.js": 'import * as sums from "../web/sums.js";\nimport texts from "../web/texts.js";\n'
    'import { four as square } from "./tab.js";\n\n'
    "export class Walk {}\nexport const found = [sums.add(1, 2), texts.en, square];\n",
}


def test_the_page_holds_what_every_visit_needs_and_a_family_the_rest():
    files = bundles(TINY)
    assert set(files) == {PAGE, "vae.js"}
    assert 'define_module("web/sums.js"' in files[PAGE] and 'define_module("vae/tab.js"' in files[PAGE]
    assert (
        'define_module("vae/walk.js"' in files["vae.js"]
        and "vae/tab.js" not in files["vae.js"].split("load_module(")[0]
    )


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_a_bundle_means_what_its_modules_mean(tmp_path):
    for name, source in bundles(TINY).items():
        (tmp_path / name).write_text(source, "utf-8")
    program = (
        'import { importModule, load_module } from "./page.js";\n'
        'const walk = await importModule("vae/walk.js");\n'
        'const mounted = await load_module("web/parts.js").mount("vae/walk.js");\n'
        "console.log(JSON.stringify([Object.keys(walk), walk.found, mounted === walk]));\n"
    )
    (tmp_path / "main.mjs").write_text(program, "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    done = subprocess.run(["node", "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [["Walk", "found"], [3, "two", 4], True]


@pytest.mark.parametrize(
    "source",
    [
        "export let count = 0;\n",
        'export { a } from "./b.js";\n',
        'import "./b.js";\n',
        "const a = import('./b.js');\n",
    ],
)
def test_what_a_bundle_does_not_understand_is_refused(source):
    with pytest.raises(ValueError, match="does not understand"):
        as_function("web/a.js", source)


def test_a_circle_of_imports_is_refused():
    circle = {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'}
    with pytest.raises(ValueError, match=r"a\.js -> b\.js -> a\.js"):
        closure(circle, ["a.js"])


def test_every_module_of_the_page_is_in_one_bundle():
    text = "".join(bundles(modules()).values())
    for name in modules():
        assert text.count(f'define_module("{name}"') == 1, name
