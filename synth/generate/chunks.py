"""Cutting a run into chunks: bounded, idempotent pieces of work that can be done anywhere and in any order.

A chunk holds rows of one family of tasks (squad_v1 and squad_v2 share paragraphs, anli_plus and mnli share premises) in
one language. Rows that share a paragraph or premise are never divided, so whatever can be shared is shared inside a
chunk, and a chunk needs nothing from another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from synth.corpus.files import fingerprint
from synth.corpus.layout import Part
from synth.outcomes import Kind
from synth.sources.base import Example
from synth.tasks import get_task

CHUNK_ROWS = 512


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of work.

    `examples` holds the English examples of all member tasks; `kinds` what is made of each. `fingerprint` is of
    everything that decides the result: the corpus' identity, language, kinds and the examples themselves.
    """

    family: str
    lang: str
    number: int
    kinds: tuple[Kind, ...]
    examples: tuple[Example, ...]
    fingerprint: str

    @property
    def tasks(self) -> tuple[str, ...]:
        """Member tasks that have rows here, in the order of their first row."""
        return tuple(dict.fromkeys(example.task for example in self.examples))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The files that the chunk becomes."""
        return tuple(Part(task, self.lang, kind, self.number) for task in self.tasks for kind in self.kinds)

    @property
    def owner(self) -> Part:
        """The part beside which the chunk's journal lies."""
        return self.parts[0]

    @property
    def rows(self) -> int:
        """Rows that the chunk makes."""
        return len(self.examples) * len(self.kinds)

    def groups(self) -> dict[tuple[str, str], tuple[Example, ...]]:
        """Examples by (family, shared text); those of tasks that share nothing stand alone."""
        found: dict[tuple[str, str], list[Example]] = {}
        for example in self.examples:
            found.setdefault(group_of(example), []).append(example)
        return {key: tuple(members) for key, members in found.items()}


def group_of(example: Example) -> tuple[str, str]:
    """What an example shares with others: its paragraph or premise; else itself."""
    task = get_task(example.task)
    if task.group_column:
        return task.family, str(example.row[task.group_column])
    return example.task, example.source_id


def batches(examples: Sequence[Example], rows: int = CHUNK_ROWS) -> Iterator[tuple[Example, ...]]:
    """Cut examples of one family into batches of about `rows`, groups undivided, in order of first appearance."""
    groups: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        groups.setdefault(group_of(example), []).append(example)
    batch: list[Example] = []
    for members in groups.values():
        if batch and len(batch) + len(members) > rows:
            yield tuple(batch)
            batch = []
        batch += members
    if batch:
        yield tuple(batch)


def make_chunks(
    examples: Mapping[str, Sequence[Example]], languages: Sequence[str], kinds: Sequence[Kind], identity: str
) -> Iterator[Chunk]:
    """All chunks of a run, language by language, in a fixed order.

    Args:
        examples: Sampled examples by task.
        languages: Target languages; English only takes part where the kind is paraphrase.
        kinds: Translation, paraphrase or both.
        identity: Fingerprint of the corpus' configuration.
    """
    families = list(by_family(examples))
    for lang in languages:
        wanted = tuple(kind for kind in kinds if lang != "en" or kind is Kind.PARAPHRASE)
        for family, members in families:
            yield from _family_chunks(family, members, lang, wanted, identity)


def source_chunks(examples: Mapping[str, Sequence[Example]], identity: str) -> Iterator[Chunk]:
    """The chunks of English source rows; they need no teacher."""
    for family, members in by_family(examples):
        yield from _family_chunks(family, members, "en", (Kind.SOURCE,), identity)


def by_family(examples: Mapping[str, Sequence[Example]]) -> Iterator[tuple[str, list[Example]]]:
    """Examples of tasks that share source text, together."""
    families: dict[str, list[Example]] = {}
    for task, members in examples.items():
        families.setdefault(get_task(task).family, []).extend(members)
    yield from families.items()


def _family_chunks(
    family: str, members: Sequence[Example], lang: str, kinds: tuple[Kind, ...], identity: str
) -> Iterator[Chunk]:
    for number, batch in enumerate(batches(members)):
        usable = tuple(kind for kind in kinds if kind is not Kind.PARAPHRASE or family != "ccg")
        if usable:
            yield make_chunk(identity, family, lang, number, usable, batch)


def make_chunk(
    identity: str, family: str, lang: str, number: int, kinds: tuple[Kind, ...], batch: tuple[Example, ...]
) -> Chunk:
    """One chunk, with the fingerprint of everything that decides its result."""
    content = [[example.task, example.source_id, example.row] for example in batch]
    mark = fingerprint([identity, family, lang, [str(kind) for kind in kinds], content])
    return Chunk(family, lang, number, kinds, batch, mark)
