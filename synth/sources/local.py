"""English examples from local files (and Hub data sets) that a YAML file maps to tasks and splits."""

from __future__ import annotations

import glob
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth.errors import BadFlag, BadSource
from synth.nearest import did_you_mean
from synth.sources.base import SourceData
from synth.sources.classes import in_task_order, names_in_parquet
from synth.sources.collect import Part, collect
from synth.sources.files import DataFile, sha256
from synth.sources.formats import Format, get_format, guess_format, with_quoting
from synth.sources.hub import DataSet, hub_part
from synth.sources.problems import What
from synth.sources.readers import Item, Reader, read_parquet
from synth.sources.spec import ORIGINS, Entry, read_spec
from synth.tasks import TASKS, get_task
from synth.tasks.base import Task

_ROUND = re.compile(r"(?<![a-z0-9])r(?:ound[_-]?)?([123])(?![0-9])", re.IGNORECASE)


class FileSource:
    """The source that a YAML file describes.

    Args:
        path: The YAML file.

    Raises:
        BadSource: If it is not there.
        BadFlag: If it breaks its format.
    """

    def __init__(self, path: Path) -> None:
        from synth.evaluate.tasks import EVAL_TASKS  # which the same file may name, for `synth evaluate`

        self.path = path
        self.spec = read_spec(path, (*TASKS, *EVAL_TASKS))

    def tasks(self, split: str) -> tuple[str, ...]:
        """The tasks for which the file names this split, in the order of the task table."""
        return tuple(name for name in TASKS if split in self.spec.tasks.get(name, {}))

    def load(self, task: str, split: str) -> SourceData:
        """All usable examples of one (task, split).

        Raises:
            BadSource: If the YAML file has no such task or split, a file is missing, or nothing in it is usable.
            BadFlag: If format and task do not go together.
        """
        origin = {"kind": "files", "file": self.path.name}
        parts = list(self._parts(task, task, split, ""))  # all of them are found before the first one is read
        return collect(task, split, parts, origin)

    def _parts(self, task: str, name: str, split: str, used_as: str) -> Iterator[Part]:
        """The parts that task or part `name` lists for a split, read as data of `task`."""
        for number, entry in enumerate(self._entries(name, split)):
            section = "tasks" if name in self.spec.tasks else "parts"
            key = f"{self.path.name}: {section}.{name}.{split}[{number}]"
            if entry.use is not None:
                if used_as:
                    raise BadFlag(f"{key}: `use` leads to another `use`; name the files' own entry instead")
                yield from self._parts(task, entry.use, entry.split or split, entry.origin or _as_origin(entry.use))
            elif entry.hub is not None:
                origin = _need_origin(task, key, entry.origin or used_as)
                wanted = DataSet(entry.hub, entry.config, entry.split or split, entry.revision, origin)
                yield hub_part(get_task(task), wanted, self.path.parent)
            else:
                yield from self._file_parts(task, entry, key, used_as)

    def _entries(self, name: str, split: str) -> tuple[Entry, ...]:
        splits = self.spec.entries(name)
        if splits is None:
            known = [*self.spec.tasks, *self.spec.parts]
            raise BadSource(f"{self.path.name} has no task {name!r}: add it there.{_near(name, known)}")
        if split not in splits:
            raise BadSource(
                f"{self.path.name}: {name} has no split {split!r}: add it there.{_near(split, list(splits))}"
            )
        return splits[split]

    def _file_parts(self, task: str, entry: Entry, key: str, used_as: str) -> Iterator[Part]:
        given = entry.path or ""
        for path in self._matches(given, key):
            name = _as_written(path, self.path.parent)
            file = DataFile(path, name, entry.encoding)
            kind = get_format(entry.format, task, key) if entry.format else guess_format(file, task, key)
            origin = _need_origin(task, key, entry.origin or _with_round(kind.origin, path) or used_as)
            shown = path.name if Path(name).is_absolute() else name
            info: dict[str, Any] = {"kind": "file", "path": shown, "format": kind.name, "origin": origin}
            info |= {"bytes": path.stat().st_size, "sha256": sha256(path)}
            items = guarded(file, with_quoting(kind, entry.quoted))
            yield Part(file.name, _named_classes(items, file, kind, get_task(task)), info, origin)

    def _matches(self, given: str, key: str) -> list[Path]:
        """The files that a path or glob names, sorted."""
        path = self.path.parent / Path(given).expanduser()
        if path.is_file():
            return [_readable(path, key)]
        if path.is_dir():
            raise BadSource(f"{key}.path: {given} is a folder; name its files by a glob such as {given}/**/*.auto")
        found = sorted(Path(one) for one in glob.glob(str(path), recursive=True))  # noqa: PTH207 (Path.glob wants relative ones)
        files = [one for one in found if one.is_file()]
        if not files:
            siblings = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
            raise BadSource(f"{key}.path: there is no file {given}: correct the path.{_near(path.name, siblings)}")
        return [_readable(one, key) for one in files]


def _readable(path: Path, key: str) -> Path:
    if not os.access(path, os.R_OK):
        raise BadSource(f"{key}.path: {path.name} may not be read by you: change its permissions")
    return path


def guarded(file: DataFile, reader: Reader) -> Iterator[Item]:
    """What the reader yields, and a problem at the end where the file is cut, empty or cannot be decoded.

    Raises:
        BadSource: If the file cannot be read at all.
    """
    if file.path.stat().st_size == 0:
        yield file.problem("whole file", What.DAMAGED_FILE, "the file is empty")
        return
    try:
        yield from reader(file)
    except (EOFError, zlib.error, UnicodeError) as error:
        yield file.problem("the rest of the file", What.DAMAGED_FILE, f"cut or damaged: {error}")
    except OSError as error:  # gzip's own error is one too
        if error.errno is not None:
            raise BadSource(f"{file.name} cannot be read: {error.strerror}; check its permissions") from None
        yield file.problem("the rest of the file", What.DAMAGED_FILE, f"cut or damaged: {error}")


def _named_classes(items: Iterator[Item], file: DataFile, kind: Format, task: Task) -> Iterator[Item]:
    if kind.reader is not read_parquet:
        return items
    return in_task_order(items, names_in_parquet(file.path, task.label_column), task)


def _as_written(path: Path, base: Path) -> str:
    """A path as messages name it: relative to the YAML file, or absolute where it was given so.

    What is recorded for manifests has the bare name instead of an absolute path: manifests are published.
    """
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()


def _with_round(origin: str, path: Path) -> str:
    """`anli` with the round that the file's name or folders tell (`R1/train.jsonl`, `ANLI_r2_dev.csv`)."""
    found = _ROUND.findall(path.as_posix()) if origin == "anli" else []
    return f"anli_r{found[-1]}" if found else origin


def _as_origin(name: str) -> str:
    return name if name in ORIGINS else ""


def _need_origin(task: str, key: str, origin: str) -> str:
    """The origin of a part of ANLI+; "" for all other tasks, which have no parts."""
    if task != "anli_plus":
        return ""
    if not origin:
        raise BadFlag(f"{key}: which part of ANLI+ is this? Add `origin:` with one of {', '.join(ORIGINS)}")
    return origin


def _near(name: str, known: list[str]) -> str:
    return f" {did_you_mean(name, known) or 'There are: ' + (', '.join(sorted(known)[:12]) or 'none') + '.'}"
