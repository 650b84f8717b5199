"""`synth evaluate` from the command line: toy students, a few sentences of our own in each task's format."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from synth.cli import main
from synth.evaluate.predictions import RUN_FILE, find_runs, read_predictions, read_run
from synth.train.recipe import Budget, Model, Recipe
from synth.train.record import RunRecord, Status, write_record
from tests.train.students import make_student

WORDS = ("harbour", "bridge", "night", "stone", "ships", "cold")
LABELS = ("entailment", "neutral", "contradiction")
QUICK = [
    "--settings", "small", "--set", "epochs=1", "--set", "optim.batch_size=4", "--set", "optim.accumulation=1",
    "--set", "lengths.pair=24", "--set", "lengths.span=40", "--set", "lengths.stride=8", "--set", "lengths.question=8",
    "--device", "cpu",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _gpus_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--device cpu` hides GPUs: put back what was there."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


def pairs(count: int) -> str:
    return "".join(f"the {WORDS[n % 6]} sings\tit is {WORDS[-n % 6]}\t{LABELS[n % 3]}\n" for n in range(count))


def tagged(count: int) -> str:
    return "".join(f"old\tO\n{WORDS[n % 6]}\tB-LOC\n{WORDS[-n % 6]}\tI-LOC\n\n" for n in range(count))


def squad(count: int) -> str:
    def paragraph(number: int) -> dict[str, Any]:
        context = f"the {WORDS[number % 6]} is cold and the ships sing at night " * 2
        answers = [{"text": WORDS[number % 6], "answer_start": 4}]
        return {"context": context, "qas": [{"id": f"q{number}", "question": "what is it?", "answers": answers}]}

    return json.dumps({"data": [{"title": "t", "paragraphs": [paragraph(number) for number in range(count)]}]})


def choices(count: int, **more: Any) -> str:
    rows = (
        {"premise": f"the {WORDS[n % 6]} sings", "choice1": "cold", "choice2": "night", "question": "cause"}
        | {"label": n % 2, "idx": n}
        for n in range(count)
    )
    return "".join(json.dumps({**row, **more}) + "\n" for row in rows)


def social(count: int) -> str:
    row = {"context": "the ships", "question": "why?", "answerA": "cold", "answerB": "night", "answerC": "stone"}
    return "".join(json.dumps({**row, "correct": "ABC"[number % 3]}) + "\n" for number in range(count))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a student and the sources file."""
    root = tmp_path_factory.mktemp("evaluate")
    make_student(root / "student", "e5-small")
    files = {
        "xnli-train.tsv": pairs(9), "xnli-en.tsv": pairs(6), "xnli-de.tsv": pairs(6), "xnli-sw.tsv": pairs(6),
        "panx-train.tsv": tagged(8), "panx-en.tsv": tagged(5), "panx-yo.tsv": tagged(5),
        "squad.json": squad(6), "xquad-en.json": squad(4), "xquad-de.json": squad(4), "mlqa-de.json": squad(4),
        "siqa.jsonl": social(6), "copa.jsonl": choices(6), "xcopa-sw.jsonl": choices(4), "pawsx-de.tsv": pairs(3),
    }  # fmt: skip
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    (root / "sources.yaml").write_text(
        """
tasks:
  xnli: {train: xnli-train.tsv, test: "xnli-{lang}.tsv"}
  panx: {train: panx-train.tsv, test: "panx-{lang}.tsv"}
  xquad: {train: squad.json, test: "xquad-{lang}.json"}
  mlqa: {test: "mlqa-{lang}.json"}
  xcopa: {siqa_train: siqa.jsonl, train: copa.jsonl, test: "xcopa-{lang}.jsonl"}
  pawsx: {test: "pawsx-{lang}.tsv"}
""",
        encoding="utf-8",
    )
    return root


def evaluate(place: Path, *words: str, subject: str = "student") -> int:
    return main(["evaluate", str(place / subject), "--source", str(place / "sources.yaml"), *QUICK, *words])


@pytest.fixture(scope="module")
def whole(place: Path) -> Path:
    """A whole evaluation of everything that the sources have."""
    assert evaluate(place, "--out", str(place / "whole"), "--export", str(place / "exported")) == 0
    return place / "whole"


def cells(folder: Path) -> dict[str, Any]:
    return {str(path.relative_to(folder)): read_predictions(path) for path in sorted(folder.glob("*/*.parquet"))}


