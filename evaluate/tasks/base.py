"""What a target task is: languages, splits, sizes, English training data, licence, places, metric, and its relatives.

Languages are those of the official code (`evaluate.py`, google-research/xtreme at 838c13b), which is the arbiter where
the papers' tables differ from it. Sizes were counted in the released files (docs/evaluate.md names where).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from synth.evaluate.tasks.items import Fields, Item
from synth.tasks.base import Licence


class Suite(StrEnum):
    """The benchmark whose overall score a task enters."""

    XTREME_R = "xtreme-r"
    XTREME = "xtreme"  # version 1 only: PAWS-X and BUCC


class Group(StrEnum):
    """Groups of the XTREME papers, for tables."""

    CLASSIFICATION = "classification"
    TAGGING = "tagging"
    QA = "qa"
    RETRIEVAL = "retrieval"


class Form(StrEnum):
    """The structure of items; it decides head, reader and shape of predictions."""

    PAIR = "pair"
    CHOICE = "choice"
    TAGS = "tags"
    SPAN = "span"
    BITEXT = "bitext"  # each English sentence has one counterpart
    MINING = "mining"  # few sentences have a counterpart
    LINKING = "linking"  # a mention and a million entities
    ANSWERS = "answers"  # a question and the sentences of all paragraphs


class Metric(StrEnum):
    """Official metric of a cell (one task, one language), all of them 0 to 100."""

    ACCURACY = "accuracy"
    SPAN_F1 = "span_f1"  # seqeval 0.0.12, micro
    SQUAD = "squad"  # mean of F1 and EM, SQuAD v1.1 script
    MLQA = "mlqa"  # mean of F1 and EM, MLQA script
    PAIR_F1 = "pair_f1"
    MAP_20 = "map@20"
    MRR_20 = "mrr@20"


class Relation(StrEnum):
    """Whether an intermediate task is, in effect, the target's own English training data."""

    SAME = "same-task"
    CROSS = "cross-task"


@dataclass(frozen=True, slots=True)
class Training:
    """English data that the target is fine-tuned on; several stages are trained one after the other.

    `rows` is the number of examples, 0 when the task has no training.
    """

    name: str
    rows: int
    dev_rows: int = 0
    then: str = ""


@dataclass(frozen=True, slots=True)
class HubPlace:
    """Where `datasets` finds the task, loading data files only (no script).

    `repo`, `config` and the values of `splits` may hold `{lang}`, `{lang3}` and `{name}` (the language's English name).
    `languages` is empty when the place has all of the task's. `note` says what differs from the official files; `mixed`
    what else the sets of these languages hold, which is told whenever one of them is read.
    """

    repo: str
    config: str | None
    splits: Mapping[str, str]
    languages: tuple[str, ...] = ()
    revision: str | None = None
    note: str = ""
    mixed: str = ""

    def holds(self, lang: str, split: str) -> bool:
        """Whether the place has this split of this language."""
        return split in self.splits and (not self.languages or lang in self.languages)


@dataclass(frozen=True, slots=True)
class EvalTask:
    """One target task.

    Args:
        name: Folder name in XTREME's submission layout, and the command line's name.
        title: The name in papers.
        suite: Whose overall score it enters.
        group: For tables.
        form: Structure of items.
        metric: Official metric.
        languages: In the order of the official code, which is the order of summation.
        split: The split that is reported.
        sizes: Items of that split by language.
        training: English training data, in stages.
        licence: Terms of the data.
        hub: Places, best first.
        shape: From one record of a file to an item; None in place of an item that has no gold.
        labels: Label words in class order; tag set for tagging.
        same_task: Intermediate tasks whose examples are this target's own training data (or hold them).
        paper: Where it was published.
        note: Quirks a reader of results must know.
    """

    name: str
    title: str
    suite: Suite
    group: Group
    form: Form
    metric: Metric
    languages: tuple[str, ...]
    split: str
    sizes: Mapping[str, int]
    training: tuple[Training, ...]
    licence: Licence
    hub: tuple[HubPlace, ...]
    shape: Callable[[Fields, str], Item]
    labels: tuple[str, ...] = ()
    same_task: frozenset[str] = frozenset()
    paper: str = ""
    note: str = ""
    dev_sizes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def extension(self) -> str:
        """File extension in XTREME's submission layout."""
        if self.form in {Form.SPAN, Form.LINKING, Form.ANSWERS}:
            return "json"
        return "jsonl" if self.form is Form.CHOICE else "tsv"

    @property
    def pooled(self) -> bool:
        """Whether the task score is the mean over all items of all languages instead of the mean over languages."""
        return self.form is Form.ANSWERS

    def relation(self, intermediate: str) -> Relation:
        """Same-task or cross-task, for one of the nine intermediate tasks."""
        return Relation.SAME if intermediate in self.same_task else Relation.CROSS

    def small(self, lang: str, items: int | None = None) -> bool:
        """Whether this test set is too small to be read alone: 150 items or fewer.

        At 150 items and 75 % accuracy the standard error is 3.5 points; that marks POS mr 47, tl 55, yo 100, ta 120 and
        te 146, and NER's six languages of 100 sentences. `items` overrides the official size.
        """
        size = self.sizes.get(lang, 0) if items is None else items
        return 0 < size <= SMALL_SET


SMALL_SET = 150


def per_language(languages: tuple[str, ...], size: int, **others: int) -> Mapping[str, int]:
    """The same size for every language, but for some; Python's keyword `is` and `in` are no languages here."""
    return MappingProxyType({lang: others.get(lang, size) for lang in languages})


def codes(text: str) -> tuple[str, ...]:
    """Words separated by spaces: a list of languages that can be compared with the official code at a glance."""
    return tuple(text.split())


# What holds MNLI, or SQuAD v1.1, among the nine intermediate tasks.
MNLI_FAMILY = frozenset({"mnli", "anli_plus"})
SQUAD_FAMILY = frozenset({"squad_v1", "squad_v2"})
