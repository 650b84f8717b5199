"""A verdict, with its evidence, on each claim of Phang et al. 2020 (X-STILTs) that the runs at hand can test.

The claims are those of the abstract of arXiv 2005.13013 (and, for single targets, of the tables of its model that other
papers print). They were made on XTREME version 1; where XTREME-R differs the claim says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from synth.evaluate.compare import Comparison, Sampled, TaskEstimate, compare
from synth.evaluate.predictions import ArmKind
from synth.evaluate.tasks import EVAL_TASKS
from synth.evaluate.tasks.base import Group
from synth.evaluate.uncertainty import Estimate

ALPHA: Final = 0.05
SMALL_GAIN: Final = 1.0  # points: "small" and "no gain" are read as less than this
_BEST: Final = ("squad_v1", "mnli", "hellaswag")
_PAPERS_ARMS: Final = (ArmKind.ENGLISH, ArmKind.ENGLISH_MLM)
_SYNTHETIC: Final = (ArmKind.MULTILINGUAL, ArmKind.MULTILINGUAL_PARAPHRASE, ArmKind.MIXTURE)
_FEWEST_SINGLES: Final = 4  # with three single-task arms, which are the best three tests nothing


class Verdict(StrEnum):
    """What the runs say about a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "cannot be told"
    UNTESTED = "not tested"


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, what was found, and the numbers that it rests on."""

    text: str
    verdict: Verdict
    evidence: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What claims are judged by: arms, and every arm against the baseline and against the English arm."""

    arms: Mapping[str, Sampled]
    over_none: Mapping[str, Comparison]  # by arm
    over_english: Mapping[str, Comparison]

    def of_kind(self, *kinds: ArmKind) -> list[str]:
        """Names of the arms of these kinds."""
        return [name for name, sampled in self.arms.items() if sampled.arm.kind in kinds]


def judge(evidence: Evidence) -> tuple[Claim, ...]:
    """All claims, in the order of the paper's abstract."""
    judges: tuple[tuple[str, Callable[[Evidence], tuple[Verdict, str]]], ...] = (
        ("SQuAD, MNLI and HellaSwag are the best single intermediate tasks", _best),
        ("Training on many intermediate tasks at once adds a little to the best single one", _multitask),
        ("Gains on retrieval are the largest", _retrieval),
        ("TyDiQA gains whatever the intermediate task is", _tydiqa),
        ("XNLI gains nothing", _xnli),
        ("Masked language modelling in the intermediate stage adds no consistent gain", _mlm),
        ("Machine-translated intermediate data add no consistent gain over English", _translated),
        ("The best intermediate task for each target gains about 5.4 points over none", _headline),
    )
    return tuple(Claim(text, *found(evidence)) for text, found in judges)


def shown(one: Estimate) -> str:
    """A difference with its interval."""
    return f"{one.value:+.1f} [{one.low:+.1f}, {one.high:+.1f}]"


def _overall(comparison: Comparison) -> float:
    return comparison.overall.value if comparison.overall else float("-inf")


def _task(comparison: Comparison, name: str) -> TaskEstimate | None:
    return next((task for task in comparison.tasks if task.task == name), None)


def _untested(what: str) -> tuple[Verdict, str]:
    return Verdict.UNTESTED, f"It needs {what}."


def _singles(evidence: Evidence) -> dict[str, Comparison]:
    """English arms with one intermediate task, by that task."""
    arms = {
        evidence.arms[name].arm.intermediate[0]: name
        for name in evidence.of_kind(ArmKind.ENGLISH)
        if len(evidence.arms[name].arm.intermediate) == 1
    }
    return {task: evidence.over_none[name] for task, name in arms.items() if name in evidence.over_none}


