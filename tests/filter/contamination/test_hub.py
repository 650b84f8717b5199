"""Test sets from the Hub, with `datasets` kept from the network: columns of the real repositories, rows of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag
from synth.filter.contamination import build_index, load_test_sets, overlap, read_test_sets, refuse_at_source

COMMIT = "c" * 40
CONTEXT = "The old bridge over the river was built of stone by two brothers in the year 1612."
QUESTION = {
    "id": "q1",
    "title": "Bridges",
    "context": CONTEXT,
    "question": "Who built the old bridge over the river that was made of stone in 1612 then?",
    "answers": {"text": ["two brothers"], "answer_start": [CONTEXT.index("two brothers")]},
}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str | None, str], list[dict[str, Any]]]:
    """Rows by (repository, config, split); what else is asked for is an error."""
    import datasets

    from synth.evaluate.data import hub
    from synth.sources import hub as sources

    rows: dict[tuple[str, str | None, str], list[dict[str, Any]]] = {}

    def load_dataset(repo: str, config: str | None = None, **more: Any) -> Any:
        return datasets.Dataset.from_list(rows[repo, config, more["split"]])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    for module in (hub, sources):
        monkeypatch.setattr(module, "resolve_revision", lambda repo, revision: COMMIT)
    return rows


def index_of(folder: Path, text: str) -> Any:
    path = folder / "sets.yaml"
    path.write_text(text, encoding="utf-8")
    return build_index(read_test_sets(load_test_sets(path), folder))


def test_a_row_made_from_squads_development_split_is_refused(served: dict[Any, Any], tmp_path: Path) -> None:
    served["rajpurkar/squad", "plain_text", "validation"] = [QUESTION]
    index = index_of(tmp_path, "squad_dev: hub")
    assert refuse_at_source({**QUESTION, "id": "other"}, index, "other") is not None  # by its paragraph
    assert refuse_at_source({**QUESTION, "context": "Another."}, index, "q1") is not None  # by its id
    assert refuse_at_source({**QUESTION, "id": "other", "context": "Another."}, index, "other") is None


def test_languages_from_the_hub_and_from_files_stand_side_by_side(served: dict[Any, Any], tmp_path: Path) -> None:
    german = "Der Fluss trat im Frühling über die Ufer und nahm die alte Brücke aus Holz mit sich fort."
    served["google-research-datasets/paws-x", "de", "test"] = [
        {"id": 1, "sentence1": german, "sentence2": "Kurz.", "label": 0}
    ]
    french = "La rivière est sortie de son lit au printemps et a emporté le vieux pont en bois."
    (tmp_path / "fr.tsv").write_text(f"{french}\tBref.\t0\n", encoding="utf-8")
    index = index_of(tmp_path, "pawsx: {de: hub, fr: [fr.tsv]}")
    assert set(index.texts) == {("pawsx", "de"), ("pawsx", "fr")}
    found = overlap([f"Gestern: {german} Heute nicht."], "de", index)
    assert found[0] is not None and found[0].test_sets == ("pawsx",)


def test_what_the_hub_lacks_is_named(tmp_path: Path) -> None:
    for text, what in (("lareqa: hub", "lareqa"), ("pawsx: {sw: [hub]}", "pawsx in sw")):
        with pytest.raises(BadFlag, match=what):
            index_of(tmp_path, text)


def test_a_file_that_names_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFlag, match="names no test set"):
        index_of(tmp_path, "")
