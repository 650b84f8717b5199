"""The sections of the page, each an iterator of HTML. Everything that comes from a file is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from synth.evaluate.analysis import Analysis, ArmSummary, SeedScore
from synth.evaluate.compare import CellDifference, Comparison, GroupDifference, TaskEstimate
from synth.evaluate.published import PUBLISHED, PublishedRow
from synth.evaluate.report import words
from synth.evaluate.report.charts import Mark, forest, legend, share_bar
from synth.evaluate.tasks import EVAL_TASKS, XTREME_R
from synth.evaluate.uncertainty import Estimate
from synth.languages import LANGUAGES

LINKS = ("answer", "scores", "differences", "languages", "groups", "corpus", "claims", "method")


def answer(analysis: Analysis) -> Iterator[str]:
    """The answer, what to know about it, and links."""
    yield '<section id="answer">' + "".join(f'<p class="answer">{escape(one)}</p>' for one in words.answer(analysis))
    yield "".join(f'<p class="warn">{escape(note)}</p>' for note in words.notes(analysis))
    yield "</section><nav>" + "".join(f'<a href="#{link}">{link}</a>' for link in LINKS) + "</nav>"


def scores(analysis: Analysis) -> Iterator[str]:
    """Arms by tasks, and the published rows."""
    yield '<h2 id="scores">Scores</h2><p>Mean over seeds, and its 95 % interval over test items and seeds. '
    yield "Under it F1 and EM of answers, accuracy over tokens of tags. (3/15): 3 of 15 languages are there, which is "
    yield "no official score. Dotted: a same-task target of that arm.</p>"
    names = [name for name in EVAL_TASKS if any(task.task == name for arm in analysis.arms for task in arm.tasks)]
    head = "".join(f"<th>{escape(words.title(name))}</th>" for name in names)
    yield f'<div class="wide"><table><thead><tr><th>arm</th><th>XTREME-R</th>{head}</tr></thead><tbody>'
    yield from (_arm_row(arm, names) for arm in analysis.arms)
    yield from _published_rows(names)
    yield "</tbody></table></div>"
    yield "<p>Rows in italics are <b>published</b>, not measured here: other harnesses, XTREME version 1 unless said; "
    yield "F1 marks QA scores that are F1 alone.</p><ul>"
    by_source: dict[str, list[str]] = {}
    for row in _fitting(names):
        by_source.setdefault(row.source, []).append(row.model)
    yield "".join(f"<li>{escape(', '.join(m))}: {escape(source)}</li>" for source, m in by_source.items()) + "</ul>"
    yield from _seeds(analysis.arms)
    yield from (_arm_cells(arm) for arm in analysis.arms if arm.cells)


def _arm_row(arm: ArmSummary, names: Sequence[str]) -> str:
    by_task = {task.task: task for task in arm.tasks}
    overall = _with_interval(arm.overall) if arm.overall else '<span title="cells are missing">hole</span>'
    cells = "".join(_score_cell(by_task.get(name), arm) for name in names)
    kind = "" if arm.name.startswith(arm.kind.value) else f"{escape(arm.kind.value)}, "
    head = f"<th>{escape(arm.name)}<small>{kind}{words.runs_of(arm)}</small></th>"
    return f'<tr>{head}<td class="overall">{overall}</td>{cells}</tr>'


def _with_interval(found: Estimate, part: str = "") -> str:
    error = f"standard error {found.se:.2f}"
    return f'<span title="{error}">{found.value:.1f}{part}</span><small>{words.interval(found)}</small>'


def _score_cell(task: TaskEstimate | None, arm: ArmSummary) -> str:
    if task is None:
        return '<td class="none">–</td>'
    text = words.beside(arm.averages.get(task.task, {}))
    beside = f"<small>{text}</small>" if text else ""
    same = " same" if task.relation.value == "same-task" else ""
    shown = _with_interval(task.estimate, words.part(task))
    return f'<td class="score{same}" title="{task.relation.value}">{shown}{beside}</td>'


def _arm_cells(arm: ArmSummary) -> str:
    """Every score of an arm with its standard error."""
    tasks = list(dict.fromkeys(cell.task for cell in arm.cells))
    found = {(cell.task, cell.lang): cell for cell in arm.cells}
    rows = []
    for lang in (code for code in LANGUAGES if any(cell.lang == code for cell in arm.cells)):
        cells = (found.get((task, lang)) for task in tasks)
        shown = (f"<td>{words.score(c.estimate)}{'†' if c.small else ''}</td>" if c else "<td>–</td>" for c in cells)
        rows.append(f"<tr><th>{lang} {escape(LANGUAGES[lang].name)}</th>{''.join(shown)}</tr>")
    head = "".join(f"<th>{escape(words.title(task))}</th>" for task in tasks)
    return (
        f"<details><summary>{escape(arm.name)}: every task and language</summary>"
        f'<div class="wide"><table><thead><tr><th>language</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody>'
        "</table></div></details>"
    )


def _fitting(names: Sequence[str]) -> list[PublishedRow]:
    return [row for row in PUBLISHED if set(names) & (set(row.scores) | set(row.qa_f1))]


def _published_rows(names: Sequence[str]) -> Iterator[str]:
    for row in PUBLISHED:
        cells = []
        for name in names:
            if name in row.scores:
                cells.append(f"<td>{row.scores[name]:.1f}</td>")
            elif name in row.qa_f1:
                cells.append(f"<td>{row.qa_f1[name]:.1f}<small>F1</small></td>")
            else:
                cells.append('<td class="none">–</td>')
        if set(names) & (set(row.scores) | set(row.qa_f1)):
            yield (
                f'<tr class="published"><th>{escape(row.model)}<small>published</small></th>'
                f'<td class="none">–</td>{"".join(cells)}</tr>'
            )


def _seeds(arms: Sequence[ArmSummary]) -> Iterator[str]:
    names = [name for name in EVAL_TASKS if any(name in seed.tasks for arm in arms for seed in arm.seeds)]
    head = "".join(f"<th>{escape(words.title(name))}</th>" for name in names)
    yield '<details><summary>Every seed</summary><div class="wide"><table><thead><tr><th>arm, seed</th>'
    yield f"<th>XTREME-R</th>{head}</tr></thead><tbody>"
    for arm in arms:
        yield from (_seed_row(arm.name, seed, names) for seed in arm.seeds)
        for number, why in arm.failed:
            said = f'<td class="failed" colspan="{len(names) + 1}">failed: {escape(why)}</td>'
            yield f"<tr><th>{escape(arm.name)}, {number}</th>{said}</tr>"
    yield "</tbody></table></div></details>"


def _seed_row(arm: str, seed: SeedScore, names: Sequence[str]) -> str:
    total = f"{seed.overall:.1f}" if seed.overall is not None else "hole"
    cells = (f"<td>{seed.tasks[name]:.1f}</td>" if name in seed.tasks else '<td class="none">–</td>' for name in names)
    return f'<tr><th>{escape(arm)}, {seed.seed}</th><td class="overall">{total}</td>{"".join(cells)}</tr>'


def differences(analysis: Analysis) -> Iterator[str]:
    """Every comparison: overall, by relation, by task."""
    yield '<h2 id="differences">Differences between arms</h2>'
    for place, one in enumerate(analysis.comparisons):
        opened = " open" if place == 0 else ""
        yield f"<details{opened}><summary>{escape(one.arm)} minus {escape(one.base)}</summary>"
        yield forest(list(_task_marks(one)), f"{one.arm} minus {one.base}, by task")
        yield _task_table(one) + "</details>"


def _task_marks(one: Comparison) -> Iterator[Mark]:
    for name, found in (("mean of tasks", one.overall), ("same-task", one.same_task), ("cross-task", one.cross_task)):
        if found:
            yield _mark(name, found)
    yield from (_mark(words.title(task.task), task.estimate) for task in one.tasks)


def _mark(label: str, found: Estimate, lang: str = "en", faint: bool = False) -> Mark:
    return Mark(label, found.value, found.low, found.high, lang, faint)


def _task_table(one: Comparison) -> str:
    rows = "".join(
        f"<tr><th>{escape(words.title(task.task))}</th><td>{words.difference(task.estimate)}</td>"
        f"<td>{escape(words.chance(task.p_adjusted))}</td><td>{task.languages}/{task.of}</td><td>{task.relation.value}</td></tr>"
        for task in one.tasks
    )
    head = "<tr><th>task</th><th>points [95 %]</th><th>p, Holm</th><th>languages</th><th>relation</th></tr>"
    return f'<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def languages(analysis: Analysis) -> Iterator[str]:
    """The main comparison language by language, and all its cells."""
    yield '<h2 id="languages">Languages</h2>'
    if not analysis.comparisons:
        yield "<p>Nothing is compared.</p>"
        return
    main = analysis.comparisons[0]
    yield f"<p>{escape(main.arm)} minus {escape(main.base)}: mean over a language's tasks, in points, with 95 % "
    yield "intervals. Filled marks have intervals without zero.</p>"
    order = sorted(main.languages, key=lambda group: -group.estimate.value)
    marks = [_mark(f"{group.name} {LANGUAGES[group.name].endonym}", group.estimate, group.name) for group in order]
    yield forest(marks, f"{main.arm} minus {main.base}, by language")
    yield from _cells(main)


def _cells(main: Comparison) -> Iterator[str]:
    langs = [code for code in LANGUAGES if any(cell.lang == code for cell in main.cells)]
    tasks = list(dict.fromkeys(cell.task for cell in main.cells))
    found = {(cell.task, cell.lang): cell for cell in main.cells}
    yield "<details><summary>Every task and language</summary><p>* differs after Benjamini and Hochberg's correction; "
    yield '† small test set.</p><div class="wide"><table><thead><tr><th>language</th>'
    yield "".join(f"<th>{escape(words.title(task))}</th>" for task in tasks) + "</tr></thead><tbody>"
    for lang in langs:
        cells = "".join(_cell(found.get((task, lang))) for task in tasks)
        yield f"<tr><th>{lang} {escape(LANGUAGES[lang].name)}</th>{cells}</tr>"
    yield "</tbody></table></div></details>"


def _cell(cell: CellDifference | None) -> str:
    if cell is None:
        return '<td class="none">–</td>'
    marks = ("*" if cell.p_adjusted < words.ALPHA else "") + ("†" if cell.small else "")
    title = f"{words.difference(cell.estimate)}, p {words.chance(cell.p_adjusted)}, {cell.items} items"
    return f'<td title="{escape(title, quote=True)}">{cell.estimate.value:+.1f}{marks}</td>'


def groups(analysis: Analysis) -> Iterator[str]:
    """By resource tier, by script, and by whether the intermediate corpus held the language."""
    yield '<h2 id="groups">Groups of languages</h2>'
    if not analysis.comparisons:
        return
    main = analysis.comparisons[0]
    yield f"<p>{escape(main.arm)} minus {escape(main.base)}: means over cells (a task in a language), whose number is "
    yield "in parentheses. Tiers are the classes of Joshi et al. 2020, 0 the poorest in resources.</p>"
    parts = (
        ("by resource tier", main.tiers),
        ("by whether the intermediate corpus held the language", main.coverage),
        ("by script", main.scripts),
    )
    yield '<div class="plots">'
    for title, found in parts:
        yield f"<figure><figcaption>{title}</figcaption>{_group_plot(found, title)}</figure>"
    yield "</div>"


def _group_plot(found: Sequence[GroupDifference], title: str) -> str:
    return forest([_mark(f"{words.group_name(group)} ({group.cells})", group.estimate) for group in found], title)


def corpus(analysis: Analysis) -> Iterator[str]:
    """The funnel of the intermediate corpus beside the difference of the language."""
    yield '<h2 id="corpus">The corpus beside the score</h2>'
    if not analysis.funnel:
        yield "<p>No manifest of the intermediate corpus was given (<code>--manifest</code>).</p>"
        return
    gains = {group.name: group.estimate for group in analysis.comparisons[0].languages} if analysis.comparisons else {}
    yield "<p>What a language's scores gained, beside what became of the rows that the teacher was asked for in it. "
    yield f"The bar: {legend()}.</p>"
    yield '<div class="wide"><table><thead><tr><th>language</th><th>difference</th><th>kept</th><th></th>'
    yield "<th>rows kept</th><th>of</th></tr></thead><tbody>"
    for row in analysis.funnel:
        gain = words.difference(gains[row.lang]) if row.lang in gains else "–"
        bar = share_bar(row.kept, max(row.generated - row.kept, 0), max(row.source - row.generated, 0))
        share = f"{100 * row.kept / row.generated:.0f} %" if row.generated else "–"
        name = LANGUAGES[row.lang].name if row.lang in LANGUAGES else row.lang
        yield (
            f"<tr><th>{escape(row.lang)} {escape(name)}</th><td>{gain}</td><td>{share}</td><td>{bar}</td>"
            f"<td>{row.kept:,}</td><td>{row.generated:,}</td></tr>"
        )
    yield "</tbody></table></div>"


def claims(analysis: Analysis) -> Iterator[str]:
    """A verdict and its evidence on each claim of Phang et al. 2020."""
    yield '<h2 id="claims">Claims of Phang et al. 2020</h2><dl>'
    for claim in analysis.claims:
        kind = claim.verdict.name.lower()
        yield f'<dt>{escape(claim.text)} <span class="tag {kind}">{escape(claim.verdict.value)}</span></dt>'
        yield f"<dd>{escape(claim.evidence)}</dd>"
    yield "</dl>"


def method(analysis: Analysis) -> Iterator[str]:
    """How the numbers were made, quirks, and how to make them again."""
    yield '<h2 id="method">Method, and how to reproduce</h2>'
    yield "".join(f"<p>{escape(one)}</p>" for one in words.method(analysis))
    yield (
        "<ul>"
        + "".join(
            f"<li><b>{escape(task.title)}</b>: {escape(task.note)}</li>"
            for name, task in EVAL_TASKS.items()
            if task.note and (name in XTREME_R or any(t.task == name for arm in analysis.arms for t in arm.tasks))
        )
        + "</ul>"
    )
    arms = "".join(f"<li><b>{escape(arm.name)}</b>: {escape(words.made(arm))}</li>" for arm in analysis.arms)
    commands = escape("\n".join(words.commands(analysis)))
    yield f"<p>The arms:</p><ul>{arms}</ul><p>To make it again:</p><pre>{commands}</pre>"