def _best(evidence: Evidence) -> tuple[Verdict, str]:
    singles = _singles(evidence)
    gains = {task: one.overall for task, one in singles.items() if one.overall}
    if len(gains) < _FEWEST_SINGLES or not set(_BEST) <= set(gains):
        return _untested("an arm without intermediate training and English arms of one task each, these three and more")
    order = sorted(gains, key=lambda task: -gains[task].value)
    text = f"Gain over none: {', '.join(f'{task} {shown(gains[task])}' for task in order)}."
    third, fourth = gains[order[2]], gains[order[3]]
    if third.value - fourth.value < max(third.se, fourth.se):
        return Verdict.OPEN, f"{text} The third and the fourth are closer than the error of either."
    return (Verdict.HOLDS if set(order[:3]) == set(_BEST) else Verdict.FAILS), text


def _multitask(evidence: Evidence) -> tuple[Verdict, str]:
    singles = _singles(evidence)
    many = [
        evidence.over_none[name]
        for name in evidence.of_kind(ArmKind.ENGLISH)
        if len(evidence.arms[name].arm.intermediate) > 1 and name in evidence.over_none
    ]
    if not singles or not many:
        return _untested("an English arm of several tasks, English arms of one task each, and an arm without any")
    best_task = max(singles, key=lambda task: _overall(singles[task]))
    best = max(many, key=_overall)
    gain = _between(evidence, best.arm, singles[best_task].arm)
    if gain is None:
        return _untested("target tasks that the arm of several tasks and the best one of a single task both have")
    text = f"{best.arm} {_overall(best):+.1f} against {best_task} {_overall(singles[best_task]):+.1f}: {shown(gain)}."
    return _a_little(gain), text


def _between(evidence: Evidence, one: str, other: str) -> Estimate | None:
    """The difference of two arms that the report does not hold against each other otherwise."""
    first, second = evidence.arms[one], evidence.arms[other]
    return compare(first, second).overall if first.points.keys() & second.points.keys() else None


def _a_little(gain: Estimate) -> Verdict:
    """Holds when the gain is surely one and less than three points, fails when it is surely none or surely more."""
    if gain.high < 0 or gain.low > 3 * SMALL_GAIN:
        return Verdict.FAILS
    return Verdict.HOLDS if gain.low > 0 and gain.value < 3 * SMALL_GAIN else Verdict.OPEN


def _arms_over_none(evidence: Evidence) -> list[Comparison]:
    """Arms as the paper had them, on English data; all others only where there are none of those."""
    found = [one for name, one in evidence.over_none.items() if evidence.arms[name].arm.kind in _PAPERS_ARMS]
    return found or list(evidence.over_none.values())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _retrieval(evidence: Evidence) -> tuple[Verdict, str]:
    rows, leads = [], []
    for comparison in _arms_over_none(evidence):
        gains = {
            group: [t.estimate.value for t in comparison.tasks if EVAL_TASKS[t.task].group is group] for group in Group
        }
        if gains[Group.RETRIEVAL] and sum(map(bool, gains.values())) > 1:
            means = {group: _mean(found) for group, found in gains.items() if found}
            others = (value for group, value in means.items() if group is not Group.RETRIEVAL)
            leads.append(means[Group.RETRIEVAL] - max(others))
            rows.append(f"{comparison.arm}: " + ", ".join(f"{g.value} {v:+.1f}" for g, v in means.items()))
    if not rows:
        return _untested("an arm without intermediate training, and retrieval tasks beside others")
    return _clear(leads), "; ".join(rows) + "."


def _clear(leads: Sequence[float]) -> Verdict:
    """Holds with a clear lead (a point or more) in every arm, fails with a clear lag in every arm."""
    if all(lead >= SMALL_GAIN for lead in leads):
        return Verdict.HOLDS
    return Verdict.FAILS if all(lead <= -SMALL_GAIN for lead in leads) else Verdict.OPEN


_Rows = Sequence[tuple[str, TaskEstimate]]


def _target(evidence: Evidence, name: str) -> tuple[_Rows, _Rows]:
    """What each arm gains on a target over none: arms that the claim is about, and the others."""
    judged = [one.arm for one in _arms_over_none(evidence)]
    pairs = [(comparison.arm, _task(comparison, name)) for comparison in evidence.over_none.values()]
    rows = [(arm, task) for arm, task in pairs if task is not None]
    return [row for row in rows if row[0] in judged], [row for row in rows if row[0] not in judged]


