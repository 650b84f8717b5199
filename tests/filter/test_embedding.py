"""Sentence embeddings: the embedded encoder's floor, and models of the user's."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from synth.errors import BadFlag, MissingExtra
from synth.filter import embedding
from synth.filter.checks import all_checks
from synth.filter.checks.base import Batch, Columns
from synth.filter.columns import as_arrays
from synth.filter.embedding import SentenceEmbedder, make_embedder
from synth.filter.policy import load_policy
from synth.filter.text import Field, RowText
from synth.filter.tools import NO_TOOLS
from synth.outcomes import Kind, Reason
from synth.tasks import get_task


class Angles:
    """A text that is a number lies at that angle; the cosine of two texts is that of their difference."""

    identity = "angles"

    def __init__(self, name: str) -> None:
        self.name = name

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[math.cos(float(text)), math.sin(float(text))] for text in texts]


def scored(name: str, cosine: float, lang: str = "es") -> Columns:
    texts, sources = ([RowText((Field("premise", text),))] for text in (str(math.acos(cosine)), "0"))
    tools = replace(NO_TOOLS, embedder=Angles(name))
    batch = Batch(get_task("mnli"), lang, Kind.TRANSLATION, [{}], [{}], [{}], texts, sources, sources, tools)
    return all_checks()["similarity"].score(batch)


def dropped(columns: Columns, policy: str = "default") -> bool:
    check = all_checks()["similarity"]
    marks = check.decide(as_arrays(check, columns), load_policy(policy).checks["similarity"])
    return bool(marks.drop[Reason.SIMILARITY][0])


def test_the_embedded_model_has_a_floor_and_other_models_have_none_until_it_is_set() -> None:
    assert dropped(scored("embedded", 0.78)) and not dropped(scored("embedded", 0.80))
    assert dropped(scored("embedded", 0.80), "strict") and not dropped(scored("embedded", 0.78), "lenient")
    assert not dropped(scored("my/LaBSE", 0.2))


def test_a_language_that_the_embedded_model_does_not_know_is_not_measured() -> None:
    assert scored("embedded", 0.1, "qu")["similarity_cosine"] == [None]
    assert scored("my/LaBSE", 0.5, "qu")["similarity_cosine"] == [pytest.approx(0.5)]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An encoder of a few random weights."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path / "encoder"
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefgh"]))
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    transformers.BertModel(transformers.BertConfig(vocab_size=13, **sizes)).save_pretrained(folder)
    return folder


def test_a_folder_gives_vectors_of_length_one_whatever_is_beside_a_text(model: Path) -> None:
    embedder = make_embedder(str(model))
    vectors = embedder.embed(["a b", "c d e f g h a b", "a b"])
    assert [sum(value * value for value in vector) for vector in vectors] == [pytest.approx(1.0, abs=1e-5)] * 3
    assert vectors[0] == pytest.approx(vectors[2], abs=1e-5)
    assert vectors[0] == pytest.approx(embedder.embed(["a b"])[0], abs=1e-5), "padding has no say"


def test_models_are_told_apart_by_what_is_in_their_folder(model: Path) -> None:
    before = SentenceEmbedder(str(model)).identity
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "hidden_act": "relu"}))
    assert SentenceEmbedder(str(model)).identity != before


def test_another_pooling_than_the_mean_needs_its_package(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "find_spec", lambda _name: None)
    (model / "1_Pooling").mkdir()
    pooling = model / "1_Pooling" / "config.json"
    pooling.write_text('{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}')
    with pytest.raises(MissingExtra, match="pip install sentence-transformers"):
        SentenceEmbedder(str(model))
    pooling.write_text('{"pooling_mode_mean_tokens": true}')
    assert len(SentenceEmbedder(str(model)).embed(["a"])[0]) == 16


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(BadFlag, match="is no model folder"):
        SentenceEmbedder(str(tmp_path))
