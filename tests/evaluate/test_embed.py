"""Vectors: whatever is beside a text in its batch, each distinct text run once, layers and pooling as documented."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.errors import BadFlag
from tests.evaluate.toys import SENTENCES, toy_student

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")),
    reason="torch and transformers are not installed (extra `train`)",
)
STUDENTS = ("e5-small", "xlmr-large", "xlmr-xl", "mmbert-base", "llama3.2-1b", "gemma3-270m", "qwen3-1.7b")


def settings(**keys: Any) -> Any:
    from synth.evaluate.embed import Pooling, VectorSettings

    return VectorSettings(**{**keys, "pooling": Pooling(keys.get("pooling", "mean"))})


def encode(texts: list[str], student: Any, out: Path | None = None, **keys: Any) -> np.ndarray:
    from synth.evaluate.embed import encode

    return encode(texts, student, settings(**keys), out)


def by_hand(text: str, student: Any, layer: int, pooling: str) -> np.ndarray:
    """One text alone, all layers run, pooled as the documentation says."""
    import torch

    ids = student.tokenizer(text, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        found = student.backbone(input_ids=ids, output_hidden_states=True)
    hidden = found.hidden_states[layer][0] if layer < 4 else found.last_hidden_state[0]
    if pooling == "mean":
        hidden = hidden[1:] if student.decoder else hidden  # a decoder's first piece is an attention sink
        return np.asarray(hidden.mean(dim=0))
    return np.asarray(hidden[0] if pooling == "first" else hidden[-1])


@pytest.mark.parametrize("name", STUDENTS)
@pytest.mark.parametrize(("layer", "pooling"), [(2, "mean"), (3, "first"), (4, "mean"), (4, "last")])
def test_vectors_are_those_of_a_text_alone(name: str, layer: int, pooling: str) -> None:
    student = toy_student(name)
    texts = SENTENCES[:12]
    found = encode(texts, student, layer=layer, pooling=pooling, tokens=60)
    wanted = [by_hand(text, student, layer, pooling) for text in texts]
    assert found.dtype == np.float32
    assert np.allclose(found, wanted, atol=2e-5)


def test_batches_change_nothing() -> None:
    student = toy_student("e5-small")
    whole = encode(SENTENCES, student, layer=3, tokens=4096)
    for tokens in (1, 40, 300):
        assert np.allclose(encode(SENTENCES, student, layer=3, tokens=tokens), whole, atol=1e-5)


def test_each_distinct_text_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.evaluate import embed

    student, rows = toy_student("e5-small"), []
    run = embed._run
    monkeypatch.setattr(embed, "_run", lambda batch, *others: rows.extend(batch) or run(batch, *others))
    texts = SENTENCES[:5] * 3
    monkeypatch.setattr(embed, "BLOCK", 2)  # a repeated text may be far away
    found = encode(texts, student)
    assert len(rows) == 5
    assert (found[:5] == found[5:10]).all()


def test_padding_stays_within_the_budget() -> None:
    from synth.evaluate.embed import batches

    lengths = [3, 50, 7, 7, 1, 90, 12]
    made = list(batches(lengths, 64))
    assert sorted(at for one in made for at in one) == list(range(len(lengths)))
    assert all(len(one) == 1 or len(one) * max(lengths[at] for at in one) <= 64 for one in made)
    longest = [max(lengths[at] for at in one) for one in made]
    assert longest == sorted(longest, reverse=True)


def test_layers_above_are_not_run() -> None:
    import torch

    student = toy_student("e5-small")
    student.backbone.encoder.layer[3].register_forward_hook(lambda *_: pytest.fail("the last layer ran"))
    encode(SENTENCES[:2], student, layer=3)
    ids = torch.tensor([[0, 5, 2]])
    with pytest.raises(pytest.fail.Exception):
        student.backbone(input_ids=ids)


def test_a_file_holds_the_same_vectors(tmp_path: Path) -> None:
    student = toy_student("e5-small")
    path = tmp_path / "vectors.npy"
    texts = [*SENTENCES, SENTENCES[0]]
    written = encode(texts, student, out=path)
    assert isinstance(written, np.memmap)
    assert (np.load(path) == encode(texts, student)).all()


def test_long_texts_are_cut_and_empty_ones_have_a_vector() -> None:
    student = toy_student("gemma3-270m")
    long = " ".join(SENTENCES)
    found = encode([long, long + " more", ""], student, max_length=16)
    assert (found[0] == found[1]).all()
    assert np.isfinite(found).all() and found[2].any()


@pytest.mark.parametrize(("layers", "bitext", "mining"), [(24, 14, 8), (12, 8, 8), (18, 11, 8), (4, 4, 4), (1, 1, 1)])
def test_layers_follow_the_official_ones(layers: int, bitext: int, mining: int) -> None:
    """XLM-R large: 13 counted from 0; base models: 7 counted from 0; BUCC: 7 of either."""
    from synth.evaluate.embed import bitext_layer, mining_layer

    assert (bitext_layer(layers), mining_layer(layers)) == (bitext, mining)


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadFlag, match="layer 9 was asked for and toy e5-small has 4; give 1 to 4, or -1"):
        encode(["text"], toy_student("e5-small"), layer=9)


def test_vectors_that_are_no_numbers_are_refused() -> None:
    import torch

    student = toy_student("e5-small")
    with torch.no_grad():
        student.backbone.embeddings.word_embeddings.weight.fill_(float("nan"))
    with pytest.raises(BadFlag, match="no numbers"):
        encode(["text"], student)
