"""GPTs that visitors train on their own texts: real processes, in a queue, stopped at any time, and gone afterwards."""

import base64
import json
import os
import random
import signal
import threading
import time

import pytest

from demo.api import Api
from demo.busy import computing
from demo.checks import UserError
from demo.contract import TRAIN_ALPHABET, TRAIN_SHORTEST
from demo.lm import training as page
from demo.lm import trainings as module
from demo.lm import yours
from demo.lm.language_models import LanguageModels
from demo.lm.trainings import Trainings
from demo.server import Server
from models.gpt import GPT
from tests.loops import in_loop
from training import live, live_gpt

WORDS = ("the", "cat", "sat", "on", "a", "mat", "and", "saw", "one", "rat", "run", "to", "my", "hat")
ARGUMENTS = {"seconds": 5, "prompt": "the ", "seed": 1}
LONG = ARGUMENTS | {"seconds": 100}


def rhyme(seed=0, words=2000):
    draw = random.Random(seed)
    return "".join(draw.choice(WORDS) + draw.choice(" \n") for _ in range(words))


def until(is_so, seconds=200):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it has taken too long"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a busy machine a process takes long to begin."""
    monkeypatch.setattr(module, "UNWATCHED", 1000)


@pytest.fixture
def trainings():
    made = Trainings()
    yield made
    for one in list(made._all.values()):
        made.drop(one)


@pytest.fixture
def as_visitor(monkeypatch):
    """Say whose calls the next ones are."""
    now = ["", ""]
    monkeypatch.setattr(module, "visitor", lambda: tuple(now))

    def become(address, tab):
        now[:] = address, tab

    return become


def begun(trainings, **more):
    """A training whose process has printed its first line."""
    one = trainings.start(rhyme(), **(LONG | more))
    until(lambda: one.about)
    return one


def is_gone(process):
    return process.poll() is not None


def test_a_training_leaves_a_gpt_and_no_process(trainings):
    one = trainings.start(rhyme(), **ARGUMENTS)
    assert one.ended.wait(200) and one.state == "done"
    assert one.rows[0]["step"] == 0 and one.rows[-1]["step"] > 0
    assert GPT.from_file(one.content).info["training"]["steps"] == one.rows[-1]["step"]
    assert one.text == "" and is_gone(one.process)


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="priorities of Unix")
def test_a_process_has_the_lowest_priority(trainings, monkeypatch):
    monkeypatch.setattr(module, "NICE", 19)
    one = trainings.start(rhyme(), **LONG)
    until(lambda: one.fed)
    assert os.getpriority(os.PRIO_PROCESS, one.process.pid) == 19
    if hasattr(os, "SCHED_IDLE"):
        assert os.sched_getscheduler(one.process.pid) == os.SCHED_IDLE


def test_others_wait_and_know_their_place(trainings):
    first = begun(trainings)
    second, third = (trainings.start(rhyme(), **ARGUMENTS) for _ in range(2))
    assert [trainings.place(one) for one in (first, second, third)] == [0, 1, 2]
    trainings.stop(second)
    assert second.state == "stopped" and trainings.place(third) == 1
    trainings.drop(first)
    until(lambda: third.state == "running")
    assert trainings.place(third) == 0
    until(lambda: is_gone(first.process))


def test_a_training_that_is_stopped_keeps_what_it_has_learned(trainings):
    one = begun(trainings)
    until(lambda: one.rows)
    time.sleep(0.5)
    trainings.stop(one)
    assert one.ended.wait(200) and one.state == "done"
    assert GPT.from_file(one.content).info["training"]["steps"] > 0


def test_a_training_that_is_stopped_at_once_has_nothing(trainings):
    one = trainings.start(rhyme(), **LONG)
    trainings.stop(one)
    assert one.ended.wait(200) and one.state == "stopped" and one.error is None


def test_what_nobody_asks_about_is_stopped_and_forgotten(trainings, monkeypatch):
    one, waiting = begun(trainings), trainings.start(rhyme(), **LONG)
    process = one.process
    trainings.get(one.key), trainings.get(waiting.key)
    assert not is_gone(process)
    monkeypatch.setattr(module, "UNWATCHED", -1)
    until(lambda: is_gone(process) and not trainings._all)
    for key in (one.key, waiting.key, "", None, 7, ["x"]):
        with pytest.raises(UserError) as error:
            trainings.get(key)
        assert error.value.key == "error.train_gone"
    until(lambda: not trainings._watching)  # the thread has ended too


