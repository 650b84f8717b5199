"""`synth import`: machine-translated versions of the tasks that exist already become a corpus like any other.

The corpus has the same files, columns, markers and corpus.yaml as a generated one (docs/corpus.md), so that filter,
manifest, publishing and training work on it; its teacher is `external-mt`, by which the arm `multilingual-mt` finds it.
Its English source rows are all English examples of the split: what was not translated is visible in the funnel.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.corpus.identity import describe
from synth.corpus.ids import RowId
from synth.corpus.layout import Layout, Part, marker_of
from synth.corpus.markers import make_marker, write_marker
from synth.corpus.rows import Provenance, record, write_rows
from synth.errors import BadSource
from synth.outcomes import KEPT, Kind, Reason, Verdict, rejected
from synth.sources import open_source
from synth.sources.base import Example, SourceData, SourceProblem
from synth.sources.rows import fit_columns, flaw_of
from synth.sources.shapes import SHAPES
from synth.tasks import TASKS, get_task
from synth.tasks.base import Policy, Task
from synth.train.corpora import EXTERNAL
from synth.train.import_join import EnglishIndex
from synth.train.import_read import Translated, english_fields, open_part, translated
from synth.train.import_spec import ImportSpec, TaskImport

CHUNK = 512  # rows of a part, as generation writes them
_RAW = 4_000  # characters of a rejected row that are kept for whoever looks
_NO_COST = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0, "seconds": 0.0}

Progress = Callable[[str], None]


@dataclass(slots=True)
class Tally:
    """What became of the rows of one task and language."""

    read: int = 0
    joined: int = 0
    kept: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    unjoined: int = 0
    repeated: int = 0
    unreadable: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON and corpus.yaml."""
        return {name: dict(value) if isinstance(value := getattr(self, name), Counter) else value for name in _FIELDS}


_FIELDS = ("read", "joined", "kept", "rejected", "unjoined", "repeated", "unreadable")


@dataclass(frozen=True, slots=True)
class Imported:
    """The corpus that was written, and what became of its rows by task and language."""

    layout: Layout
    tallies: Mapping[str, Mapping[str, Tally]]


def import_corpus(spec: ImportSpec, base: Path, out: Path, progress: Progress | None = None) -> Imported:
    """Write the corpus.

    Args:
        spec: What to import.
        base: Folder that the paths of the request are relative to.
        out: The corpus folder.
        progress: Called with `TASK LANG` before each is read.

    Raises:
        BadSource: A file or data set cannot be read, or not one of its rows is a translation of an English example.
        BadFolder: The folder holds another corpus.
        DiskError: The corpus cannot be written.
    """
    layout = Layout(out)
    english = {name: english_examples(spec, name, base) for name in spec.tasks}
    langs = sorted({lang for entry in spec.tasks.values() for lang in entry.langs})
    identity = {"config": spec.identity, "teacher": _teacher(spec, langs), "sources": {}}
    mark = describe(layout, identity, langs, list(spec.tasks))
    tallies: dict[str, dict[str, Tally]] = {}
    sources = {}
    for name, entry in spec.tasks.items():
        task = _TaskImport(layout, mark, TASKS[name], entry, spec, EnglishIndex(name, english[name].examples))
        task.write_english(english[name].examples)
        tallies[name], parts = task.write_languages(base, progress)
        sources[name] = _source(english[name], parts, tallies[name])
    describe(layout, {**identity, "sources": sources}, langs, list(spec.tasks))
    return Imported(layout, tallies)


def english_examples(spec: ImportSpec, task: str, base: Path) -> SourceData:
    """The English examples of a task: from a corpus folder, or from a source as `synth generate` reads it."""
    folder = base / spec.english
    if (folder / "corpus.yaml").is_file():
        return _from_corpus(folder, task, spec.split)
    name = spec.english if spec.english in ("sample", "hub") else str(folder)
    return open_source(name).load(task, spec.split)


def _from_corpus(folder: Path, task: str, split: str) -> SourceData:
    from synth.corpus.identity import read_description
    from synth.corpus.rows import read_rows

    layout = Layout(folder)
    parts = [part for part in layout.parts() if part.task == task and part.kind is Kind.SOURCE]
    rows = [row for part in parts for row in read_rows(layout.part(part)) if row["synth_split"] == split]
    if not rows:
        raise BadSource(f"{folder.name} has no English source rows of {task} {split}; give another `english`")
    names = get_task(task).column_names
    examples = tuple(
        Example(task, split, row["synth_source_id"], {name: row[name] for name in names}, row["synth_origin"])
        for row in rows
    )
    origin = dict((read_description(folder) or {}).get("sources", {}).get(task) or {})
    return SourceData(task, split, examples, origin=origin)


