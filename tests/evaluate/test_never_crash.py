"""Whatever a file holds, reading it ends in items, counted problems, or a message for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.errors import SynthError
from synth.evaluate.data.local import LocalEval
from synth.evaluate.data.mewslix import read_entities
from synth.evaluate.tasks import EVAL_TASKS
from synth.sources.files import DataFile

KEYS = st.sampled_from(
    [
        "data",
        "paragraphs",
        "context",
        "qas",
        "id",
        "question",
        "answers",
        "text",
        "answer_start",
        "sentence_breaks",
        "premise",
        "choice1",
        "choice2",
        "label",
        "idx",
        "mentions",
        "mention_span",
        "start",
        "end",
        "entity_id",
        "example_id",
        "sentence_spans",
        "language",
        "tokens",
        "tags",
        "description",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 30) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
SETTINGS = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(folder: Path, task: str, content: bytes) -> None:
    lang = EVAL_TASKS[task].languages[0]
    for name in ("x.txt", "x.eng", "x.gold"):
        (folder / name).write_bytes(content)
    (folder / "s.yaml").write_text(f"tasks: {{{task}: {{test: x.txt}}}}\n")
    try:
        found = LocalEval(folder / "s.yaml").load(task, lang, "test")
    except SynthError as error:
        assert len(str(error)) > 20
    else:
        for item in found.items:
            item.item_id.encode("utf-8")


@pytest.mark.parametrize("task", EVAL_TASKS)
@SETTINGS
@given(value=VALUES)
def test_json_of_any_structure(task: str, value: Any, tmp_path: Path) -> None:
    read(tmp_path, task, json.dumps(value).encode())


@pytest.mark.parametrize("task", EVAL_TASKS)
@SETTINGS
@given(
    content=st.binary(max_size=60)
    | st.text("a\t\n1-#=_\udcff", max_size=60).map(lambda t: t.encode("utf-8", "surrogateescape"))
)
def test_bytes_of_any_kind(task: str, content: bytes, tmp_path: Path) -> None:
    read(tmp_path, task, content)


@SETTINGS
@given(value=VALUES)
def test_entities_of_any_structure(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text(json.dumps(value) + "\n")
    try:
        assert all(one.item_id for one in read_entities(DataFile(path, "e.jsonl")))
    except SynthError as error:
        assert "e.jsonl" in str(error)
