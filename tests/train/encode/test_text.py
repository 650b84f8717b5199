"""Text to text: the loss is on the answer alone, nothing is English where that is asked, and losses are counted."""

from __future__ import annotations

import re
from typing import Any

import pytest

from synth.tasks import TASKS
from synth.train.encode.features import IGNORED
from synth.train.encode.pieces import Cutter
from synth.train.encode.text import encode_text, prompt_of, text_encoder
from tests.manifest.make_corpus import english
from tests.train.encode.tokenizers_of import WORDS, sentence, tokenizer

EOS = 1


def row(task: str, number: int = 0, **changes: Any) -> dict[str, Any]:
    return {**english(task, number), "synth_id": f"{task}/{number}", "synth_lang": "en", **changes}


def cutter(kind: str = "gemma") -> Cutter:
    return Cutter(tokenizer(kind), decoder=True)


@pytest.mark.parametrize(
    ("task", "number", "english_answer", "own_answer"),
    [
        ("mnli", 2, " contradiction", " C"),
        ("qqp", 1, " yes", " B"),
        ("hellaswag", 3, " D", " D"),
        ("commonsense_qa", 4, " E", " E"),
        ("squad_v2", 0, " old harbour", " old harbour"),
        ("squad_v2", 1, " unanswerable", " -"),
        ("ccg", 0, " N S\\NP", " N S\\NP"),
    ],
)
def test_answers_are_words_letters_or_spans(task: str, number: int, english_answer: str, own_answer: str) -> None:
    assert prompt_of(task, row(task, number), "english").completion == english_answer
    assert prompt_of(task, row(task, number), "example").completion == own_answer


@pytest.mark.parametrize("task", TASKS)
def test_the_examples_own_wording_adds_no_word(task: str) -> None:
    own = row(task)
    given = " ".join(map(str, own.values()))
    text = prompt_of(task, own, "example").prompt
    added = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in given]
    assert added == []


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", ["gemma", "bytes"])
def test_the_loss_is_on_the_answer_and_its_end_alone(task: str, kind: str) -> None:
    own = cutter(kind)
    text = prompt_of(task, row(task), "english")
    found = text_encoder(task, own, 512, "english", EOS)(row(task)).features[0]
    labels = found.labels["labels"]
    learnt = [label for label in labels if label != IGNORED]
    assert learnt == [*own.cut(text.completion).ids, EOS]
    assert list(found.inputs[0].ids[-len(learnt) :]) == learnt
    assert len(labels) == found.tokens
    asked = found.inputs[0].ids[: -len(learnt)]
    assert asked == (*own.template.single_before, *own.cut(text.prompt).ids)  # what a model is given when it answers


def test_what_does_not_fit_is_cut_off_the_beginning_and_counted() -> None:
    own = cutter()
    long = row("mnli", premise=sentence("en", WORDS["en"] * 20))
    whole = text_encoder("mnli", own, 4_096, "english", EOS)(long)
    cut = text_encoder("mnli", own, 48, "english", EOS)(long)
    assert (cut.tokens, cut.dropped) == (48, whole.tokens - 48)
    assert not cut.lost
    assert cut.features[0].inputs[0].ids[-20:] == whole.features[0].inputs[0].ids[-20:]


@pytest.mark.parametrize(("place", "lost"), [("start", True), ("end", False)])
def test_an_answer_whose_place_was_cut_off_is_lost(place: str, lost: bool) -> None:
    filler = sentence("en", WORDS["en"] * 20)
    context = f"harbour {filler}" if place == "start" else f"{filler} harbour"
    answers = {"text": ["harbour"], "answer_start": [0 if place == "start" else len(context) - 7]}
    asked = row("squad_v2", context=context, answers=answers)
    assert text_encoder("squad_v2", cutter(), 64, "english", EOS)(asked).lost is lost


def test_an_answer_longer_than_everything_is_cut_and_lost() -> None:
    tags = ["N"] * 200
    asked = row("ccg", tokens=["Birds"] * 200, tags=tags)
    found = encode_text(asked, prompt_of("ccg", asked, "english"), cutter(), 32, EOS)
    assert found.lost
    assert found.tokens == 32
