"""The report of an experiment: the results of its runs, beside the funnel of the corpora that they were trained on."""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING

from synth.experiment.run import Outcome, Plan, Say
from synth.manifest.models import Manifest, split_config
from synth.train.recipe import Recipe

if TYPE_CHECKING:
    from synth.evaluate.analysis import Analysis

REPORT = "report"


def write(planned: Plan, ended: Sequence[Outcome], command: str, say: Say) -> tuple[Analysis, Path] | None:
    """Write OUT/report; the analysis and the page, or None when no run was evaluated.

    Raises:
        BadFolder: Results are not sound, or the baseline is none of the arms.
        DiskError: A file cannot be written.
    """
    from synth.evaluate.analysis import analyse, read_funnel
    from synth.evaluate.report.page import write_report
    from synth.evaluate.results import load_results
    from synth.evaluate.subject import EVALUATION

    if not any(one.evaluated for one in ended):
        return None
    asks = planned.experiment.report
    # A recipe's arm `none` that another one's stands for has no results of its own.
    folders = [one.folder / EVALUATION for one in ended if (one.folder / EVALUATION).is_dir()]
    results = load_results(folders, say)
    analysis = analyse(
        results,
        baseline=asks.baseline,
        funnel=read_funnel(_trained_on([wanted.recipe for wanted in planned.wanted])),
        sources=(planned.out.name,),
        replicates=asks.replicates,
        seed=asks.seed,
        command=command,
        progress=say,
    )
    written = write_report(
        planned.out / REPORT, analysis, asks.title or f"{planned.experiment.name}: zero-shot XTREME-R"
    )
    return analysis, written[0]


def _trained_on(recipes: Sequence[Recipe]) -> list[Manifest]:
    """Every corpus once, however many recipes share it, without the tasks that none of these trains."""
    from synth.manifest.store import read_manifest

    found: dict[str, Manifest] = {}
    tasks: dict[str, set[str]] = {}
    for recipe in recipes:
        for place in map(Path, recipe.corpora):
            manifest = read_manifest(place / "manifest.yaml" if place.is_dir() else place)
            found[manifest.identity] = manifest
            tasks.setdefault(manifest.identity, set()).update(recipe.tasks)
    return [_only(manifest, tasks[identity]) for identity, manifest in found.items()]


def _only(manifest: Manifest, tasks: Set[str]) -> Manifest:
    funnel = {name: one for name, one in manifest.funnel.items() if split_config(name)[0] in tasks}
    return manifest.model_copy(update={"funnel": funnel})
