"""Predictions on disk: one folder a run, one Parquet file a task and language, and `run.json` that says what it was.

```
RUN/run.json                 arm, seed, model, intermediate tasks, corpus languages, how it ended
RUN/TASK/LANG.parquet        a row an item: ids, prediction, scores, gold
```
A file holds everything that a score needs, so re-scoring needs neither model nor data set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth.corpus.files import write_atomic, write_json
from synth.errors import BadFolder
from synth.evaluate.checks import check_rows
from synth.evaluate.data.base import EvalSet
from synth.evaluate.tasks import EVAL_TASKS, get_eval_task
from synth.evaluate.tasks.items import gold_of

RUN_FILE: Final = "run.json"
_COLUMNS: Final = ("item_id", "cluster", "prediction", "scores", "gold")


class ArmKind(StrEnum):
    """What the intermediate stage trained on; decides which claims an arm can test."""

    NONE = "none"
    ENGLISH = "english"
    ENGLISH_PARAPHRASE = "english-paraphrase"
    MULTILINGUAL = "multilingual"
    MULTILINGUAL_PARAPHRASE = "multilingual-paraphrase"
    MULTILINGUAL_MT = "multilingual-mt"
    ENGLISH_MLM = "english+mlm"
    MIXTURE = "mixture"


class RunInfo(BaseModel):
    """What `run.json` holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Annotated[int, Field(ge=1, le=1)] = 1
    run: str = Field(description="name of the run, unique among the runs of a report")
    arm: str = Field(description="name of the arm: runs of one arm differ in their seed only")
    kind: ArmKind
    seed: int
    model: str = Field(description="checkpoint before the intermediate stage")
    intermediate: tuple[str, ...] = Field((), description="intermediate tasks of the arm")
    languages: tuple[str, ...] = Field((), description="languages of the intermediate corpus, English included")
    status: Annotated[str, Field(pattern="^(done|failed|running)$")] = "done"
    why: str = Field("", description="why it failed")
    settings: dict[str, Any] = Field(default_factory=dict, description="protocol, versions, hardware")


@dataclass(frozen=True, slots=True)
class Predictions:
    """All predictions for one task and language.

    A prediction is a tuple of texts whatever the task: one label, a tag a token, one answer text, ranked candidate ids,
    the ids of mined partners. `scores` are the model's numbers for them (may be empty).
    """

    task: str
    lang: str
    split: str
    item_ids: tuple[str, ...]
    clusters: tuple[str, ...]
    predictions: tuple[tuple[str, ...], ...]
    golds: tuple[tuple[str, ...], ...]
    scores: tuple[tuple[float, ...], ...] = ()


def predictions_for(
    data: EvalSet, predictions: Sequence[Sequence[str]], scores: Sequence[Sequence[float]] = ()
) -> Predictions:
    """Predictions in the order of a set's items, checked.

    Raises:
        BadFolder: They do not fit the items, or hold labels that the task does not have.
    """
    items = data.items
    made = Predictions(
        data.task,
        data.lang,
        data.split,
        tuple(item.item_id for item in items),
        tuple(item.cluster for item in items),
        tuple(tuple(one) for one in predictions),
        tuple(gold_of(item) for item in items),
        tuple(tuple(one) for one in scores),
    )
    check(made)
    return made


def check(made: Predictions, place: str = "") -> None:
    """Refuse predictions that would score wrongly.

    Raises:
        BadFolder: Ids repeat, lengths differ, or labels are not the task's; the message names the first item.
    """
    where = place or f"{made.task} {made.lang}"
    check_rows(get_eval_task(made.task), where, made.item_ids, made.predictions, made.golds, made.scores)


def write_run(folder: Path, info: RunInfo) -> None:
    """Write `run.json`.

    Raises:
        DiskError: It cannot be written.
    """
    write_json(folder / RUN_FILE, info.model_dump(mode="json"))


