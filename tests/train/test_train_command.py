"""`synth train` as it is called: invariants, records, failures, and going on after any end."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from synth.train.recipe_file import load_recipe, ready_recipes
from synth.train.record import Status, compare_runs, read_record
from tests.conftest import Cli
from tests.train.homes import make_home
from tests.train.little import Little, make
from tests.train.students import make_student

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "accelerate", "peft")),
    reason="the extra `train` is not installed",
)
Flags = Mapping[str, Any]
STEPS = 12
NOTHING: Flags = {}
USUAL: Flags = {
    "arm": "english", "seed": 0, "budget.steps": STEPS, "optim.batch_size": 4, "optim.accumulation": 1,
    "optim.learning_rate": 1e-3, "upkeep.log_every": 1, "upkeep.save_every": 4, "deterministic": "true",
    "freeze_embeddings": "false", "lengths.pair": 64, "lengths.span": 128, "lengths.stride": 32, "lengths.question": 24,
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus and two toy students."""
    little = Little("little", tasks=("mnli", "qqp", "squad_v2", "hellaswag", "ccg"), rows=40)
    return make_home(tmp_path_factory.mktemp("home"), little, "e5-small", "gemma3-270m")


@pytest.fixture(scope="module")
def whole(home: Path) -> Path:
    """The folder of a run that nobody interrupted."""
    assert called(home, home / "whole", {"tasks": "mnli,squad_v2"}).returncode == 0
    return home / "whole" / "english-0"


def words(home: Path, out: Path, flags: Flags = NOTHING, recipe: str = "e5-small") -> list[str]:
    """The command line."""
    given = {**USUAL, "manifest": home / "little", "model.path": home / recipe, "out": out, **flags}
    pairs = [(f"--{name}", str(value)) for name, value in given.items() if value is not None]
    return ["train", recipe, *(word for pair in pairs for word in pair)]


def called(home: Path, out: Path, flags: Flags = NOTHING, before: str = "") -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, after some Python in it that lays a trap."""
    code = f"import sys, os, signal\n{before}\nfrom synth.cli import main\nsys.exit(main(sys.argv[1:]))"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code, *words(home, out, flags)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240, check=False)


def at_step(step: int, act: str) -> str:
    """Python that does something when the loss of this step is accounted for."""
    return f"""
from synth.train import curve
add = curve.Curve.add
def trap(self, head, loss, norm, step):
    add(self, head, loss, norm, step)
    if step == {step}:
        {act}
