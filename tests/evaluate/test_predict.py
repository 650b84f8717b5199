"""Predicting: like lengths together, and the same predictions as one input at a time."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from synth.evaluate.data.base import EvalSet
from synth.evaluate.encode import ParagraphCutter, item_encoder
from synth.evaluate.spans import Rule
from synth.evaluate.target_steps import HEAD, spec_of
from synth.evaluate.tasks import get_eval_task
from synth.evaluate.tasks.items import ChoiceItem, Item, PairItem, SpanItem, TagItem, gold_of
from synth.train.encode.features import IGNORED, Feature
from synth.train.encode.pieces import Cutter, Sequence2
from synth.train.recipe import Lengths
from tests.evaluate.toys import SENTENCES, toy_student

TASKS = ("xnli", "xcopa", "panx", "xquad")
LENGTHS = Lengths(pair=32, span=40, stride=8, question=10)


def items(task: str, count: int = 24, lang: str = "de") -> list[Item]:
    """Items of very different lengths; some do not fit into one input."""
    rng = random.Random(task)
    texts = [" ".join(rng.choices(SENTENCES, k=1 + number % 4)) for number in range(count)]
    labels = get_eval_task(task).labels
    if task == "xnli":
        return [PairItem(f"i{n}", lang, text, texts[-n], labels[n % 3]) for n, text in enumerate(texts)]
    if task == "xcopa":
        both = (texts[0], texts[1])
        return [ChoiceItem(f"i{n}", lang, text, "cause", both, str(n % 2)) for n, text in enumerate(texts)]
    if task == "panx":
        split = [tuple(text.split()) for text in texts]
        return [TagItem(f"i{n}", lang, own, tuple(labels[len(w) % 7] for w in own)) for n, own in enumerate(split)]
    return [SpanItem(f"i{n}", lang, text, "where?", (text[:3],), (0,)) for n, text in enumerate(texts)]


def predictor(task: str, architecture: str = "e5-small", tokens: int = 128) -> Any:
    import torch

    from synth.evaluate.heads import HeadPredictor
    from synth.evaluate.predict import Runner
    from synth.train.heads import MultiHead

    # Weights larger than usual: a toy says the same of every input otherwise.
    student, definition = toy_student(architecture, initializer_range=0.6), get_eval_task(task)
    torch.manual_seed(1)
    model = MultiHead(student.backbone, {HEAD: spec_of(definition)}, student.decoder)
    encode = item_encoder(definition, ParagraphCutter(student.tokenizer, student.decoder), LENGTHS)
    runner = Runner(model, HEAD, student.tokenizer.pad_token_id, tokens)
    return HeadPredictor(definition, runner, encode, Rule(LENGTHS.stride), {})


def data(task: str, own: list[Item]) -> EvalSet:
    return EvalSet(task, "de", "test", tuple(own))


@pytest.mark.parametrize("architecture", ["e5-small", "qwen3-1.7b"])
@pytest.mark.parametrize("task", TASKS)
def test_batches_by_length_predict_what_one_item_at_a_time_does(task: str, architecture: str) -> None:
    from dataclasses import replace

    together, own = predictor(task, architecture), items(task)
    apart = replace(together, runner=replace(together.runner, tokens=1))  # one input a batch
    found, plain = together.predict(data(task, own)), [apart.predict(data(task, [one])) for one in own]
    assert list(found.predictions) == [one.predictions[0] for one in plain]
    for mine, other in zip(found.scores, plain, strict=True):
        assert np.allclose(mine, other.scores[0], atol=1e-4)
    assert len({numbers[0] for numbers in found.scores}) > len(found.scores) // 2  # the model tells items apart


@pytest.mark.parametrize("task", TASKS)
def test_the_model_is_left_in_training_mode(task: str) -> None:
    made = predictor(task)
    made.runner.model.train()
    made.predict(data(task, items(task, 3)))
    assert made.runner.model.training  # a development set is predicted in the middle of training


def feature(length: int, inputs: int = 1) -> Feature:
    one = Sequence2((5,) * length, (0,) * length, length)
    return Feature(str(length), (one,) * inputs, {})


def test_batches_keep_to_the_limit_hold_everything_once_and_hardly_pad() -> None:
    from synth.evaluate.predict import batches

    rng = random.Random(0)
    given = [feature(rng.randint(3, 200), rng.choice([1, 2])) for _ in range(500)]
    found = list(batches(given, 1024))
    assert sorted(place for batch in found for place in batch) == list(range(500))
    computed = 0
    for batch in found:
        width = max(len(given[place].inputs[0].ids) for place in batch)
        size = width * sum(len(given[place].inputs) for place in batch)
        assert size <= 1024
        computed += size
    assert computed < 1.1 * sum(one.tokens for one in given)


def test_an_input_that_alone_is_over_the_limit_is_a_batch_of_its_own() -> None:
    from synth.evaluate.predict import batches

    assert list(batches([feature(300), feature(4)], 100)) == [[1], [0]]


def test_blocks_do_not_change_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.evaluate import predict

    made, own = predictor("xquad"), items("xquad")
    whole = made.predict(data("xquad", own))
    monkeypatch.setattr(predict, "BLOCK", 3)
    cut = made.predict(data("xquad", own))
    assert whole.predictions == cut.predictions


@pytest.mark.parametrize("kind", ["e5-small", "qwen3-1.7b"])
def test_every_word_of_a_long_sentence_gets_a_tag(kind: str) -> None:
    own = [one for one in items("panx") if isinstance(one, TagItem)]
    longest = max(own, key=lambda one: len(one.tokens))
    made = predictor("panx", kind)
    assert len(made.encode(longest)) > 1
    found = made.predict(data("panx", [longest]))
    assert len(found.predictions[0]) == len(found.scores[0]) == len(longest.tokens)


def test_windows_of_a_sentence_begin_at_words_and_carry_the_tags_in_order() -> None:
    task = get_eval_task("udpos")
    cutter = Cutter(toy_student("e5-small").tokenizer)
    words = ("the", "old", "harbour", "is", "cold", "and", "the", "ships", "sing", "at", "night")
    tags = tuple(task.labels[number % 17] for number in range(len(words)))
    made = item_encoder(task, cutter, Lengths(pair=16))(TagItem("i", "en", words, tags))
    labels = [label for one in made for label in one.labels["labels"] if label != IGNORED]
    assert [task.labels[label] for label in labels] == list(tags)
    assert all(len(one.inputs[0].ids) <= 16 for one in made)


def test_a_word_that_alone_is_too_long_keeps_its_place() -> None:
    task = get_eval_task("udpos")
    cutter = Cutter(toy_student("e5-small").tokenizer)
    words = ("sing", "harbour" * 30, "sing")
    made = item_encoder(task, cutter, Lengths(pair=16))(TagItem("i", "en", words, ("VERB", "NOUN", "VERB")))
    labels = [label for one in made for label in one.labels["labels"] if label != IGNORED]
    assert [task.labels[label] for label in labels] == ["VERB", "NOUN", "VERB"]


def test_copa_asks_what_was_the_cause_and_social_iqa_its_own_question() -> None:
    from synth.evaluate.encode import choices_of_item

    copa = ChoiceItem("1", "sw", "Paka alilala.", "effect", ("a", "b"), "1")
    assert choices_of_item(copa).prompt == "Paka alilala. What was the effect?"
    assert choices_of_item(copa).label == 1
    social = ChoiceItem("2", "en", "Robin fell.", "Why?", ("a", "b", "c"), "2")
    assert choices_of_item(social).prompt == "Robin fell. Why?"


def test_a_paragraph_is_cut_once_for_all_its_questions() -> None:
    made = ParagraphCutter(toy_student("e5-small").tokenizer)
    text = SENTENCES[0]
    assert made.cut(text) is made.cut(text)
    assert made.cut(text) == Cutter(toy_student("e5-small").tokenizer).cut(text)


def test_planted_scores_become_the_labels_they_stand_for() -> None:
    from synth.evaluate.heads import answer_of

    rule = Rule(LENGTHS.stride)
    xnli, panx = get_eval_task("xnli"), get_eval_task("panx")
    scores = np.array([0.1, -2.0, 3.0], dtype=np.float32)
    pair = items("xnli", 1)[0]
    assert answer_of(xnli, pair, [(feature(4), scores)], rule)[0] == ("contradiction",)
    tagged = Feature("t", (Sequence2((1, 2, 3, 4), (0,) * 4, 4),), {"labels": [IGNORED, 0, IGNORED, 0]})
    rows = np.full((4, 7), -9.0, dtype=np.float32)
    rows[1, panx.labels.index("B-LOC")] = rows[3, panx.labels.index("O")] = 9.0
    rows[2, panx.labels.index("I-PER")] = 99.0  # not the first piece of a word
    found, chances = answer_of(panx, items("panx", 1)[0], [(tagged, rows)], rule)
    assert found == ("B-LOC", "O")
    assert all(chance > 0.99 for chance in chances)


def test_predictions_pass_the_checks_of_prediction_files() -> None:
    from synth.evaluate.predictions import predictions_for

    for task in TASKS:
        own = data(task, items(task))
        found = predictor(task).predict(own)
        made = predictions_for(own, found.predictions, found.scores)
        assert made.golds == tuple(gold_of(item) for item in own.items)


def test_progress_tells_rate_and_time_left(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.evaluate import progress

    clock = iter([0.0, 40.0, 40.0, 80.0, 80.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    shown = progress.Progress("xnli sw", 100)
    shown.add(20)
    assert "xnli sw: 20 of 100 items, 0.5 a second, 160 s left" in capsys.readouterr().err


def test_a_batch_that_is_too_large_for_the_device_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from synth.errors import StoppedError
    from synth.train.heads import MultiHead

    def full(*_words: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    made = predictor("xnli", tokens=4096)
    monkeypatch.setattr(MultiHead, "forward", full)
    with pytest.raises(StoppedError, match=r"--set prediction\.tokens=1024"):
        made.predict(data("xnli", items("xnli", 2)))
