"""Tagged sentences: a token and its tag a line (WikiANN, XTREME's layout, MasakhaPOS), and CoNLL-U."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from synth.evaluate.tasks.base import codes
from synth.sources.files import DataFile, lines
from synth.sources.problems import What
from synth.sources.readers import Item, Record

_COLUMNS: Final = 10  # of CoNLL-U
# Which tag a written word gets when the parts that are highest in its tree are several: the first in this order.
# XTREME's conversion (`ud-conversion-tools/conllu_to_conll.py`), whose lists for es, fr and it are shorter; a tag
# outside of such a list stops that tool, here it comes last.
_RANKS: Final = codes("VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT")
_RANKS_BY_LANGUAGE: Final = {
    "es": codes("VERB AUX PRON ADP DET"),
    "fr": codes("VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ"),
    "it": codes("VERB AUX ADV PRON ADP DET INTJ"),
}
_ZWNJ: Final = "\u200c"  # XTREME's preprocessing removes it from the words of every language


@dataclass(frozen=True, slots=True)
class _Word:
    form: str
    tag: str
    heads: tuple[int, ...]  # of the basic and the enhanced tree


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence of a CoNLL-U file: words by their number, ranges of written words, and the comment `sent_id`."""

    words: Mapping[int, _Word]
    fused: Mapping[tuple[int, int], str]
    sent_id: str


def tokens_reader(lang: str) -> Callable[[DataFile], Iterator[Item]]:
    """A reader of sentences of lines "token TAB tag" (or a space), parted by blank lines.

    WikiANN's own release writes `de:Berlin`: where the first token of a file has its language so, it is cut from all.
    A line without a tag is XTREME's test layout: the sentence then has no tags.
    """

    def read(file: DataFile) -> Iterator[Item]:
        prefix: str | None = None
        for first, block in _blocks(file):
            pairs = [line.partition("\t" if "\t" in line else " ") for line in block]
            if prefix is None:
                prefix = f"{lang}:" if pairs[0][0].startswith(f"{lang}:") else ""
            tokens = [token.removeprefix(prefix).strip() for token, _, _ in pairs]
            yield _sentence(first, tokens, [tag.strip() for _, _, tag in pairs])

    return read


def _sentence(first: int, tokens: list[str], tags: list[str]) -> Record:
    return Record(f"line {first}", {"tokens": tokens, "tags": tags if all(tags) else []})


def conllu_reader(multiword: str, lang: str) -> Callable[[DataFile], Iterator[Item]]:
    """A reader of CoNLL-U.

    Args:
        multiword: "fused" (official) joins the parts of a written word such as French `du`, with the tag of the part
            that is highest in the tree; "words" keeps the parts, as the Hub's copies do.
        lang: Language, for the order of tags.
    """

    def read(file: DataFile) -> Iterator[Item]:
        for first, block in _blocks(file):
            sentence = _parse(block)
            if isinstance(sentence, str):
                yield file.problem(f"line {first}", What.BAD_ROW, sentence)
            elif kept := _tokens(sentence, multiword, lang):
                fields = {"tokens": [form for form, _ in kept], "tags": [tag for _, tag in kept]}
                yield Record(f"line {first}", {**fields, "sent_id": sentence.sent_id})

    return read


def _blocks(file: DataFile) -> Iterator[tuple[int, list[str]]]:
    first, block = 1, list[str]()
    for number, line in lines(file):
        if line.strip():
            block.append(line)
        else:
            if block:
                yield first, block
            first, block = number + 1, []
    if block:
        yield first, block


def _parse(block: list[str]) -> _Sentence | str:
    """The sentence, or what is wrong with it."""
    words: dict[int, _Word] = {}
    fused: dict[tuple[int, int], str] = {}
    sent_id = ""
    for line in block:
        if line.startswith("#"):
            sent_id = line.partition("=")[2].strip() if line.startswith("# sent_id") else sent_id
            continue
        cells = line.split("\t")
        if len(cells) != _COLUMNS:
            return f"{len(cells)} columns, CoNLL-U has {_COLUMNS}"
        if (number := cells[0]).isdecimal():
            words[int(number)] = _Word(cells[1], cells[3], _heads(cells[6], cells[8]))
        elif re.fullmatch(r"\d+-\d+", number):
            start, _, end = number.partition("-")
            fused[int(start), int(end)] = cells[1]
        # else: an empty node of the enhanced tree (8.1), no word of the text
    return _Sentence(words, fused, sent_id) if words else "no words"


def _heads(basic: str, enhanced: str) -> tuple[int, ...]:
    pairs = [pair.partition(":")[0] for pair in enhanced.split("|")] if enhanced != "_" else []
    return tuple(int(head) for head in (basic, *pairs) if head.isdecimal())


def _tokens(sentence: _Sentence, multiword: str, lang: str) -> list[tuple[str, str]]:
    """Forms and tags; empty for sentences that XTREME leaves out, whose words are hidden (`_`) for copyright."""
    found: list[tuple[str, str]] = []
    spans = {start: (end, form) for (start, end), form in sentence.fused.items()} if multiword == "fused" else {}
    after = 0
    for number, word in sorted(sentence.words.items()):
        if number in spans:
            after, form = spans[number]
            head = _highest(sentence.words, range(number, after + 1), _RANKS_BY_LANGUAGE.get(lang, _RANKS))
            found.append((form, sentence.words[head].tag))
        elif number > after:
            found.append((word.form, word.tag))
    hidden = sum(form == "_" for form, _ in found)
    if hidden and hidden >= len(found) - 1:
        return []
    return [(form.strip().replace(_ZWNJ, "").replace(" ", ""), tag.strip()) for form, tag in found]


def _highest(words: Mapping[int, _Word], span: range, ranks: tuple[str, ...]) -> int:
    """The part with the fewest ancestors; of several, the one whose tag comes first in `ranks`."""
    inside = [number for number in span if number in words]
    depths = {number: len(_ancestors(words, number)) for number in inside}
    top = [number for number in inside if depths[number] == min(depths.values())]
    return min(top, key=lambda number: ranks.index(words[number].tag) if words[number].tag in ranks else len(ranks))


def _ancestors(words: Mapping[int, _Word], number: int) -> set[int]:
    found: set[int] = set()
    waiting = list(words[number].heads)
    while waiting:
        head = waiting.pop()
        if head not in found:
            found.add(head)
            waiting.extend(words[head].heads if head in words else ())
    return found - {number}
