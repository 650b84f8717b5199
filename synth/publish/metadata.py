"""The YAML head of a dataset card, as the Hub and `datasets` read it."""

from __future__ import annotations

from typing import Any

from synth.manifest.models import Manifest, files_by_config, split_config
from synth.manifest.yamlio import dump_yaml
from synth.publish.licences import Terms
from synth.tasks import TASKS
from synth.tasks.base import Shape

LICENCE_FILE = "LICENSE.md"
# The Hub's names of task categories, by structure of the task.
_CATEGORIES = {
    Shape.PAIR: "text-classification",
    Shape.SPAN: "question-answering",
    Shape.CHOICE: "multiple-choice",
    Shape.TAGS: "token-classification",
}
_SIZES = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"),
)  # fmt: skip


def metadata(manifest: Manifest, terms: Terms) -> dict[str, Any]:
    """The card's metadata in the order in which people read it."""
    return {
        "pretty_name": manifest.name,
        "language": sorted(manifest.languages),
        **_licence(terms),
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "multilinguality": ["translation"],
        "source_datasets": sources(manifest),
        "task_categories": sorted({_CATEGORIES[TASKS[name].shape] for name in manifest.tasks}),
        "size_categories": [size_category(sum(record.rows for record in manifest.files.values()))],
        "tags": tags(manifest, terms),
        "configs": configs(manifest),
    }


def front_matter(manifest: Manifest, terms: Terms) -> str:
    """The metadata between its two lines of dashes."""
    return f"---\n{dump_yaml(metadata(manifest, terms))}---\n"


def _licence(terms: Terms) -> dict[str, str]:
    if terms.hub_id != "other":
        return {"license": terms.hub_id}
    return {"license": "other", "license_name": terms.hub_name, "license_link": LICENCE_FILE}


def sources(manifest: Manifest) -> list[str]:
    """Hub repositories that the English examples come from."""
    return sorted({source.repo for name in manifest.tasks for source in TASKS[name].hub})


def size_category(rows: int) -> str:
    """The Hub's name of an order of magnitude."""
    return next((name for limit, name in _SIZES if rows < limit), "10B<n<100B")


def tags(manifest: Manifest, terms: Terms) -> list[str]:
    """Search words; the terms are among them so that they are seen in every listing."""
    marks = (("non-commercial", terms.non_commercial), ("share-alike", terms.share_alike))
    known = ["synthetic", "machine-translation", "intermediate-training", "xtreme-r", "synth-xtreme"]
    return [*known, *(word for word, holds in marks if holds), *manifest.tasks]


def configs(manifest: Manifest) -> list[dict[str, Any]]:
    """One config for each task, language and kind that has rows; `datasets.load_dataset` takes their names."""
    found = []
    for name, paths in files_by_config(manifest).items():
        if not any(manifest.files[path].rows for path in paths):
            continue
        stem, _, _ = paths[0].rpartition("-")
        split = manifest.tasks[split_config(name)[0]].split
        found.append({"config_name": name, "data_files": [{"split": split, "path": f"{stem}-*.parquet"}]})
    return found
