"""CCG supertagging: one lexical category a token, from CCGbank.

CCGbank (LDC2005T13) is licensed by the Linguistic Data Consortium: it is not on the Hub, users give the path of their
own copy, and nothing made from it may be published. Its columns here are therefore our own. Generation glosses the
tokens in place, because the categories of a free translation would be another grammar's.
"""

from __future__ import annotations

from synth.outcomes import Reason, Violation
from synth.tasks.agreement import agrees, tokens_agree
from synth.tasks.base import Column, Licence, Policy, Row, Shape, Task
from synth.tasks.ccg_category import category_problem
from synth.tasks.invariants import all_filled, filled, same_length, sound

_COLUMNS = (
    Column("id", "string", Policy.KEEP, "the sentence's id, such as wsj_0001.1"),
    Column("tokens", "list[string]", Policy.GLOSS, "the words"),
    Column("tags", "tags", Policy.COPY, "a CCG category for each word"),
)


def _tokens(row: Row) -> list[str]:
    tokens: list[str] = row["tokens"]
    return tokens


def _has_tokens(row: Row) -> list[Violation]:
    """The sentence is not empty."""
    return [] if _tokens(row) else [Violation(Reason.EMPTY_FIELD, "tokens is empty")]


def _tags_well_formed(row: Row) -> list[Violation]:
    """Every tag is a category."""
    problems = ((index, category_problem(tag)) for index, tag in enumerate(row["tags"]))
    return [Violation(Reason.LABEL, f"tag {index}: {problem}") for index, problem in problems if problem]


TASK = Task(
    name="ccg",
    title="CCG",
    shape=Shape.TAGS,
    columns=_COLUMNS,
    labels=(),  # an open inventory: 1,363 categories in all of CCGbank
    label_column=None,
    metric="accuracy",
    sizes={"train": 38_015, "validation": 5_484},  # WSJ 00-18 and 19-21, the split of jiant's converter
    hub=(),
    licence=Licence(
        "LicenseRef-LDC-User-Agreement",
        redistribute=False,
        non_commercial=True,
        share_alike=False,
        note="CCGbank, LDC2005T13 (catalog.ldc.upenn.edu): no redistribution; bring your own copy",
    ),
    family="ccg",
    group_column=None,
    validate=sound(
        _COLUMNS,
        filled("id"),
        _has_tokens,
        same_length(Reason.TOKEN_COUNT, "tokens", "tags", lambda row: (row["tokens"], row["tags"])),
        all_filled("token", _tokens),
        _tags_well_formed,
    ),
    compare=agrees(_COLUMNS, tokens_agree),
    paper="Hockenmaier and Steedman 2007",
)
