"""A training run that can stop at any step and continue: its saved state, its schedules, its average of the weights."""

import argparse
import hashlib
import json
import time
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from training import command
from training.options import device, typed, whole

LARGEST_SEED = 2**32 - 1
GROWING = ("epochs", "steps")  # options that may be others when a run goes on
CURE = "give --no-resume to start over, or name another folder with --state"


def add_arguments(parser):
    """Add the options that every training command has."""
    parser.add_argument("--state", help="folder of the saved state of the run; default: runs/<family>/<name>")
    parser.add_argument(
        "--several",
        action="store_true",
        help="--state names a folder of several runs, in which this one has its own, <family>/<name>",
    )
    parser.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="continue from the saved state if there is one (the default), or start over",
    )
    parser.add_argument("--seed", type=whole(0, LARGEST_SEED), default=0)
    parser.add_argument("--threads", type=whole(1), default=1, help="CPU threads that torch uses")
    parser.add_argument(
        "--device",
        type=device,
        default="cuda" if torch.cuda.is_available() else "cpu",
        help="cpu, or cuda for a GPU (the default if torch finds one)",
    )


def state_folder(args, name, begin=0):
    """The folder that holds the saved state of a run.

    A run that continues from a published file, at step `begin`, gets its own folder. The state of the earlier run
    holds old optimizers and may hold another network.
    """
    if args.state and not args.several:
        return args.state
    return f"{args.state or 'runs'}/{full_name(name, begin)}"


def each_its_own(options, parse_args):
    """The options of one of several commands that share them: in the folder of --state each has its own folder."""
    return [*options, "--several"] if parse_args(options).state else options


def full_name(name, begin):
    return name + f"-from-{begin}" * (begin > 0)


def schedule(optimizer, factor, step=0):
    """A learning rate schedule: factor(step) times the optimizer's own rate, from `step` on."""
    for group in optimizer.param_groups:
        group["initial_lr"] = group["lr"]
    return LambdaLR(optimizer, factor, last_epoch=step - 1)


def averaged(module, decay, step=0):
    """An exponential moving average of a module's weights, as torch has it; the averaged module is `.module`.

    At step n the decay is at most (1 + n) / (10 + n), so the first, untrained weights are soon forgotten.
    step: how many steps the module has trained already.
    """

    def average(averages, weights, count):
        now = min(decay, (1 + count.item()) / (10 + count.item()))
        get_ema_multi_avg_fn(now)(averages, weights, count)

    ema = AveragedModel(module, multi_avg_fn=average).requires_grad_(False)
    ema.n_averaged.fill_(step + 1)  # at 0 torch would copy the weights instead of averaging them
    return ema


