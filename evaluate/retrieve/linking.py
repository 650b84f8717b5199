"""Mewsli-X: the 20 entities, of a million, that a mention means most likely. Imports torch.

Candidates are encoded once, in blocks, into a memory map beside the trained weights; an evaluation that was interrupted
goes on with the next block. Vectors take 4 bytes a number on disk (1.5 GB at 384 numbers), in memory stay the ids and
one block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from synth.corpus.files import fingerprint, read_json, write_json
from synth.errors import BadSource
from synth.evaluate.data.base import EntitySource, EvalSet
from synth.evaluate.embed import width
from synth.evaluate.english import STAGES, english_sets
from synth.evaluate.metrics.ranking import CUT
from synth.evaluate.precheck import require_candidates
from synth.evaluate.retrieval import Matrix, top
from synth.evaluate.retrieve.dual import DualEncoder, Lengths2, Pairs, dual_encoder, with_pairs
from synth.evaluate.stage import Predicted, RunContext
from synth.evaluate.target_steps import FOLDER, VECTORS
from synth.evaluate.tasks.items import Candidate, Item, QueryItem

TARGET: Final = "mewslix"
Say = Callable[[str], None]
_FILLED: Final = "candidates.json"
BLOCK: Final = 20_000  # candidates that are read, encoded and written together


@dataclass(frozen=True, slots=True, eq=False)
class LinkingPredictor:
    """Ranks entities.

    Args:
        encoder: The dual encoder.
        names: Ids of all entities.
        vectors: Their vectors, mapped from disk.
        record: What `run.json` keeps.
    """

    encoder: DualEncoder
    names: Sequence[str]
    vectors: Matrix
    record: Mapping[str, Any]

    def predict(self, data: EvalSet) -> Predicted:
        """The best entities of each mention, best first, and their cosines.

        Raises:
            BadSource: A mention means an entity that is no candidate; the official set has all of them.
        """
        require_candidates(data, set(self.names))
        texts = [item.text for item in data.items if isinstance(item, QueryItem)]
        found = top(self.encoder.queries(texts, f"{data.task} {data.lang}"), self.vectors, CUT)
        return Predicted([[self.names[row] for row in rows] for rows in found.rows], found.scores.tolist())


def linking_predictor(context: RunContext) -> LinkingPredictor:
    """The predictor of Mewsli-X: trains the dual encoder and encodes all entities.

    Raises:
        BadSource: There are no English pairs, or no entities.
        SynthError: As `dual_encoder`.
    """
    if not isinstance(context.source, EntitySource):
        raise BadSource("the source has no entities of Mewsli-X; leave mewslix out with --tasks")
    next(context.source.entities(), None)  # a source without entities is refused before hours of training
    encoder = dual_encoder(mention_pairs(context), context)
    identity = encoder.record["target"][0]["identity"]
    names, vectors = encoded(context.source.entities, encoder, context.folder / FOLDER / TARGET, identity, context.say)
    return LinkingPredictor(encoder, names, vectors, {**encoder.record, "candidates": len(names)})


def mention_pairs(context: RunContext) -> Pairs:
    """English mentions and the descriptions of their entities (`wikipedia_pairs`).

    Raises:
        BadSource: The source has none.
    """
    settings = context.settings.targets[TARGET]
    english = english_sets(context.source, STAGES[TARGET][0], settings, context.seed)
    described = {one.item_id: one.text for one in (*english.train.candidates, *_candidates(english.dev))}

    def pair_of(item: Item) -> tuple[str, str] | None:
        assert isinstance(item, QueryItem)
        text = described.get(item.gold[0]) if item.gold else None
        return None if text is None else (item.text, text)

    train = with_pairs(english.train, pair_of)
    if not train.items:
        raise BadSource(
            "mewslix: the training set holds no pairs of mentions and entities; give wikipedia_pairs-train.jsonl as "
            "`mewslix: {train: ...}`"
        )
    dev = with_pairs(english.dev, pair_of) if english.dev else None
    lengths = Lengths2(settings.lengths.pair, settings.lengths.pair)
    return Pairs(TARGET, replace(train, candidates=()), dev if dev and dev.items else None, pair_of, lengths)


def _candidates(data: EvalSet | None) -> tuple[Candidate, ...]:
    return data.candidates if data else ()


def encoded(
    entities: Callable[[], Iterator[Candidate]], encoder: DualEncoder, folder: Path, made_from: str, say: Say
) -> tuple[list[str], Matrix]:
    """Ids and vectors of all entities; blocks that are on disk already are not encoded again.

    Args:
        entities: Gives all of them from the beginning, always in the same order; it is called twice.
        encoder: The dual encoder.
        folder: Gets `candidates.npy`, and `candidates.json`, which says how far it is filled and from what.
        made_from: Stands for the encoder; vectors of another one are made again.
        say: Told of each block.
    """
    names = [one.item_id for one in entities()]
    identity = fingerprint([made_from, names])
    vectors, done = _opened(folder, identity, len(names), encoder)
    rest = islice(entities(), done, None)
    while block := list(islice(rest, BLOCK)):
        say(f"mewslix: encoding entities {done + 1:,} to {done + len(block):,} of {len(names):,}")
        vectors[done : done + len(block)] = encoder.candidates([one.text for one in block], "mewslix entities")
        done += len(block)
        vectors.flush()
        write_json(folder / _FILLED, {"identity": identity, "rows": done})
    return names, np.load(folder / VECTORS, mmap_mode="r")


def _opened(folder: Path, identity: str, rows: int, encoder: DualEncoder) -> tuple[np.memmap[Any, Any], int]:
    """The map of all vectors, and how many rows are filled."""
    folder.mkdir(parents=True, exist_ok=True)
    path, filled = folder / VECTORS, folder / _FILLED
    known = read_json(filled) if filled.is_file() and path.is_file() else None
    if isinstance(known, dict) and known.get("identity") == identity:
        return np.lib.format.open_memmap(path, mode="r+"), int(known["rows"])  # type: ignore[no-untyped-call]
    filled.unlink(missing_ok=True)
    shape = (rows, width(encoder.student))
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape), 0  # type: ignore[no-untyped-call]
