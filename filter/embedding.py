"""Sentence embeddings for the optional similarity check: any sentence-transformers model, by id or folder."""

from __future__ import annotations

from collections.abc import Sequence

from synth.errors import BadFlag, MissingExtra


class SentenceEmbedder:
    """A sentence-transformers model on the CPU or GPU that it finds.

    Raises:
        MissingExtra: The package is not installed.
        BadFlag: There is no such model.
    """

    def __init__(self, model: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingExtra(
                "the similarity check needs sentence-transformers; `pip install 'synth-xtreme[similarity]'`, or leave "
                "--embedder out"
            ) from error
        try:
            self._model = SentenceTransformer(model, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise BadFlag(f"--embedder {model} cannot be loaded ({error}); give a model id or folder") from error
        # E5 models were trained with this prefix on both sides of a symmetric task (model card of multilingual-e5).
        self._prefix = "query: " if "e5" in model.lower() else ""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length one a text."""
        prefixed = [self._prefix + text for text in texts]
        vectors = self._model.encode(prefixed, normalize_embeddings=True, show_progress_bar=False)
        return [[float(value) for value in vector] for vector in vectors]
