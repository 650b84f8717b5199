"""`synth run` as it is called: toy students, from an experiment file to the report."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth.errors import BadFlag
from synth.evaluate.predictions import read_run
from synth.train.record import Status, read_record
from tests.conftest import Cli
from tests.evaluate.test_evaluate_command import pairs
from tests.train.little import Little, make
from tests.train.students import make_student

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "accelerate", "peft")),
    reason="the extra `train` is not installed",
)
SOURCES = """
tasks:
  xnli: {train: xnli-train.tsv, test: "xnli-{lang}.tsv"}
"""
TRAIN: Mapping[str, Any] = {
    "budget.steps": 2, "optim.batch_size": 4, "optim.accumulation": 1, "lengths.pair": 64, "upkeep.log_every": 1,
}  # fmt: skip
DDP: Mapping[str, Any] = {"parallel.processes": 2, "parallel.strategy": "ddp"}
EVALUATE: Mapping[str, Any] = {
    "epochs": 1, "optim.batch_size": 4, "optim.accumulation": 1, "lengths.pair": 24,
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _light() -> Iterator[None]:
    """Toys leave nothing worth collecting, which took most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda *_: 0)
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, a student and test sets."""
    root = tmp_path_factory.mktemp("home")
    make(root, Little("little", tasks=("mnli", "qqp"), rows=40))
    make_student(root / "student", "e5-small")
    files = {
        "sources.yaml": SOURCES,
        "xnli-train.tsv": pairs(8),
        **{f"xnli-{lang}.tsv": pairs(6) for lang in ("en", "de", "sw")},
    }  # fmt: skip
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


def written(home: Path, folder: Path, student: str = "student", **changed: Any) -> Path:
    """An experiment file; `changed` replaces whole parts."""
    train = {
        "recipe": "e5-small",
        "corpora": [str(home / "little")],
        "arms": ["none", "english", "multilingual"],
        "seeds": [0, 1],
        "flags": {**TRAIN, "model.path": str(home / student)},
    }
    value = {
        "train": train,
        "evaluate": {"source": str(home / "sources.yaml"), "settings": "small", "flags": dict(EVALUATE)},
        "report": {"replicates": 100},
        **changed,
    }
    path = folder / "tried.yaml"
    path.write_text(yaml.safe_dump(value), encoding="utf-8")
    return path


def run(cli: Cli, file: Path, *more: object) -> tuple[int, dict[str, Any], str]:
    """Exit code, the JSON object and what was said."""
    code, out, told = cli("run", file, "--out", file.parent / "out", "--device", "cpu", "--json", *more)
    return code, json.loads(out) if out else {}, told


@pytest.fixture(scope="module")
def done(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an experiment that nobody interrupted."""
    from synth.cli import main

    folder = tmp_path_factory.mktemp("whole")
    file = written(home, folder)
    assert main(["run", str(file), "--out", str(folder / "out"), "--device", "cpu"]) == 0
    return folder


def test_every_arm_and_seed_is_trained_evaluated_and_reported(done: Path) -> None:
    out = done / "out"
    runs = sorted(path.name for path in (out / "e5-small").iterdir() if path.is_dir())
    assert runs == [f"{arm}-{seed}" for arm in ("english", "multilingual", "none") for seed in (0, 1)]
    for name in runs:
        assert read_record(out / "e5-small" / name).status is Status.DONE
        assert read_run(out / "e5-small" / name / "evaluation").status == "done"
    report = json.loads((out / "report" / "report.json").read_text("utf-8"))
    assert [arm["name"] for arm in report["arms"]] == ["none", "english", "multilingual"]
    assert report["comparisons"][0]["seeds"] == [2, 2]
    assert {row["lang"] for row in report["funnel"]} == {"de", "sw"}
    assert sum(row["source"] for row in report["funnel"]) == 80, "the rows of mnli alone: qqp was not trained"
    page = (out / "report" / "report.html").read_text("utf-8")
    assert f"synth run {done / 'tried.yaml'}" in page and "tried: zero-shot XTREME-R" in page


def test_the_same_command_again_does_nothing_and_reports_the_same(done: Path, cli: Cli) -> None:
    def state() -> dict[Path, int]:
        kinds = (".parquet", ".safetensors", "train.json", "log.jsonl")
        return {path: path.stat().st_mtime_ns for path in (done / "out").rglob("*") if path.name.endswith(kinds)}

    before, report = state(), (done / "out" / "report" / "report.json").read_bytes()
    code, found, _ = run(cli, done / "tried.yaml")
    assert code == 0
    assert state() == before and (done / "out" / "report" / "report.json").read_bytes() == report
    assert all(one["trained"] and one["evaluated"] and not one["why"] for one in found["runs"])
    assert len(found["answer"]) == 3


