"""TRL's trainer on our steps: the loss is that of the answer alone, and TRL's own loss is the same."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag
from synth.train.encode.features import IGNORED, Feature
from synth.train.encode.pieces import Cutter
from synth.train.encode.text import prompt_of, text_encoder
from synth.train.fit import FitSettings
from synth.train.micro import Cut, Micro, cut_step
from synth.train.recipe import Lora, Optim
from synth.train.steps import HeadKind, HeadSpec, Step
from tests.manifest.make_corpus import english
from tests.train.students import make_student

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "peft", "trl")),
    reason="the extra `train` is not installed",
)
TEXT = HeadSpec(HeadKind.TEXT)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Toys are too small to share out: threads would only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass
class Fixed:
    """Always the same step."""

    features: tuple[Feature, ...]
    count: int = 1
    heads: dict[str, HeadSpec] = field(default_factory=lambda: {"mnli": TEXT})

    def step(self, number: int) -> Step:
        return Step("mnli", self.features)


def text_model(folder: Path, name: str) -> Any:
    from synth.train.student import load_student
    from synth.train.text_model import TextModel

    place = make_student(folder / name, name)
    return TextModel(load_student(str(place), architecture=name, language_model=True, dropout=0))


def features(text: Any, count: int = 4) -> tuple[Feature, ...]:
    """Prompts of different lengths with their answers."""
    cutter = Cutter(text.tokenizer, decoder=True)
    encoder = text_encoder("mnli", cutter, 96, "example", text.tokenizer.eos_token_id)
    rows = [{**english("mnli", number), "synth_id": str(number), "synth_lang": "en"} for number in range(count)]
    rows = [{**row, "hypothesis": row["hypothesis"] + " harbour" * number} for number, row in enumerate(rows)]
    return tuple(feature for row in rows for feature in encoder(row).features)


def trainer_of(text: Any, folder: Path, step: tuple[Feature, ...]) -> Any:
    from synth.train.curve import Curve
    from synth.train.stopping import Stop
    from synth.train.text_trainer import TextTrainer

    steps, settings = Fixed(step), FitSettings(Optim(batch_size=len(step)), seed=0, save_every=0)
    args = TextTrainer.arguments_for(settings, folder / "checkpoints", steps)
    return TextTrainer(text, args, steps, settings, folder, Curve(), Stop())


def micro_of(step: tuple[Feature, ...]) -> Micro:
    return cut_step(Step("mnli", step), TEXT, Cut(len(step), pad=0)).micros[0]


@pytest.mark.parametrize("name", ["llama3.2-1b", "gemma3-270m", "qwen3-1.7b"])
def test_the_loss_is_that_of_the_answer_alone(tmp_path: Path, name: str) -> None:
    import torch

    text = text_model(tmp_path, name)
    step, cutter = features(text), Cutter(text.tokenizer, decoder=True)
    terms = []
    for number, feature in enumerate(step):
        ids, labels = feature.inputs[0].ids, feature.labels["labels"]
        answer = [place for place, label in enumerate(labels) if label != IGNORED]
        wanted = cutter.cut(prompt_of("mnli", english("mnli", number), "example").completion).ids
        assert tuple(ids[place] for place in answer) == (*wanted, text.tokenizer.eos_token_id)
        with torch.no_grad():
            scores = text.model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
        terms += [-float(scores[place - 1, ids[place]]) for place in answer]
    micro = micro_of(step)
    loss = trainer_of(text, tmp_path, step).micro_loss(text.model, "mnli", micro.tensors)
    assert loss.item() == pytest.approx(sum(terms) / len(terms), rel=1e-4)


@pytest.mark.parametrize("name", ["llama3.2-1b", "gemma3-270m", "qwen3-1.7b"])
def test_trl_s_own_loss_and_gradient_are_the_same(tmp_path: Path, name: str) -> None:
    """What a GPU computes: TRL's output layer, which works on CPUs too, but slowly."""
    import torch
    from trl import SFTTrainer

    text = text_model(tmp_path, name)
    step = features(text)
    trainer, tensors = trainer_of(text, tmp_path, step), micro_of(step).tensors
    found = []
    for loss in (
        trainer.micro_loss(text.model, "mnli", tensors),
        SFTTrainer.compute_loss(
            trainer, text.model, {key: tensors[key] for key in ("input_ids", "attention_mask", "labels")}
        ),
    ):
        text.model.zero_grad()
        loss.backward()
        found.append((loss.item(), [weight.grad.clone() for weight in text.model.parameters()]))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    assert all(torch.allclose(ours, theirs, atol=1e-5) for ours, theirs in zip(found[0][1], found[1][1], strict=True))


def test_on_a_gpu_the_loss_is_trl_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from trl import SFTTrainer

    text = text_model(tmp_path, "llama3.2-1b")
    step = features(text)
    trainer, seen = trainer_of(text, tmp_path, step), []
    monkeypatch.setattr(SFTTrainer, "compute_loss", lambda self, model, inputs: seen.append(sorted(inputs)))
    monkeypatch.setattr(trainer, "args", SimpleNamespace(device=SimpleNamespace(type="cuda")))
    trainer.micro_loss(text.model, "mnli", micro_of(step).tensors)
    assert seen == [["attention_mask", "input_ids", "labels"]]


def test_nothing_is_told_to_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TRL reports every trainer that is made, unless CI is set."""
    from trl.trainer import base_trainer

    told: list[Any] = []
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(base_trainer, "send_telemetry", lambda **given: told.append(given))
    text = text_model(tmp_path, "llama3.2-1b")
    trainer_of(text, tmp_path, features(text))
    assert told == []


def test_adapters_leave_the_output_layer_alone(tmp_path: Path) -> None:
    text = text_model(tmp_path, "gemma3-270m")
    text.add_lora(Lora(rank=2, alpha=4))
    learns = [name for name, weight in text.model.named_parameters() if weight.requires_grad]
    assert learns and all("lora_" in name and "lm_head" not in name for name in learns)
    before = text.model
    text.add_lora(Lora(rank=2, alpha=4))  # as when a run is gone on with
    assert text.model is before


def test_frozen_embeddings_do_not_learn(tmp_path: Path) -> None:
    text = text_model(tmp_path, "gemma3-270m")
    text.freeze_embeddings()
    step = features(text)
    trainer_of(text, tmp_path, step).micro_loss(text.model, "mnli", micro_of(step).tensors).backward()
    assert text.model.get_input_embeddings().weight.grad is None
    assert text.model.model.layers[0].mlp.up_proj.weight.grad is not None


def test_checkpointed_gradients_reach_adapters(tmp_path: Path) -> None:
    text = text_model(tmp_path, "llama3.2-1b")
    text.add_lora(Lora(rank=2, alpha=4))
    text.checkpoint_gradients()
    text.model.train()
    step = features(text)
    trainer_of(text, tmp_path, step).micro_loss(text.model, "mnli", micro_of(step).tensors).backward()
    grads = [weight.grad for name, weight in text.model.named_parameters() if "lora_B" in name]
    assert grads and all(grad is not None and grad.any() for grad in grads)


def test_an_encoder_is_refused(tmp_path: Path) -> None:
    from synth.train.student import load_student
    from synth.train.text_model import TextModel

    place = make_student(tmp_path / "e5", "e5-small")
    with pytest.raises(BadFlag, match="style text needs a decoder"):
        TextModel(load_student(str(place), architecture="e5-small"))


def test_the_prompt_is_what_trl_calls_prompt_and_completion() -> None:
    found = prompt_of("mnli", english("mnli", 0), "example")
    assert found.prompt.endswith("=") and found.completion.startswith(" ")
