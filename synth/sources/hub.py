"""English examples from the Hugging Face Hub, or from a folder laid out as a Hub data set repository.

Only data files are read (`datasets` 4 and later run no code of a data set). The revision is resolved to a commit before
loading, the data are loaded at that commit, and it is recorded; of a folder the hash of its files stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from synth.errors import BadSource
from synth.nearest import did_you_mean
from synth.network import network_errors
from synth.sources.base import SourceData
from synth.sources.classes import in_task_order
from synth.sources.collect import Part, collect
from synth.sources.files import DataFile
from synth.sources.files import sha256 as file_sha256
from synth.sources.readers import Item, first_line, read_batch
from synth.tasks import TASKS, get_task
from synth.tasks.base import HubSource, Task

_COMMIT = re.compile("[0-9a-f]{40}")
_BATCH_ROWS = 4096
_ADVICE = (
    "reach the Hub, set HF_ENDPOINT to a mirror, pin a cached `revision` and set HF_HUB_OFFLINE=1, or name a "
    "local copy in a YAML file (docs/sources.md)"
)


class Hub:
    """The source `hub`: every task from where its definition says that it lives on the Hub."""

    def tasks(self, split: str) -> tuple[str, ...]:
        """The tasks that the Hub has this split of (not ccg: the LDC does not allow it)."""
        return tuple(name for name, task in TASKS.items() if any(split in place.splits for place in task.hub))

    def load(self, task: str, split: str) -> SourceData:
        """All usable examples of one (task, split).

        Raises:
            BadSource: If the Hub has no such split, or it cannot be loaded.
        """
        definition = get_task(task)
        places = [place for place in definition.hub if split in place.splits]
        if not places:
            raise BadSource(_not_there(definition, split))
        return collect(task, split, (_place_part(definition, place, split) for place in places), {"kind": "hub"})


def _not_there(task: Task, split: str) -> str:
    if not task.hub:
        return f"{task.name} is not on the Hub ({task.licence.note}): name your copy in a YAML file (docs/sources.md)"
    known = sorted({name for place in task.hub for name in place.splits})
    return f"{task.name} has no split {split!r} on the Hub: take one of {', '.join(known)}"


def _place_part(task: Task, place: HubSource, split: str) -> Part:
    data_set = DataSet(place.repo, place.config, place.splits[split], place.revision, place.origin)
    return hub_part(task, data_set, Path())


@dataclass(frozen=True, slots=True)
class DataSet:
    """One split of a data set that `datasets` loads.

    Args:
        repo: `NAMESPACE/NAME`, or a folder.
        config: Config of the data set, None for its default.
        split: The data set's own name of the split.
        revision: Branch, tag or commit; None for the newest. For a folder: the recorded hash that it must have.
        origin: Part of ANLI+, or "".
    """

    repo: str
    config: str | None
    split: str
    revision: str | None = None
    origin: str = ""


def hub_part(task: Task, wanted: DataSet, base: Path) -> Part:
    """A part of a source that `datasets` loads; a folder is looked for relative to `base`.

    Raises:
        BadSource: If it cannot be loaded, or a folder has other files than its pinned revision.
    """
    folder = base / Path(wanted.repo).expanduser()
    local = folder.is_dir()
    repo = folder.name if local else wanted.repo
    name = " ".join(filter(None, (repo, wanted.config, wanted.split)))
    revision = folder_revision(folder, wanted.revision) if local else resolve_revision(repo, wanted.revision)
    dataset = _load(str(folder) if local else repo, wanted, None if local else revision, name)
    info: dict[str, Any] = {"kind": "hub", "repo": repo, "config": wanted.config, "split": wanted.split}
    info |= {"revision": revision, "origin": wanted.origin}
    return Part(name, _items(dataset, name, task), info, wanted.origin)


def resolve_revision(repo: str, revision: str | None) -> str:
    """The commit that a branch or tag (None: the default branch) of a Hub data set stands for now.

    A full commit hash is taken as it is, without asking; without network the local cache is asked.

    Raises:
        BadSource: If neither the Hub nor the cache knows it.
    """
    from huggingface_hub import HfApi

    if revision and _COMMIT.fullmatch(revision):
        return revision
    expected: tuple[type[Exception], ...] = (*network_errors(), ValueError)
    try:
        commit = HfApi().dataset_info(repo, revision=revision).sha
    except expected as error:
        commit = _cached_commit(repo, revision)
        if commit is None:
            at = f" at {revision}" if revision else ""
            raise BadSource(f"{repo}{at} cannot be resolved: {first_line(error)}; {_ADVICE}") from None
    if not commit:
        raise BadSource(f"{repo} has no commit on the Hub; give another repository or `revision`")
    return commit


def _cached_commit(repo: str, revision: str | None) -> str | None:
    """The commit that the local Hub cache noted for this branch or tag, None if it has none."""
    from huggingface_hub.constants import HF_HUB_CACHE

    note = Path(HF_HUB_CACHE, f"datasets--{repo.replace('/', '--')}", "refs", revision or "main")
    text = note.read_text(encoding="utf-8", errors="replace").strip() if note.is_file() else ""
    return text if _COMMIT.fullmatch(text) else None


def folder_revision(folder: Path, pinned: str | None) -> str:
    """A hash of all files of the folder, in place of a commit."""
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            digest.update(f"{path.relative_to(folder).as_posix()} {file_sha256(path)}\n".encode())
    found = f"folder:{digest.hexdigest()}"
    if pinned not in {None, found}:
        name = f"the files of {folder.name} are not those of revision {pinned}"
        raise BadSource(f"{name}: a folder's revision is the hash of its files, {found}; restore them, or give it")
    return found


def _load(path: str, wanted: DataSet, revision: str | None, name: str) -> Any:
    import datasets
    from datasets.exceptions import DatasetsError

    expected = (DatasetsError, *network_errors(), ValueError, RuntimeError)
    try:
        return datasets.load_dataset(path, wanted.config, split=wanted.split, revision=revision)
    except expected as error:
        raise BadSource(f"{name} cannot be loaded: {first_line(error)}{_remedy(error, wanted.split)}") from None


def _remedy(error: BaseException, split: str) -> str:
    text = str(error)
    if "scripts are no longer supported" in text:
        return "; its code is never run: give `revision: refs/convert/parquet`, or a data set that holds Parquet files"
    if "BuilderConfig" in text or "Config name is missing" in text:
        return "; set `config` to one of those"
    if known := re.search(r"Should be one of \[(.*?)\]", text):
        return f"; set `split`. {did_you_mean(split, re.findall('[a-z0-9_]+', known[1]))}"
    return f"; {_ADVICE}"


def _items(dataset: Any, name: str, task: Task) -> Iterator[Item]:
    """Every row; class numbers are turned into words where the data set numbers the classes in another order."""
    names = getattr(dataset.features.get(task.label_column), "names", None)
    yield from in_task_order(_rows(dataset, name), names, task)


def _rows(dataset: Any, name: str) -> Iterator[Item]:
    file, start = DataFile(Path(name), name), 0
    for batch in dataset.with_format("arrow").iter(batch_size=_BATCH_ROWS):
        yield from read_batch(file, batch, start)
        start += batch.num_rows
