"""The report as Markdown, for READMEs and issues: the same numbers, tables in place of drawings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from synth.evaluate.analysis import Analysis, ArmSummary
from synth.evaluate.compare import Comparison
from synth.evaluate.published import PUBLISHED
from synth.evaluate.report import words
from synth.evaluate.tasks import EVAL_TASKS


def lines(analysis: Analysis, title: str) -> Iterator[str]:
    """The whole document, line by line."""
    yield f"# {title}"
    yield ""
    yield from (f"{one}\n" for one in words.answer(analysis))
    yield from (f"- {note}" for note in words.notes(analysis))
    yield from ("", "## Scores", "")
    yield from _scores(analysis)
    for one in analysis.comparisons:
        yield from ("", f"## {_safe(one.arm)} minus {_safe(one.base)}", "")
        yield from _comparison(one)
    yield from ("", "## Claims of Phang et al. 2020", "")
    yield from (f"- **{claim.verdict.value}**: {claim.text}. {_safe(claim.evidence)}" for claim in analysis.claims)
    yield from ("", "## Method", "")
    yield from (f"{one}\n" for one in words.method(analysis))
    yield from (f"- {_safe(arm.name)}: {_safe(words.made(arm))}" for arm in analysis.arms)
    yield from ("", "```", *(line.replace("```", "") for line in words.commands(analysis)), "```")


def _scores(analysis: Analysis) -> Iterator[str]:
    names = [name for name in EVAL_TASKS if any(task.task == name for arm in analysis.arms for task in arm.tasks)]
    yield from _table_head(["arm", "XTREME-R", *map(words.title, names)])
    for arm in analysis.arms:
        yield _row(
            [
                arm.name,
                f"{arm.overall.value:.1f} [{words.interval(arm.overall)}]" if arm.overall else "hole",
                *_arm_cells(arm, names),
            ]
        )
    for row in PUBLISHED:
        found = [
            f"{row.scores[name]:.1f}"
            if name in row.scores
            else f"{row.qa_f1[name]:.1f} F1"
            if name in row.qa_f1
            else "–"
            for name in names
        ]
        if set(found) != {"–"}:
            yield _row([f"*{row.model} (published)*", "–", *found])


def _arm_cells(arm: ArmSummary, names: Sequence[str]) -> list[str]:
    by_task = {task.task: task for task in arm.tasks}
    return [words.task_cell(by_task.get(name)) for name in names]


def _comparison(one: Comparison) -> Iterator[str]:
    yield from _table_head(["task", "points [95 %]", "p, Holm", "languages", "relation"])
    if one.overall:
        yield _row(["mean of tasks", words.difference(one.overall), "", "", ""])
    for task in one.tasks:
        shown = words.difference(task.estimate)
        counts = f"{task.languages}/{task.of}"
        yield _row([words.title(task.task), shown, words.chance(task.p_adjusted), counts, task.relation.value])
    for name, groups in (("Tiers", one.tiers), ("Scripts", one.scripts), ("Coverage", one.coverage)):
        yield ""
        yield f"{name}: " + "; ".join(map(words.group_line, groups)) + "."
    yield ""
    yield "Languages: " + "; ".join(map(words.group_line, one.languages)) + "."


def _table_head(names: Sequence[str]) -> Iterator[str]:
    yield _row(names)
    yield "|" + "|".join(" --- " for _ in names) + "|"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_safe(cell) for cell in cells) + " |"


def _safe(text: str) -> str:
    """Text of a file that cannot end a table's cell or a line, or begin HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
