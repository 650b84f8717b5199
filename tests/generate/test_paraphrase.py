"""Paraphrases: the English control arm, rewording of translations, labels and spans kept."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from synth.generate.recipes.common import Job
from synth.generate.recipes.paraphrase import note_of, same_wording
from synth.languages import get_language
from synth.outcomes import Kind
from synth.prompts.chat import ChatStyle
from synth.prompts.fewshot import FewShotStyle
from synth.tasks import get_task
from synth.teacher.calls import Call, Reply
from tests.generate.fakes import Teacher, chunk_of, data, example, examples, keys, make, stand_in, system, tools

BOTH = (Kind.TRANSLATION, Kind.PARAPHRASE)
QQP = {"question1": "How tall is it?", "question2": "What is its height?", "label": 1, "idx": 0}


def _echo(call: Call) -> str:
    """Says the same, in capitals and with more points."""
    return json.dumps({key: data(call)[key].upper() + "!" for key in keys(call)})


@pytest.mark.parametrize("style", [None, FewShotStyle()])
@pytest.mark.parametrize("task", ["mnli", "qqp", "hellaswag", "squad_v1", "squad_v2", "cosmos_qa", "commonsense_qa"])
def test_english_control_arm(tmp_path: Path, task: str, style: FewShotStyle | None) -> None:
    found = examples(task, count=3)
    teacher = Teacher()
    rows = make(chunk_of(found, "en", (Kind.PARAPHRASE,)), tools(tmp_path, style), teacher)
    assert [row["synth_kind"] for row in rows] == ["paraphrase"] * 3
    for row, source in zip(rows, found[task], strict=True):
        if row["synth_outcome"] == "kept":
            assert not get_task(task).compare(source.row, {key: row[key] for key in source.row})
            assert any(row[key] != source.row[key] for key in source.row)
        elif style:  # a base model leaves sentences that hold an answer, and short options, as they are
            assert row["synth_reason"] == "not_paraphrased"
        else:  # the stand-in changes words inside tags too
            assert row["synth_reason"] == "span_lost"
    assert any(row["synth_outcome"] == "kept" for row in rows)
    assert not any("translat" in str(call.payload.get("messages", [{}])[0]) for call in teacher.calls)


def test_the_control_arm_and_further_languages_have_files_of_their_own(tmp_path: Path) -> None:
    chunk = chunk_of(examples("qqp", count=2), "en", (Kind.PARAPHRASE,))
    make(chunk, tools(tmp_path), Teacher())
    assert [path.name for path in sorted((tmp_path / "generated/qqp/en").glob("*.parquet"))] == [
        "paraphrase-00000.parquet"
    ]


def test_what_only_differs_in_case_and_punctuation_is_no_paraphrase(tmp_path: Path) -> None:
    chunk = chunk_of({"qqp": [example("qqp", QQP)]}, "en", (Kind.PARAPHRASE,))
    (row,) = make(chunk, tools(tmp_path), Teacher(_echo))
    assert (row["synth_outcome"], row["synth_reason"]) == ("rejected", "not_paraphrased")
    assert row["question1"] == "HOW TALL IS IT?!"


def test_translation_and_paraphrase_of_it(tmp_path: Path) -> None:
    chunk = chunk_of({"qqp": [example("qqp", QQP)]}, "es", BOTH)
    teacher = Teacher()
    told, reworded = make(chunk, tools(tmp_path), teacher)
    assert [row["synth_kind"] for row in (told, reworded)] == ["translation", "paraphrase"]
    assert data(teacher.calls[1]) == {key: told[key] for key in ("question1", "question2")}
    assert "reword Spanish" in system(teacher.calls[1])
    assert reworded["label"] == 1 and reworded["question1"] != told["question1"]


def test_the_paraphrase_of_a_failed_translation_ends_like_it_and_costs_nothing(tmp_path: Path) -> None:
    chunk = chunk_of({"qqp": [example("qqp", QQP)]}, "es", BOTH)
    teacher = Teacher(lambda _call: Reply("no", "content_filter", 1, 1))
    told, reworded = make(chunk, tools(tmp_path), teacher)
    assert told["synth_reason"] == reworded["synth_reason"] == "refused"
    assert "translation was not kept" in reworded["synth_detail"] and len(teacher.calls) == 1


def test_paraphrase_alone_writes_no_translations(tmp_path: Path) -> None:
    counted: list[str] = []
    chunk = chunk_of(examples("qqp", count=2), "es", (Kind.PARAPHRASE,))
    rows = make(chunk, tools(tmp_path, on_row=lambda row: counted.append(row["synth_kind"])), Teacher())
    assert [row["synth_kind"] for row in rows] == counted == ["paraphrase"] * 2


def test_reworded_paragraphs_keep_their_answers(tmp_path: Path) -> None:
    rows = make(chunk_of(examples("squad_v1", "squad_v2"), "en", (Kind.PARAPHRASE,)), tools(tmp_path), Teacher(_reword))
    kept = [row for row in rows if row["synth_outcome"] == "kept"]
    assert len(kept) == len(rows) == 20
    sources = {one.source_id: one.row for group in examples("squad_v1", "squad_v2").values() for one in group}
    for row in kept:
        assert row["answers"]["text"] == sources[row["id"]]["answers"]["text"]
        assert row["synth_rung"] == ("markers" if row["answers"]["text"] else "")


def _reword(call: Call) -> str:
    """Turns every word outside tags around."""

    def turned(text: str) -> str:
        pieces = re.split(r"(<a\d+>.*?</a\d+>)", text)
        return "".join(piece if piece.startswith("<") else piece[::-1] for piece in pieces)

    return json.dumps({key: turned(data(call)[key]) for key in keys(call)})


def test_a_text_with_tags_of_its_own_keeps_them_and_its_answers(tmp_path: Path) -> None:
    context = "The tag <a1> opens a link. It was added in 1993 by Tim. Nobody minds </a1> at all."
    answers = {"text": ["1993"], "answer_start": [context.index("1993")]}
    row = {"id": "q", "title": "T", "context": context, "question": "When was it added?", "answers": answers}
    chunk = chunk_of({"squad_v1": [example("squad_v1", row)]}, "en", (Kind.PARAPHRASE,))
    (made,) = make(chunk, tools(tmp_path), Teacher())
    assert made["synth_outcome"] == "kept", made["synth_detail"]
    assert "It was added in 1993 by Tim." in made["context"] and "<a1>" in made["context"]


def test_an_answer_whose_words_changed_is_lost(tmp_path: Path) -> None:
    chunk = chunk_of(examples("squad_v1", count=1), "en", (Kind.PARAPHRASE,))
    (row,) = make(chunk, tools(tmp_path), Teacher(lambda call: stand_in(call).replace("1987", "1887")))
    assert (row["synth_outcome"], row["synth_reason"]) == ("rejected", "span_lost")


def test_an_english_answer_with_double_spaces_is_the_same_answer(tmp_path: Path) -> None:
    context = "It was the  old   house that fell. Nobody came."
    answers = {"text": ["old   house"], "answer_start": [context.index("old")]}
    row = {"id": "q", "title": "T", "context": context, "question": "What fell down?", "answers": answers}
    for style in (None, FewShotStyle()):
        chunk = chunk_of({"squad_v1": [example("squad_v1", row)]}, "en", (Kind.PARAPHRASE,))
        (made,) = make(chunk, tools(tmp_path / str(style), style), Teacher(stand_in if style else _reword))
        assert made["synth_outcome"] == "kept", made["synth_detail"]
        assert [text.split() for text in made["answers"]["text"]] == [["old", "house"]]


def test_ccg_is_never_reworded() -> None:
    from synth.generate.chunks import make_chunks

    assert not list(make_chunks(examples("ccg"), ["en", "es"], (Kind.PARAPHRASE,), "i"))


@pytest.mark.parametrize(
    ("task", "word"),
    [("mnli", "hypothesis"), ("anli_plus", "hypothesis"), ("qqp", "two questions"), ("squad_v1", "answer"),
     ("hellaswag", "choice")],
)  # fmt: skip
def test_the_instruction_says_what_must_hold(task: str, word: str) -> None:
    (one,) = examples(task, count=1)[task]
    assert word in note_of(Job(get_task(task), one, (one,), ChatStyle(), get_language("en")))


@pytest.mark.parametrize("task", ["mnli", "qqp", "squad_v1", "squad_v2", "hellaswag"])
def test_the_instruction_reaches_the_teacher(tmp_path: Path, task: str) -> None:
    found, teacher = examples(task, count=1), Teacher()
    make(chunk_of(found, "en", (Kind.PARAPHRASE,)), tools(tmp_path), teacher)
    (one,) = found[task]
    note = note_of(Job(get_task(task), one, (one,), ChatStyle(), get_language("en")))
    assert note and any(system(call).endswith(note) for call in teacher.calls)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [("Is it tall?", "is it TALL", True), ("कि", "का", False), ("a b", "ab", True), ("x", "y", False)],
)
def test_same_wording(old: str, new: str, same: bool) -> None:
    one = example("qqp", QQP | {"question1": old})
    job = Job(get_task("qqp"), one, (one,), ChatStyle(), get_language("hi"))
    assert same_wording(job, one.row, {**one.row, "question1": new}) is same
