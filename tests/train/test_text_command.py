"""`synth train` in style *text*, and the arm english+mlm, as they are called, on toy students."""

from __future__ import annotations

import importlib.util
import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from synth.train.lm_steps import steps_with
from synth.train.record import RunRecord, read_record
from tests.conftest import Cli
from tests.train.encode.tokenizers_of import WORDS
from tests.train.homes import make_home
from tests.train.little import Little

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "accelerate", "peft", "trl")),
    reason="the extra `train` is not installed",
)
STEPS = 10
USUAL: Mapping[str, Any] = {
    "arms": "english", "arm": "english", "seed": 0, "budget.steps": STEPS, "optim.batch_size": 4,
    "optim.accumulation": 1,
    "optim.learning_rate": 3e-3, "optim.warmup": 0, "upkeep.log_every": 1, "upkeep.save_every": 4, "lengths.pair": 96,
    "lengths.span": 160, "lengths.stride": 32, "lengths.question": 24, "freeze_embeddings": "false",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus, toy students, and text for language modelling."""
    little = Little("little", tasks=("mnli", "squad_v2"), rows=40)
    root = make_home(tmp_path_factory.mktemp("home"), little, "llama3.2-1b", "gemma3-270m", "qwen3-1.7b", "e5-small")
    (root / "text").mkdir()
    for lang in ("ru", "th"):
        (root / "text" / f"{lang}.txt").write_text("\n".join(" ".join(WORDS[lang][n:]) for n in range(3)), "utf-8")
    return root


def trained(cli: Cli, home: Path, out: Path, recipe: str, **flags: Any) -> tuple[Path, RunRecord]:
    """Train; the run's folder and record. Underscores in flags stand for dots."""
    code, _, told = cli(*words(home, out, recipe, **flags))
    assert code == 0, told
    folder = out / f"{flags.get('arm', 'english')}-0"
    return folder, read_record(folder)


def words(home: Path, out: Path, recipe: str, **flags: Any) -> list[str]:
    given = {**USUAL, "manifest": home / "little", "model.path": home / recipe, "out": out}
    given |= {name.replace("__", "."): value for name, value in flags.items()}
    return ["train", recipe, *(str(word) for name, value in given.items() for word in (f"--{name}", value))]


def losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()]


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return dict(load_file(folder / "backbone" / "model.safetensors"))


def test_a_decoder_learns_prompts_and_leaves_an_ordinary_checkpoint(home: Path, tmp_path: Path, cli: Cli) -> None:
    from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer

    folder, record = trained(cli, home, tmp_path, "gemma3-270m", tasks="mnli,squad_v2", precision="fp32")
    assert sum(losses(folder)[-3:]) < 0.9 * sum(losses(folder)[:3])
    assert (record.recipe["style"], record.recipe["answers"]) == ("text", "example")
    model = AutoModelForCausalLM.from_pretrained(folder / "backbone")
    assert type(AutoModel.from_pretrained(folder / "backbone")).__name__ == "Gemma3TextModel"
    assert model.config.vocab_size >= len(AutoTokenizer.from_pretrained(folder / "backbone"))
    assert not (folder / "heads.safetensors").exists()
    assert any(path.name.startswith("events") for path in (folder / "tensorboard").iterdir())


