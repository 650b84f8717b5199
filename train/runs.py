"""All runs of a recipe: prepared and compared first, then trained one after the other, those that are done skipped."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.corpus.files import disk_errors
from synth.errors import BadFlag, BadFolder, Interrupted, MissingExtra, StoppedError, TrainingFailed
from synth.train.arms import ArmData, match_recipe
from synth.train.folders import held, is_done, record_of, rows_folder, run_folder
from synth.train.one_run import Run, train_run
from synth.train.prepare import Prepared, open_corpora, prepare
from synth.train.processes import first, from_first, require_world, world_size
from synth.train.recipe import Recipe
from synth.train.record import NAME, RunRecord, read_record

Say = Callable[[str], None]
_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What to train.

    Args:
        recipe: The recipe.
        out: Folder with a folder for each run.
        arms: Those of its arms that are trained here.
        seeds: Those of its seeds.
        dry: Prepare and compare, but train nothing.
    """

    recipe: Recipe
    out: Path
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    dry: bool = False

    def runs(self) -> Iterator[tuple[str, int]]:
        """Arm and seed of every run, a seed at a time."""
        return ((arm, seed) for seed in self.seeds for arm in self.arms)


@dataclass(frozen=True, slots=True)
class Ended:
    """How one run ended: its record, or the error that stopped it."""

    arm: str
    seed: int
    folder: Path
    record: RunRecord | None = None
    error: str = ""


def asked(recipe: Recipe, out: Path | None, arms: Sequence[str], seeds: Sequence[int], dry: bool = False) -> Asked:
    """The runs that are asked for; all of the recipe when nothing is named.

    Raises:
        BadFlag: The recipe has no such arm or seed, or no corpora.
    """
    names = [arm.name for arm in recipe.arms]
    _require_among("arm", arms, names)
    _require_among("seed", seeds, recipe.seeds)
    if not recipe.corpora and any(arm.mixture for arm in recipe.arms):
        raise BadFlag("the recipe names no corpora; give `--manifest FILE`, or `corpora` in the recipe")
    require_world(recipe.parallel.processes)
    if recipe.parallel.strategy == "fsdp" and recipe.parallel.processes == 1:
        raise BadFlag("parallel.strategy fsdp shares a model out to processes, and there is one; start several")
    require_packages(recipe)
    chosen = tuple(name for name in names if name in arms or not arms)
    return Asked(recipe, out or Path("runs") / recipe.name, chosen, tuple(seeds) or recipe.seeds, dry)


def require_packages(recipe: Recipe) -> None:
    """Raise `MissingExtra` when something that training needs is not installed."""
    names = ["torch", "transformers", "accelerate", "tensorboard"]
    names += ["peft"] if recipe.lora else []
    names += ["trl"] if recipe.style == "text" else []
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(f'training needs {", ".join(missing)}; run `pip install "synth-xtreme[train]"`')


def _require_among(what: str, given: Sequence[Any], known: Sequence[Any]) -> None:
    unknown = [str(one) for one in given if one not in known]
    if unknown:
        raise BadFlag(f"the recipe has no {what} {', '.join(unknown)}; it has {', '.join(map(str, known))}")


def train_recipe(wanted: Asked, say: Say, report: Callable[[Prepared], None]) -> list[Ended]:
    """Prepare, compare, and train what is not done yet.

    Args:
        wanted: The runs.
        say: Told one line at a time what is being done.
        report: Given what each seed starts from, after its arms were compared.

    Raises:
        SynthError: The arms are not matched, the corpora or the student cannot be used, or somebody stopped it. A run
            that fails by itself does not stop the others.
    """
    found = {(arm, seed): _done(wanted, arm, seed) for arm, seed in wanted.runs()}
    if all(is_done(record) for record in found.values()) and not wanted.dry:
        return [Ended(*key, run_folder(wanted.out, *key), record) for key, record in found.items()]
    with ExitStack() as stack:
        if first():
            with disk_errors(wanted.out):
                wanted.out.mkdir(parents=True, exist_ok=True)
            rows = stack.enter_context(rows_folder(wanted.out))
        place, prepared = from_first(lambda: _prepared(wanted, rows, say))
        if first():
            for one in prepared.values():
                report(one)
        if wanted.dry:
            return []
        return [_ended(wanted, prepared[seed], place, arm, seed, say) for arm, seed in wanted.runs()]


def _done(wanted: Asked, arm: str, seed: int) -> RunRecord | None:
    return record_of(run_folder(wanted.out, arm, seed), wanted.recipe, arm)


