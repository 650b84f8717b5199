"""From a record with a file's own names to the Hub's columns of a task, one function for each task.

Every release of a data set names its columns in its own way; the names known here are those of the original files, of
GLUE, and of the Hub. A column that is not there becomes None and is reported by `rows.flaw_of`; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Fields = Mapping[str, Any]

_NUMERAL = re.compile(r"-?[0-9]+")
NO_INDEX = -1  # value of integer columns such as `idx` and `ind` where the file has none
_NO_LABEL = frozenset({"", "-", "-1", "hidden", -1})  # "-": annotators disagreed; -1: hidden (Hub)


@dataclass(frozen=True, slots=True)
class Draft:
    """A row in the Hub's columns, not checked yet, and the data set's own id of it (None when it has none)."""

    own_id: str | None
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How records of one task are read.

    Args:
        draft: Makes the row.
        content: Columns whose values identify a row that has no id of its own.
    """

    draft: Callable[[Fields], Draft]
    content: tuple[str, ...]


def _pick(fields: Fields, *names: str) -> Any:
    """The first of these fields that is there and not null."""
    for name in names:
        value = fields.get(name)
        if value is not None:
            return value
    return None


def _own_id(fields: Fields, *names: str) -> str | None:
    value = _pick(fields, *names)
    return str(value) if isinstance(value, str | int) and value not in ("", NO_INDEX) else None


def _integer(value: Any) -> Any:
    """A number of the file as int32, `NO_INDEX` where it has none or one that does not fit."""
    if isinstance(value, str) and _NUMERAL.fullmatch(value.strip()):
        value = int(value)
    if value is None or value == "" or (isinstance(value, int) and not -(2**31) <= value < 2**31):
        return NO_INDEX
    return value


def _table(*classes: Sequence[str]) -> dict[str | int, int]:
    """For `class_label`: every way to write each class, numbers and numerals included."""
    words: dict[str | int, int] = {word: number for number, names in enumerate(classes) for word in names}
    return words | {form: number for number in range(len(classes)) for form in (number, str(number))}


def class_label(value: Any, table: Mapping[str | int, int]) -> Any:
    """The class number of a label as files write it: a number, a numeral or a word.

    Returns:
        The number; None where there is no gold label; the value itself where the task has no such label.
    """
    if not isinstance(value, str | int | float):
        return value
    form = value.strip().lower() if isinstance(value, str) else value
    if form in _NO_LABEL or form != form:  # noqa: PLR0124 (NaN, which Pandas writes for a missing label)
        return None
    return table.get(form, value)  # type: ignore[arg-type]  # 1.0 and True find 1


_NLI_LABELS = _table(("entailment", "e"), ("neutral", "n"), ("contradiction", "c"))
_QQP_LABELS = _table(("not_duplicate",), ("duplicate",))
_FOUR = _table((), (), (), ())


def _nli(fields: Fields) -> Draft:
    row = {
        "premise": _pick(fields, "premise", "sentence1", "context", "text_a"),
        "hypothesis": _pick(fields, "hypothesis", "sentence2", "statement", "text_b"),
        "label": class_label(_pick(fields, "gold_label", "label"), _NLI_LABELS),
        "idx": _integer(_pick(fields, "idx", "index")),
    }
    return Draft(_own_id(fields, "uid", "pairID", "idx", "index"), row)


def _qqp(fields: Fields) -> Draft:
    row = {
        "question1": _pick(fields, "question1", "text_a"),
        "question2": _pick(fields, "question2", "text_b"),
        "label": class_label(_pick(fields, "is_duplicate", "label", "gold_label"), _QQP_LABELS),
        "idx": _integer(_pick(fields, "idx", "index")),
    }
    return Draft(_own_id(fields, "id", "idx", "index"), row)


def _squad(fields: Fields) -> Draft:
    row = {
        "id": _own_id(fields, "id") or "",
        "title": _pick(fields, "title") or "",
        "context": _pick(fields, "context"),
        "question": _pick(fields, "question"),
        "answers": _answers(fields),
    }
    return Draft(_own_id(fields, "id"), row)


def _answers(fields: Fields) -> Any:
    """The Hub's `{text, answer_start}`; None where an answer is due and none is given."""
    answers = fields.get("answers")
    if fields.get("is_impossible"):
        return {"text": [], "answer_start": []}
    if isinstance(answers, dict):  # the Hub's own form, where empty lists mean unanswerable
        return answers
    if not isinstance(answers, list) or not answers or not all(isinstance(answer, dict) for answer in answers):
        return None
    return {key: [answer.get(key) for answer in answers] for key in ("text", "answer_start")}


def _hellaswag(fields: Fields) -> Draft:
    label = _pick(fields, "label")
    label = int(label) if isinstance(label, float) and label.is_integer() else label  # Pandas, where some have none
    word = "" if label is None else str(label).strip()
    row = {
        "ind": _integer(_pick(fields, "ind")),
        **{name: _pick(fields, name) or "" for name in ("activity_label", "ctx_b", "source_id", "split", "split_type")},
        "ctx_a": _pick(fields, "ctx_a"),
        "ctx": _pick(fields, "ctx"),
        "endings": _pick(fields, "endings"),
        "label": None if word in _NO_LABEL else word,
    }
    # `ind` counts within a release, several rows share a clip: the two together name one row.
    own_id = f"{row['source_id']}#{row['ind']}" if row["source_id"] and row["ind"] != NO_INDEX else None
    return Draft(own_id, row)


def _cosmos_qa(fields: Fields) -> Draft:
    row = {
        "id": _own_id(fields, "id") or "",
        **{name: _pick(fields, name) for name in ("context", "question", "answer0", "answer1", "answer2", "answer3")},
        "label": class_label(_pick(fields, "label"), _FOUR),
    }
    return Draft(_own_id(fields, "id"), row)


def _commonsense_qa(fields: Fields) -> Draft:
    question = fields.get("question")
    nested = question if isinstance(question, dict) else {}  # the authors' form; the Hub's is flat
    key = str(_pick(fields, "answerKey") or "").strip()
    row = {
        "id": _own_id(fields, "id") or "",
        "question": nested.get("stem") if nested else question,
        "question_concept": _pick(nested or fields, "question_concept") or "",
        "choices": _choices(_pick(nested or fields, "choices")),
        "answerKey": None if key in _NO_LABEL else key,
    }
    return Draft(_own_id(fields, "id"), row)


def _choices(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(choice, dict) for choice in value):
        return {key: [choice.get(key) for choice in value] for key in ("label", "text")}
    return value


def _ccg(fields: Fields) -> Draft:
    row = {"id": _own_id(fields, "id") or "", "tokens": _pick(fields, "tokens"), "tags": _pick(fields, "tags")}
    return Draft(_own_id(fields, "id"), row)


_PAIR = ("premise", "hypothesis", "label")
SHAPES: Mapping[str, Shape] = {
    "anli_plus": Shape(_nli, _PAIR),
    "mnli": Shape(_nli, _PAIR),
    "qqp": Shape(_qqp, ("question1", "question2", "label")),
    "squad_v1": Shape(_squad, ("context", "question", "answers")),
    "squad_v2": Shape(_squad, ("context", "question", "answers")),
    "hellaswag": Shape(_hellaswag, ("ctx", "endings", "label")),
    "cosmos_qa": Shape(_cosmos_qa, ("context", "question", "answer0", "answer1", "answer2", "answer3", "label")),
    "commonsense_qa": Shape(_commonsense_qa, ("question", "choices", "answerKey")),
    "ccg": Shape(_ccg, ("tokens", "tags")),
}
