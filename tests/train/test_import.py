"""Importing translations that exist already: joined to English examples, judged, and a corpus like any other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth.corpus.layout import Layout
from synth.corpus.rows import read_rows
from synth.errors import BadFlag, BadSource
from synth.manifest.build import build_manifest
from synth.manifest.store import write_manifest
from synth.manifest.verify import verify_manifest
from synth.sources.base import Example
from synth.train.command_import import add_arguments, run
from synth.train.corpora import open_verified
from synth.train.import_join import EnglishIndex
from synth.train.import_spec import import_spec, read_import
from synth.train.importing import Imported, import_corpus
from tests.manifest.make_corpus import english
from tests.train.little import Little, make

TERMS = {"translator": "An old machine", "licence": "CC-BY-NC-4.0", "non_commercial": True, "english": "little"}


def bring(root: Path, task: str, out: str = "mt", unjoined: bool = False, **entry: Any) -> Imported:
    spec = import_spec({**TERMS, "unjoined": unjoined, "tasks": {task: entry}}, "test")
    return import_corpus(spec, root, root / out)


def rows(imported: Imported, lang: str) -> list[dict[str, Any]]:
    parts = [part for part in imported.layout.parts() if part.lang == lang]
    return [row for part in parts for row in read_rows(imported.layout.part(part))]


def tsv(path: Path, lines: list[list[str]]) -> None:
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


def xnli(root: Path, lang: str, numbers: list[int], **words: str) -> None:
    """XNLI's own form: tokenised text, `hypo`, the word `contradictory`."""
    names = {0: "entailment", 1: "neutral", 2: "contradictory"}
    lines = [["premise", "hypo", "label"]]
    for number in numbers:
        row = english("mnli", number)
        premise, hypothesis = (f"{words.get(lang, '')}{row[name]}" for name in ("premise", "hypothesis"))
        lines.append([premise.replace(".", " ."), hypothesis.replace(".", " ."), names[row["label"]]])
    tsv(root / f"{lang}.tsv", lines)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make(tmp_path, Little(tasks=("mnli", "squad_v1", "hellaswag", "cosmos_qa"), rows=20, translations={"de": ()}))
    return tmp_path


def test_rows_parallel_to_tokenised_english_are_joined_by_text(root: Path) -> None:
    order = [3, 1, 7, 0]
    xnli(root, "en", order)
    xnli(root, "sw", order, sw="Maktaba: ")
    found = bring(root, "mnli", files="{lang}.tsv", langs=["sw"], parallel="en.tsv")
    got = rows(found, "sw")
    assert [row["synth_source_id"] for row in got] == ["s3", "s1", "s7", "s0"]
    assert [row["label"] for row in got] == [number % 3 for number in order]
    assert [row["idx"] for row in got] == order  # the English example's, not the file's
    assert got[0]["premise"].startswith("Maktaba: ")


def test_a_parallel_file_of_another_length_is_refused_with_both_numbers(root: Path) -> None:
    xnli(root, "en", [0, 1, 2])
    xnli(root, "sw", [0, 1])
    with pytest.raises(BadSource, match=r"has 2 rows and its parallel English data 3"):
        bring(root, "mnli", files="{lang}.tsv", langs=["sw"], parallel="en.tsv")
    assert {part.lang for part in Layout(root / "mt").parts()} == {"en"}, "rows of the wrong examples"


def test_a_translation_with_another_label_is_rejected_and_kept_for_looking(root: Path) -> None:
    lines = [["premise_en", "hypothesis_en", "premise_translated", "hypothesis_translated", "label"]]
    for number, label in ((0, "entailment"), (1, "entailment")):  # example 1 is neutral
        row = english("mnli", number)
        lines.append([row["premise"], row["hypothesis"], "Hapa kuna maktaba.", f"Kuna maktaba {number}.", label])
    tsv(root / "en-sw-translated.tsv", lines)
    found = bring(root, "mnli", files="en-{lang}-translated.tsv", langs=["sw"])
    kept, rejected = rows(found, "sw")
    assert (kept["synth_outcome"], kept["hypothesis"]) == ("kept", "Kuna maktaba 0.")
    assert (rejected["synth_outcome"], rejected["synth_reason"], rejected["premise"]) == ("rejected", "label", None)
    assert "Kuna maktaba 1." in json.loads(rejected["synth_raw"])["hypothesis"]
    assert found.tallies["mnli"]["sw"].as_dict()["rejected"] == {"label": 1}


