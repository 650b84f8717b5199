"""Training text comes from verified corpora only: opening them, and finding rows by task, language and kind.

Every corpus is verified whole (`synth.manifest.verify`) before a row of it is used; those on the Hub are fetched at
their pinned revision first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.errors import BadManifest
from synth.manifest.locate import open_corpus
from synth.manifest.models import Manifest, files_by_config, split_config
from synth.manifest.parquet import open_part
from synth.manifest.verify import require, verify_manifest
from synth.outcomes import Kind, Outcome
from synth.tasks import TASKS, get_task
from synth.train.arm_names import Component
from synth.train.hashing import ids64

if TYPE_CHECKING:
    from synth.train.hashing import Ids

EXTERNAL = "external-mt"
"""`teacher.profile` of the corpora that `synth import` writes."""

Progress = Callable[[str], None]

_BATCH_ROWS = 1024  # the files were verified: a batch of them is known to fit in memory


@dataclass(frozen=True, slots=True)
class Corpus:
    """A verified corpus."""

    manifest: Manifest
    root: Path

    @property
    def external(self) -> bool:
        """Whether its text existed before and was brought in by `synth import`."""
        return self.manifest.teacher.profile == EXTERNAL


@dataclass(frozen=True, slots=True)
class Cell:
    """The rows of one corpus for one task, language and kind.

    Args:
        corpus: Where they are.
        config: Name of the config in its manifest.
        files: Their files, in order.
    """

    corpus: Corpus
    config: str
    files: tuple[str, ...]

    @property
    def task(self) -> str:
        """The task."""
        return split_config(self.config)[0]

    @property
    def lang(self) -> str:
        """The language."""
        return split_config(self.config)[1]

    @property
    def kind(self) -> Kind:
        """What its rows are."""
        return split_config(self.config)[2]

    @property
    def name(self) -> str:
        """`CORPUS:CONFIG`, for messages and hashes."""
        return f"{self.corpus.manifest.name}:{self.config}"

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Arrow batches of its kept rows, the first variant of each.

        Raises:
            BadManifest: A file is damaged, or is not the one that was verified.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        needed = None if columns is None else [*columns, "synth_outcome", "synth_variant"]
        for name in self.files:
            path = self.corpus.root / name
            with open_part(path, self.corpus.manifest.files[name], TASKS[self.task]) as file:
                try:
                    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=needed):
                        kept = pc.equal(batch.column("synth_outcome"), Outcome.KEPT.value)
                        first = pc.equal(batch.column("synth_variant"), 0)
                        yield batch.filter(pc.and_(kept, first))
                except (pa.ArrowException, OSError) as error:
                    raise BadManifest(
                        f"{name} of {self.corpus.manifest.name} is damaged inside; verify the corpus and start again"
                    ) from error

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """The same rows as dicts."""
        for batch in self.batches(columns):
            yield from batch.to_pylist()

    def ids(self) -> Ids:
        """The 64-bit numbers of its source ids, sorted, each once."""
        import numpy as np

        found = [batch_ids(batch) for batch in self.batches(["synth_source_id"])]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.uint64)


def batch_ids(batch: Any) -> Ids:
    """The numbers of the source ids of an Arrow batch."""
    return ids64(batch.column("synth_source_id").to_pylist())


def open_verified(
    path: Path, cache_dir: Path | None = None, endpoint: str | None = None, progress: Progress | None = None
) -> Corpus:
    """The corpus of a manifest, after everything about it has been checked.

    Args:
        path: A manifest, or a corpus folder with one.
        cache_dir: Where corpora from the Hub are kept.
        endpoint: Another Hub than the default one.
        progress: Called with each file that is fetched, and each that is checked.

    Raises:
        BadManifest: The manifest is broken, or there is no corpus where it says.
        CheckFailed: The corpus is not what the manifest says.
        StoppedError: The Hub cannot be reached.
    """
    manifest, root = open_corpus(path, None, cache_dir, endpoint, progress)
    parents = path if path.is_dir() else path.parent
    require(verify_manifest(manifest, root, parents, progress), manifest.name)
    return Corpus(manifest, root)


def cells_of(corpora: Sequence[Corpus], task: str, component: Component) -> list[Cell]:
    """The cells that an arm's component draws from for a task, in an order that does not depend on `corpora`'s."""
    found = [
        Cell(corpus, config, tuple(files))
        for corpus in corpora
        if component.external in (None, corpus.external)
        for config, files in files_by_config(corpus.manifest).items()
    ]
    fitting = [cell for cell in found if _fits(cell, get_task(task).name, component)]
    return sorted(fitting, key=lambda cell: (cell.lang, cell.name))


def _fits(cell: Cell, task: str, component: Component) -> bool:
    return cell.task == task and cell.kind is component.kind and (cell.lang == "en") is component.english


def refuse_same_names(corpora: Sequence[Corpus]) -> None:
    """Two corpora of one name could not be told apart in the run record.

    Raises:
        BadManifest: There are such.
    """
    names = sorted(corpus.manifest.name for corpus in corpora)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise BadManifest(f"two corpora are called {repeated[0]}; name each of them once, or rename one")
