"""Text-to-text: likelihoods against a forward pass of each option, greedy answers against a plain loop, wordings."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag
from synth.evaluate.data.base import EvalSet
from synth.evaluate.settings import load_settings
from synth.evaluate.stage import Place, RunContext, TaskData
from synth.evaluate.tasks import get_eval_task
from synth.evaluate.tasks.items import ChoiceItem, Item, PairItem, SpanItem
from tests.evaluate.toys import SENTENCES, letters_tokenizer, toy_student

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")),
    reason="torch and transformers are not installed (extra `train`)",
)
CHOICE = ChoiceItem("c1", "tr", "Su kaynadı.", "effect", ("Buhar çıktı.", "Buz oldu."), "0")
PAIR = PairItem("p1", "de", "Der Hund bellt.", "Ein Tier ist laut.", "entailment")
SPAN = SpanItem("s1", "en", "The mill was built in 1731.", "When was the mill built?", ("1731",), (22,))


def prompt(task: str, item: Item, wording: Any) -> tuple[str, tuple[str, ...], str]:
    from synth.evaluate.prompts import asked

    found = asked(get_eval_task(task), item, wording)
    return found.prompt, found.answers, found.right


def test_wording_example_has_no_english() -> None:
    assert prompt("xnli", PAIR, "example") == (
        "1: Der Hund bellt.\n2: Ein Tier ist laut.\n=",
        (" A", " B", " C"),
        " A",
    )
    same = PairItem("p2", "de", "Es regnet.", "Regen fällt.", "1")
    assert prompt("pawsx", same, "example") == ("1: Es regnet.\n2: Regen fällt.\n=", (" A", " B"), " B")
    assert prompt("xcopa", CHOICE, "example") == (
        "Su kaynadı. →\nA. Buhar çıktı.\nB. Buz oldu.\n=",
        (" A", " B"),
        " A",
    )
    assert prompt("xquad", SPAN, "example") == ("The mill was built in 1731.\nWhen was the mill built?\n=", (), " 1731")


def test_wording_english_asks_in_english_words() -> None:
    assert prompt("xnli", PAIR, "english") == (
        "Premise: Der Hund bellt.\nHypothesis: Ein Tier ist laut.\nLabel (entailment, neutral, contradiction):",
        (" entailment", " neutral", " contradiction"),
        " entailment",
    )
    assert prompt("xcopa", CHOICE, "english")[0].startswith("Su kaynadı. What was the effect?\nA. Buhar")
    assert "\nSame meaning (no, yes):" in prompt("pawsx", PairItem("p", "fr", "a", "b", "0"), "english")[0]
    cause = ChoiceItem("c", "tr", "Kapı açıldı.", "cause", ("a", "b"), "1")
    assert "Kapı açıldı. ←" in prompt("xcopa", cause, "example")[0]
    siqa = ChoiceItem("q", "en", "Ada sang.", "How does Ada feel?", ("glad", "sad", "cold"), "2")
    assert prompt("xcopa", siqa, "example") == (
        "Ada sang. How does Ada feel?\nA. glad\nB. sad\nC. cold\n=",
        (" A", " B", " C"),
        " C",
    )


def brute(student: Any, start: Sequence[int], option: Sequence[int]) -> float:
    """The log likelihood of one option from one whole forward pass."""
    import torch

    with torch.no_grad():
        logits = student.language_model(input_ids=torch.tensor([[*start, *option]])).logits[0].double()
    chances = logits.log_softmax(dim=-1)
    return sum(float(chances[len(start) - 1 + place, piece]) for place, piece in enumerate(option))


@pytest.mark.parametrize("name", ["gemma3-270m", "llama3.2-1b", "qwen3-1.7b"])
@pytest.mark.parametrize("tokens", [24, 4096])
def test_likelihoods_are_those_of_single_forward_passes(name: str, tokens: int) -> None:
    from synth.evaluate.likelihood import option_scores

    student = toy_student(name, language_model=True)
    prompts = [[2, *range(5, 5 + length)] for length in (3, 11, 1, 7)]
    options = [
        [[30], [31], [32]],  # letters: one input for all of them
        [[40, 41, 42], [40, 41, 43], [44]],
        [[50, 51], [60, 61, 62, 63]],
        [[70]],
    ]
    found = option_scores(prompts, options, student, tokens)
    for start, own, scores in zip(prompts, options, found, strict=True):
        assert scores == pytest.approx([brute(student, start, option) for option in own], abs=1e-4)


def test_options_that_differ_in_their_last_piece_share_an_input(monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.evaluate import likelihood

    student, rows = toy_student("gemma3-270m", language_model=True), []
    run = likelihood._chances
    monkeypatch.setattr(likelihood, "_chances", lambda batch, *more: rows.extend(batch) or run(batch, *more))
    likelihood.option_scores([[2, 5, 6]] * 4, [[[30], [31]]] * 4, student, 4096)
    assert len(rows) == 4


def predictor(task: str, student: Any, **text: Any) -> Any:
    from synth.evaluate.likelihood import TextPredictor

    settings = load_settings("official").text.model_copy(update={"answers": "english", **text})
    return TextPredictor(get_eval_task(task), student, settings, 2048, "fp32", {})


def test_the_likeliest_label_is_predicted_and_length_can_be_taken_out() -> None:
    student = toy_student("gemma3-270m", language_model=True)
    data = EvalSet("xnli", "de", "test", (PAIR,))
    plain, mean = (predictor("xnli", student, normalise=how).predict(data) for how in ("none", "pieces"))
    lengths = [len(student.tokenizer.tokenize(f" {word}")) for word in get_eval_task("xnli").labels]
    assert mean.scores[0] == pytest.approx(
        [score / length for score, length in zip(plain.scores[0], lengths, strict=True)]
    )
    for found in (plain, mean):
        best = max(range(3), key=found.scores[0].__getitem__)
        assert found.predictions == [(get_eval_task("xnli").labels[best],)]


def test_choices_are_predicted_by_number() -> None:
    found = predictor("xcopa", toy_student("gemma3-270m", language_model=True)).predict(
        EvalSet("xcopa", "tr", "test", (CHOICE,))
    )
    assert found.predictions[0][0] in {"0", "1"}
    assert len(found.scores[0]) == 2
    three = ChoiceItem("q", "en", "Ada sang.", "How does Ada feel?", ("glad", "sad", "cold"), "2")
    student = toy_student("qwen3-1.7b", language_model=True)
    student.tokenizer = letters_tokenizer()  # knows capital letters: the likeliest may be any of the three
    for first in range(3):
        choices = tuple(three.choices[(first + place) % 3] for place in range(3))
        data = EvalSet("xcopa", "en", "validation", (replace(three, choices=choices),))
        found = predictor("xcopa", student).predict(data)
        assert found.predictions == [(str(max(range(3), key=found.scores[0].__getitem__)),)]


def greedy_by_hand(student: Any, ids: list[int], most: int) -> list[int]:
    import torch

    written: list[int] = []
    with torch.no_grad():
        while len(written) < most:
            logits = student.language_model(input_ids=torch.tensor([[*ids, *written]])).logits[0, -1]
            written.append(int(logits.argmax()))
            if written[-1] == student.tokenizer.eos_token_id or "\n" in student.tokenizer.decode(written[-1:]):
                break
    return written


@pytest.mark.parametrize("name", ["gemma3-270m", "llama3.2-1b"])
def test_greedy_answers_are_those_of_a_plain_loop(name: str) -> None:
    from synth.evaluate.generation import write_answers

    student = toy_student(name, language_model=True)
    prompts = [student.tokenizer(text)["input_ids"] for text in SENTENCES[:6]]
    found = write_answers(prompts, student, 8, 64)
    wanted = [student.tokenizer.decode(greedy_by_hand(student, ids, 8), skip_special_tokens=True) for ids in prompts]
    assert found == wanted


def test_an_answer_is_one_line_and_marks_of_no_answer_are_none() -> None:
    from synth.evaluate.prompts import answer_in

    assert answer_in(" 1731\nQuestion:", "english") == "1731"
    assert answer_in(" -", "example") == ""
    assert answer_in(" unanswerable", "english") == ""


def context(folder: Path, source: Any, student: Any, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> RunContext:
    from synth.evaluate import likelihood

    monkeypatch.setattr(likelihood, "load_student", lambda *_args, **_more: student)
    settings = load_settings("small", {"text.answers": "example", **changes})
    return RunContext(folder, Place("toy"), source, settings, 0, "cpu", lambda _line: None)


class Planted:
    """A source whose premise says its label: the first word is what a model has to look at."""

    def __init__(self, rows: int) -> None:
        words = {"entailment": "the library", "neutral": "old harbour", "contradiction": "on Monday"}
        labels = tuple(words)
        self.items = tuple(
            PairItem(f"i{n}", "en", words[labels[n % 3]], "opens at nine", labels[n % 3]) for n in range(rows)
        )

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        return ("en",) if split in {"train", "test"} else ()

    def load(self, task: str, lang: str, split: str) -> EvalSet:
        return EvalSet(task, lang, split, self.items)


def test_a_model_learns_the_target_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.evaluate.likelihood import text_predictor

    student = toy_student("qwen3-1.7b", language_model=True, num_hidden_layers=2)
    student.tokenizer = letters_tokenizer()
    task, source = get_eval_task("xnli"), Planted(48)
    changes = {"xnli.optim.learning_rate": 1e-2, "xnli.optim.batch_size": 16, "xnli.optim.accumulation": 1}
    changes |= {"xnli.epochs": 20, "freeze_embeddings": False}
    ready = context(tmp_path, source, student, monkeypatch, **changes)
    made = text_predictor(task, TaskData(task, ("en",), source), ready)
    found = made.predict(source.load("xnli", "en", "test"))
    right = [one[0] == item.gold for one, item in zip(found.predictions, source.items, strict=True)]
    assert sum(right) >= 0.9 * len(right)
    assert made.record["target"][0]["loss"][-1] < made.record["target"][0]["loss"][0] / 2
    fresh = toy_student("qwen3-1.7b", language_model=True, num_hidden_layers=2)
    fresh.tokenizer = letters_tokenizer()
    again = text_predictor(
        task, TaskData(task, ("en",), source), context(tmp_path, source, fresh, monkeypatch, **changes)
    )
    assert again.record == made.record  # found on disk, not trained again
    scores = again.predict(source.load("xnli", "en", "test")).scores
    assert [one for row in scores for one in row] == pytest.approx(
        [one for row in found.scores for one in row], abs=1e-4
    )


def test_without_training_the_model_is_asked_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.evaluate.likelihood import text_predictor

    student = toy_student("gemma3-270m", language_model=True)
    task, source = get_eval_task("xnli"), Planted(3)
    ready = context(tmp_path, source, student, monkeypatch, **{"text.train": False})
    made = text_predictor(task, TaskData(task, ("en",), source), ready)
    assert made.record == {"style": "text", "answers": "example", "normalise": "none", "target": []}
    assert not (tmp_path / "target").exists()


def test_tags_as_text_are_refused_without_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.evaluate.likelihood import text_predictor

    task = get_eval_task("udpos")
    ready = context(tmp_path, Planted(1), None, monkeypatch, **{"text.train": False})
    with pytest.raises(BadFlag, match="udpos cannot be asked as text: a head is trained for it"):
        text_predictor(task, TaskData(task, ("en",), Planted(1)), ready)


def test_an_encoder_cannot_be_asked_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.evaluate.likelihood import text_predictor

    task = get_eval_task("xnli")
    ready = context(tmp_path, Planted(1), toy_student("e5-small"), monkeypatch)
    with pytest.raises(BadFlag, match="is an encoder and cannot be asked as text"):
        text_predictor(task, TaskData(task, ("en",), Planted(1)), ready)
