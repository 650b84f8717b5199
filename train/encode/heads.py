"""The four heads' encoders: a row in, model inputs and an account of what did not fit out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth.errors import BadSource
from synth.languages import LANGUAGES
from synth.tasks import get_task
from synth.tasks.base import Shape
from synth.train.encode.features import IGNORED, Encoded, Feature
from synth.train.encode.pieces import Cutter, Pieces
from synth.train.encode.texts import Choices, choices_of, pair_of

Row = Mapping[str, Any]
Encoder = Callable[[Row], Encoded]


@dataclass(frozen=True, slots=True)
class Limits:
    """Lengths in pieces; see `synth.train.recipe.Lengths`."""

    pair: int = 256
    span: int = 384
    stride: int = 128
    question: int = 64


def encoder_of(task: str, cutter: Cutter, limits: Limits, tags: Mapping[str, int] | None = None) -> Encoder:
    """The encoder of a task.

    Args:
        task: The task.
        cutter: The student's tokenizer.
        limits: Lengths.
        tags: Number of each tag, for tagging tasks (`tag_numbers`).
    """
    shape = get_task(task).shape
    if shape is Shape.PAIR:
        return lambda row: encode_pair(task, row, cutter, limits)
    if shape is Shape.CHOICE:
        return lambda row: encode_choices(task, row, cutter, limits)
    if shape is Shape.SPAN:
        return lambda row: encode_span(row, cutter, limits)
    return lambda row: encode_tags(row, cutter, limits, tags or {})


def tag_numbers(tags: Sequence[str]) -> dict[str, int]:
    """A number for each tag, in alphabetical order."""
    return {tag: number for number, tag in enumerate(sorted(set(tags)))}


def encode_pair(task: str, row: Row, cutter: Cutter, limits: Limits) -> Encoded:
    """Pair classification."""
    return encode_texts(row["synth_id"], *pair_of(task, row), cutter, limits.pair)


def encode_texts(row_id: str, first: str, second: str, label: int, cutter: Cutter, length: int) -> Encoded:
    """Two texts and the number of their class in `length` pieces."""
    left, right, dropped = fit_pair(cutter.cut(first), cutter.cut(second), length - cutter.template.added)
    return Encoded((Feature(row_id, (cutter.pair(left, right),), {"labels": label}),), dropped)


def encode_choices(task: str, row: Row, cutter: Cutter, limits: Limits) -> Encoded:
    """Multiple choice: the prompt with each choice. What does not fit is cut off at the beginning, as in jiant."""
    return encode_options(row["synth_id"], choices_of(task, row), cutter, limits.pair, from_start=True)


def encode_options(row_id: str, found: Choices, cutter: Cutter, length: int, from_start: bool) -> Encoded:
    """A prompt with each of its choices in `length` pieces."""
    prompt, room = cutter.cut(found.prompt), length - cutter.template.added
    fitted = [fit_pair(prompt, cutter.cut(choice), room, from_start) for choice in found.choices]
    inputs = tuple(cutter.pair(left, right) for left, right, _ in fitted)
    return Encoded((Feature(row_id, inputs, {"labels": found.label}),), sum(dropped for _, _, dropped in fitted))


def fit_pair(first: Pieces, second: Pieces, room: int, from_start: bool = False) -> tuple[Pieces, Pieces, int]:
    """Both texts in `room` pieces, the longer one cut first (jiant's and Transformers' rule), and how many were cut.

    Args:
        first: Pieces of the first text.
        second: Pieces of the second text.
        room: Most pieces of both together.
        from_start: Cut at the beginning of the texts (multiple choice in jiant), else at their ends.
    """
    over = max(0, len(first) + len(second) - room)
    uneven = min(over, abs(len(first) - len(second)))
    half = over - uneven
    longer_first = len(first) >= len(second)
    # With equal lengths the two lose in turns, the second one first (as `longest_first` does).
    less = [half // 2, half - half // 2]
    less[0 if longer_first else 1] += uneven
    return _shortened(first, less[0], from_start), _shortened(second, less[1], from_start), over


def _shortened(pieces: Pieces, less: int, from_start: bool) -> Pieces:
    return pieces.cut(less, len(pieces)) if from_start else pieces.cut(0, len(pieces) - less)


def encode_span(row: Row, cutter: Cutter, limits: Limits) -> Encoded:
    """Extractive answers: windows over the paragraph; without an answer in a window, both labels are piece 0.

    The first answer is taken, as in all training scripts for SQuAD. A window moves on by `limits.stride` pieces, as in
    the official SQuAD scripts and jiant (Transformers' tokenizers call stride what two windows share).
    """
    question, whole = cutter.cut(row["question"]), cutter.cut(row["context"])
    asked = question.cut(0, limits.question)
    room = limits.span - cutter.template.added - len(asked)
    answer = _answer(row)
    target = None if answer is None else piece_range(whole, *answer)
    windows = _windows(len(whole), room, limits.stride)
    features = tuple(_window(row["synth_id"], cutter, asked, whole, window, target) for window in windows)
    held = target is None or any(start <= target[0] and target[1] < end for start, end in windows)
    lost = answer is not None and (target is None or not held)
    widened = target is not None and answer is not None and _text_of(whole, *target) != answer
    return Encoded(features, len(question) - len(asked), lost, widened)


def _answer(row: Row) -> tuple[int, int] | None:
    """Start and end of the first answer in the paragraph, without white space at its ends."""
    answers = row["answers"]
    if not answers["text"]:
        return None
    text, start = answers["text"][0], int(answers["answer_start"][0])
    bare = text.strip()
    start += len(text) - len(text.lstrip())
    return start, start + len(bare)


def piece_range(pieces: Pieces, start: int, end: int) -> tuple[int, int] | None:
    """First and last piece that hold a part of `text[start:end]`; None when no piece does."""
    inside = [
        index for index, (left, right) in enumerate(pieces.offsets) if left < end and right > start and left < right
    ]
    return (inside[0], inside[-1]) if inside else None


def _text_of(pieces: Pieces, first: int, last: int) -> tuple[int, int]:
    """Where the text of a range of pieces begins and ends."""
    spans = pieces.offsets[first : last + 1]
    return min(start for start, _ in spans), max(end for _, end in spans)


def _windows(length: int, room: int, stride: int) -> list[tuple[int, int]]:
    """Windows of `room` pieces, each `stride` further on, until the end is reached."""
    if room < 1:
        raise BadSource("lengths.span leaves no room for the paragraph beside the question; raise lengths.span")
    windows = [(0, min(room, length))]
    while windows[-1][1] < length:
        start = windows[-1][0] + min(stride, room)
        windows.append((start, min(start + room, length)))
    return windows


def _window(
    row_id: str, cutter: Cutter, asked: Pieces, whole: Pieces, window: tuple[int, int], target: tuple[int, int] | None
) -> Feature:
    start, end = window
    part = whole.cut(start, end)
    inputs = cutter.pair(asked, part)
    offsets: list[tuple[int, int] | None] = [None] * len(inputs.ids)
    offsets[inputs.second : inputs.second + len(part)] = part.offsets
    first = last = 0
    if target is not None and start <= target[0] and target[1] < end:
        first, last = (inputs.second + place - start for place in target)
    return Feature(row_id, (inputs,), {"start_positions": first, "end_positions": last}, tuple(offsets))


def span_text(context: str, feature: Feature, first: int, last: int) -> str:
    """The text of the paragraph between two pieces of a window; "" for no answer (piece 0) or an impossible pair."""
    places = feature.offsets
    start, end = places[first], places[last]
    if start is None or end is None or last < first:
        return ""
    inside = [place for place in places[first : last + 1] if place is not None]
    return context[min(left for left, _ in inside) : max(right for _, right in inside)]


def encode_tags(row: Row, cutter: Cutter, limits: Limits, tags: Mapping[str, int]) -> Encoded:
    """Token tagging: the first piece of each word carries its tag, all others none.

    Raises:
        BadSource: A tag has no number.
    """
    unknown = sorted(set(row["tags"]) - set(tags))
    if unknown:
        raise BadSource(f"{row['synth_id']} has the tag {unknown[0]!r}, which the head does not know; list all tags")
    words = cutter.cut_words(row["tokens"], is_spaced(row["synth_lang"]))
    return encode_words(row["synth_id"], words, [tags[tag] for tag in row["tags"]], cutter, limits.pair)


def is_spaced(lang: str) -> bool:
    """Whether a language writes blanks between words; a language that is not known is taken to."""
    return LANGUAGES[lang].spaced if lang in LANGUAGES else True


def encode_words(row_id: str, words: Sequence[Pieces], tags: Sequence[int], cutter: Cutter, length: int) -> Encoded:
    """Words in pieces, with the number of the tag of each, in `length` pieces."""
    ids = [piece for word in words for piece in word.ids]
    labels = [
        tag if index == 0 else IGNORED for word, tag in zip(words, tags, strict=True) for index in range(len(word))
    ]
    room = length - cutter.template.added_to_one
    inputs = cutter.one(Pieces(tuple(ids[:room]), ((0, 0),) * min(room, len(ids))))
    before, after = (len(part) for part in (cutter.template.single_before, cutter.template.single_after))
    around = [*[IGNORED] * before, *labels[:room], *[IGNORED] * after]
    lost = any(label != IGNORED for label in labels[room:])
    return Encoded((Feature(row_id, (inputs,), {"labels": around}),), max(0, len(ids) - room), lost)
