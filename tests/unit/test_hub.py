"""Language models of others: small GPT-2 and Llama models made here, against the library's own `generate`."""

import contextlib
import errno
import shutil
import threading
import time

import numpy as np
import pytest

pytest.importorskip("transformers", reason="transformers is not installed: see requirements-hub.txt")

import torch
import transformers
from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError
from safetensors.numpy import load_file, save_file

from demo import contract
from demo.api import all_functions
from demo.checks import UserError
from demo.lm import hub, steps
from demo.lm.hub import HubModels
from demo.lm.language_models import LanguageModels
from demo.loading import Models
from demo.text import LANGUAGES, texts
from models.batching import next_steps
from models.hub import HubLM, parameters
from models.sampling import Run, generate
from models.tokenizer import as_written
from tests.small_hub import TEXT, save_gpt2, save_llama

PROMPTS = ("", "The owl", "São João é", "日本語 😀 ok")
TOLD = (contract.CORPORA, contract.HUB_MODELS, contract.OWN_PROMPTS, *map(texts, LANGUAGES))


@pytest.fixture(scope="module", params=[save_gpt2, save_llama])
def folder(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("hub") / "tiny-model")


@pytest.fixture(scope="module")
def lm(folder):
    return HubLM.from_pretrained(folder)


# --- the models -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", PROMPTS)
def test_it_writes_what_the_library_writes(folder, lm, prompt):
    network = transformers.AutoModelForCausalLM.from_pretrained(folder).eval().requires_grad_(False)
    ids = lm.tokenizer.encode(prompt)
    given = torch.tensor([[lm.start, *ids]])
    options = {"do_sample": False, "max_new_tokens": 30, "eos_token_id": None, "pad_token_id": 0}
    wanted = network.generate(given, attention_mask=torch.ones_like(given), **options)[0, given.shape[1] :]
    run = list(generate(lm, ids, max_new_tokens=30, temperature=0))
    assert [step.token_id for step in run] == wanted.tolist()
    assert np.isclose(run[0].prediction.probs.sum(), 1)
    # the model's whole distribution at a place far into the text
    logits = network(torch.tensor([[lm.start, *ids, *wanted[:20].tolist()]])).logits[0, -1]
    assert np.allclose(run[20].prediction.logits, logits.numpy(), atol=1e-4)


def test_its_tokens_are_those_of_its_own_tokenizer(folder, lm):
    own = transformers.AutoTokenizer.from_pretrained(folder)
    for prompt in PROMPTS[1:]:
        ids = own(prompt).input_ids
        assert lm.tokenizer.encode(prompt) == ids[len(ids) - len(lm.tokenizer.encode(prompt)) :]
        assert ids[0] in (lm.start, lm.tokenizer.encode(prompt)[0])
    assert len(lm.tokenizer) == len(lm.predict([]).logits)


@pytest.mark.parametrize("text", ["São João", "日本語 😀 ok", "a\n\nb  c", TEXT])
def test_a_text_is_put_together_from_its_tokens(lm, text):
    ids, unknown = lm.tokenizer.encode_prompt(text)
    assert (
        "".join(as_written(lm.tokenizer, ids)) == text.rstrip() + text[len(text.rstrip()) :] and not unknown
    )
    assert "\ufffd" not in "".join(lm.tokenizer.tokens)


def test_a_part_of_a_character_is_shown_by_its_bytes(lm):
    parts = [lm.tokenizer.tokens[i] for i in lm.tokenizer.encode("😀")]
    assert "".join(parts[-4:]).replace("⟩⟨", " ") == "⟨F0 9F 98 80⟩"


def test_a_text_longer_than_the_window_goes_on(lm):
    ids = lm.tokenizer.encode(TEXT * 4)[: lm.size + 40]
    assert len(ids) > lm.size
    cursor = lm.cursor(ids[: lm.size - 10])
    for i in ids[lm.size - 10 :]:
        seen = cursor.predict()
        assert len(seen.context) <= lm.size
        cursor.append(i)
    # what is in the cache and what is not give the same
    assert np.allclose(cursor.predict().logits, lm.predict(ids).logits, atol=1e-4)


