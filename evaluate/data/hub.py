"""Test sets from the Hugging Face Hub: data files only, at a revision that is resolved first and recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from synth.errors import BadSource
from synth.evaluate.data.base import ENTITIES, EvalSet, fill, languages_of
from synth.evaluate.data.collect import collect
from synth.evaluate.data.mewslix import entities, linked
from synth.evaluate.tasks import get_eval_task
from synth.evaluate.tasks.base import EvalTask, Form, HubPlace
from synth.evaluate.tasks.items import Candidate
from synth.network import network_errors
from synth.sources.base import SourceProblem
from synth.sources.hub import folder_revision, resolve_revision
from synth.sources.problems import What
from synth.sources.readers import Item, Record, first_line

_NEED_FILES = {
    Form.ANSWERS: "the Hub's copy has no sentence boundaries; name the authors' xquad-r files in a sources file",
    Form.MINING: "the Hub has gold pairs but not the corpora around them; name the original files in a sources file",
}


class HubEval:
    """The source `hub`: every target task from where its definition says that it lives."""

    def languages(self, task: str, split: str) -> tuple[str, ...]:
        """The task's languages (`languages_of`) that some place has this split of."""
        definition = get_eval_task(task)
        if definition.form in _NEED_FILES:
            return ()
        langs = languages_of(definition, split)
        return tuple(lang for lang in langs if any(place.holds(lang, split) for place in definition.hub))

    def load(self, task: str, lang: str, split: str) -> EvalSet:
        """All usable items of one language, from the first place that has it.

        Raises:
            BadSource: No place has it, or it cannot be loaded.
        """
        definition = get_eval_task(task)
        if definition.form in _NEED_FILES:
            raise BadSource(f"{task} cannot be evaluated from the Hub: {_NEED_FILES[definition.form]}")
        place = next((one for one in definition.hub if one.holds(lang, split)), None)
        if place is None:
            raise BadSource(
                f"no Hub place of {task} has {lang} {split}; leave the language out, or name files in a sources file"
            )
        return self.load_place(definition, place, lang, split)

    def load_place(self, task: EvalTask, place: HubPlace, lang: str, split: str) -> EvalSet:
        """All usable items of one language from a given place.

        Raises:
            BadSource: It cannot be loaded.
        """
        config = fill(place.config, lang) if place.config else None
        hub_split = fill(place.splits[split], lang)
        repo, revision, dataset = _loaded(fill(place.repo, lang), config, hub_split, place.revision)
        records: list[tuple[str, Item]] = [(repo, one) for one in _records(dataset)]
        candidates: tuple[Candidate, ...] = ()
        if task.form is Form.BITEXT:
            records, candidates = _bitext(repo, records)
        elif task.form is Form.LINKING:
            found, candidates = linked((one for _, one in records), partial(_problem, repo))
            records = [(repo, one) for one in found]
        origin = {"kind": "hub", "repo": repo, "config": config, "split": hub_split, "revision": revision}
        made = collect(task, lang, split, records, candidates, origin)
        mixed = (_problem(repo, f"{config} {hub_split}", What.INVALID, place.mixed),) if place.mixed else ()
        return replace(made, problems=(*mixed, *made.problems))

    def entities(self) -> Iterator[Candidate]:
        """Mewsli-X's candidates.

        Raises:
            BadSource: They cannot be loaded.
        """
        yield from self.entities_of(next(one for one in get_eval_task("mewslix").hub if ENTITIES in one.splits))

    def entities_of(self, place: HubPlace) -> Iterator[Candidate]:
        """Mewsli-X's candidates from a given place.

        Raises:
            BadSource: They cannot be loaded.
        """
        repo, _, dataset = _loaded(place.repo, place.config, place.splits[ENTITIES], place.revision)
        yield from entities(_records(dataset), repo)


def _problem(repo: str, where: str, what: What, detail: str) -> SourceProblem:
    return SourceProblem(repo, where, what.value, detail)


def _loaded(repo: str, config: str | None, split: str, pinned: str | None) -> tuple[str, str, Any]:
    """A data set of the Hub, or of a folder laid out as one: its name, its revision, its rows."""
    folder = Path(repo)
    if not folder.is_dir():
        revision = resolve_revision(repo, pinned)
        return repo, revision, _load(repo, config, split, revision)
    return folder.name, folder_revision(folder, pinned), _load(repo, config, split, None)


def _load(repo: str, config: str | None, split: str, revision: str | None) -> Any:
    import datasets
    from datasets.exceptions import DatasetsError

    try:
        return datasets.load_dataset(repo, config, split=split, revision=revision)
    except (DatasetsError, *network_errors(), ValueError, RuntimeError) as error:
        raise BadSource(
            f"{repo} {config or ''} {split} cannot be loaded: {first_line(error)}; reach the Hub, set HF_ENDPOINT to a "
            "mirror, or name local files in a sources file (docs/evaluate.md)"
        ) from None


def _records(dataset: Any) -> Iterator[Item]:
    """Rows as records; class numbers of tags get their names beside them."""
    names = _tag_names(dataset.features)
    for row, fields in enumerate(dataset):
        yield Record(f"row {row}", {**fields, **({"tag_names": names} if names else {})})


def _tag_names(features: Any) -> list[str] | None:
    for column in ("pos_tags", "ner_tags", "upos"):
        inner = getattr(features.get(column), "feature", None)
        names = getattr(inner, "names", None)
        if names:
            return list(names)
    return None


def _bitext(repo: str, records: list[tuple[str, Item]]) -> tuple[list[tuple[str, Item]], tuple[Candidate, ...]]:
    """Rows of two sentences as Tatoeba's queries (English) and candidates (foreign)."""
    queries: list[tuple[str, Item]] = []
    candidates: list[Candidate] = []
    for row, (_, record) in enumerate(records):
        fields = record.fields if isinstance(record, Record) else {}
        foreign, english = _sides(fields)
        queries.append((repo, Record(f"row {row}", {"id": str(row), "text": english, "gold": [str(row)]})))
        candidates.append(Candidate(str(row), "", foreign))
    return queries, tuple(candidates)


def _sides(fields: Any) -> tuple[str, str]:
    first = fields.get("sentence1") or fields.get("source_sentence") or ""
    second = fields.get("sentence2") or fields.get("target_sentence") or ""
    # Both copies say which side is which; without saying, the foreign one comes first.
    return (second, first) if str(fields.get("source_lang", "")).startswith("eng") else (first, second)
