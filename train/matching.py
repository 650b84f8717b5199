"""Are the arms matched? What each arm will train on is summed up and compared before any step is taken.

Matched means: the same source examples in the same order, as many examples and steps, the same balance of labels, the
same hyper-parameters and seeds; and of translations and paraphrases, the same languages. Tokens, and the languages of
existing translations, differ by nature and are reported. A summary is plain JSON, so
that arms of one experiment that run on different machines can be compared by their run records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from synth.errors import CheckFailed
from synth.outcomes import Kind
from synth.train.arm_names import ArmName
from synth.train.arms import ArmData
from synth.train.counting import count_rows
from synth.train.encode.heads import Encoder
from synth.train.matched import TaskMatch
from synth.train.recipe import Recipe

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """What an arm trains on of one task.

    Args:
        examples: Examples drawn.
        source_ids: Different source examples among them.
        labels: Examples drawn by label.
        languages: Examples drawn by language.
        offered: Languages that they were drawn from.
        tokens: Tokens an example; None when no tokenizer was given.
        truncated: Rows that lost text, by language.
        lost: Rows whose label did not survive truncation, by language.
        teachers: Models that wrote the text; none of English source rows.
    """

    examples: int
    source_ids: int
    labels: Mapping[str, int]
    languages: Mapping[str, int]
    offered: tuple[str, ...] = ()
    tokens: float | None = None
    truncated: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    teachers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """What an arm trains on with one seed, and how.

    Args:
        arm: Its name.
        seed: Seed of the run.
        seeds: All seeds of the recipe.
        steps: Optimiser steps on tasks.
        tasks: By task.
        source_hash: Of the source examples in order; "" of the arm without training.
        hyper_parameters: By dotted key.
        mlm_share: Share of language-modelling steps, which come on top of the steps on tasks.
    """

    arm: str
    seed: int
    seeds: tuple[int, ...]
    steps: int
    tasks: Mapping[str, TaskSummary]
    source_hash: str
    hyper_parameters: Mapping[str, Any]
    mlm_share: float = 0.0

    @property
    def trains(self) -> bool:
        """Whether there is an intermediate stage at all."""
        return bool(self.tasks)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def summary_from(value: Mapping[str, Any]) -> ArmSummary:
    """A summary from its JSON form, such as a run record holds."""
    names = ("offered", "teachers")
    tasks = {
        name: TaskSummary(**{**entry, **{key: tuple(entry.get(key, ())) for key in names}})
        for name, entry in value["tasks"].items()
    }
    return ArmSummary(**{**value, "tasks": tasks, "seeds": tuple(value["seeds"])})


def summarise(data: ArmData, recipe: Recipe, encoders: Mapping[str, Encoder] | None = None) -> ArmSummary:
    """What an arm will train on, counted on the rows themselves.

    Args:
        data: The arm's rows.
        recipe: The recipe.
        encoders: By task, with the student's tokenizer, when tokens and truncation are to be counted. Every different
            row that is drawn is encoded once.
    """
    trains = bool(data.rows)
    return ArmSummary(
        arm=data.arm.name,
        seed=data.seed,
        seeds=tuple(sorted(recipe.seeds)),
        steps=data.plan.steps,
        tasks={task: _summarise_task(data, task, (encoders or {}).get(task)) for task in sorted(data.rows)},
        source_hash=data.source_hash() if trains else "",
        hyper_parameters=dict(flat(recipe.hyper_parameters)),
        mlm_share=recipe.mlm.share if recipe.mlm and data.arm.mlm else 0.0,
    )


def flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """A nested mapping by dotted keys."""
    for key, item in sorted(value.items()):
        if isinstance(item, Mapping) and item:
            yield from flat(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item


def _summarise_task(data: ArmData, task: str, encoder: Encoder | None) -> TaskSummary:
    counts = count_rows(data, task, encoder)
    accounts = sorted(counts.accounts.items())
    cells = [cell for slot in data.rows[task].draw.slots for cell in slot.cells]
    return TaskSummary(
        examples=counts.examples,
        source_ids=counts.sources,
        labels=dict(sorted(counts.labels.items())),
        languages=data.languages()[task],
        offered=tuple(sorted({slot.lang for slot in data.rows[task].draw.slots})),
        tokens=round(counts.tokens / counts.examples, 2) if encoder and counts.examples else None,
        truncated={lang: account.truncated for lang, account in accounts if account.truncated},
        lost={lang: account.lost for lang, account in accounts if account.lost},
        teachers=tuple(sorted({cell.corpus.manifest.teacher.model for cell in cells if cell.kind is not Kind.SOURCE})),
    )


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing in which two arms differ and must not.

    Args:
        what: `source ids`, `examples`, `steps`, `labels`, `hyper-parameters`, `seeds` or `order`.
        where: Task or key.
        arms: Value by arm.
    """

    what: str
    where: str
    arms: Mapping[str, Any]

    def __str__(self) -> str:
        values = ", ".join(f"{arm} has {_told(value)}" for arm, value in self.arms.items())
        return f"{self.what}{f' of {self.where}' if self.where else ''}: {values}"


