"""The real encoder for tests: from the cache, or made in a temporary folder from the installed package; else a skip."""

import importlib.util
import os
import tempfile
from functools import lru_cache
from pathlib import Path

import pytest

from synth.cache import Made, cache_root
from synth.encoder.package import PACKAGE
from synth.encoder.prepare import NAME, prepare_encoder


@lru_cache
def real_encoder() -> Path:
    """The checkpoint folder. Nothing is downloaded, and the user's cache is only read."""
    for module in ("torch", "transformers", PACKAGE):
        made = Made(cache_root() / "encoder" / NAME, "model.safetensors", 0)
        if module == PACKAGE and made.is_complete():
            return made.folder
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    shelf = Path(tempfile.gettempdir()) / f"synth-test-encoder-{os.getuid()}"
    return prepare_encoder(shelf)
