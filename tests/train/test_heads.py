"""Heads on one backbone: every architecture learns every task's shape at toy size, and padding changes nothing."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synth.train.architectures import ARCHITECTURES, Role, build_config
from synth.train.encode.features import Feature, merge_batch
from synth.train.encode.heads import Limits, encoder_of, tag_numbers
from synth.train.encode.pieces import Cutter
from synth.train.steps import head_spec
from tests.manifest.make_corpus import english
from tests.train.encode.tokenizers_of import tokenizer

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")),
    reason="torch and transformers are not installed (extra `train`)",
)
TASKS = ("mnli", "hellaswag", "squad_v2", "ccg")
TAGS = tag_numbers(["N", "S\\NP"])


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Toys are too small to share out: threads would only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def longer(task: str, row: dict[str, Any], words: int) -> dict[str, Any]:
    """The row with so many words more, so that batches are padded."""
    if task == "ccg":
        return {**row, "tokens": [*row["tokens"], *["sing"] * words], "tags": [*row["tags"], *["N"] * words]}
    name = {"mnli": "hypothesis", "hellaswag": "ctx_a", "squad_v2": "question"}[task]
    return {**row, name: row[name] + " harbour" * words}


def features(task: str, decoder: bool, count: int = 4) -> list[Feature]:
    cutter = Cutter(tokenizer("gemma" if decoder else "unigram"), decoder)
    encoder = encoder_of(task, cutter, Limits(pair=64, span=96, stride=32, question=24), TAGS)
    rows = [
        {**longer(task, english(task, number), number), "synth_id": str(number), "synth_lang": "en"}
        for number in range(count)
    ]
    return [feature for row in rows for feature in encoder(row).features]


def toy(name: str, tasks: tuple[str, ...] = TASKS) -> Any:
    import torch
    from transformers import AutoModel

    from synth.train.heads import MultiHead

    torch.manual_seed(0)
    backbone = AutoModel.from_config(build_config(name, toy=True), dtype=torch.float32)
    heads = {task: head_spec(task, TAGS if task == "ccg" else None) for task in tasks}
    return MultiHead(backbone, heads, ARCHITECTURES[name].role is Role.DECODER)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_few_steps_of_every_task_lower_the_loss(name: str) -> None:
    import torch

    from synth.train.heads import to_tensors

    model = toy(name).eval()  # without dropout, so that the loss of the same batch must fall
    decoder = ARCHITECTURES[name].role is Role.DECODER
    batches = {task: to_tensors(merge_batch(features(task, decoder), pad=1)) for task in TASKS}
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses: list[float] = []
    for _ in range(4):
        loss = sum(model(task, batch).loss for task, batch in batches.items())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] * 0.97
    assert all(parameter.grad is not None for parameter in model.heads.parameters())


@pytest.mark.parametrize("name", ["xlmr-large", "mmbert-base", "llama3.2-1b", "gemma3-1b", "qwen3-8b", "e5-small"])
@pytest.mark.parametrize("task", TASKS)
def test_padding_changes_no_score(name: str, task: str) -> None:
    import torch

    from synth.train.heads import to_tensors

    model = toy(name).eval()
    found = features(task, ARCHITECTURES[name].role is Role.DECODER, count=3)
    with torch.no_grad():
        together = model(task, to_tensors(merge_batch(found, pad=1))).scores
        for index, feature in enumerate(found):
            batch = merge_batch([feature], pad=1)
            alone = model(task, to_tensors(batch)).scores[0]
            assert torch.allclose(together[index][: len(alone)], alone, atol=1e-5)


def test_scores_have_the_shape_of_their_task() -> None:
    from synth.train.heads import to_tensors

    model = toy("e5-small").eval()
    shapes = {task: model(task, to_tensors(merge_batch(features(task, False), pad=1))).scores.shape for task in TASKS}
    assert (shapes["mnli"], shapes["hellaswag"]) == ((4, 3), (4, 4))
    assert (shapes["squad_v2"][-1], shapes["ccg"][-1]) == (2, 2)


def test_the_saved_backbone_is_an_ordinary_checkpoint(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModel

    model = toy("xlmr-large").eval()
    model.save_backbone(tmp_path)
    again = AutoModel.from_pretrained(tmp_path).eval()
    ids = torch.tensor([[0, 5, 6, 2]])
    with torch.no_grad():
        expected = model.backbone(ids).last_hidden_state
        assert torch.equal(again(ids).last_hidden_state, expected)


def test_frozen_embeddings_stay_as_they_are_and_the_rest_learns() -> None:
    from synth.train.heads import to_tensors

    model = toy("e5-small", ("mnli",))
    model.freeze_embeddings()
    model("mnli", to_tensors(merge_batch(features("mnli", False), pad=1))).loss.backward()
    still = [name for name, weight in model.named_parameters() if weight.grad is None]
    assert "backbone.embeddings.word_embeddings.weight" in still
    assert not [name for name in still if "encoder.layer" in name or name.startswith("heads.")]
