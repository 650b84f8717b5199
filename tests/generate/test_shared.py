"""Rows that share a premise: it is sent once, with all hypotheses, and no row fails for another's sake."""

from __future__ import annotations

import json
from pathlib import Path

from synth.outcomes import Kind
from synth.sources.base import Example
from synth.teacher.calls import Call, Reply
from tests.generate.fakes import Row, Teacher, chunk_of, data, example, keys, make, stand_in, tools
from tests.teacher.standin import translate

PREMISE = "A man in a red coat sells fish at the harbour."
SIDES = ["A man works.", "The man is asleep.", "A man wears red.", "A man works."]


def _rows(count: int = 4) -> dict[str, list[Example]]:
    """`count` rows of mnli, and the first of them in anli_plus too; the last one repeats the first's hypothesis."""
    rows: list[Row] = [
        {"premise": PREMISE, "hypothesis": SIDES[at % 4] + " " * (at // 4), "label": at % 3, "idx": at}
        for at in range(count)
    ]
    found = [example("mnli", row, f"m{at}") for at, row in enumerate(rows)]
    shared = {name: rows[0][name] for name in ("premise", "hypothesis", "label")}
    return {"mnli": found, "anli_plus": [example("anli_plus", shared, "m0", "mnli")]}


def test_a_shared_premise_is_sent_once(tmp_path: Path) -> None:
    teacher = Teacher()
    rows = make(chunk_of(_rows()), tools(tmp_path), teacher)
    assert len(teacher.calls) == 1
    assert list(data(teacher.calls[0])) == ["premise", "hypothesis_1", "hypothesis_2", "hypothesis_3"]
    for row, side in zip(rows, [*SIDES, SIDES[0]], strict=True):
        assert (row["synth_outcome"], row["synth_unit"]) == ("kept", "joint")
        assert (row["premise"], row["hypothesis"]) == (translate(PREMISE), translate(side))
    assert [row["label"] for row in rows] == [0, 1, 2, 0, 0]
    assert [bool(row["synth_prompt_tokens"]) for row in rows] == [True, False, False, False, False]


def test_a_row_that_shares_nothing_is_asked_as_ever(tmp_path: Path) -> None:
    teacher = Teacher()
    make(chunk_of(_rows(1)), tools(tmp_path), teacher)
    assert [list(data(call)) for call in teacher.calls] == [["premise", "hypothesis"]]


def test_one_bad_hypothesis_fails_alone(tmp_path: Path) -> None:
    def speak(call: Call) -> str | Reply:
        refused = "asleep" in json.dumps(data(call))
        return Reply("No.", "content_filter", 5, 5) if refused else stand_in(call)

    teacher = Teacher(speak)
    rows = make(chunk_of(_rows()), tools(tmp_path), teacher)
    ends = [(row["synth_outcome"], row["synth_reason"]) for row in rows]
    assert ends == [("kept", ""), ("failed", "refused"), *[("kept", "")] * 3]
    assert len(teacher.calls) == 4, "the three hypotheses together, then each alone"


def test_many_hypotheses_are_sent_in_batches(tmp_path: Path) -> None:
    rows = {"mnli": [example("mnli", {"premise": PREMISE, "hypothesis": f"Side {at}.", "label": 0, "idx": at}, f"m{at}")
                     for at in range(23)]}  # fmt: skip
    teacher = Teacher()
    made = make(chunk_of(rows), tools(tmp_path), teacher)
    assert sorted(len(keys(call)) for call in teacher.calls) == [4, 11, 11]
    assert [row["hypothesis"] for row in made] == [translate(f"Side {at}.") for at in range(23)]


def test_paraphrases_share_their_premise_too(tmp_path: Path) -> None:
    teacher = Teacher()
    rows = make(chunk_of(_rows(), kinds=(Kind.TRANSLATION, Kind.PARAPHRASE)), tools(tmp_path), teacher)
    assert len(teacher.calls) == 2 and len(rows) == 10
    told, reworded = (data(call) for call in teacher.calls)
    assert reworded == {key: translate(text) for key, text in told.items()}
    again = {
        row["synth_id"].replace("paraphrase", "translation"): row for row in rows if "paraphrase" in row["synth_id"]
    }
    for row in rows:
        if row["synth_kind"] == "translation":
            assert again[row["synth_id"]]["hypothesis"] == translate(row["hypothesis"])
