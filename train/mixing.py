"""Which task a step trains, and in which proportions languages are drawn: functions of counters and a seed.

Tasks are drawn in proportion to their sizes, each counted up to a cap, to the power 1/temperature: the rule of jiant's
`TemperatureMultiTaskSampler` (`proj/main/components/task_sampler.py`), whose proportional sampler is temperature 1
without a cap. As there, a whole batch is of one task. Unlike there, a draw depends on the step's number alone, so that
resuming needs two counters and no state of a generator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synth.errors import BadFlag, CheckFailed
from synth.train.hashing import mixed, salt, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synth.train.hashing import Floats, Ints

_BLOCK = 1 << 16  # steps that are drawn at a time: the memory does not grow with the length of a run


def task_shares(sizes: Mapping[str, int], cap: int, temperature: float = 1.0) -> dict[str, float]:
    """The chance of each task; they add up to 1.

    Args:
        sizes: Examples of each task.
        cap: Examples that a task counts for at most.
        temperature: 1 is proportional; the higher, the more equal.
    """
    return _normal({task: min(size, cap) ** (1 / temperature) for task, size in sizes.items() if size})


def language_shares(
    sizes: Mapping[str, int], sampling: str, temperature: float = 1.0, weights: Mapping[str, float] | None = None
) -> dict[str, float]:
    """The chance of each language; they add up to 1.

    Args:
        sizes: Kept rows of each language.
        sampling: `uniform`, `proportional`, `temperature` (sizes to the power 1/temperature, as XLM-R and mT5 sample
            their corpora) or `named`.
        temperature: Of sampling `temperature`.
        weights: Of sampling `named`.

    Raises:
        BadFlag: A language has no weight, or there is no such sampling.
    """
    if sampling == "named":
        missing = sorted(set(sizes) - set(weights or {}))
        if missing:
            raise BadFlag(f"languages.weights lacks {', '.join(missing)}; give each a weight, or leave it out of codes")
        return _normal({lang: (weights or {})[lang] for lang in sizes})
    powers = {"uniform": 0.0, "proportional": 1.0, "temperature": 1 / temperature}
    if sampling not in powers:
        raise BadFlag(f"there is no sampling {sampling!r}; take one of {', '.join([*powers, 'named'])}")
    return _normal({lang: size ** powers[sampling] for lang, size in sizes.items() if size})


def _normal(raw: Mapping[str, float]) -> dict[str, float]:
    total = sum(raw.values())
    return {name: raw[name] / total for name in sorted(raw)}


@dataclass(frozen=True, slots=True)
class State:
    """Where a mixture stands: all that a checkpoint has to keep.

    Args:
        steps: Batches drawn so far.
        drawn: Examples drawn so far, by task.
        fingerprint: Of the mixture, so that another recipe's state is not taken for this one's.
    """

    steps: int
    drawn: Mapping[str, int]
    fingerprint: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"steps": self.steps, "drawn": dict(self.drawn), "fingerprint": self.fingerprint}


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: its task, and the places of its examples in that task's order."""

    step: int
    task: str
    places: range


class TaskMixer:
    """Draws the task of each batch.

    Args:
        shares: Chance of each task.
        batch: Examples of a batch (all devices, all accumulation steps: one optimiser step).
        seed: Of the run.
    """

    def __init__(self, shares: Mapping[str, float], batch: int, seed: int) -> None:
        self.tasks = sorted(shares)  # the order in the recipe does not matter
        self.shares = {task: shares[task] for task in self.tasks}
        self.batch = batch
        self.seed = seed
        self._steps = 0
        self._drawn = dict.fromkeys(self.tasks, 0)
        self._block: tuple[int, list[int]] = (-1, [])

    @cached_property
    def _salt(self) -> int:
        return salt("tasks", self.seed)

    @cached_property
    def fingerprint(self) -> int:
        """Stands for everything that decides the draws."""
        return salt(*(f"{task}={share:.12g}" for task, share in self.shares.items()), self.batch, self.seed)

    @cached_property
    def _bounds(self) -> Floats:
        import numpy as np

        return np.cumsum(np.array([self.shares[task] for task in self.tasks]))

    def sequence(self, start: int, count: int) -> NDArray[Any]:
        """Indices into `tasks` of the batches from number `start` on."""
        import numpy as np

        steps = np.arange(start, start + count, dtype=np.uint64)
        places: Ints = np.searchsorted(self._bounds, unit(mixed(steps, self._salt)))
        return np.minimum(places, len(self.tasks) - 1).astype(np.uint16)

    def counts(self, steps: int) -> dict[str, int]:
        """Examples of each task in the first `steps` batches."""
        import numpy as np

        total = np.zeros(len(self.tasks), dtype=np.int64)
        for start in range(0, steps, _BLOCK):
            block = self.sequence(start, min(_BLOCK, steps - start))
            total += np.bincount(block, minlength=len(self.tasks))
        return {task: int(count) * self.batch for task, count in zip(self.tasks, total, strict=True)}

    def next(self) -> Batch:
        """The next batch."""
        task = self.tasks[self._index(self._steps)]
        start = self._drawn[task]
        self._drawn[task] = start + self.batch
        self._steps += 1
        return Batch(self._steps - 1, task, range(start, start + self.batch))

    def _index(self, step: int) -> int:
        number = step // _BLOCK
        if self._block[0] != number:
            self._block = (number, self.sequence(number * _BLOCK, _BLOCK).tolist())
        return self._block[1][step % _BLOCK]

    def state(self) -> State:
        """Where it stands, for a checkpoint."""
        return State(self._steps, dict(self._drawn), self.fingerprint)

    def resume(self, state: State | Mapping[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            CheckFailed: The state is another mixture's, or does not follow from its number of steps.
        """
        value = state.as_dict() if isinstance(state, State) else state
        if value["fingerprint"] != self.fingerprint:
            raise CheckFailed("the checkpoint is of another mixture of tasks; resume with the recipe it was made with")
        if dict(value["drawn"]) != self.counts(value["steps"]):
            raise CheckFailed(
                f"the checkpoint's counters do not belong to its {value['steps']} steps; take the one before"
            )
        self._steps, self._drawn = value["steps"], dict(value["drawn"])


def is_mlm_step(step: int, share: float) -> bool:
    """Whether the step of this number (from 0) is language modelling: evenly spread, `share` of all steps.

    Of the first n steps, floor(n * share) are.
    """
    return int((step + 1) * share) > int(step * share)
