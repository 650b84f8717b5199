"""All runs that a report is about, read from their prediction folders and scored again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.errors import BadFolder
from synth.evaluate.aggregate import Overall, TaskScore, overall, score_cell, score_task
from synth.evaluate.predictions import ArmKind, RunInfo, files_of, find_runs, read_predictions, read_run
from synth.evaluate.stats import CellStats, cell_stats
from synth.evaluate.uncertainty import CellKey

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One seed of one arm."""

    info: RunInfo
    cells: Mapping[CellKey, CellStats]
    scores: Mapping[str, TaskScore]
    overall: Overall


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """All seeds of an arm: those that were evaluated, and those that failed."""

    name: str
    kind: ArmKind
    intermediate: tuple[str, ...]
    languages: tuple[str, ...]
    runs: tuple[Run, ...]
    failed: tuple[RunInfo, ...]

    @property
    def model(self) -> str:
        """The checkpoint before the intermediate stage."""
        return (self.runs[0].info if self.runs else self.failed[0]).model

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that were evaluated."""
        return tuple(run.info.seed for run in self.runs)

    def seeds_of(self, key: CellKey) -> dict[int, CellStats]:
        """A cell by seed: only when every seed has it, because a mean over changing seeds compares nothing."""
        found = {run.info.seed: run.cells[key] for run in self.runs if key in run.cells}
        return found if len(found) == len(self.runs) else {}

    @property
    def keys(self) -> tuple[CellKey, ...]:
        """Cells that all seeds have, in the order of tasks and languages."""
        first = self.runs[0].cells if self.runs else {}
        return tuple(key for key in first if self.seeds_of(key))


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """The arms of a report: by model, kind and name."""

    arms: tuple[Arm, ...]

    def arm(self, name: str) -> Arm:
        """The arm of this name.

        Raises:
            BadFolder: There is none.
        """
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise BadFolder(f"there is no arm {name!r} in the results; there are {', '.join(a.name for a in self.arms)}")


def load_results(roots: Sequence[Path], progress: Progress = lambda _line: None) -> Results:
    """Read and score every run in and below some folders.

    Raises:
        BadFolder: A folder holds no run, files are not sound, or two runs are the same seed of the same arm.
    """
    by_arm: dict[_Identity, list[Run | RunInfo]] = {}
    for folder in find_runs(roots):
        info = read_run(folder)
        progress(f"scoring {info.arm} seed {info.seed}")
        member = load_run(folder, info) if info.status == "done" else info
        by_arm.setdefault((info.arm, info.kind, info.model, info.intermediate), []).append(member)
    names = _names(list(by_arm))
    arms = tuple(_arm(names[one], by_arm[one]) for one in sorted(by_arm, key=_order))
    if not any(arm.runs for arm in arms):
        raise BadFolder("no run was evaluated to its end; run `synth evaluate` again on those folders first")
    return Results(arms)


_Identity = tuple[str, ArmKind, str, tuple[str, ...]]  # arm, kind, model, intermediate tasks


_KINDS = (
    ArmKind.NONE, ArmKind.ENGLISH, ArmKind.ENGLISH_PARAPHRASE, ArmKind.ENGLISH_MLM, ArmKind.MULTILINGUAL,
    ArmKind.MULTILINGUAL_PARAPHRASE, ArmKind.MULTILINGUAL_MT, ArmKind.MIXTURE,
)  # fmt: skip


def _order(one: _Identity) -> tuple[str, int, _Identity]:
    """By model, then from no intermediate stage to the most mixed one."""
    return one[2], _KINDS.index(one[1]), one


def _names(found: Sequence[_Identity]) -> dict[_Identity, str]:
    """The arms' names; where arms of one name differ in tasks or model, what tells them apart is added.

    Raises:
        BadFolder: Arms of one name differ in kind.
    """
    names = {}
    for one in found:
        alike = [other for other in found if other[0] == one[0]]
        if len({kind for _, kind, _, _ in alike}) > 1:
            raise BadFolder(f"runs of arm {one[0]!r} differ in their kind; name the arms differently")
        models, tasks = ({other[place] for other in alike} for place in (2, 3))
        told = [*([one[2]] if len(models) > 1 else []), *(["+".join(one[3])] if len(tasks) > 1 else [])]
        names[one] = f"{one[0]} ({', '.join(told)})" if told else one[0]
    return names


def load_run(folder: Path, info: RunInfo) -> Run:
    """Score one run from its files."""
    found = [cell_stats(read_predictions(path)) for path in files_of(folder)]
    if not found:
        raise BadFolder(f"{folder} says that it is done but holds no predictions; run `synth evaluate` again on it")
    cells = {(stats.task, stats.lang): stats for stats in found}
    names = list(dict.fromkeys(task for task, _ in cells))
    scores = {name: score_task(name, [score_cell(one) for one in found if one.task == name]) for name in names}
    return Run(info, cells, scores, overall(scores))


def _arm(name: str, members: list[Run | RunInfo]) -> Arm:
    infos = [one.info if isinstance(one, Run) else one for one in members]
    seeds = [info.seed for info in infos]
    twice = next((seed for seed in seeds if seeds.count(seed) > 1), None)
    if twice is not None:
        raise BadFolder(f"arm {name!r} has seed {twice} twice; give each run once, or name the arms differently")
    first = infos[0]
    runs = sorted((one for one in members if isinstance(one, Run)), key=lambda run: run.info.seed)
    failed = tuple(one for one in members if isinstance(one, RunInfo))
    return Arm(name, first.kind, first.intermediate, first.languages, tuple(runs), failed)
