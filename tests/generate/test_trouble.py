"""The real command with a teacher that misbehaves: typed ends for the rows it hits, all others kept."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from synth.teacher import breaker
from tests.conftest import Cli
from tests.generate.commands import finish, generate, last_line, rows_of, start
from tests.teacher.standin import StandInProcess

TROUBLES = {
    "500": "engine",
    "503*2": "",
    "429*2": "",
    "400": "engine",
    "garbage": "engine",
    "hollow": "engine",
    "drop*1": "",
    "hang": "timeout",
    "empty": "empty",
    "length": "truncated",
    "repeat": "repetition",
    "refusal": "malformed",
    "toolong": "too_long",
}


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInProcess]:
    with StandInProcess(tmp_path_factory.mktemp("teacher"), latency=0.01, hang_s=20) as found:
        yield found


def _source(folder: Path, questions: list[str]) -> Path:
    """A YAML file whose one task has a pair for each question."""
    lines = [
        json.dumps({"question1": text, "question2": f"Question {at} in other words?", "label": at % 2, "idx": at})
        for at, text in enumerate(questions)
    ]
    (folder / "qqp.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    spec = folder / "source.yaml"
    spec.write_text("tasks:\n  qqp:\n    train: qqp.jsonl\n", encoding="utf-8")
    return spec


@pytest.mark.slow
def test_each_trouble_ends_in_its_kind_and_spares_the_others(tmp_path: Path, teacher: StandInProcess) -> None:
    fine = [f"What is thing number {at}?" for at in range(6)]
    spec = _source(tmp_path, [*fine, *(f"What about <<{name}>> here?" for name in TROUBLES)])
    words = ("--source", spec, "--langs", "es", "--limit", 100, "--timeout", 4)
    code, told = finish(start(*generate(teacher, tmp_path / "c", *words)))
    assert code == 0, told
    found = rows_of(tmp_path / "c").values()
    places = {row["synth_source_id"]: row["idx"] for row in found if row["synth_lang"] == "en"}
    rows = [row for row in found if row["synth_lang"] == "es"]
    ends = {places[row["synth_source_id"]]: row["synth_reason"] for row in rows}
    wanted = dict.fromkeys(range(6), "") | dict(enumerate(TROUBLES.values(), start=6))
    assert ends == wanted
    for row in rows:
        assert row["synth_outcome"] == ("failed" if row["synth_reason"] else "kept")
        assert bool(row["synth_detail"]) == bool(row["synth_reason"])
    assert "failed" in told and "timeout" in told


def test_a_server_that_dies_stops_the_run_and_the_next_run_completes(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = functools.partial(breaker.Limits, outage_s=0.5, backoff_s=0.05, backoff_cap_s=0.1)
    monkeypatch.setattr(breaker, "Limits", quick)
    with StandInProcess(tmp_path, latency=0.01, die_after=30) as teacher:
        code, _, told = cli(*generate(teacher, tmp_path / "c"))
        assert code == 1
        assert "start the server and run the same command again" in last_line(told)
        first = teacher.requests
        teacher.options = {"latency": 0.01}
        teacher.restart()
        code, _, told = cli(*generate(teacher, tmp_path / "c"))
        assert code == 0, told
        assert first < 40 and "nothing to do" not in told
        total = teacher.requests
    rows = rows_of(tmp_path / "c")
    assert len(rows) == 9 * 5 * 5 and all(row["synth_outcome"] == "kept" for row in rows.values())
    with StandInProcess(tmp_path, port=teacher.port) as again:
        assert cli(*generate(again, tmp_path / "whole"))[0] == 0
        assert total <= again.requests - total + 8, "one pass, and what was under way when the server died"
    assert rows_of(tmp_path / "whole") == rows


def test_a_server_that_fails_for_all_costs_no_rows(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = functools.partial(breaker.Limits, outage_s=0.3, stalled_s=1.0, backoff_s=0.05, backoff_cap_s=0.1)
    monkeypatch.setattr(breaker, "Limits", quick)
    with StandInProcess(tmp_path, fail_first=10**9) as teacher:
        code, _, told = cli(*generate(teacher, tmp_path / "c", "--langs", "es"))
    assert code == 1 and "run the same command again" in last_line(told)
    assert {row["synth_lang"] for row in rows_of(tmp_path / "c").values()} == {"en"}, "rows failed for an outage"


def test_the_base_style_and_translation_models_work_end_to_end(
    tmp_path: Path, cli: Cli, teacher: StandInProcess
) -> None:
    for profile in ("generic-base", "towerinstruct-7b", "translategemma-4b"):
        words = ("--profile", profile, "--langs", "de,zh", "--limit", "2")
        code, out, told = cli(*generate(teacher, tmp_path / profile, *words, "--json"))
        assert code == 0, told
        found = json.loads(out)
        kept = sum(count.get("kept", 0) for langs in found["outcomes"].values() for count in langs.values())
        assert kept == 9 * 2 * 2, found["outcomes"]


def test_the_end_of_a_run_for_people_and_programs(tmp_path: Path, cli: Cli, teacher: StandInProcess) -> None:
    before = teacher.requests
    words = ("--langs", "es,hi", "--limit", 2, "--kind", "both", "--json")
    code, out, told = cli(*generate(teacher, tmp_path / "c", *words))
    assert code == 0
    found = json.loads(out)
    assert found["outcomes"]["ccg"]["es"] == {"kept": 2} and sum(found["outcomes"]["qqp"]["hi"].values()) == 4
    assert found["costs"]["requests"] == teacher.requests - before > 0
    for piece in ("kept of generated rows", "es Spanish", "hi Hindi", "some kept rows", "corpus.yaml", "requests"):
        assert piece in told
