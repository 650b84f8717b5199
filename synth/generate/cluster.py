"""The engine `ray`: chunks handed to Ray Data actors, each with a teacher of its own or with the URLs of one.

What is done is read from the files, never from Ray. A round hands out every chunk that has no valid marker; a chunk
whose worker or machine was lost during the round is simply still without one, and belongs to the next round. Its
answers are in its journal, so only requests that were under way are sent again. `leases` keeps two workers off a chunk.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import socket
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import synth.errors
from synth import __version__
from synth.corpus.files import write_text
from synth.corpus.layout import Layout
from synth.corpus.markers import read_marker
from synth.errors import BadFlag, Interrupted, MissingExtra, StoppedError, TeacherError
from synth.generate.chunk_run import is_done
from synth.generate.chunks import Chunk
from synth.generate.config import GenerateConfig
from synth.generate.leases import LEASE_S, clear
from synth.generate.progress import Progress, tell
from synth.generate.run import Ready
from synth.generate.worker import LEASES, ChunkWorker, Errand, describe_chunk, read_failures

_CONNECT_S = 10.0
_BARREN_ROUNDS = 3  # rounds in a row that finish nothing, after which the cluster is not going to
_RESTARTS = 3  # failures for good that a worker's own teacher is allowed, on average
_OPEN_ROWS = 2  # rows under way per request in flight, as in the local engine
_MOST_CHUNKS = 64  # chunks under way in one worker
# Ray reports usage to its makers unless told not to, warns of a change to come, and writes its core's log to stderr.
_RAY_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
_BLOCKS = 20_000  # pieces that Ray Data is given to schedule; a piece holds one chunk up to this many
_TOO_BUSY = (
    "Is the machine very busy? Everything made so far is kept: run the same command again, or with --engine local"
)
_GO_ON = "everything made so far is kept; run the same command again to go on"


def run_ray(config: GenerateConfig, ready: Ready) -> None:
    """Run the pending chunks on a Ray cluster: that of RAY_ADDRESS, else one on this machine.

    Args:
        config: What is asked.
        ready: The planned run; its folder must be on a file system that all machines share.

    Raises:
        MissingExtra: Ray is not installed.
        SynthError: What stopped the run, as a worker or the cluster said it.
    """
    with _errand(config, ready) as errand, connected(), Progress(ready.rows, ready.rows_done) as progress:
        needs = _needs(config)
        pending, barren = list(ready.pending), 0
        while pending and barren < _BARREN_ROUNDS:
            _round(pending, config, errand, needs, progress)
            left = [chunk for chunk in pending if not is_done(chunk, ready.layout)]
            barren = 0 if len(left) < len(pending) else barren + 1
            if left:
                tell(f"{len(left)} chunks were lost with their workers and are handed out again")
            pending = left
        if pending:
            raise _gave_up(errand, len(pending))


def _gave_up(errand: Errand, count: int) -> StoppedError:
    """Why nothing gets done, as far as workers could tell."""
    told = [line.get("error") or line.get("bug", "") for line in read_failures(errand)]
    last = told[-1].strip().splitlines()[-1] if told else "no worker said why; Ray's own logs may"
    return StoppedError(f"{count} chunks cannot be finished on this cluster ({last}); {_GO_ON}")


@contextmanager
def connected() -> Iterator[None]:
    """A connection to Ray, that of RAY_ADDRESS or one on this machine; ours to close if it is not there yet.

    Raises:
        MissingExtra: Ray is not installed.
        BadFlag: There is no cluster at RAY_ADDRESS.
        StoppedError: Ray does not come up.
    """
    ray = _import_ray()
    if ray.is_initialized():
        yield
        return
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    address = os.environ.get("RAY_ADDRESS")
    _check_address(address)
    options |= {"address": address} if address else {"include_dashboard": False}
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(**options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BadFlag(f"no Ray cluster at RAY_ADDRESS={address or 'local'} ({reason}); start one or unset it") from None
    except Exception as error:  # a bare one is what Ray raises when its processes are not up after half a minute
        ray.shutdown()
        reason = " ".join(str(error).split())[:300]
        raise StoppedError(f"Ray did not start ({reason}) {_TOO_BUSY}") from None
    # Ray takes SIGTERM for itself, and would end this process in the middle of things with a dump of its stack.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)
    try:
        yield
    finally:
        ray.shutdown()


def _check_address(address: str | None) -> None:
    """Ray tries for minutes to reach an address where nothing is; we look first."""
    host, _, port = (address or "").rpartition(":")
    if "://" in host or not host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), _CONNECT_S).close()
    except OSError as error:
        raise BadFlag(f"no Ray cluster at RAY_ADDRESS={address} ({error}); start one or unset it") from None


def _import_ray() -> Any:
    for name, value in _RAY_QUIET.items():  # before the import, which reads them
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
    except ImportError:
        raise MissingExtra('--engine ray needs Ray; install it with: pip install "synth-xtreme[cluster]"') from None
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # a lost worker is told by us
    return ray


@contextmanager
def _errand(config: GenerateConfig, ready: Ready) -> Iterator[Errand]:
    """What workers are told, and the token by which they see that they share the folder."""
    from synth.generate.teachers import choose_teacher

    teacher = choose_teacher(config)
    run, root = secrets.token_hex(4), ready.layout.root.resolve()
    own_servers = 0 if teacher.urls else config.workers
    errand = Errand(
        run=run,
        config=config.model_dump(mode="json"),
        root=str(root),
        cwd=str(Path.cwd()),
        identity=ready.identity,
        teacher=teacher.request_identity(),
        version=__version__,
        deaths=_RESTARTS * own_servers,
        lease_s=LEASE_S,
    )
    token = root / LEASES / f"{run}.run"
    write_text(token, "workers look for this file to see that they share the folder\n")
    ready.layout.logs.mkdir(exist_ok=True)
    log = ready.layout.logs / f"ray-{run}.log"
    try:
        # Ray prints what it has to say about lost machines to stdout, which belongs to --json.
        with log.open("w", encoding="utf-8") as said, contextlib.redirect_stdout(said):
            yield errand
    finally:
        if not log.stat().st_size:
            log.unlink()
        token.unlink(missing_ok=True)
        clear(token.parent, run)


def _needs(config: GenerateConfig) -> dict[str, Any]:
    """What Ray must set aside for one worker: next to nothing for URLs, GPUs or a whole machine for a teacher.

    Raises:
        BadFlag: No machine has as many GPUs as one copy of the teacher takes.
    """
    if "://" in config.teacher:
        return {"num_cpus": 0.01}
    nodes = [node["Resources"] for node in _import_ray().nodes() if node["Alive"]]
    gpus = max((node.get("GPU", 0) for node in nodes), default=0)
    if not gpus:
        return {"num_cpus": min(node["CPU"] for node in nodes if node.get("CPU"))}
    wanted = config.tensor_parallel * config.data_parallel
    if wanted > gpus:
        raise BadFlag(
            f"--tensor-parallel {config.tensor_parallel} --data-parallel {config.data_parallel} takes {wanted} GPUs, "
            f"and no machine of the cluster has more than {gpus:g}; give smaller numbers, or start the teacher over "
            "several machines yourself and give its URL"
        )
    return {"num_cpus": 1, "num_gpus": wanted}


def _round(
    pending: Sequence[Chunk], config: GenerateConfig, errand: Errand, needs: Mapping[str, Any], progress: Progress
) -> None:
    """Hand out chunks once; those whose worker is lost stay undone."""
    import ray

    described = {describe_chunk(chunk): chunk for chunk in pending}
    layout = Layout(Path(errand.root))
    results = iter(_dataset(list(described), config, errand, needs, _at_once(pending, config)).iter_rows())
    try:
        for result in results:
            if result["error"]:
                raise _as_raised(result["error"], result["message"])
            _count(described[result["chunk"]], layout, progress)
    except ray.exceptions.RayError as error:
        raise StoppedError(f"the Ray cluster failed ({' '.join(str(error).split())[:300]}); {_GO_ON}") from None
    except KeyboardInterrupt:
        raise Interrupted(f"stopped; {_GO_ON} from here") from None
    finally:
        results.close()


def _dataset(
    descriptions: list[str], config: GenerateConfig, errand: Errand, needs: Mapping[str, Any], at_once: int
) -> Any:
    """The Ray Data pipeline: one block a chunk, a pool of actors, no more chunks in an actor than it can work on.

    Actors come back when they die (Ray Data's default), their tasks do not (`max_task_retries`): a task would wait for
    its own actor, for ever if the machine is not replaced. Its block counts as failed, which is allowed here, and its
    chunk belongs to the next round.
    """
    import ray

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1
    pool = ray.data.ActorPoolStrategy(
        size=min(config.workers, len(descriptions)),
        max_tasks_in_flight_per_actor=at_once,
        max_concurrent_calls_per_actor=at_once,
        enable_true_multi_threading=True,
    )
    items = [{"chunk": description} for description in descriptions]
    chunks = ray.data.from_items(items, override_num_blocks=min(len(items), _BLOCKS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of passing `max_task_retries`, until Ray 2.64
        return chunks.map_batches(
            ChunkWorker,
            fn_constructor_args=(asdict(errand),),
            batch_size=1,
            compute=pool,
            max_task_retries=0,
            **needs,
        )


def _at_once(chunks: Sequence[Chunk], config: GenerateConfig) -> int:
    """Chunks that one worker has under way: enough rows to keep its teacher busy while one chunk ends."""
    rows = sum(chunk.rows for chunk in chunks) / len(chunks)
    return max(2, min(_MOST_CHUNKS, round(_OPEN_ROWS * config.in_flight / rows) + 1))


def _count(chunk: Chunk, layout: Layout, progress: Progress) -> None:
    """Count a chunk as its files say."""
    for part in chunk.parts:
        marker = read_marker(layout.part(part))
        if marker:
            progress.part(marker)


def _as_raised(name: str, message: str) -> synth.errors.SynthError:
    """The error that stopped a worker, as it would have stopped the local engine."""
    raised: synth.errors.SynthError = getattr(synth.errors, name, TeacherError)(message)
    return raised
