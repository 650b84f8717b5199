"""`--label-agreement N`: samples kept rows of each (task, language), has them translated back and judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from synth.corpus.files import read_json, write_json
from synth.corpus.layout import Layout, Part
from synth.errors import BadFlag
from synth.filter.agreement import Agreement, Proportion, label_agreement, sample_rows, wilson
from synth.filter.back_translation import BackTranslator, Text, corpus_teacher
from synth.filter.io import read_table
from synth.filter.label_judge import PairJudge, label_names, pair_columns
from synth.filter.run import SUMMARY
from synth.filter.sources import Lookup
from synth.outcomes import Kind
from synth.tasks import TASKS, get_task
from synth.tasks.base import Row, Task

KEY = "label_agreement"
Translate = Callable[[Sequence[Text]], Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class Sampled:
    """The sample of one (task, language, kind): rows and their English rows."""

    task: Task
    lang: str
    kind: Kind
    rows: list[Row]
    sources: list[Row]

    @property
    def texts(self) -> list[Text]:
        """The texts to translate back: both columns of the first row, of the second ..."""
        columns = pair_columns(self.task) or ()
        return [Text(str(row[column]), self.lang) for row in self.rows for column in columns]


@dataclass(frozen=True, slots=True)
class AgreementCell:
    """Label agreement of one (task, language, kind); `failed` rows of the sample could not be translated back."""

    task: str
    lang: str
    kind: str
    failed: int
    agreement: Agreement


def estimate(
    corpus: Path, size: int, judge: PairJudge, translate: Translate
) -> tuple[list[AgreementCell], dict[str, str]]:
    """Estimate label agreement of a filtered corpus.

    Args:
        corpus: A corpus with `kept/`.
        size: Rows a task, language and kind.
        judge: Labels English pairs.
        translate: To English; None for a text that it cannot do.

    Returns:
        A cell for each task, language and kind, and why tasks were left out.

    Raises:
        BadFlag: The judge can label none of the corpus' tasks.
    """
    layout = Layout(corpus)
    parts = [part for part in layout.parts("kept") if part.lang != "en" and part.task in TASKS]
    tasks = dict.fromkeys(part.task for part in parts)
    left_out = {name: why for name in tasks if (why := _why_not(get_task(name), judge))}
    if parts and len(left_out) == len(tasks):
        raise BadFlag(
            f"--judge labels {', '.join(judge.labels)}, which is no task of {corpus} ({'; '.join(left_out.values())}); "
            "give a model for mnli, anli_plus or qqp"
        )
    samples = list(_samples(layout, [part for part in parts if part.task not in left_out], size))
    english = iter(translate([text for sample in samples for text in sample.texts]))
    return [_cell(sample, [next(english) for _ in sample.texts], judge) for sample in samples], left_out


def _why_not(task: Task, judge: PairJudge) -> str:
    if pair_columns(task) is None:
        return f"{task.name} has no pair of texts with a label"
    return "" if label_names(judge.labels, task) else f"{task.name} has the labels {', '.join(task.labels)}"


def _samples(layout: Layout, parts: Sequence[Part], size: int) -> list[Sampled]:
    groups: dict[tuple[str, str, Kind], list[Part]] = {}
    for part in parts:
        groups.setdefault((part.task, part.lang, part.kind), []).append(part)
    return [_sample(layout, group, size) for group in groups.values()]


def _sample(layout: Layout, parts: Sequence[Part], size: int) -> Sampled:
    """Chosen by id over all parts first, so that only the chosen rows are in memory."""
    first, lookup = parts[0], Lookup(layout)
    task = get_task(first.task)
    ids = (row for part in parts for row in read_table(layout.part(part, "kept"), only=("synth_id",)).to_pylist())
    chosen = {row["synth_id"] for row in sample_rows(list(ids), size)}
    sampled = Sampled(task, first.lang, first.kind, [], [])
    for part in parts:
        only = ("synth_id", "synth_source_id", *task.column_names)
        rows = [r for r in read_table(layout.part(part, "kept"), only=only).to_pylist() if r["synth_id"] in chosen]
        sources = lookup.sources(part, [row["synth_source_id"] for row in rows])
        for row, source in zip(rows, sources, strict=True):
            if source is not None:
                sampled.rows.append(row)
                sampled.sources.append(source)
    return sampled


def _cell(sample: Sampled, english: Sequence[str | None], judge: PairJudge) -> AgreementCell:
    first, second = pair_columns(sample.task) or ("", "")
    pairs = list(zip(english[::2], english[1::2], strict=True))
    good = [place for place, pair in enumerate(pairs) if None not in pair]
    back: list[Row] = [{first: pairs[place][0], second: pairs[place][1]} for place in good]
    names = label_names(judge.labels, sample.task) or {}
    rows = [sample.rows[place] for place in good]

    def judged(given: Sequence[Row]) -> list[str]:
        return [names[label] for label in judge.judge([(str(row[first]), str(row[second])) for row in given])]

    labels = [sample.task.labels[row[str(sample.task.label_column)]] for row in rows]
    found = label_agreement(rows, [sample.sources[place] for place in good], labels, lambda _rows: back, judged)
    return AgreementCell(sample.task.name, sample.lang, str(sample.kind), len(pairs) - len(good), found)


def pooled(cells: Sequence[AgreementCell]) -> list[AgreementCell]:
    """All languages of a task and kind as one sample, where there are several: few rows a language say little each."""
    groups: dict[tuple[str, str], list[AgreementCell]] = {}
    for cell in cells:
        groups.setdefault((cell.task, cell.kind), []).append(cell)
    return [
        AgreementCell(task, "all", kind, sum(cell.failed for cell in own), _together([cell.agreement for cell in own]))
        for (task, kind), own in groups.items()
        if len(own) > 1
    ]


def _together(found: Sequence[Agreement]) -> Agreement:
    def of(name: str) -> Proportion:
        parts: list[Proportion] = [getattr(one, name) for one in found]
        return wilson(sum(part.hits for part in parts), sum(part.count for part in parts))

    return Agreement(of("back"), of("english"), of("same"))


def estimate_with_models(corpus: Path, size: int, judge: PairJudge, teacher: str = "") -> dict[str, Any]:
    """Estimate with a teacher as back-translator and put the result into `filter.json`; returns what was added.

    Args:
        corpus: A filtered corpus.
        size: Rows a task, language and kind.
        judge: Labels English pairs.
        teacher: As for `synth generate --teacher`; "" for the one that made the corpus.

    Raises:
        BadFlag, BadFolder: The judge or the teacher cannot be used.
        TeacherError: The teacher was lost.
    """
    from synth.generate.config import load_config
    from synth.generate.progress import tell

    layout = Layout(corpus)
    name = teacher or corpus_teacher(layout)
    back = BackTranslator(layout, load_config(None, {"teacher": name, "out": str(corpus)}), tell)
    cells, left_out = estimate(corpus, size, judge, back.translate)
    summary = read_json(corpus / SUMMARY)
    models = {"judge": judge.name, "teacher": "server" if "://" in name else name, "rows": size}
    added = {**models, "left_out": left_out, "pooled": [asdict(cell) for cell in pooled(cells)]}
    added["cells"] = [asdict(cell) for cell in cells]
    write_json(corpus / SUMMARY, {**summary, KEY: added})
    return added
