"""Language identification on text that it was not made from: python bench/language_id_other.py ../shared/realdata

Reads the slices of XTREME-R in a folder (their original formats), leaves out every line that is also in its `lid/`, and
prints for each set how much correct text is accepted, how much is called wrong, and how many half-English lines pass
(the second half of a line of the same set in English). Results: docs/language_id.md.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from language_id import Texts, half_english, lowest, mean, percent, rates, table

from synth.filter.lid import Answer, Judge
from synth.languages import LANGUAGES

LINES = 700  # of a language and set, at most
LEAST = 20  # lines that a rate is made of
Lines = Iterator[tuple[str, str]]  # language code and text
ISO3 = {iso: code for code, language in LANGUAGES.items() for iso in language.iso_members}


def main() -> None:
    """Read, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder with xnli/, tatoeba/, lid/ and so on")
    folder = parser.parse_args().folder
    known = {line.strip() for path in (folder / "lid").glob("*.txt") for line in path.read_text("utf-8").splitlines()}
    judge = Judge()
    rows = [row(name, gather(read(folder), known), judge) for name, read in SETS.items()]
    head = ("text", "languages", "single", "three joined", "called wrong", "lowest", "half-English", "highest")
    print(table(head, rows))


def gather(lines: Lines, known: set[str]) -> list[Texts]:
    """Blocks of three lines a language, none of them known or seen before."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for code, text in lines:
        flat = " ".join(text.split())
        if flat and flat not in known:
            found[code][flat] = None
    kept = {code: list(texts)[:LINES] for code, texts in found.items() if len(texts) >= LEAST}
    return [
        Texts(code, tuple(tuple(each[at : at + 3]) for at in range(0, len(each), 3))) for code, each in kept.items()
    ]


def row(name: str, data: list[Texts], judge: Judge) -> tuple[str, ...]:
    """One line of the table."""
    english = next((texts for texts in data if texts.code == "en"), None)
    single = {texts.code: rates(judge, texts.singles(), texts.code) for texts in data}
    joined = {texts.code: rates(judge, texts.joined(), texts.code) for texts in data}
    half = {t.code: half_english([t], judge, english, "") for t in data if t.code != "en"} if english else {}
    worst = sorted(half, key=lambda code: -half[code])[:3]
    return (
        name,
        str(len(data)),
        percent(mean(single, Answer.RIGHT)),
        percent(mean(joined, Answer.RIGHT)),
        percent(mean(single, Answer.WRONG), 2),
        lowest(single),
        percent(sum(half.values()) / len(half)) if half else "-",
        ", ".join(f"{code} {percent(half[code])}" for code in worst),
    )


def tsv(pattern: str, column: int) -> Callable[[Path], Lines]:
    """A column of files whose names begin with `dev-CODE.`."""

    def read(folder: Path) -> Lines:
        for path in sorted(folder.glob(pattern)):
            for line in path.read_text("utf-8").split("\n"):
                cells = line.split("\t")
                if len(cells) > column:
                    yield path.name[4:6], cells[column]

    return read


def squad(pattern: str, code: str, contexts: bool) -> Callable[[Path], Lines]:
    """Questions or paragraphs of SQuAD files; `code` finds the language in a file's name."""

    def read(folder: Path) -> Lines:
        for path in sorted(folder.glob(pattern)):
            found = re.search(code, path.name)
            for article in json.loads(path.read_text("utf-8"))["data"] if found else ():
                for part in article["paragraphs"]:
                    texts = [part["context"]] if contexts else [each["question"] for each in part["qas"]]
                    yield from ((found[1], text) for text in texts)  # type: ignore[index]

    return read


def choices(*keys: str) -> Callable[[Path], Lines]:
    """Fields of XCOPA, and of the English COPA beside it."""

    def read(folder: Path) -> Lines:
        paths = [*sorted((folder / "xcopa").rglob("*.jsonl")), *sorted((folder / "copa_en").glob("*.jsonl"))]
        for path in paths:
            code = re.split(r"[.-]", path.stem)[-1]
            for line in path.read_text("utf-8").splitlines():
                item = json.loads(line)
                yield from ((code, item[key]) for key in keys)

    return read


def tatoeba(folder: Path) -> Lines:
    """The sentences of every language, and those of one pair in English."""
    for path in sorted((folder / "tatoeba").iterdir()):
        code = ISO3.get(path.suffix[1:], "")
        if code and (code != "en" or path.name == "tatoeba.deu-eng.eng"):
            yield from ((code, line) for line in path.read_text("utf-8").split("\n"))


def treebanks(folder: Path) -> Lines:
    """Sentences of Universal Dependencies, by the `# text` lines."""
    for path in sorted((folder / "udpos").glob("*.conllu")):
        lines = path.read_text("utf-8").split("\n")
        yield from ((path.name.split("_")[0], line[9:]) for line in lines if line.startswith("# text = "))


XQUAD, MLQA, TYDI = r"xquad\.(..)\.", r"question-(..)\.", r"goldp\.(..)\.dev"
SETS: dict[str, Callable[[Path], Lines]] = {
    "Tatoeba": tatoeba,
    "Universal Dependencies": treebanks,
    "XCOPA, premise": choices("premise"),
    "XCOPA, choices": choices("choice1", "choice2"),
    "XNLI dev, premise": tsv("xnli/*.tsv", 0),
    "XNLI dev, hypothesis": tsv("xnli/*.tsv", 1),
    "PAWS-X dev": tsv("pawsx/*.tsv", 0),
    "XQuAD, questions": squad("xquad/*.json", XQUAD, False),
    "XQuAD, paragraphs": squad("xquad/*.json", XQUAD, True),
    "MLQA, questions": squad("mlqa/*.json", MLQA, False),
    "MLQA, paragraphs": squad("mlqa/*.json", MLQA, True),
    "TyDi QA, questions": squad("tydiqa/*.json", TYDI, False),
    "TyDi QA, paragraphs": squad("tydiqa/*.json", TYDI, True),
}


if __name__ == "__main__":
    main()
