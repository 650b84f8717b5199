"""Loading students: from folders, what is refused, and options of the model."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from synth.errors import BadFlag
from tests.train.students import make_student

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")),
    reason="torch and transformers are not installed (extra `train`)",
)


@pytest.mark.parametrize("architecture", ["e5-small", "xlmr-large", "mmbert-base", "llama3.2-1b", "gemma3-270m"])
def test_a_folder_gives_backbone_and_tokenizer(tmp_path: Path, architecture: str) -> None:
    import torch

    from synth.train.student import load_student

    student = load_student(str(make_student(tmp_path, architecture)), architecture=architecture)
    assert student.decoder == (architecture in ("llama3.2-1b", "gemma3-270m"))
    assert student.tokenizer.pad_token_id is not None
    ids = torch.tensor([[2, 5, 6]])
    assert student.backbone(ids).last_hidden_state.shape == (1, 3, 32)
    assert not [name for name, _ in student.backbone.named_parameters() if "pooler" in name or "lm_head" in name]


def test_a_language_model_shares_its_backbone(tmp_path: Path) -> None:
    from synth.train.student import load_student

    student = load_student(str(make_student(tmp_path, "llama3.2-1b")), language_model=True)
    assert student.language_model is not None
    shared = {id(weight) for weight in student.backbone.parameters()}
    assert shared <= {id(weight) for weight in student.language_model.parameters()}


def test_dropout_is_the_models_own_unless_asked(tmp_path: Path) -> None:
    from torch import nn

    from synth.train.student import load_student

    place = str(make_student(tmp_path, "e5-small"))
    for asked, expected in ((None, {0.1}), (0.0, {0.0})):
        backbone = load_student(place, dropout=asked).backbone
        assert {module.p for module in backbone.modules() if isinstance(module, nn.Dropout)} == expected


def test_weights_can_be_loaded_in_less_precision(tmp_path: Path) -> None:
    import torch

    from synth.train.student import load_student

    backbone = load_student(str(make_student(tmp_path, "e5-small")), dtype="bf16").backbone
    assert {weight.dtype for weight in backbone.parameters()} == {torch.bfloat16}


def test_weights_that_are_pickled_are_not_loaded(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from synth.train.student import load_student

    place = make_student(tmp_path, "e5-small")
    torch.save(load_file(place / "model.safetensors"), place / "pytorch_model.bin")
    (place / "model.safetensors").unlink()
    with pytest.raises(BadFlag, match="safetensors"):
        load_student(str(place))


def test_code_of_a_repository_is_not_run(tmp_path: Path) -> None:
    from synth.train.student import load_student

    place = make_student(tmp_path, "e5-small")
    config = json.loads((place / "config.json").read_text())
    config |= {"model_type": "surprise", "auto_map": {"AutoConfig": "bad.Config", "AutoModel": "bad.Model"}}
    (place / "config.json").write_text(json.dumps(config))
    (place / "bad.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(BadFlag, match="cannot load the model"):
        load_student(str(place))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_half_a_folder_is_one_clear_line(tmp_path: Path, missing: str) -> None:
    from synth.train.student import load_student

    place = make_student(tmp_path, "e5-small")
    (place / missing).unlink()
    with pytest.raises(BadFlag, match=r"cannot load the (model|tokenizer) of .* it must hold config.json"):
        load_student(str(place))


def test_another_models_tokenizer_is_refused(tmp_path: Path) -> None:
    from synth.train.student import load_student

    place = make_student(tmp_path, "e5-small")
    config = json.loads((place / "config.json").read_text()) | {"vocab_size": 16}
    (place / "config.json").write_text(json.dumps(config))
    with pytest.raises(BadFlag, match="do not belong together"):
        load_student(str(place))


def test_weights_are_never_made_up(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    from synth.train.student import load_student

    place = make_student(tmp_path, "e5-small")
    state = load_file(place / "model.safetensors")
    del state["encoder.layer.1.output.dense.weight"]
    save_file(state, place / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadFlag, match=r"lacks 1 weights .*encoder\.layer\.1\.output\.dense\.weight"):
        load_student(str(place))
    with pytest.raises(BadFlag, match="lacks 1 weights"):
        load_student(str(place), language_model=True)


def test_an_encoder_is_not_taken_for_a_decoder(tmp_path: Path) -> None:
    from synth.train.student import load_student

    with pytest.raises(
        BadFlag, match=r"the model is of type bert, an encoder, and model.architecture llama3.2-1b is not"
    ):
        load_student(str(make_student(tmp_path, "e5-small")), architecture="llama3.2-1b")


def test_a_model_that_sees_as_well_gives_the_part_that_reads(tmp_path: Path) -> None:
    """Gemma 3 4B on the Hub is a model of text and pictures."""
    import torch
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    from synth.train.student import load_student

    place = make_student(tmp_path, "gemma3-4b")
    text = json.loads((place / "config.json").read_text())
    vision = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 28,
        "patch_size": 14,
    }  # fmt: skip
    torch.manual_seed(0)
    config = Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4)
    both = Gemma3ForConditionalGeneration(config)
    both.save_pretrained(place)
    student = load_student(str(place), architecture="gemma3-4b", language_model=True)
    ids = torch.tensor([[2, 5, 6]])
    with torch.no_grad():
        expected = both.eval()(input_ids=ids).logits
        assert student.language_model is not None
        assert torch.allclose(student.language_model.eval()(input_ids=ids).logits, expected, atol=1e-5)
        alone = load_student(str(place), architecture="gemma3-4b").backbone.eval()
        assert torch.allclose(alone(ids).last_hidden_state, student.backbone.eval()(ids).last_hidden_state, atol=1e-6)
