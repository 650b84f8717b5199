"""From a record with a file's own names to an item: one function for each form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from synth.evaluate.tasks.items import ChoiceItem, Fields, PairItem, QueryItem, SpanItem, TagItem

_ID_DIGITS = 16


class Unusable(ValueError):
    """A record that cannot become an item; the message says what is missing. Caught where records are counted."""


# What taking apart a value of another structure raises: a list where an object should be, a key that is not there.
MISSHAPEN = (AttributeError, IndexError, KeyError, TypeError, ValueError)


def content_id(*parts: Any) -> str:
    """16 hex digits of the SHA-256 of the content: the id of an item without one."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_DIGITS]


def text(fields: Fields, *names: str) -> str:
    """The first of these fields that is there, as text.

    Raises:
        Unusable: None of them is a string.
    """
    for name in names:
        value = fields.get(name)
        if isinstance(value, str):
            return value
    raise Unusable(f"no {' or '.join(names)}")


def label(fields: Fields, names: tuple[str, ...], words: Mapping[str, str]) -> str:
    """The label word: files write numbers, numerals or words; "" when there is no gold.

    Raises:
        Unusable: The label is none of the task's.
    """
    value = next((fields[name] for name in names if fields.get(name) is not None), "")
    key = str(value).strip()
    if key in {"", "-", "-1"}:
        return ""
    if key not in words:
        raise Unusable(f"label {key!r} is none of {', '.join(dict.fromkeys(words.values()))}")
    return words[key]


def pair(
    fields: Fields,
    lang: str,
    names: tuple[tuple[str, ...], tuple[str, ...]],
    words: Mapping[str, str],
    parallel: bool = False,
) -> PairItem:
    """Two texts; the label is `gold_label` or `label`. In a parallel set the row's number is the cluster."""
    first, second = text(fields, *names[0]), text(fields, *names[1])
    cluster = str(fields.get("row", "")) if parallel else ""
    own = str(fields.get("pairID") or fields.get("id") or "") or content_id(first, second)
    return PairItem(own, lang, first, second, label(fields, ("gold_label", "label"), words), cluster)


_SIQA_ANSWERS = {"A": "0", "B": "1", "C": "2", "1": "0", "2": "1", "3": "2"}


def choice(fields: Fields, lang: str) -> ChoiceItem:
    """COPA's columns, or Social IQa's: three answers; `correct` is A to C (authors' files), or `label` 1 to 3 (Hub)."""
    if "answerA" in fields:
        return _social_iqa(fields, lang)
    choices = (text(fields, "choice1"), text(fields, "choice2"))
    gold = label(fields, ("label",), {"0": "0", "1": "1"})
    own = "" if fields.get("idx") is None else str(fields["idx"])
    premise, question = text(fields, "premise"), text(fields, "question")
    return ChoiceItem(own or content_id(premise, *choices), lang, premise, question, choices, gold, own)


def tags(fields: Fields, lang: str, names: tuple[str, ...]) -> TagItem:
    """A sentence; integer tags (Hub) are looked up in `tag_names`, which the Hub reader adds."""
    tokens = _texts(fields.get("tokens"), "tokens")
    given = next((fields[name] for name in names if fields.get(name) is not None), ())
    words = fields.get("tag_names")
    found = tuple(words[one] if isinstance(one, int) and words else str(one) for one in given)
    if not tokens or (found and len(found) != len(tokens)):
        raise Unusable(f"{len(tokens)} tokens but {len(found)} tags")
    return TagItem(str(fields.get("sent_id") or content_id(tokens)), lang, tokens, found)


def _social_iqa(fields: Fields, lang: str) -> ChoiceItem:
    answers = tuple(text(fields, f"answer{letter}") for letter in "ABC")
    gold = label(fields, ("correct", "label"), _SIQA_ANSWERS)
    premise, question = text(fields, "context"), text(fields, "question")
    return ChoiceItem(content_id(premise, question, *answers), lang, premise, question, answers, gold)


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise Unusable(f"{name} is no list of strings")
    return tuple(value)


def span(fields: Fields, lang: str) -> SpanItem:
    """SQuAD's columns, from its JSON (a list of answers) or from the Hub (an object of lists).

    XTREME's preprocessing leaves one answer of no letters where it takes the labels off: that is no gold.
    """
    answers = fields.get("answers") or []
    if isinstance(answers, dict):
        pairs = list(zip(answers.get("text") or (), answers.get("answer_start") or (), strict=False))
    else:
        pairs = [(one.get("text"), one.get("answer_start")) for one in answers if isinstance(one, dict)]
    context = text(fields, "context")
    for answer, start in pairs:
        if not isinstance(answer, str) or not isinstance(start, int):
            raise Unusable("an answer without text or answer_start")
    pairs = [(answer, start) for answer, start in pairs if answer.strip()]
    own = str(fields.get("id") or content_id(context, text(fields, "question")))
    return SpanItem(
        own, lang, context, text(fields, "question"), tuple(p[0] for p in pairs), tuple(p[1] for p in pairs), own
    )


def query(fields: Fields, lang: str) -> QueryItem:
    """A query that a retrieval reader has already put together: `id`, `text`, `gold`, perhaps `window`, `cluster`."""
    window = fields.get("window")
    return QueryItem(
        text(fields, "id"),
        lang,
        text(fields, "text"),
        _texts(fields.get("gold") or (), "gold"),
        window,
        _cluster(fields),
    )


def _cluster(fields: Fields) -> str:
    return str(fields.get("cluster") or "")
