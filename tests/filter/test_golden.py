"""Golden rows of every script: the default policy keeps the right ones and finds the planted faults."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from synth.filter.checks import all_checks
from synth.filter.checks.base import Batch
from synth.filter.columns import as_arrays, empty_columns
from synth.filter.dedup import DedupInput, find_duplicates
from synth.filter.dedup.config import ngram_for
from synth.filter.dedup.jaccard import HASH_BITS, sets_of
from synth.filter.policy import load_policy
from synth.filter.text import Field, RowText, normalise
from synth.filter.tools import Tools, ToolSettings, build_tools
from synth.outcomes import Kind, Reason
from synth.prompts.base import TAGS
from synth.spans import Span, clean_text, find, mark, trim, unmark
from synth.tasks import get_task
from tests.filter.dedup import reference

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.yaml"))


def _rows() -> list[Any]:
    found = []
    for path in GOLDEN:
        content = yaml.safe_load(path.read_text("utf-8"))
        for row in content["rows"]:
            expected, why, english, text, *lang = row
            code = lang[0] if lang else content["lang"]
            found.append(pytest.param(expected, english, text, code, id=f"{path.stem}-{code}-{why}"))
    return found


@cache
def tools() -> Tools:
    pytest.importorskip("pycld2", reason="golden rows of `language` need CLD2")
    return build_tools(ToolSettings())


def _text(value: str | list[str]) -> RowText:
    if isinstance(value, str):
        return RowText((Field("premise", normalise(value)),))
    return RowText(tuple(Field(f"choices[{n}]", normalise(text), True) for n, text in enumerate(value)))


def reasons(english: str | list[str], text: str | list[str], lang: str) -> set[str]:
    mine, source = _text(text), _text(english)
    task = get_task("mnli")
    batch = Batch(task, lang, Kind.TRANSLATION, [{}], [{}], [{}], [mine], [source], [source], tools())
    policy, found = load_policy("default"), set()
    for name, check in all_checks().items():
        limits = policy.checks[name]
        if name in ("invariants", "contamination") or limits is None:
            continue
        scored = check.score(batch) if batch.kind in check.kinds else empty_columns(check, 1)
        marks = check.decide(as_arrays(check, scored), limits)
        found |= {reason.value for reason, mask in marks.drop.items() if mask.any()}
    return found


@pytest.mark.parametrize(("expected", "english", "text", "lang"), _rows())
def test_golden_row(expected: str, english: Any, text: Any, lang: str) -> None:
    found = reasons(english, text, lang)
    if expected == "keep":
        assert not found
    else:
        assert Reason(expected).value in found


def _texts() -> list[tuple[str, str]]:
    """(language, text) of the golden rows that are kept, one for each choice."""
    found = []
    for row in _rows():
        expected, _, text, lang = row.values
        if expected == "keep":
            found += [(lang, each) for each in ([text] if isinstance(text, str) else text)]
    return found


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_golden_texts_are_cut_into_the_right_ngrams(form: Literal["NFC", "NFD"]) -> None:
    for lang, text in _texts():
        n = ngram_for(lang)
        found = sets_of([unicodedata.normalize(form, text)], n)
        shift = 64 - HASH_BITS
        wanted = {reference.gram_hash(gram, n, 64) >> shift for gram in reference.grams(text, n)}
        assert found.hashes.tolist() == sorted(wanted), text


def test_golden_texts_are_near_duplicates_of_themselves_alone() -> None:
    by_lang: dict[str, dict[str, None]] = {}
    for lang, text in _texts():
        if len(text) > 20:
            by_lang.setdefault(lang, {})[text] = None
    for lang, texts in by_lang.items():
        twice = [*texts, *(unicodedata.normalize("NFD", text) + " " for text in texts)]
        rows = DedupInput([f"{number:04d}" for number in range(len(twice))], {"text": twice}, lang)
        removed = find_duplicates(rows).removed
        later = [f"{number + len(texts):04d}" for number in range(len(texts))]
        assert sorted(removed.ids) == later, lang
        assert all(removed.exact)


def _places(text: str) -> list[Span]:
    """Words of a golden text, and stretches of unspaced ones: where an answer may lie."""
    parts = [Span(match.start(), match.end()) for match in re.finditer(r"\S+", text)]
    spans = [trim(text, span) for span in parts] + [trim(text, Span(parts[0].start, parts[len(parts) // 2].end))]
    return [span for span in spans if span is not None and any(char.isalnum() for char in span.of(text))]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def test_spans_of_golden_texts_come_back_from_marks_and_are_found_verbatim() -> None:
    for _, text in _texts():
        text = clean_text(text)
        for span in _places(text):
            clean, found = unmark(mark(text, [span], TAGS), 1, TAGS)
            assert (clean, found) == (text, [span]), text
            place = find(span.of(text), text, near=span.start / len(text))
            assert place is not None, text
            assert _letters(place.of(text)) == _letters(span.of(text)), text
            assert span.start <= place.start < place.end <= span.end, text


def test_every_script_has_at_least_ten_rows() -> None:
    counts = {path.stem: len(yaml.safe_load(path.read_text("utf-8"))["rows"]) for path in GOLDEN}
    assert len(counts) >= 15
    assert min(counts.values()) >= 10, counts
