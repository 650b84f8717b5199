"""Under which terms a corpus may be published: upstream terms of each task, and the teacher's terms for its output.

The rules (docs/publish.md explains them; they are a careful reading, not legal advice):

1. Data that may not be redistributed is never published (CCGbank).
2. Parts under non-commercial terms are published only when asked for with --non-commercial, and the whole repository is
   marked so.
3. Share-alike terms are kept. They allow no further condition, so share-alike data that a teacher with non-commercial
   terms has translated cannot be published at all.
4. No single licence is put over parts that do not allow it: when the tasks' terms differ, each config keeps its own.

What decides is Synth's own task table, never what a manifest says about licences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.errors import BadFlag
from synth.manifest.models import Manifest, Teacher
from synth.tasks import TASKS

# Ids that the Hub knows (its list of licence ids), by SPDX id.
_HUB_IDS = {
    "Apache-2.0": "apache-2.0",
    "CC-BY-3.0": "cc-by-3.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC-BY-SA-3.0": "cc-by-sa-3.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC0-1.0": "cc0-1.0",
    "MIT": "mit",
}
_UNKNOWN = frozenset(("", "unknown", "other", "none"))  # profiles of models that Synth does not know say `unknown`
_NON_COMMERCIAL = re.compile(r"(?i)\bnc\b|non-?commercial")


@dataclass(frozen=True, slots=True)
class TaskTerms:
    """The terms of one task's configs."""

    task: str
    licence: str
    non_commercial: bool
    share_alike: bool
    redistribute: bool
    note: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a whole corpus."""

    tasks: tuple[TaskTerms, ...]
    teacher: Teacher
    teacher_licence: str

    @property
    def non_commercial(self) -> bool:
        """Whether any part is."""
        return self.teacher.non_commercial or any(task.non_commercial for task in self.tasks)

    @property
    def share_alike(self) -> bool:
        """Whether any part is."""
        return any(task.share_alike for task in self.tasks)

    @property
    def hub_id(self) -> str:
        """The Hub's licence id: one id when it holds for every part, else `other`."""
        found = {task.licence for task in self.tasks}
        only = found.pop() if len(found) == 1 and not self.teacher.non_commercial else ""
        return _HUB_IDS.get(only, "other")

    @property
    def hub_name(self) -> str:
        """Name of an `other` licence."""
        return "per-config-non-commercial" if self.non_commercial else "per-config"


def terms_of(manifest: Manifest, teacher_licence: str = "") -> Terms:
    """The terms of a corpus, whether it may be published or not."""
    tasks = tuple(_task_terms(name) for name in manifest.tasks)
    recorded = manifest.teacher.licence if manifest.teacher.licence.lower() not in _UNKNOWN else ""
    licence = teacher_licence or recorded
    # Terms that say so by their name bind even where the profile forgot to.
    bound = manifest.teacher.non_commercial or bool(_NON_COMMERCIAL.search(licence))
    return Terms(tasks, manifest.teacher.model_copy(update={"non_commercial": bound}), licence)


def _task_terms(name: str) -> TaskTerms:
    if name not in TASKS:
        raise BadFlag(f"the terms of task {name} are unknown to this version of Synth; leave it out with --drop {name}")
    licence = TASKS[name].licence
    return TaskTerms(
        task=name,
        licence=licence.id,
        non_commercial=licence.non_commercial,
        share_alike=licence.share_alike,
        redistribute=licence.redistribute,
        note=licence.note,
    )


def require_terms(terms: Terms, non_commercial: bool) -> None:
    """Refuse what may not be published; the message gives every reason at once, and the flag for each.

    Args:
        terms: The corpus's terms.
        non_commercial: Whether publishing under non-commercial terms was asked for.

    Raises:
        BadFlag: Something may not be published, or not like this.
    """
    reasons = list(_refusals(terms, non_commercial))
    if reasons:
        raise BadFlag("this corpus may not be published like this:\n" + "\n".join(f"  - {item}" for item in reasons))


def _refusals(terms: Terms, non_commercial: bool) -> Iterator[str]:
    for task in terms.tasks:
        if not task.redistribute:
            flag = drop_flag([task.task])
            yield f"{task.task}: nothing made from it may be passed on ({task.note}); leave it out with {flag}"
    if not terms.teacher_licence:
        yield (
            f"the manifest does not say under which terms {terms.teacher.model} lets its output be passed on; read "
            "them and name them with --teacher-licence"
        )
    shared = [task.task for task in terms.tasks if task.share_alike]
    if terms.teacher.non_commercial and shared:
        yield (
            f"{', '.join(shared)}: share-alike terms allow no further condition, and {terms.teacher.model} allows only "
            f"non-commercial use of its output; leave them out with {drop_flag(shared)}, or generate them with another "
            "teacher"
        )
    if terms.non_commercial and not non_commercial:
        yield _ask_non_commercial(terms)


def _ask_non_commercial(terms: Terms) -> str:
    ours = [task.task for task in terms.tasks if task.non_commercial and task.redistribute]
    if terms.teacher.non_commercial:
        return (
            f"{terms.teacher.model} allows only non-commercial use of its output; publish the whole under "
            "non-commercial terms with --non-commercial"
        )
    marked = ours or [task.task for task in terms.tasks if task.non_commercial]
    return (
        f"{', '.join(marked)}: non-commercial terms ({'; '.join(_note(terms, marked))}); publish the whole marked as "
        f"non-commercial with --non-commercial, or leave them out with {drop_flag(marked)}"
    )


def _note(terms: Terms, names: Sequence[str]) -> Iterator[str]:
    return (f"{task.task}: {task.licence}" for task in terms.tasks if task.task in names)


def drop_flag(names: Sequence[str]) -> str:
    """The flag that leaves these tasks out."""
    return f"--drop {','.join(names)}"