def test_every_task_and_language_that_is_there_is_predicted(whole: Path) -> None:
    expected = ["mlqa/de", "panx/en", "panx/yo", "xcopa/sw", "xnli/de", "xnli/en", "xnli/sw", "xquad/de", "xquad/en"]
    assert list(cells(whole)) == [f"{name}.parquet" for name in expected]
    info = read_run(whole)
    assert (info.status, info.arm, info.kind.value, info.seed, info.model) == ("done", "none", "none", 0, "student")
    assert info.settings["protocol"]["targets"]["xnli"]["epochs"] == 1
    assert [one["name"] for one in info.settings["tasks"]["xcopa"]["target"]] == ["siqa", "copa"]
    assert info.settings["tasks"]["xquad"]["target"][0]["order"]


def test_squad_is_trained_once_for_xquad_and_mlqa_and_no_weights_are_left(whole: Path) -> None:
    tasks = read_run(whole).settings["tasks"]
    assert tasks["xquad"]["target"] == tasks["mlqa"]["target"]
    assert not list(whole.rglob("*.safetensors"))
    assert (whole / "target" / "squad" / "target.json").is_file()


def test_submission_files_are_written(whole: Path, place: Path) -> None:
    lines = (place / "exported" / "predictions" / "xnli" / "test-sw.tsv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6
    assert set(lines) <= set(LABELS)
    assert set(json.loads((place / "exported/predictions/xquad/test-de.json").read_text("utf-8"))) == {
        f"q{n}" for n in range(4)
    }


def test_an_evaluation_that_was_cut_goes_on_and_gives_the_same(whole: Path, place: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    assert evaluate(place, "--out", str(out), "--tasks", "xnli", "--langs", "en") == 0
    before = (out / "xnli/en.parquet").stat().st_mtime_ns
    assert evaluate(place, "--out", str(out), "--tasks", "xnli,panx", "--keep-weights") == 0
    assert (out / "xnli/en.parquet").stat().st_mtime_ns == before  # nothing is predicted twice
    assert (out / "target/panx/weights.safetensors").is_file()
    found = cells(whole)
    assert cells(out) == {name: made for name, made in found.items() if name.startswith(("xnli", "panx"))}


def test_a_killed_evaluation_is_running_and_goes_on(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Path
) -> None:
    from synth.evaluate import heads

    real, seen = heads.HeadPredictor.predict, []

    def dies(self: Any, data: Any) -> Any:
        seen.append(data.lang)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return real(self, data)

    out = tmp_path / "killed"
    monkeypatch.setattr(heads.HeadPredictor, "predict", dies)
    assert evaluate(place, "--out", str(out), "--tasks", "xnli") == 130
    assert read_run(out).status == "running"
    assert len(cells(out)) == 1
    monkeypatch.setattr(heads, "trained", _not_again(heads.trained))
    assert evaluate(place, "--out", str(out), "--tasks", "xnli") == 0
    assert read_run(out).status == "done"
    assert cells(out) == {name: made for name, made in cells(whole).items() if name.startswith("xnli")}


def _not_again(trained: Any) -> Any:
    """What was trained before the kill is found, not trained again."""
    from synth.evaluate import target

    def wrapped(*words: Any) -> Any:
        before, target.fit = target.fit, lambda *_words: pytest.fail("trained twice")  # type: ignore[assignment]
        try:
            return trained(*words)
        finally:
            target.fit = before  # type: ignore[assignment]

    return wrapped


def test_json_and_holes(whole: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(place, "--out", str(whole), "--json") == 0
    found = json.loads(capsys.readouterr().out)["runs"][0]
    assert found["overall"] is None
    assert found["tasks"]["xnli"]["score"] is None
    assert 0 <= found["tasks"]["xnli"]["partial"] <= 100
    assert {"task": "xnli", "lang": "fr", "why": "not in the source"} in found["holes"]
    why = next(one["why"] for one in found["holes"] if one["task"] == "pawsx")
    assert "no English training set" in why
    assert next(one["why"] for one in found["holes"] if one["task"] == "tydiqa").startswith(
        "the source has no test set"
    )


def test_people_see_partial_means_marked_and_what_is_missing(
    whole: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(place, "--out", str(whole)) == 0
    out = capsys.readouterr().out
    assert "(3/15 languages: no score of the task)" in out
    assert "no overall score: the table has holes" in out
    assert "missing: xnli: no ar, bg" in out


def refused(place: Path, capsys: pytest.CaptureFixture[str], *words: str, subject: str = "student") -> str:
    assert evaluate(place, *words, subject=subject) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.startswith("synth: ")
    assert "Traceback" not in told
    return told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--tasks", "xnl"], "'xnli'"),
        (["--langs", "xx"], "xx"),
        (["--tasks", "xnli", "--langs", "yo"], "nothing to evaluate"),
        (["--tasks", "pawsx"], "no English training set"),
        (["--tasks", "tydiqa"], "no test set"),
        (["--settings", "offical"], "Did you mean 'official'?"),
        (["--set", "optim.learning_rat=1"], "optim.learning_rate"),
        (["--set", "epochs"], "--set key=value"),
        (["--set", "xnli.epochs=0"], "xnli.epochs"),
        (["--kind", "english-only"], "give one of none, english"),
        (["--device", "tpu9"], "--device tpu9"),
        (["--seed", "-1"], "--seed -1"),
        (["--source", "nowhere.yaml"], "there is no source file"),
    ],
)
def test_bad_input_is_one_line(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert told in refused(place, capsys, "--out", str(tmp_path / "out"), *words)
    assert not (tmp_path / "out").exists()


def test_what_is_no_model_is_refused(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "out")]
    (tmp_path / "empty").mkdir()
    assert "holds neither a run of `synth train`" in refused(
        tmp_path, capsys, *out, "--source", str(place / "sources.yaml"), subject="empty"
    )
    assert "is no folder, no Hub repository" in refused(place, capsys, *out, subject="nothing-there")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{}", encoding="utf-8")
    told = refused(tmp_path, capsys, *out, "--source", str(place / "sources.yaml"), "--tasks", "xnli", subject="broken")
    assert "cannot load" in told


def test_another_protocol_in_the_same_folder_is_refused(
    place: Path, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(place, capsys, "--out", str(whole), "--set", "xnli.epochs=2")
    assert "targets.xnli.epochs (1.0 there, 2.0 now)" in told
    told = refused(place, capsys, "--out", str(whole), "--arm", "other", "--kind", "mixture")
    assert "differs in run, arm" in told


def test_the_batch_size_of_prediction_is_no_other_protocol(place: Path, whole: Path) -> None:
    assert evaluate(place, "--out", str(whole), "--set", "prediction.tokens=64") == 0


def test_list_needs_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["tasks"]) == 12
    assert main(["evaluate"]) == 2


def make_run(folder: Path, arm: str, status: Status, outcome: Mapping[str, Any], path: str = "") -> Path:
    recipe = Recipe(
        name="toy", model=Model(architecture="e5-small", path=path), tasks=("mnli",), budget=Budget(steps=1), seeds=(3,)
    )
    task = {"examples": 4, "source_ids": 4, "labels": {}, "languages": {"de": 2, "sw": 2}, "offered": ["de", "sw"]}
    summary = {
        "arm": arm, "seed": 3, "seeds": [3], "steps": 1, "tasks": {} if arm == "none" else {"mnli": task},
        "source_hash": "", "hyper_parameters": {},
    }  # fmt: skip
    record = RunRecord(recipe.model_dump(mode="json"), "f", summary, "o", {}, {}, {}, "2026", status, dict(outcome))
    assert asdict(record)["format"] == 1
    write_record(folder, record)
    return folder


def test_a_run_of_synth_train_brings_its_arm_seed_and_corpus(place: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "multilingual-3", "multilingual", Status.DONE, {})
    make_student(run / "backbone", "e5-small", seed=5)
    (tmp_path / "sources.yaml").write_text((place / "sources.yaml").read_text("utf-8"), encoding="utf-8")
    words = ["--source", str(place / "sources.yaml"), "--tasks", "xnli", "--langs", "sw"]
    assert main(["evaluate", str(run), *QUICK, *words]) == 0
    assert find_runs([tmp_path]) == [run / "evaluation"]  # train.json is no result
    info = read_run(run / "evaluation")
    assert (info.run, info.arm, info.kind.value, info.seed) == ("toy-multilingual-3", "multilingual", "multilingual", 3)
    assert (info.intermediate, info.languages, info.model) == (("mnli",), ("de", "sw"), "e5-small")


def test_a_folder_of_runs_stands_for_all_of_them(place: Path, tmp_path: Path) -> None:
    for arm in ("english", "multilingual"):
        run = make_run(tmp_path / "runs" / f"{arm}-3", arm, Status.DONE, {})
        make_student(run / "backbone", "e5-small", seed=len(arm))
    words = ["--source", str(place / "sources.yaml"), "--tasks", "xnli", "--langs", "sw"]
    assert main(["evaluate", str(tmp_path / "runs"), *QUICK, *words]) == 0
    found = find_runs([tmp_path / "runs"])
    assert [read_run(folder).arm for folder in found] == ["english", "multilingual"]


def test_the_arm_without_training_starts_from_the_recipes_model(place: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "none-3", "none", Status.DONE, {}, path=str(place / "student"))
    words = [
        "--source",
        str(place / "sources.yaml"),
        "--tasks",
        "xnli",
        "--langs",
        "sw",
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(["evaluate", str(run), *QUICK, *words]) == 0
    assert (read_run(tmp_path / "out").kind.value, read_run(tmp_path / "out").seed) == ("none", 3)


def test_failed_trainings_are_recorded_and_unfinished_ones_refused(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = {"failure": "diverged", "step": 12, "advice": "lower optim.learning_rate"}
    failed = make_run(tmp_path / "multilingual-3", "multilingual", Status.FAILED, outcome)
    source = ["--source", str(place / "sources.yaml")]
    assert main(["evaluate", str(failed), *QUICK, *source]) == 0
    info = read_run(failed / "evaluation")
    assert (info.status, info.why) == ("failed", "training failed at step 12: diverged. lower optim.learning_rate")
    assert not (failed / "evaluation" / "xnli").exists()
    for number, (status, more) in enumerate(((Status.PREPARED, {}), (Status.FAILED, {"failure": "stopped"}))):
        unfinished = make_run(tmp_path / f"unfinished-{number}", "english", status, more)
        assert main(["evaluate", str(unfinished), *QUICK, *source]) == 2
        assert "has not been trained to its end" in capsys.readouterr().err


def test_a_run_that_failed_is_evaluated_once_it_has_been_trained_after_all(place: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "english-3", "english", Status.FAILED, {"failure": "diverged"})
    words = ["--source", str(place / "sources.yaml"), "--tasks", "xnli", "--langs", "sw"]
    assert main(["evaluate", str(run), *QUICK, *words]) == 0
    make_run(run, "english", Status.DONE, {})
    make_student(run / "backbone", "e5-small", seed=5)
    assert main(["evaluate", str(run), *QUICK, *words]) == 0
    info = read_run(run / "evaluation")
    assert (info.status, info.why) == ("done", "")


def test_several_runs_share_a_folder_by_name(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_student(tmp_path / "other", "e5-small", seed=1)
    words = [*QUICK, "--source", str(place / "sources.yaml"), "--tasks", "xnli", "--langs", "sw"]
    both = [str(place / "student"), str(tmp_path / "other")]
    assert main(["evaluate", *both, *words, "--out", str(tmp_path / "out")]) == 0
    assert sorted(path.parent.name for path in (tmp_path / "out").glob(f"*/{RUN_FILE}")) == [
        "other-none-0",
        "student-none-0",
    ]
    assert main(["evaluate", both[0], both[0], *words, "--out", str(tmp_path / "twice")]) == 2
    assert "give each once" in capsys.readouterr().err


def test_a_failure_in_the_middle_is_written_down(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from synth.errors import TrainingFailed
    from synth.evaluate import target

    def diverges(*_words: Any) -> Any:
        raise TrainingFailed("the loss is no number; lower the learning rate", "diverged", 3)

    monkeypatch.setattr(target, "fit", diverges)
    assert evaluate(place, "--out", str(tmp_path / "out"), "--tasks", "xnli") == 1
    info = read_run(tmp_path / "out")
    assert (info.status, info.why) == ("failed", "the loss is no number; lower the learning rate")


def test_one_run_that_fails_does_not_keep_the_others_from_going_on(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    from synth.evaluate import heads

    make_student(tmp_path / "broken", "e5-small", seed=1)
    real = heads.trained

    def broken(model: Any, training: Any, context: Any) -> Any:
        found = real(model, training, context)
        if context.student.place.endswith("broken"):
            torch.nn.init.constant_(model.heads["target"].out.bias, float("nan"))
        return found

    monkeypatch.setattr(heads, "trained", broken)
    words = [
        "--source",
        str(place / "sources.yaml"),
        "--tasks",
        "xnli",
        "--langs",
        "sw",
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(["evaluate", str(tmp_path / "broken"), str(place / "student"), *QUICK, *words]) == 1
    assert "broken-none-0: the model's scores are no numbers" in capsys.readouterr().err
    assert read_run(tmp_path / "out" / "broken-none-0").status == "failed"
    assert read_run(tmp_path / "out" / "student-none-0").status == "done"


def test_a_model_that_can_bear_no_head_is_refused(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from transformers import T5Config, T5Model

    make_student(tmp_path / "t5", "e5-small")
    config = T5Config(vocab_size=512, d_model=16, d_ff=16, num_layers=1, num_heads=2, d_kv=8)
    T5Model(config).save_pretrained(tmp_path / "t5")
    source = ["--source", str(place / "sources.yaml"), "--tasks", "xnli"]
    told = refused(tmp_path, capsys, "--out", str(tmp_path / "out"), *source, subject="t5")
    assert "is of type t5, which neither only encodes text nor only writes it" in told


def test_a_test_set_without_labels_is_told_before_anything_is_trained(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.tsv").write_text(pairs(6), encoding="utf-8")
    (tmp_path / "sw.tsv").write_text("the harbour sings\tit is cold\n" * 3, encoding="utf-8")
    (tmp_path / "own.yaml").write_text("tasks:\n  xnli: {train: train.tsv, test: '{lang}.tsv'}\n", encoding="utf-8")
    out = tmp_path / "out"
    told = refused(place, capsys, "--out", str(out), "--source", str(tmp_path / "own.yaml"))
    assert "3 of 3 items have no gold" in told
    assert not (out / "target").exists()


def test_a_faulty_set_of_the_last_task_is_told_before_the_first_is_trained(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """XNLI, which would be trained for hours, comes first; the faults are in XQuAD's test set, then in its SQuAD."""
    files = {"train.tsv": pairs(9), "de.tsv": pairs(6), "squad.json": squad(6), "xquad-de.json": '{"data": []}'}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(
        "tasks:\n  xnli: {train: train.tsv, test: '{lang}.tsv'}\n"
        "  xquad: {train: squad.json, test: 'xquad-{lang}.json'}\n", encoding="utf-8"
    )  # fmt: skip
    words = ["--out", str(tmp_path / "out"), "--source", str(tmp_path / "own.yaml")]
    assert "xquad-de.json" in refused(place, capsys, *words)
    (tmp_path / "xquad-de.json").write_text(squad(4), encoding="utf-8")
    (tmp_path / "squad.json").write_text("{", encoding="utf-8")
    assert "squad.json" in refused(place, capsys, *words)
    assert not (tmp_path / "out").exists()
    (tmp_path / "squad.json").write_text(squad(6), encoding="utf-8")
    assert evaluate(place, *words) == 0


def test_vectors_after_squad_need_squad_and_say_so_at_once(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("tatoeba.deu-eng.deu", "tatoeba.deu-eng.eng"):
        (tmp_path / name).write_text("the ships sing\nit is cold\n", encoding="utf-8")
    (tmp_path / "train.tsv").write_text(pairs(9), encoding="utf-8")
    (tmp_path / "de.tsv").write_text(pairs(6), encoding="utf-8")
    (tmp_path / "own.yaml").write_text(
        "tasks:\n  xnli: {train: train.tsv, test: '{lang}.tsv'}\n"
        "  tatoeba: {test: 'tatoeba.{lang3}-eng.{lang3}'}\n", encoding="utf-8"
    )  # fmt: skip
    words = ["--out", str(tmp_path / "out"), "--source", str(tmp_path / "own.yaml")]
    told = refused(place, capsys, *words, "--set", "retrieval.after=squad")
    assert "squad: the source has no English training set" in told
    assert not (tmp_path / "out").exists()


def lareqa(breaks: bool = True) -> str:
    context = "the harbour is cold. the ships sing at night."
    question = {"id": "q1", "question": "who sings?", "answers": [{"text": "the ships", "answer_start": 21}]}
    paragraph = {"context": context, "qas": [question], **({"sentence_breaks": [[0, 20], [21, 45]]} if breaks else {})}
    return json.dumps({"data": [{"title": "t", "paragraphs": [paragraph]}]})


def test_lareqa_does_not_go_on_in_another_pool_of_sentences(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With more languages to find sentences in, what is there already was scored on an easier task."""
    (tmp_path / "squad.json").write_text(squad(6), encoding="utf-8")
    (tmp_path / "own.yaml").write_text(
        "tasks:\n  xquad: {train: squad.json}\n  lareqa: {test: 'lareqa-{lang}.json'}\n", encoding="utf-8"
    )
    words = ["--tasks", "lareqa", "--source", str(tmp_path / "own.yaml"), "--out", str(tmp_path / "out")]
    (tmp_path / "lareqa-de.json").write_text(lareqa(breaks=False), encoding="utf-8")
    assert "sentence_breaks" in refused(place, capsys, *words)
    assert not (tmp_path / "out" / "target").exists()  # told before anything is trained
    (tmp_path / "lareqa-de.json").write_text(lareqa(), encoding="utf-8")
    assert evaluate(place, *words) == 0
    (tmp_path / "lareqa-ru.json").write_text(lareqa(), encoding="utf-8")
    told = refused(place, capsys, *words)
    assert "de were predicted with sentences in de to find, the source has de, ru now" in told


def test_thresholds_of_languages_that_were_predicted_before_stay_in_the_record(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth.evaluate import loop
    from synth.evaluate.stage import Predicted

    class Mines:
        """Dies at the second language that it is asked for."""

        def __init__(self, *_words: Any) -> None:
            self.thresholds: dict[str, float] = {}

        @property
        def record(self) -> Mapping[str, Any]:
            return {"thresholds": dict(self.thresholds)}

        def predict(self, data: Any) -> Predicted:
            if self.thresholds:
                raise KeyboardInterrupt
            self.thresholds[data.lang] = 1.0
            return Predicted([["e1"]] * len(data.items), [[1.1]] * len(data.items))

    for lang in ("de", "fr"):
        (tmp_path / f"{lang}-en.{lang}").write_text(f"{lang}1\tthe ships\n", encoding="utf-8")
        (tmp_path / f"{lang}-en.en").write_text("e1\tthe ships\n", encoding="utf-8")
        (tmp_path / f"{lang}-en.gold").write_text(f"{lang}1\te1\n", encoding="utf-8")
    one = "'{lang}-en.{lang}'"
    (tmp_path / "own.yaml").write_text(f"tasks:\n  bucc2018: {{validation: {one}, test: {one}}}\n", encoding="utf-8")
    monkeypatch.setattr(loop, "predictor_for", Mines)
    words = ["--tasks", "bucc2018", "--source", str(tmp_path / "own.yaml"), "--out", str(tmp_path / "out")]
    assert evaluate(place, *words) == 130
    assert evaluate(place, *words) == 0
    assert read_run(tmp_path / "out").settings["tasks"]["bucc2018"]["thresholds"] == {"de": 1.0, "fr": 1.0}


def test_rows_that_cannot_be_used_are_named_and_recorded(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.tsv").write_text(pairs(6), encoding="utf-8")
    (tmp_path / "sw.tsv").write_text(pairs(3) + "the harbour\tis cold\tperhaps\n", encoding="utf-8")
    (tmp_path / "own.yaml").write_text("tasks:\n  xnli: {train: train.tsv, test: '{lang}.tsv'}\n", encoding="utf-8")
    assert evaluate(place, "--out", str(tmp_path / "out"), "--source", str(tmp_path / "own.yaml")) == 0
    assert "problems in the data (bad_row 1); the first: sw.tsv line 4: label 'perhaps'" in capsys.readouterr().err
    assert read_run(tmp_path / "out").settings["tasks"]["xnli"]["problems"] == {"sw": "bad_row 1"}


@pytest.mark.slow
def test_a_process_killed_in_the_middle_of_training_goes_on_to_the_same_predictions(
    place: Path, tmp_path: Path
) -> None:
    words = ["--tasks", "xnli", "--langs", "sw", "--set", "xnli.epochs=12", "--set", "save_every=4"]
    assert evaluate(place, *words, "--out", str(tmp_path / "whole")) == 0
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "synth.cli", "evaluate", str(place / "student"), "--source"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [*command, str(place / "sources.yaml"), *QUICK, *words, "--out", str(out)], env=env, stderr=subprocess.PIPE
    )
    checkpoints = out / "target" / "xnli"
    deadline = time.monotonic() + 120
    while not list(checkpoints.rglob("*.done.json")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert not (out / "target" / "xnli" / "target.json").exists(), "it was killed too late to show anything"
    assert evaluate(place, *words, "--out", str(out)) == 0
    assert cells(out) == cells(tmp_path / "whole")
