"""The Generative Models Playground: a page with a VAE, a GAN and next-token models, served on this computer.

In class: python app.py --host 0.0.0.0 prints the address for the students, and a QR code of it. Ctrl-C ends the app.
"""

import argparse
import importlib.util
import os
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(f"Python 3.11 or later is needed, and this is {sys.version_info[0]}.{sys.version_info[1]}.")

from demo.environment import is_installed, missing_packages, prepare
from demo.text import LANGUAGES
from demo.zero_gpu import declare

ROOT = Path(__file__).resolve().parent
FOR_HUB = "transformers", ">=5.24,<6"  # as in requirements-hub.txt, which an installed package does not have


def main(arguments=None):
    args = parse_args(arguments)
    login, hosts = login_of(args.auth), names_of(args.allow_host)
    if missing := missing_packages(ROOT / "requirements.txt"):
        raise SystemExit(
            f"Packages are missing or of another version ({', '.join(missing)}): install them with"
            f" `pip install -r {ROOT / 'requirements.txt'}`."
        )
    if args.mcp:
        check_agents(login)
    if args.hub and not is_installed(*FOR_HUB):
        raise SystemExit(f'--hub needs one package more: install it with `pip install "{"".join(FOR_HUB)}"`.')
    prepare(bool(args.share or args.texts or args.hub), args.dev)
    declare()
    try:
        start(args, login, hosts)
    except KeyboardInterrupt:
        print("\nThe playground has ended.", flush=True)
        os._exit(0)  # a thread may be in the middle of importing torch, which ends badly


def start(args, login, hosts):
    """Build the page and serve it until Ctrl-C. The imports are here because they take seconds."""
    from demo import own_weights
    from demo.api import all_functions
    from demo.development import restart_when_edited
    from demo.layout import build_demo
    from demo.lm.hub import HubModels
    from demo.lm.language_models import LanguageModels
    from demo.loading import Models
    from demo.memory import bound_arenas, tidy_in_background
    from demo.server import Server
    from demo.serving import serve

    if args.dev:
        restart_when_edited(ROOT / "demo", ROOT / "models")
    bound_arenas()
    own_weights.add(ROOT / "pretrained", args.own)
    hub = HubModels(args.hub)
    hub.offer()
    models = Models(ROOT / "pretrained")
    tidy_in_background(models.read)
    language_models = LanguageModels(models, args.data / "text", args.train, hub)
    server = Server(all_functions(models, language_models))
    demo = build_demo(server, language=args.lang)
    if args.texts:
        language_models.texts.fetch()
    if args.hub:
        hub.load_in_background()
    given = args.given["host"], args.given["port"]
    serve(demo, server, models, args.host, args.port, args.share, args.open, login, hosts, args.mcp, given)


def login_of(auth):
    """(user, password) of "USER:PASSWORD", by default that of $PLAYGROUND_AUTH, or None."""
    where = "PLAYGROUND_AUTH" if auth is None else "--auth"
    auth = os.environ.get("PLAYGROUND_AUTH") if auth is None else auth
    if auth is None:
        return None
    user, _, password = auth.partition(":")
    if not user.strip() or not password:
        raise SystemExit(f"{where} must be USER:PASSWORD, such as class:window-seven.")
    return user.strip(), password


def check_agents(login):
    """Exit with one sentence if the functions cannot be served to agents."""
    if importlib.util.find_spec("mcp") is None:
        raise SystemExit('--mcp needs one package more: install it with `pip install "mcp<2"`.')
    if login:
        raise SystemExit("--mcp and --auth do not go together: agents cannot log in.")


def names_of(hosts):
    """The names given with --allow-host, by default those of $PLAYGROUND_HOSTS, separated by commas."""
    given = os.environ.get("PLAYGROUND_HOSTS", "").split(",") if hosts is None else hosts
    where = (
        "PLAYGROUND_HOSTS takes names with commas between them,"
        if hosts is None
        else "--allow-host takes a name"
    )
    names = [name.strip().lower() for name in given if name.strip()]
    for name in names:
        if set(name) & set("/:* "):
            raise SystemExit(f"{where} such as school.example, and not {name}.")
    return names


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--host",
        help="who can open the page: 127.0.0.1 this computer alone (the default), 0.0.0.0 its whole network,"
        " :: the same by IPv6; or $GRADIO_SERVER_NAME",
    )
    parser.add_argument(
        "--port",
        type=port,
        help="1 to 65535, or 0 for any free one; or $GRADIO_SERVER_PORT; default: the first free one from 7860",
    )
    parser.add_argument(
        "--share",
        action="store_true",
        help="also create a public link through a server of Gradio's, if possible",
    )
    parser.add_argument("--lang", choices=LANGUAGES, help="default: the browser's first choice")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument(
        "--dev", action="store_true", help="for developers: take every change of the page's files"
    )
    parser.add_argument(
        "--mcp", action="store_true", help="also serve the functions to agents (Model Context Protocol)"
    )
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="ask for it; default: $PLAYGROUND_AUTH")
    parser.add_argument(
        "--allow-host",
        action="append",
        metavar="NAME",
        help="a name under which a proxy serves this app; default: $PLAYGROUND_HOSTS",
    )
    parser.add_argument(
        "--data",
        type=Path,
        help="folder whose text/ holds the texts that the language models learned from, if you have them;"
        " default: $PLAYGROUND_DATA, or data/ beside this program",
    )
    parser.add_argument(
        "--own",
        type=Path,
        metavar="FOLDER",
        help="weights of your own, in a folder like pretrained/; those in pretrained/ are found without it",
    )
    parser.add_argument(
        "--hub",
        action="append",
        default=[],
        metavar="MODEL",
        help="a language model of others in the next-token tab: gpt2, smollm2, tucano (Portuguese), any name on the Hub"
        " of Hugging Face, or a folder; for several give it again; needs requirements-hub.txt",
    )
    parser.add_argument(
        "--texts",
        action="store_true",
        default="SPACE_ID" in os.environ,
        help="fetch these texts in the background if they are not there (on a Space this is the default)",
    )
    parser.add_argument(
        "--train",
        type=trainings,
        default=1,
        metavar="N",
        help="how many GPTs of visitors' own texts are trained at a time, others wait; 0 switches it off; default: 1",
    )
    return with_variables(parser.parse_args(arguments), parser)


def with_variables(args, parser):
    """The arguments, and for those that were left out the values of VARIABLES.

    args.given: name -> the option or the variable that its value is from, to be named if the value cannot be used.
    """
    args.given = {}
    for name, (variable, read, default) in VARIABLES.items():
        text, args.given[name] = os.environ.get(variable), f"--{name}"
        if getattr(args, name) is not None:
            continue
        setattr(args, name, default)
        if text:
            args.given[name] = variable
            try:
                setattr(args, name, read(text))
            except argparse.ArgumentTypeError as error:
                parser.error(f"{variable}: {error}")
    return args


def trainings(text):
    """How many trainings, as argparse takes it."""
    if not (text.isascii() and text.isdigit() and int(text) <= 64):
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 64, not {text!r}")
    return int(text)


def port(text):
    """A port as argparse takes it."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a whole number from 0 to 65535, not {text!r}")
    return int(text)


VARIABLES = {  # argument -> its variable in the environment, what reads that, and the value without either
    "host": ("GRADIO_SERVER_NAME", str, "127.0.0.1"),
    "port": ("GRADIO_SERVER_PORT", port, None),
    "data": ("PLAYGROUND_DATA", Path, ROOT / "data"),
}


if __name__ == "__main__":
    main()
