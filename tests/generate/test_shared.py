"""Rows that share a premise: it is sent once, with all hypotheses, and no row fails for another's sake."""

from __future__ import annotations

import json
from pathlib import Path

from synth.outcomes import Kind
from synth.sources.base import Example
from synth.teacher.calls import Call, Reply
from tests.generate.fakes import Row, Teacher, chunk_of, data, example, keys, make, stand_in, system, tools
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


def _cosmos(at: int, last: str) -> Example:
    row = {"id": f"c{at}", "context": "I got off the bus early and walked.", "question": f"Why {at}?", "label": at % 4}
    return example(
        "cosmos_qa", row | {f"answer{n}": f"Reason {at} {n}." for n in range(3)} | {"answer3": last}, f"c{at}"
    )


def test_a_shared_narrative_is_sent_once_and_each_question_keeps_its_choices(tmp_path: Path) -> None:
    found = {"cosmos_qa": [_cosmos(at, "None of the above choices ." if at == 1 else f"Else {at}.") for at in range(3)]}
    teacher = Teacher()
    rows = make(chunk_of(found), tools(tmp_path), teacher)
    first, second = sorted(teacher.calls, key=lambda call: -len(keys(call)))
    assert list(data(first))[:4] == ["context", "question_1", "answer0_1", "answer1_1"] and len(data(first)) == 11
    assert "None of the above choices" in system(first) and list(data(second))[:2] == ["context", "question"]
    for row, one in zip(rows, found["cosmos_qa"], strict=True):
        assert row["synth_outcome"] == "kept" and row["label"] == one.row["label"]
        for name in ("context", "question", "answer0", "answer1", "answer2", "answer3"):
            assert row[name] == translate(one.row[name])


def test_choices_that_became_the_same_in_a_shared_answer_are_asked_for_once_more(tmp_path: Path) -> None:
    def speak(call: Call) -> str:
        said = json.loads(stand_in(call))
        return json.dumps(said | ({"answer0_1": said["answer1_1"]} if "answer0_1" in said else {}))

    teacher = Teacher(speak)
    rows = make(chunk_of({"cosmos_qa": [_cosmos(0, "Else."), _cosmos(1, "Else.")]}), tools(tmp_path), teacher)
    assert [row["synth_outcome"] for row in rows] == ["kept", "kept"]
    assert sum("no two of your values" in system(call) for call in teacher.calls) == 1
