"""What is evaluated: the kind of an arm from its name."""

from pathlib import Path

from synth.evaluate.predictions import ArmKind
from synth.evaluate.subject import Named, kind_of, subject_of
from synth.train.arm_names import ArmName


def test_every_arm_that_a_recipe_can_name_has_a_kind_of_its_own() -> None:
    assert {kind_of(name).value for name in ArmName} == {str(name) for name in ArmName}
    assert kind_of("half-and-half") is ArmKind.MIXTURE


def test_a_folder_whose_weights_have_changed_is_another_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    for name in ("model.safetensors", "pytorch_model.bin"):
        (tmp_path / name).write_bytes(b"one")
        before = subject_of(str(tmp_path), Named()).place.identity
        (tmp_path / name).write_bytes(b"two")
        assert subject_of(str(tmp_path), Named()).place.identity != before
