"""The sections of the report, each an iterator of HTML; every text that comes from a corpus is escaped."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from synth.filter.checks import all_checks
from synth.filter.checks.length import length_table
from synth.filter.funnel import LENGTH_BINS, Cell, add
from synth.filter.report.charts import heat, histogram, legend, loss, stacked
from synth.filter.report.samples import Sample
from synth.filter.table import interval
from synth.languages import LANGUAGES
from synth.outcomes import Kind

TITLES = {Kind.TRANSLATION: "Translations", Kind.PARAPHRASE: "Paraphrases", Kind.SOURCE: "English source rows"}
ANSWERS = ("right", "cannot_judge", "wrong")
RUNGS = ("markers", "verbatim", "sentence", "inflected", "aligner")
NOTED = {
    "language_unjudged": "language cannot be judged",
    "language_confusable": "in, or near, a language that is easily taken for it",
    "label_conflict": "nearly repeats a row of another label",
}
LINKS = ("funnel", "reasons", "languages", "lengths", "rungs", "rows", "thresholds")


def headline(cells: Sequence[Cell], policy: str, fingerprint: str, warnings: Iterable[str]) -> Iterator[str]:
    """The result in five numbers, what to know about it, and links."""
    mine = [cell for cell in cells if cell.kind != Kind.SOURCE]
    generated, usable, kept = (sum(getattr(cell, name) for cell in mine) for name in ("generated", "usable", "kept"))
    unjudged = add(mine, "answers").get("cannot_judge", 0)
    yield f"<p>Policy <b>{escape(policy)}</b> ({escape(fingerprint[:12])}). English source rows are counted apart.</p>"
    numbers = (
        (f"{_percent(kept, usable)}", "of the usable rows kept"),
        (f"{kept:,}", "rows kept"),
        (f"{usable - kept:,}", "rows dropped by the filter"),
        (f"{generated - usable:,}", "rows lost in generation"),
        (f"{unjudged:,}", "rows whose language nobody could judge"),
    )
    yield '<ul class="numbers">' + "".join(f"<li><b>{n}</b>{escape(what)}</li>" for n, what in numbers) + "</ul>"
    yield from (f'<p class="warn">{escape(warning)}</p>' for warning in warnings)
    yield "<nav>" + "".join(f'<a href="#{link}">{link}</a>' for link in LINKS) + "</nav>"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "–"


def _named(code: str) -> str:
    name = LANGUAGES[code].name if code in LANGUAGES else code
    return f"{escape(name)} <small>{escape(code)}</small>"


def funnel(cells: Sequence[Cell]) -> Iterator[str]:
    """A heat map a kind: kept rows of the generated ones, by language and task."""
    yield '<h2 id="funnel">Funnel</h2>'
    yield "<p>Share of the generated rows that end in the corpus, and their number. Blue is little, yellow is much.</p>"
    for kind, title in TITLES.items():
        mine = {(cell.lang, cell.task): cell for cell in cells if cell.kind == kind}
        if mine:
            tasks = list(dict.fromkeys(task for _, task in mine))
            langs = [code for code in LANGUAGES if any(lang == code for lang, _ in mine)]
            head = "".join(f"<th>{escape(task)}</th>" for task in tasks)
            yield f"<h3>{title}</h3>{_table_head(head)}"
            for lang in langs:
                row = "".join(_heat_cell(mine.get((lang, task))) for task in tasks)
                yield f"<tr><th>{_named(lang)}</th>{row}</tr>"
            yield "</tbody></table></div>"


def _table_head(cells: str) -> str:
    return f'<div class="wide"><table><thead><tr><th>language</th>{cells}</tr></thead><tbody>'


def _heat_cell(cell: Cell | None) -> str:
    if cell is None or not cell.generated:
        return '<td class="none">no rows</td>'
    back, ink = heat(cell.kept / cell.generated)
    steps = [f"generated {cell.generated:,}", *(f"{name} {count:,}" for name, count in cell.generation.items())]
    steps += [f"usable {cell.usable:,}", *(f"{name} {count:,}" for name, count in cell.dropped.items())]
    title = escape(", ".join([*steps, f"kept {cell.kept:,}"]), quote=True)
    share = _percent(cell.kept, cell.generated)
    return f'<td style="background:{back};color:{ink}" title="{title}">{share} <small>{cell.kept:,}</small></td>'


def reasons(cells: Sequence[Cell]) -> Iterator[str]:
    """Main reasons by language, as shares of the usable rows."""
    mine = [cell for cell in cells if cell.kind != Kind.SOURCE]
    names = list(add(mine, "dropped"))
    yield '<h2 id="reasons">Reasons</h2>'
    noted = add(mine, "notes")
    if noted:
        yield "<p>Noticed, which alone drops no row: " + ", ".join(
            f"{NOTED.get(name, escape(name))} {n:,}" for name, n in noted.items()
        )
        yield ".</p>"
    if not names:
        yield "<p>Nothing was dropped.</p>"
        return
    every = add(mine, "reasons")
    yield "<p>Rows dropped, by their main reason, as a share of the language's usable rows. A row may have more; "
    yield "counting all of them: " + ", ".join(f"{escape(name)} {count:,}" for name, count in every.items()) + ".</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    yield _table_head(head)
    for lang, each in _by_language(mine).items():
        usable = sum(cell.usable for cell in each)
        counts = add(each, "dropped")
        yield f"<tr><th>{_named(lang)}</th>{''.join(_share_cell(counts.get(name, 0), usable) for name in names)}</tr>"
    yield "</tbody></table></div>"


def _share_cell(count: int, whole: int) -> str:
    if not count:
        return '<td class="none">0</td>'
    back, ink = loss(4 * count / whole)  # a quarter of the rows is as bad as the scale goes
    return f'<td style="background:{back};color:{ink}">{_percent(count, whole)} <small>{count:,}</small></td>'


def _by_language(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        found[cell.lang].append(cell)
    return {code: found[code] for code in LANGUAGES if code in found}


def languages(cells: Sequence[Cell]) -> Iterator[str]:
    """Answers of language identification, rows in another script, and what wrong rows seem to be."""
    yield '<h2 id="languages">Script and language</h2>' + legend(ANSWERS)
    yield '<div class="wide"><table><thead><tr><th>language</th><th>answers</th><th>right</th><th>cannot judge</th>'
    yield "<th>wrong</th><th>other script</th><th>wrong rows seem to be</th></tr></thead><tbody>"
    for lang, each in _by_language(cell for cell in cells if cell.kind != Kind.SOURCE).items():
        counts, detected = add(each, "answers"), add(each, "detected")
        seen = ", ".join(f"{escape(name)} {count:,}" for name, count in list(detected.items())[:4])
        numbers = "".join(f"<td>{counts.get(name, 0):,}</td>" for name in ANSWERS)
        low = sum(cell.low_script for cell in each)
        bar = stacked(counts, ANSWERS)
        yield f'<tr><th>{_named(lang)}</th><td>{bar}</td>{numbers}<td>{low:,}</td><td class="words">{seen}</td></tr>'
    yield "</tbody></table></div>"


def lengths(cells: Sequence[Cell], rules: Mapping[str, Any]) -> Iterator[str]:
    """Histograms of the length ratio, with what is usual and what is accepted."""
    limits = rules["checks"].get("length") or {"min_z": 0.0, "max_z": 0.0}
    table = length_table()
    yield '<h2 id="lengths">Length of the text against its source</h2>'
    yield "<p>Ratio in code points, on a logarithmic scale. The line is the median of human translations, the band "
    yield "what the policy accepts for a text of 200 characters (for shorter ones it is wider).</p>"
    yield '<div class="plots">'
    mine = (cell for cell in cells if cell.kind != Kind.SOURCE and cell.lang != "en")
    for lang, each in _by_language(mine).items():
        counts = [sum(column) for column in zip(*(cell.lengths for cell in each), strict=True)]
        usual = table["languages"].get(lang, {"median": 0.0, "spread": 1.0})
        spread = usual["spread"] * (table["base"] ** 2 + table["short"] ** 2 / 200) ** 0.5
        label = f"length ratios of {sum(counts)} rows in {lang}"
        accepted = usual["median"] + limits["min_z"] * spread, usual["median"] + limits["max_z"] * spread
        picture = histogram(counts, LENGTH_BINS, usual["median"], accepted, label)
        yield f"<figure><figcaption>{_named(lang)}</figcaption>{picture}</figure>"
    yield "</div>"


def rungs(cells: Sequence[Cell]) -> Iterator[str]:
    """Which rung of the span ladder placed the answers."""
    yield '<h2 id="rungs">Answer spans</h2>'
    found = {lang: add(each, "rungs") for lang, each in _by_language(cells).items()}
    found = {lang: counts for lang, counts in found.items() if counts}
    if not found:
        yield "<p>No answer span of this corpus was placed by the ladder.</p>"
        return
    yield "<p>How the answers of SQuAD rows were placed in the translated text.</p>" + legend(RUNGS)
    yield '<div class="wide"><table><tbody>'
    for lang, counts in found.items():
        text = ", ".join(f"{escape(name)} {count:,}" for name, count in counts.items())
        yield f"<tr><th>{_named(lang)}</th><td>{stacked(counts, RUNGS)}</td><td>{text}</td></tr>"
    yield "</tbody></table></div>"


def agreement(found: Mapping[str, Any]) -> Iterator[str]:
    """Label agreement of samples, with intervals."""
    yield '<h2 id="agreement">Label agreement</h2>'
    yield f"<p>Kept rows, {found['rows']} a task, language and kind, were translated back to English by "
    yield f"{escape(found['teacher'])} and labelled by {escape(found['judge'])}. The second column is the judge's "
    yield "agreement with the labels of the English rows, its ceiling; 95 % intervals (Wilson).</p>"
    yield '<div class="wide"><table><thead><tr><th>language</th><th>task</th><th>label kept</th><th>English rows</th>'
    yield "<th>judged like the English row</th><th>not translated back</th></tr></thead><tbody>"
    for cell in (*found["pooled"], *found["cells"]):
        shares = (interval(cell["agreement"][name]) for name in ("back", "english", "same"))
        columns = "".join(f"<td>{share}</td>" for share in (*shares, cell["failed"]))
        lang = "all languages" if cell["lang"] == "all" else _named(cell["lang"])
        yield f"<tr><th>{lang}</th><td>{escape(cell['task'])} {escape(cell['kind'])}</td>{columns}</tr>"
    yield "</tbody></table></div>"


def rows(chosen: Mapping[str, Mapping[str, list[Sample]]]) -> Iterator[str]:
    """Twenty kept and twenty dropped rows a language, both sides."""
    yield '<h2 id="rows">Rows</h2><p>Chosen by a hash of their ids, dropped ones from all reasons in turn.</p>'
    for lang in (code for code in LANGUAGES if code in chosen):
        for stage, found in chosen[lang].items():
            if found:
                yield f"<details><summary>{_named(lang)}: {len(found)} {stage} rows</summary>"
                yield from (_article(sample) for sample in found)
                yield "</details>"


def _article(sample: Sample) -> str:
    tags = "".join(f'<span class="tag bad">{escape(reason)}</span> ' for reason in sample.reasons)
    tags += "".join(f'<span class="tag">{escape(note)}</span> ' for note in sample.notes)
    detail = f"<div>{escape(sample.detail)}</div>" if sample.detail else ""
    sides = "".join(_sides(sample.lang, *field) for field in sample.fields)
    return f'<article><header>{tags}{escape(sample.row_id)}{detail}</header><div class="sides">{sides}</div></article>'


def _sides(lang: str, name: str, english: str, text: str) -> str:
    # `dir` comes from the language, not from the text: a right-to-left sentence may begin with a Latin name.
    direction = LANGUAGES[lang].direction.value if lang in LANGUAGES else "auto"
    return (
        f'<p class="name">{escape(name)}</p><p lang="en" dir="ltr">{escape(english)}</p>'
        f'<p lang="{escape(lang, quote=True)}" dir="{direction}">{escape(text)}</p>'
    )


def thresholds(text: str, rules: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[str]:
    """What each check does, the policy as written with the origin of its numbers, and the models."""
    yield '<h2 id="thresholds">Thresholds and where they come from</h2><ul>'
    for name, check in all_checks().items():
        limits = rules["checks"].get(name)
        shown = "off" if limits is None else ", ".join(f"{key} {_plain(value)}" for key, value in limits.items())
        yield f"<li><b>{escape(name)}</b>: {escape(check.help)} <small>({escape(shown)})</small></li>"
    yield f"</ul><h3>The policy file</h3><pre>{escape(text)}</pre>"
    yield f"<h3>Models</h3><pre>{escape(json.dumps(models, indent=1, ensure_ascii=False))}</pre>"


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