curve.Curve.add = trap
"""


def log(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in log(folder)]


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return {**load_file(folder / "backbone" / "model.safetensors"), **load_file(folder / "heads.safetensors")}


def assert_same_run(one: Path, other: Path) -> None:
    """Every bit of both."""
    import torch

    assert log(one) == log(other)
    left, right = weights(one), weights(other)
    assert left.keys() == right.keys()
    assert all(torch.equal(left[name], right[name]) for name in left)


def assert_close_runs(one: Path, other: Path) -> None:
    """But for the order of sums. (Adam with a small epsilon would blow rounding errors up to whole updates.)"""
    import torch

    assert losses(one) == pytest.approx(losses(other), rel=1e-4)
    left, right = weights(one), weights(other)
    assert all(torch.allclose(left[name], right[name], atol=2e-4) for name in left)


@pytest.mark.slow
@pytest.mark.parametrize(
    "trap",
    [
        at_step(7, "os.kill(os.getpid(), signal.SIGKILL)"),
        # while the second checkpoint is written: its files are there, its marker is not
        "from synth.train import checkpoints\nmark = checkpoints.mark\n"
        "checkpoints.mark = lambda folder, step, *rest: "
        "os.kill(os.getpid(), signal.SIGKILL) if step == 8 else mark(folder, step, *rest)\n",
    ],
    ids=["in a step", "in a checkpoint"],
)
def test_a_killed_run_goes_on_to_the_same_end(home: Path, whole: Path, tmp_path: Path, cli: Cli, trap: str) -> None:
    tasks = {"tasks": "mnli,squad_v2"}
    assert called(home, tmp_path, tasks, trap).returncode == -9
    assert read_record(tmp_path / "english-0").status is Status.RUNNING
    code, told, _ = cli("status", tmp_path, "--json")
    assert [(run["run"], run["status"], run["of"]) for run in json.loads(told)["runs"]] == [
        ("english-0", "stopped", 12)
    ]
    code, _, told = cli(*words(home, tmp_path, tasks))
    assert code == 0, told
    assert "step 12 of 12" in told
    assert_same_run(whole, tmp_path / "english-0")
    assert not (tmp_path / "english-0" / "checkpoints").exists()
    assert not list(tmp_path.glob(".rows-*"))


@pytest.mark.slow
def test_ctrl_c_finishes_the_step_and_is_gone_on_with(home: Path, whole: Path, tmp_path: Path, cli: Cli) -> None:
    ended = called(home, tmp_path, {"tasks": "mnli,squad_v2"}, at_step(6, "signal.raise_signal(signal.SIGINT)"))
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (
        130, "synth: stopped at step 7 of 12; run the same command again to go on",
    )  # fmt: skip
    assert read_record(tmp_path / "english-0").outcome["failure"] == "stopped"
    assert (tmp_path / "english-0" / "checkpoints" / "checkpoint-7" / ".done.json").is_file()
    code, _, told = cli(*words(home, tmp_path, {"tasks": "mnli,squad_v2"}))
    assert code == 0, told
    assert_same_run(whole, tmp_path / "english-0")


@pytest.mark.slow
def test_a_full_disk_keeps_the_last_checkpoint(home: Path, whole: Path, tmp_path: Path, cli: Cli) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"
    ended = called(home, tmp_path, {"tasks": "mnli,squad_v2"}, at_step(6, limit))
    assert ended.returncode == 1
    assert "the disk is full" in ended.stderr
    assert read_record(tmp_path / "english-0").outcome["failure"] == "disk full"
    left = {path.name for path in (tmp_path / "english-0" / "checkpoints").iterdir()}
    assert left == {"checkpoint-4"}
    code, _, told = cli(*words(home, tmp_path, {"tasks": "mnli,squad_v2"}))
    assert code == 0, told
    assert_same_run(whole, tmp_path / "english-0")


def test_the_order_of_tasks_does_not_matter(home: Path, whole: Path, tmp_path: Path, cli: Cli) -> None:
    code, _, told = cli(*words(home, tmp_path, {"tasks": "squad_v2,mnli"}))
    assert code == 0, told
    assert_same_run(whole, tmp_path / "english-0")
    records = [read_record(folder) for folder in (whole, tmp_path / "english-0")]
    assert records[0].order_hash == records[1].order_hash


def test_accumulating_is_the_same_as_a_large_batch(home: Path, tmp_path: Path, cli: Cli) -> None:
    same = {"tasks": "mnli,squad_v2,ccg", "optim.dropout": 0, "budget.steps": 6, "optim.epsilon": 1e-3}
    for name, size, parts in (("many", 1, 8), ("one", 8, 1)):
        flags = {**same, "optim.batch_size": size, "optim.accumulation": parts}
        code, _, told = cli(*words(home, tmp_path / name, flags))
        assert code == 0, told
    assert_close_runs(tmp_path / "many" / "english-0", tmp_path / "one" / "english-0")


def test_arms_and_seeds_are_trained_apart_and_not_twice(home: Path, tmp_path: Path, cli: Cli) -> None:
    flags = {"arm": None, "seed": None, "seeds": "0,1", "budget.steps": 2, "arms": "none,english,multilingual"}
    code, told, _ = cli(*words(home, tmp_path, flags), "--json")
    found = json.loads(told)
    runs = {(run["arm"], run["seed"]): read_record(Path(run["folder"])) for run in found["runs"]}
    assert (code, len(runs), all(report["holds"] for report in found["reports"])) == (0, 6, True)
    assert {record.status for record in runs.values()} == {Status.DONE}
    assert runs["english", 0].order_hash != runs["english", 1].order_hash
    assert runs["english", 0].summary.source_hash == runs["multilingual", 0].summary.source_hash
    assert sorted(path.name for path in (tmp_path / "none-0").iterdir()) == [".lock", "train.json"]
    when = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    code, told, _ = cli(*words(home, tmp_path, flags), "--json")
    assert (code, json.loads(told)["runs"]) == (0, found["runs"])
    assert when == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}


def test_seeds_and_arms_can_be_added_to_a_folder(home: Path, tmp_path: Path, cli: Cli) -> None:
    """One seed to see whether it works, then the others; two arms, then a third."""
    flags = {"arm": None, "seed": None, "seeds": "0", "budget.steps": 1, "arms": "english,multilingual"}
    assert cli(*words(home, tmp_path, flags))[0] == 0
    first = (tmp_path / "english-0" / "train.json").read_bytes()
    code, _, errors = cli(*words(home, tmp_path, {**flags, "seeds": "0,1", "arms": "none,english,multilingual"}))
    assert code == 0, errors
    folders = [tmp_path / f"{arm}-{seed}" for arm in ("none", "english", "multilingual") for seed in (0, 1)]
    assert {read_record(folder).status for folder in folders} == {Status.DONE}
    assert (tmp_path / "english-0" / "train.json").read_bytes() == first
    assert compare_runs(folders).holds


def test_an_arm_that_takes_examples_from_the_others_is_not_added(home: Path, tmp_path: Path, cli: Cli) -> None:
    """All arms have the examples that all of them kept: fewer with one more arm, and what is trained has the others."""
    make(tmp_path, Little("holes", rows=40, translations={"de": ()}, paraphrases={"de": (3, 4, 5)}))
    flags = {"arm": None, "manifest": tmp_path / "holes", "budget.steps": 1, "arms": "english,multilingual"}
    assert cli(*words(home, tmp_path / "out", flags))[0] == 0
    more = {**flags, "arms": "english,multilingual,multilingual-paraphrase"}
    code, _, errors = cli(*words(home, tmp_path / "out", more))
    assert code == 2
    assert "english-0 was trained on other rows than it would be now" in errors.splitlines()[-1]
    assert not (tmp_path / "out" / "multilingual-paraphrase-0").exists()


def test_status_tells_how_far_runs_are(whole: Path, cli: Cli) -> None:
    for folder in (whole, whole.parent):
        code, told, _ = cli("status", folder, "--json")
        (run,) = json.loads(told)["runs"]
        assert (code, run["status"], run["steps"], run["of"], run["loss"]) == (0, "done", 12, 12, losses(whole)[-1])


def test_two_processes_do_not_train_into_one_folder(home: Path, tmp_path: Path, cli: Cli) -> None:
    from synth.train.folders import held

    with held(tmp_path / "english-0"):
        code, _, errors = cli(*words(home, tmp_path))
    assert code == 2
    assert "another process is training in" in errors


def test_rows_of_others_are_left_alone_where_files_cannot_be_locked(
    home: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a Lustre mounted without locks nobody knows whether another job still reads them."""
    import errno

    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    others = tmp_path / ".rows-1" / "english-0" / "mnli.arrow"
    others.parent.mkdir(parents=True)
    others.write_bytes(b"rows")
    monkeypatch.setattr("fcntl.flock", refuse)
    code, _, errors = cli(*words(home, tmp_path), "--dry-run")
    assert code == 0, errors
    assert others.is_file()


