"""The words of the report that both HTML and Markdown use: the answer in three sentences, numbers, notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from synth.evaluate.alike import SHOWN
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


def interval(one: Estimate) -> str:
    """`57.1 to 58.3`."""
    return f"{one.low:.1f} to {one.high:.1f}"


SCRIPTS: Final[Mapping[str, str]] = {
    "Arab": "Arabic", "Beng": "Bengali", "Cyrl": "Cyrillic", "Deva": "Devanagari", "Geor": "Georgian", "Grek": "Greek",
    "Gujr": "Gujarati", "Guru": "Gurmukhi", "Hang": "Hangul", "Hani": "Chinese", "Hebr": "Hebrew", "Jpan": "Japanese",
    "Latn": "Latin", "Mlym": "Malayalam", "Mymr": "Burmese", "Taml": "Tamil", "Telu": "Telugu", "Thai": "Thai",
}  # fmt: skip


def group_name(group: GroupDifference) -> str:
    """A group's name for people: scripts by their names, languages as codes."""
    return SCRIPTS.get(group.name, group.name)


def runs_of(arm: ArmSummary) -> str:
    """`3 seeds, 1 failed`."""
    seeds = f"{len(arm.seeds)} seed{'' if len(arm.seeds) == 1 else 's'}"
    return seeds + (f", {len(arm.failed)} failed" if arm.failed else "")


def title(task: str) -> str:
    """The papers' name of a task."""
    return EVAL_TASKS[task].title


def answer(analysis: Analysis) -> tuple[str, ...]:
    """The answer in three sentences, or why there is none."""
    if not analysis.comparisons:
        return (_nothing_compared(analysis),)
    main = analysis.comparisons[0]
    return (_first(analysis, main), _second(main), _third(analysis, main))


def _nothing_compared(analysis: Analysis) -> str:
    if sum(bool(arm.seeds) for arm in analysis.arms) > 1:
        return (
            "No two arms that differ in the intermediate stage have a task and language in common: nothing can be "
            "compared. Evaluate them on the same ones."
        )
    if len(analysis.arms) > 1:
        return "One arm only was evaluated to its end: nothing can be compared. Train and evaluate the others again."
    return "There is one arm only: nothing can be compared. Evaluate a second one and report both."


def _first(analysis: Analysis, main: Comparison) -> str:
    """How large, how sure, over what."""
    found = main.overall
    if found is None:
        return f"{main.arm} and {main.base} share no task of XTREME-R, so that there is no overall difference."
    tasks = [task for task in main.tasks if task.task in XTREME_R]
    count = f"the {len(tasks)} tasks" if len(tasks) > 1 else "the one task"
    scope = "XTREME-R's ten tasks" if main.whole else f"{count} of XTREME-R that both have"
    verdict = "better than" if found.low > 0 else "worse than" if found.high < 0 else "not distinguishable from"
    part = "" if main.whole else " (languages or tasks are missing: this is not the benchmark's score)"
    return (
        f"{main.arm} is {verdict} {main.base} over {scope}{part}: {found.value:+.1f} points, 95 % interval "
        f"{_end(found.low)} to {_end(found.high)}{_likewise(analysis, main)}."
    )


def _end(value: float) -> str:
    """An end of an interval; close to zero with the decimals that show on which side it lies."""
    return f"{value:+.2f}" if 0 < abs(value) < 0.05 else f"{value:+.1f}"


def _likewise(analysis: Analysis, main: Comparison) -> str:
    """The same comparison for other models or intermediate tasks, where the report holds several."""
    kinds = {arm.name: arm.kind for arm in analysis.arms}
    asked = (kinds[main.arm], kinds[main.base])
    others = [one for one in analysis.comparisons if one is not main and (kinds[one.arm], kinds[one.base]) == asked]
    told = [f"{one.arm} {difference(one.overall)} over {one.base}" for one in others if one.overall]
    return f"; {', '.join(told)}" if told else ""


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
        f"{_extremes(best, worst)}; {len(sure)} of {len(order)} tasks differ after correction{named}; "
        f"{', '.join(related)}."
    )


def _extremes(best: TaskEstimate, worst: TaskEstimate) -> str:
    """A gain below nothing is called a loss."""
    high, low = best.estimate.value, worst.estimate.value
    one, other = f"{title(best.task)} ({high:+.1f})", f"{title(worst.task)} ({low:+.1f})"
    if best is worst:
        return f"The one task is {one}"
    if high < 0:
        return f"The largest loss is on {other}, the smallest on {one}"
    return f"The largest gain is on {one}, the {'largest loss' if low < 0 else 'smallest'} on {other}"