@pytest.mark.parametrize("recipe", ["llama3.2-1b", "qwen3-1.7b"])
def test_adapters_are_kept_and_merged(home: Path, tmp_path: Path, cli: Cli, recipe: str) -> None:
    """These two recipes train adapters, in bf16."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    folder, record = trained(cli, home, tmp_path, recipe, tasks="mnli", precision="fp32")
    assert record.recipe["lora"]["rank"] == 16
    ids = torch.tensor([[1, 9, 8, 7]])
    base = AutoModelForCausalLM.from_pretrained(home / recipe)
    with torch.no_grad():
        before = base(ids).logits
        beside = PeftModel.from_pretrained(base, folder / "adapter").eval()(ids).logits
        merged = AutoModelForCausalLM.from_pretrained(folder / "backbone")(ids).logits
    assert torch.allclose(beside, merged, atol=1e-4)
    assert not torch.allclose(before, merged, atol=1e-3)


def test_bf16_is_the_same_curve_but_for_rounding(home: Path, tmp_path: Path, cli: Cli) -> None:
    curves = [
        losses(trained(cli, home, tmp_path / precision, "gemma3-270m", tasks="mnli", precision=precision)[0])
        for precision in ("fp32", "bf16")
    ]
    assert curves[0] != curves[1]
    assert curves[0] == pytest.approx(curves[1], rel=0.03)


def test_both_wordings_are_trained_and_recorded(home: Path, tmp_path: Path, cli: Cli) -> None:
    found = {
        answers: trained(cli, home, tmp_path / answers, "gemma3-270m", tasks="mnli", answers=answers, precision="fp32")
        for answers in ("example", "english")
    }
    assert {answers: record.recipe["answers"] for answers, (_, record) in found.items()} == {
        "example": "example", "english": "english",
    }  # fmt: skip
    tokens = {answers: record.outcome["tokens"] for answers, (_, record) in found.items()}
    assert tokens["english"] > tokens["example"]


def test_a_stopped_run_goes_on_to_the_same_end(
    home: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from synth.train.curve import Curve

    given: dict[str, Any] = {"tasks": "mnli,squad_v2", "precision": "fp32", "deterministic": "true"}
    whole, _ = trained(cli, home, tmp_path / "whole", "gemma3-270m", **given)
    add = Curve.add

    def trap(self: Curve, head: str, loss: float, norm: float, step: int) -> None:
        add(self, head, loss, norm, step)
        if step == 6:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(Curve, "add", trap)
        assert cli(*words(home, tmp_path / "parts", "gemma3-270m", **given))[0] == 130
    parts, _ = trained(cli, home, tmp_path / "parts", "gemma3-270m", **given)
    assert losses(parts) == losses(whole)
    left, right = weights(whole), weights(parts)
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_accumulating_is_the_same_as_a_large_batch(home: Path, tmp_path: Path, cli: Cli) -> None:
    given: dict[str, Any] = {"tasks": "mnli,squad_v2", "precision": "fp32", "optim__dropout": 0}
    curves = [
        losses(trained(cli, home, tmp_path / str(size), "gemma3-270m", **given, optim__batch_size=size,
                       optim__accumulation=8 // size)[0])
        for size in (1, 8)
    ]  # fmt: skip
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)


@pytest.mark.parametrize(
    ("recipe", "style"), [("gemma3-270m", "text"), ("gemma3-270m", "heads"), ("e5-small", "heads")]
)
def test_language_modelling_comes_on_top_of_the_same_steps(
    home: Path, tmp_path: Path, cli: Cli, recipe: str, style: str
) -> None:
    given: dict[str, Any] = {
        "tasks": "mnli", "style": style, "arms": "english,english+mlm", "mlm__folder": home / "text", "mlm__share": 0.3,
        "precision": "fp32",
    }  # fmt: skip
    _, plain = trained(cli, home, tmp_path / "out", recipe, **given)
    folder, record = trained(cli, home, tmp_path / "out", recipe, **given, arm="english+mlm")
    again, _ = trained(cli, home, tmp_path / "again", recipe, **given, arm="english+mlm")
    assert len(losses(folder)) == record.outcome["steps"] == steps_with(STEPS, 0.3)
    assert losses(folder) == losses(again)
    assert record.order_hash == plain.order_hash
    assert record.summary.steps == plain.summary.steps == STEPS
    assert (set(record.text), set(plain.text)) == ({"ru", "th"}, set())


def test_other_text_is_another_run(home: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint of a run over other text is not gone on with."""
    from synth.train.curve import Curve

    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "ru.txt").write_text("библиотека у гавани\n", "utf-8")
    given: dict[str, Any] = {"tasks": "mnli", "arms": "english+mlm", "arm": "english+mlm", "precision": "fp32"}
    given["mlm__folder"] = tmp_path / "text"
    add = Curve.add

    def trap(self: Curve, head: str, loss: float, norm: float, step: int) -> None:
        add(self, head, loss, norm, step)
        if step == 5:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(Curve, "add", trap)
        assert cli(*words(home, tmp_path / "out", "gemma3-270m", **given))[0] == 130
    (tmp_path / "text" / "ru.txt").write_text("старая гавань\n", "utf-8")
    code, _, told = cli(*words(home, tmp_path / "out", "gemma3-270m", **given))
    assert code != 0
    assert "another" in told


def test_an_encoder_is_no_student_of_prompts(home: Path, tmp_path: Path, cli: Cli) -> None:
    code, _, told = cli(*words(home, tmp_path, "e5-small", tasks="mnli", style="text"))
    assert code == 2
    assert "style text needs a decoder" in told
