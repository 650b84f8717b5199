"""CommonsenseQA: a question and five short answers, neighbours of one concept in ConceptNet among them."""

from __future__ import annotations

from synth.outcomes import Reason, Violation
from synth.tasks.agreement import agrees, choices_agree
from synth.tasks.base import Column, HubSource, Licence, Policy, Row, Shape, Task
from synth.tasks.invariants import all_filled, count_of, filled, one_of, same_length, shown, sound

_LETTERS = ("A", "B", "C", "D", "E")
_COLUMNS = (
    Column("id", "string", Policy.KEEP, "the item's id"),
    Column("question", "string", Policy.TRANSLATE, "the question"),
    Column("question_concept", "string", Policy.KEEP, "the English ConceptNet node the question was written from"),
    Column("choices", "choices", Policy.CHOICES, "five answers with their letters"),
    Column("answerKey", "string", Policy.COPY, "letter of the right answer"),
)


def _texts(row: Row) -> list[str]:
    texts: list[str] = row["choices"]["text"]
    return texts


def _letters(row: Row) -> list[str]:
    letters: list[str] = row["choices"]["label"]
    return letters


def _letters_differ(row: Row) -> list[Violation]:
    """No letter names two choices: the answer key would be ambiguous."""
    letters = _letters(row)
    if len(set(letters)) == len(letters):
        return []
    return [Violation(Reason.SCHEMA, f"choices.label repeats a letter: {', '.join(letters)}")]


def _letters_agree(source: Row, row: Row) -> list[Violation]:
    """The letters are in the source's order, so that the key still means the same choice."""
    before, after = _letters(source), _letters(row)
    if before == after or len(before) != len(after):  # another count is reported by choices_agree
        return []
    return [Violation(Reason.LABEL, f"choices.label was {shown(before)} and is now {shown(after)}")]


TASK = Task(
    name="commonsense_qa",
    title="CommonsenseQA",
    shape=Shape.CHOICE,
    columns=_COLUMNS,
    labels=_LETTERS,
    label_column="answerKey",
    metric="accuracy",
    sizes={"train": 9_741, "validation": 1_221, "test": 1_140},
    hub=(HubSource("tau/commonsense_qa", None, {"train": "train", "validation": "validation"}),),
    licence=Licence(
        "MIT",
        redistribute=True,
        non_commercial=False,
        share_alike=False,
        note="the Hub card said 'unknown' in 2022 and says MIT today: look again before you publish",
    ),
    family="commonsense_qa",
    group_column=None,
    validate=sound(
        _COLUMNS,
        filled("question"),
        count_of("choices", len(_LETTERS), _texts),
        same_length(Reason.SCHEMA, "choices", "choice letters", lambda row: (_texts(row), _letters(row))),
        all_filled("choice", _texts),
        _letters_differ,
        one_of("answerKey", _letters),
    ),
    compare=agrees(_COLUMNS, choices_agree(_texts), _letters_agree),
    paper="Talmor et al. 2019",
)
