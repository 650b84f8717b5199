"""Predictions and golds of a run in XTREME's submission layout, which the official `evaluate.py` reads.

```
OUT/predictions/TASK/test-LANG.tsv    a label a line; a tag a line with blank lines between sentences; pairs
OUT/predictions/TASK/test-LANG.json   QA: {id: answer}; Mewsli-X: {id: [entities]}; LAReQA: {question: [sentences]}
OUT/predictions/xcopa/test-LANG.jsonl {"label": 0}
OUT/labels/TASK/...                   the same of the gold, so that the official script can be run on both
```
LAReQA has no place in the official layout; its file is written for other tools.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from synth.corpus.files import write_text
from synth.evaluate.predictions import Predictions, files_of, read_predictions
from synth.evaluate.tasks import get_eval_task
from synth.evaluate.tasks.base import Form

Texts = Iterable[tuple[str, ...]]


def export_run(folder: Path, out: Path) -> list[Path]:
    """Write all predictions of a run; returns the prediction files that were written.

    Raises:
        BadFolder: The run's files are not sound.
        DiskError: A file cannot be written.
    """
    written = []
    for path in files_of(folder):
        made = read_predictions(path)
        name = f"{made.task}/test-{made.lang}.{get_eval_task(made.task).extension}"
        write_text(out / "predictions" / name, submission(made))
        write_text(out / "labels" / name, labels(made))
        written.append(out / "predictions" / name)
    return written


def submission(made: Predictions) -> str:
    """The text of one submission file."""
    form = get_eval_task(made.task).form
    if form is Form.SPAN:
        return _json({name: one[0] for name, one in zip(made.item_ids, made.predictions, strict=True)})
    if form in {Form.LINKING, Form.ANSWERS}:
        return _json({name: list(one) for name, one in zip(made.item_ids, made.predictions, strict=True)})
    return _lines(form, made.item_ids, made.predictions)


def labels(made: Predictions) -> str:
    """The text of the label file that belongs to it."""
    form = get_eval_task(made.task).form
    if form is Form.SPAN:
        rows = zip(made.item_ids, made.golds, strict=True)
        questions = [{"id": name, "answers": [{"text": text} for text in gold]} for name, gold in rows]
        return _json({"data": [{"paragraphs": [{"qas": questions}]}]})
    if form in {Form.LINKING, Form.ANSWERS}:
        return _json({name: list(one) for name, one in zip(made.item_ids, made.golds, strict=True)})
    return _lines(form, made.item_ids, made.golds)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _lines(form: Form, names: Iterable[str], texts: Texts) -> str:
    if form is Form.TAGS:
        return "".join("".join(f"{tag}\n" for tag in one) + "\n" for one in texts)
    if form is Form.MINING:
        return "".join(f"{name}\t{other}\n" for name, one in zip(names, texts, strict=True) for other in one)
    if form is Form.CHOICE:
        return "".join(f'{{"label": {one[0]}}}\n' for one in texts)
    return "".join(f"{one[0]}\n" for one in texts)
