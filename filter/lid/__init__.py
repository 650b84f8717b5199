"""Language identification that verifies: is this text in the language that was asked for?

1. `text` cleans (NFC, control characters, addresses) and pools the fields of a row;
2. `synth.scripts` counts letters: a wrong script settles it, one that only one of the 50 languages uses nearly so;
3. `english` and CLD2 measure how much of the text is English;
4. `detectors` read the text: CLD2 first, fastText second, langdetect last, each only where it is not settled yet;
5. `vote` counts what they say into right, wrong or cannot judge.

The numbers behind it, and the measured rates for each language, are in `docs/language_id.md`.
"""

from synth.filter.lid.judge import Judge
from synth.filter.lid.text import pool_fields
from synth.filter.lid.values import Answer, Judgement, Why

__all__ = ["Answer", "Judge", "Judgement", "Why", "pool_fields"]
