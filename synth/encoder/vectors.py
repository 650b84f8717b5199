"""Vectors from an encoder: one a text (`encode`), and the loading that the word aligner shares."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.encoder.prepare import require_torch
from synth.encoder.quiet import without_bars
from synth.errors import BadFlag

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PREFIX = "query: "
"""E5 models were trained with it on both sides of a symmetric comparison (model card of multilingual-e5-small)."""

MAX_TOKENS = 512
_WITH_POOLER = ("bert", "roberta", "xlm-roberta")  # their pooler is not used here and often not in the checkpoint


@lru_cache(maxsize=2)
def load_model(model: str) -> tuple[Any, Any]:
    """Tokenizer and encoder of a checkpoint folder or Hub id, ready to run on the CPU; the last two stay loaded.

    Raises:
        MissingExtra: torch or transformers is not installed.
        BadFlag: There is no such encoder, or it has no fast tokenizer.
    """
    require_torch("an encoder")
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    safe: dict[str, Any] = {"trust_remote_code": False, "local_files_only": Path(model).is_dir()}
    with without_bars():
        try:
            tokenizer = AutoTokenizer.from_pretrained(model, **safe)
            kind = AutoConfig.from_pretrained(model, **safe).model_type
            bare = {"add_pooling_layer": False} if kind in _WITH_POOLER else {}
            encoder = AutoModel.from_pretrained(model, use_safetensors=True, **safe, **bare).eval()
        except (OSError, ValueError) as error:
            raise BadFlag(
                f"the encoder {model} cannot be loaded ({error}); give a Transformers checkpoint folder or model id"
            ) from error
    if not tokenizer.is_fast:
        raise BadFlag(f"the encoder {model} has no fast tokenizer (tokenizer.json); give another model")
    return tokenizer, encoder


def encode(
    texts: Sequence[str], model_dir: Path | str, *, batch: int = 32, prefix: str = PREFIX
) -> npt.NDArray[np.float32]:
    """One vector a text, of length one, so that a dot product is the cosine; float32, shape (texts, hidden size).

    The mean over all tokens of the last layer, as multilingual-e5 was trained (Wang et al. 2024, arXiv 2402.05672).
    Texts are run sorted by length, and cut at 512 tokens.

    Args:
        texts: Any texts.
        model_dir: Checkpoint folder, such as `prepare_encoder()` returns.
        batch: Texts run at once.
        prefix: Put before each text.

    Raises:
        MissingExtra, BadFlag: As `load_model`.
    """
    import numpy as np

    tokenizer, model = load_model(str(model_dir))
    vectors = np.zeros((len(texts), model.config.hidden_size), np.float32)
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        vectors[chosen] = _mean_vectors([prefix + texts[at] for at in chosen], tokenizer, model)
    return vectors


def _mean_vectors(texts: list[str], tokenizer: Any, model: Any) -> npt.NDArray[np.float32]:
    import numpy as np
    import torch

    inputs = tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1).to(hidden.dtype)
    mean = (hidden * mask).sum(1) / mask.sum(1)
    unit = torch.nn.functional.normalize(mean.float(), dim=1)
    return np.asarray(unit.numpy(), np.float32)
