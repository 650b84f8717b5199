from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.filter.contamination import (
    ContaminationIndex,
    Evidence,
    build_index,
    id_overlap,
    load_test_sets,
    overlap,
    read_test_sets,
    refuse_at_source,
    tainted_ids,
)

PARAGRAPH = "The lighthouse of the northern cape was built by three brothers in the year of the great storm."
SPANISH = "El faro del cabo del norte lo construyeron tres hermanos el año de la gran tormenta."


def qa(paragraph: str, ids: list[str]) -> str:
    questions = [{"id": name, "question": f"Who built it, {name}?", "answers": []} for name in ids]
    return json.dumps({"data": [{"title": "t", "paragraphs": [{"context": paragraph, "qas": questions}]}]})


@pytest.fixture
def index(tmp_path: Path) -> ContaminationIndex:
    (tmp_path / "dev.json").write_text(qa(PARAGRAPH, ["56be01", "56be02"]), encoding="utf-8")
    (tmp_path / "xquad.es.json").write_text(qa(SPANISH, ["56be01"]), encoding="utf-8")
    (tmp_path / "mlqa.json").write_text(qa("Otro párrafo.", ["abc99"]), encoding="utf-8")
    sets = tmp_path / "sets.yaml"
    sets.write_text("squad_dev: {en: [dev.json]}\nxquad: {es: ['xquad.*.json']}\nmlqa: {es: [mlqa.json]}\n")
    return build_index(read_test_sets(load_test_sets(sets), tmp_path))


def test_a_dev_question_is_refused_by_id_and_by_paragraph(index: ContaminationIndex) -> None:
    by_id = refuse_at_source({"id": "56be02", "context": "reworded"}, index)
    assert by_id is not None and (by_id.evidence, by_id.test_set) == (Evidence.ID, "squad_dev")
    spaced = "  " + PARAGRAPH.replace(" three", "\n three").upper()
    by_paragraph = refuse_at_source({"id": "new", "context": spaced}, index)
    assert by_paragraph is not None and by_paragraph.evidence is Evidence.PARAGRAPH
    assert refuse_at_source({"id": "new", "context": "Another paragraph."}, index) is None
    assert refuse_at_source({"premise": "a", "hypothesis": "b"}, index) is None


def test_a_translated_dev_paragraph_is_caught_by_its_id_however_it_is_worded(index: ContaminationIndex) -> None:
    reworded = "Tres hermanos levantaron aquella torre de luz."
    assert overlap([reworded], "es", index) == [None]
    found = id_overlap("56be01", index)
    assert found is not None and found.test_set == "squad_dev"
    assert id_overlap("abc99", index) is not None
    assert id_overlap("57aa01", index) is None


def test_unanswerable_questions_of_v2_are_tainted_by_their_paragraph(index: ContaminationIndex) -> None:
    examples = [("v2-1", {"id": "v2-1", "context": PARAGRAPH}), ("v2-2", {"id": "v2-2", "context": "Other."})]
    assert list(tainted_ids(examples, index)) == ["v2-1"]


def test_xquad_alone_gives_the_ids_of_the_dev_split(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(qa(SPANISH, ["56be01"]), encoding="utf-8")
    (tmp_path / "sets.yaml").write_text("xquad: {es: [x.json]}")
    index = build_index(read_test_sets(load_test_sets(tmp_path / "sets.yaml"), tmp_path))
    refusal = refuse_at_source({}, index, source_id="56be01")
    assert refusal is not None and refusal.test_set == "xquad"
