"""How many cores a teacher on the CPU may use, and which: without this vLLM leaves one core of two idle."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup/cpu.max")
_TOPOLOGY = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"


def usable_cores() -> list[int]:
    """One logical CPU for each physical core that we may run on, no more than the container's quota allows.

    Two threads on one core share its matrix units: the second adds nothing, and OpenMP waits for the slowest.
    """
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    first_of = {_siblings(cpu): cpu for cpu in reversed(allowed)}
    cores = sorted(first_of.values())
    quota = _quota()
    return cores[: max(1, int(quota))] if quota else cores


def _siblings(cpu: int) -> str:
    """Name of the physical core (its list of threads); the CPU's own number where the system does not tell."""
    try:
        return Path(_TOPOLOGY.format(cpu)).read_text(encoding="ascii").strip()
    except OSError:
        return str(cpu)


def _quota(path: Path = _CGROUP) -> float | None:
    """CPUs of the cgroup (v2 `cpu.max`: quota and period in microseconds, or `max`)."""
    try:
        quota, period = path.read_text(encoding="ascii").split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


def binding(cores: Sequence[int], ranks: int = 1) -> str:
    """Value of VLLM_CPU_OMP_THREADS_BIND: the cores of each rank, ranks separated by `|`."""
    share = max(1, len(cores) // ranks)
    groups = [cores[rank * share : (rank + 1) * share] or cores[-1:] for rank in range(ranks)]
    return "|".join(",".join(str(core) for core in group) for group in groups)
