"""Items become model inputs, by form of task; the cutting is that of the intermediate stage (`synth.train.encode`).

What the official scripts do and the intermediate stage does not:

- Choices: "PREMISE What was the cause?" (or effect; in English whatever the language) beside each choice for COPA and
  XCOPA, "CONTEXT QUESTION" for Social IQa; what does not fit is cut off at the end (`third_party/run_xcopa.py`).
- Tags: a sentence that is too long is divided between words, into as few windows as hold it, so that every word gets a
  tag (`utils_preprocess.py`); a word that alone is too long keeps its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from synth.evaluate.tasks.base import EvalTask, Form
from synth.evaluate.tasks.items import ChoiceItem, Item, PairItem, SpanItem, TagItem
from synth.train.encode.features import Feature
from synth.train.encode.heads import Limits, encode_options, encode_span, encode_texts, encode_words, is_spaced
from synth.train.encode.pieces import Cutter, Pieces
from synth.train.encode.texts import Choices
from synth.train.recipe import Lengths

ItemEncoder = Callable[[Item], tuple[Feature, ...]]
_MOST_KEPT = 256  # paragraphs; questions about one stand together in every data set


class ParagraphCutter(Cutter):
    """A cutter that remembers what it cut last: a paragraph has a handful of questions, MLQA's English ones 11,590.

    Args:
        tokenizer: As of `Cutter`.
        decoder: As of `Cutter`.
    """

    def __init__(self, tokenizer: Any, decoder: bool = False) -> None:
        super().__init__(tokenizer, decoder)
        self._kept: dict[str, Pieces] = {}

    def cut(self, text: str) -> Pieces:
        """The pieces of a text, without special ones."""
        found = self._kept.get(text)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            found = self._kept[text] = super().cut(text)
        return found


def item_encoder(task: EvalTask, cutter: Cutter, lengths: Lengths) -> ItemEncoder:
    """What makes the model inputs of one item of a task.

    Args:
        task: The task.
        cutter: The student's tokenizer.
        lengths: Most pieces, and the stride of windows.
    """
    if task.form is Form.PAIR:
        numbers = {label: number for number, label in enumerate(task.labels)}
        return partial(_pair, cutter=cutter, length=lengths.pair, numbers=numbers)
    if task.form is Form.CHOICE:
        return partial(_choice, cutter=cutter, length=lengths.pair)
    if task.form is Form.TAGS:
        numbers = {tag: number for number, tag in enumerate(task.labels)}
        return partial(_tags, cutter=cutter, length=lengths.pair, numbers=numbers)
    limits = Limits(span=lengths.span, stride=lengths.stride, question=lengths.question)
    return partial(_span, cutter=cutter, limits=limits)


def _pair(item: Item, cutter: Cutter, length: int, numbers: dict[str, int]) -> tuple[Feature, ...]:
    assert isinstance(item, PairItem)
    label = numbers.get(item.gold, 0)
    return encode_texts(item.item_id, item.first, item.second, label, cutter, length).features


def choices_of_item(item: ChoiceItem) -> Choices:
    """Prompt, choices and right choice, as the official script puts them together."""
    asked = f"What was the {item.question}?" if item.question in {"cause", "effect"} else item.question
    return Choices(f"{item.premise} {asked}", item.choices, int(item.gold or 0))


def _choice(item: Item, cutter: Cutter, length: int) -> tuple[Feature, ...]:
    assert isinstance(item, ChoiceItem)
    return encode_options(item.item_id, choices_of_item(item), cutter, length, from_start=False).features


def _tags(item: Item, cutter: Cutter, length: int, numbers: dict[str, int]) -> tuple[Feature, ...]:
    assert isinstance(item, TagItem)
    room = length - cutter.template.added_to_one
    words = [word.cut(0, room) for word in cutter.cut_words(item.tokens, is_spaced(item.lang))]
    tags = [numbers[tag] for tag in item.tags]
    return tuple(
        feature
        for start, end in _sentence_windows([len(word) for word in words], room)
        for feature in encode_words(item.item_id, words[start:end], tags[start:end], cutter, length).features
    )


def _sentence_windows(sizes: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """First word and the one after the last of each window of at most `room` pieces."""
    start = used = 0
    for place, size in enumerate(sizes):
        if used + size > room and place > start:
            yield start, place
            start, used = place, 0
        used += size
    yield start, len(sizes)


def _span(item: Item, cutter: Cutter, limits: Limits) -> tuple[Feature, ...]:
    assert isinstance(item, SpanItem)
    answers = {"text": list(item.answers), "answer_start": list(item.starts)}
    row = {"synth_id": item.item_id, "question": item.question, "context": item.context, "answers": answers}
    return encode_span(row, cutter, limits).features
