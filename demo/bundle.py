"""Join the page's ES modules into a few bundles: a whole class opens the page at once, and every request takes time.

In a bundle each module becomes a function that runs when the module is first needed:

    import { draw } from "../web/wall.js";      const { draw } = load_module("web/wall.js");
    export const open = () => draw();           const open = () => draw();  …  return { open };

Only the forms that the page's modules use are supported; any other raises ValueError. A bundle copies values, not live
bindings: `export let` and circular imports are not supported. With `python app.py --dev` the page loads the modules
themselves.
"""

import posixpath
import re

PAGE = "page.js"  # the bundle that every visit loads; the other bundles are named after their family: vae.js
IMPORT = re.compile(r"^import (?P<names>\w+|\{[^}]*\}|\* as \w+) from \"(?P<path>\.[^\"]+)\";$", re.M)
EXPORT = re.compile(r"^export (?P<kind>const|class|function|async function) (?P<name>\w+)", re.M)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DEFAULT = re.compile(r"^export default ", re.M)
# snake_case names cannot clash with the camelCase names of the modules
REGISTRY = """const factories = new Map();
const modules = new Map();
export const define_module = (name, factory) => factories.set(name, factory);
export function load_module(name) {
  if (!modules.has(name)) modules.set(name, factories.get(name)());
  return modules.get(name);
}
const arriving = new Map();
const failures = new Map();
function import_family(file) {
  const tried = failures.get(file) ?? 0; // browsers remember that a file did not arrive, but under its address alone
  const fail = (error) => {
    arriving.delete(file);
    failures.set(file, tried + 1);
    throw error;
  };
  if (!arriving.has(file)) arriving.set(file, import(tried ? `${file}?again=${tried}` : file).catch(fail));
  return arriving.get(file);
}
export async function importModule(name) {
  if (!factories.has(name)) await import_family(`./${name.split("/")[0]}.js`);
  return load_module(name);
}
export const mount = (...part) => load_module("web/parts.js").mount(...part);

"""


def bundles(modules):
    """All modules of the page (name -> source) as bundles: name -> source."""
    page = closure(modules, [name for name in modules if name.startswith("web/") or name.endswith("/tab.js")])
    files = {PAGE: REGISTRY + definitions(modules, page)}
    for family in sorted({name.split("/")[0] for name in modules} - {"web"}):
        names = [name for name in modules if name.startswith(f"{family}/") and name not in page]
        files[f"{family}.js"] = f'import {{ define_module, load_module }} from "./{PAGE}";\n\n' + definitions(
            modules, names
        )
    return files


def definitions(modules, names):
    """The modules `names` as functions of a bundle."""
    return "\n".join(
        f'define_module("{name}", () => {{\n{as_function(name, modules[name])}}});\n' for name in names
    )


def as_function(name, source):
    """The body of a module's function in a bundle; it returns the module's exports."""
    if name == "web/import.js":
        return "return { importModule, ownAddress: import.meta.url };\n"
    exports = [match["name"] for match in EXPORT.finditer(source)]
    body = IMPORT.sub(lambda match: as_const(name, match), source)
    body = EXPORT.sub(lambda match: f"{match['kind']} {match['name']}", body)
    if DEFAULT.search(body):
        body = DEFAULT.sub("const default_ = ", body)
        exports.append("default: default_")
    body = body.replace("import.meta.url", f'new URL("{name}", import.meta.url).href')
    if left := re.search(r"^(import|export)\b.*|\bimport\(.*", COMMENT.sub("", body), re.M):
        raise ValueError(f"{name}: a bundle does not understand {left[0]!r}.")
    return f"{body}return {{ {', '.join(exports)} }};\n"


def as_const(name, match):
    """The statement that replaces one import."""
    target = f'load_module("{resolve(name, match["path"])}")'
    names = match["names"]
    if names.startswith("*"):
        return f"const {names.removeprefix('* as ')} = {target};"
    if names.startswith("{"):
        return f"const {names.replace(' as ', ': ')} = {target};"
    return f"const {names} = {target}.default;"


def closure(modules, names):
    """`names` and all modules that they import, in the order of `modules`. Raises ValueError for a circular import."""
    found = {}

    def visit(name, path):
        if name in path:
            raise ValueError(f"Modules import one another in a circle: {' -> '.join([*path, name])}.")
        if name not in found:
            for other in imports(name, modules[name]):
                visit(other, [*path, name])
            found[name] = True

    for name in names:
        visit(name, [])
    return [name for name in modules if name in found]


def imports(name, source):
    """Names of the modules that the module `name` imports."""
    return [resolve(name, match["path"]) for match in IMPORT.finditer(source)]


def resolve(name, path):
    """The name of the module that `name` imports from the relative `path`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
