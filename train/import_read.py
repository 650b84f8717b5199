"""Reading translated data sets: files or Hub data sets, as records with our column names and, where they have it, the
English text of each row.

The forms that are known without being told: GLUE- and Hub-like columns (`synth.sources.shapes`); XTREME's
`xtreme_translations` tables (`premise_en` beside `premise_translated`) and the `premise_original` of
multilingual-NLI-26lang-2mil7; XNLI's own tables (`hypo`, label `contradictory`) and its Hub config `all_languages`;
SQuAD JSON (MLQA's translate-train, XTREME's, Finnish SQuAD); Okapi's HellaSwag and KETI-AIR's Cosmos QA in the Hub's
columns. All of them from memory of the public descriptions: a file that differs is met with `columns` and `header`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.errors import BadSource
from synth.sources.base import SourceProblem
from synth.sources.collect import Part
from synth.sources.files import DataFile, sha256
from synth.sources.formats import get_format, guess_format
from synth.sources.hub import DataSet, hub_part
from synth.sources.local import guarded
from synth.sources.readers import Item, Record
from synth.sources.tables import Table
from synth.tasks import get_task
from synth.train.import_spec import LANG, TaskImport

_SIDES = ("premise", "hypothesis", "question1", "question2", "context", "question")
_TRANSLATED = ("{}_translated", "{}_mt", "translated_{}")
_ENGLISH = ("{}_en", "{}_original", "original_{}", "english_{}")
_ALSO = {"hypothesis": ("hypo",)}
_WORDS = {"contradictory": "contradiction"}


@dataclass(frozen=True, slots=True)
class Translated:
    """One record: where it is, its fields by our names, and its English fields ({} where it has none)."""

    where: str
    fields: Mapping[str, Any]
    english: Mapping[str, Any]


def open_part(task: str, entry: TaskImport, lang: str, base: Path) -> Part:
    """The data of one language; `lang` `en` opens the parallel English data.

    Raises:
        BadSource: There is no such file or data set.
        BadFlag: Format and task do not go together.
    """
    if entry.hub is not None:
        return hub_part(get_task(task), _data_set(entry, lang), base)
    given = entry.parallel if lang == "en" else entry.files if isinstance(entry.files, str) else _of(entry, lang)
    path = base / Path((given or "").replace(LANG, entry.theirs(lang))).expanduser()
    if not path.is_file():
        raise BadSource(f"there is no file {path.name} for {task} {lang} in {path.parent.name}/; correct `files`")
    file = DataFile(path, path.name)
    kind = get_format(entry.format, task, task) if entry.format else guess_format(file, task, task)
    reader = kind.reader
    if entry.header:
        table = reader if isinstance(reader, Table) else Table("\t", quoted=False)
        reader = Table(table.delimiter, table.quoted, entry.header)
    info = {"kind": "file", "path": path.name, "sha256": sha256(path)}
    return Part(path.name, guarded(file, reader), info)


def _of(entry: TaskImport, lang: str) -> str:
    assert isinstance(entry.files, dict)
    return entry.files[lang]


def _data_set(entry: TaskImport, lang: str) -> DataSet:
    assert entry.hub is not None
    place, theirs = entry.hub, entry.theirs(lang)
    config = entry.parallel if lang == "en" else place.config and place.config.replace(LANG, theirs)
    return DataSet(place.repo, config, place.split.replace(LANG, theirs), place.revision)


def translated(part: Part, entry: TaskImport, lang: str) -> Iterator[Translated | SourceProblem]:
    """The records of a part with our names; one item for each item of the part, so that rows can be counted."""
    for item in part.items:
        yield item if isinstance(item, SourceProblem) else _named(item, entry, lang)


def english_fields(item: Item, entry: TaskImport) -> Mapping[str, Any]:
    """The fields of a row of the parallel English data; {} for one that cannot be read."""
    return {} if isinstance(item, SourceProblem) else _named(item, entry, "en").fields


def _named(record: Record, entry: TaskImport, lang: str) -> Translated:
    fields = dict(_one_language(record.fields, entry.theirs(lang)))
    english = _english(record.fields, fields, entry)
    for name in _SIDES:
        names = [pattern.format(name) for pattern in _TRANSLATED]
        found = next((own for own in (*names, *_ALSO.get(name, ())) if own in fields), None)
        if found is not None and (name not in fields or found in names):
            fields[name] = fields[found]
    fields |= {ours: fields.get(theirs) for ours, theirs in entry.columns.items()}
    label = fields.get("label")
    if isinstance(label, str):
        fields["label"] = _WORDS.get(label.strip().lower(), label)
    return Translated(record.where, fields, english)


def _english(given: Mapping[str, Any], fields: Mapping[str, Any], entry: TaskImport) -> dict[str, Any]:
    """The English text that a row carries beside its translation."""
    if entry.english:
        return {ours: fields.get(theirs) for ours, theirs in entry.english.items()}
    if _holds_languages(given):
        return dict(_one_language(given, "en"))
    return {name: fields[own] for name in _SIDES for pattern in _ENGLISH if (own := pattern.format(name)) in fields}


def _holds_languages(fields: Mapping[str, Any]) -> bool:
    """XNLI's config `all_languages`: premises by language, hypotheses as two lists."""
    hypothesis = fields.get("hypothesis")
    return isinstance(fields.get("premise"), dict) and isinstance(hypothesis, dict) and "language" in hypothesis


def _one_language(fields: Mapping[str, Any], lang: str) -> Mapping[str, Any]:
    """One language of a row that holds several; any other row as it is."""
    if not _holds_languages(fields):
        return fields
    hypotheses = dict(zip(fields["hypothesis"]["language"], fields["hypothesis"]["translation"], strict=False))
    return {**fields, "premise": fields["premise"].get(lang), "hypothesis": hypotheses.get(lang)}
