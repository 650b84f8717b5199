"""Training in a folder: model selection, what is frozen, going on, and what a checkpoint is."""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFolder, TrainingFailed
from synth.train import checkpoints
from synth.train.curve import WINDOW, Curve, curve_from, cut_log
from synth.train.recipe import Optim
from synth.train.steps import HeadSpec, Step, head_spec

needs_torch = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "accelerate")),
    reason="the extra `train` is not installed",
)


class Few:
    """Steps on two tasks in turns, always with the same inputs."""

    def __init__(self, count: int) -> None:
        from tests.train.test_heads import features

        self.count = count
        self.heads: Mapping[str, HeadSpec] = {"mnli": head_spec("mnli"), "squad_v2": head_spec("squad_v2")}
        self._features = {task: tuple(features(task, decoder=False, count=3)) for task in self.heads}

    def step(self, number: int) -> Step:
        head = list(self.heads)[number % 2]
        return Step(head, self._features[head])


def fitted(folder: Path, steps: int = 6, evaluate: Any = None, **keys: Any) -> tuple[Any, Any]:
    """A toy, trained, and how it went."""
    from synth.train.fit import FitSettings, fit
    from tests.train.test_heads import toy

    model = toy("e5-small", ("mnli", "squad_v2"))
    optim = Optim(batch_size=2, accumulation=2, learning_rate=1e-3)
    settings = FitSettings(optim, seed=0, **{"save_every": 3, "log_every": 2, "identity": "a", **keys})
    return model, fit(model, Few(steps), settings, folder, evaluate)


@needs_torch
def test_the_curve_is_logged_by_head_and_in_tensorboard(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _, result = fitted(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6]
    assert result.loss == tuple(line["loss"] for line in lines)
    assert lines[0]["loss"] == pytest.approx((lines[0]["loss/mnli"] + lines[0]["loss/squad_v2"]) / 2)
    assert lines[-1]["tokens"] == result.tokens
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.value for event in events.Scalars("train/loss")] == pytest.approx(list(result.loss))


@needs_torch
def test_the_best_weights_are_kept(tmp_path: Path) -> None:
    import torch

    scores = iter([0.2, 0.9, 0.4])
    seen: list[torch.Tensor] = []

    def evaluate(model: Any) -> float:
        assert not model.training
        seen.append(model.heads["mnli"].out.weight.detach().clone())
        return next(scores)

    model, result = fitted(tmp_path, evaluate=evaluate, select_every=2)
    assert (result.best, result.best_step) == (0.9, 4)
    assert torch.equal(model.heads["mnli"].out.weight, seen[1])
    assert not torch.equal(seen[2], seen[1])


@needs_torch
def test_what_is_frozen_is_neither_trained_nor_saved(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from tests.train.test_heads import toy

    model, _ = fitted(tmp_path, freeze_embeddings=True)
    before = toy("e5-small", ("mnli", "squad_v2"))
    words = "embeddings.word_embeddings.weight"
    assert torch.equal(model.backbone.state_dict()[words], before.backbone.state_dict()[words])
    saved = load_file(tmp_path / "checkpoints" / "checkpoint-6" / "model.safetensors")
    assert f"backbone.{words}" not in saved
    assert "heads.mnli.out.weight" in saved


@needs_torch
def test_gradient_checkpointing_and_bf16_train(tmp_path: Path) -> None:
    import torch

    from synth.train.recipe import Parallel

    model, result = fitted(tmp_path, precision="bf16", parallel=Parallel(gradient_checkpointing=True))
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert result.loss[-1] < result.loss[0]


@needs_torch
def test_a_finished_run_is_not_trained_again_and_another_one_is_refused(tmp_path: Path) -> None:
    import torch

    model, result = fitted(tmp_path)
    again, same = fitted(tmp_path)
    assert (same.loss, same.tokens, same.steps) == (result.loss, result.tokens, 6)
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), again.parameters(), strict=True))
    with pytest.raises(BadFolder, match="checkpoint of a run with other data or settings"):
        fitted(tmp_path, identity="b")