class Run:
    """The state of one training run, saved in a folder as safetensors and JSON.

    leader: True in the one process, of several, that writes files and prints. name: such as "gan/digits"; the state of
    another run is refused, even if its network looks the same. on_gpu: whether it is trained on a GPU this time.
    options: those that change what is learned, {name: value}; the state of a run with others is refused. data: the
    sha256 of what is learned from; the state of a run on something else is refused, too. results: the sha256 of each
    thing that the run has written in the place of what it began with: it goes on from there as well.
    """

    def __init__(
        self, folder, modules, optimizers, leader=True, name=None, on_gpu=False, options=None, data=None
    ):
        self.folder, self.leader, self.name, self.options = Path(folder), leader, name, options or {}
        self.data, self.results = data, []
        self.modules, self.optimizers = modules, optimizers  # name -> module, name -> optimiser
        self.step, self.history, self.seconds = 0, [], 0.0
        self.recent = []  # figures of the steps since the last row of the history, if a row is a mean of them
        self.on_gpu, self.gpu_seconds = on_gpu, 0.0  # those of `seconds` that were on a GPU
        self.saved = None  # the step of the state on disk, if it is of this run
        self._since = time.monotonic()
        command.runs.append(self)

    @classmethod
    def of(cls, args, name, settings, modules, optimizers, begin=0, leader=True, data=()):
        """The run of a command, in its `state_folder`. Exits with one sentence if nothing can be written there.

        settings: the names of the options that change what is learned. data: what it is learned from, tensors or the
        sha256 of files.
        """
        folder = state_folder(args, name, begin)
        if leader:
            command.writable(folder)
        on_gpu = torch.device(args.device).type != "cpu"
        options = {key: getattr(args, key) for key in settings if key not in GROWING}
        return cls(
            folder, modules, optimizers, leader, full_name(name, begin), on_gpu, options, sha256_of(data)
        )

    def go_on(self, step, training):
        """Count from a published model on: its steps and its times. training: that entry of its config.json."""
        self.step, self.seconds = step, training["seconds"]
        self.gpu_seconds = training.get("gpu_seconds", 0.0)

    def begin(self, total, *schedules):
        """Start or continue towards `total` steps; `advance` moves the learning rate schedules on.

        A terminal shows a progress bar. The log shows the time left everywhere. Exits with one sentence if the run is
        beyond `total` already: what would be written is not what was asked for.
        """
        if self.step > total:
            raise SystemExit(
                f"The run is at step {self.step} already, beyond the {total} that are asked for: ask for more steps, or"
                f" {CURE}."
            )
        self._schedules = schedules
        self._left = tqdm(
            total=total, initial=self.step, unit=" steps", disable=None if self.leader else True
        )
        self._first, self._began, self._total = self.step, time.monotonic(), total

    def advance(self):
        """Count one more finished step."""
        self.step += 1
        for schedule in self._schedules:
            schedule.step()
        self._left.update()

    def left(self):
        """The seconds left at the average speed so far, or None before the first step."""
        done = self.step - self._first
        return (time.monotonic() - self._began) / done * (self._total - self.step) if done else None

    def resume(self, wanted=True):
        """Load the last saved state, if there is one and it is wanted. Returns whether it was loaded.

        Exits with one sentence if the state is of another run, of other options or data, does not fit the network, or
        is damaged. A state that was saved before options or data were noted is taken as it is.
        """
        path = self.folder / "state.json"
        if not wanted or not path.exists():
            return False
        try:
            meta = json.loads(path.read_text("utf-8"))
            step, history, seconds = int(meta["step"]), list(meta["history"]), float(meta["seconds"])
            name, on_gpu = meta.get("name"), float(meta.get("gpu_seconds", 0))
            options, learned_from = dict(meta.get("options", {})), meta.get("data")
            results, recent = list(meta.get("results", [])), list(meta.get("recent", []))
            path = self.folder / f"state-{step}.safetensors"
            tensors = load_file(path)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            raise SystemExit(
                f"{path} is missing or damaged, and the run cannot go on from it: {CURE}."
            ) from None
        if None not in (name, self.name) and name != self.name:
            raise SystemExit(f"The state in {self.folder} is of another run, {name}: {CURE}.")
        if None not in (learned_from, self.data) and self.data not in (learned_from, *results):
            raise SystemExit(
                f"The state in {self.folder} is of a run on other pictures, another text or another model: {CURE}."
            )
        for key, value in options.items():
            self._check_option(key, value)
        try:
            for name, module in self.modules.items():
                module.load_state_dict(_part(tensors, f"module.{name}."), strict=True)
            for name, optimizer in self.optimizers.items():
                _load_optimizer(optimizer, _part(tensors, f"optimizer.{name}."))
        except (ValueError, KeyError, RuntimeError):
            raise SystemExit(f"The state in {self.folder} is of another network: {CURE}.") from None
        self.step, self.history, self.seconds, self.gpu_seconds = step, history, seconds, on_gpu
        self.data, self.results, self.saved = learned_from or self.data, results, step
        self.recent = recent
        return True

    def _check_option(self, key, before):
        """Exit with one sentence if an option had another value when the state was saved."""
        if before == self.options.get(key, before):
            return
        then, now = (
            f"without {typed(key, True)}" if value is None else f"with {typed(key, value)}"
            for value in (before, self.options[key])
        )
        raise SystemExit(f"The state in {self.folder} is of a run {then}, and this one is {now}: {CURE}.")

    def save(self):
        """Write the state; the one before is replaced, and stays where the disk is full."""
        if not self.leader:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = {}
        for name, module in self.modules.items():
            tensors |= {f"module.{name}.{k}": v.clone().contiguous() for k, v in module.state_dict().items()}
        for name, optimizer in self.optimizers.items():
            for i, state in optimizer.state_dict()["state"].items():
                for k, v in state.items():
                    tensors[f"optimizer.{name}.{i}.{k}"] = torch.as_tensor(v).clone().contiguous()
        self._replace(f"state-{self.step}.safetensors", lambda path: save_file(tensors, path))
        self.seconds, self.gpu_seconds, self._since = *self._elapsed(), time.monotonic()
        meta = {"name": self.name, "options": self.options, "data": self.data, "results": self.results}
        meta |= {"step": self.step, "history": self.history, "recent": self.recent}
        meta |= {"seconds": self.seconds, "gpu_seconds": self.gpu_seconds}
        self._replace("state.json", lambda path: path.write_text(json.dumps(meta), "utf-8"))
        self.saved = self.step
        for old in self.folder.glob("state-*.safetensors"):
            if old.name != f"state-{self.step}.safetensors":
                old.unlink()

    def note_result(self, data):
        """Remember what was written in the place of what the run began with, given as `data` of `Run.of`."""
        if (found := sha256_of(data)) not in (self.data, *self.results):
            self.results.append(found)
            self.save()

    def _replace(self, name, write):
        """Let `write` fill a new file, and put it in the place of the old one once it is whole."""
        new = self.folder / f"{name}.new"
        try:
            write(new)
            new.replace(self.folder / name)
        except BaseException:
            new.unlink(missing_ok=True)
            raise

    def elapsed(self):
        """Seconds of training so far, added up over all interruptions."""
        return self._elapsed()[0]

    def _elapsed(self):
        """(seconds, those of them on a GPU)"""
        now = time.monotonic() - self._since
        return self.seconds + now, self.gpu_seconds + now * self.on_gpu

    def times(self):
        """What config.json says of the time: seconds and, if there were any on a GPU, gpu_seconds of them."""
        seconds, on_gpu = map(round, self._elapsed())
        return {"seconds": seconds} | ({"gpu_seconds": on_gpu} if on_gpu else {})

    def log(self, **figures):
        """Add a row of figures to the history, and print it."""
        figures = {"step": self.step} | {
            k: round(v, 5) if isinstance(v, float) else v for k, v in figures.items()
        }
        self.history.append(figures)
        if self.leader:
            words = [f"{k} {v}" for k, v in figures.items()] + [f"{self.elapsed():.0f} s"]
            if (left := self.left()) is not None:
                words.append(f"(left: {left / 60:.0f} min)")
            tqdm.write(" ".join(words))


def sha256_of(data):
    """The sha256 of all numbers of some tensors, and of texts such as the sha256 of a file; None of nothing."""
    found = hashlib.sha256()
    for part in data:
        is_tensor = isinstance(part, torch.Tensor)
        found.update(part.contiguous().numpy() if is_tensor else str(part).encode())
    return found.hexdigest() if len(data) else None


def _part(tensors, prefix):
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _load_optimizer(optimizer, tensors):
    state = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
