"""From corpus.yaml to the parts of the manifest that say what was asked: tasks, sources, teacher, filter.

corpus.yaml is written by generation and may grow; keys that have a place of their own in the manifest go there, all
others go to `details`, so that nothing is lost and the manifest itself stays strict.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth.errors import BadFolder
from synth.manifest.models import FilterRecord, Source, TaskRecord, Teacher, Terms
from synth.manifest.redact import redact_all
from synth.manifest.yamlio import read_yaml
from synth.tasks import TASKS

FILTER_FILE = "filter.yaml"


def read_description(corpus: Path) -> dict[str, Any]:
    """What corpus.yaml says, without secrets.

    Raises:
        BadFolder: There is no corpus.yaml, or it is not one.
    """
    path = corpus / "corpus.yaml"
    if not path.is_file():
        raise BadFolder(f"{corpus} has no corpus.yaml; give the folder that `synth generate` wrote")
    value = redact_all(read_yaml(path))
    if not isinstance(value, dict) or value.get("format") != 1:
        raise BadFolder(f"{path} is not a corpus.yaml of format 1; write the corpus again with this version of Synth")
    return value


def _sorted_out(value: Mapping[str, Any], names: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keys with a field (renamed to it; the first name given wins, empty values left out), and all the others."""
    known: dict[str, Any] = {}
    for key, name in names.items():
        if value.get(key) not in (None, "", [], {}):
            known.setdefault(name, value[key])
    return known, {key: item for key, item in value.items() if key not in names}


_SOURCE_KEYS = {
    "kind": "kind", "repository": "repository", "repo": "repository", "config": "config", "revision": "revision",
    "files": "files", "rows": "rows", "problems": "problems", "sample": "sample", "split": "split",
}  # fmt: skip


def task_record(task: str, source: Mapping[str, Any], split: str) -> TaskRecord:
    """The manifest's record of a task from its entry in corpus.yaml's `sources`."""
    known, details = _sorted_out(source, _SOURCE_KEYS)
    known.pop("split", None)
    sample = known.pop("sample", "all rows")
    files = known.get("files")
    if files is not None:
        known["files"] = {Path(str(name)).name: digest for name, digest in dict(files).items()}
    return TaskRecord(
        split=split,
        sample=sample if isinstance(sample, str) else str(sample),
        source=Source.model_validate({"kind": "files", **known, "details": details}),
        licence=terms_of(task),
    )


def terms_of(task: str) -> Terms:
    """The upstream terms of a task as the task table has them now."""
    licence = TASKS[task].licence
    return Terms(
        id=licence.id,
        redistribute=licence.redistribute,
        non_commercial=licence.non_commercial,
        share_alike=licence.share_alike,
        note=licence.note,
    )


_TEACHER_KEYS = {
    "profile": "profile", "name": "profile", "model": "model", "revision": "revision", "quantisation": "quantisation",
    "style": "style", "prompt": "prompt", "prompt_version": "prompt", "licence": "licence",
    "outputs_note": "outputs_note", "non_commercial": "non_commercial", "languages": "languages",
    "sampling": "sampling",
}  # fmt: skip


def teacher_of(description: Mapping[str, Any]) -> Teacher:
    """The teacher's record from corpus.yaml's `teacher`."""
    known, details = _sorted_out(description.get("teacher") or {}, _TEACHER_KEYS)
    for key in ("revision", "quantisation", "style", "prompt"):
        if key in known:
            known[key] = str(known[key])
    return Teacher.model_validate({"profile": "unnamed", "model": "unnamed", **known, "details": details})


_FILTER_KEYS = {"policy": "policy", "sha256": "sha256", "policy_sha256": "sha256", "detectors": "detectors"}


def filter_of(corpus: Path) -> FilterRecord | None:
    """How the corpus was filtered, from the filter.yaml that `synth filter` leaves; None when it was not."""
    path = corpus / FILTER_FILE
    if not path.is_file():
        return None
    known, details = _sorted_out(redact_all(read_yaml(path)), _FILTER_KEYS)
    return FilterRecord.model_validate({**known, "details": details})
