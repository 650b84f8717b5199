"""Tatoeba and BUCC: files that belong together by their names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from synth.errors import BadSource
from synth.evaluate.tasks.items import Candidate
from synth.sources.files import DataFile, first_broken, lines
from synth.sources.readers import Item, Record

_ENOUGH_TO_TELL = 20  # lines; as many sentences are not in alphabetical order by chance


def english_side(foreign: Path, lang: str) -> Path:
    """The English file beside a foreign one: `tatoeba.deu-eng.eng`, `de-en.en`, `zh-en.dev.en`.

    Raises:
        BadSource: There is none.
    """
    options = [foreign.with_suffix(suffix) for suffix in (".eng", ".en")]
    found = next((path for path in options if path.is_file() and path != foreign), None)
    if found is None:
        raise BadSource(
            f"{foreign.name}: there is no English file beside it for {lang}; put {options[0].name} or "
            f"{options[1].name} into the same folder"
        )
    return found


def read_bitext(file: DataFile, english: DataFile) -> tuple[list[Item], tuple[Candidate, ...]]:
    """Queries (English) and candidates (foreign) of Tatoeba; the gold of a line is the same line of the other file.

    The id of a sentence is its line number, counted from 0: that is what XTREME's label files hold. Queries come in the
    alphabetical order of XTREME's copy, which its label and submission files follow.

    Raises:
        BadSource: The files differ in length, or are XTREME's copy, whose English side was sorted to hide the gold.
    """
    theirs = [text for _, text in _checked(file)]
    ours = [text for _, text in _checked(english)]
    if len(theirs) != len(ours):
        raise BadSource(
            f"{file.name} has {len(theirs)} lines and {english.name} {len(ours)}; they must be parallel: get them again"
        )
    if len(ours) >= _ENOUGH_TO_TELL and ours == sorted(ours):
        raise BadSource(
            f"{english.name} is in alphabetical order: XTREME's preprocessing sorts it to hide which sentence belongs "
            "to which; give LASER's original files (tatoeba.xxx-eng.eng)"
        )
    items: list[Item] = [
        Record(f"line {row + 1}", {"id": str(row), "text": text.strip(), "gold": [str(row)]})
        for text, row in sorted((text.strip(), row) for row, text in enumerate(ours))
    ]
    return items, tuple(Candidate(str(row), "", text.strip()) for row, text in enumerate(theirs))


def read_bucc(file: DataFile, english: DataFile, gold: DataFile) -> tuple[list[Item], tuple[Candidate, ...]]:
    """Queries (foreign sentences) and candidates (English ones); gold is empty for a sentence without translation.

    Raises:
        BadSource: The gold is empty, or names sentences that are not there; leaving them out would raise the recall, or
            they could never be found.
    """
    pairs: dict[str, list[str]] = {}
    for _, line in lines(gold):
        if line.strip():
            source, _, target = line.strip().partition("\t")
            pairs.setdefault(source, []).append(target)
    if not pairs:
        raise BadSource(f"{gold.name} names no pair: nothing could be scored; get the gold of the original release")
    sentences, targets = list(_sentences(file)), list(_sentences(english))
    for side, wanted, there in (
        (file, set(pairs), sentences),
        (english, {one for found in pairs.values() for one in found}, targets),
    ):
        absent = wanted - {name for _, name, _ in there}
        if absent:
            raise BadSource(
                f"{gold.name} has {len(absent)} pairs of sentences that {side.name} lacks, such as {min(absent)}; they "
                "belong to other files: get all three together"
            )
    items: list[Item] = [
        Record(f"line {number}", {"id": name, "text": text, "gold": pairs.get(name, [])})
        for number, name, text in sentences
    ]
    return items, tuple(Candidate(name, "en", text) for _, name, text in targets)


def _checked(file: DataFile) -> Iterator[tuple[int, str]]:
    """Lines of a file all of which are needed: one that is no text is refused, for leaving it out shifts the others."""
    for number, line in lines(file):
        if first_broken(line) is not None:
            raise BadSource(f"{file.name}, line {number}: bytes that are not text in {file.encoding}; get it again")
        yield number, line


def _sentences(file: DataFile) -> Iterator[tuple[int, str, str]]:
    for number, line in _checked(file):
        if line.strip():
            name, _, text = line.partition("\t")
            yield number, name.strip(), text.strip()