def test_reading_gives_what_writing_would(lm):
    ids = lm.tokenizer.encode(TEXT)[:50]
    rows = list(lm.text_logits(ids))
    assert len(rows) == 50
    for place in (0, 1, 31, 32, 49):
        assert np.allclose(rows[place], lm.predict(ids[:place]).logits, atol=1e-4)


def test_texts_of_several_visitors_are_what_each_is_alone(lm):
    def runs():
        return [
            Run(lm, lm.tokenizer.encode(p), max_new_tokens=8, seed=seed) for seed, p in enumerate(PROMPTS)
        ]

    together = runs()
    rows = [next_steps(together) for _ in range(8)]
    for i, run in enumerate(runs()):
        alone = list(run)
        assert [row[i].token_id for row in rows] == [step.token_id for step in alone]
        assert all(
            (row[i].prediction.logits == step.prediction.logits).all() for row, step in zip(rows, alone)
        )


# --- what the page gets -----------------------------------------------------------------------------------


def test_a_large_vocabulary_is_sent_as_the_likeliest_and_groups():
    rows = np.random.default_rng(1).normal(size=(3, 20_000)) * 4
    drawn = [int(rows[0].argmax()), 7, int(rows[2].argmin())]
    sent = steps.shortened(rows, drawn)
    assert sent["size"] == 20_000 and sent["lengths"] == [512, 513, 513]
    at = group = 0
    for row, length, counts in zip(rows, sent["lengths"], sent["counts"], strict=True):
        values, levels = sent["values"][at : at + length], sent["levels"][group : group + len(counts)]
        at, group = at + length, group + len(counts)
        assert sum(counts) + length == 20_000 and np.allclose(values[:512], np.sort(row)[::-1][:512])
        assert (np.diff(levels) < 0).all()
        for temperature, within in ((1, 1e-9), (0.7, 0.01), (1.5, 0.01)):
            whole = np.exp(row / temperature).sum()
            shown = np.exp(values / temperature).sum() + (counts * np.exp(levels / temperature)).sum()
            assert abs(shown / whole - 1) <= within
    # as many tokens are in the groups before the drawn one as are likelier than it
    rank = int((rows[1] > rows[1][7]).sum())
    assert rank - 512 in np.cumsum(sent["counts"][1])


@pytest.fixture
def offered(folder, tmp_path):
    """(the page's functions, the HubModels): the model is offered until the test ends, and read."""
    before = [dict(one) for one in TOLD]
    models = HubModels([str(folder)])
    models.offer()
    models.load_in_background().join()
    shipped = Models("pretrained")
    functions = all_functions(shipped, LanguageModels(shipped, tmp_path, hub=models))
    yield functions, models
    for one, kept in zip(TOLD, before, strict=True):
        one.clear()
        one.update(kept)


def test_every_function_of_the_page_takes_it(offered):
    functions, _ = offered
    assert contract.HUB_MODELS == {"hubtinymodel": "tiny-model"}
    asked = {"corpus": "hubtinymodel", "model": "gpt"}
    whole = functions["lm_generate"](prompt="The owl", seed=3, max_new_tokens=12, **asked)
    chunk = {"prompt": "The owl", "order": None, "seed": 3, **asked}
    first = functions["lm_continue"](generated=[], count=5, **chunk, opening=True)
    rest = functions["lm_continue"](generated=first["ids"], count=7, **chunk)
    assert first["ids"] + rest["ids"] == [step["token_id"] for step in whole["steps"]]
    assert "".join(first["prompt"]) == "The owl"
    branch = functions["lm_continue"](generated=first["ids"], count=1, force=40, **chunk)
    assert branch["ids"] == [40]
    read = functions["lm_look"](text="São João", **asked)
    assert "".join(gap + token for gap, token, _ in read["pieces"]) == "São João"
    assert sum(one["prob"] for one in functions["lm_predict"](prompt="The", **asked)["tokens"]) > 0.999
    assert functions["lm_text"](corpus="hubtinymodel")["missing"]["key"] == "lm.hub.text"