def test_status_counts_the_steps_of_language_modelling_of_a_stopped_run_too(
    home: Path, tmp_path: Path, cli: Cli
) -> None:
    from dataclasses import replace

    from synth.train.record import write_record

    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "de.txt").write_text("Das Haus steht am Hafen.\n", encoding="utf-8")
    (tmp_path / "text" / "ger.txt").write_text("Das Haus steht am Hafen.\n", encoding="utf-8")
    flags = {"arms": "english+mlm", "arm": None, "mlm.folder": tmp_path / "text", "mlm.share": 0.5, "budget.steps": 2}
    assert cli(*words(home, tmp_path / "out", flags))[0] == 0
    record = read_record(tmp_path / "out" / "english+mlm-0")
    assert record.outcome["steps"] == 3
    failed = replace(record, status=Status.FAILED, outcome={"failure": "stopped", "step": None, "advice": "go on"})
    write_record(tmp_path / "out" / "english+mlm-0", failed)
    (run,) = json.loads(cli("status", tmp_path / "out", "--json")[1])["runs"]
    assert (run["steps"], run["of"]) == (3, 3)


def test_the_backbone_and_the_card_are_what_others_read(whole: Path) -> None:
    from huggingface_hub import ModelCard
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(whole / "backbone", add_pooling_layer=False)
    assert len(AutoTokenizer.from_pretrained(whole / "backbone")) <= model.config.vocab_size
    card = ModelCard.load(whole / "README.md")
    assert (card.data.license, card.data.language, card.data.datasets) == ("mit", ["en"], ["little"])
    assert "arm:english" in card.data.tags
    assert json.loads((whole / "heads.json").read_text())["squad_v2"]["kind"] == "span"
    assert list((whole / "tensorboard").glob("events.out.*"))