def test_squad_json_is_joined_by_question_id_and_wrong_spans_are_rejected(root: Path) -> None:
    make(root, Little(name="asked", tasks=("squad_v1",), rows=3))
    squad_ids = [row["id"] for row in (english("squad_v1", number) for number in range(3))]
    context = "图书馆在旧港口附近。"
    answers = [("旧港口", 4), ("旧港口", 2), ("旧港口", 4)]
    qas = [
        {"id": name, "question": "在哪里?", "answers": [{"text": text, "answer_start": start}]}
        for name, (text, start) in zip(squad_ids, answers, strict=True)
    ]
    value = {"version": "1.1", "data": [{"title": "x", "paragraphs": [{"context": context, "qas": qas}]}]}
    (root / "zh.json").write_text(json.dumps(value), encoding="utf-8")
    # This corpus names its examples s0, s1 ...: its question ids are no source ids, so English text is needed.
    with pytest.raises(BadSource, match="not one of the 3 rows"):
        bring(root, "squad_v1", files="{lang}.json", langs=["zh"])
    parallel = {**value, "data": [{"title": "x", "paragraphs": [_english_squad(number) for number in range(3)]}]}
    (root / "squad-en.json").write_text(json.dumps(parallel), encoding="utf-8")
    found = bring(root, "squad_v1", files="{lang}.json", langs=["zh"], parallel="squad-en.json", out="mt2")
    assert [row["synth_reason"] for row in rows(found, "zh")] == ["", "span_mismatch", ""]
    assert rows(found, "zh")[0]["title"] == english("squad_v1", 0)["title"]


def _english_squad(number: int) -> dict[str, Any]:
    row = english("squad_v1", number)
    pairs = zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True)
    answers = [{"text": text, "answer_start": start} for text, start in pairs]
    return {"context": row["context"], "qas": [{"id": row["id"], "question": row["question"], "answers": answers}]}


def test_the_hubs_columns_in_parquet_are_joined_by_the_data_sets_own_id(tmp_path: Path) -> None:
    """Okapi's HellaSwag has the original's columns, so rows are found by clip and number."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = [{**english("hellaswag", number), "ind": number} for number in range(4)]
    (tmp_path / "hs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in source), encoding="utf-8")
    (tmp_path / "sources.yaml").write_text("tasks: {hellaswag: {train: hs.jsonl}}", encoding="utf-8")
    foreign = [
        {**row, "ctx_a": "Жена отваря книга.", "ctx_b": "тя", "ctx": "Жена отваря книга. тя", "endings": [
            f"чете страница {row['ind']}.", "затваря прозореца.", "пее песен.", "продава лампата."]}
        for row in reversed(source)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(foreign), tmp_path / "bg.parquet")
    spec = import_spec(
        {**TERMS, "english": "sources.yaml", "tasks": {"hellaswag": {"files": "{lang}.parquet", "langs": "bg"}}}, "t"
    )
    found = import_corpus(spec, tmp_path, tmp_path / "mt")
    assert [row["ind"] for row in rows(found, "bg")] == [3, 2, 1, 0]
    assert {row["synth_outcome"] for row in rows(found, "bg")} == {"kept"}


def test_xnlis_config_of_all_languages_gives_each_language_from_the_same_rows(root: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    records = []
    for number in range(3):
        row = english("mnli", number)
        hypotheses = {"language": ["en", "el"], "translation": [row["hypothesis"], f"Υπάρχει βιβλιοθήκη {number}."]}
        premises = {"en": row["premise"], "el": "Η βιβλιοθήκη είναι κοντά."}
        records.append({"premise": premises, "hypothesis": hypotheses, "label": row["label"]})
    pq.write_table(pa.Table.from_pylist(records), root / "all.parquet")
    found = bring(root, "mnli", files="all.parquet", langs=["el"])
    assert [row["hypothesis"] for row in rows(found, "el")] == [f"Υπάρχει βιβλιοθήκη {n}." for n in range(3)]


def test_tables_without_header_and_other_names_for_languages(root: Path) -> None:
    row = english("mnli", 2)
    tsv(root / "iw.tsv", [["contradiction", "ספרייה ליד הנמל", "אין כאן דבר", row["premise"], row["hypothesis"]]])
    found = bring(
        root, "mnli", files="{lang}.tsv", langs=["he"], codes={"he": "iw"},
        header=["label", "premise", "hypothesis", "p", "h"], english={"premise": "p", "hypothesis": "h"},
    )  # fmt: skip
    assert [row["premise"] for row in rows(found, "he")] == ["ספרייה ליד הנמל"]


def test_bare_numbers_are_no_ids() -> None:
    """GLUE's idx counts rows of one release; joining by it would mislabel silently."""
    named = {name: Example("mnli", "train", name, english("mnli", 0)) for name in ("0", "63735n")}
    index = EnglishIndex("mnli", named.values())
    fields = {"premise": "Maktaba", "hypothesis": "Kuna", "label": 0}
    assert index.find_id({**fields, "idx": 0}, "") is None
    assert index.find_id({**fields, "pairID": "63735n"}, "") is named["63735n"]


def test_an_imported_corpus_has_a_manifest_that_verifies_and_trains(root: Path) -> None:
    xnli(root, "en", list(range(10)))
    xnli(root, "sw", list(range(10)), sw="Maktaba: ")
    found = bring(root, "mnli", files="{lang}.tsv", langs=["sw"], parallel="en.tsv")
    manifest = build_manifest(found.layout.root)
    write_manifest(found.layout.root / "manifest.yaml", manifest)
    assert verify_manifest(manifest, found.layout.root) == []
    assert (manifest.funnel["mnli.sw"].source, manifest.funnel["mnli.sw"].kept) == (20, 10)
    assert manifest.teacher.model == "An old machine"
    assert manifest.teacher.non_commercial
    assert open_verified(found.layout.root).external


