"""The report of matching, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from synth.train.arm_names import ArmName

if TYPE_CHECKING:
    from synth.train.matching import ArmSummary, MatchReport

_COSTLY = 5


def render(report: MatchReport) -> str:
    """A page of text."""
    lines = [*_tasks(report), "", *_arms(report), "", *_truncation(report), *_teachers(report), *_verdict(report)]
    return "\n".join(lines) + "\n"


def _tasks(report: MatchReport) -> Iterator[str]:
    yield f"Source examples matched by {report.strategy}"
    for task, match in report.tasks.items():
        share = match.matched / match.english if match.english else 0.0
        yield f"  {task:<15} {match.matched:>10,} of {match.english:,} English examples ({share:.1%})"
        costly = [f"{name} {count:,}" for name, count in list(match.costliest.items())[:_COSTLY]]
        if costly:
            yield f"  {'':<15} lost to one language alone: {', '.join(costly)}"


def _arms(report: MatchReport) -> Iterator[str]:
    yield f"{'arm':<24}{'task':<15}{'steps':>9}{'examples':>11}{'sources':>10}{'languages':>11}{'tokens/ex.':>12}"
    for arm in report.arms:
        if not arm.trains:
            yield f"{arm.arm:<24}{'no intermediate stage':<15}"
        yield from _arm(arm)
        if arm.mlm_share:
            yield f"{'':<24}and language modelling in {arm.mlm_share:.0%} of all steps, on top of these"


def _arm(arm: ArmSummary) -> Iterator[str]:
    for task, entry in arm.tasks.items():
        tokens = "-" if entry.tokens is None else f"{entry.tokens:.1f}"
        yield (
            f"{arm.arm:<24}{task:<15}{arm.steps:>9,}{entry.examples:>11,}{entry.source_ids:>10,}"
            f"{len(entry.languages):>11}{tokens:>12}"
        )


def _truncation(report: MatchReport) -> Iterator[str]:
    for arm in report.arms:
        for task, entry in arm.tasks.items():
            for told, counts in (("text cut", entry.truncated), ("label lost", entry.lost)):
                if counts:
                    yield f"{arm.arm}, {task}, rows with {told}: {_counts(counts)}"


def _teachers(report: MatchReport) -> Iterator[str]:
    """The paraphrases control for translationese only when the same teacher wrote them."""
    by_arm = {arm.arm: sorted({one for task in arm.tasks.values() for one in task.teachers}) for arm in report.arms}
    control = by_arm.get(ArmName.ENGLISH_PARAPHRASE)
    for name in (ArmName.MULTILINGUAL, ArmName.MULTILINGUAL_PARAPHRASE):
        if control and by_arm.get(name) and by_arm[name] != control:
            yield (
                f"{ArmName.ENGLISH_PARAPHRASE} is by {', '.join(control)}, {name} by {', '.join(by_arm[name])}: "
                "they differ in the teacher as well"
            )


def _counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ordered)


def _verdict(report: MatchReport) -> Iterator[str]:
    if report.holds:
        yield "The arms are matched."
    else:
        yield f"The arms are NOT matched, in {len(report.mismatches)} ways:"
        yield from (f"  {mismatch}" for mismatch in report.mismatches)
