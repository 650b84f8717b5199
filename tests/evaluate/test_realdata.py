"""Every slice of real test sets can be read: nothing is lost, ids are unique, gold is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import BadSource
from synth.evaluate.data.local import LocalEval
from synth.evaluate.tasks import get_eval_task
from synth.evaluate.tasks.base import Form
from synth.evaluate.tasks.items import gold_of

DATA = Path(__file__).resolve().parents[2] / "../shared/realdata"
ENTRIES = {
    "xnli": "xnli/dev-{lang}.*.tsv",
    "pawsx": "pawsx/dev-{lang}.*.tsv",
    "xcopa": "xcopa/{lang}/test.{lang}.jsonl",
    "udpos": "udpos/{lang}_*-ud-test*.conllu",
    "panx": "panx/dev-{lang}.*.tsv",
    "xquad": "xquad/xquad.{lang}.*.json",
    "mlqa": "mlqa/dev-context-{lang}-question-{lang}*.json",
    "tatoeba": "tatoeba/tatoeba.{lang3}-eng.{lang3}",
    "bucc2018": "bucc2018/{lang}-en.dev.{lang}",
    "lareqa": "lareqa/xquad-r/{lang}.*.json",
}
LANGUAGES = {"xnli": 15, "pawsx": 7, "panx": 47, "xquad": 8, "mlqa": 4, "tatoeba": 21, "lareqa": 6}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the slices of real data are not on this machine")


@pytest.mark.parametrize("task", ENTRIES)
def test_every_slice_is_read_whole(task: str, tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(f'tasks: {{{task}: {{test: "{DATA.resolve()}/{ENTRIES[task]}"}}}}\n', encoding="utf-8")
    source = LocalEval(path)
    langs = source.languages(task, "test")
    assert len(langs) == LANGUAGES.get(task, len(langs)) > 0
    for lang in langs:
        found = source.load(task, lang, "test")
        assert not found.problems
        assert len({item.item_id for item in found.items}) == len(found.items)
        assert get_eval_task(task).form is Form.MINING or all(gold_of(item) for item in found.items)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_tydiqas_slices_are_xtremes_without_labels(lang: str, tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    entry = f"{DATA.resolve()}/tydiqa/tydiqa.goldp.{{lang}}.dev*.json"
    path.write_text(f'tasks: {{tydiqa: {{test: "{entry}"}}}}\n', encoding="utf-8")
    with pytest.raises(BadSource, match="have no gold"):
        LocalEval(path).load("tydiqa", lang, "test")
