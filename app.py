"""The Generative Models Playground: python app.py --help"""

import argparse
import os
from pathlib import Path

from demo.api import all_functions
from demo.component import DEVELOPING
from demo.development import restart_when_edited
from demo.layout import build_demo
from demo.lm.language_models import LanguageModels
from demo.loading import Models
from demo.server import Server
from demo.serving import serve


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--port", type=int, help="default: the first free one from 7860")
    parser.add_argument("--share", action="store_true", help="also a public link, where one can be had")
    parser.add_argument("--lang", choices=("en", "pt-BR"), help="default: the browser's first choice")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument(
        "--dev", action="store_true", help="for developers: take every change of the page's files"
    )
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="ask for it; default: $PLAYGROUND_AUTH")
    parser.add_argument(
        "--allow-host", action="append", metavar="NAME", help="a name under which a proxy serves this app"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("PLAYGROUND_DATA") or "data",
        help="folder whose text/ holds the texts that the language models learned from, if you have them;"
        " default: $PLAYGROUND_DATA, or data/",
    )
    parser.add_argument(
        "--texts",
        action="store_true",
        default="SPACE_ID" in os.environ,
        help="fetch these texts in the background if they are not there (on a Space this is the default)",
    )
    args = parser.parse_args()
    login, hosts = login_of(args.auth), names_of(args.allow_host)
    if args.dev:
        os.environ[DEVELOPING] = "1"
        restart_when_edited("demo", "models")

    models = Models("pretrained")
    language_models = LanguageModels(models, args.data / "text")
    server = Server(all_functions(models, language_models))
    demo = build_demo(server, language=args.lang)
    if args.texts:
        language_models.texts.fetch()
    serve(demo, server, models, args.host, args.port, args.share, args.open, login, hosts)


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


def names_of(hosts):
    """The names given with --allow-host, by default those of $PLAYGROUND_HOSTS, separated by commas."""
    given = os.environ.get("PLAYGROUND_HOSTS", "").split(",") if hosts is None else hosts
    names = [name.strip().lower() for name in given if name.strip()]
    for name in names:
        if set(name) & set("/:* "):
            raise SystemExit(f"--allow-host takes a name such as school.example, and not {name}.")
    return names


if __name__ == "__main__":
    main()
