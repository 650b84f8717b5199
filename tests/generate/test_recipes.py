"""What rows become with good, bad and odd answers: pairs, choices, CCG, and what tasks share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from synth.generate.recipes.tags import is_copied
from synth.prompts.fewshot import FewShotStyle
from synth.prompts.mt import TranslationStyle
from synth.sources.base import Example
from synth.tasks import TASKS, get_task
from synth.teacher.calls import Call, Reply, RequestRefused
from tests.generate.fakes import Row, Teacher, chunk_of, data, example, examples, keys, make, stand_in, system, tools
from tests.teacher.standin import translate

NLI = {"premise": "The dog sleeps in the house.", "hypothesis": "The dog is awake.", "label": 2, "idx": 0}
CSQA = {
    "id": "c1",
    "question": "Where do you sit to read?",
    "question_concept": "read",
    "choices": {"label": list("ABCDE"), "text": ["sofa", "couch", "river", "oven", "none of the above"]},
    "answerKey": "A",
}


def _one(tmp_path: Path, task: str, row: Row, teacher: Teacher, **more: object) -> Row:
    (made,) = make(chunk_of({task: [example(task, row)]}), tools(tmp_path, **more), teacher)  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize("style", [None, FewShotStyle(), TranslationStyle("tower"), TranslationStyle("translategemma")])
@pytest.mark.parametrize("family", ["squad", "nli", "others"])
def test_the_sample_is_kept_from_an_obedient_teacher(tmp_path: Path, style: FewShotStyle | None, family: str) -> None:
    names = [name for name in TASKS if (get_task(name).family if family != "others" else "others") == family]
    names = names or [name for name in TASKS if get_task(name).family not in ("squad", "nli")]
    for name in names:
        found = examples(name, count=3)
        rows = make(chunk_of(found), tools(tmp_path / name, style), Teacher())
        assert [row["synth_outcome"] for row in rows] == ["kept"] * 3, [row["synth_detail"] for row in rows]
        for row, source in zip(rows, found[name], strict=True):
            assert not get_task(name).compare(source.row, {key: row[key] for key in source.row})
            assert row["synth_unit"] == ("joint" if style is None else "field")
            assert row["synth_prompt"] == (style.version if style else "chat-2") and row["synth_teacher"] == "fake"


def test_both_sides_travel_together_and_labels_stay(tmp_path: Path) -> None:
    teacher = Teacher()
    row = _one(tmp_path, "mnli", NLI, teacher)
    assert [data(call) for call in teacher.calls] == [{"premise": NLI["premise"], "hypothesis": NLI["hypothesis"]}]
    assert (row["premise"], row["hypothesis"]) == (translate(str(NLI["premise"])), translate(str(NLI["hypothesis"])))
    assert (row["label"], row["idx"], row["synth_unit"], row["synth_attempts"]) == (2, 0, "joint", 1)
    assert (row["synth_prompt_tokens"], row["synth_completion_tokens"], row["synth_raw"]) == (10, 5, "")


@pytest.mark.parametrize(
    "bad",
    [
        '{"premise": "x"}',
        "not json",
        Reply("{" + "one two three", "length", 1, 1),
        Reply(" ", "stop", 1, 1),
        Reply("la la", "repetition", 1, 1),
    ],
)
def test_an_unusable_joint_answer_is_replaced_field_by_field(tmp_path: Path, bad: str | Reply) -> None:
    teacher = Teacher(lambda call: bad if len(keys(call)) > 1 else stand_in(call))
    row = _one(tmp_path, "mnli", NLI, teacher)
    assert (row["synth_outcome"], row["synth_unit"]) == ("kept", "field")
    assert row["premise"] == translate(str(NLI["premise"]))


@pytest.mark.parametrize(
    ("reply", "why"), [(Reply("No.", "content_filter", 1, 1), "refused"), (RequestRefused("400"), "engine")]
)
def test_a_refusal_is_not_asked_again_in_pieces(tmp_path: Path, reply: Reply | Exception, why: str) -> None:
    def speak(_call: Call) -> Reply:
        if isinstance(reply, Exception):
            raise reply
        return reply

    teacher = Teacher(speak)
    row = _one(tmp_path, "mnli", NLI, teacher)
    assert (row["synth_outcome"], row["synth_reason"], len(teacher.calls)) == ("failed", why, 1)
    assert row["premise"] is None and row["synth_detail"]


def test_a_failed_row_keeps_what_the_teacher_said_and_the_others_are_made(tmp_path: Path) -> None:
    found = examples("mnli", count=3)
    bad = found["mnli"][1].row["premise"]
    teacher = Teacher(lambda call: "I would rather not." if bad in str(call.payload) else stand_in(call))
    rows = make(chunk_of(found), tools(tmp_path), teacher)
    assert [row["synth_outcome"] for row in rows] == ["kept", "failed", "kept"]
    assert rows[1]["synth_reason"] == "malformed"
    assert "I would rather not." in json.loads(rows[1]["synth_raw"])


def test_merged_sides_are_rejected(tmp_path: Path) -> None:
    teacher = Teacher(lambda call: json.dumps(dict.fromkeys(keys(call), "Lo mismo dos veces.")))
    row = _one(tmp_path, "mnli", NLI, teacher)
    assert (row["synth_outcome"], row["synth_reason"]) == ("rejected", "sides_merged")
    assert "Lo mismo" in row["premise"], "a rejected row shows what was wrong"


def _choices(call: Call, words: Sequence[str]) -> str:
    said = {key: translate(text) for key, text in data(call).items()}
    return json.dumps(said | {f"choices_{at}": word for at, word in enumerate(words, start=1)})


def test_collapsed_choices_are_asked_for_again_and_then_kept(tmp_path: Path) -> None:
    same, different = ["sillón", "sillón", "río", "horno", "ninguno"], ["sofá", "sillón", "río", "horno", "ninguno"]
    teacher = Teacher(lambda call: _choices(call, different if "no two" in system(call) else same))
    row = _one(tmp_path, "commonsense_qa", CSQA, teacher)
    assert (row["synth_outcome"], len(teacher.calls), row["synth_attempts"]) == ("kept", 2, 1)
    assert row["choices"] == {"label": list("ABCDE"), "text": different}
    assert row["answerKey"] == "A"


def test_choices_that_stay_the_same_are_rejected(tmp_path: Path) -> None:
    same = ["Sillón", "sillón", "río", "horno", "ninguno"]
    teacher = Teacher(lambda call: _choices(call, same))
    row = _one(tmp_path, "commonsense_qa", CSQA, teacher)
    assert (row["synth_outcome"], row["synth_reason"], len(teacher.calls)) == ("rejected", "choices_not_distinct", 2)


def test_the_first_answer_stands_when_the_second_asking_fails(tmp_path: Path) -> None:
    def speak(call: Call) -> str | Reply:
        if "no two" in system(call):
            return Reply("no", "content_filter", 1, 1)
        return _choices(call, ["sillón", "sillón", "río", "horno", "ninguno"])

    row = _one(tmp_path, "commonsense_qa", CSQA, Teacher(speak))
    assert (row["synth_outcome"], row["synth_reason"]) == ("rejected", "choices_not_distinct")


@pytest.mark.parametrize("unit", ["joint", "field"])
def test_options_are_translated_with_question_and_concept_in_view(tmp_path: Path, unit: str) -> None:
    teacher = Teacher()
    assert _one(tmp_path, "commonsense_qa", CSQA, teacher, unit=unit)["synth_outcome"] == "kept"
    asked = [call for call in teacher.calls if "sofa" in data(call).values()]
    assert len(asked) == 1
    assert {"concept": "read", "question": CSQA["question"]}.items() <= data(asked[0]).items()
    assert "concept" not in keys(asked[0]) and '"concept" only tells' in system(asked[0])


def test_single_word_options_are_asked_with_their_question_in_view(tmp_path: Path) -> None:
    teacher = Teacher()
    row = _one(tmp_path, "commonsense_qa", CSQA, teacher, style=FewShotStyle())
    assert row["synth_outcome"] == "kept"
    asked = [str(call.payload["prompt"]) for call in teacher.calls]
    sofa = next(prompt for prompt in asked if prompt.endswith("English: sofa\nSpanish:"))
    shown = f"English: {CSQA['question']}\nSpanish: {translate(str(CSQA['question']))}\n"
    assert shown in sofa


def test_options_that_are_sentences_and_blank_fields(tmp_path: Path) -> None:
    row = dict(examples("hellaswag", count=1)["hellaswag"][0].row) | {"ctx_b": ""}
    row["ctx"] = row["ctx_a"]
    teacher = Teacher()
    made = _one(tmp_path, "hellaswag", row, teacher)
    assert made["synth_outcome"] == "kept" and made["ctx_b"] == ""
    assert "ctx_b" not in data(teacher.calls[0])
    assert made["ctx"] == made["ctx_a"] and made["endings"] == [translate(text) for text in row["endings"]]
    assert made["label"] == row["label"] and made["ind"] == row["ind"]


def test_anli_plus_reuses_mnli(tmp_path: Path) -> None:
    both, alone = Teacher(), Teacher()
    rows = make(chunk_of(examples("anli_plus", "mnli")), tools(tmp_path / "both"), both)
    make(chunk_of(examples("anli_plus")), tools(tmp_path / "alone"), alone)
    assert len(both.calls) == len(alone.calls) == 16
    assert len(rows) == 24 and all(row["synth_outcome"] == "kept" for row in rows)
    paid = sum(row["synth_completion_tokens"] for row in rows)
    assert paid == 5 * len(both.calls), "what is shared is paid for by one row only"
    assert {row["synth_origin"] for row in rows if row["synth_task"] == "anli_plus"} > {"mnli", "snli"}


def _gloss(tmp_path: Path, tokens: list[str], teacher: Teacher, **more: object) -> Row:
    tags = ["N"] * len(tokens)
    return _one(tmp_path, "ccg", {"id": "g1", "tokens": tokens, "tags": tags}, teacher, **more)


def test_gloss_keeps_count_order_tags_and_copies_signs(tmp_path: Path) -> None:
    tokens = ["Two", "dogs", ",", "-LRB-", "3", "cats", "-RRB-", "'s", "$", "5.20", "."]
    teacher = Teacher()
    row = _gloss(tmp_path, tokens, teacher)
    assert (row["synth_outcome"], row["synth_unit"], len(teacher.calls)) == ("kept", "joint", 1)
    assert row["tags"] == ["N"] * len(tokens)
    same = [at for at, (old, new) in enumerate(zip(tokens, row["tokens"], strict=True)) if old == new]
    assert same == [2, 3, 4, 6, 8, 9, 10]


def test_a_gloss_with_a_missing_number_is_made_word_by_word(tmp_path: Path) -> None:
    def speak(call: Call) -> str:
        told = json.loads(stand_in(call))
        told.pop("2", None)
        return json.dumps(told)

    row = _gloss(tmp_path, ["Dogs", "sleep", "."], Teacher(speak))
    assert (row["synth_outcome"], row["synth_unit"], len(row["tokens"])) == ("kept", "field", 3)
    assert row["tokens"][2] == "." and row["tokens"][:2] != ["Dogs", "sleep"]


def test_a_sentence_of_signs_needs_no_teacher(tmp_path: Path) -> None:
    teacher = Teacher()
    row = _gloss(tmp_path, ["3", "+", "4", "=", "7"], teacher)
    assert row["tokens"] == ["3", "+", "4", "=", "7"] and not teacher.calls


@pytest.mark.parametrize(
    ("token", "copied"), [(".", True), ("1,000", True), ("-RCB-", True), ("%", True), ("3rd", False), ("Al-B-x", False)]
)
def test_what_is_copied(token: str, copied: bool) -> None:
    assert is_copied(token) is copied


def test_the_unit_field_never_asks_for_several_fields(tmp_path: Path) -> None:
    for task in ("mnli", "hellaswag", "ccg"):
        teacher = Teacher()
        (row,) = make(chunk_of(examples(task, count=1)), tools(tmp_path / task, unit="field"), teacher)
        assert (row["synth_outcome"], row["synth_unit"]) == ("kept", "field")
        assert all(len(keys(call)) == 1 for call in teacher.calls)


def _without(members: Sequence[Example], at: int) -> list[Example]:
    return [*members[:at], *members[at + 1 :]]


def test_rows_do_not_depend_on_their_neighbours(tmp_path: Path) -> None:
    members = examples("qqp")["qqp"]
    whole = make(chunk_of({"qqp": members}), tools(tmp_path / "a"), Teacher())
    fewer = make(chunk_of({"qqp": _without(members, 3)}), tools(tmp_path / "b"), Teacher())
    assert [row for at, row in enumerate(whole) if at != 3] == fewer
