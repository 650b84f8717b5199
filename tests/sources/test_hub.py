"""The Hub loader on folders laid out as Hub repositories, with the real `datasets`; no network anywhere."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from synth.errors import BadSource
from synth.sources import open_source
from tests.sources.files import kinds, load, nli, write

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


def repository(folder: Path, config: str, classes: tuple[str, ...], rows: list[dict[str, Any]]) -> Path:
    """A data set repository as on the Hub: Parquet shards, and a card that maps configs to them."""
    import datasets

    label = datasets.ClassLabel(names=list(classes))
    text = datasets.Value("string")
    features = datasets.Features({"premise": text, "hypothesis": text, "label": label, "idx": datasets.Value("int32")})
    half = len(rows) // 2
    for number, part in enumerate((rows[:half], rows[half:])):
        table = datasets.Dataset.from_list(part, features=features)
        name = f"{config}/train-0000{number}-of-00002.parquet"
        (folder / config).mkdir(parents=True, exist_ok=True)
        table.to_parquet(str(folder / name))
    card = {"configs": [{"config_name": config, "data_files": [{"split": "train", "path": f"{config}/train-*"}]}]}
    write(folder, "README.md", f"---\n{yaml.safe_dump(card)}---\n# Bakers\n")
    return folder


ROWS = [{**nli(number, number % 3), "idx": number} for number in range(7)]
CLASSES = ("entailment", "neutral", "contradiction")


def test_a_folder_with_configs_and_shards(tmp_path: Path) -> None:
    repository(tmp_path / "bakers", "mnli", CLASSES, [*ROWS, {**nli(9), "label": -1, "idx": 9}])
    data = load(tmp_path, "mnli", {"hub": "bakers", "config": "mnli"})
    assert [example.row for example in data.examples] == ROWS
    assert [example.source_id for example in data.examples] == [str(number) for number in range(7)]
    assert kinds(data) == [("row 7", "missing_label")]
    part = data.origin["parts"][0]
    assert (part["kind"], part["repo"], part["config"], part["split"]) == ("hub", "bakers", "mnli", "train")
    assert part["revision"].startswith("folder:")


def test_a_folder_can_be_pinned_by_its_hash(tmp_path: Path) -> None:
    repository(tmp_path / "bakers", "mnli", CLASSES, ROWS)
    entry = {"hub": "bakers", "config": "mnli"}
    revision = load(tmp_path, "mnli", entry).origin["parts"][0]["revision"]
    assert len(load(tmp_path, "mnli", {**entry, "revision": revision}).examples) == 7
    repository(tmp_path / "bakers", "mnli", CLASSES, ROWS[1:])
    with pytest.raises(BadSource, match=f"not those of revision {revision}"):
        load(tmp_path, "mnli", {**entry, "revision": revision})


def test_classes_in_another_order_are_matched_by_name(tmp_path: Path) -> None:
    turned = tuple(reversed(CLASSES))
    repository(tmp_path / "bakers", "plain", turned, [{**row, "label": 2 - row["label"]} for row in ROWS])
    data = load(tmp_path, "mnli", {"hub": "bakers", "config": "plain"})
    assert [example.row["label"] for example in data.examples] == [row["label"] for row in ROWS]


def test_classes_of_a_plain_parquet_file_are_matched_by_name(tmp_path: Path) -> None:
    turned = tuple(reversed(CLASSES))
    repository(tmp_path / "bakers", "plain", turned, [{**row, "label": 2 - row["label"]} for row in ROWS])
    data = load(tmp_path, "mnli", "bakers/**/*.parquet")
    assert [example.row["label"] for example in data.examples] == [row["label"] for row in ROWS]


def test_wrong_config_and_split_are_told(tmp_path: Path) -> None:
    repository(tmp_path / "bakers", "mnli", CLASSES, ROWS)
    with pytest.raises(BadSource, match=r"set `config`"):
        load(tmp_path, "mnli", {"hub": "bakers", "config": "mnlj"})
    with pytest.raises(BadSource, match=r"set `split`.*'train'"):
        load(tmp_path, "mnli", {"hub": "bakers", "config": "mnli", "split": "trian"})


def test_code_in_a_data_set_is_not_run(tmp_path: Path) -> None:
    write(tmp_path, "bakers/bakers.py", f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(BadSource, match=r"bakers train cannot be loaded"):
        load(tmp_path, "mnli", {"hub": "bakers"})
    assert not (tmp_path / "ran").exists()


def test_hub_as_a_part_of_anli_plus(tmp_path: Path) -> None:
    repository(tmp_path / "bakers", "mnli", CLASSES, ROWS)
    data = load(tmp_path, "anli_plus", {"hub": "bakers", "config": "mnli", "origin": "snli"})
    assert data.examples[0].source_id == "snli:0"
    assert set(data.examples[0].row) == {"premise", "hypothesis", "label"}


class Hub:
    """Stands in for the Hub: answers with one commit, and notes what is loaded from where."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        import datasets
        import huggingface_hub

        self.asked: list[tuple[str, str | None]] = []
        self.loaded: list[tuple[Any, ...]] = []
        real = datasets.load_dataset

        def info(_: Any, repo: str, *, revision: str | None = None) -> SimpleNamespace:
            self.asked.append((repo, revision))
            return SimpleNamespace(sha=COMMIT)

        def load_dataset(path: str, name: str | None, *, split: str, revision: str | None) -> Any:
            self.loaded.append((path, name, split, revision))
            return real(str(folder), name, split="train")

        monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", info)
        monkeypatch.setattr(datasets, "load_dataset", load_dataset)


