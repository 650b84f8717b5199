"""Checking a manifest against its corpus: everything that can be computed again is, and each difference is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from synth.corpus.files import sha256_file
from synth.errors import BadManifest, CheckFailed, UserError
from synth.manifest.checks import Difference, at_most
from synth.manifest.describe import read_description, teacher_of, terms_of
from synth.manifest.fields import FILE_PATTERN
from synth.manifest.funnel import build_funnel, checked_marker
from synth.manifest.models import Manifest, Terms, config_of, split_config
from synth.manifest.paths import inside, regular_size
from synth.manifest.rowchecks import check_rows
from synth.manifest.store import read_manifest
from synth.outcomes import Kind
from synth.tasks import TASKS

Progress = Callable[[str], None]


def verify_manifest(
    manifest: Manifest, root: Path, parents: Path | None = None, progress: Progress | None = None
) -> list[Difference]:
    """Everything in which the manifest and the corpus differ; empty when all holds.

    Args:
        manifest: The manifest.
        root: The corpus folder.
        parents: Folder with the parents' manifests as NAME.yaml; needed when the manifest names parents.
        progress: Called with each data file's path before its rows are read.
    """
    found = [*check_statements(manifest), *check_parents(manifest, parents)]
    sound: list[str] = []
    found += check_files(manifest, root, sound)
    found += at_most(_unlisted(manifest, root))
    found += check_rows(manifest, root, sound, progress)
    found += check_origin(manifest, root)
    return found


def require(differences: list[Difference], name: str) -> None:
    """Raise `CheckFailed` when there are differences."""
    if differences:
        count = f"{len(differences)} difference{'' if len(differences) == 1 else 's'}"
        lines = "\n".join(f"  {difference}" for difference in differences)
        raise CheckFailed(
            f"{name}: {count} between the manifest and the corpus\n{lines}\n"
            "Do not train on it or publish it before you know why; `synth manifest build` describes the corpus as it is"
        )


def check_statements(manifest: Manifest) -> Iterator[Difference]:
    """What the manifest says, held against itself and against Synth's tables."""
    for name, entry in manifest.funnel.items():
        where = f"funnel of {name}"
        if entry.generated != entry.lost + entry.kept:
            yield Difference(where, f"generated {entry.generated:,} is not lost {entry.lost:,} + kept {entry.kept:,}")
    for task, record in manifest.tasks.items():
        if task not in TASKS:
            yield Difference(f"task {task}", "is unknown to this version of Synth")
        else:
            yield from _check_terms(task, record.licence)
    files = {split_config(config_of(path))[1] for path in manifest.files}
    if files != set(manifest.languages):
        yield Difference("languages", f"{sorted(manifest.languages)} listed, files are in {sorted(files)}")
    for path in manifest.files:
        english = split_config(config_of(path))[2] is Kind.SOURCE
        if not path.startswith(f"{manifest.stage}/") and not english:
            yield Difference(path, f"does not belong to the stage `{manifest.stage}`")


def _check_terms(task: str, said: Terms) -> Iterator[Difference]:
    """Terms that are lighter than those of the data would be copied by whoever reads them."""
    known = terms_of(task)
    for key in ("id", "redistribute", "non_commercial", "share_alike"):
        if getattr(said, key) != getattr(known, key):
            yield Difference(f"task {task}", f"licence: {key} is {getattr(said, key)}, not {getattr(known, key)}")


def check_files(manifest: Manifest, root: Path, sound: list[str]) -> Iterator[Difference]:
    """Presence, size and hash of every file; the paths of those that are right are appended to `sound`."""
    for relative, record in manifest.files.items():
        try:
            path = inside(root, relative)
        except BadManifest as error:
            yield Difference(relative, str(error))
            continue
        size = regular_size(path)
        if size is None:
            yield Difference(relative, "is missing or no regular file")
        elif size != record.bytes:  # before hashing, so that a huge file costs nothing
            yield Difference(relative, f"has {size:,} bytes, not {record.bytes:,}")
        elif (digest := sha256_file(path)) != record.sha256:
            yield Difference(relative, f"has the SHA-256 {digest}, not {record.sha256}")
        else:
            sound.append(relative)


