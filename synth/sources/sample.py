"""The embedded sample: a few everyday examples of every task, written for Synth and under its licence.

They are no part of any data set. SQuAD's two versions share paragraphs and ids, and ANLI+ holds the MNLI examples,
as in the real sets, so that whoever runs the sample sees what is shared.
"""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.resources import files

from synth.errors import BadSource
from synth.sources.base import Example, SourceData
from synth.tasks import get_task

SPLIT = "train"


def load_sample(task: str) -> SourceData:
    """The embedded examples of a task, all of them as split `train`.

    Raises:
        BadFlag: There is no such task.
        BadSource: The installation lacks the sample.
    """
    name = get_task(task).name
    data = _read(name)
    examples = tuple(_example(name, line) for line in data.decode("utf-8").splitlines() if line)
    count = len(examples)
    part = {"kind": "file", "path": f"{name}.jsonl", "sha256": sha256(data).hexdigest(), "rows": count}
    origin = {"kind": "sample", "parts": [part], "rows": count, "examples": count, "problems": {}}
    return SourceData(name, SPLIT, examples, origin=origin)


def _read(name: str) -> bytes:
    """The bytes of a task's sample file inside the installed package."""
    path = files("synth").joinpath("data", "sample", f"{name}.jsonl")
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadSource(f"The embedded sample {name}.jsonl is missing: install synth-xtreme again") from error


def _example(task: str, line: str) -> Example:
    """One line of a sample file: the example's id, its part of a composed task, and the row."""
    item = json.loads(line)
    return Example(task, SPLIT, item["source_id"], item["row"], item["origin"])
