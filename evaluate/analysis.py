"""Everything that a report says, as plain values: computed once, written as JSON, HTML and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth.evaluate.alike import unlike
from synth.evaluate.claims import Claim, Evidence, judge
from synth.evaluate.compare import (
    CellEstimate,
    Comparison,
    Sampled,
    TaskEstimate,
    cell_estimates,
    compare,
    overall_estimate,
    sample,
    task_estimates,
)
from synth.evaluate.predictions import ArmKind
from synth.evaluate.results import Arm, Results
from synth.evaluate.tasks.base import Relation
from synth.evaluate.uncertainty import REPLICATES, SEED, Estimate

_ENGLISH_FIRST = (ArmKind.ENGLISH, ArmKind.ENGLISH_PARAPHRASE, ArmKind.NONE)
_TREATED = (ArmKind.MULTILINGUAL, ArmKind.MULTILINGUAL_PARAPHRASE, ArmKind.MIXTURE, ArmKind.MULTILINGUAL_MT)
_NO_END = {"running": "its evaluation has not come to its end; run `synth evaluate` on it again"}


@dataclass(frozen=True, slots=True)
class SeedScore:
    """One seed's own numbers: overall (None with holes) and by task (mean over the languages that are there)."""

    seed: int
    overall: float | None
    tasks: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm's line of the main table.

    `holes` are (task, language, why), the language "" for a whole task. `averages` are the official numbers of each
    task by name (F1 and EM of QA, precision and recall, token accuracy of tagging), means over seeds and languages.
    `made` says how its runs came about, as far as they know: recipe, corpora with their identities, settings of the
    evaluation, version and commit of Synth. `problems` are (task, language, what): rows of test sets that could not be
    used, or are odd.
    """

    name: str
    kind: ArmKind
    model: str
    intermediate: tuple[str, ...]
    languages: tuple[str, ...]
    seeds: tuple[SeedScore, ...]
    failed: tuple[tuple[int, str], ...]
    tasks: tuple[TaskEstimate, ...]
    cells: tuple[CellEstimate, ...]
    overall: Estimate | None
    holes: tuple[tuple[str, str, str], ...]
    averages: Mapping[str, Mapping[str, float]]
    made: Mapping[str, Any]
    problems: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """What became of the rows of an intermediate corpus in one language, all tasks together."""

    lang: str
    source: int
    generated: int
    kept: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """The report. The first comparison is the one that the answer is about.

    `unlike` is, for each pair of arms that are compared, what tells them apart beside their intermediate data.
    """

    arms: tuple[ArmSummary, ...]
    comparisons: tuple[Comparison, ...]
    relations: Mapping[str, Mapping[str, Relation]]
    claims: tuple[Claim, ...]
    funnel: tuple[FunnelRow, ...]
    replicates: int
    seed: int
    sources: tuple[str, ...]
    command: str = ""
    unlike: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


def analyse(
    results: Results,
    *,
    baseline: str | None = None,
    funnel: tuple[FunnelRow, ...] = (),
    sources: tuple[str, ...] = (),
    replicates: int = REPLICATES,
    seed: int = SEED,
    command: str = "",
    progress: Callable[[str], None] = lambda _line: None,
) -> Analysis:
    """Scores, intervals, comparisons and verdicts.

    Args:
        results: The arms.
        baseline: Arm that all others are compared with; by default English for multilingual arms, none for all.
        funnel: Rows of the intermediate corpus by language.
        sources: What the page says about where the results lie.
        replicates: Bootstrap replicates.
        seed: Seed of the bootstrap.
        command: One command that makes all of it again, where there is one.
        progress: Told what is being done.

    Raises:
        BadFolder: Arms were evaluated on different data, or `baseline` is none of them.
    """
    arms = {}
    for arm in results.arms:
        if arm.runs:
            progress(f"resampling {arm.name}")
            arms[arm.name] = sample(arm, replicates, seed)
    pairs = _pairs(results, arms, baseline)
    made = {pair: compare(arms[pair[0]], arms[pair[1]]) for pair in pairs}
    summaries = tuple(_summary(arm, arms.get(arm.name)) for arm in results.arms)
    claims = judge(_evidence(arms, made))
    relations = {arm.name: _relations(arm) for arm in results.arms}
    found = ((pair, unlike(arms[pair[0]].arm, arms[pair[1]].arm)) for pair in made)
    differing = tuple((*pair, tuple(what)) for pair, what in found if what)
    return Analysis(
        summaries, tuple(made.values()), relations, claims, funnel, replicates, seed, sources, command, differing
    )


def _relations(arm: Arm) -> dict[str, Relation]:
    from synth.evaluate.tasks import EVAL_TASKS

    return {f"{one}>{task.name}": task.relation(one) for one in arm.intermediate for task in EVAL_TASKS.values()}


def _pairs(results: Results, arms: Mapping[str, Sampled], baseline: str | None) -> list[tuple[str, str]]:
    """Which arm is compared with which; the first pair is the question that the report answers."""
    if baseline is not None:
        results.arm(baseline)
        return [(name, baseline) for name in arms if name != baseline]
    by_kind: dict[ArmKind, list[str]] = {}
    for name, sampled in arms.items():
        by_kind.setdefault(sampled.arm.kind, []).append(name)
    treated = [name for kind in _TREATED for name in by_kind.get(kind, [])]
    others = [name for kind in (ArmKind.ENGLISH_PARAPHRASE, ArmKind.ENGLISH_MLM) for name in by_kind.get(kind, [])]
    pairs = [(one, other) for kind in _ENGLISH_FIRST for one in treated for other in by_kind.get(kind, [])]
    pairs += [(one, other) for one in others for other in by_kind.get(ArmKind.ENGLISH, [])]
    pairs += [(one, none) for none in by_kind.get(ArmKind.NONE, []) for one in arms if one != none]
    pairs = [(one, other) for one, other in pairs if _matched(arms[one].arm, arms[other].arm)]
    if not pairs:
        names = list(arms)
        pairs = [(name, names[0]) for name in names[1:]]
    return [pair for pair in dict.fromkeys(pairs) if arms[pair[0]].points.keys() & arms[pair[1]].points.keys()]


def _matched(one: Arm, other: Arm) -> bool:
    """Whether arms differ in the intermediate stage alone: the same model, and the same tasks unless one has none."""
    return one.model == other.model and (other.kind is ArmKind.NONE or one.intermediate == other.intermediate)


def _summary(arm: Arm, sampled: Sampled | None) -> ArmSummary:
    tasks = task_estimates(sampled) if sampled else ()
    seeds = tuple(
        SeedScore(
            run.info.seed,
            run.overall.value,
            {name: score.partial for name, score in run.scores.items() if score.partial is not None},
        )
        for run in arm.runs
    )
    holes = dict.fromkeys((hole.task, hole.lang, hole.why) for run in arm.runs for hole in run.overall.holes)
    return ArmSummary(
        name=arm.name,
        kind=arm.kind,
        model=arm.model,
        intermediate=arm.intermediate,
        languages=arm.languages,
        seeds=seeds,
        failed=tuple((info.seed, info.why or _NO_END.get(info.status, info.status)) for info in arm.failed),
        tasks=tasks,
        cells=cell_estimates(sampled) if sampled else (),
        overall=overall_estimate(tasks, sampled) if sampled else None,
        holes=tuple(holes),
        averages=_averages(arm),
        made=_made(arm),
        problems=_problems(arm),
    )


def _made(arm: Arm) -> dict[str, Any]:
    settings = arm.runs[0].info.settings if arm.runs else {}
    train, protocol = settings.get("train") or {}, settings.get("protocol") or {}
    found = {
        "recipe": train.get("recipe"), "corpora": train.get("corpora"), "settings": protocol.get("name"),
        "synth": settings.get("synth"), "commit": settings.get("commit"),
    }  # fmt: skip
    return {key: value for key, value in found.items() if value}


def _problems(arm: Arm) -> tuple[tuple[str, str, str], ...]:
    found = (
        (task, lang, str(what))
        for run in arm.runs
        for task, record in (run.info.settings.get("tasks") or {}).items()
        for lang, what in (record.get("problems") or {}).items()
    )
    return tuple(dict.fromkeys(found))


def _averages(arm: Arm) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, list[float]]] = {}
    for run in arm.runs:
        for name, score in run.scores.items():
            numbers = dict(score.averages)
            tokens = [cell.token_accuracy for cell in score.cells.values() if cell.token_accuracy is not None]
            if tokens:
                numbers["token_accuracy"] = sum(tokens) / len(tokens)
            for key, value in numbers.items():
                found.setdefault(name, {}).setdefault(key, []).append(value)
    return {name: {key: sum(values) / len(values) for key, values in each.items()} for name, each in found.items()}


def _evidence(arms: Mapping[str, Sampled], made: Mapping[tuple[str, str], Comparison]) -> Evidence:
    def against(kind: ArmKind) -> dict[str, Comparison]:
        return {one: found for (one, other), found in made.items() if arms[other].arm.kind is kind and one != other}

    return Evidence(arms, against(ArmKind.NONE), against(ArmKind.ENGLISH))


def read_funnel(manifests: Sequence[object]) -> tuple[FunnelRow, ...]:
    """Rows by language out of corpus manifests (`synth.manifest.models.Manifest`), English source rows left out."""
    from synth.manifest.models import Manifest, split_config
    from synth.outcomes import Kind

    totals: dict[str, list[int]] = {}
    for manifest in manifests:
        assert isinstance(manifest, Manifest)
        for name, funnel in manifest.funnel.items():
            _, lang, kind = split_config(name)
            if kind is not Kind.SOURCE:
                row = totals.setdefault(lang, [0, 0, 0])
                for place, count in enumerate((funnel.source, funnel.generated, funnel.kept)):
                    row[place] += count
    return tuple(FunnelRow(lang, *row) for lang, row in sorted(totals.items()))
