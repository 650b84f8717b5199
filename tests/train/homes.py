"""A folder that `synth train` can work in: a little corpus and toy students."""

from __future__ import annotations

from pathlib import Path

from tests.train.little import Little, make
from tests.train.students import make_student


def make_home(root: Path, corpus: Little, *architectures: str) -> Path:
    """The folder, with the corpus by its name and each student by that of its architecture."""
    make(root, corpus)
    for architecture in architectures:
        make_student(root / architecture, architecture)
    return root
