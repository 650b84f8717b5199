"""One worker of a cluster: a Ray Data actor that holds a teacher (or knows its URLs) and runs the chunks it is given.

A chunk reaches it as a description. It reads the English rows from the corpus folder, which all machines share, and
compares the fingerprint: examples travel once, to the disk, and not a language each through Ray's object store.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
import traceback
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth import __version__
from synth.corpus.layout import Layout, Part
from synth.corpus.rows import read_rows
from synth.errors import BadFlag, BadFolder, SynthError, TeacherError
from synth.generate.chunk_run import Tools, is_done, run_chunk
from synth.generate.chunks import Chunk, batches, make_chunk
from synth.generate.config import GenerateConfig
from synth.generate.leases import LeaseLost, Leases
from synth.outcomes import Kind
from synth.sources.base import Example
from synth.tasks import get_task

if TYPE_CHECKING:
    from synth.teacher.client import TeacherClient

LEASES = ".leases"


@dataclass(frozen=True, slots=True)
class Errand:
    """What every worker of a run is told; plain values, so that Ray can carry it.

    Args:
        run: Name of the run; a file of this name in the leases' folder shows that the folder is the driver's.
        config: The configuration's fields.
        root: Absolute path of the corpus folder.
        cwd: The driver's working folder, from which relative paths of the configuration count.
        identity: Fingerprint of the corpus, as in corpus.yaml.
        teacher: Fingerprint of the teacher as the driver knows it.
        version: The driver's version of Synth.
        deaths: How many times a teacher of this run may fail for good before the run stops.
        lease_s: See `Leases`.
    """

    run: str
    config: Mapping[str, Any]
    root: str
    cwd: str
    identity: str
    teacher: str
    version: str
    deaths: int
    lease_s: float

    @property
    def failures(self) -> Path:
        """Where workers note why their teacher failed."""
        return Path(self.root) / "logs" / f"ray-{self.run}.failures.jsonl"


def describe_chunk(chunk: Chunk) -> str:
    """The description from which `rebuild` makes the chunk again."""
    return json.dumps(
        {
            "family": chunk.family,
            "lang": chunk.lang,
            "number": chunk.number,
            "kinds": chunk.kinds,
            "tasks": chunk.tasks,
            "fingerprint": chunk.fingerprint,
        }
    )


def rebuild(description: str, identity: str, layout: Layout) -> Chunk:
    """The chunk of a description, its examples read from the corpus' English rows.

    Raises:
        BadFolder: The English rows are not the ones that the chunk was planned with.
    """
    told = json.loads(description)
    examples = [example for task in told["tasks"] for example in _english(task, told["number"], layout)]
    groups = next(batches(examples, len(examples)), ())
    kinds = tuple(Kind(kind) for kind in told["kinds"])
    chunk = make_chunk(identity, told["family"], told["lang"], told["number"], kinds, groups)
    if chunk.fingerprint != told["fingerprint"]:
        raise BadFolder(
            f"the English rows of {told['family']} part {told['number']} in {layout.root} are not those that this run "
            "wrote; let no other run change this folder, and run the same command again"
        )
    return chunk


def _english(task: str, number: int, layout: Layout) -> list[Example]:
    path = layout.part(Part(task, "en", Kind.SOURCE, number))
    if not path.is_file():
        raise BadFolder(f"{path} is not there on {socket.gethostname()}; run the same command again to write it")
    columns = get_task(task).column_names
    return [
        Example(
            task,
            row["synth_split"],
            row["synth_source_id"],
            {column: row[column] for column in columns},
            row["synth_origin"],
        )
        for row in read_rows(path)
    ]


class ChunkWorker:
    """The actor. Called by several threads at once with one chunk each; all requests go through one event loop."""

    def __init__(self, errand: Mapping[str, Any]) -> None:
        self._errand = Errand(**errand)
        self._lock = threading.Lock()
        self._ready: _Ready | None = None

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """Run the chunk whose description the batch holds; what stops the run comes back as a value."""
        description = str(batch["chunk"][0])
        error, message = "", ""
        try:
            self._run(description)
        except SynthError as problem:
            self._exit_if_worth_it(problem)
            error, message = type(problem).__name__, str(problem)
        except BaseException:
            self._note({"host": socket.gethostname(), "bug": traceback.format_exc()})
            raise
        return {"chunk": [description], "error": [error], "message": [message]}

    def close(self) -> None:
        """Stop the teacher and close what is open."""
        if self._ready:
            self._ready.stop()
            self._ready = None

    def _run(self, description: str) -> None:
        with self._lock:  # the first chunk starts the teacher, the others wait for it
            if self._ready is None:
                self._ready = _Ready(self._errand)
            ready = self._ready
        ready.run(description)

    def _exit_if_worth_it(self, problem: SynthError) -> None:
        """A teacher that is lost on this machine may start on another: Ray starts the actor anew where it fits.

        Exiting is what Ray restarts actors for; an exception would be taken for the chunk's own fault.
        """
        if not isinstance(problem, TeacherError):
            return
        self._note({"host": socket.gethostname(), "error": str(problem)})
        if len(read_failures(self._errand)) <= self._errand.deaths:
            self.close()
            os._exit(1)

    def _note(self, line: Mapping[str, str]) -> None:
        with contextlib.suppress(OSError), self._errand.failures.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")


def read_failures(errand: Errand) -> list[dict[str, str]]:
    """What workers of this run have noted, oldest first."""
    try:
        lines = errand.failures.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if line.endswith("}")]


class _Ready:
    """A worker whose teacher runs."""

    def __init__(self, errand: Errand) -> None:
        with contextlib.suppress(OSError):
            os.chdir(errand.cwd)
        self._errand = errand
        self._layout = Layout(Path(errand.root))
        _check_place(errand)
        self._stack = ExitStack()
        self._tools, self._client = self._start()
        self._leases = Leases(self._layout.root / LEASES, errand.run, errand.lease_s)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="requests", daemon=True).start()

    def _start(self) -> tuple[Tools, TeacherClient]:
        from synth.generate.run import make_tools
        from synth.generate.teachers import choose_teacher, make_client, running

        config = GenerateConfig(**self._errand.config)
        teacher = choose_teacher(config)
        if teacher.request_identity() != self._errand.teacher:
            raise BadFlag(
                f"{socket.gethostname()} knows another teacher by the name {config.teacher} than the driver does; "
                "give all machines the same profiles and models"
            )
        server = self._stack.enter_context(running(teacher, config, self._layout, _say_nothing))
        return make_tools(config, self._layout, teacher, None), make_client(teacher, config, server)

    def run(self, description: str) -> None:
        """Run one chunk to its end, from a thread of Ray's."""
        asyncio.run_coroutine_threadsafe(self._work(description), self._loop).result()

    async def _work(self, description: str) -> None:
        chunk = rebuild(description, self._errand.identity, self._layout)
        name = f"{chunk.family}-{chunk.lang}-{chunk.owner.stem}"
        async with self._leases.hold(name, lambda: is_done(chunk, self._layout)) as check:
            if check is not None:
                # Lost to another worker, which does it: the driver sees in the files whether it was done.
                with contextlib.suppress(LeaseLost):
                    await run_chunk(chunk, replace(self._tools, may_write=check), self._client.ask)

    def stop(self) -> None:
        """Close connections, stop the signs of life and the teacher."""
        asyncio.run_coroutine_threadsafe(self._client.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._leases.close()
        self._stack.close()


def _say_nothing(_message: str) -> None:
    """What a teacher's start tells is in its log."""


def _check_place(errand: Errand) -> None:
    host = socket.gethostname()
    if errand.version != __version__:
        raise BadFlag(f"{host} has synth {__version__}, the driver {errand.version}; install one version everywhere")
    if not (Path(errand.root) / LEASES / f"{errand.run}.run").is_file():
        raise BadFolder(
            f"{errand.root} on {host} is not the driver's folder; give an --out on a file system that all share"
        )
