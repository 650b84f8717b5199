"""`filter_corpus`: score every part, find duplicates, decide by a policy, count.

1. Score: each part of `generated/` is measured by all checks into `scored/`, in any number of processes. A part scored
   before with the same rows, checks and models is not scored again: a killed run goes on, a new policy costs nothing.
2. Settle: in each (task, language, kind) duplicates are looked for among the rows that the policy's checks let pass.
   The rows of large groups are signed first, part by part, by all processes.
3. Write: each row goes to `kept/` or `dropped/`; duplicates take their siblings in other languages with them as the
   policy says.
4. Count: the funnel, in `filter.json`.

Only one part a process is in memory, save for stage 2, which holds the texts of one group.
"""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.corpus.files import alone, fingerprint, write_json
from synth.corpus.layout import Layout, Part
from synth.errors import BadFolder
from synth.filter.dedup.siblings import Reach
from synth.filter.duplicates import is_settled
from synth.filter.engine import Engine, LocalEngine
from synth.filter.funnel import Cell, CountJob, as_json
from synth.filter.group import Group, GroupKey, groups_of
from synth.filter.io import InputPart, input_parts, remove_part, unfinished
from synth.filter.jobs import ScoreJob, Settled, SettleJob, Siblings, WriteJob
from synth.filter.policy import Policy
from synth.filter.score import check_identities
from synth.filter.signing import SIGN_FROM, SignJob, batches
from synth.filter.tools import ToolSettings, build_tools
from synth.languages import LANGUAGES
from synth.outcomes import Kind
from synth.tasks import TASKS

SUMMARY = "filter.json"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FilterResult:
    """What a run did.

    Args:
        corpus: The corpus folder.
        cells: The funnel.
        scored: Parts scored in this run.
        reused: Parts whose scores were there already.
        written: Parts decided in this run.
        seconds: Wall time.
        warnings: What the user should know: missing detectors, unfinished parts, languages without rows.
    """

    corpus: Path
    cells: tuple[Cell, ...]
    scored: int
    reused: int
    written: int
    seconds: float
    warnings: tuple[str, ...]


def filter_corpus(
    corpus: Path,
    policy: Policy,
    settings: ToolSettings | None = None,
    engine: Engine | None = None,
    say: Say = lambda _line: None,
) -> FilterResult:
    """Filter a corpus; see the module.

    Args:
        corpus: A folder that `synth generate` wrote.
        policy: From `synth.filter.policy.load_policy`.
        settings: Which language detectors and embeddings to use; the installed detectors by default.
        engine: Where the work is done; all cores of this machine by default.
        say: Receives a line of progress now and then.

    Raises:
        BadFolder: There is no corpus, or nothing in it.
        BadSource: A part is corrupt, foreign or incomplete; all other work is kept.
        StoppedError: The run could not finish; what is done is kept.
    """
    started = time.monotonic()
    settings, engine = settings or ToolSettings(), engine or LocalEngine()
    inputs, warnings = _inputs(corpus)
    tools = build_tools(settings)
    with alone(corpus / ".filter.lock", f"another `synth filter` works on {corpus}; wait until it ends"):
        warnings += list(tools.missing.values())
        parts = [each.part for each in inputs]
        job = ScoreJob(corpus, settings, secrets.token_hex(4), fingerprint(check_identities(tools)))
        scored = _score(job, parts, engine, say)
        _remove_stale(corpus, parts)
        groups = groups_of(corpus, parts)
        written = _decide(corpus, groups, policy, engine, say)
        _tidy(corpus)
        cells = tuple(engine.map(CountJob(), groups))
        warnings += _empty_cells(cells)
        result = FilterResult(
            corpus, cells, scored, len(parts) - scored, written, time.monotonic() - started, tuple(warnings)
        )
        write_json(corpus / SUMMARY, summary(result, policy, tools.identity))
        return result


def _empty_cells(cells: Iterable[Cell]) -> list[str]:
    """One line a task for the languages that generation left without a usable row."""
    empty: dict[str, list[str]] = {}
    for cell in cells:
        if not cell.usable:
            empty.setdefault(f"{cell.task} ({cell.kind})", []).append(cell.lang)
    return [f"{name} has no usable row in {', '.join(langs)}" for name, langs in empty.items()]


def _inputs(corpus: Path) -> tuple[list[InputPart], list[str]]:
    known, strange = [], dict[str, str]()
    for each in input_parts(corpus):
        if each.part.task not in TASKS:
            strange[each.part.task] = "task"
        elif each.part.lang not in LANGUAGES:
            strange[f"{each.part.task}/{each.part.lang}"] = "language"
        else:
            known.append(each)
    if not known:
        raise BadFolder(
            f"{corpus} holds no task that Synth knows ({', '.join(sorted(strange))}), or none in a language that it "
            "knows; `synth tasks` and `synth langs` list them"
        )
    warnings = [
        f"generated/{name} is no {what} that Synth knows; it was left out" for name, what in sorted(strange.items())
    ]
    warnings += [f"{name} is unfinished and was left out; run `synth generate` again" for name in unfinished(corpus)]
    return known, warnings