def test_what_is_missing_is_made_and_comes_out_the_same(home: Path, done: Path, tmp_path: Path, cli: Cli) -> None:
    """Stopped before a run, before an evaluation, and between two languages of one."""
    file = written(home, tmp_path)
    runs = shutil.copytree(done / "out", tmp_path / "out") / "e5-small"
    shutil.rmtree(tmp_path / "out" / "report")
    shutil.rmtree(runs / "english-1")
    shutil.rmtree(runs / "multilingual-0" / "evaluation")
    (runs / "none-0" / "evaluation" / "xnli" / "sw.parquet").unlink()
    assert run(cli, file)[0] == 0
    reports = [json.loads((folder / "out/report/report.json").read_text("utf-8")) for folder in (tmp_path, done)]
    for one in reports:
        del one["command"]
    assert reports[0] == reports[1]


def test_a_seed_that_fails_is_recorded_shown_and_not_tried_again(home: Path, tmp_path: Path, cli: Cli) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    broken = make_student(home / "broken", "e5-small")
    state = load_file(broken / "model.safetensors")
    state["encoder.layer.0.output.dense.weight"][0, 0] = torch.nan
    save_file(state, broken / "model.safetensors", metadata={"format": "pt"})
    both = [
        {"recipe": "e5-small", "corpora": [str(home / "little")], "arms": ["english"], "seeds": [0],
         "flags": {**TRAIN, "model.path": str(home / student), "name": name}}
        for name, student in (("fine", "student"), ("bad", "broken"))
    ]  # fmt: skip
    file = written(home, tmp_path, train=both)
    code, found, _ = run(cli, file)
    assert code == 1
    assert [(one["recipe"], one["trained"], one["evaluated"]) for one in found["runs"]] == [
        ("fine", True, True), ("bad", False, False),
    ]  # fmt: skip
    assert "Lower optim.learning_rate" in found["runs"][1]["why"]
    page = (tmp_path / "out" / "report" / "report.html").read_text("utf-8")
    assert "seed 0 failed" in page and "Lower optim.learning_rate" in page
    when = (tmp_path / "out" / "bad" / "english-0" / "train.json").stat().st_mtime_ns
    code, again, told = run(cli, file)
    assert (code, again["runs"]) == (1, found["runs"])
    assert "failed for good and is not trained again" in told
    assert (tmp_path / "out" / "bad" / "english-0" / "train.json").stat().st_mtime_ns == when
    assert run(cli, file, "--retry-failed")[0] == 1
    assert (tmp_path / "out" / "bad" / "english-0" / "train.json").stat().st_mtime_ns > when


def test_runs_that_many_processes_trained_are_evaluated_by_one(
    done: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_processes: int) -> None:
        raise BadFlag("start `accelerate launch`")

    monkeypatch.setattr("synth.train.runs.require_world", refuse)
    assert run(cli, done / "tried.yaml")[0] == 0


def test_arms_none_of_one_model_are_evaluated_once(home: Path, tmp_path: Path) -> None:
    from synth.experiment.file import load_experiment
    from synth.experiment.run import Outcome, _once, plan

    def training(name: str, task: str, student: str) -> dict[str, Any]:
        flags = {"name": name, "tasks": task, "model.path": str(home / student)}
        arms = ["none", "english"]
        return {"recipe": "e5-small", "corpora": [str(home / "little")], "arms": arms, "seeds": [0], "flags": flags}

    make_student(home / "other", "e5-small", seed=1)
    several = [training("a", "mnli", "student"), training("b", "qqp", "student"), training("c", "mnli", "other")]
    planned = plan(load_experiment(written(home, tmp_path, train=several)), tmp_path)
    every = [Outcome(name, arm, 0, tmp_path, trained=True) for name in "abc" for arm in ("none", "english")]
    every[0].evaluated = True
    left = [
        (one.recipe, one.arm) for name in "abc" for one in _once([e for e in every if e.recipe == name], every, planned)
    ]
    assert left == [("a", "none"), ("a", "english"), ("b", "english"), ("c", "none"), ("c", "english")]
    assert every[2].evaluated, "what was found for the same run counts"


def test_arms_none_of_two_embedded_students_are_two_runs(home: Path, tmp_path: Path) -> None:
    """Neither has a place of its own on the Hub."""
    from synth.experiment.file import load_experiment
    from synth.experiment.run import Outcome, _once, plan

    corpora, flags = [str(home / "little")], {"style": "heads"}
    several = [
        {"recipe": name, "corpora": corpora, "arms": ["none"], "seeds": [0], "flags": flags}
        for name in ("e5-small", "gemma3-270m")
    ]
    planned = plan(load_experiment(written(home, tmp_path, train=several)), tmp_path)
    every = [Outcome(name, "none", 0, tmp_path, trained=True) for name in ("e5-small", "gemma3-270m")]
    assert [list(_once([one], every, planned)) for one in every] == [[every[0]], [every[1]]]


def other(home: Path, name: str, seeds: tuple[int, ...] = (0, 1), **flags: Any) -> dict[str, Any]:
    """A recipe of the one student with a name of its own."""
    own = {**TRAIN, "model.path": str(home / "student"), "name": name, **flags}
    arms = ["english", "multilingual"]
    return {"recipe": "e5-small", "corpora": [str(home / "little")], "arms": arms, "seeds": list(seeds), "flags": own}


