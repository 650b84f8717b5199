"""Test sets from the Hub, with `datasets` kept from the network: columns of the real repositories, rows of our own."""

from __future__ import annotations

from typing import Any

import pytest

from synth.errors import BadSource
from synth.evaluate.data import hub
from synth.evaluate.data.hub import HubEval
from synth.evaluate.tasks.items import PairItem, QueryItem, SpanItem, TagItem

COMMIT = "c" * 40


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was asked of the Hub; `serve` says what it answers."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(hub, "resolve_revision", lambda repo, revision: COMMIT)
    return calls


def serve(monkeypatch: pytest.MonkeyPatch, calls: list[tuple[Any, ...]], dataset: Any) -> None:
    import datasets

    def load_dataset(*words: Any, **more: Any) -> Any:
        calls.append((*words, more))
        if isinstance(dataset, Exception):
            raise dataset
        return dataset

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)


def test_class_numbers_become_words_and_the_revision_is_recorded(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[Any, ...]]
) -> None:
    from datasets import Dataset

    serve(monkeypatch, asked, Dataset.from_dict({"premise": ["A."], "hypothesis": ["B."], "label": [2]}))
    found = HubEval().load("xnli", "sw", "test")
    assert isinstance(found.items[0], PairItem)
    assert (found.items[0].gold, found.items[0].cluster) == ("contradiction", "0")
    assert asked == [("facebook/xnli", "sw", {"split": "test", "revision": COMMIT})]
    assert found.origin["revision"] == COMMIT


def test_tags_are_named_by_the_data_sets_own_classes(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[Any, ...]]
) -> None:
    from datasets import ClassLabel, Dataset, Features, List, Value

    features = Features({"tokens": List(Value("string")), "pos_tags": List(ClassLabel(names=["VERB", "DET", "NOUN"]))})
    rows = {"tokens": [["Die", "Brücke"]], "pos_tags": [[1, 2]]}
    serve(monkeypatch, asked, Dataset.from_dict(rows, features=features))
    found = HubEval().load("udpos", "de", "test")
    assert isinstance(found.items[0], TagItem)
    assert found.items[0].tags == ("DET", "NOUN")
    assert asked[0][:2] == ("google/xtreme", "udpos.German")
    assert "Swiss German" in found.problems[0].detail  # which that copy holds too
    assert not HubEval().load("udpos", "wo", "test").problems
    assert asked[1][:2] == ("izhx/xtreme-r-udpos", "wo")  # the five languages that XTREME-R added


def test_answers_as_an_object_of_lists(monkeypatch: pytest.MonkeyPatch, asked: list[tuple[Any, ...]]) -> None:
    from datasets import Dataset

    row = {"id": "telugu-1", "context": "వంతెన", "question": "ఏమి?", "answers": {"text": ["వంతెన"], "answer_start": [0]}}
    other = {**row, "id": "arabic-1"}
    serve(monkeypatch, asked, Dataset.from_list([other, row]))
    found = HubEval().load("tydiqa", "te", "test")
    assert [item.item_id for item in found.items] == ["telugu-1"]
    assert isinstance(found.items[0], SpanItem)
    assert asked[0][2]["split"] == "validation"  # the development set is the test set


@pytest.mark.parametrize(
    "row",
    [
        {"sentence1": "Wo?", "sentence2": "Where?"},
        {"source_sentence": "Wo?", "target_sentence": "Where?", "source_lang": "deu"},
        {"source_sentence": "Where?", "target_sentence": "Wo?", "source_lang": "eng"},
    ],
)
def test_tatoeba_asks_in_english(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[Any, ...]], row: dict[str, str]
) -> None:
    from datasets import Dataset

    serve(monkeypatch, asked, Dataset.from_list([row]))
    found = HubEval().load("tatoeba", "de", "test")
    assert isinstance(found.items[0], QueryItem)
    assert (found.items[0].text, found.candidates[0].text) == ("Where?", "Wo?")
    assert asked[0][1] == "deu-eng"


def test_mewslix_rows_become_queries_and_entities(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[Any, ...]]
) -> None:
    from datasets import Dataset

    text, span = "Old Bridge fell.", {"start": 0, "end": 10, "text": "Old Bridge"}
    context = {"language": "de", "text": text, "sentence_spans": [{"start": 0, "end": len(text)}]}
    mention = {"example_id": "m1", "mention_span": span, "entity_id": "Q1"}
    serve(monkeypatch, asked, Dataset.from_list([{"context": context, "mentions": [mention]}]))
    found = HubEval().load("mewslix", "de", "test")
    assert isinstance(found.items[0], QueryItem)
    assert (found.items[0].text, found.items[0].gold) == ("Old Bridge: { Old Bridge } fell.", ("Q1",))
    entity = {"entity_id": "Q1", "description": "A bridge.", "description_language": "en"}
    serve(monkeypatch, asked, Dataset.from_list([{**entity, "sentence_spans": [{"start": 0, "end": 9}]}]))
    assert [(one.item_id, one.text) for one in HubEval().entities()] == [("Q1", "A bridge.")]
    assert [call[1] for call in asked] == ["de", "candidate_entities"]


@pytest.mark.parametrize(("task", "why"), [("lareqa", "sentence boundaries"), ("bucc2018", "corpora around")])
def test_what_the_hub_lacks_is_refused_with_the_reason(task: str, why: str) -> None:
    assert HubEval().languages(task, "test") == ()
    with pytest.raises(BadSource, match=why):
        HubEval().load(task, "de", "test")


def test_an_unreachable_hub_is_explained(monkeypatch: pytest.MonkeyPatch, asked: list[tuple[Any, ...]]) -> None:
    serve(monkeypatch, asked, ConnectionError("no route"))
    with pytest.raises(BadSource, match="HF_ENDPOINT"):
        HubEval().load("xquad", "ro", "test")


def test_a_split_that_no_place_has_is_refused() -> None:
    with pytest.raises(BadSource, match="no Hub place of xcopa has sw train"):
        HubEval().load("xcopa", "sw", "train")
