"""Four times as many rows do not take four times the memory: text stays on disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_MAKE = """
import sys
from pathlib import Path
from tests.train import little
little.CHUNK = 512
little.make(Path(sys.argv[1]), little.Little(rows=int(sys.argv[2]), english_text="Some more words. " * 20))
"""
_USE = """
import resource, sys
from pathlib import Path
from synth.manifest.store import read_manifest
from synth.train.arms import arm_data, match_recipe
from synth.train.corpora import Corpus
from tests.train.little import recipe
root = Path(sys.argv[1])
corpus = Corpus(read_manifest(root / "little" / "manifest.yaml"), root / "little")
asked = recipe([root / "little"], budget={"epochs": 1})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
data = arm_data(match_recipe([corpus], asked), asked, "multilingual", 0, root / "rows")
count = sum(len(data.load(batch)) for batch in data.batches())
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def peak(root: Path, rows: int) -> tuple[int, float]:
    """Rows read, and MiB that matching, writing and reading them took at most."""
    folder = root / str(rows)
    folder.mkdir()
    top = Path(__file__).resolve().parents[2]
    for script in (_MAKE, _USE):
        words = [sys.executable, "-c", script, str(folder), str(rows)]
        done = subprocess.run(words, cwd=top, capture_output=True, text=True, check=True)
    count, kibibytes = done.stdout.split()
    return int(count), int(kibibytes) / 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in KiB on Linux only")
def test_memory_does_not_grow_with_the_text(tmp_path: Path) -> None:
    few, many = peak(tmp_path, 2_000), peak(tmp_path, 24_000)
    assert (few[0], many[0]) == (2_000, 24_000)
    assert many[1] - few[1] < 35  # measured 14; 22,000 rows as dicts would be some 70
