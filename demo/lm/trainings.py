"""GPTs of visitors' own texts in the making: each in a process of its own, a few at a time, the others in a queue.

A process is `python -m training.live -` at the lowest priority, and it rests while this server computes for visitors
(demo/busy.py), so that those who only look wait no longer: two processors of a machine are often halves of one, and
then a priority alone does not help. It is told with every change, and keeps a tenth of the time whatever happens.

The text and the prompt go to it through a pipe and the model comes back through one: nothing lies on a disk or is
in the list of processes. What nobody has asked about for a while is stopped and forgotten, and so is what a visitor had
before. With this server all its processes end, since their pipes are closed.
"""

import base64
import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from demo.busy import computing
from demo.checks import UserError
from demo.turns import visitor

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "training.live", "-", "--out", "-"]
NICE = 19  # the lowest priority
UNWATCHED = 60  # seconds after which a training that nobody asks about is stopped
WATCH = 1  # seconds between two looks at all of them
CALM = 0.1  # seconds without any computing of this server after which a training goes on
EXTRA = 300  # seconds that a process may take beyond its budget: on a busy machine it starts slowly
MOST_WAITING = 20
MOST_OF_ADDRESS = 10  # trainings of one address that wait or run: a class may have a single one

log = logging.getLogger(__name__)


class Training:
    """One GPT in the making. state: waiting, running, done, stopped or failed.

    about: the first line of the process; rows: the lines after it; content: the file of the model, at the end.
    """

    def __init__(self, text: str, seconds: float, prompt: str, seed: int) -> None:
        self.key, self.visitor = secrets.token_hex(16), visitor()
        self.text, self.seconds, self.prompt, self.seed = text, seconds, prompt, seed
        self.state = "waiting"
        self.about: dict | None = None
        self.rows: list[dict] = []
        self.content = b""
        self.error: UserError | None = None
        self.own: Any = None  # where the trained model is kept, once its visitor has been told
        self.process: subprocess.Popen | None = None
        self.fed = self.stopping = False  # whether the process has its text; whether it is to end early
        self.resting = False  # whether it was told to rest
        self.watched = time.monotonic()
        self.began = 0.0
        self.ended = threading.Event()

    @property
    def live(self) -> bool:
        return self.state in ("waiting", "running")

    def end(self, state: str, error: UserError | None = None) -> None:
        """Note how it has ended, if it has not ended before."""
        if self.live:
            self.state, self.error, self.text = state, error, ""
        self.ended.set()

    def kill(self, state: str, error: UserError | None = None) -> None:
        """End it at once; its process too."""
        self.end(state, error)
        if self.process:
            self.process.kill()