def test_a_process_that_is_killed_is_told_in_one_sentence(trainings):
    one = begun(trainings)
    one.process.kill()
    assert one.ended.wait(200) and one.state == "failed" and one.error.key == "lm.train.killed"


def test_a_process_that_hangs_is_ended(trainings, monkeypatch):
    one = begun(trainings)
    monkeypatch.setattr(module, "EXTRA", -1000)
    assert one.ended.wait(200) and one.state == "failed" and one.error.key == "lm.train.killed"
    until(lambda: is_gone(one.process))


def test_what_a_process_refuses_is_told_in_its_words(trainings):
    one = trainings.start("a b " * 100, **ARGUMENTS)
    assert one.ended.wait(200) and one.state == "failed"
    assert str(one.error) == "The text is too short for a GPT: it has 400 characters, and 1,000 are needed."


def test_a_visitor_has_one_training(trainings, as_visitor):
    as_visitor("10.0.0.1", "one tab")
    first = begun(trainings)
    as_visitor("10.0.0.1", "another tab")
    other = trainings.start(rhyme(), **LONG)
    assert first.live and other.live
    as_visitor("10.0.0.1", "one tab")
    trainings.start(rhyme(), **LONG)
    until(lambda: is_gone(first.process))
    with pytest.raises(UserError):
        trainings.get(first.key)
    assert trainings.get(other.key) is other


def test_neither_an_address_nor_all_have_more_than_so_many(trainings, as_visitor, monkeypatch):
    monkeypatch.setattr(module, "MOST_OF_ADDRESS", 2)
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    for address, tab in (("a", "1"), ("a", "2"), ("b", "1"), ("c", "1")):
        as_visitor(address, tab)
        trainings.start(rhyme(), **LONG)
    for address, tab in (("a", "3"), ("d", "1")):
        as_visitor(address, tab)
        with pytest.raises(UserError) as error:
            trainings.start(rhyme(), **LONG)
        assert error.value.key == "error.train_busy"


@pytest.mark.parametrize("prompt", ["a\0b", "\ud800 the", "--out=x", "\u0130\u0301 ☃"])
def test_any_prompt_is_taken_and_no_list_of_processes_shows_it(trainings, prompt):
    one = trainings.start(rhyme(), **(LONG | {"prompt": prompt}))
    until(lambda: one.rows or not one.live)
    assert one.live and len(one.rows[0]["sample"]) > 0
    assert not [part for part in one.process.args if prompt in part]


# --- giving way -------------------------------------------------------------------------------------------


@pytest.fixture
def told(monkeypatch):
    """The short lines that processes were told so far."""
    lines, tell = [], module.tell

    def note(process, line):
        if len(line) < 20:
            lines.append(line)
        tell(process, line)

    monkeypatch.setattr(module, "tell", note)
    return lines


def test_a_training_rests_while_the_server_computes(trainings, told):
    one = begun(trainings)
    assert told == []
    with computing.for_a_while():
        until(lambda: told == ["rest"])
        until(lambda: one.rows and one.rows[-1]["rested"] > 0)
    until(lambda: told == ["rest", "go on"])


def test_it_does_not_go_on_in_a_gap_that_is_soon_over(monkeypatch):
    asked, answers = [], iter([False, True, False, False, True])
    monkeypatch.setattr(module.computing, "wait", lambda *told: (asked.append(told), next(answers))[1])
    assert module.computes(True) and asked == [(True, module.WATCH), (False, module.CALM)]
    assert not module.computes(True) and asked[2:] == asked[:2]
    assert module.computes(False) and asked[4:] == [(False, module.WATCH)]


def test_one_that_begins_while_the_server_computes_rests_from_the_first(trainings, told):
    with computing.for_a_while():
        one = trainings.start(rhyme(), **LONG)
        until(lambda: one.fed and told)
        assert told == ["rest"]