@pytest.mark.parametrize("model", ["counts", "mix"])
def test_it_has_no_counts(offered, model):
    functions, _ = offered
    with pytest.raises(UserError, match="no counts for tiny-model"):
        functions["lm_predict"](prompt="The", corpus="hubtinymodel", model=model)


def test_no_token_can_be_hidden_from_it(offered):
    functions, _ = offered
    with pytest.raises(UserError, match="only a GPT of this project"):
        functions["lm_occlusion"](corpus="hubtinymodel", prompt="The owl")


# --- loading ----------------------------------------------------------------------------------------------


def test_what_it_takes_is_said_before_it_is_read(folder, capsys):
    models = HubModels([str(folder)])
    models.load_in_background().join()
    first, second = capsys.readouterr().out.splitlines()
    assert "million parameters" in first and "of memory" in first and second.endswith("it is on the page.")
    assert parameters(folder) == sum(p.numel() for p in models.get("hubtinymodel").network.parameters())


def test_until_it_is_read_the_page_says_how_far_it_is(folder, monkeypatch, tmp_path):
    models = HubModels([str(folder)])
    model = models.models["hubtinymodel"]
    model.state = "loading"
    with pytest.raises(UserError) as error:
        models.get("hubtinymodel")
    assert error.value.key == "lm.hub.reading"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    model.source, model.size = "someone/tiny", 4_000_000
    (tmp_path / "models--someone--tiny/blobs").mkdir(parents=True)
    (tmp_path / "models--someone--tiny/blobs/1.incomplete").write_bytes(bytes(3_000_000))
    with pytest.raises(UserError) as error:
        models.get("hubtinymodel")
    assert str(error.value) == "tiny-model is being fetched: 3 of 4 MB."


def test_two_models_are_read_one_after_the_other(tmp_path):
    folders = [save_gpt2(tmp_path / "one"), save_llama(tmp_path / "two")]
    models = HubModels(map(str, folders))
    thread = models.load_in_background()
    while thread.is_alive():
        for corpus in ("hubtwo", "hubone"):  # whoever asks meanwhile starts no other thread
            with contextlib.suppress(UserError):
                models.get(corpus)
        assert sum(one.name == "hub" for one in threading.enumerate()) <= 1
    for corpus, folder in zip(("hubone", "hubtwo"), folders, strict=True):
        alone = HubLM.from_pretrained(folder).predict([5, 6, 7]).logits
        assert (models.get(corpus).predict([5, 6, 7]).logits == alone).all()


def test_a_model_that_lacks_weights_is_told(tmp_path):
    folder = save_gpt2(tmp_path / "short")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: one for name, one in weights.items() if "h.1." not in name}, folder / "model.safetensors"
    )
    models = HubModels([str(folder)])
    assert failure_of(models, "hubshort") == "lm.hub.unreadable"
    assert "are missing" in models.models["hubshort"].state.values["reason"]


def failing(error):
    def fail(*args, **options):
        raise error

    return fail


def failure_of(models, corpus):
    models.load_in_background().join()
    with pytest.raises(UserError) as error:
        models.get(corpus)
    while not isinstance(models.models[corpus].state, UserError):  # it is tried again
        time.sleep(0.01)
    return error.value.key


def missing(*args, **options):
    raise LocalEntryNotFoundError("not here")


@pytest.mark.parametrize(
    "error, key",
    [
        (OSError("no network"), "lm.hub.offline"),
        (RepositoryNotFoundError.__new__(RepositoryNotFoundError), "lm.hub.unknown"),
    ],
)
def test_without_internet_or_under_a_wrong_name_one_sentence_says_so(monkeypatch, capsys, error, key):
    monkeypatch.setattr("huggingface_hub.snapshot_download", missing)
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", failing(error))
    assert failure_of(HubModels(["gpt2"]), "hubgpt2") == key
    assert len(set(capsys.readouterr().out.splitlines())) == 1


