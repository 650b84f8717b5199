"""Everything that happens before the first step: corpora verified, examples matched, arms written and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.errors import BadFlag
from synth.tasks import get_task
from synth.tasks.base import Shape
from synth.train.architectures import Role, get_architecture
from synth.train.arm_names import ArmName
from synth.train.arms import ArmData, arm_data, match_recipe
from synth.train.corpora import Corpus, Progress, open_verified, refuse_same_names
from synth.train.encode.heads import Encoder, Limits, encoder_of, tag_numbers
from synth.train.encode.pieces import Cutter
from synth.train.encode.text import text_encoder
from synth.train.matching import MatchReport, compare, summarise
from synth.train.mixing import task_shares
from synth.train.recipe import BudgetUnit, Recipe

if TYPE_CHECKING:
    from synth.train.matched import TaskMatch


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a seed's runs start from.

    Args:
        arms: Rows of every arm, by its name.
        report: That the arms are matched.
        tags: By task: the number of each tag; empty for tasks without.
        manifests: Identity of every corpus by name, for the run record.
    """

    arms: Mapping[str, ArmData]
    report: MatchReport
    tags: Mapping[str, Mapping[str, int]]
    manifests: Mapping[str, str]


def prepare(
    recipe: Recipe, folder: Path, seed: int, tokenizer: Any = None,
    corpora: Sequence[Corpus] | None = None, cache_dir: Path | None = None, progress: Progress | None = None,
    matches: Mapping[str, TaskMatch] | None = None,
) -> Prepared:  # fmt: skip
    """Verify the recipe's corpora, match its arms, write their rows below `folder`, and compare the arms.

    Args:
        recipe: The recipe.
        folder: Where the rows are kept, a folder for each arm and seed.
        seed: One of the recipe's seeds.
        tokenizer: The student's fast tokenizer, to count tokens and truncation (needed for a budget in tokens).
        corpora: What `open_corpora` gave for this recipe, so that several seeds verify them once.
        cache_dir: Where corpora from the Hub are kept.
        progress: Called with each file that is fetched or checked.
        matches: What `match_recipe` gave for these corpora, so that several seeds match them once.

    Raises:
        CheckFailed: A corpus is not what its manifest says, too few examples match, or the arms are not matched.
        BadSource: The corpora lack something that an arm needs.
        BadFlag: The recipe has no such seed, or its budget needs a tokenizer.
    """
    if corpora is None:
        corpora = open_corpora(recipe, cache_dir, progress)
    matches = match_recipe(corpora, recipe) if matches is None else matches
    tags = {task: tags_of(match) for task, match in matches.items()}
    encoders = {} if tokenizer is None else encoders_of(tags, recipe, cutter_of(recipe, tokenizer))
    tokens = english_tokens(matches, recipe, encoders) if recipe.budget.unit is BudgetUnit.TOKENS else None
    arms = {
        arm.name: arm_data(matches, recipe, arm.name, seed, folder / f"{arm.name}-{seed}", tokens)
        for arm in recipe.arms
    }
    summaries = [summarise(data, recipe, encoders) for data in arms.values()]
    report = compare(summaries, recipe.matching.strategy, matches)
    report.require()
    return Prepared(arms, report, tags, identities(corpora))


def open_corpora(recipe: Recipe, cache_dir: Path | None = None, progress: Progress | None = None) -> list[Corpus]:
    """The recipe's corpora, fetched where they are on the Hub, and verified.

    Raises:
        BadManifest: A manifest is broken, or two corpora have one name.
        CheckFailed: A corpus is not what its manifest says.
    """
    corpora = [open_verified(Path(name), cache_dir, None, progress) for name in recipe.corpora]
    refuse_same_names(corpora)
    return corpora


def identities(corpora: Sequence[Corpus]) -> dict[str, str]:
    """Name of every corpus with the identity of its manifest."""
    return {corpus.manifest.name: corpus.manifest.identity for corpus in corpora}


def cutter_of(recipe: Recipe, tokenizer: Any) -> Cutter:
    """The student's tokenizer as the encoders use it."""
    return Cutter(tokenizer, get_architecture(recipe.model.architecture).role is Role.DECODER)


def encoders_of(tags: Mapping[str, Mapping[str, int]], recipe: Recipe, cutter: Cutter) -> dict[str, Encoder]:
    """The encoder of every task: of heads (whose tags are those of the English rows), or of text."""
    lengths = recipe.lengths
    if recipe.style == "text":
        return {task: _text_encoder(task, recipe, cutter) for task in tags}
    limits = Limits(lengths.pair, lengths.span, lengths.stride, lengths.question)
    return {task: encoder_of(task, cutter, limits, own) for task, own in tags.items()}


def _text_encoder(task: str, recipe: Recipe, cutter: Cutter) -> Encoder:
    if cutter.eos is None:
        raise BadFlag("the student's tokenizer names no piece that ends an answer; give one with an eos token")
    spans = get_task(task).shape is Shape.SPAN
    length = recipe.lengths.span if spans else recipe.lengths.pair
    return text_encoder(task, cutter, length, recipe.answers, cutter.eos)


def tags_of(match: TaskMatch) -> dict[str, int]:
    """A number for each tag of the English rows; empty for tasks without tags."""
    if get_task(match.task).shape is not Shape.TAGS:
        return {}
    cells = match.slots[ArmName.ENGLISH][0].cells
    return tag_numbers([tag for cell in cells for row in cell.rows(["tags"]) for tag in row["tags"]])


def english_tokens(matches: Mapping[str, TaskMatch], recipe: Recipe, encoders: Mapping[str, Encoder]) -> float | None:
    """Mean tokens of a matched English example, tasks weighted as they are sampled; None without encoders."""
    if not encoders:
        return None
    sizes = {task: len(match.ids) for task, match in matches.items()}
    shares = task_shares(sizes, recipe.mixing.cap, recipe.mixing.temperature)
    return sum(share * _task_tokens(matches[task], encoders[task]) for task, share in shares.items())


def _task_tokens(match: TaskMatch, encoder: Encoder) -> float:
    from synth.train.corpora import batch_ids
    from synth.train.hashing import within

    rows = tokens = 0
    for cell in match.slots[ArmName.ENGLISH][0].cells:
        for batch in cell.batches():
            for row in batch.filter(within(batch_ids(batch), match.ids)).to_pylist():
                rows, tokens = rows + 1, tokens + encoder(row).tokens
    return tokens / rows