@pytest.mark.parametrize("seeds", [(0, 1), (2, 3)])
def test_recipes_that_no_report_tells_apart_are_refused_before_anything_is_trained(
    home: Path, tmp_path: Path, cli: Cli, seeds: tuple[int, ...]
) -> None:
    both = [other(home, "slow"), other(home, "fast", seeds, **{"optim.learning_rate": 1e-3})]
    code, _, errors = run(cli, written(home, tmp_path, train=both))
    assert code == 2
    assert "recipes slow and fast both have the arm english of" in errors.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_a_recipe_may_be_given_more_seeds_under_another_name(home: Path, tmp_path: Path, cli: Cli) -> None:
    both = [other(home, "three", (0, 1, 2)), other(home, "two-more", (3, 4))]
    assert run(cli, written(home, tmp_path, train=both), "--dry-run")[0] == 0


def test_a_corpus_of_several_recipes_is_counted_once_in_the_funnel(home: Path) -> None:
    from synth.evaluate.analysis import read_funnel
    from synth.experiment.reporting import _trained_on
    from synth.train.recipe_file import load_recipe

    recipes = [
        load_recipe("e5-small", {"corpora": [str(home / place)], "tasks": tasks})
        for place, tasks in (("little", "mnli"), ("little/manifest.yaml", "mnli"), ("little", "qqp"))
    ]
    assert [row.source for row in read_funnel(_trained_on(recipes[:2]))] == [40, 40]
    assert [row.source for row in read_funnel(_trained_on(recipes))] == [80, 80]


def test_a_full_disk_stops_everything(home: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.errors import DiskError

    def full(*_: Any) -> None:
        raise DiskError("the disk is full: free some space and run the same command again")

    monkeypatch.setattr("synth.train.one_run.fit", full)
    code, _, errors = run(cli, written(home, tmp_path))
    assert code == 1
    assert "english-0: the disk is full" in errors.splitlines()[-1]
    assert not list((tmp_path / "out").rglob("evaluation"))


def test_a_dry_run_matches_the_arms_and_makes_nothing(home: Path, tmp_path: Path, cli: Cli) -> None:
    file = written(home, tmp_path)
    code, told, _ = cli("run", file, "--out", tmp_path / "out", "--dry-run")
    assert code == 0
    assert "The arms are matched." in told
    assert "e5-small multilingual-1: train, then evaluate 3 tasks and languages" in told
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"trian": {}}, "unknown key trian. Did you mean 'train'"),
        ({"evaluate": {"sources": "hub"}}, "unknown key evaluate.sources. Did you mean 'evaluate.source'"),
        ({"train": {"recipe": "e5-smal"}}, "no recipe 'e5-smal'"),
        ({"train": {"recipe": "e5-small", "flags": {"optim.lr": 1}}}, "optim.lr"),
        ({"train": {"recipe": "e5-small", "seeds": [0], "flags": {"seeds": [1]}}}, "seeds stands in `flags` too"),
        ({"train": []}, "train"),
        ({"train": [{"recipe": "e5-small", "corpora": ["x"]}] * 2}, "two recipes are named e5-small"),
        ({"train": {"recipe": "e5-small"}}, "names no corpora"),
        ({"report": {"replicates": 3}}, "report.replicates"),
        ({"train": {"recipe": "e5-small", "corpora": ["x"], "flags": dict(DDP)}}, "accelerate launch"),
        ({"evaluate": {"settings": "offical"}}, "offical"),
    ],
)
def test_bad_input_is_one_line_before_anything_is_trained(
    home: Path, tmp_path: Path, cli: Cli, changed: Mapping[str, Any], told: str
) -> None:
    code, out, errors = cli("run", written(home, tmp_path, **changed), "--out", tmp_path / "out")
    assert (code, out) == (2, ""), errors
    assert told in errors.splitlines()[-1] and "Traceback" not in errors
    assert not (tmp_path / "out").exists()


def test_a_test_set_that_cannot_be_used_is_told_before_anything_is_trained(
    home: Path, tmp_path: Path, cli: Cli
) -> None:
    (tmp_path / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    shutil.copy(home / "xnli-train.tsv", tmp_path)
    (tmp_path / "xnli-de.tsv").write_text(pairs(6), encoding="utf-8")
    (tmp_path / "xnli-sw.tsv").write_text("the harbour sings\tit is cold\n" * 3, encoding="utf-8")
    evaluate = {"source": str(tmp_path / "sources.yaml"), "settings": "small", "flags": dict(EVALUATE)}
    code, _, errors = run(cli, written(home, tmp_path, evaluate=evaluate))
    assert (code, "3 of 3 items have no gold" in errors.splitlines()[-1]) == (2, True), errors
    assert not list((tmp_path / "out").rglob("train.json"))


@pytest.mark.parametrize(
    "text", ["[", "- a", "", "a: !!python/object/apply:os.system [true]", "train: {recipe: a}\ntrain: {recipe: b}"]
)
def test_what_is_no_experiment_is_refused(tmp_path: Path, cli: Cli, text: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    code, _, errors = cli("run", file)
    assert code == 2 and str(file) in errors and "Traceback" not in errors
    assert cli("run", tmp_path / "nothing.yaml")[0] == 2
