"""`synth filter` as a user calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from synth.cli import main
from tests.filter.make_corpus import Plan, changed, make_corpus

QUIET = ["--workers", "1", "--detectors", "none"]


def test_it_prints_a_short_table_and_writes_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_corpus(tmp_path / "mine", Plan(faults={("mnli", "es", 1): changed(premise="Uno.")}))
    assert main(["filter", str(root), *QUIET]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "length_ratio 1" in err
    assert "kept 35 of 36 usable rows" in err
    assert (root / "report.html").is_file()
    assert {path.name for path in root.iterdir()} >= {"scored", "kept", "dropped", "filter.json"}


def test_json_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_corpus(tmp_path, Plan())
    assert main(["filter", str(root), *QUIET, "--json", "--no-report"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["usable"], found["kept"], found["dropped"]) == (36, 36, {})
    assert not (root / "report.html").exists()


def test_many_languages_make_a_short_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_corpus(
        tmp_path, Plan(langs=("es", "sw", "ar", "th", "zh"), rows=2, tasks=("mnli", "squad_v1"), paraphrases=True)
    )
    assert main(["filter", str(root), *QUIET, "--no-report"]) == 0
    assert len(capsys.readouterr().err.splitlines()) < 25


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--policy", "strikt"], "Did you mean 'strict'"),
        (["--workers", "0"], "--workers 0"),
        (["--detectors", "cld3"], "'cld3' is unknown"),
        (["--testsets", "missing.yaml"], "missing.yaml"),
    ],
)
def test_bad_flags_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    root = make_corpus(tmp_path, Plan(rows=2))
    assert main(["filter", str(root), "--workers", "1", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_corpus_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["filter", str(tmp_path / "nothing")]) == 2
    assert "nothing" in capsys.readouterr().err


def test_the_options_import_nothing_heavy() -> None:
    code = (
        "import sys, synth.filter.command; "
        "bad = {'numpy', 'pyarrow', 'polars', 'pydantic', 'yaml', 'torch'} & set(sys.modules); "
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
