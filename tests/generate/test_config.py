"""Options: one typed object behind flags and YAML, and which of them make another corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag
from synth.generate.config import TUNING, GenerateConfig, load_config
from synth.outcomes import Kind
from tests.generate.fakes import asked

OTHER: dict[str, Any] = {
    "langs": "es", "tasks": "mnli", "kind": "both", "source": "hub", "split": "dev", "teacher": "x/y", "profile": "p",
    "limit": 7, "seed": 3, "unit": "field", "aligner": True, "out": "o", "engine": "ray", "redo": "failed",
    "temperature": 0.5, "in_flight": 3, "timeout": 5.0, "max_tokens": 9, "workers": 2, "tensor_parallel": 2,
    "data_parallel": 2, "server_args": ("--x",),
}  # fmt: skip


@pytest.mark.parametrize("name", GenerateConfig.model_fields)
def test_only_what_decides_the_rows_is_identity(name: str) -> None:
    base = asked(limit=5)
    changed = asked(**{"limit": 5, name: OTHER[name]})
    by_teacher = name in ("teacher", "profile")  # the teacher has an identity of its own
    assert (base.identity() == changed.identity()) == (name in TUNING or by_teacher)


def test_words_of_flags_are_read_as_their_types() -> None:
    found = load_config(None, {"limit": "12", "timeout": "2.5", "in_flight": "7", "aligner": True})
    assert (found.limit, found.timeout, found.in_flight, found.aligner) == (12, 2.5, 7, True)


def test_yaml_lists_and_flags_over_them(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("langs: [es, sw]\ntasks: [mnli]\nlimit: 3\nserver_args: [--enforce-eager]\n", encoding="utf-8")
    found = load_config(str(path), {"limit": "4"})
    assert (found.langs, found.tasks, found.limit, found.server_args) == ("es,sw", "mnli", 4, ("--enforce-eager",))


@pytest.mark.parametrize(
    ("text", "named"), [("limitt: 3\n", "'limit'"), ("3: x\n", "langs: es"), ("kind: x\n", "kind:")]
)
def test_unknown_keys_and_values_are_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFlag, match=named):
        load_config(str(path), {})


@pytest.mark.parametrize("flags", [{"seed": "9" * 80}, {"timeout": "inf"}, {"timeout": "nan"}, {"in_flight": "0"}])
def test_numbers_that_nothing_can_use_are_refused(flags: dict[str, Any]) -> None:
    with pytest.raises(BadFlag, match=next(iter(flags))):
        load_config(None, flags)


def test_only_the_embedded_demonstration_is_small_by_default() -> None:
    assert asked().effective_limit == 2
    assert asked(limit=0).effective_limit == 0
    assert asked(teacher="x/y").effective_limit is None
    assert asked(source="hub").effective_limit is None


def test_the_folder_is_named_after_source_and_teacher() -> None:
    assert str(asked().folder()) == "corpora/sample-embedded"
    assert str(asked(source="data/My.yaml", teacher="google/Gemma-3").folder()) == "corpora/my-gemma-3"
    assert str(asked(teacher="http://localhost:8000").folder()) == "corpora/sample-server"
    assert str(asked(out="x/y").folder()) == "x/y"


def test_both_kinds_are_made_in_order() -> None:
    assert asked(kind="both").kinds == (Kind.TRANSLATION, Kind.PARAPHRASE)
    assert asked(kind="paraphrase").kinds == (Kind.PARAPHRASE,)
