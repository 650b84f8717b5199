"""The models that checks may use, built once in each worker process from plain settings."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from synth.filter.contamination import ContaminationIndex
    from synth.filter.lid import Judge, Judgement

Embedding = Sequence[float]
EMBEDDED = "embedded"  # the name of the embedder that needs no model of the user's


class LanguageJudge(Protocol):
    """What the language check needs of `synth.filter.lid.Judge`."""

    def judge_batch(self, texts: Sequence[str], expected: Sequence[str]) -> Sequence[Judgement]:
        """A judgement for each text."""


class Embedder(Protocol):
    """Turns texts into vectors of length one; `identity` tells models apart, `name` is what the user calls it."""

    name: str
    identity: str

    def embed(self, texts: Sequence[str]) -> Sequence[Embedding]:
        """One vector a text."""


class PieceCounter(Protocol):
    """Counts word pieces; `identity` tells tokenizers apart, `name` is what the user calls it."""

    name: str
    identity: str

    def count(self, texts: Sequence[str]) -> Sequence[int]:
        """Pieces of each text."""


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """Which models are asked for.

    Args:
        detectors: Names of language detectors; None for all that are installed, () for none.
        fasttext_model: A fastText model (lid.176.bin, GlotLID, OpenLID) in place of lid.176.ftz; None for that.
        embedder: `embedded`, or a sentence-transformers model id or folder; "" for none.
        test_sets: YAML file that names the test sets to keep out; None for none.
        pieces: `embedded`, or a tokenizer's folder, file or Hub id; "" for none.
    """

    detectors: tuple[str, ...] | None = None
    fasttext_model: Path | None = None
    embedder: str = ""
    test_sets: Path | None = None
    pieces: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """The models themselves; None where none was asked for or can be had.

    `identity` names versions and file hashes for fingerprints and the manifest; `missing` says what is not installed.
    """

    judge: LanguageJudge | None = None
    embedder: Embedder | None = None
    test_sets: ContaminationIndex | None = None
    pieces: PieceCounter | None = None
    identity: Mapping[str, Any] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)

    def only(self, names: Collection[str]) -> Tools:
        """The models of these keys of `identity`: a check gets what it declares, lest its scores go stale unseen."""
        return replace(
            self,
            judge=self.judge if "detectors" in names else None,
            embedder=self.embedder if "embedder" in names else None,
            test_sets=self.test_sets if "test_sets" in names else None,
            pieces=self.pieces if "pieces" in names else None,
        )


NO_TOOLS = Tools()


def build_tools(settings: ToolSettings) -> Tools:
    """Load the models.

    Raises:
        BadFlag: A detector's name is unknown or a model cannot be used.
        MissingExtra: A model was asked for whose package is not installed.
    """
    judge, embedder, pieces, index = _judge(settings), _embedder(settings), _pieces(settings), None
    identity: dict[str, Any] = {"embedder": embedder.identity if embedder else ""}
    if pieces is not None:
        identity["pieces"] = pieces.identity
    if judge is not None:
        identity["detectors"] = judge.identity
    if settings.test_sets is not None:
        index, identity["test_sets"] = _test_sets(settings.test_sets)
    return Tools(judge, embedder, index, pieces, identity, judge.missing if judge else {})


def _judge(settings: ToolSettings) -> Judge | None:
    if settings.detectors == ():
        return None
    from synth.filter.lid import Judge

    return Judge(settings.detectors, settings.fasttext_model)


def _embedder(settings: ToolSettings) -> Embedder | None:
    if not settings.embedder:
        return None
    from synth.filter.embedding import make_embedder

    return make_embedder(settings.embedder)


def _pieces(settings: ToolSettings) -> PieceCounter | None:
    if not settings.pieces:
        return None
    from synth.filter.pieces import Pieces

    return Pieces(settings.pieces)


def _test_sets(path: Path) -> tuple[ContaminationIndex, str]:
    """The index, and a hash of all the texts that went into it."""
    from synth.filter.contamination import build_index, load_test_sets, read_test_sets

    seen = hashlib.sha256()
    texts = []
    for text in read_test_sets(load_test_sets(path), path.parent):
        seen.update(repr(text).encode("utf-8", "surrogatepass"))
        texts.append(text)
    return build_index(texts), seen.hexdigest()