@pytest.mark.parametrize(
    "error, reason",
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "/models/hub"), "Permission denied: /models/hub"),
    ],
)
def test_a_disk_that_takes_no_files_is_told_as_one(monkeypatch, error, reason):
    monkeypatch.setattr("huggingface_hub.snapshot_download", failing(error))
    models = HubModels(["gpt2"])
    assert failure_of(models, "hubgpt2") == "lm.hub.not_kept"
    assert models.models["hubgpt2"].state.values["reason"] == reason


def test_what_the_network_says_below_another_error_is_no_disk():
    error = RuntimeError("the download failed")
    error.__cause__ = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    assert hub.of_the_disk(error) is None
    error.__cause__.__context__ = OSError(errno.EDQUOT, "Disk quota exceeded")
    assert hub.of_the_disk(error) is error.__cause__.__context__


def test_a_model_that_was_fetched_is_read_without_internet(monkeypatch, folder):
    monkeypatch.setattr(
        "huggingface_hub.snapshot_download", lambda *args, local_files_only, **others: str(folder)
    )
    models = HubModels(["gpt2"])
    models.load_in_background().join()
    assert models.get("hubgpt2").predict([]).probs.sum() == pytest.approx(1)


def test_after_a_failure_it_is_tried_again(monkeypatch, folder):
    monkeypatch.setattr("huggingface_hub.snapshot_download", missing)
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", failing(OSError("no network")))
    models = HubModels(["gpt2"])
    assert failure_of(models, "hubgpt2") == "lm.hub.offline"
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *args, **options: str(folder))
    assert read_at_last(models, "hubgpt2").predict([])


def read_at_last(models, corpus):
    """The model, once it is read: whoever asks after a failure lets it be tried again."""
    for _ in range(200):
        try:
            return models.get(corpus)
        except UserError:
            time.sleep(0.05)
    raise AssertionError(f"{corpus} is not read")


def test_a_folder_that_has_no_model_is_told(tmp_path, folder):
    empty = tmp_path / "empty"
    empty.mkdir()
    torn = shutil.copytree(folder, tmp_path / "torn")
    (torn / "config.json").write_text('{"model_type": "none"}')
    pickled = shutil.copytree(folder, tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    for path in (empty, torn, pickled):
        assert failure_of(HubModels([str(path)]), f"hub{path.name}") == "lm.hub.unreadable"


def test_a_folder_without_weights_is_told_before_what_it_would_take(tmp_path, capsys):
    models = HubModels([str(tmp_path)])
    models.load_in_background().join()
    (said,) = capsys.readouterr().out.splitlines()
    assert said.endswith("cannot be read as a language model: there are no safetensors in it.")


def test_a_folder_that_may_not_be_read_is_told(folder, monkeypatch):
    def locked(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.iterdir", locked)
    models = HubModels([str(folder)])
    assert failure_of(models, "hubtinymodel") == "lm.hub.unreadable"
    assert models.models["hubtinymodel"].state.values["reason"] == f"Permission denied: {folder.resolve()}"


def test_a_model_that_is_too_large_for_this_machine_is_told(folder, monkeypatch):
    monkeypatch.setattr(hub, "memory_left", lambda: 1000)
    assert failure_of(HubModels([str(folder)]), "hubtinymodel") == "lm.hub.memory"


@pytest.mark.parametrize(
    "names",
    [
        *(["no such/thing/here"], ["two words"], ["gpt2", "openai-community/gpt2"]),
        *(["a..b"], ["a--b"], ["-x"], ["x/..x"], ["a" * 97], ["ação/x"], ["x/y.git"]),
    ],
)
def test_a_name_that_cannot_be_is_one_sentence(names):
    with pytest.raises(SystemExit, match="--hub"):
        HubModels(names)