def test_an_adapter_is_saved_and_merged(home: Path, tmp_path: Path, cli: Cli) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModel

    flags = {"lora.rank": 4, "budget.steps": 4, "style": "heads", "precision": "fp32"}
    code, _, told = cli(*words(home, tmp_path, flags, "gemma3-270m"))
    assert code == 0, told
    run = tmp_path / "english-0"
    before = AutoModel.from_pretrained(home / "gemma3-270m").eval()
    ids = torch.tensor([[2, 5, 6, 7, 9]])
    with torch.no_grad():
        plain = before(ids).last_hidden_state
        merged = AutoModel.from_pretrained(run / "backbone").eval()(ids).last_hidden_state
        adapted = PeftModel.from_pretrained(before, run / "adapter").eval()(ids).last_hidden_state
    assert torch.allclose(merged, adapted, atol=1e-5)
    assert not torch.allclose(merged, plain, atol=1e-5)


@pytest.mark.parametrize("recipe", ready_recipes())
def test_every_ready_recipe_trains_a_toy_of_its_student(home: Path, tmp_path: Path, cli: Cli, recipe: str) -> None:
    make_student(tmp_path / recipe, recipe)
    small = {
        "arms": "none,english,multilingual",
        "tasks": "mnli,squad_v2",
        "budget.steps": 3,
        "optim.batch_size": 2,
        "upkeep.save_every": 2,
    }
    flags = {**small, "model.path": tmp_path / recipe, "freeze_embeddings": None, "optim.learning_rate": None}
    code, _, told = cli(*words(home, tmp_path / "out", flags, recipe))
    assert code == 0, told
    record = read_record(tmp_path / "out" / "english-0")
    assert (record.status, record.outcome["steps"]) == (Status.DONE, 3)
    assert (tmp_path / "out" / "english-0" / "adapter").is_dir() == (load_recipe(recipe).lora is not None)


def test_a_broken_student_fails_its_runs_and_says_so(home: Path, tmp_path: Path, cli: Cli) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    broken = make_student(tmp_path / "broken", "e5-small")
    state = load_file(broken / "model.safetensors")
    state["encoder.layer.0.output.dense.weight"][0, 0] = torch.nan
    save_file(state, broken / "model.safetensors", metadata={"format": "pt"})
    flags = {"model.path": broken, "arm": None, "arms": "none,english", "seed": None, "seeds": "0,1"}
    code, told, errors = cli(*words(home, tmp_path / "out", flags))
    assert code == 1
    records = {name: read_record(tmp_path / "out" / name) for name in ("none-0", "english-0", "none-1", "english-1")}
    assert [record.status.value for record in records.values()] == ["done", "failed", "done", "failed"]
    outcome = records["english-1"].outcome
    assert (outcome["failure"], outcome["step"]) == ("nan", 1)
    assert "Lower optim.learning_rate" in outcome["advice"]
    assert "english-0: the loss of mnli is no number" in errors
    assert told.count("FAILED") == 2
    code, told, _ = cli("status", tmp_path / "out")
    assert "english-1 failed (nan): the loss of mnli is no number" in told
    assert not list((tmp_path / "out" / "english-0" / "checkpoints").iterdir())


