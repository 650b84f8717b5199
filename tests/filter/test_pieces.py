"""Length in word pieces: measured only where a tokenizer is given, judged only where a table was fitted for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from synth.cli import main
from synth.errors import BadFlag
from synth.filter.checks import all_checks
from synth.filter.checks.base import Batch, Columns
from synth.filter.checks.length import length_table
from synth.filter.columns import as_arrays
from synth.filter.io import read_table
from synth.filter.pieces import Pieces
from synth.filter.policy import load_policy
from synth.filter.text import Field, RowText
from synth.filter.tools import NO_TOOLS, PieceCounter
from synth.languages import LANGUAGES
from synth.outcomes import Kind
from synth.tasks import get_task
from tests.filter.make_corpus import Plan, make_corpus

ENGLISH = "The old library by the river stays closed until the new roof is finished."


class Words:
    """Words as pieces."""

    identity = "1"

    def __init__(self, name: str) -> None:
        self.name = name

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def scored(counter: PieceCounter | None, text: str) -> Columns:
    mine, theirs = (RowText((Field("premise", each),)) for each in (text, ENGLISH))
    tools = replace(NO_TOOLS, pieces=counter)
    return all_checks()["pieces"].score(
        Batch(get_task("mnli"), "es", Kind.TRANSLATION, [{}], [{}], [{}], [mine], [theirs], [theirs], tools)
    )


def dropped(columns: Columns) -> bool:
    check = all_checks()["pieces"]
    marks = check.decide(as_arrays(check, columns), load_policy("default").checks["pieces"])
    return any(mask.any() for mask in marks.drop.values())


def test_without_a_tokenizer_nothing_is_measured() -> None:
    assert scored(None, "Hola.") == {"pieces_log_ratio": [None], "pieces_z": [None]}


def test_far_fewer_and_far_more_pieces_drop_a_row() -> None:
    assert not dropped(
        scored(Words("embedded"), "La vieja biblioteca del río está cerrada hasta que acaben el tejado.")
    )
    assert dropped(scored(Words("embedded"), "Cerrada."))
    assert dropped(scored(Words("embedded"), "x " * 120))


def test_a_tokenizer_of_ones_own_is_measured_and_drops_nothing() -> None:
    found = scored(Words("mine"), "x " * 28)
    assert found["pieces_log_ratio"] == [pytest.approx(0.693, abs=1e-3)]
    assert found["pieces_z"] == [None]
    assert not dropped(found)


def test_every_language_has_a_fitted_number_of_pieces() -> None:
    assert set(length_table("piece_ratio")["languages"]) == set(LANGUAGES) - {"en"}


def _tokenizer(folder: Path) -> Path:
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0}, unk_token="?"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.enable_truncation(2)
    made.enable_padding(length=9)
    folder.mkdir()
    made.save(str(folder / "tokenizer.json"))
    return folder


def test_pieces_are_counted_without_cutting_or_padding(tmp_path: Path) -> None:
    pieces = Pieces(str(_tokenizer(tmp_path / "mine")))
    assert pieces.count(["one", "one two, three", ""]) == [1, 4, 0]
    assert pieces.identity != Pieces(str(tmp_path / "mine/tokenizer.json")).identity


def test_the_command_writes_the_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = _tokenizer(tmp_path / "mine")
    root = make_corpus(tmp_path / "corpus", Plan(langs=("es",), rows=2))
    quiet = ["--workers", "1", "--detectors", "none", "--no-report"]
    assert main(["filter", str(root), *quiet, "--pieces", str(folder)]) == 0
    ratios = read_table(root / "scored/mnli/es/part-00000.parquet")["pieces_log_ratio"].to_pylist()
    assert all(isinstance(ratio, float) for ratio in ratios)
    assert main(["filter", str(root), *quiet, "--pieces", str(tmp_path)]) == 2
    assert "has no tokenizer.json" in capsys.readouterr().err


def test_a_file_that_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    (tmp_path / "tokenizer.json").write_text("{}", "utf-8")
    with pytest.raises(BadFlag, match="is no tokenizer"):
        Pieces(str(tmp_path)).count(["a"])
