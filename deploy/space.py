"""Put the playground on a Hugging Face Space: python -m deploy.space --repo USER/NAME

It uploads what the app needs and nothing else, with a card and versions of packages for the hardware, and takes away
what the Space has besides. Log in first: `hf auth login`, or a token in HF_TOKEN. --dry-run shows all of it and asks
no other machine.
"""

import argparse
import re
from pathlib import Path

import yaml
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, HTTPError
from huggingface_hub.utils import validate_repo_id

from models.checkpoint import LFS

ROOT = Path(__file__).resolve().parents[1]
CPU_TORCH = "https://download.pytorch.org/whl/cpu"
# what runs, and from training/ what fetches the texts and trains a GPT on a visitor's own
PARTS = ("app.py", "LICENSE", "demo", "models", "pretrained")
PARTS += ("training/__init__.py", "training/command.py", "training/texts.py")
PARTS += ("training/giving_way.py", "training/live.py", "training/live_gpt.py", "training/muon.py")
PARTS += ("training/options.py",)
LEFT_OUT = {"__pycache__", "classifier"}  # the classifier judges samples in training/evaluate.py
THUMBNAIL = "docs/screenshots/vae.png"
HARDWARE = {  # as it is named here -> as the Hub's API names it
    "cpu-basic": "cpu-basic",
    "zero-gpu": "zero-a10g",
}
ZERO_GPU = {"torch": "2.8.0", "torchvision": "0.23.0"}  # the Hub offers 2.8 to 2.11
LARGEST_POINTER = 1000  # bytes of a file that is a pointer of Git LFS
OF_THE_SPACE = {".gitattributes"}  # what the Hub itself puts into a Space


def main(arguments=None):
    args = parse_args(arguments)
    files = space_files(args.repo, args.hardware)
    check_whole(files)
    if args.dry_run:
        return show(files)
    check_token(get_token())
    try:
        address = upload(files, args.repo, args.hardware, args.private)
    except HfHubHTTPError as error:
        raise SystemExit(f"The Hub refused: {error.server_message or first_line(error)}") from None
    except HTTPError as error:
        raise SystemExit(f"The Hub cannot be reached: {first_line(error)}") from None
    print(f"It is being built at {address}")


def check_whole(files):
    """Exit with one sentence if Git LFS has left its pointers in the place of files, as in a ZIP download."""
    for name, one in files.items():
        if (
            isinstance(one, Path)
            and one.stat().st_size < LARGEST_POINTER
            and one.read_bytes().startswith(LFS)
        ):
            raise SystemExit(
                f"{name} is only a pointer of Git LFS: install Git LFS and run `git lfs pull` in a clone of the"
                " project. Nothing was uploaded."
            )


def check_token(token):
    """Exit with one sentence if a token is missing, or is none. The sentence does not show it."""
    if token is None:
        raise SystemExit("Log in first: `hf auth login`, or put a token with write access into HF_TOKEN.")
    if not re.fullmatch(r"[!-~]+", token):  # or else it cannot be sent
        raise SystemExit(
            "The token has a space or a letter that no token has: log in again with `hf auth login`."
        )


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repo", type=repo, required=True, metavar="USER/NAME", help="the Space, new or not")
    parser.add_argument(
        "--hardware",
        choices=tuple(HARDWARE),
        default="cpu-basic",
        help="cpu-basic needs a paid account; zero-gpu is open to free ones as well",
    )
    parser.add_argument("--private", action="store_true", help="a new Space is seen by you alone")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be uploaded, and upload nothing"
    )
    return parser.parse_args(arguments)


def repo(text):
    """USER/NAME as argparse takes it."""
    try:
        validate_repo_id(text)
        if re.fullmatch(r"[\w-]+/[\w.-]+", text, flags=re.A):
            return text
    except HFValidationError:
        pass
    raise argparse.ArgumentTypeError(f"a Space is named USER/NAME, and not {text!r}")


def first_line(error):
    return str(error).strip().partition("\n")[0]


# --- what a Space holds -----------------------------------------------------------------------------------


def space_files(repo, hardware, root=ROOT):
    """Everything that belongs into the Space: {its path there: a Path, or the bytes of a file made for it}."""
    found = [path for part in (*PARTS, THUMBNAIL) for path in (root / part, *(root / part).rglob("*"))]
    files = {path.relative_to(root).as_posix(): path for path in found if path.is_file()}
    files = {name: path for name, path in files.items() if not is_left_out(name)}
    made = {"README.md": card(repo, hardware, root), "requirements.txt": requirements(hardware, root)}
    return files | {name: text.encode() for name, text in made.items()}


def is_left_out(name):
    """Whether a file is for this machine alone, such as what a system or an editor hides in a folder."""
    return any(part in LEFT_OUT or part[0] == "." or part[-1] == "~" for part in name.split("/"))


def card(repo, hardware, root=ROOT):
    """The README of the Space: the README's settings, adapted, and its first paragraph."""
    _, settings, text = (root / "README.md").read_text("utf-8").split("---\n", 2)
    settings = yaml.safe_load(settings) | {
        "suggested_hardware": HARDWARE[hardware],
        "thumbnail": f"https://huggingface.co/spaces/{repo}/resolve/main/{THUMBNAIL}",
    }
    first = next(part for part in text.split("\n\n") if not part.strip().startswith(("#", "*")))
    return f"---\n{yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)}---\n\n{first}\n"


def requirements(hardware, root=ROOT):
    """The exact version of each package that the app names. The Hub adds Gradio itself, by the card."""
    named = re.findall(r"^[\w.-]+", (root / "requirements.txt").read_text("utf-8"), flags=re.M)
    locked = dict(
        re.findall(r"^([\w.-]+)==([\w.]+)", (root / "requirements-lock.txt").read_text("utf-8"), flags=re.M)
    )
    if hardware == "zero-gpu":
        first, locked = "spaces", locked | ZERO_GPU
    else:
        first = f"--extra-index-url {CPU_TORCH}"
    return "\n".join([first, *(f"{name}=={locked[name.replace('_', '-')]}" for name in named)]) + "\n"


def show(files):
    """Print the files with their sizes, and those that are made for the Space in full."""
    sizes = {name: len(one) if isinstance(one, bytes) else one.stat().st_size for name, one in files.items()}
    for name in sorted(files):
        print(f"{sizes[name]:>10,}  {name}")
    print(f"{sum(sizes.values()):>10,}  bytes in {len(files)} files")
    for name, one in files.items():
        if isinstance(one, bytes):
            print(f"\n{name}\n{'-' * len(name)}\n{one.decode()}", end="")


def upload(files, repo, hardware, private=False):
    """Make the Space if there is none, and let it hold exactly `files`, by one commit. Returns its address."""
    hub, hardware = HfApi(), HARDWARE[hardware]
    if hub.repo_exists(repo, repo_type="space"):
        hub.request_space_hardware(repo, hardware)
    else:
        options = {"space_sdk": "gradio", "space_hardware": hardware, "private": private or None}
        hub.create_repo(repo, repo_type="space", **options)
    others = set(hub.list_repo_files(repo, repo_type="space")) - set(files) - OF_THE_SPACE
    operations = [CommitOperationAdd(name, one) for name, one in sorted(files.items())]
    operations += [CommitOperationDelete(name) for name in sorted(others)]
    hub.create_commit(repo, operations, commit_message="The playground", repo_type="space")
    return f"https://huggingface.co/spaces/{repo}"


if __name__ == "__main__":
    main()
