"""Functions of the page as the page and programs call them, without a server."""

import functools
import json

import gradio as gr

from demo.server import as_lists, as_sentence, bind, failure, to_json


def for_page(function):
    """for_page(f)(arguments) -> the JSON that the page gets."""

    @functools.wraps(function)
    def answer(arguments):
        try:
            return to_json(function(**bind(function, arguments)))
        except Exception as error:
            return json.dumps(failure(error))

    return answer


def for_api(function):
    """for_api(f)(...) -> what a program gets; errors are a gr.Error with one sentence."""

    @functools.wraps(function)
    def answer(*args, **kwargs):
        try:
            return as_lists(function(*args, **kwargs))
        except Exception as error:
            raise gr.Error(as_sentence(error), print_exception=False) from None

    return answer
