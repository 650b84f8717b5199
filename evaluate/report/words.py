"""The words of the report that both HTML and Markdown use: the answer in three sentences, numbers, notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from synth.evaluate.analysis import Analysis, ArmSummary
from synth.evaluate.compare import COVERED, UNCOVERED, Comparison, GroupDifference, TaskEstimate
from synth.evaluate.tasks import EVAL_TASKS, XTREME_R
from synth.evaluate.tasks.base import SMALL_SET
from synth.evaluate.uncertainty import Estimate

ALPHA = 0.05


def difference(one: Estimate) -> str:
    """`+0.8 [+0.2, +1.4]`."""
    return f"{one.value:+.1f} [{one.low:+.1f}, {one.high:+.1f}]"


def chance(p: float) -> str:
    """A p-value that is never printed as 0."""
    return f"{p:.3f}" if p >= 0.0005 else "<0.001"


def score(one: Estimate) -> str:
    """`71.3 ± 0.4`: the standard error behind it."""
    return f"{one.value:.1f} ± {one.se:.1f}"


def title(task: str) -> str:
    """The papers' name of a task."""
    return EVAL_TASKS[task].title


def answer(analysis: Analysis) -> tuple[str, ...]:
    """The answer in three sentences, or why there is none."""
    if not analysis.comparisons:
        return ("There is one arm only: nothing can be compared. Evaluate a second one and report both.",)
    main = analysis.comparisons[0]
    return (_first(main), _second(main), _third(analysis, main))


def _first(main: Comparison) -> str:
    """How large, how sure, over what."""
    found = main.overall
    if found is None:
        return f"{main.arm} and {main.base} share no task of XTREME-R, so that there is no overall difference."
    tasks = [task for task in main.tasks if task.task in XTREME_R]
    scope = "XTREME-R's ten tasks" if main.whole else f"the {len(tasks)} tasks of XTREME-R that both have"
    verdict = (
        "better" if found.low > 0 else "worse" if found.high < 0 else "not distinguishably different (zero is inside)"
    )
    part = "" if main.whole else " (languages or tasks are missing: this is not the benchmark's score)"
    return (
        f"Over {scope}{part}, {main.arm} scores {found.value:+.1f} points against {main.base}, 95 % interval "
        f"{found.low:+.1f} to {found.high:+.1f}: {verdict}."
    )


def _second(main: Comparison) -> str:
    """Which tasks, and whether they are the intermediate tasks' own targets."""
    order = sorted(main.tasks, key=lambda task: task.estimate.value)
    best, worst = order[-1], order[0]
    sure = [title(task.task) for task in main.tasks if task.p_adjusted < ALPHA]
    named = f" ({', '.join(sure)})" if sure else ""
    related = [
        f"{name} {difference(mean)}"
        for name, mean in (("same-task targets", main.same_task), ("cross-task targets", main.cross_task))
        if mean
    ]
    return (
        f"The largest gain is on {title(best.task)} ({best.estimate.value:+.1f}), the smallest on {title(worst.task)} "
        f"({worst.estimate.value:+.1f}); {len(sure)} of {len(order)} tasks differ after correction{named}; "
        f"{', '.join(related)}."
    )


def _third(analysis: Analysis, main: Comparison) -> str:
    """Which languages, and how many runs it rests on."""
    groups = {group.name: group for group in main.coverage}
    parts = [
        f"languages {name} gain {difference(groups[name].estimate)}" for name in (COVERED, UNCOVERED) if name in groups
    ]
    failed = sum(len(arm.failed) for arm in analysis.arms if arm.name in {main.arm, main.base})
    runs = f"{main.seeds[0]} and {main.seeds[1]} seeds"
    caution = "; with a single seed the interval leaves out the variance between runs" if 1 in main.seeds else ""
    lost = f"; {failed} runs failed" if failed else ""
    return f"{_capital(', '.join(parts))}; this rests on {runs}{lost}{caution}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def notes(analysis: Analysis) -> Iterator[str]:
    """What a reader must know before using the numbers."""
    for arm in analysis.arms:
        for seed, why in arm.failed:
            yield f"{arm.name}: seed {seed} failed ({why}); it is in no number."
        if arm.holes:
            yield f"{arm.name}: {_holes(arm)} It has no overall score."
        if len(arm.seeds) == 1:
            yield f"{arm.name} has one seed: its intervals cover test items, not runs."
    small = _small(analysis)
    if small:
        yield f"Small test sets ({SMALL_SET} items or fewer), marked †: {small}."


def _small(analysis: Analysis) -> str:
    """Small sets by task: their languages, or that all are small."""
    cells = {(cell.task, cell.lang): cell.small for one in analysis.comparisons for cell in one.cells}
    parts = []
    for task in dict.fromkeys(task for task, _ in cells):
        langs = [lang for (name, lang), small in cells.items() if name == task and small]
        every = len(langs) == sum(name == task for name, _ in cells)
        if langs:
            parts.append(f"{title(task)} {'in all languages' if every and len(langs) > 1 else ' '.join(langs)}")
    return "; ".join(parts)


def _holes(arm: ArmSummary) -> str:
    whole = [task for task, lang, _ in arm.holes if not lang]
    parts = [lang for _, lang, _ in arm.holes if lang]
    found = []
    if whole:
        found.append(f"{len(whole)} tasks were not evaluated ({', '.join(title(task) for task in whole)})")
    if parts:
        found.append(f"{len(parts)} languages are missing in the others")
    return "; ".join(found) + "."


def beside(averages: Mapping[str, float]) -> str:
    """What stands under a score: F1 and EM of QA, token accuracy of tagging."""
    if "exact_match" in averages:
        return f"F1 {averages['f1']:.1f}, EM {averages['exact_match']:.1f}"
    return f"token accuracy {averages['token_accuracy']:.1f}" if "token_accuracy" in averages else ""


def task_cell(one: TaskEstimate | None) -> str:
    """A task in the main table: with the number of languages where some are missing."""
    if one is None:
        return "–"
    return score(one.estimate) + ("" if one.whole else f" ({one.languages}/{one.of})")


def group_line(group: GroupDifference) -> str:
    """A group as one line of text."""
    return f"{group.name}: {difference(group.estimate)}, {group.cells} cells"


def method(analysis: Analysis) -> tuple[str, ...]:
    """How the numbers were made, in a few sentences."""
    return (
        "Metrics are the official scripts' of XTREME and XTREME-R; a task is the mean over its languages, QA the mean "
        "of F1 and EM, LAReQA the mean over all questions; the overall score is the mean over the ten tasks, LAReQA "
        "included, and is given only when no cell is missing.",
        "UD-POS is seqeval's F1 over runs of equal tags (0.0.12), not token accuracy, which is given beside it.",
        f"Intervals are 95 %, from {analysis.replicates:,} bootstrap replicates (seed {analysis.seed}) over test items "
        "within languages, parallel sets drawn together, and over seeds; arms share their draws. Task differences are "
        "corrected by Holm, cells by Benjamini and Hochberg.",
        "Same-task means that the intermediate task is the target's own training data (MNLI for XNLI; SQuAD for XQuAD, "
        "MLQA and LAReQA): in other languages that is translate-train, and is to be read apart.",
    )
