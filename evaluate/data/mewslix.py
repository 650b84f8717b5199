"""Mewsli-X: mentions, English training pairs, and a million entities, from JSON lines or the Hub's rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from synth.errors import BadSource
from synth.evaluate.tasks.items import Candidate
from synth.evaluate.tasks.shapes import MISSHAPEN
from synth.sources.base import SourceProblem
from synth.sources.files import DataFile
from synth.sources.problems import What
from synth.sources.readers import Item, Record, read_jsonl

_MARKS = re.compile(r"\{(.*?)\}")
Problem = Callable[[str, What, str], SourceProblem]
"""Makes a problem out of where it is, what it is and a detail."""


def read_mewslix(file: DataFile) -> tuple[list[Item], tuple[Candidate, ...]]:
    """Queries of a file, and, where it is one of training pairs, their entities as candidates."""
    return linked(read_jsonl(file), file.problem)


def linked(reads: Iterable[Item], problem: Problem) -> tuple[list[Item], tuple[Candidate, ...]]:
    """Queries of mentions, or queries and entities of pairs (`wikipedia_pairs`), each entity once."""
    items: list[Item] = []
    entities: dict[str, Candidate] = {}
    for read in reads:
        if isinstance(read, SourceProblem):
            items.append(read)
        elif "contextual_mention" in read.fields:
            item, entity = _pair(read, problem)
            items.append(item)
            if entity is not None:
                entities.setdefault(entity.item_id, entity)
        else:
            items += _mentions(read, problem)
    return items, tuple(entities.values())


def _pair(read: Record, problem: Problem) -> tuple[Item, Candidate | None]:
    """A mention with the entity it means."""
    try:
        entity = entity_of(read.fields["entity"])
        both = read.fields["contextual_mention"]
        mention = {"example_id": read.where, **both["mention"], "entity_id": entity.item_id}
        return _mention(problem, read.where, both["context"], mention), entity
    except MISSHAPEN as error:
        return problem(read.where, What.BAD_ROW, f"no pair of a mention and an entity: {error!r}"), None


def _mentions(read: Record, problem: Problem) -> Iterator[Item]:
    """One query a mention: its text, a colon, and its sentence with the mention in braces (the official form)."""
    context = read.fields.get("context")
    mentions = read.fields.get("mentions") or ([read.fields["mention"]] if "mention" in read.fields else [])
    if not isinstance(context, Mapping) or not mentions:
        yield problem(read.where, What.MISSING_FIELD, "no context or no mentions")
        return
    for mention in mentions:
        try:
            yield _mention(problem, read.where, context, mention)
        except MISSHAPEN as error:
            yield problem(read.where, What.BAD_ROW, f"a mention that is not in Mewsli-X's form: {error!r}")


def _mention(problem: Problem, where: str, context: Mapping[str, Any], mention: Mapping[str, Any]) -> Item:
    span = mention["mention_span"]
    inside = next(
        (
            one
            for one in context["sentence_spans"]
            if one["start"] <= span["start"] < one["end"] and one["start"] < span["end"] <= one["end"]
        ),
        None,
    )
    if inside is None:
        return problem(where, What.WRONG_OFFSET, f"mention {mention['example_id']} is in no sentence")
    text = context["text"]
    left, right = text[inside["start"] : span["start"]], text[span["end"] : inside["end"]]
    marked = f"{span['text']}: {_escaped(left)} {{ {span['text']} }} {_escaped(right)}"
    gold = [mention["entity_id"].strip()] if mention.get("entity_id") else []
    fields = {"id": mention["example_id"], "text": _one_line(marked), "gold": gold, "language": context["language"]}
    return Record(where, fields)


def _escaped(text: str) -> str:
    """Braces of the text, which would look like the marks, made round."""
    return _MARKS.sub(r"(\1)", text)


def _one_line(text: str) -> str:
    # One pass over pairs of spaces, as in the official code: three spaces become two.
    return " ".join(text.splitlines()).replace("  ", " ").strip()


def read_entities(file: DataFile) -> Iterator[Candidate]:
    """Mewsli-X's candidates one by one: a million of them, so the caller decides what is kept.

    Raises:
        BadSource: A line is no entity. One that is left out could be the gold of a mention.
    """
    return entities(read_jsonl(file), file.name)


def entities(reads: Iterable[Item], name: str) -> Iterator[Candidate]:
    """Rows as entities.

    Raises:
        BadSource: A row is none.
    """
    for read in reads:
        try:
            if isinstance(read, SourceProblem):
                raise ValueError(read.detail)
            yield entity_of(read.fields)
        except MISSHAPEN as error:
            where = read.where if isinstance(read, Record) else read.row
            raise BadSource(f"{name}, {where}: no entity of Mewsli-X ({error!r}); get the file again") from None


def entity_of(fields: Mapping[str, Any]) -> Candidate:
    """An entity: its id, and the sentences of its description in one line (the official form)."""
    sentences = " ".join(fields["description"][one["start"] : one["end"]] for one in fields["sentence_spans"])
    return Candidate(fields["entity_id"], fields["description_language"], _one_line(sentences))
