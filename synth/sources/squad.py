"""SQuAD's own JSON (v1.1 and v2.0): articles, paragraphs, questions, answers with character offsets.

Format: Rajpurkar et al. 2016 (v1.1) and 2018 (v2.0). v1.1 has no `is_impossible`; an impossible question of v2.0 has
an empty `answers` and carries `plausible_answers`, which are no answers and are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synth.sources.base import SourceProblem
from synth.sources.files import DataFile
from synth.sources.problems import What
from synth.sources.readers import Item, Record, load_json


def read_squad(file: DataFile) -> Iterator[Item]:
    """One record for each question, with `title` and `context` of where it stands."""
    value = load_json(file)
    if isinstance(value, SourceProblem):
        yield value
        return
    articles = value.get("data") if isinstance(value, dict) else None
    if not isinstance(articles, list):
        yield file.problem("whole file", What.BAD_JSON, "not SQuAD: no list `data` of articles at the top")
        return
    for number, article in enumerate(articles):
        yield from _article(file, f"data[{number}]", article)


def _article(file: DataFile, where: str, article: Any) -> Iterator[Item]:
    paragraphs = article.get("paragraphs") if isinstance(article, dict) else None
    if not isinstance(paragraphs, list):
        yield file.problem(where, What.BAD_ROW, "article without a list `paragraphs`")
        return
    for number, paragraph in enumerate(paragraphs):
        yield from _paragraph(file, f"{where}.paragraphs[{number}]", paragraph, article.get("title", ""))


def _paragraph(file: DataFile, where: str, paragraph: Any, title: Any) -> Iterator[Item]:
    questions = paragraph.get("qas") if isinstance(paragraph, dict) else None
    if not isinstance(questions, list):
        yield file.problem(where, What.BAD_ROW, "paragraph without a list `qas`")
        return
    for number, question in enumerate(questions):
        place = f"{where}.qas[{number}]"
        if isinstance(question, dict):
            yield Record(place, {**question, "title": title, "context": paragraph.get("context")})
        else:
            yield file.problem(place, What.BAD_ROW, f"expected a question, found {type(question).__name__}")
