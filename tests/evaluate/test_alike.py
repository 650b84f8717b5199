"""Arms that differ in more than their data are told apart in the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synth.evaluate.analysis import analyse
from synth.evaluate.predictions import ArmKind
from synth.evaluate.report.words import notes
from synth.evaluate.results import load_results
from synth.train.matching import ArmSummary, TaskSummary
from tests.evaluate.make_results import info, write


def summary(arm: str, **more: Any) -> dict[str, Any]:
    task = TaskSummary(100, 100, {"0": 50, "1": 50}, {"en": 100})
    values = {"steps": 20, "source_hash": "a" * 64, "hyper_parameters": {"optim.learning_rate": 1e-5}, **more}
    return ArmSummary(arm, 1, (1,), tasks={"qqp": task}, **values).as_dict()


def told(folder: Path, english: dict[str, Any], multilingual: dict[str, Any]) -> str:
    for kind, settings in ((ArmKind.ENGLISH, english), (ArmKind.MULTILINGUAL, multilingual)):
        one = info(kind.value, kind, 1, intermediate=("qqp",), settings=settings)
        write(folder, one, 0.5, {"xnli": ("sw",)})
    return "\n".join(notes(analyse(load_results([folder]), replicates=50)))


def test_matched_arms_are_told_nothing(tmp_path: Path) -> None:
    one, other = (
        {"train": {"summary": summary(arm)}, "protocol": {"name": arm}} for arm in ("english", "multilingual")
    )
    assert "differ not in their data alone" not in told(tmp_path, one, other)
    assert "differ not in their data alone" not in told(tmp_path / "silent", {}, one)


def test_other_steps_examples_and_rates_are_named(tmp_path: Path) -> None:
    more = {"steps": 40, "source_hash": "b" * 64, "hyper_parameters": {"optim.learning_rate": 3e-5}}
    one, other = {"train": {"summary": summary("english")}}, {"train": {"summary": summary("multilingual", **more)}}
    text = told(tmp_path, one, other)
    assert "multilingual and english differ not in their data alone" in text
    assert "steps: multilingual has 40, english has 20 (seed 1)" in text
    assert "optim.learning_rate" in text


def test_other_settings_of_the_evaluation_are_named(tmp_path: Path) -> None:
    one, other = ({"protocol": {"name": name, "targets": {"xnli": {"epochs": n}}}} for name, n in (("a", 5), ("b", 2)))
    assert "evaluated with targets.xnli.epochs: multilingual has 2, english has 5 (seed 1)" in told(
        tmp_path, one, other
    )
