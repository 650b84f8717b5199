"""From records to the items of one language: shaped, with unique ids, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from synth.errors import BadSource
from synth.evaluate.data.base import EvalSet
from synth.evaluate.tasks.base import EvalTask, Form
from synth.evaluate.tasks.items import Candidate, Item, QueryItem, SpanItem, TagItem, gold_of
from synth.evaluate.tasks.shapes import MISSHAPEN, Unusable
from synth.languages import LANGUAGES, canonical_code
from synth.sources.base import SourceProblem
from synth.sources.files import first_broken
from synth.sources.problems import What, summary
from synth.sources.readers import Item as Read
from synth.sources.readers import Record

_NAMES = {language.name.lower(): code for code, language in LANGUAGES.items()}


def collect(
    task: EvalTask,
    lang: str,
    split: str,
    reads: Iterable[tuple[str, Read]],
    candidates: tuple[Candidate, ...],
    origin: dict[str, Any],
) -> EvalSet:
    """All items of a language, in order.

    Nothing is dropped because it occurs twice: the official scores count it twice. A repeated id gets `#2`.

    Args:
        task: The target task.
        lang: The language that is wanted; records that name another one are passed over.
        split: Our name of the split.
        reads: Name of the file and what was read from it.
        candidates: What is retrieved from.
        origin: What is recorded of the files.

    Raises:
        BadSource: No item is usable, or none has gold.
    """
    items: list[Item] = []
    problems: list[SourceProblem] = []
    row = 0  # of this language, in a file of all languages too: lines of parallel sets belong together by it
    for file, read in reads:
        if isinstance(read, SourceProblem):
            problems.append(read)
            row += 1
        elif _belongs(read, lang):
            found = _item(task, lang, file, Record(read.where, {**read.fields, "row": row}))
            row += 1
            if not isinstance(found, SourceProblem) and _teaches_nothing(task, split, found):
                found = SourceProblem(
                    file, read.where, What.MISSING_LABEL.value, "no gold; nothing can be learnt of it"
                )
            (problems if isinstance(found, SourceProblem) else items).append(found)  # type: ignore[arg-type]
    _check(task, f"{task.name} {lang} {split}{_files(origin)}", items, problems)
    unique = tuple(_unique(items))
    return EvalSet(task.name, lang, split, unique, candidates, (*problems, *_oddities(unique)), origin)


def _teaches_nothing(task: EvalTask, split: str, item: Item) -> bool:
    """Whether an item of a training or development set has no gold: MNLI's "-", where annotators did not agree."""
    return split != task.split and task.form is not Form.MINING and not gold_of(item)


def _belongs(record: Record, lang: str) -> bool:
    """Whether a record is of this language, where files hold several: by a column, or TyDiQA's `arabic-...` ids."""
    named = record.fields.get("language")
    if isinstance(named, str):
        return canonical_code(named) == lang
    prefix = str(record.fields.get("id") or "").partition("-")[0]
    return _NAMES.get(prefix, lang) == lang


def _item(task: EvalTask, lang: str, file: str, record: Record) -> Item | SourceProblem:
    try:
        item = task.shape(record.fields, lang)
    except Unusable as error:
        return SourceProblem(file, record.where, What.BAD_ROW.value, f"{error}")
    except MISSHAPEN as error:
        return SourceProblem(file, record.where, What.BAD_ROW.value, f"not in the form of {task.name}: {error!r}")
    if first_broken(repr_of(item)) is not None:
        detail = "bytes that are not text in the file's encoding"
        return SourceProblem(file, record.where, What.BAD_ENCODING.value, detail)
    unknown = set(item.tags) - set(task.labels) if isinstance(item, TagItem) else set()
    if unknown:
        detail = f"tags {', '.join(sorted(unknown))} are none of {task.name}'s"
        return SourceProblem(file, record.where, What.UNKNOWN_LABEL.value, detail)
    return item


def repr_of(item: Item) -> str:
    """All strings of an item in one."""
    parts = (getattr(item, name) for name in item.__slots__)
    return "\0".join(
        one for part in parts for one in (part if isinstance(part, tuple) else (part,)) if isinstance(one, str)
    )


def _files(origin: Mapping[str, Any]) -> str:
    """Where a set was read from, for messages; "" of a source that does not say."""
    names = [str(part["path"]) for part in origin.get("parts", ())] or [str(origin.get("repo", ""))]
    return f" ({', '.join(names[:3])}{' ...' if len(names) > 3 else ''})" if any(names) else ""


def _check(task: EvalTask, where: str, items: list[Item], problems: list[SourceProblem]) -> None:
    if not items:
        first = f"; the first is {problems[0].file}, {problems[0].row}: {problems[0].detail}" if problems else ""
        raise BadSource(
            f"{where}: nothing usable ({summary(problems) or 'no rows'}{first}); check that the "
            "file is this task's, and its `format`"
        )
    if task.form is not Form.MINING and not all(gold_of(item) for item in items):
        without = sum(not gold_of(item) for item in items)
        raise BadSource(
            f"{where}: {without} of {len(items)} items have no gold. XTREME's preprocessing takes "
            "the labels off its test files: give the data set's original release"
        )


def _unique(items: Iterable[Item]) -> Iterable[Item]:
    seen: Counter[str] = Counter()
    for item in items:
        seen[item.item_id] += 1
        number = seen[item.item_id]
        yield item if number == 1 else replace(item, item_id=f"{item.item_id}#{number}")


def _oddities(items: Iterable[Item]) -> Iterable[SourceProblem]:
    """What is noted of items that are used all the same."""
    for item in items:
        if isinstance(item, SpanItem):
            pairs = zip(item.answers, item.starts, strict=True)
            if any(item.context[start : start + len(answer)] != answer for answer, start in pairs):
                detail = "an answer is not at its offset; its text is scored all the same"
                yield SourceProblem("", item.item_id, What.WRONG_OFFSET.value, detail)


def pool(sets: Iterable[EvalSet]) -> tuple[tuple[EvalSet, ...], tuple[Candidate, ...]]:
    """LAReQA: every question gets the gold sentences of all languages, and all candidates become one list.

    The official pool is that of all 11 languages; with fewer the task is easier, so the report marks it as a hole.
    """
    given = tuple(sets)
    gold: dict[str, list[str]] = {}
    for each in given:
        for item in each.items:
            gold.setdefault(item.cluster, []).extend(gold_of(item))
    joined = tuple(
        replace(each, items=tuple(_with_gold(item, gold) for item in each.items), candidates=()) for each in given
    )
    return joined, tuple(one for each in given for one in each.candidates)


def _with_gold(item: Item, gold: dict[str, list[str]]) -> Item:
    assert isinstance(item, QueryItem)
    return replace(item, gold=tuple(dict.fromkeys(gold[item.cluster])))