def _told(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Matched:
    """How the examples of one task were matched: English ones, those left, and what the languages cost."""

    english: int
    matched: int
    kept: Mapping[str, int]
    costliest: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MatchReport:
    """The comparison of the arms of a recipe.

    Args:
        strategy: How examples were matched.
        tasks: By task, how its examples were matched.
        arms: What each arm trains on.
        mismatches: All that must be equal and is not.
    """

    strategy: str
    tasks: Mapping[str, Matched]
    arms: tuple[ArmSummary, ...]
    mismatches: tuple[Mismatch, ...]

    @property
    def holds(self) -> bool:
        """Whether the arms are matched."""
        return not self.mismatches

    def require(self) -> None:
        """Raise unless the arms are matched.

        Raises:
            CheckFailed: They are not; every difference is named with its numbers.
        """
        if self.mismatches:
            shown = "\n".join(f"  {mismatch}" for mismatch in self.mismatches[:_SHOWN])
            more = len(self.mismatches) - _SHOWN
            raise CheckFailed(
                f"the arms are not matched, so their results could not be compared:\n{shown}\n"
                + (f"  and {more} more\n" if more > 0 else "")
                + "Train all arms from one recipe, the same corpora and the same version of Synth"
            )

    def to_json(self) -> str:
        """The report as JSON."""
        return json.dumps({**asdict(self), "holds": self.holds}, ensure_ascii=False, indent=1)

    def text(self) -> str:
        """The report for people."""
        from synth.train.match_text import render

        return render(self)


def compare(
    arms: Sequence[ArmSummary], strategy: str = "intersection", matches: Mapping[str, TaskMatch] | None = None
) -> MatchReport:
    """Hold the arms of a recipe against each other.

    Args:
        arms: Their summaries; the arm without training is compared by its hyper-parameters and seeds alone.
        strategy: For the report.
        matches: For the report: how the examples were matched.
    """
    mismatches = [*_settings(arms), *_data([arm for arm in arms if arm.trains])]
    tasks = {task: _matched(match) for task, match in (matches or {}).items()}
    return MatchReport(strategy, tasks, tuple(arms), tuple(mismatches))


def _matched(match: TaskMatch) -> Matched:
    kept = {f"{component} {lang}": count for (component, lang), count in match.kept.items()}
    costs = {f"{component} {lang}": count for component, lang, count in match.costliest()}
    return Matched(match.english, len(match.ids), kept, costs)


def _settings(arms: Sequence[ArmSummary]) -> Iterator[Mismatch]:
    yield from _differ("seeds", "", arms, lambda arm: list(arm.seeds))
    yield from _differ("seed", "", arms, lambda arm: arm.seed)
    for key in sorted({key for arm in arms for key in arm.hyper_parameters}):
        yield from _differ("hyper-parameters", key, arms, lambda arm, key=key: arm.hyper_parameters.get(key))  # type: ignore[misc]


def _data(arms: Sequence[ArmSummary]) -> Iterator[Mismatch]:
    yield from _differ("steps", "", arms, lambda arm: arm.steps)
    found = []
    for task in sorted({task for arm in arms for task in arm.tasks}):
        for what, value in _COMPARED.items():
            found += _differ(what, task, arms, lambda arm, task=task, value=value: value(arm.tasks.get(task)))  # type: ignore[misc]
    yield from found
    yield from _languages([arm for arm in arms if arm.arm in _SAME_LANGUAGES])
    if not found:  # the numbers agree: do the examples themselves, and their order?
        yield from _differ("source examples in order (SHA-256)", "", arms, lambda arm: arm.source_hash[:16])


def _languages(arms: Sequence[ArmSummary]) -> Iterator[Mismatch]:
    """Translations against paraphrases of them: the languages must be the same, or two things differ at once."""
    for task in sorted({task for arm in arms for task in arm.tasks}):
        yield from _differ("languages", task, arms, lambda arm, task=task: ", ".join(arm.tasks[task].offered))  # type: ignore[misc]


_SAME_LANGUAGES = (ArmName.MULTILINGUAL, ArmName.MULTILINGUAL_PARAPHRASE)
_COMPARED: Mapping[str, Callable[[TaskSummary | None], Any]] = {
    "examples": lambda task: task.examples if task else 0,
    "source ids": lambda task: task.source_ids if task else 0,
    "label balance": lambda task: dict(task.labels) if task else {},
}


def _differ(what: str, where: str, arms: Sequence[ArmSummary], value: Callable[[ArmSummary], Any]) -> list[Mismatch]:
    values = {arm.arm: value(arm) for arm in arms}
    return (
        []
        if len({json.dumps(one, sort_keys=True) for one in values.values()}) <= 1
        else [Mismatch(what, where, values)]
    )