def test_importing_again_gives_the_same_rows_and_no_more(root: Path) -> None:
    xnli(root, "en", list(range(6)))
    xnli(root, "sw", list(range(6)), sw="Maktaba: ")
    first = rows(bring(root, "mnli", files="{lang}.tsv", langs=["sw"], parallel="en.tsv"), "sw")
    again = rows(bring(root, "mnli", files="{lang}.tsv", langs=["sw"], parallel="en.tsv"), "sw")
    assert first == again


def test_rows_without_example_are_kept_only_on_request(root: Path) -> None:
    xnli(root, "en", [0, 1])
    xnli(root, "sw", [0, 1])
    for name, text in (("en", "Nobody knows this one."), ("sw", "Hakuna ajuaye.")):
        with (root / f"{name}.tsv").open("a", encoding="utf-8") as stream:
            stream.write(f"{text}\t{text} Really\tneutral\n")
    keys: dict[str, Any] = {"files": "{lang}.tsv", "langs": ["sw"], "parallel": "en.tsv"}
    assert len(rows(bring(root, "mnli", **keys), "sw")) == 2
    with_loose = rows(bring(root, "mnli", out="loose", unjoined=True, **keys), "sw")
    assert [row["synth_source_id"].startswith("external-mt:") for row in with_loose] == [False, False, True]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"files": "x.tsv", "langs": ["sw"], "lang": "sw"}, "unknown key. Did you mean 'langs'"),
        ({"files": "x.tsv", "langs": ["xx"]}, "xx is no language"),
        ({"langs": ["sw"]}, "give either `files` or `hub`"),
        ({"files": "x.tsv", "langs": ["sw", "de"]}, "needs {lang}"),
        ({"files": {"sw": "x"}, "langs": ["sw", "de"]}, "no path for de"),
        (
            {"hub": {"repo": "facebook/xnli", "config": "de"}, "langs": ["sw", "de"]},
            "all languages would have the same",
        ),
    ],
)
def test_bad_requests_name_the_key(keys: dict[str, Any], told: str) -> None:
    with pytest.raises(BadFlag) as error:
        import_spec({**TERMS, "tasks": {"mnli": keys}}, "request.yaml")
    assert told in str(error.value)


def test_a_task_given_twice_is_refused_and_not_left_out(tmp_path: Path) -> None:
    entry = "  mnli: {files: x.tsv, langs: [sw]}\n"
    (tmp_path / "request.yaml").write_text(f"{yaml.safe_dump(TERMS)}tasks:\n{entry}{entry}", encoding="utf-8")
    with pytest.raises(BadFlag, match="'mnli' is given twice"):
        read_import(tmp_path / "request.yaml")


def test_the_command_prints_what_became_of_the_rows(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    xnli(root, "en", [0, 1])
    xnli(root, "sw", [0, 1])
    entry = {"files": "{lang}.tsv", "langs": ["sw"], "parallel": "en.tsv"}
    (root / "request.yaml").write_text(yaml.safe_dump({**TERMS, "tasks": {"mnli": entry}}), encoding="utf-8")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args([str(root / "request.yaml"), "--out", str(root / "mt"), "--json"])) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["tasks"]["mnli"]["sw"]["kept"] == 2
    assert Layout(root / "mt").description.is_file()
    assert run(parser.parse_args([str(root / "request.yaml"), "--out", str(root / "mt")])) == 0
    shown = capsys.readouterr().out
    assert re.search(r"mnli +sw +2 +2 +2 +0 +0 +0", shown)
    assert "--again 'synth import" in shown  # or the manifest would name `synth generate`


def test_a_folder_laid_out_as_a_hub_data_set_is_read_like_the_hub(root: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = root / "xnli"
    configs = []
    for lang, word in (("en", ""), ("ur", "کتب خانہ: ")):
        (data / lang).mkdir(parents=True)
        own = [
            {"premise": word + row["premise"], "hypothesis": word + row["hypothesis"], "label": row["label"]}
            for row in (english("mnli", number) for number in range(5))
        ]
        pq.write_table(pa.Table.from_pylist(own), data / lang / "train-00000.parquet")
        configs.append(f"- config_name: {lang}\n  data_files: {lang}/*.parquet\n")
    (data / "README.md").write_text("---\nconfigs:\n" + "".join(configs) + "---\n", encoding="utf-8")
    found = bring(root, "mnli", hub={"repo": "xnli", "config": "{lang}"}, parallel="en", langs=["ur"])
    assert [row["synth_source_id"] for row in rows(found, "ur")] == [f"s{number}" for number in range(5)]
    manifest = build_manifest(found.layout.root)
    revisions = [part.revision for part in manifest.tasks["mnli"].source.parts if part.kind == "hub"]
    assert len(revisions) == 1
    assert revisions[0]


def test_the_example_in_the_documentation_is_a_request() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "train.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    spec = import_spec(yaml.safe_load(example), "docs/train.md")
    assert set(spec.tasks) == {"mnli", "squad_v1"}