def _third(analysis: Analysis, main: Comparison) -> str:
    """Which languages, and how many runs it rests on."""
    groups = {group.name: group for group in main.coverage}
    others = "those that it did not hold" if COVERED in groups else "languages, of which no corpus held any, gain"
    held = {COVERED: "languages that the intermediate corpus held gain", UNCOVERED: others}
    parts = [f"{text} {difference(groups[name].estimate)}" for name, text in held.items() if name in groups]
    failed = sum(len(arm.failed) for arm in analysis.arms if arm.name in {main.arm, main.base})
    runs = f"{main.seeds[0]} and {main.seeds[1]} seeds of the two arms"
    caution = "; with a single seed the interval leaves out the variance between runs" if 1 in main.seeds else ""
    lost = f"; {failed} {'run' if failed == 1 else 'runs'} failed or did not end" if failed else ""
    return f"{_capital(', '.join(parts))}; this rests on {runs}{lost}{caution}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def notes(analysis: Analysis) -> Iterator[str]:
    """What a reader must know before using the numbers."""
    holes: dict[str, list[str]] = {}
    for arm in analysis.arms:
        for seed, why in arm.failed:
            yield f"{arm.name}: seed {seed} failed ({why}); it is in no number."
        if arm.holes:
            holes.setdefault(_holes(arm), []).append(arm.name)
    for text, names in holes.items():
        yield f"{', '.join(names)}: {text} Where cells are missing there is no overall score."
    for one, other, what in analysis.unlike:
        more = f"; and {len(what) - SHOWN} more" if len(what) > SHOWN else ""
        yield f"{one} and {other} differ not in their data alone: {'; '.join(what[:SHOWN])}{more}."
    problems: dict[str, list[str]] = {}
    for arm in analysis.arms:
        if arm.problems:
            text = ", ".join(f"{title(task)} {lang} ({what})" for task, lang, what in arm.problems)
            problems.setdefault(text, []).append(arm.name)
    for text, names in problems.items():
        yield f"{', '.join(names)}: test sets with rows that could not be used, or are odd: {text}."
    single = [arm.name for arm in analysis.arms if len(arm.seeds) == 1]
    if single:
        yield f"One seed only: {', '.join(single)}. Their intervals cover test items, not runs."
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
        found.append(f"{len(parts)} cells (one language of one task) are missing in the others")
    return "; ".join(found) + "."


def beside(averages: Mapping[str, float]) -> str:
    """What stands under a score: F1 and EM of QA, token accuracy of tagging."""
    if "exact_match" in averages:
        return f"F1 {averages['f1']:.1f}, EM {averages['exact_match']:.1f}"
    return f"tokens {averages['token_accuracy']:.1f}" if "token_accuracy" in averages else ""


def task_cell(one: TaskEstimate | None) -> str:
    """A task in a table: its interval behind it, and the number of languages where some are missing."""
    if one is None:
        return "–"
    return f"{one.estimate.value:.1f} [{interval(one.estimate)}]" + part(one)


def part(one: TaskEstimate) -> str:
    """` (3/15)` where languages are missing."""
    return "" if one.whole else f" ({one.languages}/{one.of})"


def group_line(group: GroupDifference) -> str:
    """A group as one line of text."""
    return f"{group_name(group)}: {difference(group.estimate)}, {group.cells} cells"


def made(arm: ArmSummary) -> str:
    """How an arm's runs came about, in one line."""
    known = arm.made
    corpora = ", ".join(f"{name} ({identity[:12]})" for name, identity in (known.get("corpora") or {}).items())
    commit = f" ({known['commit'][:12]})" if known.get("commit") else ""
    parts = (
        arm.model,
        f"intermediate {', '.join(arm.intermediate) or 'none'}",
        f"seeds {', '.join(str(seed.seed) for seed in arm.seeds) or 'none'}",
        f"recipe {known['recipe']}" if known.get("recipe") else "",
        f"corpora {corpora}" if corpora else "",
        f"evaluated with settings {known['settings']}" if known.get("settings") else "",
        f"Synth {known['synth']}{commit}" if known.get("synth") else "",
    )
    return "; ".join(filter(None, parts))


def commands(analysis: Analysis) -> Iterator[str]:
    """The commands that make the runs and the report again."""
    if analysis.command:
        yield analysis.command
        return
    for recipe in dict.fromkeys(arm.made["recipe"] for arm in analysis.arms if arm.made.get("recipe")):
        arms = [arm for arm in analysis.arms if arm.made.get("recipe") == recipe]
        names = dict.fromkeys(arm.name.partition(" (")[0] for arm in arms)
        seeds = sorted({seed.seed for arm in arms for seed in arm.seeds})
        flags = [*(f"--arm {name}" for name in names), *(f"--seed {seed}" for seed in seeds)]
        yield f"synth train {recipe} {' '.join(flags)}"
        yield f"synth evaluate runs/{recipe}/*-* --settings {arms[0].made.get('settings', 'official')}"
    folders = " ".join(analysis.sources) or "RESULTS"
    yield f"synth report {folders} --replicates {analysis.replicates} --seed {analysis.seed}"


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