def _score(job: ScoreJob, parts: Sequence[Part], engine: Engine, say: Say) -> int:
    scored = 0
    for number, fresh in enumerate(engine.map(job, parts), start=1):
        scored += fresh
        say(f"scored {number} of {len(parts)} parts ({scored} new)")
    return scored


def _remove_stale(corpus: Path, parts: Sequence[Part]) -> None:
    """Parts of later stages whose generated part is gone, after a `--redo` that made fewer chunks."""
    layout, there = Layout(corpus), set(parts)
    for stage in ("scored", "kept", "dropped"):
        for part in list(layout.parts(stage)):
            if part not in there:
                remove_part(layout.part(part, stage))


def _tidy(corpus: Path) -> None:
    """Remove the half-written files of workers that were killed, now that every part is there."""
    for stage in ("scored", "kept", "dropped"):
        for path in (corpus / stage).glob("*/*/.*.tmp"):
            path.unlink(missing_ok=True)


def _decide(corpus: Path, groups: Sequence[Group], policy: Policy, engine: Engine, say: Say) -> int:
    settled: list[Settled] = []
    for batch in batches(groups):
        _sign(batch, policy, engine, say)
        for each in engine.map(SettleJob(policy), batch):
            settled.append(each)
            say(f"looked for duplicates in {len(settled)} of {len(groups)} groups")
    leave = _siblings(groups, settled, policy)
    items = [Siblings(group, leave[group.key]) for group in groups]
    # From here on until the end `kept/` may hold parts of two policies: nobody shall take it for one of either.
    write_json(corpus / SUMMARY, {"format": "unfinished"})
    return sum(engine.map(WriteJob(policy), items))


def _sign(groups: Sequence[Group], policy: Policy, engine: Engine, say: Say) -> None:
    """Sign the large groups part by part, so that no one process does it alone."""
    large = [group for group in groups if len(group.parts) >= SIGN_FROM and not is_settled(group, policy)]
    items = [(group, part) for group in large for part in group.parts]
    for number, _ in enumerate(engine.map(SignJob(policy), items), start=1):
        say(f"signed {number} of {len(items)} parts")


def _siblings(groups: Sequence[Group], settled: Sequence[Settled], policy: Policy) -> Mapping[GroupKey, dict[str, str]]:
    """For each group the source ids that leave it because of other groups, with the reason."""
    from synth.filter.dedup import spread

    leave: dict[GroupKey, dict[str, str]] = defaultdict(dict)
    by_key = {group.key: each for group, each in zip(groups, settled, strict=True)}
    for task in dict.fromkeys(key[0] for key in by_key):
        siblings = {key: each for key, each in by_key.items() if key[0] == task}
        for family in _families(siblings, policy.dedup.reach):
            removals = spread(_duplicates(family, policy.dedup.reach), policy.dedup.reach)
            for key, mine in family.items():
                others = {s: r for s, r in removals[key[1]].items() if not (r.own and s in mine.duplicates)}
                leave[key].update({s: f"a duplicate in {', '.join(r.because_of)}" for s, r in others.items()})
        dropped = _everywhere(siblings) if policy.siblings.keep_parallel else {}
        for key, mine in siblings.items():
            others_dropped = {s: lang for s, lang in dropped.items() if lang != key[1] or s not in mine.dropped}
            leave[key].update({source: f"dropped in {lang}" for source, lang in others_dropped.items()})
    return leave


def _families(siblings: Mapping[GroupKey, Settled], reach: Reach) -> list[Mapping[GroupKey, Settled]]:
    """The groups of a task that decide for each other: with `any` all, else those of one kind and the sources."""
    if reach is Reach.ANY:
        return [siblings]
    english = {key: each for key, each in siblings.items() if key[2] is Kind.SOURCE}
    translated = {key: each for key, each in siblings.items() if key[2] is Kind.TRANSLATION}
    # A paraphrase in English stands beside its source under the same language: the source, the later one, decides.
    reworded = {key: each for key, each in siblings.items() if key[2] is Kind.PARAPHRASE}
    return [{**english, **translated}, {**reworded, **english}]


def _duplicates(family: Mapping[GroupKey, Settled], reach: Reach) -> dict[str, frozenset[str]]:
    """Source ids of duplicates by language."""
    if reach is not Reach.ANY:
        return {lang: each.duplicates for (_, lang, _), each in family.items()}
    found: dict[str, frozenset[str]] = {}
    for (_, lang, _), each in family.items():
        found[lang] = found.get(lang, frozenset()) | each.duplicates
    return found


def _everywhere(siblings: Mapping[GroupKey, Settled]) -> dict[str, str]:
    """Source ids dropped in any language, with the first of these languages."""
    found: dict[str, str] = {}
    for (_, lang, _), each in sorted(siblings.items()):
        for source in each.dropped:
            found.setdefault(source, lang)
    return found


def summary(result: FilterResult, policy: Policy, models: Mapping[str, Any]) -> dict[str, Any]:
    """The content of `filter.json`: the policy with its hash, the models, the funnel."""
    return {
        "format": 1,
        "policy": {"name": policy.name, "fingerprint": policy.fingerprint, "rules": policy.identity},
        "policy_text": policy.text,
        "models": dict(models),
        "warnings": list(result.warnings),
        "cells": as_json(result.cells),
    }
