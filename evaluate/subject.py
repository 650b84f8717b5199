"""What is evaluated: a run of `synth train`, or a model from a folder or the Hub; who it is in a report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from synth.corpus.files import fingerprint
from synth.errors import BadFlag, BadFolder
from synth.evaluate.alike import SUMMARY
from synth.evaluate.predictions import ArmKind, RunInfo
from synth.evaluate.stage import Place
from synth.network import network_errors
from synth.train.architectures import ARCHITECTURES
from synth.train.arm_names import ArmName
from synth.train.record import NAME, RunRecord, Status, read_record

EVALUATION: Final = "evaluation"
BACKBONE: Final = "backbone"
_EMBEDDED: Final = tuple(name for name, one in ARCHITECTURES.items() if not one.hub)
_GOES_ON: Final = frozenset({"stopped", "disk full"})  # ends of a training that say nothing about the arm
_ENDS: Final = 1 << 20  # bytes of a weights file that are looked at from both ends to tell it from another


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to evaluate.

    Args:
        info: Who it is; its status is `running`, or `failed` where its training failed.
        place: Where its weights are.
        folder: Where its evaluation goes.
        style: How it was trained: `heads` or `text`.
        answers: Wording of the prompts that it was trained on in style text.
    """

    info: RunInfo
    place: Place
    folder: Path
    style: str
    answers: str = "example"


@dataclass(frozen=True, slots=True)
class Named:
    """What the command line says about models that no run record describes.

    Args:
        arm: Name of the arm.
        kind: What it is.
        seed: Of the target stage.
        revision: Commit of a Hub repository.
    """

    arm: str = "none"
    kind: ArmKind = ArmKind.NONE
    seed: int = 0
    revision: str | None = None


def expand(text: str) -> list[str]:
    """The runs below a folder of runs, in the order of their names; the text itself where it is no such folder."""
    path = Path(text)
    if (path / NAME).is_file() or (path / "config.json").is_file():
        return [text]
    return [str(found.parent) for found in sorted(path.glob(f"*/{NAME}"))] or [text]


def subject_of(text: str, named: Named) -> Subject:
    """The subject that a word of the command line means; it goes to `RUN/evaluation`, or `evaluations/MODEL/ARM-SEED`.

    Args:
        text: Folder of a run, folder of a model, an embedded student's name, or a Hub repository.
        named: Who a model is.

    Raises:
        BadFolder: It is a run that did not end, or a folder that holds neither a run nor a model.
        BadFlag: It is no name that a model can have.
    """
    path = Path(text)
    if (path / NAME).is_file():
        return _run(path, read_record(path))
    if path.is_dir() and not (path / "config.json").is_file():
        raise BadFolder(
            f"{path} holds neither a run of `synth train` ({NAME}) nor a model (config.json); give one of the two"
        )
    return _model(text, named)


def _run(folder: Path, record: RunRecord) -> Subject:
    failed = record.status is Status.FAILED and record.outcome.get("failure") not in _GOES_ON
    if record.status is not Status.DONE and not failed:
        raise BadFolder(f"{folder} has not been trained to its end; run its `synth train` command again, then evaluate")
    summary, model = record.summary, record.recipe["model"]
    info = RunInfo(
        run=f"{record.recipe['name']}-{summary.arm}-{summary.seed}",
        arm=summary.arm,
        kind=kind_of(summary.arm),
        seed=summary.seed,
        model=model["path"] or ARCHITECTURES[model["architecture"]].hub or model["architecture"],
        intermediate=tuple(summary.tasks),
        languages=tuple(sorted({lang for task in summary.tasks.values() for lang in task.languages})),
        status="failed" if failed else "running",
        why=_why(record) if failed else "",
        settings={
            "train": {
                "recipe": record.recipe["name"],
                "corpora": dict(record.manifests),
                SUMMARY: summary.as_dict(),
            }
        },
    )
    identity = fingerprint([record.recipe_fingerprint, summary.arm, summary.seed, record.order_hash, record.created])
    style, answers = str(record.recipe["style"]), str(record.recipe["answers"])
    return Subject(info, _place(folder, model, identity), folder / EVALUATION, style, answers)


def _why(record: RunRecord) -> str:
    step = record.outcome.get("step")
    at = f" at step {step:,}" if step is not None else ""
    return f"training failed{at}: {record.outcome.get('failure')}. {record.outcome.get('advice', '')}".strip()


def _place(folder: Path, model: dict[str, Any], identity: str) -> Place:
    """The run's backbone; the pretrained model of an arm without intermediate stage."""
    if (folder / BACKBONE).is_dir():
        return Place(str(folder / BACKBONE), identity=identity)
    architecture = ARCHITECTURES[model["architecture"]]
    return Place(model["path"] or architecture.hub, architecture.name, model["revision"], identity)


def kind_of(arm: str) -> ArmKind:
    """The kind of an arm by its name; arms with names of their own are mixtures."""
    return ArmKind(arm) if arm in {str(name) for name in ArmName} else ArmKind.MIXTURE


def _model(text: str, named: Named) -> Subject:
    path = Path(text)
    if not path.is_dir() and text not in _EMBEDDED and text.count("/") != 1:
        raise BadFlag(
            f"{text!r} is no folder, no Hub repository (NAME/MODEL) and no embedded student ({', '.join(_EMBEDDED)}); "
            "give one of them, or the folder of a run"
        )
    name = path.resolve().name if path.is_dir() else text
    info = RunInfo(
        run=f"{name}-{named.arm}-{named.seed}",
        arm=named.arm,
        kind=named.kind,
        seed=named.seed,
        model=name,
        intermediate=(),
        languages=(),
        status="running",
        why="",
    )
    folder = Path("evaluations") / name.replace("/", "--") / f"{named.arm}-{named.seed}"
    return Subject(info, _model_place(text, named.revision), folder, "heads")


def _model_place(text: str, revision: str | None) -> Place:
    if text in _EMBEDDED:
        return Place("", text, None, text)
    if Path(text).is_dir():
        return Place(text, None, None, _identity_of(Path(text)))
    commit = _commit(text, revision)
    return Place(text, None, commit, f"{text}@{commit}")


def _identity_of(folder: Path) -> str:
    """Stands for a folder's weights: names, sizes, and both ends of every file of weights."""
    parts = [["config.json", (folder / "config.json").read_text(encoding="utf-8", errors="replace")]]
    for path in sorted((*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin"))):
        with path.open("rb") as file:
            begin = file.read(_ENDS)
            file.seek(max(0, path.stat().st_size - _ENDS))
            parts.append([path.name, str(path.stat().st_size), begin.hex(), file.read(_ENDS).hex()])
    return fingerprint(parts)


def _commit(repository: str, revision: str | None) -> str | None:
    """The commit that a revision is now, where the Hub can be asked; a local cache answers for itself."""
    from huggingface_hub import HfApi

    expected: tuple[type[Exception], ...] = (*network_errors(), ValueError)  # also of the offline mode, an OSError
    try:
        found = HfApi().model_info(repository, revision=revision).sha
    except expected:
        return revision
    return str(found) if found else revision
