"""The record of a run: everything that one needs to say what was trained, and to do it again.

`train.json` in the run's folder. It is written before the first step (what the run starts from) and again at its end
(how it went), each time whole.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from synth import __version__
from synth.corpus.files import read_json, write_json
from synth.errors import BadFolder
from synth.train.matching import ArmSummary, MatchReport, compare, summary_from
from synth.train.mlm_text import text_hashes
from synth.train.prepare import Prepared
from synth.train.recipe import Recipe

FORMAT = 1
NAME = "train.json"
_PACKAGES = (
    "torch", "transformers", "tokenizers", "accelerate", "trl", "peft", "datasets", "pyarrow", "numpy", "safetensors",
)  # fmt: skip


class Status(StrEnum):
    """Where a run is."""

    PREPARED = "prepared"
    RUNNING = "running"  # or it was, when somebody pulled the plug
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The record of one arm and seed.

    Args:
        recipe: The whole recipe.
        recipe_fingerprint: Identity of the arm's runs (`Recipe.fingerprint_of`).
        arm: What the arm trains on (`ArmSummary.as_dict`).
        order_hash: SHA-256 of all rows in the order in which they are drawn.
        manifests: Identity of every corpus by name.
        versions: Of Synth, Python and the packages that matter.
        hardware: Processor, memory and accelerators.
        created: When it was begun (UTC, ISO 8601).
        status: Where it is.
        outcome: What the trainer adds: losses, tokens, seconds, or the failure and its advice.
        text: Of language modelling: SHA-256 of each file by language; empty for arms without.
    """

    recipe: Mapping[str, Any]
    recipe_fingerprint: str
    arm: Mapping[str, Any]
    order_hash: str
    manifests: Mapping[str, str]
    versions: Mapping[str, str]
    hardware: Mapping[str, Any]
    created: str
    status: Status = Status.PREPARED
    outcome: Mapping[str, Any] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def summary(self) -> ArmSummary:
        """What the arm trains on."""
        return summary_from(self.arm)

    def ended(self, status: Status, outcome: Mapping[str, Any]) -> RunRecord:
        """The record at the end of the run."""
        return replace(self, status=status, outcome=dict(outcome))


def begin_record(recipe: Recipe, prepared: Prepared, arm: str) -> RunRecord:
    """The record of a run that has been prepared.

    Raises:
        BadSource: There is no text for language modelling.
    """
    data = prepared.arms[arm]
    return RunRecord(
        recipe=recipe.model_dump(mode="json"),
        recipe_fingerprint=recipe.fingerprint_of(arm),
        arm=next(one for one in prepared.report.arms if one.arm == arm).as_dict(),
        order_hash=data.order_hash(),
        manifests=prepared.manifests,
        versions=versions(),
        hardware=hardware(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        text=text_hashes(Path(recipe.mlm.folder)) if recipe.mlm and data.arm.mlm else {},
    )


def write_record(folder: Path, record: RunRecord) -> Path:
    """Write `train.json`, atomically.

    Raises:
        DiskError: It cannot be written.
    """
    path = folder / NAME
    write_json(path, asdict(record))
    return path


def read_record(folder: Path) -> RunRecord:
    """The record in a run's folder.

    Raises:
        BadFolder: There is none, or it is not whole.
    """
    value = read_json(folder / NAME)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise BadFolder(f"{folder} has no {NAME} of format {FORMAT}; give the folder of a run that `synth train` made")
    try:
        return RunRecord(**{**value, "status": Status(value["status"])})
    except (TypeError, KeyError, ValueError) as error:
        raise BadFolder(f"{NAME} of {folder} is not whole ({error}); run it again") from error


def compare_runs(folders: Sequence[Path]) -> MatchReport:
    """Hold the runs in these folders against each other, one seed at a time, wherever they ran.

    The seeds of an arm are those that are here: its recipe may have been given more of them after some runs.

    Raises:
        BadFolder: One of them is no run.
    """
    records = [read_record(folder) for folder in folders]
    strategy = str(records[0].recipe["matching"]["strategy"]) if records else "intersection"
    summaries = _with_seeds_here([record.summary for record in records])
    seeds = sorted({summary.seed for summary in summaries})
    reports = [compare([one for one in summaries if one.seed == seed], strategy) for seed in seeds]
    return MatchReport(
        strategy,
        {},
        tuple(arm for report in reports for arm in report.arms),
        tuple(mismatch for report in reports for mismatch in report.mismatches),
    )


def _with_seeds_here(summaries: Sequence[ArmSummary]) -> list[ArmSummary]:
    seeds = {one.arm: tuple(sorted(other.seed for other in summaries if other.arm == one.arm)) for one in summaries}
    return [replace(one, seeds=seeds[one.arm]) for one in summaries]


def versions() -> dict[str, str]:
    """Versions of everything that can change a result."""
    found = {"synth": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, Any]:
    """Processor, cores, memory in GiB, and accelerators where torch is installed."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(pages / 2**30, 1),
        "accelerators": _accelerators(),
    }


def _accelerators() -> list[str]:
    try:
        import torch
    except ImportError:
        return []
    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
