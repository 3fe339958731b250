"""Write docs/functions.md: every public function with an example in Python, curl and JavaScript.

python docs/functions.py
"""

import inspect
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from demo.api import PUBLIC, Api  # noqa: E402
from demo.server import whole_lines  # noqa: E402

PAGE = ROOT / "docs/functions.md"
SERVER = "http://127.0.0.1:7860"
BLACK, TEXT = "BLACK", "TEXT"  # stand for a picture without ink and for a text to learn from
EXAMPLES = {
    "vae_interpolate": {"a": "example:3-0", "b": "seed:7", "frames": 5},
    "vae_grid": {"d": "seed:7", "side": 3, "dataset": "emoji"},
    "vae_encode": {"image": BLACK},
    "vae_sample": {"seeds": [1, 2, 3], "temperature": 0.7},
    "gan_sample": {"seed": 1, "count": 4, "label": "boot", "truncation_psi": 0.8},
    "gan_score": {"image": BLACK, "label": "bag"},
    "gan_training": {"seed": 1, "count": 2, "label": "sneaker"},
    "gan_walk": {"label_a": "bag", "label_b": "boot", "frames": 5},
    "lm_generate": {"prompt": "Capitu olhou", "model": "mix", "corpus": "machado", "seed": 7},
    "lm_predict": {"prompt": "ROMEO:", "order": 3},
    "lm_evidence": {"prompt": "Capitu", "token": " não", "corpus": "machado"},
    "lm_copying": {"text": "Before we proceed any further, hear me", "at_least": 12},
    "lm_learning": {"prompt": "ROMEO:", "max_new_tokens": 20},
    "lm_read": {"text": "The king is dead.", "model": "gpt"},
    "train": {"text": TEXT, "seconds": 2, "prompt": "the "},
}
START = """<!-- Written by `python docs/functions.py`: change the docstrings in demo/api.py, or the examples there. -->
# The public functions

Every function of the page's stations that other programs can use, each with an example in three languages. The
examples ask an app at `{server}`, as `python app.py` starts it; a test runs all of them. Arguments with a default may
be left out. A mistake comes back as one sentence. `?view=api` at the end of the page's address shows the same list, and
an agent finds it with `python app.py --mcp` at `{server}/gradio_api/mcp/`.

A picture in an answer is a *sprite*: one PNG in base64 that holds all pictures row by row, with their `size`,
`columns` and `count`. `BLACK` is 28 rows of 28 zeros, a picture without ink, and `TEXT` one sentence forty times.
`/lm_copying` needs the training texts: `python -m training.texts`.

## Before the examples

In Python, with `pip install gradio_client`:

```python
{python}```

In a shell with curl, which asks in one request and fetches the answer in another:

```bash
{shell}```

In JavaScript:

```js
{javascript}```
"""
PYTHON = f'''from gradio_client import Client

client = Client("{SERVER}", verbose=False)
BLACK = [[0.0] * 28 for _ in range(28)]
TEXT = "the cat sat on the mat and saw the rat. " * 40
'''
SHELL = f"""CALL={SERVER}/gradio_api/call
ask() {{
  local event
  event=$(curl -s "$CALL/v2/$1" -H 'content-type: application/json' -d "$2" | sed 's/.*: *"\\(.*\\)".*/\\1/')
  curl -sN "$CALL/$1/$event" | sed -n 's/^data: //p'
}}
ROW="[0$(printf ',0%.0s' {{1..27}})]"
BLACK="[$ROW$(printf ",$ROW%.0s" {{1..27}})]"
TEXT="\\"$(printf 'the cat sat on the mat and saw the rat. %.0s' {{1..40}})\\""
"""
JAVASCRIPT = f"""const SERVER = "{SERVER}";

async function ask(name, values) {{
  const call = `${{SERVER}}/gradio_api/call`;
  const headers = {{ "content-type": "application/json" }};
  const asked = await fetch(`${{call}}/v2/${{name}}`, {{ method: "POST", headers, body: JSON.stringify(values) }});
  const {{ event_id, detail }} = await asked.json();
  if (!asked.ok) throw new Error(detail);
  const answer = await (await fetch(`${{call}}/${{name}}/${{event_id}}`)).text();
  const [, event, data] = answer.match(/event: (complete|error)\\ndata: (.*)/);
  if (event === "error") throw new Error(JSON.parse(data).error);
  return JSON.parse(data)[0];
}}
const BLACK = Array.from({{ length: 28 }}, () => Array(28).fill(0));
const TEXT = "the cat sat on the mat and saw the rat. ".repeat(40);
"""


def main():
    PAGE.write_text(page(), "utf-8")
    print("written", PAGE.relative_to(ROOT))


def page():
    """The whole text."""
    start = START.format(server=SERVER, python=PYTHON, shell=SHELL, javascript=JAVASCRIPT)
    return start + "".join(section(name) for name in PUBLIC)


def section(name):
    """What is said of one function, and its examples."""
    about, _, rest = whole_lines(getattr(Api, name).__doc__).partition("\n\nParameters:\n")
    parameters, _, returns = rest.partition("\n\nReturns:\n")
    described = [line.strip().partition(": ") for line in parameters.splitlines()]
    known = inspect.signature(getattr(Api, name)).parameters
    rows = [f"- `{one}`{default(known[one])}: {words}" for one, _, words in described]
    return "\n".join(
        [
            f"\n## `{name}`\n\n{about}\n",
            *rows,
            f"\nReturns {returns.strip()}.\n",
            *(f"```{language}\n{example}\n```" for language, example in examples(name).items()),
            "",
        ]
    )


def default(parameter):
    shown = json.dumps(parameter.default) if isinstance(parameter.default, str) else parameter.default
    return "" if parameter.default is parameter.empty else f" = `{shown}`"


def examples(name):
    """{language: one line that calls the function}."""
    values = EXAMPLES[name]
    written = ", ".join(f"{key}={in_python(value)}" for key, value in values.items())
    return {
        "python": f'answer = client.predict({written}, api_name="/{name}")',
        "bash": f"ask {name} {in_shell(values)}",
        "js": f'const answer = await ask("{name}", {in_javascript(values)});',
    }


def in_python(value):
    return value if value in (BLACK, TEXT) else json.dumps(value, ensure_ascii=False)


def in_javascript(values):
    pairs = (f"{key}: {in_python(value)}" for key, value in values.items())
    return f"{{ {', '.join(pairs)} }}"


def in_shell(values):
    """JSON between single quotes, which are closed for a variable."""
    written = json.dumps(values, ensure_ascii=False)
    for name in (BLACK, TEXT):
        written = written.replace(f'"{name}"', f"'\"${name}\"'")
    return f"'{written}'"


if __name__ == "__main__":
    main()
