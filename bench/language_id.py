"""Measure language identification: python bench/language_id.py --data ../shared/realdata/lid --out docs/language_id.md

The data is one file CODE.txt per language with a real sentence a line, such as the slices of FLORES and Tatoeba that
docs/language_id.md is made from. Blocks of three lines go to a fit half and a test half in turn, and both are reported.
With --out, the part of the file between the two `measured` marks is replaced.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.filter.lid import Answer, Judge
from synth.filter.lid.detectors import DetectorName
from synth.languages import LANGUAGES

MARKS = ("<!-- measured: begin -->", "<!-- measured: end -->")
HALVES = ("fit", "test")
ROUNDS = 5
Rates = dict[Answer, float]


@dataclass(frozen=True)
class Texts:
    """Real text of one language: blocks of three lines, those of even number in the fit half."""

    code: str
    blocks: tuple[tuple[str, ...], ...]

    def singles(self, half: str = "") -> list[str]:
        """Single lines of a half, or all."""
        return [line for block in self._half(half) for line in block]

    def joined(self, half: str = "") -> list[str]:
        """Three lines as one text."""
        return [" ".join(block) for block in self._half(half) if len(block) == 3]

    def _half(self, half: str) -> Sequence[tuple[str, ...]]:
        return self.blocks[HALVES.index(half) :: 2] if half else self.blocks


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of CODE.txt files")
    parser.add_argument("--out", type=Path, help="Markdown file whose measured part is replaced")
    parser.add_argument("--pairs", type=int, default=100, help="lines a language judged for each of the 49 others")
    parser.add_argument("--fasttext-model", type=Path, help="a model in place of lid.176.ftz")
    options = parser.parse_args()
    data = read(options.data)
    report = "\n\n".join(sections(data, Judge(fasttext_model=options.fasttext_model), options.pairs))
    print(report)
    if options.out:
        replace_measured(options.out, report)


def read(folder: Path) -> list[Texts]:
    """The texts of every language that has a file."""
    found = []
    for code in LANGUAGES:
        path = folder / f"{code}.txt"
        if path.is_file():
            lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
            found.append(Texts(code, tuple(tuple(lines[at : at + 3]) for at in range(0, len(lines), 3))))
    if not found:
        raise SystemExit(f"{folder} holds no CODE.txt file of the 50 languages. Name the folder with --data.")
    return found


def replace_measured(path: Path, report: str) -> None:
    """Put the report between the marks of a Markdown file."""
    before, rest = path.read_text("utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    path.write_text(f"{before}{MARKS[0]}\n{report}\n{MARKS[1]}{after}", encoding="utf-8")


def sections(data: list[Texts], judge: Judge, pairs: int) -> list[str]:
    """The parts of the report."""
    return [
        detectors_line(judge),
        table(("", *HALVES), summary(data, judge, pairs)),
        "### Per language\n\n" + language_table(data, judge),
        "### Without some of the detectors\n\n" + subset_table(data, min(pairs, 30)),
    ]


def detectors_line(judge: Judge) -> str:
    """What was measured with."""
    used = "; ".join(f"{name}: {', '.join(parts.values())}" for name, parts in judge.identity.items())
    return f"Detectors: {used}. Missing: {', '.join(judge.missing) or 'none'}."


def summary(data: list[Texts], judge: Judge, pairs: int) -> list[tuple[str, ...]]:
    """One row a goal, one column a half."""
    columns = [half_summary(data, judge, half, pairs) for half in HALVES]
    return [(name, *(column[name] for column in columns)) for name in columns[0]]


def half_summary(data: list[Texts], judge: Judge, half: str, pairs: int) -> dict[str, str]:
    """All goals on one half of the text."""
    single = {texts.code: rates(judge, texts.singles(half), texts.code) for texts in data}
    joined = {texts.code: rates(judge, texts.joined(half), texts.code) for texts in data}
    wrong = wrong_accepts(data, judge, half, pairs)
    english = next((texts for texts in data if texts.code == "en"), None)
    return {
        "correct text accepted, single sentence": percent(mean(single, Answer.RIGHT)),
        "- called wrong": percent(mean(single, Answer.WRONG)),
        "- cannot judge": percent(mean(single, Answer.CANNOT_JUDGE)),
        "correct text accepted, three joined": percent(mean(joined, Answer.RIGHT)),
        "lowest languages, single": lowest(single),
        "lowest languages, three joined": lowest(joined),
        "wrong language accepted (id/ms apart)": percent(off_pair(wrong), 3),
        "English accepted as another language": percent(mean_of([p for (a, _), p in wrong.items() if a == "en"]), 3),
        "pairs accepted most (text as expected)": worst_pairs(wrong),
        "half-English accepted": percent(half_english(data, judge, english, half)) if english else "-",
        "texts/s, one process": speed(data, judge, half),
    }


def rates(judge: Judge, texts: list[str], code: str) -> Rates:
    """Share of each answer."""
    answers = Counter(judgement.answer for judgement in judge.judge_batch(texts, [code] * len(texts)))
    return {answer: answers[answer] / max(1, len(texts)) for answer in Answer}


def wrong_accepts(data: list[Texts], judge: Judge, half: str, pairs: int) -> dict[tuple[str, str], float]:
    """For each (language of the text, expected language): share accepted, on lines spread over the half."""
    found = {}
    for texts in data:
        lines = texts.singles(half)
        lines = lines[:: max(1, len(lines) * len(HALVES) // pairs)]
        for other in data:
            if other.code != texts.code:
                found[texts.code, other.code] = rates(judge, lines, other.code)[Answer.RIGHT]
    return found


def half_english(data: list[Texts], judge: Judge, english: Texts, half: str) -> float:
    """Share accepted of sentences whose second half is of the English line of the same number; macro average."""
    found = []
    for texts in data:
        if texts.code != "en":
            mixed = [mix(line, other) for line, other in zip(texts.singles(half), english.singles(half), strict=False)]
            found.append(rates(judge, mixed, texts.code)[Answer.RIGHT])
    return mean_of(found)


def mix(line: str, english: str) -> str:
    """First half of a line (by words, or letters where there are no spaces), second half of an English one."""
    words, others = line.split(), english.split()
    start = " ".join(words[: len(words) // 2]) if len(words) > 3 else line[: len(line) // 2]
    return f"{start} {' '.join(others[len(others) // 2 :])}"


def speed(data: list[Texts], judge: Judge, half: str) -> str:
    """Single sentences a second of processor time, median of some rounds."""
    lines = [(line, texts.code) for texts in data for line in texts.singles(half)]
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        judge.judge_batch([line for line, _ in lines], [code for _, code in lines])
        seconds.append(time.process_time() - start)
    return f"{len(lines) / sorted(seconds)[ROUNDS // 2]:,.0f}"


def language_table(data: list[Texts], judge: Judge) -> str:
    """A row a language: the vote on both halves, and each detector with the script alone."""
    alone = {name: Judge([name]) for name in DetectorName if str(name) not in judge.missing}
    head = ("language", "lines", "vote 1", "vote 1 test", "vote 3", "vote 3 test", "wrong 1", "cannot judge 1")
    return table(
        (*head, *(f"only {name} 1 / 3" for name in alone)), [language_row(texts, judge, alone) for texts in data]
    )


def language_row(texts: Texts, judge: Judge, alone: dict[DetectorName, Judge]) -> tuple[str, ...]:
    """The row of one language."""
    code, single = texts.code, rates(judge, texts.singles(), texts.code)
    cells = [
        single[Answer.RIGHT],
        rates(judge, texts.singles("test"), code)[Answer.RIGHT],
        rates(judge, texts.joined(), code)[Answer.RIGHT],
        rates(judge, texts.joined("test"), code)[Answer.RIGHT],
        single[Answer.WRONG],
        single[Answer.CANNOT_JUDGE],
    ]
    others = [alone_cell(texts, name, one) for name, one in alone.items()]
    return (code, str(len(texts.singles())), *(percent(cell) for cell in cells), *others)


def alone_cell(texts: Texts, name: DetectorName, judge: Judge) -> str:
    """Single and joined acceptance of script and one detector, with its coverage where that is not full."""
    single, joined = (rates(judge, lines, texts.code)[Answer.RIGHT] for lines in (texts.singles(), texts.joined()))
    coverage = judge.coverage(texts.code)[name]
    return f"{percent(single)} / {percent(joined)}" + ("" if coverage == "knows" else f" ({coverage})")


def subset_table(data: list[Texts], pairs: int) -> str:
    """How the vote does with fewer detectors."""
    rows = []
    for names in (["cld2", "fasttext"], ["cld2"], ["fasttext", "langdetect"], ["fasttext"], ["langdetect"], []):
        judge = Judge(names)
        single = {texts.code: rates(judge, texts.singles(), texts.code) for texts in data}
        wrong = off_pair(wrong_accepts(data, judge, "", pairs * len(HALVES)))
        unjudged = [code for code, found in single.items() if found[Answer.CANNOT_JUDGE] > 0.5]
        share = (percent(mean(single, answer)) for answer in Answer)
        rows.append((" + ".join(names) or "script alone", *share, percent(wrong, 3), " ".join(unjudged) or "none"))
    head = ("detectors", "accepted", "called wrong", "cannot judge", "wrong accepted", "over half cannot be judged")
    return table(head, rows)


def off_pair(wrong: dict[tuple[str, str], float]) -> float:
    """Mean over pairs of different languages, id and ms left out."""
    return mean_of([share for pair, share in wrong.items() if set(pair) != {"id", "ms"}])


def worst_pairs(wrong: dict[tuple[str, str], float]) -> str:
    """The ten pairs accepted most often."""
    worst = sorted(wrong, key=lambda pair: -wrong[pair])[:10]
    return ", ".join(f"{text} as {expected} {percent(wrong[text, expected])}" for text, expected in worst)


def lowest(found: dict[str, Rates]) -> str:
    """The five languages accepted least."""
    worst = sorted(found, key=lambda code: found[code][Answer.RIGHT])[:5]
    return ", ".join(f"{code} {percent(found[code][Answer.RIGHT])}" for code in worst)


def mean(found: dict[str, Rates], answer: Answer) -> float:
    """Macro average over languages."""
    return mean_of([shares[answer] for shares in found.values()])


def mean_of(values: Sequence[float]) -> float:
    """Arithmetic mean; 0 of nothing."""
    return sum(values) / max(1, len(values))


def percent(share: float, digits: int = 1) -> str:
    """A share as a number of per cent."""
    return f"{100 * share:.{digits}f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
