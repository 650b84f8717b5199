"""The source examples that the arms of a recipe share, task by task.

Two strategies. `intersection` (the default) takes the examples that every language of every arm kept: what a teacher
loses is not random (3 to 13 % of answer spans, the long and inflected ones first; small languages most), so with
anything else an arm would differ from another in the difficulty of its examples as well as in their language. It is
what a reviewer would ask for; and where it leaves too little, the languages that cost the most are named. `drawn` takes
the examples that at least one language of every arm kept; each is then drawn in a language that kept it. All arms still
have the same source examples, but which language an example appears in depends on what was lost.

One cell's ids are in memory at a time, beside one counter for each English example.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synth.errors import BadSource, CheckFailed
from synth.outcomes import Kind
from synth.train.arm_names import COMPONENTS, Arm, ArmName, Component
from synth.train.corpora import Cell, Corpus, cells_of
from synth.train.hashing import id64, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synth.train.hashing import Ids
    from synth.train.recipe import Recipe

_NAMED = 5  # languages that a message names


@dataclass(frozen=True, slots=True)
class Slot:
    """The cells of one component and language (several corpora may share a language), and how many rows they keep."""

    component: str
    lang: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class TaskMatch:
    """What the arms share of one task.

    Args:
        task: The task.
        english: English source examples in the corpora.
        ids: The matched examples, sorted.
        slots: By component: its languages, in order.
        kept: Rows by component and language, before matching.
        cost: Examples that would be matched besides, were this language left out of this component.
    """

    task: str
    english: int
    ids: Ids
    slots: Mapping[str, tuple[Slot, ...]]
    kept: Mapping[tuple[str, str], int]
    cost: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Matched examples of the English ones."""
        return len(self.ids) / self.english if self.english else 0.0

    def costliest(self) -> list[tuple[str, str, int]]:
        """Component, language and examples that it costs, the costliest first."""
        found = sorted(((count, *key) for key, count in self.cost.items() if count), reverse=True)
        return [(component, lang, count) for count, component, lang in found]


def match_task(corpora: Sequence[Corpus], recipe: Recipe, task: str) -> TaskMatch:
    """The examples of a task that all arms of a recipe share.

    Raises:
        BadSource: The corpora lack the task, a language or a kind that an arm needs.
        CheckFailed: Two corpora mean different examples by one source id, or too few examples are left.
    """
    components = needed_components(recipe.arms)
    slots = {name: slots_of(corpora, recipe, task, name) for name in components}
    english = _english_ids(slots[ArmName.ENGLISH][0].cells)
    match = _match(task, english, slots, recipe.matching.strategy)
    _require_enough(match, recipe)
    return match


def needed_components(arms: Sequence[Arm]) -> list[str]:
    """The components of all arms, the English source rows always among them: they say what the examples are."""
    used = {name for arm in arms for name in arm.mixture}
    return [name for name in COMPONENTS if name in used or name == ArmName.ENGLISH]


def slots_of(corpora: Sequence[Corpus], recipe: Recipe, task: str, component: str) -> tuple[Slot, ...]:
    """The languages of a component for a task.

    Raises:
        BadSource: There are none, or one that the recipe names is missing.
    """
    by_lang: dict[str, list[Cell]] = {}
    for cell in cells_of(corpora, task, COMPONENTS[component]):
        by_lang.setdefault(cell.lang, []).append(cell)
    codes = recipe.languages.codes
    wanted = sorted(by_lang) if COMPONENTS[component].english or "all" in codes else sorted(set(codes))
    missing = [lang for lang in wanted if lang not in by_lang]
    if not wanted or missing:
        raise BadSource(_absent(task, component, missing, by_lang))
    return tuple(Slot(component, lang, tuple(by_lang[lang])) for lang in wanted)


def _absent(task: str, component: str, missing: list[str], by_lang: Mapping[str, Any]) -> str:
    what = f"{task} of the arm part '{component}'"
    if component == ArmName.ENGLISH:
        return f"the corpora have no English source rows of {task}; name a corpus with them under `corpora`"
    if not by_lang:
        hint = "import" if component == ArmName.MULTILINGUAL_MT else f"generate --kind {_kind(COMPONENTS[component])}"
        return f"the corpora have no {what}; make some with `synth {hint}`, or leave the arm out"
    return f"the corpora have no {what} in {', '.join(missing)}; there are {', '.join(sorted(by_lang))}"


