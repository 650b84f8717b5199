"""The YAML file: what it may say, and how mistakes in it are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import BadFlag, BadSource
from synth.sources import open_source
from tests.sources.files import jsonl, nli, write


def source(folder: Path, text: str) -> object:
    return open_source(str(write(folder, "s.yaml", text)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tasks: {mnly: {train: a}}", r"tasks\.mnly: Did you mean 'mnli'"),
        ("task: {mnli: {train: a}}", r"task: unknown key, Did you mean 'tasks'"),
        ("tasks: {mnli: {train: {paht: a}}}", r"tasks\.mnli\.train\[0\]\.paht: unknown key, Did you mean 'path'"),
        ("tasks: {mnli: {train: {path: a, config: b}}}", "config cannot stand beside path"),
        ("tasks: {mnli: {train: {path: a, hub: b/c}}}", "exactly one of path, hub and use"),
        ("tasks: {mnli: {train: {format: jsonl}}}", "exactly one of path, hub and use"),
        ("tasks: {mnli: {train: {path: a, encoding: utf-9}}}", "unknown encoding 'utf-9'"),
        ("tasks: {mnli: {train: {path: a, encoding: hex}}}", "unknown encoding 'hex'"),
        ("tasks: {mnli: {train: {path: a, origin: snlli}}}", "unknown origin 'snlli'"),
        ("tasks: {mnli: {train: []}}", r"tasks\.mnli\.train"),
        ("tasks: {mnli: {train: {path: [a, b]}}}", r"tasks\.mnli\.train\[0\]\.path"),
        ("tasks: {mnli: {train: a, train: b}}", "'train' is given twice"),
        ("tasks: {mnli: {train: a}}\nparts: {snl: {train: a}}", r"parts\.snl: Did you mean 'snli'"),
        ("tasks: [", "is not YAML"),
        ("- a", "holds no mapping"),
        ("", "holds no mapping"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadFlag, match=message) as caught:
        source(tmp_path, text)
    assert "s.yaml" in str(caught.value)


def test_yaml_runs_no_code(tmp_path: Path) -> None:
    with pytest.raises(BadFlag, match="is not YAML"):
        source(tmp_path, "tasks: !!python/object/apply:os.getcwd []")


def test_no_such_source(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"there is no source file .*none\.yaml; give `sample`, `hub` or"):
        open_source(str(tmp_path / "none.yaml"))


def test_unknown_task_and_split_get_the_nearest_names(tmp_path: Path) -> None:
    here = source(tmp_path, "tasks: {mnli: {train: a.jsonl, validation: a.jsonl}, qqp: {train: b}}")
    with pytest.raises(BadSource, match=r"no split 'valid'.*'validation'"):
        here.load("mnli", "valid")  # type: ignore[attr-defined]
    with pytest.raises(BadSource, match=r"no task 'squad_v1'"):
        here.load("squad_v1", "train")  # type: ignore[attr-defined]


def test_tasks_by_split_in_the_order_of_the_table(tmp_path: Path) -> None:
    here = open_source(str(write(tmp_path, "s.yaml", "tasks: {qqp: {train: a}, mnli: {train: a, validation: a}}")))
    assert here.tasks("train") == ("mnli", "qqp")
    assert here.tasks("validation") == ("mnli",)
    assert here.tasks("test") == ()


def test_unknown_format_and_a_format_of_another_task(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", jsonl([nli(1)]))
    for name, message in (("mnli_jsnl", "use mnli_jsonl"), ("hellaswag_jsonl", "does not hold mnli")):
        here = open_source(
            str(write(tmp_path, "s.yaml", f"tasks: {{mnli: {{train: {{path: a.jsonl, format: {name}}}}}}}"))
        )
        with pytest.raises(BadFlag, match=message):
            here.load("mnli", "train")


def test_the_sample_has_one_split() -> None:
    here = open_source("sample")
    assert "squad_v2" in here.tasks("train")
    assert here.load("mnli", "train").examples
    with pytest.raises(BadSource, match="no split 'validation'"):
        here.load("mnli", "validation")


def test_the_example_of_the_documentation_is_a_valid_file(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    here = open_source(str(write(tmp_path, "s.yaml", example)))
    assert set(here.tasks("train")) >= {"anli_plus", "mnli", "squad_v1", "ccg"}