def checkpoint(root: Path, step: int) -> Path:
    folder = root / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "weights").write_bytes(bytes(step))
    (folder / "optimizer_0").mkdir()  # as FSDP saves its shards
    (folder / "optimizer_0" / "__0_0.distcp").write_bytes(bytes(step))
    checkpoints.mark(folder, step, "a", {"tokens": step})
    return folder


def test_the_last_two_whole_checkpoints_are_kept(tmp_path: Path) -> None:
    for step in (5, 10, 15):
        checkpoint(tmp_path, step)
        checkpoints.prune(tmp_path)
    found = checkpoints.last_whole(tmp_path, "a")
    assert found is not None
    assert (found.step, found.notes) == (15, {"tokens": 15})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-10", "checkpoint-15"]


@pytest.mark.parametrize("harm", ["no marker", "torn marker", "short file", "short shard", "lost file"])
def test_half_a_checkpoint_is_none(tmp_path: Path, harm: str) -> None:
    checkpoint(tmp_path, 5)
    newest = checkpoint(tmp_path, 10)
    marker = newest / checkpoints.MARKER
    if harm == "no marker":
        marker.unlink()
    elif harm == "torn marker":
        marker.write_text(marker.read_text()[:20])
    elif harm == "short file":
        (newest / "weights").write_bytes(b"12")
    elif harm == "short shard":
        (newest / "optimizer_0" / "__0_0.distcp").write_bytes(b"12")
    else:
        (newest / "weights").unlink()
    found = checkpoints.last_whole(tmp_path, "a")
    assert found is not None
    assert found.step == 5
    checkpoints.remove_broken(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-5"]


def test_losses_that_are_no_numbers_end_the_run() -> None:
    for loss, norm in ((math.nan, 1.0), (math.inf, 1.0), (1.0, math.nan)):
        with pytest.raises(TrainingFailed, match=r"no number any more at step 3\..*learning_rate") as error:
            Curve().add("mnli", loss, norm, 3)
        assert (error.value.failure, error.value.step) == ("nan", 3)


def test_growing_is_told_from_the_lowest_loss_of_the_same_head() -> None:
    curve = Curve()
    for step in range(1, 101):  # falls from 6 to 1: a large loss of another head is no growth
        curve.add("mnli", max(1.0, 6 - step / 10), 1.0, step)
        curve.add("squad_v2", 6.0, 1.0, step)
    curve = curve_from(json.loads(json.dumps(curve.notes())))
    with pytest.raises(TrainingFailed) as error:
        for step in range(101, 200):
            curve.add("mnli", 4.0, 1.0, step)
    assert error.value.failure == "diverged"
    assert 101 <= error.value.step <= 101 + WINDOW  # type: ignore[operator]


def test_forgetting_is_not_diverging() -> None:
    curve = Curve()
    for step in range(1, 200):
        curve.add("mnli", 0.2 if step < 100 else math.log(3), 1.0, step)


def test_the_log_ends_where_the_run_goes_on(tmp_path: Path) -> None:
    lines = [json.dumps({"step": step, "loss": 1.0}) + "\n" for step in (2, 4, 6, 8)]
    (tmp_path / "log.jsonl").write_text("".join(lines) + '{"step": 9, "lo')
    cut_log(tmp_path, 5)
    assert (tmp_path / "log.jsonl").read_text() == "".join(lines[:2])


@needs_torch
def test_processes_that_encode_are_forked_whatever_python_does_by_itself() -> None:
    """As on a machine with a GPU; Python 3.14 would pickle what they work on, which cannot be."""
    import multiprocessing
    from types import SimpleNamespace

    from synth.train.trainer import StepTrainer

    class Local(list[int]):
        """Of a function, and therefore not to be pickled, like our encoders."""

    like: Any = SimpleNamespace(args=SimpleNamespace(dataloader_num_workers=1), _shares=Local([7, 8]))
    before = multiprocessing.get_start_method()
    multiprocessing.set_start_method("forkserver", force=True)
    try:
        found = list(StepTrainer.get_train_dataloader(like))
    finally:
        multiprocessing.set_start_method(before, force=True)
    assert found == [7, 8]
