"""English training sets in their original formats, and which tasks and languages are evaluated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag, BadSource
from synth.evaluate.data.hub import HubEval
from synth.evaluate.data.local import LocalEval
from synth.evaluate.english import STAGES, english_sets
from synth.evaluate.selection import describe, select
from synth.evaluate.settings import load_settings
from synth.evaluate.tasks.items import ChoiceItem, PairItem


def source(tmp_path: Path, spec: str, **files: str) -> LocalEval:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(f"tasks:\n{spec}", encoding="utf-8")
    return LocalEval(tmp_path / "sources.yaml")


def mnli(*labels: str) -> str:
    rows: list[dict[str, Any]] = [
        {"sentence1": f"It rains {n}.", "sentence2": "It is wet.", "gold_label": label, "pairID": f"{n}e"}
        for n, label in enumerate(labels)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_mnli_in_its_original_form_loses_what_annotators_did_not_agree_on(tmp_path: Path) -> None:
    made = source(tmp_path, "  xnli: {train: train.jsonl}\n", **{"train.jsonl": mnli("neutral", "-", "entailment")})
    found = made.load("xnli", "en", "train")
    assert [item.item_id for item in found.items] == ["0e", "2e"]
    assert [problem.what for problem in found.problems] == ["missing_label"]


def test_a_test_set_that_has_lost_labels_is_refused_all_the_same(tmp_path: Path) -> None:
    made = source(tmp_path, "  xnli: {test: t.jsonl}\n", **{"t.jsonl": mnli("neutral", "-")})
    with pytest.raises(BadSource, match="1 of 2 items have no gold"):
        made.load("xnli", "de", "test")


def test_pairs_in_one_json_object(tmp_path: Path) -> None:
    rows = {"0": {"text_a": "Es regnet.", "text_b": "Es ist nass.", "label": "entailment"}}
    made = source(tmp_path, "  xnli: {train: t.json}\n", **{"t.json": json.dumps(rows)})
    item = made.load("xnli", "en", "train").items[0]
    assert isinstance(item, PairItem)
    assert (item.first, item.second, item.gold) == ("Es regnet.", "Es ist nass.", "entailment")


def test_xcopa_is_trained_in_english_which_it_is_not_tested_in(tmp_path: Path) -> None:
    social = {"context": "Robin fell.", "question": "Why?", "answerA": "a", "answerB": "b", "answerC": "c"}
    copa = {"premise": "It rained.", "choice1": "a", "choice2": "b", "question": "effect", "label": 1, "idx": 3}
    made = source(
        tmp_path,
        "  xcopa: {siqa_train: s.jsonl, train: c.jsonl, test: '{lang}.jsonl'}\n",
        **{
            "s.jsonl": json.dumps({**social, "correct": "B"}),
            "c.jsonl": json.dumps(copa),
            "en.jsonl": json.dumps(copa),
        },
    )
    assert made.languages("xcopa", "test") == ()
    assert "en" in made.languages("xcopa", "train")
    settings = load_settings("small").targets
    first, second = (english_sets(made, stage, settings[stage.target], 0).train for stage in STAGES["xcopa"])
    assert isinstance(first.items[0], ChoiceItem)
    assert len(first.items[0].choices) == 3
    assert isinstance(second.items[0], ChoiceItem)
    assert len(second.items[0].choices) == 2


def test_the_hub_has_every_english_set_that_heads_are_trained_on() -> None:
    hub = HubEval()
    for stages in (STAGES[name] for name in ("xnli", "pawsx", "xcopa", "udpos", "panx", "xquad", "mlqa", "tydiqa")):
        assert all("en" in hub.languages(stage.task, stage.train) for stage in stages)
    assert "en" not in hub.languages("xcopa", "test")


def pairs(label: str) -> str:
    return f"Es regnet.\tEs ist nass.\t{label}\n"


def test_what_is_missing_is_a_hole_with_its_reason(tmp_path: Path) -> None:
    spec = "  xnli: {train: en.tsv, test: '{lang}.tsv'}\n  pawsx: {test: '{lang}.tsv'}\n"
    made = source(tmp_path, spec, **{f"{lang}.tsv": pairs("neutral") for lang in ("en", "de", "sw")})
    found = select(made, None, "de,sw,fr", "heads")
    assert found.languages == {"xnli": ("de", "sw")}
    told = describe(found.holes)
    assert "xnli: no en (left out by --langs)" in told
    assert any(line.startswith("xnli: no ar, bg, el, es, fr") and "not in the source" in line for line in told)
    assert any(line.startswith("pawsx: not evaluated (the source has no English training set") for line in told)
    assert any(line.startswith("tydiqa: not evaluated (the source has no test set") for line in told)


def test_text_models_need_english_sets_unless_they_are_asked_as_they_are(tmp_path: Path) -> None:
    spec = "  xnli: {test: '{lang}.tsv'}\n  panx: {train: '{lang}.tags', test: '{lang}.tags'}\n"
    made = source(tmp_path, spec, **{"en.tsv": pairs("neutral"), "en.tags": "Berlin\tB-LOC\n"})
    trained = select(made, None, None, "text")
    assert trained.languages == {"panx": ("en",)}
    assert any(line.startswith("xnli: not evaluated (the source has no English") for line in describe(trained.holes))
    as_it_is = select(made, None, None, "text", train=False)
    assert as_it_is.languages == {"xnli": ("en",)}
    assert any(line.startswith("panx: not evaluated (it cannot be asked as") for line in describe(as_it_is.holes))


def test_languages_without_development_corpora_are_holes_of_bucc(tmp_path: Path) -> None:
    spec = "  bucc2018: {validation: 'dev.{lang}', test: 'test.{lang}'}\n"
    made = source(tmp_path, spec, **{"dev.de": "", "test.de": "", "test.fr": ""})
    found = select(made, None, None, "heads")
    assert found.languages == {"bucc2018": ("de",)}
    assert "bucc2018: no fr (no development corpora (split validation))" in describe(found.holes)


def test_what_was_asked_for_by_name_must_be_there(tmp_path: Path) -> None:
    made = source(tmp_path, "  xnli: {test: '{lang}.tsv'}\n", **{"de.tsv": pairs("neutral")})
    with pytest.raises(BadSource, match="xnli cannot be evaluated: the source has no English training set"):
        select(made, "xnli", None, "heads")
    with pytest.raises(BadFlag, match="nothing to evaluate"):
        select(made, None, "de", "heads")
    with pytest.raises(BadFlag, match="names no task"):
        select(made, " , ", None, "heads")
