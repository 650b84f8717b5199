"""Sentence embeddings for the optional similarity check: the embedded multilingual-e5-small, or a model of your own.

A model of your own is a folder or Hub id. With `sentence-transformers` installed that package runs it; without, a model
whose vectors are the mean of its last layer is run by Transformers alone, and any other is refused.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from synth.corpus.files import fingerprint
from synth.errors import BadFlag, MissingExtra
from synth.filter.tools import EMBEDDED

BATCH = 64
LONGEST = 512  # tokens; multilingual-e5 was trained with no more
E5_PREFIX = "query: "  # on both sides of a symmetric comparison (model cards of the E5 family)
_POOLING = "1_Pooling/config.json"  # where sentence-transformers notes how tokens become one vector


class EmbeddedEmbedder:
    """`synth.encoder`: made on the first use on a machine, on the CPU."""

    def __init__(self) -> None:
        from synth.encoder.prepare import NAME, require_torch

        require_torch("--embedder embedded")
        self.name, self.identity = EMBEDDED, NAME

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length one a text."""
        from synth.encoder import encode, prepare_encoder

        _share_cores()
        found: list[list[float]] = encode(texts, prepare_encoder()).tolist()
        return found


class SentenceEmbedder:
    """A sentence-transformers or Transformers encoder, on the GPU where there is one.

    Args:
        model: Folder or Hub id.

    Raises:
        MissingExtra: The packages are not installed.
        BadFlag: There is no such model.
    """

    def __init__(self, model: str) -> None:
        from synth.encoder.prepare import require_torch

        require_torch(f"--embedder {model}")
        self.name = self._model = model
        # E5 models alone want it; others take text as it is.
        self._prefix = E5_PREFIX if "e5" in Path(model).name.lower() else ""
        config, pooling = _file(model, "config.json"), _file(model, _POOLING)
        if config is None:
            raise BadFlag(f"--embedder {model} is no model folder or Hub id that can be read; give one, or `embedded`")
        self._by_package = find_spec("sentence_transformers") is not None
        if not self._by_package and pooling is not None and not _is_mean(pooling):
            raise MissingExtra(
                f"--embedder {model} does not average its tokens; `pip install sentence-transformers` to use it, or "
                "give `embedded`"
            )
        self.identity = fingerprint([model, config, pooling, _weights(model)])

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length one a text."""
        _share_cores()
        given = [self._prefix + text for text in texts]
        if self._by_package:
            found: list[list[float]] = self._loaded.encode(given, batch_size=BATCH, normalize_embeddings=True).tolist()
            return found
        return [vector for start in range(0, len(given), BATCH) for vector in self._some(given[start : start + BATCH])]

    @cached_property
    def _loaded(self) -> Any:
        """The model, loaded by the first part that needs it and not by the run's own process."""
        try:
            return _load_package(self._model) if self._by_package else _load_bare(self._model)
        except (OSError, ValueError) as error:
            raise BadFlag(
                f"--embedder {self._model} cannot be loaded ({error}); give a model id or folder, or `embedded`"
            ) from error

    def _some(self, texts: list[str]) -> list[list[float]]:
        import torch

        tokenizer, model = self._loaded
        inputs = tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        inputs = inputs.to(model.device)
        with torch.inference_mode():
            states = model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        pooled = (states * mask).sum(1) / mask.sum(1)
        found: list[list[float]] = torch.nn.functional.normalize(pooled.float(), dim=1).tolist()
        return found


def make_embedder(name: str) -> EmbeddedEmbedder | SentenceEmbedder:
    """What `--embedder` names.

    Raises:
        MissingExtra, BadFlag: As `SentenceEmbedder`.
    """
    return EmbeddedEmbedder() if name == EMBEDDED else SentenceEmbedder(name)


def _share_cores() -> None:
    """One thread in a process of a pool: the pool has a process for every core."""
    if multiprocessing.parent_process() is not None:
        import torch

        torch.set_num_threads(1)


def _load_package(model: str) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(model, trust_remote_code=False)


def _load_bare(model: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    encoder = AutoModel.from_pretrained(model, trust_remote_code=False, use_safetensors=True)
    return tokenizer, encoder.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def _file(model: str, name: str) -> str | None:
    """A small file of a model folder, or of a model on the Hub; None where there is none."""
    folder = Path(model)
    if folder.is_dir():
        path = folder / name
        return path.read_text("utf-8") if path.is_file() else None
    from transformers.utils import cached_file

    try:
        found = cached_file(model, name, _raise_exceptions_for_missing_entries=False)
    except (OSError, ValueError):
        return None
    return Path(found).read_text("utf-8") if found else None


def _is_mean(pooling: str) -> bool:
    try:
        return bool(json.loads(pooling).get("pooling_mode_mean_tokens"))
    except (ValueError, AttributeError):
        return False


def _weights(model: str) -> list[int]:
    """Sizes of a folder's weights, which tell most models of one name apart."""
    return [path.stat().st_size for path in sorted(Path(model).glob("*.safetensors"))] if Path(model).is_dir() else []
