"""LAReQA and Mewsli-X: queries and candidates out of the authors' JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synth.errors import BadSource
from synth.evaluate.tasks.items import Candidate
from synth.evaluate.tasks.shapes import MISSHAPEN
from synth.sources.base import SourceProblem
from synth.sources.files import DataFile
from synth.sources.problems import What
from synth.sources.readers import Item, Record, load_json, read_jsonl

_MARKS = re.compile(r"\{(.*?)\}")


def read_lareqa(file: DataFile, lang: str) -> tuple[list[Item], tuple[Candidate, ...]]:
    """Questions and the sentences of all paragraphs, from XQuAD-R's files with `sentence_breaks`.

    Ids are the official ones: questions `ID_LANG`, candidates `LANG_PARAGRAPH_SENTENCE`. The gold of a question is, in
    each language, the sentence in which its answer starts, and every other sentence of that paragraph with the same
    text; golds of the other languages are joined by `pool` when all are read. `cluster` is the question's own id, which
    is the same in all languages.
    """
    value = load_json(file)
    if isinstance(value, SourceProblem):
        return [value], ()
    items: list[Item] = []
    candidates: list[Candidate] = []
    try:
        paragraphs = [par for article in value["data"] for par in article["paragraphs"]]
    except MISSHAPEN as error:
        return [file.problem("whole file", What.BAD_JSON, f"not SQuAD: {error!r}")], ()
    for number, paragraph in enumerate(paragraphs, 1):
        try:
            found, more = _paragraph(file, paragraph, number, lang)
        except MISSHAPEN as error:
            detail = f"{error!r}; sentence_breaks are in the authors' xquad-r files only, not in the Hub's copy"
            return [file.problem(f"paragraph {number}", What.MISSING_FIELD, detail)], ()
        items += found
        candidates += more
    return items, tuple(candidates)


def _paragraph(
    file: DataFile, paragraph: Mapping[str, Any], number: int, lang: str
) -> tuple[list[Item], list[Candidate]]:
    """Questions of one paragraph, and its sentences, which are candidates only if one of the questions is usable."""
    context = paragraph["context"]
    sentences = [context[start:end] for start, end in paragraph["sentence_breaks"]]
    names = [f"{lang}_{number}_{place}" for place in range(len(sentences))]
    questions = list(_questions(file, paragraph, sentences, names, lang))
    if not any(isinstance(one, Record) for one in questions):
        return questions, []
    return questions, [Candidate(name, lang, text, context) for name, text in zip(names, sentences, strict=True)]


def _questions(
    file: DataFile, paragraph: Mapping[str, Any], sentences: Sequence[str], names: Sequence[str], lang: str
) -> Iterator[Item]:
    for question in paragraph["qas"]:
        start = question["answers"][0]["answer_start"]
        breaks = paragraph["sentence_breaks"]
        place = next((at for at, (first, end) in enumerate(breaks) if first <= start < end), None)
        name = f"{question['id']}_{lang}"
        if place is None:  # the official reader leaves such a question out, too
            yield file.problem(name, What.WRONG_OFFSET, "the answer starts outside of every sentence")
            continue
        gold = [other for other, text in zip(names, sentences, strict=True) if text == sentences[place]]
        fields = {"id": name, "text": question["question"], "gold": gold, "cluster": question["id"]}
        yield Record(name, fields)


def read_mewslix(file: DataFile) -> Iterator[Item]:
    """One query a mention: its text, a colon, and its sentence with the mention in braces (the official form)."""
    for item in read_jsonl(file):
        if isinstance(item, SourceProblem):
            yield item
            continue
        context = item.fields.get("context")
        mentions = item.fields.get("mentions") or ([item.fields["mention"]] if "mention" in item.fields else [])
        if not isinstance(context, Mapping) or not mentions:
            yield file.problem(item.where, What.MISSING_FIELD, "no context or no mentions")
            continue
        for mention in mentions:
            try:
                yield _mention(file, item.where, context, mention)
            except MISSHAPEN as error:
                yield file.problem(item.where, What.BAD_ROW, f"a mention that is not in Mewsli-X's form: {error!r}")


def _mention(file: DataFile, where: str, context: Mapping[str, Any], mention: Mapping[str, Any]) -> Item:
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
        return file.problem(where, What.WRONG_OFFSET, f"mention {mention['example_id']} is in no sentence")
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
    for item in read_jsonl(file):
        try:
            yield _entity(item)
        except MISSHAPEN as error:
            where = item.where if isinstance(item, Record) else item.row
            raise BadSource(f"{file.name}, {where}: no entity of Mewsli-X ({error!r}); get the file again") from None


def _entity(item: Item) -> Candidate:
    if isinstance(item, SourceProblem):
        raise ValueError(item.detail)
    fields = item.fields
    sentences = " ".join(fields["description"][one["start"] : one["end"]] for one in fields["sentence_spans"])
    return Candidate(fields["entity_id"], fields["description_language"], _one_line(sentences))
