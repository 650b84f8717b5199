"""Protocols: the numbers of the official scripts and of jiant, files, and changes from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import BadFlag
from synth.evaluate.settings import PRESETS, TARGETS, load_settings
from synth.evaluate.settings_file import parse_changes

# Rate, epochs, examples a step, longest input: `scripts/train_*.sh` of XTREME for XLM-R Large.
OFFICIAL = {
    "xnli": (3e-5, 5, 32, 128), "pawsx": (2e-5, 5, 32, 128), "siqa": (3e-5, 5, 32, 128), "copa": (3e-5, 5, 32, 128),
    "udpos": (2e-5, 10, 32, 128), "panx": (2e-5, 10, 32, 128), "squad": (3e-5, 3, 32, 384),
    "tydiqa": (3e-5, 3, 32, 384), "lareqa": (2e-5, 3, 16, 256), "mewslix": (1e-5, 2, 32, 64),
}  # fmt: skip
# `scripts/benchmarks/xtreme` of jiant, where it has the task.
JIANT = {
    "xnli": (1e-5, 2, 32, 256), "pawsx": (1e-5, 5, 32, 256), "udpos": (1e-5, 10, 32, 256), "panx": (1e-5, 10, 32, 256),
    "squad": (1e-5, 2, 16, 384), "tydiqa": (1e-5, 2, 16, 384),
}  # fmt: skip


def numbers(preset: str, target: str) -> tuple[float, float, int, int]:
    own = load_settings(preset).targets[target]
    longest = own.lengths.span if target in {"squad", "tydiqa"} else own.lengths.pair
    return own.optim.learning_rate, own.epochs, own.optim.examples_a_step, longest


@pytest.mark.parametrize("target", OFFICIAL)
def test_official_numbers(target: str) -> None:
    assert numbers("official", target) == OFFICIAL[target]


@pytest.mark.parametrize("target", JIANT)
def test_jiants_numbers(target: str) -> None:
    assert numbers("jiant", target) == JIANT[target]


def test_what_else_the_official_scripts_set() -> None:
    own = load_settings("official").targets
    assert {name for name in own if own[name].select_every} == {
        "xnli", "pawsx", "udpos", "panx", "lareqa", "mewslix",
    }  # fmt: skip
    assert (own["squad"].warmup_steps, own["squad"].optim.weight_decay, own["squad"].lengths.stride) == (500, 1e-4, 128)
    assert own["xnli"].optim.warmup == own["xnli"].optim.weight_decay == 0
    assert all(one.optim.warmup == 0.1 for one in load_settings("jiant").targets.values())


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_knows_every_target(preset: str) -> None:
    assert set(load_settings(preset).targets) == set(TARGETS)


def test_a_file_changes_a_preset_and_the_command_line_changes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "base: jiant\nepochs: 4\noptim: {learning_rate: 5.0e-5}\nsquad: {epochs: 1}\nprediction: {precision: bf16}\n",
        encoding="utf-8",
    )
    found = load_settings(str(path), parse_changes(["udpos.epochs=7", "optim.batch_size=2"]))
    assert (found.name, found.prediction.precision) == ("mine", "bf16")
    assert {name: one.epochs for name, one in found.targets.items() if one.epochs != 4} == {"squad": 1, "udpos": 7}
    assert {one.optim.learning_rate for one in found.targets.values()} == {5e-5}
    assert {one.optim.batch_size for one in found.targets.values()} == {2}


def test_changes_of_one_target_stand_before_those_of_all_whatever_their_order() -> None:
    one = load_settings("small", parse_changes(["squad.epochs=1", "epochs=2"]))
    other = load_settings("small", parse_changes(["epochs=2", "squad.epochs=1"]))
    assert one == other
    assert (one.targets["squad"].epochs, one.targets["xnli"].epochs) == (1, 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("base: offical\n", "there are no settings 'offical'"),
        ("squad: {epoch: 1}\n", "unknown key squad.epoch. Did you mean 'epochs'?"),
        ("learning_rate: 1\n", "unknown key 'learning_rate'"),
        ("targets: {sqad: {epochs: 1}}\n", "sqad"),
        ("- 1\n", "holds no settings"),
        ("a: [\n", "is not YAML"),
        ("optim: 3\n", "optim"),
        ("optim: {dropout: 0.2}\n", "give `dropout`, not `optim.dropout`"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFlag) as raised:
        load_settings(str(path))
    assert told in str(raised.value)


@pytest.mark.parametrize("words", [["epochs"], ["=3"], ["epochs=1", "epochs=2"]])
def test_set_needs_a_key_and_a_value_once(words: list[str]) -> None:
    with pytest.raises(BadFlag, match="--set"):
        parse_changes(words)


@pytest.mark.parametrize("value", ["nan", ".inf", "[1]", "-1", "''", "many"])
def test_values_that_cannot_be_are_refused(value: str) -> None:
    with pytest.raises(BadFlag, match="epochs"):
        load_settings("small", parse_changes([f"epochs={value}"]))
