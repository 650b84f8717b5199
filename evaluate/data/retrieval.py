"""LAReQA: questions and candidate sentences out of the authors' JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synth.evaluate.tasks.items import Candidate
from synth.evaluate.tasks.shapes import MISSHAPEN
from synth.sources.base import SourceProblem
from synth.sources.files import DataFile
from synth.sources.problems import What
from synth.sources.readers import Item, Record, load_json


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