def _prepared(wanted: Asked, rows: Path, say: Say) -> tuple[str, dict[int, Prepared]]:
    """Where the student is, and what the runs of each seed start from."""
    from synth.train.student import check_kind, find_place, load_tokenizer

    recipe = wanted.recipe
    say(f"looking for {recipe.model.architecture}")
    place = find_place(recipe.model.place, recipe.model.architecture)
    check_kind(place, recipe.model.architecture, recipe.model.revision)
    tokenizer = load_tokenizer(place, recipe.model.revision)
    _require_text(wanted, tokenizer, say)
    corpora = open_corpora(recipe, progress=_seldom(say))
    say("matching the arms")
    matches = match_recipe(corpora, recipe)
    prepared = {}
    for seed in wanted.seeds:
        say(f"writing and counting the rows of seed {seed}")
        prepared[seed] = prepare(recipe, rows, seed, tokenizer, corpora, matches=matches)
        for name, data in prepared[seed].arms.items():
            _require_same_rows(wanted, name, seed, data)
    return place, prepared


def _require_same_rows(wanted: Asked, arm: str, seed: int, data: ArmData) -> None:
    """An arm that was trained earlier must have seen the rows that it would see now, or the others do not match it.

    Raises:
        BadFolder: The corpora have changed since, or other arms have other examples in common.
    """
    folder = run_folder(wanted.out, arm, seed)
    if not (folder / NAME).is_file():
        return
    record = read_record(folder)
    if record.recipe_fingerprint != wanted.recipe.fingerprint_of(arm) or not is_done(record):
        return  # somebody else's, or gone on with: its checkpoint knows its rows
    if record.order_hash != data.order_hash():
        raise BadFolder(
            f"{folder} was trained on other rows than it would be now (the corpora have changed, or the arms, which "
            "decide together which examples all of them have), so that the arms would not match; bring back what "
            "changed, give another folder with --out, or remove this one"
        )


def _require_text(wanted: Asked, tokenizer: Any, say: Say) -> None:
    """Text for language modelling must be there before any run begins, and that of runs that are done.

    Raises:
        BadSource: There is none.
        BadFlag: An encoder whose tokenizer has no mask.
        BadFolder: Another seed was trained on other text.
    """
    recipe = wanted.recipe
    modelling = {arm.name for arm in recipe.arms if arm.mlm}
    records = [_done(wanted, arm, seed) for arm, seed in wanted.runs() if arm in modelling]
    if recipe.mlm is None or all(is_done(record) for record in records):
        return
    from synth.train.lm_steps import passages_of
    from synth.train.mlm_text import strays, text_hashes

    passages_of(recipe, tokenizer, wanted.seeds[0])
    if others := strays(Path(recipe.mlm.folder)):
        say(f"passed over in {recipe.mlm.folder}, named after no language of `synth langs`: {', '.join(others)}")
    hashes = text_hashes(Path(recipe.mlm.folder))
    if any(record is not None and is_done(record) and dict(record.text) != hashes for record in records):
        raise BadFolder(
            f"the text in {recipe.mlm.folder} is not what other seeds were trained on; bring it back, or give another "
            "folder with --out"
        )


def _seldom(say: Say) -> Say:
    """Tells of a file now and then: corpora have thousands."""
    told = time.monotonic() - _PAUSE_S

    def tell(name: str) -> None:
        nonlocal told
        if time.monotonic() - told >= _PAUSE_S:
            told = time.monotonic()
            say(f"checking {name}")

    return tell


def _ended(wanted: Asked, prepared: Prepared, place: str, arm: str, seed: int, say: Say) -> Ended:
    """Train one run, unless it is done; a failure of its own is its end and not that of the others."""
    folder = run_folder(wanted.out, arm, seed)
    with ExitStack() as stack:
        if first():
            stack.enter_context(held(folder))
        record = from_first(lambda: record_of(folder, wanted.recipe, arm))
        if is_done(record):
            say(f"{folder.name} is done")
            return Ended(arm, seed, folder, record)
        say(f"training {folder.name}")
        try:
            done = train_run(Run(wanted.recipe, prepared, arm, seed, place, folder))
            return Ended(arm, seed, folder, done)
        except Interrupted:
            raise
        except StoppedError as error:
            if world_size() > 1 and not (isinstance(error, TrainingFailed) and error.failure in ("nan", "diverged")):
                raise  # the other processes have not failed and wait for this one
            print(f"synth: {folder.name}: {error}", file=sys.stderr)
            return Ended(arm, seed, folder, error=str(error))
        finally:
            free_memory()


def free_memory() -> None:
    """Give back what the run before this one had on the GPU."""
    import gc

    gc.collect()
    if "torch" in sys.modules and sys.modules["torch"].cuda.is_available():
        sys.modules["torch"].cuda.empty_cache()
