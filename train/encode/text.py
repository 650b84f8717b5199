"""Rows as text to text: a prompt and its answer, for decoders; the loss is on the answer alone.

Two wordings, one of which a recipe chooses (`answers`) and its record keeps:

- `english`: English field names and label words around the example's own text.
- `example`: no English at all: the example's own text, digits and letters as marks, and as answer a letter, or words of
  the example. (Field names in fifty languages would need fifty translators; a wrong one would be one more difference
  between the languages.)

Prompt and answer are cut into pieces apart, as they are when a model answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from synth.tasks import get_task
from synth.tasks.base import Shape
from synth.train.encode.features import IGNORED, Encoded, Feature
from synth.train.encode.heads import Encoder
from synth.train.encode.pieces import Cutter, Pieces, Sequence2
from synth.train.encode.texts import Choices, choices_of, pair_of

Wording = Literal["english", "example"]
LETTERS = "ABCDE"
_DUPLICATE = ("no", "yes")
NO_ANSWER = {"english": "unanswerable", "example": "-"}
"""What stands for "the text does not say"."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and its answer; `prompt + answer` is the whole text. The columns that TRL's SFTTrainer knows.

    Args:
        prompt: Ends without a blank.
        completion: Begins with a blank.
    """

    prompt: str
    completion: str


def prompt_of(task: str, row: Mapping[str, Any], wording: Wording) -> Prompt:
    """The prompt of a row, and the answer."""
    shape = get_task(task).shape
    if shape is Shape.PAIR:
        return _pair(task, row, wording)
    if shape is Shape.CHOICE:
        return _choice(task, row, wording)
    if shape is Shape.SPAN:
        return _span(row, wording)
    end = "Categories:" if wording == "english" else "="
    return Prompt(f"{' '.join(row['tokens'])}\n{end}", " " + " ".join(row["tags"]))


def _pair(task: str, row: Mapping[str, Any], wording: Wording) -> Prompt:
    first, second, label = pair_of(task, row)
    if wording == "example":
        return Prompt(f"1: {first}\n2: {second}\n=", f" {LETTERS[label]}")
    if task == "qqp":
        return Prompt(f"Question 1: {first}\nQuestion 2: {second}\nSame question (yes, no):", f" {_DUPLICATE[label]}")
    words = get_task(task).labels
    return Prompt(f"Premise: {first}\nHypothesis: {second}\nLabel ({', '.join(words)}):", f" {words[label]}")


def _choice(task: str, row: Mapping[str, Any], wording: Wording) -> Prompt:
    return choice_prompt(choices_of(task, row), wording)


def choice_prompt(found: Choices, wording: Wording) -> Prompt:
    """The prompt of a question with choices, each behind its letter."""
    lines = [f"{letter}. {choice}" for letter, choice in zip(LETTERS, found.choices, strict=False)]
    end = "Answer:" if wording == "english" else "="
    return Prompt("\n".join([found.prompt, *lines, end]), f" {LETTERS[found.label]}")


def _span(row: Mapping[str, Any], wording: Wording) -> Prompt:
    return span_prompt(row["context"], row["question"], row["answers"]["text"], wording)


def span_prompt(context: str, question: str, answers: Sequence[str], wording: Wording) -> Prompt:
    """The prompt of a question about a paragraph; the first answer is the one that is learnt."""
    answer = answers[0].strip() if answers else NO_ANSWER[wording]
    asked, end = ("Question: ", "Answer:") if wording == "english" else ("", "=")
    return Prompt(f"{context}\n{asked}{question}\n{end}", f" {answer}")


def text_encoder(task: str, cutter: Cutter, length: int, wording: Wording, eos: int) -> Encoder:
    """The encoder of a task as text.

    Args:
        task: The task.
        cutter: The student's tokenizer, as a decoder's.
        length: Most pieces.
        wording: Of prompt and answer.
        eos: Piece that ends an answer, and that the student learns to give.
    """
    return lambda row: encode_text(row, prompt_of(task, row, wording), cutter, length, eos)


def encode_text(row: Mapping[str, Any], text: Prompt, cutter: Cutter, length: int, eos: int) -> Encoded:
    """One row. What does not fit is cut off the prompt's beginning: what is asked stands at its end."""
    prompt, answer = cutter.cut(text.prompt), cutter.cut(text.completion)
    before = cutter.template.single_before
    room = length - len(before) - 1
    kept_answer = answer.cut(0, room)
    less = max(0, len(prompt) - (room - len(kept_answer)))
    kept = prompt.cut(less, len(prompt))
    ids = (*before, *kept.ids, *kept_answer.ids, eos)
    labels = [IGNORED] * (len(before) + len(kept)) + [*kept_answer.ids, eos]
    feature = Feature(row["synth_id"], (Sequence2(ids, (0,) * len(ids), len(ids)),), {"labels": labels})
    lost = len(kept_answer) < len(answer) or _answer_cut(row, kept, less)
    return Encoded((feature,), less + len(answer) - len(kept_answer), lost)


def _answer_cut(row: Mapping[str, Any], kept: Pieces, less: int) -> bool:
    """Whether the paragraph lost the answer that the student is to find (the paragraph begins the prompt)."""
    answers = row.get("answers")
    if not less or not answers or not answers["text"]:
        return False
    begins = kept.offsets[0][0] if kept.offsets else len(row["context"])
    return int(answers["answer_start"][0]) < begins
