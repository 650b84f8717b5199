"""Language modelling between the steps on tasks: those stay the same, and all follows from numbers and the seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.errors import BadFlag
from synth.train.encode.features import IGNORED, Feature
from synth.train.encode.pieces import Cutter, Sequence2
from synth.train.lm_steps import LM_HEAD, LmSteps, Passages, steps_with, with_language_modelling
from synth.train.masking import Masker, masker_of
from synth.train.mixing import is_mlm_step
from synth.train.mlm_text import MlmText
from synth.train.steps import HeadKind, HeadSpec, Step
from tests.train.encode.tokenizers_of import WORDS, tokenizer
from tests.train.little import recipe

BATCH = 4


@dataclass(frozen=True)
class Counted:
    """Steps on a task that say their number."""

    count: int
    heads: Mapping[str, HeadSpec] = None  # type: ignore[assignment]

    def step(self, number: int) -> Step:
        return Step("mnli", (Feature(str(number), (Sequence2((1, 2), (0, 0), 2),), {"labels": 0}),))


def tasks(count: int) -> Counted:
    return Counted(count, {"mnli": HeadSpec(HeadKind.CLASS, 3)})


def with_mask(kind: str = "unigram") -> Any:
    """A Transformers tokenizer that has a mask."""
    transformers = pytest.importorskip("transformers")
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(kind), bos_token="<s>", eos_token="</s>", pad_token="<pad>", mask_token="<mask>"
    )


def texts(root: Path) -> Path:
    for lang in ("ru", "th", "sw"):
        words = WORDS.get(lang, WORDS["en"])
        lines = [" ".join(np.roll(words, turn)) for turn in range(len(words))]
        (root / f"{lang}.txt").write_text("\n".join(lines), encoding="utf-8")
    return root


def lm_steps(root: Path, count: int = 40, share: float = 0.2, seed: int = 0, length: int = 32) -> LmSteps:
    fast = with_mask()
    passages = Passages(MlmText(root, 0.3, seed), Cutter(fast), length, masker_of(fast, 0.15, seed))
    return LmSteps(tasks(count), passages, share, BATCH)


@pytest.mark.parametrize("share", [0.05, 0.2, 1 / 3, 0.7])
def test_the_steps_on_tasks_are_all_there_in_order_and_the_share_is_met(tmp_path: Path, share: float) -> None:
    steps = lm_steps(texts(tmp_path), 60, share)
    found = [steps.step(number) for number in range(steps.count)]
    assert [step.features[0].row_id for step in found if step.head == "mnli"] == [str(n) for n in range(60)]
    modelling = sum(step.head == LM_HEAD for step in found)
    assert modelling == int(steps.count * share)
    assert found[-1].head == "mnli"


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.7, 0.95])
def test_steps_with_counts_as_is_mlm_step_does(share: float) -> None:
    for count in (1, 2, 7, 100, 1_234):
        total = steps_with(count, share)
        assert sum(not is_mlm_step(number, share) for number in range(total)) == count
        assert not is_mlm_step(total - 1, share)


def test_passages_go_on_from_step_to_step_and_none_comes_twice(tmp_path: Path) -> None:
    steps = lm_steps(texts(tmp_path), 40, 0.5)
    numbers = [
        int(feature.row_id.rsplit("/", 1)[1])
        for number in range(steps.count)
        for feature in steps.step(number).features
        if steps.step(number).head == LM_HEAD
    ]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) % BATCH == 0


def test_a_step_is_a_function_of_its_number_and_the_seed(tmp_path: Path) -> None:
    folder = texts(tmp_path)
    one, again, other = (lm_steps(folder, seed=seed) for seed in (3, 3, 4))
    modelling = [number for number in range(one.count) if one.step(number).head == LM_HEAD]
    assert [one.step(n) for n in modelling] == [again.step(n) for n in reversed(modelling)][::-1]
    assert [one.step(n) for n in modelling] != [other.step(n) for n in modelling]


def test_labels_are_what_stood_there_and_special_pieces_are_never_hidden(tmp_path: Path) -> None:
    steps = lm_steps(texts(tmp_path), length=16)
    cutter, text = steps.passages.cutter, steps.passages.text
    for number in range(100):
        feature = steps.passages.feature(number)
        ids, labels = feature.inputs[0].ids, feature.labels["labels"]
        whole = cutter.cut(text.passage(number).text).ids
        restored = tuple(label if label != IGNORED else piece for piece, label in zip(ids, labels, strict=True))
        assert len(ids) == len(labels) <= 16
        inner = restored[1:-1]
        assert any(whole[start : start + len(inner)] == inner for start in range(len(whole)))
        assert labels[0] == labels[-1] == IGNORED


def test_long_passages_are_read_in_different_windows(tmp_path: Path) -> None:
    (tmp_path / "ru.txt").write_text(" ".join(WORDS["ru"] * 5), encoding="utf-8")
    steps = lm_steps(tmp_path, length=12)
    windows = {steps.passages.feature(number).inputs[0].ids for number in range(30)}
    assert len(windows) > 10


def test_the_proportions_are_those_of_bert() -> None:
    ordinary = np.arange(10, 1_000)
    masker = Masker(mask=5, ordinary=ordinary, share=0.15, seed=1)
    counts: Counter[str] = Counter()
    for number in range(300):
        pieces = [7, *range(20, 220), 8]  # 7 and 8 are special
        read, labels = masker.hide(pieces, number)
        for before, after, label in zip(pieces, read, labels, strict=True):
            assert label in (IGNORED, before)
            assert label == before or after == before
            if label != IGNORED:
                counts["mask" if after == 5 else "same" if after == before else "other"] += 1
                assert before not in (7, 8)
                assert after not in (7, 8)
    total = sum(counts.values())
    assert total == 300 * round(0.15 * 202)
    assert counts["mask"] / total == pytest.approx(0.8, abs=0.02)
    assert counts["other"] / total == pytest.approx(0.1, abs=0.02)


def test_a_short_passage_has_a_label_too_and_one_of_special_pieces_has_none() -> None:
    masker = Masker(mask=5, ordinary=np.arange(10, 100), share=0.15, seed=0)
    for number in range(20):
        assert sum(label != IGNORED for label in masker.hide([11, 12], number)[1]) == 1
    assert masker.hide([7, 8], 0) == ([7, 8], [IGNORED, IGNORED])


def test_decoders_read_the_passage_as_it_is_after_bos(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer("gemma"), bos_token="<bos>")
    tried = recipe(
        [], model={"architecture": "gemma3-270m"}, arms=["english", "english+mlm"], mlm={"folder": str(texts(tmp_path))}
    )
    steps = with_language_modelling(tasks(10), tried, fast, seed=0)
    feature = steps.passages.feature(0)
    ids, labels = feature.inputs[0].ids, feature.labels["labels"]
    assert ids[0] == fast.bos_token_id
    assert labels == [IGNORED, *ids[1:]]
    assert steps.heads[LM_HEAD].kind is HeadKind.MLM
    assert steps.batch == tried.global_batch


def test_an_encoder_without_a_mask_is_refused(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer("unigram"))
    tried = recipe([], arms=["english", "english+mlm"], mlm={"folder": str(texts(tmp_path))})
    with pytest.raises(BadFlag, match="has no mask"):
        with_language_modelling(tasks(10), tried, fast, seed=0)