class Trainings:
    """All trainings, by key. At most `at_once` run; 0 switches them off. Any thread may call."""

    def __init__(self, at_once: int = 1) -> None:
        self.at_once = at_once
        self._all: dict[str, Training] = {}  # in the order of their arrival
        self._lock = threading.Lock()
        self._watching = False

    def start(self, text: str, seconds: float, prompt: str, seed: int) -> Training:
        """A new training, in the queue or running; it takes the place of the same page's last one. Raises UserError."""
        if not self.at_once:
            raise UserError("error.train_off")
        new = Training(text, seconds, prompt, seed)
        with self._lock:
            for one in [one for one in self._all.values() if one.visitor == new.visitor != ("", "")]:
                one.kill("stopped")
                del self._all[one.key]
            live = [one for one in self._all.values() if one.live]
            of_address = [one for one in live if one.visitor[0] == new.visitor[0]]
            if len(live) >= self.at_once + MOST_WAITING or len(of_address) >= MOST_OF_ADDRESS:
                raise UserError("error.train_busy")
            self._all[new.key] = new
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="trainings", daemon=True).start()
            self._fill()
        return new

    def get(self, key: Any) -> Training:
        """The training with this key, which is then watched. Raises UserError if there is none."""
        with self._lock:
            found = self._all.get(key) if isinstance(key, str) else None
            if found is None:
                raise UserError("error.train_gone")
            found.watched = time.monotonic()
            return found

    def place(self, training: Training) -> int:
        """How many trainings end before this one can begin."""
        with self._lock:
            waiting = [one for one in self._all.values() if one.state == "waiting"]
            running = sum(one.state == "running" for one in self._all.values())
            return waiting.index(training) + running if training in waiting else 0

    def stop(self, training: Training) -> None:
        """End a training early; the model is what was learned until then. One that waits is dropped."""
        with self._lock:
            if training.state == "waiting":
                training.end("stopped")
            elif training.state == "running" and not training.stopping:
                training.stopping = True
                if training.fed:
                    tell(training.process, "stop")

    def drop(self, training: Training) -> None:
        """End a training and forget it."""
        with self._lock:
            training.kill("stopped")
            self._all.pop(training.key, None)

    def _fill(self) -> None:
        """Start what may run now. Call it with the lock."""
        for one in self._all.values():
            if sum(other.state == "running" for other in self._all.values()) >= self.at_once:
                return
            if one.state == "waiting":
                one.state, one.began = "running", time.monotonic()
                threading.Thread(target=self._run, args=(one,), name="training", daemon=True).start()

    def _run(self, one: Training) -> None:
        """Run a process and read its lines until it ends."""
        try:
            process = started(one)
            with self._lock:
                one.process = process
                if not one.live:  # it was ended meanwhile
                    process.kill()
            said: list[str] = []
            reader = threading.Thread(target=lambda: said.extend(process.stderr), daemon=True)
            reader.start()
            tell(process, json.dumps({"text": one.text, "prompt": one.prompt}))
            with self._lock:
                one.fed = True
                never_wait_for(process)
                if one.stopping:
                    tell(process, "stop")
                give_way(one, computing.now())
            for line in process.stdout:
                take(one, json.loads(line))
            process.wait()
            reader.join()
            with self._lock:
                one.end(*how_it_ended(one, process.returncode, said))
        except Exception:
            log.exception("a training has failed")
            with self._lock:
                one.kill("failed", UserError("lm.train.killed"))
        finally:
            with self._lock:
                if one.process:
                    close(one.process)
                one.end("stopped")
                self._fill()

    def _watch(self) -> None:
        """Let all rest while the server computes; stop what nobody asks about any more, and what takes far too long.

        Ends when there is nothing left.
        """
        busy = False
        while True:
            busy, now = computes(busy), time.monotonic()
            with self._lock:
                for one in list(self._all.values()):
                    give_way(one, busy)
                    if now - one.watched > UNWATCHED:
                        one.kill("stopped")
                        del self._all[one.key]
                    elif one.state == "running" and now - one.began > one.seconds + EXTRA:
                        one.kill("failed", UserError("lm.train.killed"))
                if not self._all:
                    self._watching = False
                    return
                self._fill()


def started(one: Training) -> subprocess.Popen:
    """The process of a training, at the lowest priority."""
    options = ["--seconds", str(one.seconds), "--seed", str(one.seed)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    threads = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [*COMMAND, *options], cwd=ROOT, env=os.environ | threads, text=True, errors="replace", **pipes
    )
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    if NICE and hasattr(os, "SCHED_IDLE"):  # Linux then takes its core for a free one when others need one
        with suppress(OSError):
            os.sched_setscheduler(process.pid, os.SCHED_IDLE, os.sched_param(0))
    return process


def computes(before: bool) -> bool:
    """Whether this server computes for visitors, as soon as that is not as `before` any more, or after WATCH seconds.

    It does until it has not for CALM seconds: a training that goes on in every short gap is in the next one's way.
    """
    busy = computing.wait(before, WATCH)
    return computing.wait(False, CALM) if before and not busy else busy


def never_wait_for(process: Any) -> None:
    """Let what is written to a process be lost if it reads nothing any more, instead of waiting for it."""
    with suppress(OSError, ValueError, AttributeError):  # AttributeError: Windows before Python 3.12
        os.set_blocking(process.stdin.fileno(), False)


def give_way(one: Training, rests: bool) -> None:
    """Let a training rest, or go on."""
    if one.state == "running" and one.fed and one.resting != rests:
        one.resting = rests
        tell(one.process, "rest" if rests else "go on")


def tell(process: Any, line: str) -> None:
    """Write a line to a process, if it is still there."""
    with suppress(OSError, ValueError):  # ValueError: the pipe is closed
        process.stdin.write(line + "\n")
        process.stdin.flush()


def close(process: Any) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        with suppress(OSError):
            pipe.close()


def take(one: Training, line: dict) -> None:
    """Note a line of a process."""
    if one.about is None:
        one.about = line
        return
    one.content = base64.b64decode(line.pop("model", ""))
    line.pop("done", None)
    one.rows.append(line)


def how_it_ended(one: Training, status: int, said: list[str]) -> tuple:
    """(state, error) of a process that has ended."""
    if status == 0 and one.content:
        return ("done", None) if one.rows[-1]["step"] else ("stopped", None)
    if status == 1 and said and not said[0].startswith("Traceback"):
        return "failed", UserError("error.value", sentence=said[-1].strip())
    log.warning("a training has ended with %s: %s", status, "".join(said)[-500:])
    return "failed", UserError("lm.train.killed")
