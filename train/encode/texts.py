"""What of a row each head reads: two texts, or a prompt and its choices, and the class.

Prompts and choices are put together as jiant does (`tasks/lib/{hellaswag,cosmosqa,commonsenseqa}.py`): HellaSwag's
`ctx_a` before `ctx_b` and an ending, Cosmos QA's context and question before an answer, CommonsenseQA's question before
an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synth.tasks import get_task
from synth.tasks.hellaswag import join_context


@dataclass(frozen=True, slots=True)
class Choices:
    """A prompt, the choices, and the index of the right one."""

    prompt: str
    choices: tuple[str, ...]
    label: int


def pair_of(task: str, row: Mapping[str, Any]) -> tuple[str, str, int]:
    """First text, second text and class of a pair."""
    first, second = ("question1", "question2") if task == "qqp" else ("premise", "hypothesis")
    return row[first], row[second], int(row["label"])


def choices_of(task: str, row: Mapping[str, Any]) -> Choices:
    """Prompt, choices and right choice of a multiple-choice row."""
    if task == "hellaswag":
        begun = row["ctx_b"]
        return Choices(row["ctx_a"], tuple(join_begun(begun, ending) for ending in row["endings"]), int(row["label"]))
    if task == "cosmos_qa":
        answers = tuple(row[f"answer{index}"] for index in range(4))
        return Choices(f"{row['context']} {row['question']}", answers, int(row["label"]))
    letters: list[str] = row["choices"]["label"]
    return Choices(row["question"], tuple(row["choices"]["text"]), letters.index(row["answerKey"]))


def join_begun(begun: str, ending: str) -> str:
    """The beginning of a sentence and its ending; the ending alone where nothing was begun (WikiHow)."""
    return join_context(begun, ending) if begun else ending


def label_name(task: str, row: Mapping[str, Any]) -> str:
    """The class of a row in words, for the balance of labels: choices by place, spans by whether they are answerable.

    Tagged sentences have no class; they are counted by "tags".
    """
    shape = get_task(task).shape
    if shape == "pair":
        return get_task(task).labels[int(row["label"])]
    if shape == "choice":
        return f"choice {choices_of(task, row).label}"
    if shape == "span":
        return "answer" if row["answers"]["text"] else "no answer"
    return "tags"
