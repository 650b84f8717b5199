"""Test sets from local files that a YAML file names: the same file, and the same keys, as for generation.

A path may hold `{lang}`, `{lang3}` (ISO 639-3, as Tatoeba writes it) and `{name}` (English, with a capital or without);
a path without them is a file of all languages. `docs/evaluate.md` has an example for each task.
"""

from __future__ import annotations

import glob
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth.errors import BadFlag, BadSource
from synth.evaluate.data.base import ENTITIES, EvalSet, fill, languages_of
from synth.evaluate.data.collect import collect
from synth.evaluate.data.formats import format_of, reader
from synth.evaluate.data.hub import HubEval
from synth.evaluate.data.mewslix import read_entities, read_mewslix
from synth.evaluate.data.parallel import english_side, read_bitext, read_bucc
from synth.evaluate.data.retrieval import read_lareqa
from synth.evaluate.tasks import EVAL_TASKS, get_eval_task
from synth.evaluate.tasks.base import EvalTask, HubPlace
from synth.evaluate.tasks.items import Candidate
from synth.nearest import did_you_mean
from synth.sources.files import DataFile, sha256
from synth.sources.local import guarded
from synth.sources.readers import Item
from synth.sources.spec import ORIGINS, Entry, read_spec
from synth.tasks import TASKS

_WITH_CANDIDATES = frozenset({"lareqa", "bitext", "bucc", "mewslix"})  # formats that are read whole


class LocalEval:
    """The source that a YAML file describes.

    Args:
        path: The YAML file.

    Raises:
        BadSource: It is not there.
        BadFlag: It breaks its format.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spec = read_spec(path, (*TASKS, *EVAL_TASKS, *ORIGINS))

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        """The task's languages (`languages_of`) that the file names existing files (or a Hub place) for."""
        entries = self._entries(task, split) if split in (self.spec.entries(task) or {}) else ()
        langs = languages_of(get_eval_task(task), split)
        return tuple(lang for lang in langs if any(self._has(one, lang) for one in entries))

    def load(self, task: str, lang: str, split: str) -> EvalSet:
        """All usable items of one language.

        Raises:
            BadSource: The YAML file has no such task or split, a file is missing, or nothing in it is usable.
            BadFlag: Format and task do not go together.
        """
        definition, entries = get_eval_task(task), self._entries(task, split)
        hub = next((entry for entry in entries if entry.hub is not None), None)
        if hub is not None:
            if len(entries) > 1:
                raise BadFlag(
                    f"{self.path.name}: {task}.{split}: a Hub data set cannot stand beside other parts; name it alone"
                )
            return HubEval().load_place(definition, self._place(hub, split), lang, split)
        files = [(entry, path) for entry in entries for path in self._paths(entry, lang, f"{task}.{split}")]
        reads: list[tuple[str, Item]] = []
        candidates: list[Candidate] = []
        infos = []
        for entry, path in files:
            found, more, used = self._read(definition, entry, path, lang)
            reads += [(path.name, one) for one in found]
            candidates += more
            infos += [_info(one) for one in used]
        origin = {"kind": "files", "file": self.path.name, "parts": infos}
        return collect(definition, lang, split, reads, tuple(candidates), origin)

    def entities(self) -> Iterator[Candidate]:
        """Mewsli-X's candidates, which the YAML file names as its split `candidates`.

        Raises:
            BadSource: It names none, or a file is no list of entities.
        """
        for entry in self._entries("mewslix", ENTITIES):
            if entry.hub is not None:
                yield from HubEval().entities_of(self._place(entry, ENTITIES))
                continue
            for path in self._paths(entry, "en", f"mewslix.{ENTITIES}"):
                yield from read_entities(DataFile(path, path.name, entry.encoding))

    def _read(
        self, task: EvalTask, entry: Entry, path: Path, lang: str
    ) -> tuple[list[Item], tuple[Candidate, ...], list[Path]]:
        """What is in one file, the candidates beside it, and the files that were read."""
        file = DataFile(path, path.name, entry.encoding)
        kind = format_of(task, file, entry.format, f"{self.path.name}: {task.name}")
        if kind in _WITH_CANDIDATES:
            try:
                return _read_whole(kind, file, lang)
            except (EOFError, zlib.error, UnicodeError, OSError) as error:
                raise BadSource(f"{file.name} or a file beside it is cut or damaged ({error}); get it again") from None
        return list(guarded(file, reader(kind, lang))), (), [path]

    def _place(self, entry: Entry, split: str) -> HubPlace:
        """The Hub data set of an entry, or the folder laid out as one."""
        repo = entry.hub or ""
        folder = self.path.parent / Path(repo).expanduser()
        return HubPlace(
            str(folder) if folder.is_dir() else repo, entry.config, {split: entry.split or split}, (), entry.revision
        )

    def _entries(self, task: str, split: str) -> tuple[Entry, ...]:
        """The entries of a split, with those that it uses in their place."""
        found: list[Entry] = []
        for entry in self._listed(task, split):
            inner = (entry,) if entry.use is None else self._listed(entry.use, entry.split or split)
            if entry.use is not None and any(one.use is not None for one in inner):
                raise BadFlag(
                    f"{self.path.name}: {task}.{split}: `use` leads to another `use`; name the files' own entry instead"
                )
            found += inner
        return tuple(found)

    def _listed(self, task: str, split: str) -> tuple[Entry, ...]:
        splits = self.spec.entries(task)
        if splits is None:
            hint = did_you_mean(task, self.spec.tasks)
            raise BadSource(f"{self.path.name} has no task {task!r}. {hint} Add it there (docs/evaluate.md)")
        if split not in splits:
            raise BadSource(f"{self.path.name}: {task} has no split {split!r}, only {', '.join(splits)}; add it there")
        return splits[split]

    def _has(self, entry: Entry, lang: str) -> bool:
        return entry.hub is not None or bool(list(self._matches(entry, lang)))

    def _matches(self, entry: Entry, lang: str) -> Iterator[Path]:
        """The files of an entry, by their own names: treebanks are joined in XTREME's order."""
        for filled in dict.fromkeys(fill(entry.path or "", lang, small) for small in (False, True)):
            found = map(Path, glob.glob(str(self.path.parent / filled), recursive=True))  # noqa: PTH207 (absolute patterns)
            files = sorted((one for one in found if one.is_file()), key=lambda one: (one.name, one))
            if files:
                yield from files
                return

    def _paths(self, entry: Entry, lang: str, key: str) -> list[Path]:
        paths = list(self._matches(entry, lang))
        if not paths:
            wanted = fill(entry.path or "", lang)
            raise BadSource(f"{self.path.name}: {key}: there is no file {wanted} for {lang}; correct the path there")
        return paths


def _info(path: Path) -> dict[str, Any]:
    return {"path": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)}


def _read_whole(kind: str, file: DataFile, lang: str) -> tuple[list[Item], tuple[Candidate, ...], list[Path]]:
    """Forms that consist of several files, or whose candidates are in the same file."""
    path = file.path
    if kind == "lareqa":
        return (*read_lareqa(file, lang), [path])
    if kind == "mewslix":
        return (*read_mewslix(file), [path])
    other = english_side(path, lang)
    english = DataFile(other, other.name, file.encoding)
    if kind == "bitext":
        return (*read_bitext(file, english), [path, other])
    gold = path.with_suffix(".gold")
    if not gold.is_file():
        raise BadSource(f"{path.name}: there is no {gold.name} beside it; BUCC cannot be scored without; add it")
    return (*read_bucc(file, english, DataFile(gold, gold.name)), [path, other, gold])
