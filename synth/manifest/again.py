"""The command that makes a corpus again, from what its corpus.yaml and filter.json say."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from synth.manifest.models import FilterRecord

# Options of `synth generate` that corpus.yaml records in `config`, in the order in which people write them; those at
# their default are left out.
_OPTIONS: Mapping[str, Any] = {
    "kind": "translation", "source": "sample", "split": "train", "limit": None, "seed": 0, "unit": "joint",
    "aligner": False,
}  # fmt: skip


def command_again(description: Mapping[str, Any], name: str, filtered: FilterRecord | None) -> str:
    """`synth generate ... && synth filter ...` with the options that decided the rows.

    A source of local files is written as `FILES.yaml`, because their place is the user's own affair; the manifest names
    the files and their hashes.
    """
    config, teacher = description.get("config") or {}, description.get("teacher") or {}
    parents = description.get("parents") or ()
    if parents:  # made by `synth filter` from a published corpus, whose manifest says the rest
        policy = ["--policy", filtered.policy] if filtered else []
        return shlex.join(["synth", "filter", f"{parents[0]['name']}.yaml", *policy, "--out", f"corpora/{name}"])
    words = ["synth", "generate"]
    for key in ("languages", "tasks"):
        if description.get(key):
            words += ["--langs" if key == "languages" else "--tasks", ",".join(map(str, description[key]))]
    for key, default in _OPTIONS.items():
        words += _option(key, config.get(key, default), default)
    words += ["--teacher", str(teacher.get("profile") or teacher.get("model") or "MODEL")]
    words += ["--out", f"corpora/{name}"]
    text = shlex.join(words)
    return f"{text} && synth filter corpora/{name} --policy {shlex.quote(filtered.policy)}" if filtered else text


def _option(key: str, value: Any, default: Any) -> list[str]:
    if value == default:
        return []
    if value is True:
        return [f"--{key}"]
    return [f"--{key}", "FILES.yaml" if (key, value) == ("source", "files") else str(value)]