def _teacher(spec: ImportSpec, langs: Iterable[str]) -> dict[str, Any]:
    return {
        "profile": EXTERNAL,
        "model": spec.translator,
        "style": "translation",
        "prompt": "none",
        "licence": spec.licence,
        "outputs_note": spec.note or "these are translations that others made; their terms are those above",
        "non_commercial": spec.non_commercial,
        "languages": sorted(langs),
    }


def _source(english: SourceData, parts: list[dict[str, Any]], tallies: Mapping[str, Tally]) -> dict[str, Any]:
    """The task's entry in corpus.yaml: the English source, the translated files, and what became of their rows."""
    origin = {key: value for key, value in english.origin.items() if key not in ("sampled", "sample")}
    count = len(english.examples)
    return {
        "kind": "unknown",
        "rows": count,
        "examples": count,
        **origin,
        "parts": [*origin.get("parts", ()), *parts],
        "sampled": count,
        "imported": {lang: tally.as_dict() for lang, tally in sorted(tallies.items())},
    }


@dataclass(slots=True)
class _TaskImport:
    """Writing one task."""

    layout: Layout
    mark: str
    task: Task
    entry: TaskImport
    spec: ImportSpec
    index: EnglishIndex

    def write_english(self, examples: Iterable[Example]) -> None:
        """The English source rows."""
        rows = (self._row(example.source_id, "en", example.row, KEPT, example.origin) for example in examples)
        self._write("en", Kind.SOURCE, rows)

    def write_languages(self, base: Path, progress: Progress | None) -> tuple[dict[str, Tally], list[dict[str, Any]]]:
        """Every language; what became of the rows, and what was read."""
        parallel = self._parallel(base)
        tallies: dict[str, Tally] = {}
        infos = []
        for lang in self.entry.langs:
            if progress:
                progress(f"{self.task.name} {lang}")
            part, tally = open_part(self.task.name, self.entry, lang, base), Tally()
            self._write(lang, Kind.TRANSLATION, self._rows(translated(part, self.entry, lang), lang, parallel, tally))
            try:
                self._require(part.name, lang, tally, parallel)
            except BadSource:
                self._clear(lang, Kind.TRANSLATION)  # rows that were joined to wrong examples
                raise
            tallies[lang] = tally
            infos.append({**part.info, "origin": f"{EXTERNAL}:{lang}", "rows": tally.read})
        return tallies, infos

    def _parallel(self, base: Path) -> list[Mapping[str, Any]] | None:
        """The English fields of every row of the parallel data, in order; None when there are none."""
        if self.entry.parallel is None:
            return None
        items = open_part(self.task.name, self.entry, "en", base).items
        return [english_fields(item, self.entry) for item in items]

    def _require(self, name: str, lang: str, tally: Tally, parallel: list[Mapping[str, Any]] | None) -> None:
        what = f"{name} ({self.task.name} {lang})"
        if parallel is not None and len(parallel) != tally.read:
            raise BadSource(
                f"{what} has {tally.read:,} rows and its parallel English data {len(parallel):,}: they are not "
                "parallel; give data of the same release, or leave `parallel` out"
            )
        if not tally.joined:
            raise BadSource(
                f"not one of the {tally.read:,} rows of {what} is a translation of one of the "
                f"{len(self.index.by_id):,} English examples; name the columns with their English text in `english`, "
                "a `parallel` English file, or another `english` source"
            )

    def _rows(
        self,
        items: Iterable[Translated | SourceProblem],
        lang: str,
        parallel: list[Mapping[str, Any]] | None,
        tally: Tally,
    ) -> Iterator[dict[str, Any]]:
        used: set[str] = set()
        for number, item in enumerate(items):
            tally.read += 1
            if isinstance(item, SourceProblem):
                tally.unreadable += 1
                continue
            english = parallel[number] if parallel is not None and number < len(parallel) else item.english
            row = self._join(item, english, lang, used, tally)
            if row is not None:
                yield row

    def _join(
        self, item: Translated, english: Mapping[str, Any], lang: str, used: set[str], tally: Tally
    ) -> dict[str, Any] | None:
        """The row of one record; None when it has no English example, or its example has a translation already."""
        draft = SHAPES[self.task.name].draft(item.fields)
        label = draft.row.get(self.task.label_column) if self.task.label_column else None
        example = (
            self.index.find(english, label, used) if english else self.index.find_id(item.fields, self.entry.origin)
        )
        if example is None:
            tally.unjoined += 1
            return self._unjoined(item, lang, used, tally) if self.spec.unjoined else None
        if example.source_id in used:
            tally.repeated += 1
            return None
        used.add(example.source_id)
        tally.joined += 1
        values = self._values(fit_columns(self.task, draft), example)
        return self._judged(example.source_id, lang, values, item, example, tally)

    def _unjoined(self, item: Translated, lang: str, used: set[str], tally: Tally) -> dict[str, Any] | None:
        """A row without English example, under an id that no English example has."""
        from synth.sources.rows import content_id

        shape = SHAPES[self.task.name]
        draft = shape.draft(item.fields)
        name = f"{EXTERNAL}:{draft.own_id or content_id(draft.row, shape)}"
        if name in used:
            return None
        used.add(name)
        values = fit_columns(self.task, draft)
        if values.get("id") == "":
            values["id"] = name
        return self._judged(name, lang, values, item, None, tally)

    def _values(self, row: dict[str, Any], example: Example) -> dict[str, Any]:
        """The translated row with what is not text (ids, titles) from its English example, and derived columns."""
        kept = {column.name for column in self.task.columns_with(Policy.KEEP, Policy.COPY)}
        label = self.task.label_column
        values = {
            name: example.row[name] if name in kept and (name != label or value is None) else value
            for name, value in row.items()
        }
        try:
            return values | self.task.derive(values)
        except (TypeError, KeyError):  # a part is missing: the check of the row says which
            return values

    def _judged(
        self, name: str, lang: str, values: dict[str, Any], item: Translated, example: Example | None, tally: Tally
    ) -> dict[str, Any]:
        verdict = self._verdict(values, example)
        origin = example.origin if example else self.entry.origin
        if verdict is KEPT:
            tally.kept += 1
            return self._row(name, lang, values, KEPT, origin)
        tally.rejected[verdict.why] += 1
        raw = json.dumps(dict(item.fields), ensure_ascii=True, default=str)[:_RAW]
        return self._row(name, lang, dict.fromkeys(values), verdict, origin, raw)

    def _verdict(self, values: dict[str, Any], example: Example | None) -> Verdict:
        flaw = flaw_of(self.task, values)
        broken = [] if flaw else self.task.validate(values)
        if not flaw and not broken and example is not None:
            broken = self.task.compare(example.row, values)
        if broken:
            return rejected(broken[0].reason, broken[0].detail)
        return rejected(_REASONS.get(flaw[0], Reason.SCHEMA), flaw[1]) if flaw else KEPT

    def _row(
        self, name: str, lang: str, values: Mapping[str, Any], verdict: Verdict, origin: str, raw: str = ""
    ) -> dict[str, Any]:
        kind = Kind.SOURCE if lang == "en" else Kind.TRANSLATION
        teacher, unit = ("", "source") if lang == "en" else (EXTERNAL, "joint")
        row_id = RowId(self.task.name, self.spec.split, name, lang, kind.value)
        return record(row_id, values, verdict, Provenance(origin=origin, teacher=teacher, unit=unit, raw=raw))

    def _write(self, lang: str, kind: Kind, rows: Iterator[dict[str, Any]]) -> None:
        """The parts of one language; those of an earlier import of it are removed first."""
        self._clear(lang, kind)
        for number, group in enumerate(_groups(rows)):
            part = Part(self.task.name, lang, kind, number)
            path = self.layout.part(part)
            write_rows(path, self.task, group)
            write_marker(path, make_marker(path, part, self.mark, group, **_NO_COST))

    def _clear(self, lang: str, kind: Kind) -> None:
        for path in sorted(self.layout.part(Part(self.task.name, lang, kind, 0)).parent.glob("part-*.parquet")):
            marker_of(path).unlink(missing_ok=True)
            path.unlink()


_REASONS = {
    "missing_field": Reason.MISSING_FIELD,
    "missing_label": Reason.LABEL,
    "unknown_label": Reason.LABEL,
    "wrong_offset": Reason.SPAN_MISMATCH,
}


def _groups(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The rows in groups of `CHUNK`; only the last may be smaller."""
    group: list[dict[str, Any]] = []
    for row in rows:
        group.append(row)
        if len(group) == CHUNK:
            yield group
            group = []
    if group:
        yield group