def test_a_run_that_diverges_is_stopped(home: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.train.trainer import StepTrainer

    def growing(self: Any, *rest: Any) -> Any:
        return loss_of(self, *rest) * 1.1**self.state.global_step

    loss_of = StepTrainer.micro_loss
    monkeypatch.setattr(StepTrainer, "micro_loss", growing)
    code, _, errors = cli(*words(home, tmp_path, {"budget.steps": 80}))
    outcome = read_record(tmp_path / "english-0").outcome
    assert (code, outcome["failure"]) == (1, "diverged")
    assert 20 < outcome["step"] < 40
    assert "the loss of mnli has grown to" in errors


def test_too_little_memory_is_told_with_advice(
    home: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from synth.train.heads import MultiHead

    # The machine's own refusal, at the first step.
    monkeypatch.setattr(MultiHead, "forward", lambda *_: torch.empty(1 << 55))
    code, _, errors = cli(*words(home, tmp_path))
    outcome = read_record(tmp_path / "english-0").outcome
    assert (code, outcome["failure"], outcome["step"]) == (1, "out of memory", 1)
    assert "Halve optim.batch_size and double optim.accumulation" in errors


def test_a_model_that_does_not_fit_is_told_with_advice(
    home: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from transformers import Trainer

    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 40.00 GiB.")

    monkeypatch.setattr(Trainer, "__init__", full)  # where the weights go to the GPU
    code, _, errors = cli(*words(home, tmp_path))
    assert (code, read_record(tmp_path / "english-0").outcome["failure"]) == (1, "out of memory")
    assert "lora" in errors.splitlines()[-1]


@pytest.mark.parametrize(
    ("flags", "code", "told"),
    [
        ({"arm": "mt"}, 2, "the recipe has no arm mt; it has none, english, multilingual"),
        ({"seed": 9}, 2, "the recipe has no seed 9; it has 0, 1, 2"),
        ({"optim.lr": 1}, 2, "optim.lr"),
        ({"parallel.processes": 2}, 2, "take ddp or fsdp"),
        ({"parallel.processes": 2, "parallel.strategy": "ddp"}, 2, "accelerate launch --num_processes 2"),
        ({"parallel.strategy": "fsdp"}, 2, "start several"),
        ({"model.path": "./nowhere"}, 2, "there is no folder ./nowhere"),
        ({"model.architecture": "gemma3-270m"}, 2, "name the architecture that it has"),
        ({"manifest": "nothing.yaml"}, 2, "nothing.yaml"),
        ({"languages.codes": "de,fr"}, 2, "in fr; there are de, sw"),
    ],
)
def test_bad_input_is_one_line(home: Path, tmp_path: Path, cli: Cli, flags: Flags, code: int, told: str) -> None:
    found, out, errors = cli(*words(home, tmp_path, flags))
    assert (found, out) == (code, "")
    assert told in errors.splitlines()[-1]


def test_arms_that_do_not_match_are_refused_with_the_numbers(home: Path, tmp_path: Path, cli: Cli) -> None:
    make(tmp_path, Little("holes", rows=40, translations={"de": range(30), "sw": ()}))
    code, _, errors = cli(*words(home, tmp_path / "out", {"manifest": tmp_path / "holes"}))
    assert code == 1
    assert "10 of 40 English examples of mnli (25%)" in errors
    assert not (tmp_path / "out" / "english-0").exists()


def test_a_folder_of_another_recipe_is_refused(home: Path, whole: Path, cli: Cli) -> None:
    flags = {"tasks": "mnli,squad_v2", "optim.learning_rate": 5e-4, "upkeep.log_every": 3}
    code, _, errors = cli(*words(home, whole.parent, flags))
    assert code == 2
    assert "optim.learning_rate was 0.001 and is 0.0005" in errors


def test_a_run_on_other_rows_is_not_taken_for_done(home: Path, tmp_path: Path, cli: Cli) -> None:
    """The corpus is filtered anew between two arms: they would not match, and nobody would notice."""
    flags = {"manifest": make(tmp_path, Little("little", rows=40)), "budget.steps": 1}
    assert cli(*words(home, tmp_path / "out", flags))[0] == 0
    shutil.rmtree(tmp_path / "little")
    make(tmp_path, Little("little", rows=40, translations={"de": (3, 4), "sw": (5,)}))
    code, _, errors = cli(*words(home, tmp_path / "out", {**flags, "arm": "multilingual"}))
    assert code == 2
    assert "english-0 was trained on other rows than it would be now (the corpora" in errors.splitlines()[-1]
    assert not (tmp_path / "out" / "multilingual-0").exists()


@pytest.mark.parametrize(("text", "told"), [({}, "has no text"), ({"de.txt": "\n"}, "holds no passage")])
def test_text_that_is_missing_is_told_before_any_arm_is_trained(
    home: Path, tmp_path: Path, cli: Cli, text: Mapping[str, str], told: str
) -> None:
    (tmp_path / "text").mkdir()
    for name, lines in text.items():
        (tmp_path / "text" / name).write_text(lines, encoding="utf-8")
    flags = {"arm": None, "arms": "english,english+mlm", "mlm.folder": tmp_path / "text", "budget.steps": 1}
    code, _, errors = cli(*words(home, tmp_path / "out", flags))
    assert (code, told in errors.splitlines()[-1]) == (2, True), errors
    assert not (tmp_path / "out" / "english-0").exists()


def test_text_that_has_changed_between_two_seeds_is_refused(home: Path, tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "de.txt").write_text("Das Haus steht am Hafen.\n", encoding="utf-8")
    (tmp_path / "text" / "ger.txt").write_text("Das Haus steht am Hafen.\n", encoding="utf-8")
    flags = {"seed": None, "seeds": "0,1", "arms": "english,english+mlm", "mlm.folder": tmp_path / "text"}
    flags |= {"arm": "english+mlm", "budget.steps": 1}
    code, _, errors = cli(*words(home, tmp_path / "out", {**flags, "seed": 0}))
    assert (code, "named after no language of `synth langs`: ger.txt" in errors) == (0, True), errors
    (tmp_path / "text" / "de.txt").write_text("Das Haus steht im Wald.\n", encoding="utf-8")
    code, _, errors = cli(*words(home, tmp_path / "out", flags))
    assert code == 2
    assert "is not what other seeds were trained on" in errors.splitlines()[-1]


def test_a_dry_run_reports_and_trains_nothing(home: Path, tmp_path: Path, cli: Cli) -> None:
    code, told, _ = cli(
        *words(home, tmp_path / "out", {"tasks": "squad_v2", "lengths.span": 40, "lengths.stride": 8}), "--dry-run"
    )
    assert code == 0
    assert "The arms are matched." in told
    assert "squad_v2 40 of 40" in " ".join(told.split())
    assert not list((tmp_path / "out").iterdir())


def test_a_fault_that_nobody_foresaw_is_recorded_too(
    home: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth.train.trainer import StepTrainer

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr(StepTrainer, "micro_loss", broken)
    with pytest.raises(ZeroDivisionError):
        cli(*words(home, tmp_path))
    record = read_record(tmp_path / "english-0")
    assert (record.status, record.outcome["failure"]) == (Status.FAILED, "ZeroDivisionError")
    monkeypatch.undo()
    assert cli(*words(home, tmp_path))[0] == 0
    assert read_record(tmp_path / "english-0").created == record.created
