"""corpus.yaml: what was asked of a corpus, and the refusal to mix two askings in one folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from synth import __version__
from synth.commit import commit_of_package
from synth.corpus.files import fingerprint, locked, write_text
from synth.corpus.layout import Layout
from synth.errors import BadFolder

FORMAT = 1


def describe(layout: Layout, identity: Mapping[str, Any], langs: list[str], tasks: list[str]) -> str:
    """Write corpus.yaml (or extend its languages and tasks) and return the fingerprint of the identity.

    Args:
        layout: The corpus folder.
        identity: Everything that decides the rows: `config`, `teacher`, `sources` (by task).
        langs: Languages of this run; they are added to those that the corpus has.
        tasks: Tasks of this run; whole families can be added later.

    Raises:
        BadFolder: The folder holds a corpus that was asked for differently, or something else.
    """
    with locked(layout.root / ".corpus.lock"):  # runs with other languages may extend the same file
        return _describe(layout, identity, langs, tasks)


def _describe(layout: Layout, identity: Mapping[str, Any], langs: list[str], tasks: list[str]) -> str:
    found = read_description(layout.root)
    if found:
        refuse_difference(layout.root, found, identity)
    plain = _plain(identity)
    sources = {**(found or {}).get("sources", {}), **plain["sources"]}
    value = {
        "format": FORMAT,
        "name": layout.root.resolve().name,
        "created": (found or {}).get("created") or datetime.now(UTC).isoformat(timespec="seconds"),
        "synth_version": __version__,
        "synth_commit": (found or {}).get("synth_commit") or commit_of_package(),
        "fingerprint": _mark(identity),
        "config": plain["config"],
        "languages": _union((found or {}).get("languages", []), langs),
        "tasks": _union((found or {}).get("tasks", []), tasks),
        "teacher": plain["teacher"],
        "sources": sources,
    }
    if found != value:
        write_text(layout.description, yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=120))
    return str(value["fingerprint"])


def _mark(identity: Mapping[str, Any]) -> str:
    return fingerprint([FORMAT, identity["config"], identity["teacher"]])


def _plain(value: Any) -> Any:
    """The value as YAML holds it: plain dicts, lists, strings and numbers."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, int | float | bool) or value is None else str(value)


def _union(old: list[str], new: list[str]) -> list[str]:
    return [*old, *(name for name in new if name not in old)]


def read_description(root: Path) -> dict[str, Any] | None:
    """The content of corpus.yaml, None when the folder has none.

    Raises:
        BadFolder: corpus.yaml is there and is not one that this version reads.
    """
    path = Layout(root).description
    if not path.exists():
        return None
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadFolder(
            f"{path} cannot be read ({error.__class__.__name__}); restore it, or use another --out"
        ) from None
    if not isinstance(value, dict) or value.get("format") != FORMAT or not _is_whole(value):
        raise BadFolder(f"{path} is not a corpus description of format {FORMAT}; use another --out")
    return value


def _is_whole(value: Mapping[str, Any]) -> bool:
    """Whether everything is there that others read from it."""
    maps = all(isinstance(value.get(key), dict) for key in ("config", "teacher", "sources"))
    lists = all(isinstance(value.get(key), list) for key in ("languages", "tasks"))
    return maps and lists and all(isinstance(source, dict) for source in value["sources"].values())


def refuse_difference(root: Path, found: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """Raise when the corpus in `root` was asked for differently; every difference is named with both values."""
    asked = _plain(identity)
    differences = [
        *_differences("", found["config"], asked["config"]),
        *_differences("teacher ", found["teacher"], asked["teacher"]),
    ]
    for task in asked["sources"].keys() & found.get("sources", {}).keys():
        old, new = (_without_sample(sources[task]) for sources in (found["sources"], asked["sources"]))
        differences += _differences(f"source of {task}: ", old, new)
    if differences:
        raise BadFolder(
            f"{root} holds a corpus that was made with other options ({'; '.join(differences[:6])}). "
            "Give the same options to go on with it, or another --out to make a new one"
        )


def _without_sample(source: Mapping[str, Any]) -> dict[str, Any]:
    """A source without what follows from the options, which are compared by themselves."""
    return {key: value for key, value in source.items() if key not in ("sample", "sampled")}


def _differences(prefix: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    keys = [*old, *(key for key in new if key not in old)]
    return [
        f"{prefix}{key}: {_short(old.get(key))} there, {_short(new.get(key))} asked"
        for key in keys
        if old.get(key) != new.get(key)
    ]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
