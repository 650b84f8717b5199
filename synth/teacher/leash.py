"""Run a command that never outlives us: `python -I leash.py PARENT_PID -- COMMAND...`; stand-alone on purpose.

A vLLM server starts processes of its own (the engine, one worker a GPU), and none of them notices that whoever wanted
them was killed. This small process stands between: it ends the whole tree when the parent is gone, when it is told to
stop (SIGTERM), or when the command ends. PR_SET_PDEATHSIG alone would not do: it reaches only the first child, and
fires when the starting *thread* ends (prctl(2)), which a restart from a worker thread would meet.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

POLL_S = 0.3
GRACE_S = 8.0
TRACKER_S = 3.0
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_PR_SET_CHILD_SUBREAPER = 36


def prctl(option: int, value: int) -> None:
    """Linux process control; elsewhere nothing (the tree is then only ended by the first two ways)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, nearest first, read from /proc (whose `stat` has the parent after the name)."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(stat.parent.name))
    found, at = [pid], 0
    while at < len(found):
        found += parents.get(found[at], [])
        at += 1
    return found[1:]


def is_tracker(pid: int) -> bool:
    """Whether this is a resource tracker of Python's multiprocessing: it unlinks shared memory that others left."""
    try:
        return b"multiprocessing.resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def kill(pids: list[int]) -> None:
    """SIGKILL, to those that still exist, and reap them: as subreaper we inherit every orphan."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def end_tree(process: "subprocess.Popen[bytes]") -> None:
    """Ask the command to end, then kill whatever is left below us; trackers last, when they have cleaned up."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    until = time.monotonic() + TRACKER_S
    while (left := descendants(os.getpid())) and time.monotonic() < until:
        kill([pid for pid in left if not is_tracker(pid)])
        time.sleep(0.05)
    kill(left)
    process.wait()


def main() -> int:
    """Start, watch, and end the command; the exit status is the command's."""
    parent, command = int(sys.argv[1]), sys.argv[3:]
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))
    # Here the death signal is safe: this process has one thread, which lives as long as the process.
    process = subprocess.Popen(command, preexec_fn=lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))  # noqa: PLW1509
    while process.poll() is None and os.getppid() == parent and not stop:
        time.sleep(POLL_S)
    end_tree(process)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


if __name__ == "__main__":
    sys.exit(main())
