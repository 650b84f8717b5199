"""Cutting text into a student's pieces, and putting pieces together with the student's special tokens.

Works on a `tokenizers.Tokenizer`, alone or inside a Transformers fast tokenizer, and changes neither: truncation and
windows are done here, on pieces, so that every piece that is left out is counted. Offsets are code points of the text
as it was given, as in SQuAD; white space that a tokenizer counts to a piece is taken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from synth.errors import BadFlag

_PROBE = ("a", "b")


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text in pieces: their numbers, and where each stands, `text[start:end]`."""

    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.ids)

    def cut(self, start: int, end: int) -> Pieces:
        """The pieces from number `start` up to `end`."""
        return Pieces(self.ids[start:end], self.offsets[start:end])


@dataclass(frozen=True, slots=True)
class Template:
    """What a student wants around one or two texts.

    Args:
        before, between, after: Special pieces of a pair.
        single_before, single_after: Special pieces of one text.
        types: Segment numbers of first and second text; (0, 0) where the student has none.
    """

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    single_before: tuple[int, ...]
    single_after: tuple[int, ...]
    types: tuple[int, int] = (0, 0)

    @property
    def added(self) -> int:
        """Special pieces of a pair."""
        return len(self.before) + len(self.between) + len(self.after)

    @property
    def added_to_one(self) -> int:
        """Special pieces of one text."""
        return len(self.single_before) + len(self.single_after)


@dataclass(frozen=True, slots=True)
class Sequence2:
    """A model input of one or two texts.

    Args:
        ids: All pieces.
        types: Segment of each.
        second: Where the second text begins (the length of `ids` when there is none).
    """

    ids: tuple[int, ...]
    types: tuple[int, ...]
    second: int


class Cutter:
    """A student's tokenizer as the encoders use it.

    Args:
        tokenizer: A `tokenizers.Tokenizer`, or a fast tokenizer of Transformers.
        separator: Text between the two texts of a pair where the student has no special piece for it (decoders).
        bos: Piece that a decoder's input begins with, where its tokenizer does not add it by itself (the one that
            transformers makes from a GGUF file does not, and Gemma talks nonsense without it); a Transformers
            tokenizer is asked for its own.
        decoder: The student reads left to right: pairs are `bos A separator B`, without repeated special pieces.

    Raises:
        BadFlag: It is a slow tokenizer, which knows no offsets.
    """

    def __init__(self, tokenizer: Any, decoder: bool = False, separator: str = "\n", bos: int | None = None) -> None:
        self._tokenizer = _plain(tokenizer)
        self._bos = getattr(tokenizer, "bos_token_id", None) if bos is None else bos
        self.eos: int | None = getattr(tokenizer, "eos_token_id", None)  # a Transformers tokenizer knows
        self.template = self._decoder_template(separator) if decoder else self._encoder_template()

    def cut(self, text: str) -> Pieces:
        """The pieces of a text, without special ones."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return Pieces(tuple(encoding.ids), tuple(_bare(text, *span) for span in encoding.offsets))

    def cut_many(self, texts: Sequence[str]) -> list[list[int]]:
        """The pieces of each text, without special ones and without offsets: many texts at once, on all cores."""
        found = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in found]

    def cut_words(self, words: Sequence[str], spaced: bool = True) -> list[Pieces]:
        """The pieces of each word of a sentence that is split already; offsets are within the word.

        Each word is cut for itself, so that no piece crosses two; but for the first with a blank in front, because
        tokenizers that mark word beginnings take a word without one for the inside of another (the reason why mmBERT's
        tagging results are low: its tokenizer adds none for split words). Not in languages without blanks.
        """
        given = [f" {word}" if spaced and index else word for index, word in enumerate(words)]
        encodings = self._tokenizer.encode_batch(given, add_special_tokens=False)
        return [self._of_word(encoding, given[index], words[index]) for index, encoding in enumerate(encodings)]

    def _of_word(self, encoding: Any, given: str, word: str) -> Pieces:
        """All pieces of a word, one for the blank in front included where there is; at least one for any word."""
        shift = len(given) - len(word)
        spans = [_bare(given, *span) for span in encoding.offsets]
        if not spans:
            return Pieces((self._unknown,), ((0, len(word)),))
        return Pieces(tuple(encoding.ids), tuple((max(0, start - shift), max(0, end - shift)) for start, end in spans))

    @property
    def _unknown(self) -> int:
        """The piece for what has no piece: the tokenizer's own, else the first of a question mark."""
        model = self._tokenizer.model
        name = getattr(model, "unk_token", None)
        found = self._tokenizer.token_to_id(name) if name else getattr(model, "unk_id", None)
        return int(found if found is not None else self._tokenizer.encode("?", add_special_tokens=False).ids[0])

    def one(self, pieces: Pieces) -> Sequence2:
        """A model input of one text."""
        ids = (*self.template.single_before, *pieces.ids, *self.template.single_after)
        return Sequence2(ids, (self.template.types[0],) * len(ids), len(ids))

    def pair(self, first: Pieces, second: Pieces) -> Sequence2:
        """A model input of two texts."""
        head = (*self.template.before, *first.ids, *self.template.between)
        tail = (*second.ids, *self.template.after)
        types = (self.template.types[0],) * len(head) + (self.template.types[1],) * len(tail)
        return Sequence2(head + tail, types, len(head))

    def _encoder_template(self) -> Template:
        """The special pieces, read off from how the tokenizer puts two texts together."""
        single, pair = self._tokenizer.encode(_PROBE[0]), self._tokenizer.encode(*_PROBE)
        before, between, after = _around(pair)
        alone = _around(single)
        own = [index for index, number in enumerate(pair.sequence_ids) if number is not None]
        types = (pair.type_ids[own[0]], pair.type_ids[own[-1]])
        return Template(before, between, after, alone[0], alone[2], types)

    def _decoder_template(self, separator: str) -> Template:
        before, _, after = _around(self._tokenizer.encode(_PROBE[0]))
        before = before or (() if self._bos is None else (self._bos,))
        between = tuple(self._tokenizer.encode(separator, add_special_tokens=False).ids)
        return Template(before, between, after, before, after)


def _around(encoding: Any) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Special pieces before, between and after the texts of an encoding."""
    found: tuple[list[int], list[int], list[int]] = ([], [], [])
    numbers = encoding.sequence_ids
    last = max((index for index, number in enumerate(numbers) if number is not None), default=-1)
    seen = False
    for index, (piece, number) in enumerate(zip(encoding.ids, numbers, strict=True)):
        seen = seen or number is not None
        if number is None:
            found[0 if not seen else 2 if index > last else 1].append(piece)
    return tuple(found[0]), tuple(found[1]), tuple(found[2])


def _plain(tokenizer: Any) -> Any:
    """The `tokenizers.Tokenizer`, a copy where the given one truncates or pads by itself."""
    from tokenizers import Tokenizer

    inner = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not isinstance(inner, Tokenizer):
        raise BadFlag(f"{type(tokenizer).__name__} is no fast tokenizer: offsets are needed; load it with use_fast")
    if inner.truncation is None and inner.padding is None:
        return inner
    copy = Tokenizer.from_str(inner.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A piece's place without the white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
