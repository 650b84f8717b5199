"""The engine `ray`: jobs as Ray tasks on all machines of a cluster, which share the corpus folder.

Only names of parts and groups, and what is counted, travel through Ray; rows are read from and written to the folder.
A task whose worker or machine is lost is run again elsewhere: jobs find by markers what is done, and write the same
bytes wherever they run, so that even a machine that was only given up for lost can do no harm.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import synth.errors
from synth import __version__
from synth.corpus.files import write_text
from synth.corpus.layout import Layout
from synth.errors import BadFlag, BadFolder, StoppedError, SynthError
from synth.generate.cluster import connected
from synth.generate.leases import clear
from synth.generate.worker import LEASES

Item = TypeVar("Item")
Result = TypeVar("Result")

_RETRIES = 3  # machines or worker processes that one task may lose
_AHEAD = 2  # tasks handed out per worker, so that none waits for the next one to be sent


@dataclass(frozen=True, slots=True)
class Place:
    """What a worker is told of the driver; plain values.

    Args:
        root: Absolute path of the corpus folder.
        run: Name of the run; a file of this name in the folder shows that the folder is the driver's.
        cwd: The driver's working folder, from which relative paths (models, test sets) count.
        version: The driver's version of Synth.
    """

    root: str
    run: str
    cwd: str
    version: str = __version__

    @property
    def token(self) -> Path:
        """The file by which workers see that they share the folder."""
        return Path(self.root) / LEASES / f"{self.run}.run"

    def enter(self) -> None:
        """Called by a worker before it works.

        Raises:
            BadFlag: This machine has another version of Synth.
            BadFolder: It does not see the driver's folder.
        """
        host = socket.gethostname()
        if self.version != __version__:
            raise BadFlag(f"{host} has synth {__version__}, the driver {self.version}; install one version everywhere")
        if not self.token.is_file():
            raise BadFolder(
                f"{self.root} on {host} is not the driver's folder; filter a corpus on a file system that all share"
            )
        with contextlib.suppress(OSError):  # without relative paths nothing is lost
            os.chdir(self.cwd)


@dataclass(frozen=True, slots=True)
class RayEngine:
    """Runs jobs as tasks of one CPU each; made by `ray_engine`.

    Args:
        place: See `Place`.
        workers: Tasks at a time; None for as many as the cluster has CPUs.
    """

    place: Place
    workers: int | None = None

    def map(self, job: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Run the job on each item, wherever a CPU is free; results in the order of the items.

        Raises:
            StoppedError: The cluster failed, or a task has lost its worker too often.
            SynthError: What a job raised.
        """
        import ray

        try:
            yield from _Window(self, job, items).results()
        except ray.exceptions.RayError as error:
            reason = " ".join(str(error).split())[:300]
            raise StoppedError(
                f"the Ray cluster failed ({reason}); finished parts are kept: run the same command again to go on"
            ) from None

    def at_once(self) -> int:
        """Tasks that can run at a time."""
        import ray

        return self.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))


class _Window:
    """The tasks of one `map` that are under way, and results that came before their turn."""

    def __init__(self, engine: RayEngine, job: Callable[[Any], Any], items: Sequence[Any]) -> None:
        import ray

        self._ray = ray
        self._task = ray.remote(num_cpus=1, max_retries=_RETRIES)(_work)
        self._told = (engine.place, ray.put(job))
        self._items = items
        # With a number of workers given, no more tasks than that may run, so none is handed out ahead.
        self._size = engine.workers or _AHEAD * engine.at_once()
        self._open: dict[Any, int] = {}
        self._early: dict[int, Any] = {}
        self._sent = 0

    def results(self) -> Iterator[Any]:
        """All results, in order."""
        try:
            for place in range(len(self._items)):
                while place not in self._early:
                    self._send()
                    self._receive()
                yield self._early.pop(place)
        finally:
            for task in self._open:
                self._ray.cancel(task)

    def _send(self) -> None:
        while len(self._open) < self._size and self._sent < len(self._items):
            self._open[self._task.remote(*self._told, self._items[self._sent])] = self._sent
            self._sent += 1

    def _receive(self) -> None:
        ready, _ = self._ray.wait(list(self._open))
        for task in ready:
            result, error, message = self._ray.get(task)
            if error:
                raise getattr(synth.errors, error, StoppedError)(message)
            self._early[self._open.pop(task)] = result


def _work(place: Place, job: Callable[[Item], Result], item: Item) -> tuple[Result | None, str, str]:
    """On a worker: the result, or the name and text of the error that stops the run."""
    try:
        place.enter()
        return job(item), "", ""
    except SynthError as problem:
        return None, type(problem).__name__, str(problem)


@contextmanager
def ray_engine(corpus: Path, workers: int | None = None) -> Iterator[RayEngine]:
    """An engine for one corpus, connected to the cluster of RAY_ADDRESS, else to one on this machine.

    Args:
        corpus: The corpus folder, on a file system that all machines share.
        workers: Tasks at a time; None for as many as the cluster has CPUs.

    Raises:
        MissingExtra: Ray is not installed.
        BadFlag: There is no cluster at RAY_ADDRESS.
        BadFolder: There is no such corpus.
    """
    if not corpus.is_dir():
        raise BadFolder(f"there is no corpus folder {corpus}; give the folder that `synth generate` wrote")
    root = corpus.resolve()
    place = Place(str(root), secrets.token_hex(4), str(Path.cwd()))
    logs = Layout(root).logs
    logs.mkdir(exist_ok=True)
    log = logs / f"ray-{place.run}.log"
    try:
        # Ray prints what it has to say about lost machines to stdout, which belongs to --json.
        with log.open("w", encoding="utf-8") as said, contextlib.redirect_stdout(said), connected():
            write_text(place.token, "workers look for this file to see that they share the folder\n")
            yield RayEngine(place, workers)
    finally:
        if not log.stat().st_size:
            log.unlink()
        place.token.unlink(missing_ok=True)
        clear(place.token.parent, place.run)