def test_asking_how_it_goes_does_not_make_it_rest_and_other_calls_do(language_models, told):
    server = Server(page.functions(language_models) | {"other": lambda: {"computes": computing.now()}})
    corpus = "own:" + language_models.own.keep(rhyme(), "words")
    key = page.functions(language_models)["lm_train"](corpus, **LONG)["training"]
    one = language_models.trainings.get(key)
    until(lambda: one.fed)

    async def asked(name, **arguments):
        return await server.call(server.functions[name], arguments)

    told.clear()
    seen = []
    begin, end = computing.begin, computing.end
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(computing, "begin", lambda: (seen.append("begin"), begin()))
        patch.setattr(computing, "end", lambda: (seen.append("end"), end()))
        for _ in range(5):
            in_loop(lambda: asked("lm_training", training=key, corpus=corpus))
        assert seen == []
        in_loop(lambda: asked("other"))
        assert seen == ["begin", "end"]
    language_models.trainings.drop(one)


@pytest.mark.parametrize("how", ["dropped", "stopped", "closed"])
def test_one_that_rests_ends_like_any_other(trainings, told, how):
    one = begun(trainings)
    with computing.for_a_while():
        until(lambda: told == ["rest"])
        if how == "dropped":
            trainings.drop(one)
        elif how == "stopped":
            trainings.stop(one)
        else:
            one.process.stdin.close()
        assert one.process.wait(200) is not None
    assert one.ended.wait(200)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="signals of Unix")
def test_the_server_never_waits_for_a_process_that_hears_nothing(trainings):
    one = begun(trainings)
    one.process.send_signal(signal.SIGSTOP)
    for _ in range(10_000):  # more than the pipe holds
        module.give_way(one, True)
        module.give_way(one, False)
    trainings.stop(one)
    trainings.drop(one)
    until(lambda: is_gone(one.process))


# ----------------------------------------------------------------------------------------------------------


def test_several_run_at_a_time_if_that_is_wished_for():
    many, none = Trainings(2), Trainings(0)
    both = [many.start(rhyme(), **LONG) for _ in range(2)]
    assert [one.state for one in both] == ["running", "running"]
    for one in both:
        many.drop(one)
    with pytest.raises(UserError) as error:
        none.start(rhyme(), **ARGUMENTS)
    assert error.value.key == "error.train_off"


def test_a_process_ends_with_its_server():
    """Its pipes are closed then."""
    made = Trainings()
    one = begun(made)
    one.process.stdin.close()
    assert one.process.wait(200) == 0


# --- what the page calls ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def language_models():
    return LanguageModels(models=None)


@pytest.fixture(scope="module")
def calls(language_models):
    return page.functions(language_models)


@pytest.fixture(scope="module")
def trained(language_models, calls):
    """The last answer about a training of five seconds."""
    corpus = "own:" + language_models.own.keep(rhyme(), "words")
    key = calls["lm_train"](corpus, **ARGUMENTS)["training"]
    rows = []
    while True:
        answer = calls["lm_training"](key, corpus, len(rows))
        rows += answer["rows"]
        if answer["state"] not in ("waiting", "running"):
            return answer | {"rows": rows}
        time.sleep(0.2)


def test_the_page_sees_a_training_grow_into_a_voice(language_models, trained):
    assert trained["state"] == "done" and trained["why"] is None and trained["place"] == 0
    assert [row["step"] for row in trained["rows"]] == sorted({row["step"] for row in trained["rows"]})
    own = trained["trained"]["own"]
    corpus = f"own:{own['key']}"
    gpt, counts = language_models.get(corpus, "gpt"), language_models.get(corpus, order=3)
    assert gpt.tokenizer.tokens == counts.tokenizer.tokens and own["vocabulary"] == len(gpt.tokenizer)
    assert gpt.draft is language_models.get(corpus, "mix").draft is not None  # the counts guess its tokens
    mixed = language_models.get(corpus, "mix", 3, 0.5).predict(gpt.tokenizer.encode("the "))
    assert mixed.probs.sum() == pytest.approx(1)
    assert len(gpt.tokenizer.encode_prompt(own["opening"])[0]) > 0
    view = yours.overview(language_models.own.get(own["key"]))
    occurring = len(set(gpt.tokenizer.encode(rhyme())))  # some word pieces are only parts of others
    assert view["distinct"] == occurring <= len(gpt.tokenizer) and all(
        count for *_, count in view["frequent"]
    )


