"""English examples of the tasks: the embedded sample, the Hub, or local files in the data sets' own formats."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from synth.errors import BadSource
from synth.sources.base import Example, SourceData, SourceProblem

__all__ = ["Example", "Source", "SourceData", "SourceProblem", "open_source"]


class Source(Protocol):
    """Where English examples come from."""

    def tasks(self, split: str) -> tuple[str, ...]:
        """The tasks that it has this split of."""
        ...

    def load(self, task: str, split: str) -> SourceData:
        """All usable examples of one (task, split), and every problem met.

        Raises:
            BadSource: If nothing can be read at all; single bad rows are problems instead.
        """
        ...


class SampleSource:
    """The sentences of our own that come with Synth, all of them in one split."""

    def tasks(self, split: str) -> tuple[str, ...]:
        """All tasks, for the sample's only split."""
        from synth.sources.sample import SPLIT
        from synth.tasks import TASKS

        return tuple(TASKS) if split == SPLIT else ()

    def load(self, task: str, split: str) -> SourceData:
        """The sample of a task.

        Raises:
            BadSource: If another split than the sample's is asked for.
        """
        from synth.sources.sample import SPLIT, load_sample

        if split != SPLIT:
            raise BadSource(f"the sample has no split {split!r}: use {SPLIT}, or give a source file or `hub`")
        return load_sample(task)


def open_source(spec: str) -> Source:
    """The source that `--source` names.

    Args:
        spec: `sample`, `hub`, or the path of a YAML file (docs/sources.md).

    Raises:
        BadSource: If the file is not there.
        BadFlag: If the file breaks its format.
    """
    if spec == "sample":
        return SampleSource()
    if spec == "hub":
        from synth.sources.hub import Hub

        return Hub()
    from synth.sources.local import FileSource

    return FileSource(Path(spec))