def read_run(folder: Path) -> RunInfo:
    """Read `run.json`.

    Raises:
        BadFolder: It is missing or breaks its form.
    """
    path = folder / RUN_FILE
    try:
        return RunInfo.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise BadFolder(f"{folder} holds no {RUN_FILE}; give a folder that `synth evaluate` wrote") from None
    except (OSError, ValidationError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else str(error)
        raise BadFolder(f"{path} is not as `synth evaluate` writes it ({what}); evaluate the run again") from None


def find_runs(roots: Sequence[Path]) -> list[Path]:
    """All run folders in and below the given ones, each once, in the order of their paths.

    Raises:
        BadFolder: A given folder holds none.
    """
    found: dict[Path, None] = {}
    for root in roots:
        below = sorted(path.parent for path in root.rglob(RUN_FILE)) if root.is_dir() else []
        if not below:
            raise BadFolder(f"{root} holds no results ({RUN_FILE}); give folders that `synth evaluate` wrote")
        found.update(dict.fromkeys(below))
    return list(found)


def write_predictions(folder: Path, made: Predictions) -> Path:
    """Write one task and language of a run; the file appears whole or not at all. Returns its path.

    Raises:
        BadFolder: The predictions are not sound (`check`).
        DiskError: The file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    check(made)
    info = read_run(folder)
    length = len(made.item_ids)
    strings = pa.list_(pa.string())
    columns = {
        "run": pa.array([info.run] * length, pa.string()),
        "arm": pa.array([info.arm] * length, pa.string()),
        "seed": pa.array([info.seed] * length, pa.int64()),
        **{name: pa.array([getattr(made, name)] * length, pa.string()) for name in ("task", "lang", "split")},
        "place": pa.array(range(length), pa.int32()),  # order of the file, which XTREME's submissions follow
        "item_id": pa.array(made.item_ids, pa.string()),
        "cluster": pa.array(made.clusters, pa.string()),
        "prediction": pa.array([list(one) for one in made.predictions], strings),
        "scores": pa.array([list(one) for one in made.scores] or [[]] * length, pa.list_(pa.float64())),
        "gold": pa.array([list(one) for one in made.golds], strings),
    }
    path = folder / made.task / f"{made.lang}.parquet"
    write_atomic(path, lambda temporary: pq.write_table(pa.table(columns), temporary, compression="zstd"))
    return path


def read_predictions(path: Path) -> Predictions:
    """Read one file and check it.

    Raises:
        BadFolder: It is no such file, or its content is not sound.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    task, lang = path.parent.name, path.stem
    try:
        table = pq.read_table(path, columns=[*_COLUMNS, "split", "task", "lang", "place"]).sort_by("place")
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise BadFolder(f"{path} is not a file of predictions ({error}); evaluate {task} {lang} again") from None
    columns = table.to_pydict()
    if set(columns["task"]) != {task} or set(columns["lang"]) != {lang}:
        raise BadFolder(f"{path} holds no rows of {task} {lang}, or others; evaluate {task} {lang} again")
    made = Predictions(
        task,
        lang,
        columns["split"][0],
        tuple(columns["item_id"]),
        tuple(columns["cluster"]),
        tuple(map(tuple, columns["prediction"])),
        tuple(map(tuple, columns["gold"])),
        tuple(map(tuple, columns["scores"])),
    )
    check(made, str(path))
    return made


def is_done(folder: Path, task: str, lang: str) -> bool:
    """Whether a run has this task and language already: files appear whole, so that an evaluation resumes by file."""
    return (folder / task / f"{lang}.parquet").is_file()


def files_of(folder: Path) -> Iterator[Path]:
    """The prediction files of a run, in the order of tasks and of their languages.

    Raises:
        BadFolder: A folder is no task's, or a file no language's of it.
    """
    for path in sorted(folder.glob("*/*.parquet")):
        task = path.parent.name
        if task not in EVAL_TASKS or path.stem not in EVAL_TASKS[task].languages:
            raise BadFolder(f"{path}: {path.stem} is no language of a task {task!r}; move the file out of the run")
    for task, definition in EVAL_TASKS.items():
        paths = (folder / task / f"{lang}.parquet" for lang in definition.languages)
        yield from (path for path in paths if path.is_file())
