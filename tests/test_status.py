"""`synth status`: the truth about a corpus, read from files that a run may be writing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from synth.corpus.journal import Answer, Journal
from synth.status import expected_rows, status
from tests.conftest import Cli
from tests.generate.commands import finish, generate, start, wait_for_requests
from tests.teacher.standin import StandInProcess


def _words(teacher: StandInProcess, out: Path, *more: object) -> list[object]:
    return generate(teacher, out, "--langs", "en,es,sw", "--limit", 2, "--kind", "both", *more)


def test_a_finished_corpus_has_what_was_expected(tmp_path: Path, cli: Cli) -> None:
    with StandInProcess(tmp_path) as teacher:
        assert cli(*_words(teacher, tmp_path / "c"))[0] == 0
        asked = teacher.requests
    code, out, _ = cli("status", tmp_path / "c", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["expected"] == found["done"] == {"en": 16, "es": 34, "sw": 34}
    assert found["chunks_in_flight"] == found["answers_in_journals"] == 0
    assert found["costs"]["requests"] == asked and found["teacher"] == "generic-instruct"
    code, out, _ = cli("status", tmp_path / "c")
    assert code == 0 and "100%" in out and "0 chunks in flight" in out


def test_a_corpus_under_way(tmp_path: Path, cli: Cli) -> None:
    with StandInProcess(tmp_path, latency=0.05) as teacher:
        process = start(*_words(teacher, tmp_path / "c"))
        assert wait_for_requests(teacher, 60, process)
        process.kill()
        finish(process)
        asked = teacher.requests
    found = status(tmp_path / "c")
    done, expected = sum(found["done"].values()), sum(found["expected"].values())
    assert 0 <= done < expected == 84
    assert found["chunks_in_flight"] > 0
    known = found["answers_in_journals"] + found["costs"].get("requests", 0)
    assert asked - 8 <= known <= asked


def test_a_journal_that_a_run_is_writing_is_counted_and_left_alone(tmp_path: Path, cli: Cli) -> None:
    with StandInProcess(tmp_path) as teacher:
        assert cli(*_words(teacher, tmp_path / "c"))[0] == 0
    journal = tmp_path / "c/generated/qqp/es/part-00007.journal.jsonl"
    with Journal(journal) as writing:
        writing.append(Answer("a", "x"))
        with journal.open("ab") as torn:
            torn.write(b"12345678 {half a li")
        before = journal.read_bytes()
        found = status(tmp_path / "c")
        assert (found["chunks_in_flight"], found["answers_in_journals"]) == (1, 1)
        assert journal.read_bytes() == before


def test_a_part_without_a_whole_marker_is_not_done(tmp_path: Path, cli: Cli) -> None:
    with StandInProcess(tmp_path) as teacher:
        assert cli(*_words(teacher, tmp_path / "c"))[0] == 0
    (tmp_path / "c/generated/qqp/es/part-00000.done.json").write_text("{")
    (tmp_path / "c/generated/qqp/sw/part-00000.done.json").unlink()
    assert status(tmp_path / "c")["done"] == {"en": 16, "es": 32, "sw": 32}


def test_a_plan_is_shown_beside_what_came(tmp_path: Path, cli: Cli) -> None:
    with StandInProcess(tmp_path) as teacher:
        assert cli(*_words(teacher, tmp_path / "c"))[0] == 0
    spent = status(tmp_path / "c")["costs"]["completion_tokens"]
    (tmp_path / "c/plan.json").write_text(json.dumps({"prompt_tokens": 10, "completion_tokens": 2 * spent}))
    code, out, _ = cli("status", tmp_path / "c")
    assert code == 0 and f"completion tokens: {2 * spent} planned, {spent} so far (50%)" in out
    shutil.rmtree(tmp_path / "c/generated")
    assert cli("status", tmp_path / "c")[0] == 0


def test_expected_rows_by_kind() -> None:
    sources = {"ccg": {"sampled": 3}, "qqp": {"sampled": 5}}
    for kind, english, spanish in (("translation", 0, 8), ("paraphrase", 5, 5), ("both", 5, 13)):
        asked = {"config": {"kind": kind}, "sources": sources, "languages": ["en", "es"]}
        assert expected_rows(asked) == {"en": english, "es": spanish}
