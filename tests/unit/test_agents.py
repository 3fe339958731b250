"""app.py --mcp: the public functions for agents, asked by the library that agents use."""

import base64
import io
import json

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from PIL import Image

import app
from demo import agents
from demo.api import PUBLIC, all_functions
from demo.layout import build_demo
from demo.loading import Models
from demo.server import Server
from demo.serving import launch_options
from tests.loops import in_loop


@pytest.fixture(scope="module")
def address():
    server = Server(all_functions(Models("pretrained")))
    demo = build_demo(server)
    _, address, _ = demo.launch(
        prevent_thread_lock=True, mcp_server=True, **launch_options(server, agents=True)
    )
    agents.set_up(demo)
    yield address
    demo.close()


@pytest.fixture
def ask(address):
    """ask(function) -> what the coroutine function returns that is given a session of an agent."""

    def ask(function):
        async def session():
            async with (
                streamablehttp_client(f"{address}{agents.PATH}") as (read, write, _),
                ClientSession(read, write) as session,
            ):
                session.about = (await session.initialize()).instructions
                return await function(session)

        return in_loop(session)

    return ask


def test_an_agent_finds_every_public_function_described(ask):
    async def look(session):
        return session.about, (await session.list_tools()).tools

    about, tools = ask(look)
    assert about == agents.ABOUT
    assert {tool.name for tool in tools} == set(PUBLIC)
    for tool in tools:
        assert len(tool.description) > 60 and ",," not in tool.description, tool.description
        for name, one in tool.inputSchema["properties"].items():
            assert one["description"], (tool.name, name)
    copying = next(tool for tool in tools if tool.name == "lm_copying")
    described = copying.inputSchema["properties"]["at_least"]["description"]
    assert described.endswith("share shorter ones than 20 by chance")  # the second line of it
    assert copying.inputSchema["required"] == ["text"]


def test_an_answer_is_json_and_arguments_may_be_left_out(ask):
    async def predict(session):
        return await session.call_tool("lm_predict", {"prompt": "ROMEO:"})

    answer = ask(predict)
    assert not answer.isError and len(answer.content) == 1
    tokens = json.loads(answer.content[0].text)["tokens"]
    assert sum(token["prob"] for token in tokens) == pytest.approx(1)


def test_pictures_come_as_pictures(ask):
    async def walk(session):
        return await session.call_tool("vae_interpolate", {"frames": 3, "b": "seed:7"})

    text, strip, *_ = ask(walk).content
    record = json.loads(text.text)
    assert record["frames"] == {"png": "picture 1", "size": 28, "columns": 3, "count": 3}
    assert strip.mimeType == "image/png"
    side = 28 * agents.LARGEST_PIXEL
    assert Image.open(io.BytesIO(base64.b64decode(strip.data))).size == (3 * side, side)
    assert "iVBOR" not in text.text


def test_a_wide_picture_keeps_its_pixels():
    file = io.BytesIO()
    Image.new("RGB", (1024, 64)).save(file, "PNG")
    made = agents.enlarged(base64.b64encode(file.getvalue()).decode())
    assert Image.open(io.BytesIO(base64.b64decode(made))).size == (1024, 64)


def test_a_mistake_is_one_sentence(ask):
    async def mistaken(session):
        return await session.call_tool("vae_interpolate", {"frames": 1000})

    answer = ask(mistaken)
    assert answer.isError and answer.content[0].text == "frames must be a whole number from 2 to 64."


def test_without_the_package_or_with_a_password_it_is_refused_in_one_sentence(monkeypatch):
    with pytest.raises(SystemExit, match=r"^--mcp and --auth do not go together: agents cannot log in\.$"):
        app.main(["--mcp", "--auth", "class:window-seven"])
    monkeypatch.setattr(app.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        SystemExit, match=r'^--mcp needs one package more: install it with `pip install "mcp<2"`\.$'
    ):
        app.main(["--mcp"])
