"""SQuAD rows: the paragraph once, every rung of the ladder, and rows without an answer."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.languages import get_language
from synth.outcomes import Kind
from synth.prompts.fewshot import FewShotStyle
from synth.spans import Span, clean_text
from synth.teacher.calls import Call, Reply
from tests.generate.fakes import Row, Teacher, chunk_of, data, example, examples, keys, make, stand_in, system, tools

CONTEXT = "Ada Moss was born in the red house in 1912. She left Rome for the old town of Bath."


def _row(answer: str, question: str = "Where?", nth: int = 0) -> Row:
    start = [hit.start() for hit in re.finditer(re.escape(answer), CONTEXT)][nth] if answer else 0
    answers = {"text": [answer] if answer else [], "answer_start": [start] if answer else []}
    return {"id": "q1", "title": "Ada_Moss", "context": CONTEXT, "question": question, "answers": answers}


def _ladder(paragraph: str, phrase: str) -> Teacher:
    """Says this paragraph (without marks unless it has some) and this phrase; translates questions by itself."""

    def speak(call: Call) -> str:
        if keys(call) == ["answer"]:
            return json.dumps({"answer": phrase})
        if "paragraph" in data(call):
            return stand_in(call)
        return json.dumps({"text": paragraph})

    return Teacher(speak)


def _made(tmp_path: Path, row: Row, teacher: Teacher, task: str = "squad_v1", **more: object) -> Row:
    (made,) = make(chunk_of({task: [example(task, row)]}, "de"), tools(tmp_path, **more), teacher)  # type: ignore[arg-type]
    for text, start in zip(*(made["answers"] or {"text": [], "answer_start": []}).values(), strict=True):
        assert made["context"][start : start + len(text)] == text
    return made


GERMAN = "Ada Moss wurde 1912 im roten Haus geboren. Sie verließ Rom und zog in die Altstadt von Bath."


@pytest.mark.parametrize(
    ("answer", "paragraph", "phrase", "rung", "text"),
    [
        ("the red house", GERMAN.replace("im roten Haus", "im <a1>roten Haus</a1>"), "", "markers", "roten Haus"),
        ("1912", GERMAN, "", "verbatim", "1912"),
        ("Ada Moss", GERMAN, "", "verbatim", "Ada Moss"),
        ("the old town", GERMAN, "die Altstadt", "sentence", "die Altstadt"),
        ("the old town", GERMAN, "Die ALTSTADT.", "sentence", "die Altstadt"),
        ("the red house", GERMAN, "roter Haus", "inflected", "roten Haus"),
    ],
)
def test_each_rung_of_the_ladder(
    tmp_path: Path, answer: str, paragraph: str, phrase: str, rung: str, text: str
) -> None:
    made = _made(tmp_path, _row(answer), _ladder(paragraph, phrase))
    assert (made["synth_outcome"], made["synth_rung"]) == ("kept", rung), made["synth_detail"]
    assert made["answers"]["text"] == [text] and made["context"] == GERMAN


def test_the_aligner_is_the_last_rung(tmp_path: Path) -> None:
    class Aligner:
        def project(self, source: str, span: Span, target: str) -> Span | None:
            assert span.of(source) == "the red house"
            at = target.find("roten Haus")
            return Span(at, at + 10)

    made = _made(tmp_path, _row("the red house"), _ladder(GERMAN, "Schloss"), align=Aligner())
    assert (made["synth_rung"], made["answers"]["text"]) == ("aligner", ["roten Haus"])


@pytest.mark.parametrize("phrase", ["Schloss", "aus", "1913", ""])
def test_an_answer_that_no_rung_finds_rejects_its_row_alone(tmp_path: Path, phrase: str) -> None:
    rows = [example("squad_v1", _row("the red house"), "lost"), example("squad_v1", _row("1912", "When?"), "kept")]
    made = make(chunk_of({"squad_v1": rows}, "de"), tools(tmp_path), _ladder(GERMAN, phrase))
    assert [row["synth_outcome"] for row in made] == ["rejected", "kept"]
    assert made[0]["synth_reason"] == "span_lost" and "the red house" in made[0]["synth_detail"]
    assert made[0]["context"] == GERMAN


def test_a_word_left_in_english_is_no_verbatim_answer(tmp_path: Path) -> None:
    made = _made(tmp_path, _row("house"), _ladder(GERMAN + " Das house steht.", "Schloss"))
    assert made["synth_outcome"] == "rejected"


def test_the_second_of_two_equal_answers_is_told_by_its_place(tmp_path: Path) -> None:
    context = "Rome fell. Then Rome rose again and all was well in Rome at last."
    row = _row("") | {"context": context, "answers": {"text": ["Rome"], "answer_start": [52]}}
    made = _made(tmp_path, row, _ladder("Rom fiel. Dann erhob sich Rom wieder, und alles war gut in Rom.", "Rom"))
    assert (made["synth_rung"], made["answers"]["answer_start"]) == ("sentence", [59])


def test_several_answers_carry_the_weakest_rung(tmp_path: Path) -> None:
    row = _row("1912")
    row["answers"] = {"text": ["1912", "the old town"], "answer_start": [38, CONTEXT.index("the old town")]}
    paragraph = GERMAN.replace("1912", "<a1>1912</a1>")
    made = _made(tmp_path, row, _ladder(paragraph, "die Altstadt"))
    assert (made["synth_rung"], made["answers"]["text"]) == ("sentence", ["1912", "die Altstadt"])


@pytest.mark.parametrize("style", [None, FewShotStyle()])
@pytest.mark.parametrize("answer", ["Oslo. ", "left.  ", " Then", "\n Anna"])
def test_white_space_at_the_ends_of_an_answer_is_no_part_of_it(
    tmp_path: Path, answer: str, style: FewShotStyle | None
) -> None:
    context = "\n Anna lived in Oslo. Then she left.  "
    answers = {"text": [answer], "answer_start": [context.index(answer)]}
    row = {"id": "q1", "title": "T", "context": context, "question": "Where?", "answers": answers}
    chunk = chunk_of({"squad_v1": [example("squad_v1", row)]}, "de", (Kind.TRANSLATION, Kind.PARAPHRASE))
    told, _ = make(chunk, tools(tmp_path, style), Teacher())
    assert told["synth_outcome"] == "kept", told["synth_detail"]
    (text,), (start,) = told["answers"]["text"], told["answers"]["answer_start"]
    assert told["context"][start : start + len(text)] == text == text.strip()


def test_unanswerable_stays_unanswerable(tmp_path: Path) -> None:
    made = _made(tmp_path, _row(""), Teacher(), "squad_v2")
    assert (made["synth_outcome"], made["synth_rung"]) == ("kept", "")
    assert made["answers"] == {"text": [], "answer_start": []} and made["id"] == "q1"


def test_a_paragraph_of_bad_json_is_made_sentence_by_sentence(tmp_path: Path) -> None:
    whole = _row("1912")["context"]

    def speak(call: Call) -> str | Reply:
        text = data(call).get("text", "")
        return Reply("{", "stop", 1, 1) if re.sub(r"</?a\d>", "", text) == whole else stand_in(call)

    made = _made(tmp_path, _row("1912"), Teacher(speak))
    assert (made["synth_outcome"], made["synth_unit"], made["synth_rung"]) == ("kept", "field", "markers")
    assert made["answers"]["text"] == ["1912"]


def test_a_paragraph_with_brackets_or_tags_of_its_own_is_not_marked_with_them(tmp_path: Path) -> None:
    for context, style in ((CONTEXT + " <A1> see", None), (CONTEXT.replace("1912", "1912 [5]"), FewShotStyle())):
        row = _row("1912") | {"context": context}
        made = _made(tmp_path / str(style), row, Teacher(), style=style)
        assert (made["synth_outcome"], made["synth_rung"]) == ("kept", "verbatim")


def test_a_bad_batch_of_questions_is_asked_one_by_one(tmp_path: Path) -> None:
    rows = [example("squad_v1", _row("1912", f"Question number {at}?"), f"q{at}") for at in range(3)]

    def speak(call: Call) -> str:
        return '{"q1": "?"}' if "q2" in keys(call) else stand_in(call)

    made = make(chunk_of({"squad_v1": rows}, "de"), tools(tmp_path), Teacher(speak))
    assert [row["synth_outcome"] for row in made] == ["kept"] * 3
    assert len({row["question"] for row in made}) == 3


def test_version_two_reuses_version_one_and_every_paragraph_is_asked_once(tmp_path: Path) -> None:
    both = Teacher()
    rows = make(chunk_of(examples("squad_v1", "squad_v2")), tools(tmp_path), both)
    paragraphs = {row["context"] for row in rows}
    assert len(rows) == 20 and all(row["synth_outcome"] == "kept" for row in rows)
    assert len(both.calls) == 2 * len(paragraphs), "a paragraph, and its questions together"
    marked = [data(call)["text"] for call in both.calls if "text" in data(call)]
    assert len(marked) == len(paragraphs) and all("<a1>" in text for text in marked)
    same = [row for row in rows if row["synth_task"] == "squad_v1"]
    twins = {row["id"]: row for row in rows if row["synth_task"] == "squad_v2"}
    for row in same:
        for column in ("context", "question", "answers"):
            assert row[column] == twins[row["id"]][column]


def test_more_than_ten_questions_are_asked_in_batches(tmp_path: Path) -> None:
    rows = [example("squad_v1", _row("1912", f"Question number {at}?"), f"q{at}") for at in range(23)]
    teacher = Teacher()
    make(chunk_of({"squad_v1": rows}, "de"), tools(tmp_path), teacher)
    assert sorted(len(keys(call)) for call in teacher.calls) == [1, 3, 10, 10]


@pytest.mark.parametrize("lang", ["zh", "th", "ar"])
@pytest.mark.parametrize("style", [FewShotStyle(), None])
def test_offsets_hold_where_sentences_are_joined(tmp_path: Path, lang: str, style: FewShotStyle | None) -> None:
    found = examples("squad_v1", "squad_v2")
    rows = make(chunk_of(found, lang), tools(tmp_path, style), Teacher())
    for row in rows:
        assert row["synth_outcome"] == "kept", (get_language(lang).name, row["synth_detail"])
        for text, start in zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True):
            assert row["context"][start : start + len(text)] == text


_SAID = [
    *("<a1>", "</a1>", "<a2>", "</a2>", "[", "]", "< A1 >", "</a3>", "  ", "\n", ". ", "? "),
    *(
        "1912",
        "Ada Moss",
        "Haus",
        "e\u0301",
        "\u0301",
        "हिन्द",
        "ी",
        "\u1112\u1161\u11ab",
        "漢字",
        "ราชา",
        "\u200f",
        "12",
    ),
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(_SAID), min_size=1, max_size=25).map("".join),
    st.sampled_from(_SAID),
    st.booleans(),
    st.sampled_from(["th", "zh"]),
)
def test_offsets_hold_for_whatever_the_teacher_says(
    tmp_path_factory: pytest.TempPathFactory, paragraph: str, phrase: str, few_shot: bool, lang: str
) -> None:
    told = tools(tmp_path_factory.mktemp("odd"), FewShotStyle() if few_shot else None)
    rows = [_row("1912", "When?"), _row("the red house"), _row("Ada Moss", "Who?"), _row("", "Why?")]
    found = [example("squad_v2", row, f"q{at}") for at, row in enumerate(rows)]
    teacher = Teacher(lambda _call: paragraph) if few_shot else _ladder(paragraph, phrase)
    for row in make(chunk_of({"squad_v2": found}, lang), told, teacher):
        if row["synth_outcome"] == "kept":
            for text, start in zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True):
                assert row["context"][start : start + len(text)] == text == text.strip() != ""
            assert row["context"] == clean_text(row["context"])


def test_the_question_sees_both_paragraphs(tmp_path: Path) -> None:
    teacher = _ladder(GERMAN, "")
    _made(tmp_path, _row("1912"), teacher)
    asked = next(call for call in teacher.calls if "paragraph" in data(call))
    assert data(asked) == {"paragraph": CONTEXT, "translation": GERMAN, "q1": "Where?"}
    assert keys(asked) == ["q1"] and "questions about the paragraph" in system(asked)


def test_a_refused_question_fails_alone(tmp_path: Path) -> None:
    found = examples("squad_v1")
    bad = found["squad_v1"][0].row["question"]

    def speak(call: Call) -> str | Reply:
        return Reply("No.", "content_filter", 5, 5) if bad in data(call).values() else stand_in(call)

    rows = make(chunk_of(found), tools(tmp_path), Teacher(speak))
    assert [row["synth_reason"] for row in rows] == [
        "refused" if bad in str(one.row) else "" for one in found["squad_v1"]
    ]
