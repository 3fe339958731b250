"""What a training run keeps so that it can stop at any moment and go on: weights, optimiser, step, history."""

import argparse
import copy
import json
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tqdm import tqdm


def add_arguments(parser):
    """The options that every training command has."""
    parser.add_argument("--state", help="folder of the resumable state; default: runs/<family>/<name>")
    parser.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="go on from the state in that folder, where there is one (the default), or begin anew",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")


def state_folder(args, name, begin=0):
    """Where the state of a run is kept. One that goes on from a shipped file at step `begin` has a folder of its own:
    the state of the run before would bring its optimisers along, and maybe another network."""
    return args.state or f"runs/{name}" + f"-from-{begin}" * (begin > 0)


class Run:
    """A folder with the state of one training run, all of it safetensors and JSON.

    leader: of several processes the one that writes and speaks.
    """

    def __init__(self, folder, modules, optimizers, leader=True):
        self.folder, self.leader = Path(folder), leader
        self.modules, self.optimizers = modules, optimizers  # name -> module, name -> optimiser
        self.step, self.history, self.seconds = 0, [], 0.0
        self._since = time.monotonic()

    def begin(self, total):
        """Show a bar of `total` steps where there is a terminal; `log` says the time that is left anywhere."""
        self._left = tqdm(
            total=total, initial=self.step, unit=" steps", disable=None if self.leader else True
        )
        self._first, self._began, self._total = self.step, time.monotonic(), total

    def advance(self):
        """One step more is done."""
        self.step += 1
        self._left.update()

    def left(self):
        """Seconds to the end at the pace so far, or None before the first step."""
        done = self.step - self._first
        return (time.monotonic() - self._began) / done * (self._total - self.step) if done else None

    def resume(self, wanted=True):
        """Go on from the last save, if there is one and it is wanted. True when so."""
        path = self.folder / "state.json"
        if not wanted or not path.exists():
            return False
        meta = json.loads(path.read_text())
        tensors = load_file(self.folder / f"state-{meta['step']}.safetensors")
        for name, module in self.modules.items():
            module.load_state_dict(_part(tensors, f"module.{name}."), strict=True)
        for name, optimizer in self.optimizers.items():
            _load_optimizer(optimizer, _part(tensors, f"optimizer.{name}."))
        self.step, self.history, self.seconds = meta["step"], meta["history"], meta["seconds"]
        return True

    def save(self):
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
        save_file(tensors, self.folder / f"state-{self.step}.safetensors")
        self.seconds, self._since = self.elapsed(), time.monotonic()
        meta = {"step": self.step, "seconds": self.seconds, "history": self.history}
        temporary = self.folder / "state.json.new"
        temporary.write_text(json.dumps(meta))
        temporary.replace(self.folder / "state.json")
        for old in self.folder.glob("state-*.safetensors"):
            if old.name != f"state-{self.step}.safetensors":
                old.unlink()

    def elapsed(self):
        """Seconds of training so far, over all the pieces it was run in."""
        return self.seconds + time.monotonic() - self._since

    def log(self, **figures):
        figures = {"step": self.step} | {
            k: round(v, 5) if isinstance(v, float) else v for k, v in figures.items()
        }
        self.history.append(figures)
        if self.leader:
            words = [f"{k} {v}" for k, v in figures.items()] + [f"{self.elapsed():.0f} s"]
            if (left := self.left()) is not None:
                words.append(f"(left: {left / 60:.0f} min)")
            tqdm.write(" ".join(words))


class EMA(torch.nn.Module):
    """An exponential moving average of a module's weights, with a warm-up so that it is never stale."""

    def __init__(self, module, decay):
        super().__init__()
        self.average = copy.deepcopy(module).requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, module, step):
        decay = min(self.decay, (1 + step) / (10 + step))
        ours, theirs = self.average.state_dict(), module.state_dict()
        for name, value in ours.items():
            if value.is_floating_point():
                value.lerp_(theirs[name], 1 - decay)
            else:
                value.copy_(theirs[name])


def _part(tensors, prefix):
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _load_optimizer(optimizer, tensors):
    state = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
