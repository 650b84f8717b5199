"""Items of target tasks as prompts, in the wordings of the intermediate stage (`synth.train.encode.text`).

Label words are never translated. Wording `english` asks with English words whatever the item's language is; wording
`example` has the item's own text, and marks: numbers and letters, and for XCOPA an arrow, to the left for a cause, to
the right for an effect. Both are the same in every language, so that languages differ in their text alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from synth.evaluate.encode import choices_of_item
from synth.evaluate.tasks.base import EvalTask
from synth.evaluate.tasks.items import ChoiceItem, Item, PairItem, SpanItem
from synth.train.encode.text import LETTERS, NO_ANSWER, Prompt, Wording, choice_prompt, prompt_of, span_prompt
from synth.train.encode.texts import Choices

_ARROWS: Final = {"cause": "←", "effect": "→"}


@dataclass(frozen=True, slots=True)
class Asked:
    """An item as text.

    Args:
        prompt: Ends without a blank.
        answers: The answers in the order of the labels or choices, each with a blank in front; none of spans.
        right: The gold answer, likewise.
    """

    prompt: str
    answers: tuple[str, ...]
    right: str


def asked(task: EvalTask, item: Item, wording: Wording) -> Asked:
    """An item of a task of pairs, choices or spans as text."""
    if isinstance(item, PairItem):
        return _pair(task, item, wording)
    if isinstance(item, ChoiceItem):
        made = choice_prompt(_choices(item, wording), wording)
        return Asked(made.prompt, tuple(f" {letter}" for letter in LETTERS[: len(item.choices)]), made.completion)
    assert isinstance(item, SpanItem)
    made = span_prompt(item.context, item.question, item.answers, wording)
    return Asked(made.prompt, (), made.completion)


def _pair(task: EvalTask, item: PairItem, wording: Wording) -> Asked:
    made = [_one_label(task, item, number, wording) for number in range(len(task.labels))]
    gold = task.labels.index(item.gold) if item.gold else 0
    return Asked(made[0].prompt, tuple(one.completion for one in made), made[gold].completion)


def _one_label(task: EvalTask, item: PairItem, number: int, wording: Wording) -> Prompt:
    row: dict[str, Any] = {"premise": item.first, "hypothesis": item.second, "label": number}
    if task.name == "xnli" or wording == "example":
        return prompt_of("mnli", row, wording)
    words = ("no", "yes")
    prompt = f"Sentence 1: {item.first}\nSentence 2: {item.second}\nSame meaning ({', '.join(words)}):"
    return Prompt(prompt, f" {words[number]}")


def _choices(item: ChoiceItem, wording: Wording) -> Choices:
    found = choices_of_item(item)
    if wording == "english" or item.question not in _ARROWS:  # Social IQa asks in the words of the example
        return found
    return Choices(f"{item.premise} {_ARROWS[item.question]}", found.choices, found.label)


def answer_in(written: str, wording: Wording) -> str:
    """The answer in what a model wrote: its first line; "" for the words that stand for no answer."""
    line = written.partition("\n")[0].strip()
    return "" if line == NO_ANSWER[wording] else line
