"""Text for the arm `english+mlm`: passages of many languages, the n-th of which follows from n and the seed alone.

Languages are drawn by their share of passages to the power `exponent`, as XLM-R samples its corpus (Conneau et al.
2020, section 3.1, 0.3). Passages are drawn with replacement. Where a passage begins in its file is in memory (8 bytes
each), its text is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synth.corpus.files import sha256_file
from synth.errors import BadSource
from synth.languages import LANGUAGES
from synth.train.hashing import mixed, salt, unit
from synth.train.mixing import language_shares

if TYPE_CHECKING:
    from synth.train.hashing import Ints


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage and its language."""

    lang: str
    text: str


class MlmText:
    """The passages of a folder with one LANG.txt a language, a passage a line (UTF-8, blank lines skipped).

    Args:
        folder: The folder.
        exponent: 1 draws languages in proportion to their passages, 0 all alike.
        seed: Of the run.

    Raises:
        BadSource: The folder has no such files, or an empty one.
    """

    def __init__(self, folder: Path, exponent: float, seed: int) -> None:
        self.files = text_files(folder)
        self.seed = seed
        self._starts = {lang: _line_starts(path) for lang, path in self.files.items()}
        sizes = {lang: len(starts) for lang, starts in self._starts.items()}
        self.shares = language_shares(
            sizes, "temperature" if exponent else "uniform", 1 / exponent if exponent else 1.0
        )

    def passage(self, number: int) -> Passage:
        """The passage of this number in the run."""
        import numpy as np

        at = np.array([number], dtype=np.uint64)
        luck = float(unit(mixed(at, salt("mlm language", self.seed)))[0])
        langs = list(self.shares)
        place = int(np.searchsorted(np.cumsum(list(self.shares.values())), luck))
        lang = langs[min(place, len(langs) - 1)]
        starts = self._starts[lang]
        index = int(mixed(at, salt("mlm passage", lang, self.seed))[0] % np.uint64(len(starts)))
        with self.files[lang].open("rb") as stream:
            stream.seek(int(starts[index]))
            return Passage(lang, stream.readline().decode("utf-8", "replace").strip())


def text_files(folder: Path) -> dict[str, Path]:
    """The file of each language.

    Raises:
        BadSource: There is none.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.txt")) if path.stem in LANGUAGES}
    if not found:
        raise BadSource(f"{folder} has no text: put one file a language there, such as es.txt, a passage a line")
    return found


def strays(folder: Path) -> list[str]:
    """Text files that are named after no language of ours, so that nobody wonders why `iw.txt` changes nothing."""
    return sorted(path.name for path in folder.glob("*.txt") if path.stem not in LANGUAGES)


def text_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file by language, for the run record.

    Raises:
        BadSource: There is none.
    """
    return {lang: sha256_file(path) for lang, path in text_files(folder).items()}


def _line_starts(path: Path) -> Ints:
    """Where each line that is not blank begins, in bytes."""
    import numpy as np

    starts, at = [], 0
    with path.open("rb") as stream:
        for line in stream:
            if line.strip():
                starts.append(at)
            at += len(line)
    if not starts:
        raise BadSource(f"{path.name} holds no passage; fill it or take it out of the folder")
    return np.array(starts, dtype=np.int64)
