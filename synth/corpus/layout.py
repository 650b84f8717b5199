"""Where everything of a corpus lies (docs/corpus.md draws it)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synth.outcomes import Kind

PART_NAME = re.compile(r"^(part|paraphrase)-(\d{5,})\.parquet$")


@dataclass(frozen=True, slots=True)
class Part:
    """One chunk's file of one task, language and kind."""

    task: str
    lang: str
    kind: Kind
    number: int

    @property
    def stem(self) -> str:
        """File name without its ending."""
        prefix = "paraphrase" if self.kind is Kind.PARAPHRASE else "part"
        return f"{prefix}-{self.number:05d}"


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below a corpus folder."""

    root: Path

    @property
    def description(self) -> Path:
        """corpus.yaml: what was asked."""
        return self.root / "corpus.yaml"

    @property
    def logs(self) -> Path:
        """The teacher's log files."""
        return self.root / "logs"

    def part(self, part: Part, stage: str = "generated") -> Path:
        """The Parquet file of a part."""
        return self.root / stage / part.task / part.lang / f"{part.stem}.parquet"

    def marker(self, part: Part, stage: str = "generated") -> Path:
        """The marker that makes a part exist."""
        return marker_of(self.part(part, stage))

    def journal(self, part: Part, redo: int = 0) -> Path:
        """Answers of the chunk in flight; each round of making rows again has its own file."""
        mark = f".redo-{redo}" if redo else ""
        return self.part(part).with_name(f"{part.stem}{mark}.journal.jsonl")

    def answers(self, family: str, part: Part) -> Path:
        """Raw answers of a finished chunk, by request key."""
        return self.root / "answers" / family / part.lang / f"{part.stem}.parquet"

    def parts(self, stage: str = "generated") -> Iterator[Part]:
        """Every part whose marker is there, in a stable order."""
        for path in sorted((self.root / stage).glob("*/*/*.parquet")):
            found = PART_NAME.match(path.name)
            if found and marker_of(path).is_file():
                task, lang = path.parent.parent.name, path.parent.name
                yield Part(task, lang, _kind(found[1], lang), int(found[2]))


def marker_of(path: Path) -> Path:
    """The marker beside a part."""
    return path.with_name(path.name.removesuffix(".parquet") + ".done.json")


def _kind(prefix: str, lang: str) -> Kind:
    if prefix == "paraphrase":
        return Kind.PARAPHRASE
    return Kind.SOURCE if lang == "en" else Kind.TRANSLATION
