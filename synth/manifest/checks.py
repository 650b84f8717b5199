"""What a check of a manifest finds: differences, each naming the place and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not hold."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def at_most(differences: Iterable[Difference], shown: int = SHOWN) -> Iterator[Difference]:
    """The first differences of one place, and how many more there are."""
    rest = iter(differences)
    last = None
    for difference in islice(rest, shown):
        last = difference
        yield difference
    more = sum(1 for _ in rest)
    if more and last:
        yield Difference(last.where, f"and {more:,} more differences of this kind")
