"""The embedded encoder: multilingual-e5-small out of a PyPI package, and sentence vectors from it.

Used as the student of demonstration runs, by the word aligner (`synth.align`) and by the optional similarity check.
"""

from synth.encoder.prepare import prepare_encoder
from synth.encoder.vectors import encode

__all__ = ["encode", "prepare_encoder"]
