"""The target stage: the order of its steps, what is trained once and found again, and what is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFolder, BadSource
from synth.evaluate.data.base import EvalSet
from synth.evaluate.encode import item_encoder
from synth.evaluate.english import STAGES, english_sets
from synth.evaluate.settings import EvalSettings, load_settings
from synth.evaluate.stage import Place, RunContext, TaskData
from synth.evaluate.target_steps import HEAD, TargetSteps, spec_of
from synth.evaluate.tasks import get_eval_task
from synth.evaluate.tasks.items import ChoiceItem, Item, PairItem, SpanItem
from synth.train.encode.pieces import Cutter
from synth.train.recipe import Lengths
from tests.evaluate.toys import toy_tokenizer
from tests.train.students import make_student

XNLI, XQUAD = get_eval_task("xnli"), get_eval_task("xquad")
CONTEXT = "the old harbour is cold and the ships sing at night near a stone bridge "


def pairs(count: int) -> list[Item]:
    """Pairs whose label can be read off their first word."""
    words = ("harbour", "bridge", "night")
    return [PairItem(f"p{n}", "en", f"{words[n % 3]} sing", "the ships", XNLI.labels[n % 3]) for n in range(count)]


def questions(count: int) -> list[Item]:
    texts = [CONTEXT * (1 + number % 3) for number in range(count)]
    return [SpanItem(f"q{n}", "en", text, "where?", ("harbour",), (8,)) for n, text in enumerate(texts)]


def steps(own: list[Item], seed: int = 0, epochs: float = 2, batch: int = 4) -> TargetSteps:
    task = XNLI if isinstance(own[0], PairItem) else XQUAD
    encode = item_encoder(task, Cutter(toy_tokenizer(False)), Lengths(pair=32, span=40, stride=8, question=8))
    return TargetSteps(own, encode, spec_of(task), batch, epochs, seed)


def drawn(made: TargetSteps) -> list[str]:
    return [one.row_id for number in range(made.count) for one in made.step(number).features]


def test_every_item_is_trained_on_once_an_epoch_and_the_last_step_is_short() -> None:
    made = steps(pairs(10))
    assert (made.inputs, made.total, made.count) == (10, 20, 5)
    assert Counter(drawn(made)) == {f"p{n}": 2 for n in range(10)}
    assert sorted(drawn(made)[:10]) == sorted(f"p{n}" for n in range(10))  # epoch by epoch
    assert drawn(made)[:10] != drawn(made)[10:]
    half = steps(pairs(10), epochs=0.5)
    assert [len(half.step(number).features) for number in range(half.count)] == [4, 1]


def test_windows_count_as_examples_as_in_the_official_script() -> None:
    own = questions(6)
    made = steps(own, epochs=1)
    windows = [one for number in range(made.count) for one in made.step(number).features]
    assert made.inputs == len(windows) > 6
    assert len({(one.row_id, one.inputs[0].ids) for one in windows}) == len(windows)  # each window once
    assert [len(made.step(number).features) for number in range(made.count - 1)] == [4] * (made.count - 1)


def test_a_step_is_a_function_of_its_number_and_the_order_of_the_file_does_not_matter() -> None:
    own = pairs(30)
    made, again = steps(own), steps(own[::-1])
    assert made.step(7) == steps(own).step(7)  # without the steps before it: resuming
    assert drawn(made) == drawn(again)
    assert made.order_hash() == again.order_hash()
    assert made.order_hash() != steps(own, seed=1).order_hash()
    assert made.order_hash() != steps(own[:-1]).order_hash()


class Source:
    """English sets in memory."""

    def __init__(self, **sets: list[Item]) -> None:
        self.sets = sets

    def languages(self, _task: str, split: str) -> tuple[str, ...]:
        return ("en",) if split in self.sets else ()

    def load(self, task: str, lang: str, split: str) -> EvalSet:
        return EvalSet(task, lang, split, tuple(self.sets[split]), origin={"split": split})


def settings(**changes: Any) -> EvalSettings:
    toy = {
        "epochs": 6,
        "optim.learning_rate": 3e-3,
        "optim.batch_size": 8,
        "optim.accumulation": 1,
        "lengths.pair": 32,
        "lengths.span": 40,
        "lengths.stride": 8,
        "lengths.question": 8,
        "freeze_embeddings": False,
    }
    return load_settings("small", {**toy, **changes})


def context(tmp_path: Path, source: Source, own: EvalSettings | None = None) -> RunContext:
    student = tmp_path / "student"
    if not student.is_dir():
        make_student(student, "e5-small")
    place = Place(str(student), identity="toy")
    return RunContext(tmp_path / "run", place, source, own or settings(), 0, "cpu", lambda _line: None)


def predictor(task: str, given: RunContext) -> Any:
    from synth.evaluate.heads import head_predictor

    definition = get_eval_task(task)
    return head_predictor(definition, TaskData(definition, ("en",), given.source), given)


def test_what_can_be_learnt_is_learnt_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.evaluate import target

    own = pairs(48)
    given = context(tmp_path, Source(train=own), settings(epochs=10))
    made = predictor("xnli", given)
    found = made.predict(EvalSet("xnli", "en", "test", tuple(own)))
    right = sum(one == (item.gold,) for one, item in zip(found.predictions, own, strict=True))  # type: ignore[union-attr]
    assert right > 40
    record = made.record["target"][0]
    assert (record["name"], record["steps"], record["selected"]) == ("xnli", 60, "last weights")
    assert record["loss"][-1] < record["loss"][0]
    assert not (given.folder / "target" / "xnli" / "checkpoints").exists()
    assert (given.folder / "target" / "xnli" / "log.jsonl").is_file()

    monkeypatch.setattr(target, "fit", lambda *_words: pytest.fail("it was trained before"))
    again = predictor("xnli", given)
    assert again.predict(EvalSet("xnli", "en", "test", tuple(own))).scores == found.scores
    assert again.record == made.record


def test_the_best_weights_on_english_dev_are_kept_where_settings_select(tmp_path: Path) -> None:
    given = context(tmp_path, Source(train=pairs(24), validation=pairs(9)), settings(select_every=3))
    record = predictor("xnli", given).record["target"][0]
    assert record["selected"].startswith("best on English dev, step ")
    assert record["dev"] > 50


def test_copa_goes_on_from_social_iqa(tmp_path: Path) -> None:
    both = ("the harbour is cold", "ships sing")
    social = [ChoiceItem(f"s{n}", "en", "the bridge", "Why?", (*both, "night"), str(n % 3)) for n in range(8)]
    copa = [ChoiceItem(f"c{n}", "en", "the bridge", "cause", both, str(n % 2)) for n in range(8)]
    given = context(tmp_path, Source(siqa_train=social, train=copa), settings(epochs=1))
    made = predictor("xcopa", given)
    assert [one["name"] for one in made.record["target"]] == ["siqa", "copa"]
    found = made.predict(EvalSet("xcopa", "sw", "test", tuple(copa)))
    assert {one[0] for one in found.predictions} <= {"0", "1"}


def test_a_training_with_other_settings_is_not_taken_for_this_one(tmp_path: Path) -> None:
    source = Source(train=pairs(8))
    predictor("xnli", context(tmp_path, source, settings(epochs=1)))
    for other in (
        context(tmp_path, source, settings(epochs=2)),
        context(tmp_path, Source(train=pairs(9)), settings(epochs=1)),
        replace(context(tmp_path, source, settings(epochs=1)), seed=1),
    ):
        with pytest.raises(BadFolder, match="other settings, data, seed or model"):
            predictor("xnli", other)


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    given = context(tmp_path, Source(train=pairs(8)), settings(epochs=1))
    predictor("xnli", given)
    (given.folder / "target" / "xnli" / "weights.safetensors").write_bytes(b"not weights")
    with pytest.raises(BadFolder, match="is damaged"):
        predictor("xnli", given)


def test_warm_up_in_steps_is_at_most_a_tenth_of_a_small_set() -> None:
    from synth.evaluate.target import _optim

    squad = load_settings("official").targets["squad"]
    assert _optim(squad, 8_000).warmup == 500 / 8_000
    assert _optim(squad, 100).warmup == 0.1
    assert _optim(load_settings("jiant").targets["squad"], 100).warmup == 0.1


def test_training_rows_are_drawn_by_the_seed_whatever_their_order() -> None:
    stage, own = STAGES["xnli"][0], load_settings("small", {"rows": 5}).targets["xnli"]
    found = english_sets(Source(train=pairs(40)), stage, own, 0).train
    turned = english_sets(Source(train=pairs(40)[::-1]), stage, own, 0).train
    assert {one.item_id for one in found.items} == {one.item_id for one in turned.items}
    assert len(found.items) == 5
    other = english_sets(Source(train=pairs(40)), stage, own, 1).train
    assert {one.item_id for one in other.items} != {one.item_id for one in found.items}


def test_a_missing_english_set_is_named_with_what_to_write() -> None:
    with pytest.raises(BadSource, match=r"xcopa: \{siqa_train: FILE\}"):
        english_sets(Source(), STAGES["xcopa"][0], load_settings("small").targets["siqa"], 0)


def test_head_sizes_fit_the_tasks() -> None:
    assert [spec_of(get_eval_task(name)).size for name in ("xnli", "xcopa", "udpos", "panx", "xquad")] == [
        3,
        1,
        17,
        7,
        2,
    ]
    assert steps(pairs(3)).heads == {HEAD: spec_of(XNLI)}
