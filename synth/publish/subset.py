"""A corpus without some of its tasks."""

from __future__ import annotations

from collections.abc import Collection

from synth.errors import BadFlag
from synth.manifest.models import Manifest, config_of, split_config


def without(manifest: Manifest, dropped: Collection[str]) -> Manifest:
    """The manifest without these tasks: their files and funnel go, everything else stays.

    Raises:
        BadFlag: A name is not a task of the corpus, or nothing would be left.
    """
    unknown = sorted(set(dropped) - set(manifest.tasks))
    if unknown:
        raise BadFlag(f"--drop names {', '.join(unknown)}; the corpus holds {', '.join(manifest.tasks)}")
    tasks = {name: record for name, record in manifest.tasks.items() if name not in dropped}
    if not tasks:
        raise BadFlag("--drop leaves nothing to publish; name fewer tasks")
    files = {path: record for path, record in manifest.files.items() if _task(config_of(path)) in tasks}
    return manifest.model_copy(
        update={
            "tasks": tasks,
            "files": files,
            "languages": tuple(sorted({split_config(config_of(path))[1] for path in files})),
            "funnel": {name: entry for name, entry in manifest.funnel.items() if _task(name) in tasks},
        }
    )


def _task(config: str) -> str:
    return split_config(config)[0]
