"""One run: an arm and a seed, from the student to the folder that it leaves behind."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.corpus.files import fingerprint, write_text
from synth.errors import DiskError, Interrupted, SynthError, TrainingFailed
from synth.train.architectures import get_architecture
from synth.train.fit import FitResult, FitSettings, fit, forget_checkpoints
from synth.train.folders import record_of
from synth.train.prepare import Prepared, cutter_of, encoders_of
from synth.train.processes import first, from_first, wait
from synth.train.recipe import Recipe
from synth.train.record import RunRecord, Status, begin_record, write_record
from synth.train.steps import ArmSteps, HeadKind, HeadSpec, Steps, head_spec

if TYPE_CHECKING:
    from synth.train.student import Precision, Student


@dataclass(frozen=True, slots=True)
class Run:
    """An arm and seed of a recipe.

    Args:
        recipe: The recipe.
        prepared: The rows of the seed's arms.
        arm: Name of the arm.
        seed: The seed.
        place: Where the student is.
        folder: What the run writes.
    """

    recipe: Recipe
    prepared: Prepared
    arm: str
    seed: int
    place: str
    folder: Path

    @property
    def trains(self) -> bool:
        """Whether there is an intermediate stage."""
        return bool(self.prepared.arms[self.arm].rows)

    @property
    def models_language(self) -> bool:
        """Whether steps of language modelling are mixed in."""
        return self.prepared.arms[self.arm].arm.mlm


def train_run(run: Run) -> RunRecord:
    """Train, or go on with, one run; the record as it was written at the end.

    Raises:
        SynthError: It could not finish; the record says why.
    """
    begun = from_first(lambda: _begun(run))
    if not run.trains:
        return _write(run, begun.ended(Status.DONE, {"model": run.place}))
    try:
        return _trained(run, begun)
    except SynthError as error:
        _write_failure(run, begun, error)
        raise
    except KeyboardInterrupt:  # told twice to stop
        stopped = Interrupted("stopped; run the same command again to go on from the last checkpoint")
        _write_failure(run, begun, stopped)
        raise stopped from None
    except Exception as error:  # a fault of ours or of a driver: the record must not go on saying that it runs
        _write_failure(run, begun, error)
        raise


def _begun(run: Run) -> RunRecord:
    """The record that the run starts with; of one that is gone on with, it keeps when that was begun."""
    fresh = begin_record(run.recipe, run.prepared, run.arm)
    old = record_of(run.folder, run.recipe, run.arm)
    return fresh if old is None else replace(fresh, created=old.created)


def _trained(run: Run, begun: RunRecord) -> RunRecord:
    from transformers import set_seed

    set_seed(run.seed)  # an encoder's output layer is new where its checkpoint has none
    student = _student(run)
    steps = _steps(run, student)
    _write(run, begun.ended(Status.RUNNING, {"steps": steps.count}))
    set_seed(run.seed)  # new heads follow from it
    model = _model(run, student, steps)
    result = fit(model, steps, settings_of(run, begun), run.folder)
    if first():
        _save(run, student, steps, model)
    record = _write(run, begun.ended(Status.DONE, _outcome(result)))
    if first():
        from synth.train.card import card

        write_text(run.folder / "README.md", card(record))
        forget_checkpoints(run.folder)
    wait()
    return record


def _student(run: Run) -> Student:
    from synth.train.student import load_student

    recipe = run.recipe
    # Weights that learn stay in float32, and autocast computes in less; those that only adapters change need not.
    dtype: Precision = recipe.precision if recipe.lora and recipe.precision == "bf16" else "fp32"
    return load_student(
        run.place, architecture=recipe.model.architecture, revision=recipe.model.revision, dtype=dtype,
        language_model=run.models_language or recipe.style == "text", dropout=recipe.optim.dropout,
    )  # fmt: skip


def _steps(run: Run, student: Student) -> Steps:
    tags, recipe = run.prepared.tags, run.recipe
    encoders = encoders_of(tags, recipe, cutter_of(recipe, student.tokenizer))
    text = HeadSpec(HeadKind.TEXT)
    heads = {task: text if recipe.style == "text" else head_spec(task, own) for task, own in tags.items()}
    steps: Steps = ArmSteps(run.prepared.arms[run.arm], encoders, heads)
    if run.models_language:
        from synth.train.lm_steps import with_language_modelling

        steps = with_language_modelling(steps, recipe, student.tokenizer, run.seed)
    return steps


def _model(run: Run, student: Student, steps: Steps) -> Any:
    from synth.train.heads import MultiHead
    from synth.train.text_model import TextModel

    if run.recipe.style == "text":
        return TextModel(student)
    language_model = student.language_model if run.models_language else None
    return MultiHead(student.backbone, steps.heads, student.decoder, run.recipe.optim.dropout, language_model)


def settings_of(run: Run, begun: RunRecord) -> FitSettings:
    """How the recipe says that the run is trained."""
    recipe = run.recipe
    return FitSettings(
        optim=recipe.optim, seed=run.seed, precision=recipe.precision, lora=recipe.lora, parallel=recipe.parallel,
        freeze_embeddings=recipe.freeze_embeddings, save_every=recipe.upkeep.save_every,
        log_every=recipe.upkeep.log_every, deterministic=recipe.deterministic,
        identity=fingerprint([begun.recipe_fingerprint, run.seed, begun.order_hash, begun.manifests, begun.text]),
    )  # fmt: skip


def _save(run: Run, student: Student, steps: Steps, model: Any) -> None:
    """Write the weights; those that FSDP had shared out are put into a student of their own first."""
    from synth.train.saving import save_weights

    if model.full_state is not None:
        state, model = model.full_state, _model(run, _student(run), steps)
        if run.recipe.lora is not None:
            model.add_lora(run.recipe.lora)
        model.load_state_dict(state)
    if run.recipe.style == "text":
        model.save(run.folder)
    else:
        save_weights(model, student.tokenizer, run.folder)


def _outcome(result: FitResult) -> Mapping[str, Any]:
    return {
        "steps": result.steps,
        "tokens": result.tokens,
        "seconds": round(result.seconds, 1),
        "loss": result.loss[-1] if result.loss else None,
    }


def _write(run: Run, record: RunRecord) -> RunRecord:
    if first():
        write_record(run.folder, record)
    return record


def _write_failure(run: Run, begun: RunRecord, error: Exception) -> None:
    """Any process may be the one that failed; on a full disk there is no record to write."""
    failure = error.failure if isinstance(error, TrainingFailed) else _FAILURES.get(type(error), type(error).__name__)
    step = error.step if isinstance(error, TrainingFailed) else None
    outcome = {"failure": failure, "step": step, "advice": str(error)}
    with contextlib.suppress(DiskError):
        write_record(run.folder, begun.ended(Status.FAILED, outcome))


_FAILURES: Mapping[type[Exception], str] = {DiskError: "disk full", Interrupted: "stopped"}


def base_model(record: RunRecord) -> str:
    """The Hub's name of the model that a run began with; "" of a folder."""
    model = record.recipe["model"]
    if model["path"]:
        return "" if Path(model["path"]).exists() else str(model["path"])
    found = get_architecture(model["architecture"])
    return found.hub or {"e5-small": "intfloat/multilingual-e5-small", "gemma3-270m": "google/gemma-3-270m"}[found.name]
