"""From corpus.yaml to the parts of the manifest that say what was asked: tasks, sources, teacher, filter.

corpus.yaml is written by generation and may grow; keys that have a place of their own in the manifest go there, all
others go to `details`, so that nothing is lost and the manifest itself stays strict.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth.corpus.files import read_json
from synth.errors import BadFolder
from synth.manifest.models import FilterRecord, TaskRecord, Teacher, Terms
from synth.manifest.redact import redact_all
from synth.manifest.yamlio import MAX_TEXT, read_yaml
from synth.outcomes import Kind
from synth.tasks import TASKS

FILTER_FILE = "filter.json"


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
    "kind": "kind", "parts": "parts", "rows": "rows", "examples": "examples", "problems": "problems",
    "sample": "sample", "sampled": "sampled",
}  # fmt: skip
_PART_KEYS = {
    "kind": "kind", "repo": "repository", "repository": "repository", "config": "config", "split": "split",
    "revision": "revision", "path": "path", "sha256": "sha256", "origin": "origin", "rows": "rows",
}  # fmt: skip


def task_record(task: str, source: Mapping[str, Any], split: str) -> TaskRecord:
    """The manifest's record of a task from its entry in corpus.yaml's `sources`."""
    known, details = _sorted_out(source, _SOURCE_KEYS)
    taken = {key: known.pop(key) for key in ("sample", "sampled") if key in known}
    parts = [_part(part) for part in known.pop("parts", ())]
    return TaskRecord.model_validate(
        {
            "split": split,
            **taken,
            "source": {"kind": "unknown", **known, "parts": parts, "details": details},
            "licence": terms_of(task),
        }
    )


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    known, details = _sorted_out(part, _PART_KEYS)
    return {"kind": "unknown", **known, "details": {key: item for key, item in details.items() if item}}


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
    "profile": "profile", "name": "profile", "model": "model", "revision": "revision", "quantization": "quantization",
    "style": "style", "prompt": "prompt", "licence": "licence", "outputs_note": "outputs_note",
    "non_commercial": "non_commercial", "languages": "languages", "sampling": "sampling",
}  # fmt: skip


def teacher_of(description: Mapping[str, Any]) -> Teacher:
    """The teacher's record from corpus.yaml's `teacher`."""
    known, details = _sorted_out(description.get("teacher") or {}, _TEACHER_KEYS)
    for key in ("revision", "quantization", "style", "prompt"):
        if key in known:
            known[key] = str(known[key])
    return Teacher.model_validate({"profile": "unnamed", "model": "unnamed", **known, "details": details})


def read_filter(corpus: Path) -> dict[str, Any] | None:
    """What `synth filter` says of its run in filter.json; None when there was none.

    Raises:
        BadFolder: The file is there and cannot be used.
    """
    path = corpus / FILTER_FILE
    if not path.exists():
        return None
    value = read_json(path) if path.is_file() and path.stat().st_size <= MAX_TEXT else None
    if not isinstance(value, dict) or value.get("format") != 1:
        raise BadFolder(f"{path} is not a filter.json of format 1; run `synth filter` on the corpus again")
    return value


def filter_of(corpus: Path) -> FilterRecord | None:
    """How the corpus was filtered: the policy with its hash, and the detectors with theirs."""
    value = read_filter(corpus)
    if value is None:
        return None
    policy, models = dict(value.get("policy") or {}), redact_all(dict(value.get("models") or {}))
    detectors = models.pop("detectors", None) or {}
    return FilterRecord.model_validate(
        {
            "policy": policy.get("name"),
            "fingerprint": policy.get("fingerprint"),
            "rules": policy.get("rules") or {},
            "detectors": detectors,
            "details": {key: item for key, item in models.items() if item},
        }
    )


def language_answers(corpus: Path) -> dict[str, dict[str, int]]:
    """Answers of language identification by config, from filter.json."""
    cells = (read_filter(corpus) or {}).get("cells") or []
    return {_config(cell): dict(cell.get("answers") or {}) for cell in cells}


def _config(cell: Mapping[str, Any]) -> str:
    ending = ".paraphrase" if cell.get("kind") == Kind.PARAPHRASE else ""
    return f"{cell.get('task')}.{cell.get('lang')}{ending}"
