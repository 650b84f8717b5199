"""Leases: at most one worker of a cluster works on a chunk, also when the driver has given a worker up for lost.

A lost task is handed out again. Its first worker may still run (a network that was cut in two, a machine that was
suspended), and two workers in one journal would spoil it. So a worker holds a small file for each chunk, and shows that
it lives by one more file that it rewrites all the time. Who finds a chunk taken waits until it is done, or until its
holder's sign of life has not changed for `lease_s` seconds *by the own clock*: clocks of machines are never compared.
Before a chunk's files are written the holder looks whether the lease is still its own.

The short time between that look and the writing is not covered. What could happen then is harmless: parts are replaced
as a whole, the marker holds the SHA-256 of its part, and a part that is not its marker's counts as missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from synth.corpus.files import disk_errors

LEASE_S = (
    30.0  # longer than a network file system caches a file (NFS: up to 3 s for one that changes, often 30 at most)
)
_BEATS = 6  # signs of life within that time


class LeaseLost(Exception):
    """Another worker has taken the chunk over: whatever was made of it here is not to be written."""


class Leases:
    """The leases of one worker, in a folder that all workers share.

    Args:
        folder: The folder, in the corpus.
        run: Name of the run that the worker belongs to (`clear` removes what is left of a run).
        lease_s: Seconds without a sign of life after which a worker counts as dead.
    """

    def __init__(self, folder: Path, run: str, lease_s: float = LEASE_S) -> None:
        self.me = f"{run}-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._folder = folder
        self._lease_s = lease_s
        self._beats = 0
        self._seen: dict[str, tuple[str, float]] = {}
        self._stop = threading.Event()
        with disk_errors(folder):
            self._beat()
        self._signs = threading.Thread(target=self._live, name="leases", daemon=True)
        self._signs.start()

    def close(self) -> None:
        """Stop the signs of life."""
        self._stop.set()
        self._signs.join(self._lease_s)  # or it could write one more after the last was removed
        self._life(self.me).unlink(missing_ok=True)

    @asynccontextmanager
    async def hold(self, name: str, is_done: Callable[[], bool]) -> AsyncIterator[Callable[[], None] | None]:
        """Hold the lease `name` while the block runs; None when somebody else has finished the work meanwhile.

        What is given is to be called before files are written: it raises `LeaseLost` where the lease has been lost.
        """
        path = self._folder / f"{name}.lease"
        while not (mine := self._take(path)) and not is_done():
            await asyncio.sleep(self._lease_s / _BEATS)
        if not mine or is_done():
            self._give(path)
            yield None
            return
        try:
            yield lambda: self._check(path)
        finally:
            self._give(path)

    def _take(self, path: Path) -> bool:
        with disk_errors(path):
            try:
                descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            except FileExistsError:
                return self._take_over(path)
            with os.fdopen(descriptor, "w") as stream:
                stream.write(self.me)
            return True

    def _take_over(self, path: Path) -> bool:
        """Replace the lease of a dead worker. Of several that do it, the last one has it."""
        holder = _read(path)
        if not self._is_dead(holder):
            return False
        own = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        own.write_text(self.me)
        if _read(path) != holder:
            own.unlink()
            return False
        own.replace(path)
        time.sleep(min(1.0, self._lease_s / 20))  # others that came to the same conclusion replace it now
        return _read(path) == self.me

    def _is_dead(self, worker: str) -> bool:
        now, sign = time.monotonic(), _read(self._life(worker))
        last, since = self._seen.setdefault(worker, (sign, now))
        if sign != last:
            self._seen[worker] = (sign, now)
            return False
        return now - since > self._lease_s

    def _check(self, path: Path) -> None:
        if _read(path) != self.me:
            raise LeaseLost(path.name)

    def _give(self, path: Path) -> None:
        if _read(path) == self.me:
            path.unlink(missing_ok=True)

    def _life(self, worker: str) -> Path:
        return self._folder / f"{worker or 'nobody'}.alive"

    def _live(self) -> None:
        while not self._stop.wait(self._lease_s / _BEATS):
            with contextlib.suppress(OSError):  # a disk that is full or away for a moment: the next one may succeed
                self._beat()

    def _beat(self) -> None:
        self._beats += 1
        self._life(self.me).write_text(str(self._beats))


def clear(folder: Path, run: str) -> None:
    """Remove what the workers of a run that is over have left, and the folder if nothing else is in it."""
    for path in [*folder.glob("*.alive"), *folder.glob("*.lease")]:
        if path.name.startswith(f"{run}-") or _read(path).startswith(f"{run}-"):
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _read(path: Path) -> str:
    """What is in a small file, "" when it is not there; opened anew, so that a network file system looks again."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""
