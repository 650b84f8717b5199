"""Selective redo: the named rows change, all others stay as they are, and nothing is paid for again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.corpus.layout import Layout
from synth.corpus.markers import read_marker
from synth.corpus.rows import read_rows
from synth.errors import BadFlag, DiskError
from synth.filter.io import write_part
from synth.generate.config import GenerateConfig
from synth.generate.redo import parse_redo, redo
from synth.generate.run import generate
from synth.teacher.calls import Call, Reply
from tests.generate.conftest import Hired
from tests.generate.fakes import Row, Teacher, data, keys, stand_in


def _config(root: Path, **more: Any) -> GenerateConfig:
    return GenerateConfig(**{"langs": "es,sw", "tasks": "qqp,mnli", "teacher": "fake", "out": str(root / "c"), **more})


def _rows(root: Path) -> dict[str, Row]:
    layout = Layout(root / "c")
    found = [row for part in layout.parts() for row in read_rows(layout.part(part))]
    assert len({row["synth_id"] for row in found}) == len(found)
    return {row["synth_id"]: row for row in found}


def _ends(rows: dict[str, Row]) -> dict[str, int]:
    count: dict[str, int] = {}
    for row in rows.values():
        if row["synth_kind"] != "source":
            end = f"{row['synth_outcome']}:{row['synth_reason']}".rstrip(":")
            count[end] = count.get(end, 0) + 1
    return count


def _bad_day(call: Call) -> str | Reply:
    """Refuses what speaks of spiders, cuts off what speaks of cats, says one thing for two about buses."""
    text = json.dumps(data(call))
    if "spider" in text:
        return Reply("No.", "content_filter", 5, 5)
    if "cats" in text:
        return Reply("some words and no end of", "length", 5, 5)
    if "bus" in text:
        return json.dumps(dict.fromkeys(keys(call), "Lo mismo."))
    return stand_in(call)


@pytest.fixture
def made(tmp_path: Path, hired: Hired) -> dict[str, Row]:
    """A finished corpus with two failed and one rejected row of qqp a language."""
    hired.teacher = Teacher(_bad_day)
    generate(_config(tmp_path))
    rows = _rows(tmp_path)
    ends = {"kept": 26, "failed:refused": 2, "failed:truncated": 2, "rejected:sides_merged": 2}
    assert _ends(rows) == ends
    return rows


def _changed(before: dict[str, Row], after: dict[str, Row]) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


def test_only_the_named_rows_change(tmp_path: Path, hired: Hired, made: dict[str, Row]) -> None:
    hired.teacher = Teacher()
    redo(_config(tmp_path, redo="failed:truncated"))
    after = _rows(tmp_path)
    named = {name for name, row in made.items() if row["synth_reason"] == "truncated"}
    assert _changed(made, after) == named and len(named) == 2
    assert all(after[name]["synth_outcome"] == "kept" for name in named)
    assert len(hired.teacher.calls) == 2, "a request for each row that was named, none for others"


def test_other_chunks_are_not_touched(tmp_path: Path, hired: Hired, made: dict[str, Row]) -> None:
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "c").rglob("*") if "mnli" in str(path)}
    hired.teacher = Teacher()
    redo(_config(tmp_path, redo="failed,rejected"))
    assert _ends(_rows(tmp_path)) == {"kept": 32}
    assert len(hired.teacher.calls) == 6
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_a_second_round_asks_anew_what_failed_again(tmp_path: Path, hired: Hired, made: dict[str, Row]) -> None:
    hired.teacher = still = Teacher(_bad_day)
    redo(_config(tmp_path, redo="failed:refused"))
    assert _ends(_rows(tmp_path)) == _ends(made) and len(still.calls) == 2
    hired.teacher = kinder = Teacher()
    redo(_config(tmp_path, redo="failed:refused"))
    assert len(kinder.calls) == 2 and "failed:refused" not in _ends(_rows(tmp_path))
    seeds = {call.payload["seed"] for call in (*still.calls, *kinder.calls)}
    assert len(seeds) == 2 and all(call.payload["temperature"] > 0 for call in kinder.calls)
    layout = Layout(tmp_path / "c")
    marker = read_marker(layout.root / "generated/qqp/es/part-00000.parquet")
    assert marker and marker.redone == 2


def test_a_redone_corpus_is_done_and_stays_as_it_is(tmp_path: Path, hired: Hired, made: dict[str, Row]) -> None:
    hired.teacher = Teacher()
    redo(_config(tmp_path, redo="failed,rejected"))
    after = _rows(tmp_path)
    hired.teacher = idle = Teacher()
    generate(_config(tmp_path))
    redo(_config(tmp_path, redo="failed,rejected"))
    assert not idle.calls and not _changed(after, _rows(tmp_path))


def test_a_redo_that_was_stopped_goes_on(tmp_path: Path, hired: Hired, made: dict[str, Row]) -> None:
    def full(call: Call) -> str:
        if "spider" in json.dumps(data(call)):
            raise DiskError("full; go on")
        return stand_in(call)

    hired.teacher = first = Teacher(full)
    with pytest.raises(DiskError):
        redo(_config(tmp_path, redo="failed", langs="es"))
    hired.teacher = second = Teacher()
    redo(_config(tmp_path, redo="failed"))
    assert "failed:refused" not in (ends := _ends(_rows(tmp_path))) and "failed:truncated" not in ends
    answered = len(first.calls) - 1
    assert len(second.calls) == 4 - answered


def test_larger_limits_reach_the_rows_that_are_redone(tmp_path: Path, hired: Hired, made: dict[str, Row]) -> None:
    hired.teacher = Teacher()
    redo(_config(tmp_path, redo="failed:truncated", max_tokens=7, temperature=0.3))
    assert {(call.payload["max_tokens"], call.payload["temperature"]) for call in hired.teacher.calls} == {(7, 0.3)}


def _only(call: Call, question: str) -> str | Reply:
    return Reply("no", "content_filter", 1, 1) if question in data(call)["q1"] else stand_in(call)


def test_rows_that_share_a_paragraph_keep_it(tmp_path: Path, hired: Hired) -> None:
    more = {"tasks": "squad_v1,squad_v2", "langs": "es"}

    def refuse(call: Call) -> str | Reply:
        if keys(call)[0] == "q1" and "How many farmers" in json.dumps(data(call)):
            return "?" if "q2" in keys(call) else _only(call, "How many farmers")
        return stand_in(call)

    hired.teacher = Teacher(refuse)
    generate(_config(tmp_path, **more))
    before = _rows(tmp_path)
    named = {name for name, row in before.items() if row["synth_outcome"] == "failed"}
    assert 0 < len(named) < 3
    hired.teacher = Teacher()
    redo(_config(tmp_path, redo="failed", **more))
    after = _rows(tmp_path)
    assert _changed(before, after) == named and _ends(after) == {"kept": 20}
    contexts = {row["context"] for row in after.values() if row["title"] == "Green_Street_Market"}
    assert len(contexts) == 2, "the English paragraph and one translation"
    assert not any("text" in keys(call) for call in hired.teacher.calls), "the paragraph was asked for again"


def test_paraphrases_are_redone_from_the_translations_that_stay(tmp_path: Path, hired: Hired) -> None:
    def speak(call: Call) -> str | Reply:
        reworded = call.payload["messages"][0]["content"].startswith("You reword")
        return Reply("no", "content_filter", 1, 1) if reworded and "spod" in json.dumps(data(call)) else stand_in(call)

    more = {"kind": "both", "langs": "es", "tasks": "qqp,squad_v1"}
    hired.teacher = Teacher(speak)
    generate(_config(tmp_path, **more))
    before = _rows(tmp_path)
    named = {name for name, row in before.items() if row["synth_outcome"] == "failed"}
    assert len(named) == 1 and all("paraphrase" in name for name in named)
    hired.teacher = Teacher()
    redo(_config(tmp_path, redo="failed", **more))
    assert _changed(before, _rows(tmp_path)) == named
    assert len(hired.teacher.calls) == 1


def test_a_reworded_paragraph_is_not_asked_for_again(tmp_path: Path, hired: Hired) -> None:
    def speak(call: Call) -> str | Reply:
        reworded = call.payload["messages"][0]["content"].startswith("You reword")
        hit = reworded and "Huw meny fermirs" in data(call).get("question", "")
        return Reply("no", "content_filter", 1, 1) if hit else stand_in(call)

    more = {"kind": "both", "langs": "es", "tasks": "squad_v1"}
    hired.teacher = Teacher(speak)
    generate(_config(tmp_path, **more))
    before = _rows(tmp_path)
    named = {name for name, row in before.items() if row["synth_outcome"] == "failed"}
    assert len(named) == 1
    hired.teacher = Teacher()
    redo(_config(tmp_path, redo="failed", **more))
    assert _changed(before, _rows(tmp_path)) == named
    assert [data(call)["question"].count("Huw meny fermirs") for call in hired.teacher.calls] == [1]


def test_an_unfinished_corpus_is_finished_first(tmp_path: Path, hired: Hired, made: dict[str, Row]) -> None:
    (tmp_path / "c/generated/qqp/es/part-00000.done.json").unlink()
    with pytest.raises(BadFlag, match="without --redo first"):
        redo(_config(tmp_path, redo="failed"))


def _judge(root: Path, named: dict[str, str]) -> None:
    """Put rows (id -> reason) into `dropped/`, as `synth filter` does."""
    import pyarrow as pa

    layout = Layout(root / "c")
    for part in layout.parts():
        rows = [row for row in read_rows(layout.part(part)) if row["synth_id"] in named]
        ends = [{"synth_outcome": "rejected", "synth_reason": named[row["synth_id"]]} for row in rows]
        table = pa.Table.from_pylist([row | end for row, end in zip(rows, ends, strict=True)])
        write_part(layout.part(part, "dropped"), part, table, "policy", {})


def test_rows_that_the_filter_dropped_are_made_again(tmp_path: Path, hired: Hired, made: dict[str, Row]) -> None:
    kept = [name for name, row in made.items() if row["synth_outcome"] == "kept" and row["synth_kind"] != "source"]
    _judge(tmp_path, {kept[0]: "language", kept[1]: "copy"})
    hired.teacher = Teacher(lambda call: json.dumps({key: f"otra cosa {key}" for key in keys(call)}))
    redo(_config(tmp_path, redo="failed:truncated,rejected:language"))
    truncated = {name for name, row in made.items() if row["synth_reason"] == "truncated"}
    assert _changed(made, _rows(tmp_path)) == {kept[0], *truncated}
    assert len(hired.teacher.calls) == 1 + len(truncated)


def test_a_verdict_of_the_filter_does_not_outlive_the_text_that_it_is_of(
    tmp_path: Path, hired: Hired, made: dict[str, Row], capsys: pytest.CaptureFixture[str]
) -> None:
    redo(_config(tmp_path, redo="rejected:language"))
    assert "`synth filter` has not judged" in capsys.readouterr().err
    name = next(
        name for name, row in made.items() if row["synth_outcome"] == "kept" and "qqp" in name and "/es/" in name
    )
    _judge(tmp_path, {name: "language"})
    hired.teacher = Teacher(lambda call: json.dumps({key: f"otra cosa {key}" for key in keys(call)}))
    redo(_config(tmp_path, redo="rejected:language"))
    assert "run `synth filter` again" in capsys.readouterr().err
    hired.teacher = idle = Teacher()
    redo(_config(tmp_path, redo="rejected:language"))
    assert not idle.calls


def test_nothing_to_redo_asks_nobody(tmp_path: Path, hired: Hired, made: dict[str, Row]) -> None:
    hired.teacher = Teacher()
    redo(_config(tmp_path, redo="rejected:span_lost,failed:timeout"))
    assert not hired.teacher.calls and not _changed(made, _rows(tmp_path))


def test_what_the_flag_takes() -> None:
    wanted = parse_redo("failed:truncated, rejected")
    ends = [("failed", "truncated"), ("failed", "refused"), ("rejected", "span_lost"), ("kept", "")]
    assert [wanted.takes({"synth_outcome": end, "synth_reason": why}) for end, why in ends] == [
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [("kept", "failed or rejected"), ("failed:truncatd", "'truncated'"), ("rejected:nonsense", "span_lost"),
     (",", "names no rows"), ("failed:sides_merged", "failed rows end with")],
)  # fmt: skip
def test_nonsense_is_refused_with_what_there_is(text: str, told: str) -> None:
    with pytest.raises(BadFlag, match=told):
        parse_redo(text)
