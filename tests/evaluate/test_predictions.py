"""Prediction files: what is written is read again, and what would score wrongly is refused by name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFolder
from synth.evaluate.data.base import EvalSet
from synth.evaluate.export import export_run
from synth.evaluate.predictions import (
    ArmKind,
    Predictions,
    check,
    predictions_for,
    read_predictions,
    read_run,
    write_predictions,
    write_run,
)
from synth.evaluate.results import load_results
from synth.evaluate.tasks import EVAL_TASKS
from synth.evaluate.tasks.items import TagItem
from tests.evaluate.make_results import info, predictions, write


@pytest.mark.parametrize("task", EVAL_TASKS)
def test_round_trip(task: str, tmp_path: Path) -> None:
    lang = EVAL_TASKS[task].languages[0]
    write_run(tmp_path, info("none", ArmKind.NONE, 1))
    made = replace(predictions(task, lang, 0.5, 1), scores=tuple((place / 7,) for place in range(24)))
    assert read_predictions(write_predictions(tmp_path, made)) == made


def test_columns_say_what_a_row_is(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write_run(tmp_path, info("none", ArmKind.NONE, 7))
    row = pq.read_table(write_predictions(tmp_path, predictions("xnli", "sw", 0.5, 7))).to_pylist()[3]
    assert {key: row[key] for key in ("run", "arm", "seed", "task", "lang", "place", "item_id")} == {
        "run": "none-7",
        "arm": "none",
        "seed": 7,
        "task": "xnli",
        "lang": "sw",
        "place": 3,
        "item_id": "i3",
    }


def xnli(**changes: Any) -> Predictions:
    return replace(predictions("xnli", "sw", 1.0, 1, items=2), **changes)


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (xnli(item_ids=("a", "a")), "'a'"),
        (xnli(predictions=(("neutral",),)), "2 items, 1 predictions"),
        (xnli(predictions=(("neutral",), ("maybe",))), "'maybe'"),
        (xnli(predictions=(("neutral",), ())), "0 predictions, one"),
        (xnli(golds=(("neutral",), ())), "no gold"),
        (xnli(scores=((1.0,),)), "1 rows of scores"),
        (xnli(item_ids=(), clusters=(), predictions=(), golds=()), "no predictions"),
        (replace(predictions("udpos", "sw", 1.0, 1, 1), predictions=(("NOUN",),)), "1 predicted tags for 4"),
        (replace(predictions("udpos", "sw", 1.0, 1, 1), predictions=(("B-PER",) * 4,)), "'B-PER'"),
    ],
)
def test_what_would_score_wrongly_is_refused(made: Predictions, named: str) -> None:
    with pytest.raises(BadFolder, match=named) as caught:
        check(made)
    assert "predict it again" in str(caught.value)


def test_predictions_must_fit_their_items() -> None:
    items = (TagItem("s1", "de", ("Die", "Brücke"), ("DET", "NOUN")),)
    data = EvalSet("udpos", "de", "test", items)
    assert predictions_for(data, [["DET", "VERB"]]).golds == (("DET", "NOUN"),)
    with pytest.raises(BadFolder, match="s1"):
        predictions_for(data, [["DET"]])


def test_a_file_in_the_wrong_place_is_refused(tmp_path: Path) -> None:
    write_run(tmp_path, info("none", ArmKind.NONE, 1))
    path = write_predictions(tmp_path, predictions("xnli", "sw", 0.5, 1))
    path.rename(path.with_name("de.parquet"))
    with pytest.raises(BadFolder, match="xnli de"):
        load_results([tmp_path])
    (tmp_path / "xnli" / "de.parquet").rename(tmp_path / "xnli" / "pl.parquet")
    with pytest.raises(BadFolder, match="pl is no language"):
        load_results([tmp_path])


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    write_run(tmp_path, info("none", ArmKind.NONE, 1))
    path = write_predictions(tmp_path, predictions("xnli", "sw", 0.5, 1))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BadFolder, match="evaluate xnli sw again"):
        load_results([tmp_path])


def test_unknown_keys_of_a_run_are_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({**info("a", ArmKind.NONE, 1).model_dump(), "sed": 2}))
    with pytest.raises(BadFolder, match="sed"):
        read_run(tmp_path)


def test_the_same_seed_twice_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, info("none", ArmKind.NONE, 1), 0.5, {"xnli": ("sw",)})
    with pytest.raises(BadFolder, match="seed 1 twice"):
        load_results([tmp_path])


def test_runs_of_one_arm_must_be_alike(tmp_path: Path) -> None:
    write(tmp_path, info("a", ArmKind.ENGLISH, 1, intermediate=("mnli",)), 0.5, {"xnli": ("sw",)})
    write(tmp_path, info("a", ArmKind.MULTILINGUAL, 2, intermediate=("mnli",)), 0.5, {"xnli": ("sw",)})
    with pytest.raises(BadFolder, match="name the arms differently"):
        load_results([tmp_path])


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match="synth evaluate"):
        load_results([tmp_path])


def test_export_in_xtremes_layout(tmp_path: Path) -> None:
    cells = {"xnli": ("sw",), "udpos": ("de",), "xcopa": ("qu",), "xquad": ("el",), "tatoeba": ("ka",)}
    run = write(tmp_path, info("none", ArmKind.NONE, 1), 1.0, {**cells, "bucc2018": ("zh",), "mewslix": ("fa",)})
    written = export_run(run, tmp_path / "out")
    names = {path.relative_to(tmp_path / "out").as_posix() for path in written}
    assert names == {
        "predictions/xnli/test-sw.tsv",
        "predictions/udpos/test-de.tsv",
        "predictions/xcopa/test-qu.jsonl",
        "predictions/xquad/test-el.json",
        "predictions/tatoeba/test-ka.tsv",
        "predictions/bucc2018/test-zh.tsv",
        "predictions/mewslix/test-fa.json",
    }

    def text(name: str) -> str:
        return (tmp_path / "out" / name).read_text(encoding="utf-8")

    assert len(text("predictions/xnli/test-sw.tsv").splitlines()) == 24
    assert text("predictions/udpos/test-de.tsv").count("\n\n") == 24
    assert set(json.loads(text("predictions/xcopa/test-qu.jsonl").splitlines()[0])) == {"label"}
    assert json.loads(text("predictions/xquad/test-el.json"))["i3"] == "answer number 3"
    assert text("predictions/bucc2018/test-zh.tsv").splitlines()[2] == "i2\tc2"
    assert text("labels/xnli/test-sw.tsv") == text("predictions/xnli/test-sw.tsv")  # all are right here
    assert json.loads(text("labels/mewslix/test-fa.json"))["i0"] == ["c0"]