def _unlisted(manifest: Manifest, root: Path) -> Iterator[Difference]:
    """Data files that `load_dataset` would read although the manifest does not know them."""
    for path in sorted((root / manifest.stage).glob("*/*/*.parquet")):
        relative = path.relative_to(root).as_posix()
        if relative not in manifest.files and re.fullmatch(FILE_PATTERN, relative):
            yield Difference(relative, "is there but not in the manifest")


def check_parents(manifest: Manifest, folder: Path | None) -> Iterator[Difference]:
    """Every parent's manifest must be found as NAME.yaml and be the one that was meant."""
    for parent in manifest.parents:
        where = f"parent {parent.name}"
        path = None if folder is None else folder / f"{parent.name}.yaml"
        if path is None or regular_size(path) is None:
            yield Difference(where, f"{parent.name}.yaml is not in {folder or 'any folder'}; give --parents")
            continue
        try:
            found = read_manifest(path)
        except BadManifest as error:
            yield Difference(where, str(error))
            continue
        if (found.version, found.identity) != (parent.version, parent.identity):
            yield Difference(where, f"is version {found.version} with the identity {found.identity}, not the one meant")


def check_origin(manifest: Manifest, root: Path) -> Iterator[Difference]:
    """Where the whole corpus is at hand (not only its published files): corpus.yaml, the markers, and the funnel."""
    if not (root / "corpus.yaml").exists():
        return
    try:
        description = read_description(root)
        if str(description.get("fingerprint")) != manifest.fingerprint:
            yield Difference("corpus.yaml", f"fingerprint is {description.get('fingerprint')!a}")
        yield from _check_description(manifest, description)
        if any((root / "generated").glob("*/*/*.done.json")):
            yield from at_most(_check_markers(manifest, root))
            yield from _check_funnel(manifest, root)
    except (UserError, CheckFailed) as error:
        yield Difference("corpus", str(error))


def _check_description(manifest: Manifest, description: Mapping[str, Any]) -> Iterator[Difference]:
    """Who wrote the text, and how it was asked for."""
    there = teacher_of(description)
    for key in type(there).model_fields:
        if getattr(there, key) != getattr(manifest.teacher, key):
            said = (ascii(str(getattr(one, key)))[:80] for one in (manifest.teacher, there))
            yield Difference("teacher", "{} is {} and corpus.yaml says {}".format(key, *said))
    if (description.get("config") or {}) != manifest.config:
        yield Difference("config", "is not that of corpus.yaml")


def _check_markers(manifest: Manifest, root: Path) -> Iterator[Difference]:
    """The markers, which decide what a resumed run believes, must say the same of the files."""
    for relative, record in manifest.files.items():
        marker = checked_marker(inside(root, relative))
        if (marker.rows, marker.bytes, marker.sha256) != (record.rows, record.bytes, record.sha256):
            yield Difference(relative, f"its marker says {marker.rows:,} rows, SHA-256 {marker.sha256[:64]!a}")


def _check_funnel(manifest: Manifest, root: Path) -> Iterator[Difference]:
    again = build_funnel(root, {name: record.sampled for name, record in manifest.tasks.items()})
    for name in sorted({*again, *manifest.funnel}):
        said, counted = (_plain(funnel.get(name)) for funnel in (manifest.funnel, again))
        other = [key for key in {**said, **counted} if said.get(key) != counted.get(key)]
        for key in other:
            yield Difference(f"funnel of {name}", f"{key} is {said.get(key)} and the markers say {counted.get(key)}")


def _plain(entry: Any) -> dict[str, Any]:
    value: dict[str, Any] = entry.model_dump(mode="json") if entry else {}
    return value