def _listed(rows: _Rows, others: _Rows) -> str:
    beside = f" Not judged, for the claim is about the original English data: {_gains(others)}." if others else ""
    return f"{_gains(rows)}.{beside}"


def _gains(rows: _Rows) -> str:
    return "; ".join(
        f"{arm} {shown(task.estimate)}" + ("" if task.whole else f" ({task.languages} of {task.of} languages)")
        for arm, task in rows
    )


def _tydiqa(evidence: Evidence) -> tuple[Verdict, str]:
    rows, others = _target(evidence, "tydiqa")
    if not rows:
        return _untested("TyDiQA, in an arm with and one without intermediate training")
    if any(task.estimate.value < 0 and task.p_adjusted < ALPHA for _, task in rows):
        return Verdict.FAILS, _listed(rows, others)
    sure = all(task.estimate.value > 0 and task.p_adjusted < ALPHA for _, task in rows)
    return (Verdict.HOLDS if sure else Verdict.OPEN), _listed(rows, others)


def _xnli(evidence: Evidence) -> tuple[Verdict, str]:
    rows, others = _target(evidence, "xnli")
    if not rows:
        return _untested("XNLI, in an arm with and one without intermediate training")
    return _no_gain([task.estimate for _, task in rows]), _listed(rows, others)


def _no_gain(found: Sequence[Estimate]) -> Verdict:
    """Holds when every interval ends below a small gain, fails when one begins above 0 and reaches further."""
    if all(one.high < SMALL_GAIN for one in found):
        return Verdict.HOLDS
    return Verdict.FAILS if any(one.low > 0 for one in found) else Verdict.OPEN


def _mlm(evidence: Evidence) -> tuple[Verdict, str]:
    return _against_english(evidence, (ArmKind.ENGLISH_MLM,), "an English arm, and one with masked language modelling")


def _translated(evidence: Evidence) -> tuple[Verdict, str]:
    """Judged by machine translation; an LLM's data stand in where there is no such arm, which is said."""
    needed = "an English and a multilingual arm on the same tasks"
    if any(name in evidence.over_english for name in evidence.of_kind(ArmKind.MULTILINGUAL_MT)):
        return _against_english(evidence, (ArmKind.MULTILINGUAL_MT,), needed)
    verdict, text = _against_english(evidence, _SYNTHETIC, needed)
    return verdict, text if verdict is Verdict.UNTESTED else f"{text} (No arm multilingual-mt: an LLM's data stand in.)"


def _against_english(evidence: Evidence, kinds: tuple[ArmKind, ...], needed: str) -> tuple[Verdict, str]:
    found = [evidence.over_english[name] for name in evidence.of_kind(*kinds) if name in evidence.over_english]
    whole = [(one, one.overall) for one in found if one.overall is not None]
    if not whole:
        return _untested(needed)
    text = "; ".join(f"{one.arm} over {one.base} {shown(mean)}" for one, mean in whole) + "."
    return _no_gain([mean for _, mean in whole]), text


def _headline(evidence: Evidence) -> tuple[Verdict, str]:
    best: dict[str, tuple[float, str]] = {}
    arms = _arms_over_none(evidence)
    for comparison in arms:
        for task in comparison.tasks:
            best[task.task] = max(best.get(task.task, (float("-inf"), "")), (task.estimate.value, comparison.arm))
    if not best:
        return _untested("an arm without intermediate training, and others")
    gain = _mean([value for value, _ in best.values()])
    parts = ", ".join(f"{EVAL_TASKS[task].title} {value:+.1f} ({arm})" for task, (value, arm) in best.items())
    note = "The paper's mean is over XTREME version 1, with BUCC, and Tatoeba from untuned encoders; expect less here."
    text = f"Mean gain of the best arm for each target {gain:+.1f}: {parts}. {note}"
    if len(arms) < _FEWEST_SINGLES:
        return Verdict.OPEN, f"{text} The paper chose among nine tasks and their mixture, not among {len(arms)}."
    return (Verdict.HOLDS if abs(gain - 5.4) < 2 else Verdict.FAILS), text
