"""Chunks: every row in exactly one, groups undivided, the same cut every time, fingerprints of all that matters."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.generate.chunks import Chunk, batches, group_of, make_chunks, source_chunks
from synth.outcomes import Kind
from synth.sources.base import Example
from tests.generate.fakes import chunk_of, example, examples


def _squad(number: int, paragraph: int, task: str) -> Example:
    row = {"id": f"q{number}", "title": "t", "context": f"Paragraph {paragraph}.", "question": f"Q {number}?"}
    return example(task, row | {"answers": {"text": [], "answer_start": []}}, f"q{number}")


squads = st.lists(st.tuples(st.integers(0, 8), st.sampled_from(["squad_v1", "squad_v2"])), max_size=60)


@settings(max_examples=100, deadline=None)
@given(squads, st.integers(1, 20))
def test_batches_hold_every_row_once_and_divide_no_group(members: list[tuple[int, str]], rows: int) -> None:
    found = [_squad(at, paragraph, task) for at, (paragraph, task) in enumerate(members)]
    cut = list(batches(found, rows))
    assert sorted(one.source_id for batch in cut for one in batch) == sorted(one.source_id for one in found)
    homes: dict[tuple[str, str], set[int]] = {}
    for at, batch in enumerate(cut):
        for one in batch:
            homes.setdefault(group_of(one), set()).add(at)
    assert all(len(places) == 1 for places in homes.values())
    for batch in cut:
        assert len(batch) <= rows or len({group_of(one) for one in batch}) == 1
    assert cut == list(batches(found, rows))


def _run(langs: tuple[str, ...] = ("es", "sw"), kinds: tuple[Kind, ...] = (Kind.TRANSLATION,)) -> list[Chunk]:
    return list(make_chunks(examples("mnli", "anli_plus", "squad_v1", "squad_v2", "ccg"), langs, kinds, "me"))


def test_tasks_of_one_family_are_one_chunk_and_order_is_fixed() -> None:
    chunks = _run()
    assert [(chunk.lang, chunk.family, chunk.tasks) for chunk in chunks[:3]] == [
        ("es", "nli", ("mnli", "anli_plus")),
        ("es", "squad", ("squad_v1", "squad_v2")),
        ("es", "ccg", ("ccg",)),
    ]
    assert chunks == _run()
    assert len({chunk.fingerprint for chunk in chunks}) == len(chunks)
    assert len({part for chunk in chunks for part in chunk.parts}) == sum(len(chunk.parts) for chunk in chunks)


def test_many_rows_become_several_chunks_of_at_most_512(tmp_path: object) -> None:
    many = [_squad(at, at // 5, "squad_v1") for at in range(1300)]
    chunks = list(make_chunks({"squad_v1": many}, ["es"], (Kind.TRANSLATION,), "me"))
    assert [chunk.number for chunk in chunks] == [0, 1, 2]
    assert sum(chunk.rows for chunk in chunks) == 1300 and max(chunk.rows for chunk in chunks) <= 512


def test_english_takes_part_only_as_paraphrase_and_source() -> None:
    both = _run(("en", "es"), (Kind.TRANSLATION, Kind.PARAPHRASE))
    assert {chunk.kinds for chunk in both if chunk.lang == "en"} == {(Kind.PARAPHRASE,)}
    assert {chunk.kinds for chunk in both if chunk.family == "ccg"} == {(Kind.TRANSLATION,)}
    assert all(part.kind is Kind.SOURCE for chunk in source_chunks(examples("qqp"), "me") for part in chunk.parts)


def test_the_fingerprint_is_of_content_language_kinds_and_identity() -> None:
    found = examples("mnli", count=3)
    base = chunk_of(found).fingerprint
    first = found["mnli"][0]
    changed = [
        chunk_of(found, "sw"),
        chunk_of(found, kinds=(Kind.PARAPHRASE,)),
        chunk_of({"mnli": [replace(first, row=first.row | {"label": 1}), *found["mnli"][1:]]}),
        chunk_of({"mnli": [replace(first, source_id="other"), *found["mnli"][1:]]}),
        chunk_of({"mnli": found["mnli"][:2]}),
        next(make_chunks(found, ["es"], (Kind.TRANSLATION,), "other teacher")),
    ]
    prints = {base, *(chunk.fingerprint for chunk in changed)}
    assert len(prints) == len(changed) + 1
    assert chunk_of(examples("mnli", count=3)).fingerprint == base


@pytest.mark.parametrize("task", ["mnli", "qqp"])
def test_rows_that_share_nothing_stand_alone(task: str) -> None:
    assert len(chunk_of(examples(task)).groups()) >= 7