def _kind(component: Component) -> str:
    return "paraphrase" if component.kind is Kind.PARAPHRASE else "translation"


def _english_ids(cells: Sequence[Cell]) -> Ids:
    """Ids of the English examples; the same id must mean the same example in every corpus."""
    import numpy as np

    ids = contents = np.zeros(0, dtype=np.uint64)
    for cell in cells:
        found, told = _contents(cell)
        both, left, right = np.intersect1d(ids, found, assume_unique=True, return_indices=True)
        different = both[contents[left] != told[right]]
        if len(different):
            raise CheckFailed(
                f"{cell.name} holds other English text under {len(different):,} source ids that another corpus has too;"
                " train on corpora that were made from the same release of the data"
            )
        ids, places = np.unique(np.concatenate([ids, found]), return_index=True)
        contents = np.concatenate([contents, told])[places]
    return ids


def _contents(cell: Cell) -> tuple[Ids, Ids]:
    """Sorted ids of a cell and, for each, a number that stands for the text of its row."""
    import numpy as np

    from synth.tasks import get_task

    texts = [column.name for column in get_task(cell.task).columns if column.policy not in ("keep", "copy")]
    pairs = [
        (id64(row["synth_source_id"]), id64(repr([row[name] for name in texts])))
        for row in cell.rows(["synth_source_id", *texts])
    ]
    both = np.array(pairs, dtype=np.uint64).reshape(-1, 2)
    ids, places = np.unique(both[:, 0], return_index=True)
    return ids, both[places, 1]


def _match(task: str, english: Ids, slots: Mapping[str, tuple[Slot, ...]], strategy: str) -> TaskMatch:
    """Count, for every English example, the slots of each component that have it."""
    import numpy as np

    kept: dict[tuple[str, str], int] = {}
    fine = np.ones(len(english), dtype=np.bool_)
    lacking = np.zeros(len(english), dtype=np.int32)  # slots that lack the example
    for name, own in slots.items():
        having = np.zeros(len(english), dtype=np.int32)
        for slot in own:
            there = in_slot(slot, english)
            kept[(name, slot.lang)] = int(there.sum())
            having += there
            lacking += ~there
        fine &= having == len(own) if strategy == "intersection" else having > 0
    cost = _costs(english, slots, lacking == 1) if strategy == "intersection" else {}
    return TaskMatch(task, len(english), english[fine], slots, kept, cost)


def in_slot(slot: Slot, ids: Ids) -> NDArray[Any]:
    """Which of the examples a slot has."""
    import numpy as np

    there = np.zeros(len(ids), dtype=np.bool_)
    for cell in slot.cells:
        there |= within(ids, cell.ids())
    return there


def _costs(english: Ids, slots: Mapping[str, tuple[Slot, ...]], lacks_one: NDArray[Any]) -> dict[tuple[str, str], int]:
    """Examples that a single slot keeps out: those that only it lacks."""
    alone = english[lacks_one]
    if not len(alone):
        return {}
    return {
        (name, slot.lang): int((~in_slot(slot, alone)).sum())
        for name, own in slots.items()
        if name != ArmName.ENGLISH
        for slot in own
    }


def _require_enough(match: TaskMatch, recipe: Recipe) -> None:
    if len(match.ids) and match.share >= recipe.matching.min_share:
        return
    numbers = f"{len(match.ids):,} of {match.english:,} English examples of {match.task} ({match.share:.0%})"
    costly = "; ".join(f"{lang} ({component}) alone costs {n:,}" for component, lang, n in match.costliest()[:_NAMED])
    least = sorted((count, *key) for key, count in match.kept.items())[:_NAMED]
    poorest = ", ".join(f"{lang} ({component}) {count:,}" for count, component, lang in least)
    raise CheckFailed(
        f"matching the arms leaves {numbers}, less than the {recipe.matching.min_share:.0%} of `matching.min_share`. "
        f"Kept fewest: {poorest}. {costly + '. ' if costly else ''}Leave languages out with `languages.codes`, take "
        "`matching.strategy: drawn`, or lower `matching.min_share` if that is enough for you"
    )
