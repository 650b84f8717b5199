"""One reader a format of the test sets: (field, text, question id) of each text field.

Ids are given only where they are unique among all data sets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth.errors import BadSource
from synth.filter.contamination.units import UNSPACED_LANGUAGES

Fields = Iterator[tuple[str, str, str]]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSource(f"cannot read test set file {path}: {error}; it must be readable UTF-8.") from error


def _lines(path: Path) -> list[str]:
    # Not `splitlines`: sentences hold U+2028, U+0085 and other characters at which that would cut them.
    return _text(path).removesuffix("\n").split("\n")


def _json(path: Path, text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadSource(f"{path}, {where}: not JSON ({error}); fetch the test set again.") from error


def read_qa(path: Path, _lang: str) -> Fields:
    """SQuAD's JSON: XQuAD, MLQA, TyDiQA-GoldP, LAReQA's XQuAD-R, SQuAD itself."""
    document = _json(path, _text(path), "the whole file")
    try:
        for article in document["data"]:
            for paragraph in article["paragraphs"]:
                yield "context", paragraph["context"], ""
                for question in paragraph["qas"]:
                    yield "question", question["question"], str(question["id"])
    except (KeyError, TypeError) as error:
        raise BadSource(f"{path} lacks {error} of the SQuAD format; check which file was named.") from error


def read_pairs(path: Path, lang: str) -> Fields:
    """XNLI and PAWS-X: tab-separated sentence pairs, without a header (XTREME's form) or with the original one."""
    rows = [line.split("\t") for line in _lines(path) if line.strip()]
    header = rows[0] if rows else []
    if "sentence1" not in header:
        for row in rows:
            yield from _pair(path, row[:2])
        return
    sides = header.index("sentence1"), header.index("sentence2")
    tongue = header.index("language") if "language" in header else None
    for row in rows[1:]:
        if tongue is None or row[tongue : tongue + 1] == [lang]:
            yield from _pair(path, [row[side] for side in sides if side < len(row)])


def _pair(path: Path, sides: list[str]) -> Fields:
    if len(sides) != 2:
        raise BadSource(f"{path}: a line has fewer than two columns ({sides}); check which file was named.")
    yield "sentence1", sides[0], ""
    yield "sentence2", sides[1], ""


def read_xcopa(path: Path, _lang: str) -> Fields:
    """XCOPA: one JSON object a line."""
    for number, line in enumerate(_lines(path), 1):
        if line.strip():
            row = _json(path, line, f"line {number}")
            for name in ("premise", "choice1", "choice2"):
                yield name, _value(path, number, row, name), ""


def _value(path: Path, number: int, row: Any, *names: str) -> str:
    """The text in an object of a line of JSON, objects in it by their names."""
    for name in names:
        row = row.get(name) if isinstance(row, dict) else None
    if not isinstance(row, str):
        raise BadSource(f"{path}, line {number}: no {'.'.join(names)}; check which file was named.")
    return row


def _tokens_of(line: str) -> str | None:
    """The token of a line of CoNLL-U (ten columns) or of `token tag`; None where the line holds none."""
    if line.startswith("# "):
        return None
    columns = line.split("\t") if "\t" in line else line.split(" ")
    if len(columns) >= 10:  # words inside a multiword token (1, 2 after 1-2) repeat it: ids with a mark are left out
        return columns[1] if columns[0].isdigit() else None
    return columns[0]


def read_tokens(path: Path, lang: str) -> Fields:
    """PAN-X (`token tag`, a blank line between sentences) and UD-POS (CoNLL-U): each sentence as one text."""
    joiner = "" if lang in UNSPACED_LANGUAGES else " "
    tokens: list[str] = []
    for line in [*_lines(path), ""]:
        if line.strip():
            token = _tokens_of(line)
            if token is not None:
                tokens.append(token.removeprefix(f"{lang}:"))  # the original PAN-X files mark each token
            elif line.startswith("# text = "):
                yield "text", line.removeprefix("# text = "), ""
        elif tokens:
            yield "tokens", joiner.join(tokens), ""
            tokens = []


def read_tatoeba(path: Path, _lang: str) -> Fields:
    """Tatoeba: one sentence a line."""
    for line in _lines(path):
        yield "sentence", line, ""


def read_bucc(path: Path, _lang: str) -> Fields:
    """BUCC: id, tab, sentence."""
    for number, line in enumerate(_lines(path), 1):
        _, tab, sentence = line.partition("\t")
        if line and not tab:
            raise BadSource(f"{path}, line {number}: no tab behind an id; check which file was named.")
        yield "sentence", sentence, ""


def read_mewslix(path: Path, _lang: str) -> Fields:
    """Mewsli-X: mentions with their document, one JSON object a line; a document is given once."""
    seen = ""
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        text = _value(path, number, _json(path, line, f"line {number}"), "context", "text")
        if text != seen:
            yield "text", text, ""
        seen = text