def test_the_revision_is_resolved_loaded_and_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub(monkeypatch, repository(tmp_path / "glue", "mnli", CLASSES, ROWS))
    data = open_source("hub").load("mnli", "train")
    assert len(data.examples) == 7
    assert hub.asked == [("nyu-mll/glue", None)]
    assert hub.loaded == [("nyu-mll/glue", "mnli", "train", COMMIT)]
    assert data.origin["parts"][0]["revision"] == COMMIT


def test_a_full_commit_is_used_without_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub(monkeypatch, repository(tmp_path / "glue", "mnli", CLASSES, ROWS))
    load(tmp_path, "mnli", {"hub": "some/mirror", "config": "mnli", "revision": COMMIT})
    assert hub.asked == []
    assert hub.loaded == [("some/mirror", "mnli", "train", COMMIT)]


def test_without_network_the_advice_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    # A real request, to a port where nothing listens: which library's error comes out is up to the Hub's client.
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", _asked_at("http://127.0.0.1:9"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(BadSource, match=r"nyu-mll/glue cannot be resolved: .*HF_ENDPOINT.*YAML file"):
        open_source("hub").load("mnli", "train")


def _asked_at(endpoint: str) -> Any:
    """`HfApi.dataset_info` of a client that asks there."""
    from huggingface_hub import HfApi

    real = HfApi.dataset_info
    return lambda _self, repo, **more: real(HfApi(endpoint=endpoint), repo, **more)


def test_without_network_the_cache_knows_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub.errors import OfflineModeIsEnabled

    def offline(*_: Any, **__: Any) -> None:
        raise OfflineModeIsEnabled("offline")

    hub = Hub(monkeypatch, repository(tmp_path / "glue", "mnli", CLASSES, ROWS))
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", offline)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    write(tmp_path, "hub/datasets--nyu-mll--glue/refs/main", COMMIT)
    open_source("hub").load("mnli", "train")
    assert hub.loaded[0][-1] == COMMIT


def test_what_the_hub_does_not_have(tmp_path: Path) -> None:
    hub = open_source("hub")
    assert "ccg" not in hub.tasks("train")
    assert hub.tasks("validation_mismatched") == ("mnli",)
    with pytest.raises(BadSource, match=r"ccg is not on the Hub.*YAML file"):
        hub.load("ccg", "train")
    with pytest.raises(BadSource, match=r"no split 'dev' on the Hub: take one of .*validation"):
        hub.load("mnli", "dev")
