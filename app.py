"""The Generative Models Playground: python app.py --help"""

import argparse
import os

from demo.api import all_functions
from demo.component import DEVELOPING
from demo.development import restart_when_edited
from demo.layout import build_demo
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
    args = parser.parse_args()
    if args.dev:
        os.environ[DEVELOPING] = "1"
        restart_when_edited("demo", "models")

    models = Models("pretrained")
    server = Server(all_functions(models))
    demo = build_demo(server, language=args.lang)
    serve(demo, server, models, host=args.host, port=args.port, share=args.share, open_browser=args.open)


if __name__ == "__main__":
    main()