def test_a_saved_model_is_opened_for_its_text_and_predicts_the_same(language_models, calls, trained):
    model = trained["trained"]["model"]
    own = calls["lm_open_model"](model, rhyme())
    assert own["key"] != trained["trained"]["own"]["key"], "nobody can guess it"
    keys = (own["key"], trained["trained"]["own"]["key"])
    a, b = (language_models.get(f"own:{key}", "gpt").predict([1, 2, 3]) for key in keys)
    assert (a.logits == b.logits).all()


@pytest.mark.parametrize(
    "model, text, key",
    [
        ("x" * 10_000_000, "the cat", "error.model_large"),
        ("!!!", "the cat", "error.arguments"),
        (None, "the cat", "error.model_large"),
        ("TRAINED", "☃", "error.model_other_text"),
        ("TRAINED", "", "error.own_empty"),
        ("TRAINED", 7, "error.text"),
    ],
)
def test_a_model_that_cannot_be_opened_is_one_sentence(calls, trained, model, text, key):
    model = trained["trained"]["model"] if model == "TRAINED" else model
    with pytest.raises(UserError) as error:
        calls["lm_open_model"](model, text)
    assert error.value.key == key


def test_a_damaged_model_is_one_sentence(calls, trained):
    content = base64.b64decode(trained["trained"]["model"])
    for wrong in (content[:-99], b"", b"a photo"):
        with pytest.raises(UserError) as error:
            calls["lm_open_model"](base64.b64encode(wrong).decode(), rhyme())
        assert error.value.key == "error.model_file"  # so that it is told in the reader's language


@pytest.mark.parametrize(
    "text, values, key",
    [
        ("to be or not", {}, "error.train_short"),
        ("👨‍👩‍👧‍👦👋" * 200, {}, "error.train_short"),  # 400 characters of 1,600 code points
        ("a" * 5000, {}, "error.train_alphabet"),
        (rhyme(), {"seconds": 0}, "error.real"),
        (rhyme(), {"seconds": float("nan")}, "error.real"),
        (rhyme(), {"seconds": 121}, "error.real"),
        (rhyme(), {"seconds": None}, "error.real"),
        (rhyme(), {"seed": -1}, "error.whole"),
        (rhyme(), {"prompt": 7}, "error.text"),
    ],
)
def test_a_training_that_cannot_begin_is_one_sentence(language_models, calls, text, values, key):
    corpus = "own:" + language_models.own.keep(text, "characters")
    with pytest.raises(UserError) as error:
        calls["lm_train"](corpus, **(ARGUMENTS | values))
    assert error.value.key == key


def test_the_page_and_the_command_have_the_same_limits():
    assert live.LEAST == TRAIN_SHORTEST and TRAIN_ALPHABET == (2, live_gpt.MOST_CHARACTERS)


def test_a_lone_surrogate_is_learned_as_a_question_mark(language_models, calls):
    corpus = "own:" + language_models.own.keep("\ud800 lone " * 200, "characters")
    key = calls["lm_train"](corpus, **ARGUMENTS)["training"]
    assert "?" in language_models.trainings.get(key).text
    language_models.trainings.drop(language_models.trainings.get(key))


# --- for programs -----------------------------------------------------------------------------------------


def test_a_program_waits_for_its_training():
    language_models = LanguageModels(models=None)
    answer = Api(None, language_models).train(rhyme(), seconds=3, prompt="the ")
    assert answer["rows"][-1]["held_out"] < answer["rows"][0]["held_out"]
    assert GPT.from_file(base64.b64decode(answer["model"])) and json.dumps(answer)
    assert not language_models.trainings._all


def test_a_program_that_has_gone_leaves_no_process(monkeypatch):
    language_models = LanguageModels(models=None)
    monkeypatch.setattr(page, "wanted", lambda: lambda: False)
    with pytest.raises(UserError):
        Api(None, language_models).train(rhyme(), seconds=100)
    assert not language_models.trainings._all
    until(lambda: not [one for one in threading.enumerate() if one.name == "training"])
