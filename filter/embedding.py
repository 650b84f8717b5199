"""Sentence embeddings for the optional similarity check: mean-pooled states of an encoder, as in E5 models.

Any encoder by model id or folder: multilingual-e5-small, a sentence-transformers model, the embedded encoder's folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synth.errors import BadFlag, MissingExtra

BATCH = 64
LONGEST = 512  # tokens; multilingual-e5 was trained with no more


class SentenceEmbedder:
    """An encoder on the CPU, or on the GPU where there is one.

    Raises:
        MissingExtra: The packages are not installed.
        BadFlag: There is no such model.
    """

    def __init__(self, model: str) -> None:
        try:
            import torch
            from transformers import AutoModel, AutoTokenizer
        except ImportError as error:
            raise MissingExtra(
                "the similarity check needs torch and transformers: `pip install 'synth-xtreme[align]'`, or leave "
                "--embedder out"
            ) from error
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
            self._model: Any = AutoModel.from_pretrained(model, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise BadFlag(f"--embedder {model} cannot be loaded ({error}); give a model id or folder") from error
        self._torch: Any = torch
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model.to(self._device).eval()
        # E5 models were trained with this prefix on both sides of a symmetric task (model card of multilingual-e5).
        self._prefix = "query: " if "e5" in model.lower() else ""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length one a text."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            vectors += self._some([self._prefix + text for text in texts[start : start + BATCH]])
        return vectors

    def _some(self, texts: list[str]) -> list[list[float]]:
        inputs = self._tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        inputs = inputs.to(self._device)
        with self._torch.inference_mode():
            states = self._model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        pooled = (states * mask).sum(1) / mask.sum(1)
        found: list[list[float]] = self._torch.nn.functional.normalize(pooled, dim=1).tolist()
        return found
