"""From examples and languages to rows, requests, tokens and bytes, in seconds for any number of rows.

A small run is gone through request by request, in every language. Of a large one some hundred examples of each family
of tasks are gone through in one language, and a few of them in all others, which shows what a language adds or saves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from synth.generate.chunk_run import Tools
from synth.generate.chunks import batches, by_family
from synth.generate.run import Inputs
from synth.outcomes import Kind
from synth.plan.disk import PartSize, part_sizes
from synth.plan.dryrun import Asked, dry_run, spread
from synth.plan.tokens import Tokens, bytes_ratio
from synth.sources.base import Example

_EXACT_ROWS = 2000  # rows up to which every request is gone through
_MANY, _FEW = 400, 16  # examples of a family: in one language, and in every other
_MESSAGE_TOKENS = 4.0  # what a chat template puts around a message: Gemma 3 and Qwen 3 use 4 or 5


@dataclass(slots=True)
class Cost:
    """Costs of some rows."""

    rows: float = 0.0
    requests: float = 0.0
    prompt_tokens: float = 0.0
    completion_tokens: float = 0.0

    def add(self, other: Cost) -> None:
        """Add another's costs to these."""
        self.rows += other.rows
        self.requests += other.requests
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens

    def times(self, factor: float) -> Cost:
        """The costs of so many times as much."""
        return Cost(
            self.rows * factor,
            self.requests * factor,
            self.prompt_tokens * factor,
            self.completion_tokens * factor,
        )


@dataclass(slots=True)
class Estimate:
    """What a run will cost, by language; `sample` holds some of its requests with their languages, for a probe."""

    by_language: dict[str, Cost] = field(default_factory=dict)
    disk_bytes: float = 0.0
    exact: bool = True
    sample: list[tuple[str, Asked]] = field(default_factory=list)

    @property
    def total(self) -> Cost:
        """Costs of all languages."""
        total = Cost()
        for cost in self.by_language.values():
            total.add(cost)
        return total


def estimate(inputs: Inputs, kinds: Sequence[Kind], tools: Tools, tokens: Tokens) -> Estimate:
    """What it costs to make rows of these kinds from these inputs."""
    rows = sum(len(members) for members in inputs.examples.values()) * len(inputs.langs) * len(kinds)
    found = Estimate({lang: Cost() for lang in inputs.langs}, exact=rows <= _EXACT_ROWS)
    sizes = part_sizes(inputs.examples)
    for family, members in by_family(inputs.examples):
        one = _Family(family, members, tools, tokens, found)
        parts = _parts(members)
        found.disk_bytes += _disk(parts, "en", 1, sizes) / 2  # the English rows, which no answers lie beside
        for lang in inputs.langs:
            usable = _usable(family, lang, kinds)
            if usable:
                found.by_language[lang].add(one.cost(lang, usable))
                found.disk_bytes += _disk(parts, lang, len(usable), sizes)
    return found


def _usable(family: str, lang: str, kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    """The kinds that this language and family have, as in `make_chunks`."""
    wanted = (kind for kind in kinds if lang != "en" or kind is Kind.PARAPHRASE)
    return tuple(kind for kind in wanted if kind is not Kind.PARAPHRASE or family != "ccg")


class _Family:
    """One family of tasks, gone through as far as its size allows."""

    def __init__(self, name: str, members: Sequence[Example], tools: Tools, tokens: Tokens, found: Estimate) -> None:
        self._name = name
        self._members = members
        self._tools = tools
        self._tokens = tokens
        self._found = found
        self._many = spread(members, _MANY)
        self._few = spread(members, _FEW)
        self._reference: tuple[Cost, Cost] | None = None

    def cost(self, lang: str, kinds: tuple[Kind, ...]) -> Cost:
        """Costs of all members in one language."""
        if self._found.exact:
            return self._gone_through(self._members, lang, kinds)
        factor = len(self._members) / len(self._many)
        if lang == "en":
            return self._gone_through(self._many, lang, kinds).times(factor)
        few = self._gone_through(self._few, lang, kinds)
        if self._reference is None:
            self._reference = self._gone_through(self._many, lang, kinds), few
        many, same = self._reference
        return Cost(
            many.rows * factor,
            many.requests * factor,
            many.prompt_tokens * factor * few.prompt_tokens / same.prompt_tokens,
            many.completion_tokens * factor * few.completion_tokens / same.completion_tokens,
        )

    def _gone_through(self, members: Sequence[Example], lang: str, kinds: tuple[Kind, ...]) -> Cost:
        asked = dry_run(self._name, lang, kinds, batches(members), self._tools)
        self._found.sample += [(lang, one) for one in asked[:: max(1, len(asked) // 8)]]
        cost = cost_of(asked, lang, self._tokens)
        cost.rows = float(len(members) * len(kinds))
        return cost


def cost_of(asked: Iterable[Asked], lang: str, tokens: Tokens) -> Cost:
    """Requests and tokens of a dry run in `lang`."""
    cost = Cost()
    for one in asked:
        cost.requests += 1
        cost.prompt_tokens += sum(tokens.of(text, lang) for text in texts_of(one))
        cost.prompt_tokens += _MESSAGE_TOKENS * len(one.call.payload.get("messages", ()))
        cost.completion_tokens += tokens.of(one.answer, lang)
    return cost


def texts_of(asked: Asked) -> list[str]:
    """The texts that a request sends."""
    payload = asked.call.payload
    if "prompt" in payload:
        return [str(payload["prompt"])]
    contents = [message["content"] for message in payload["messages"]]
    return [content if isinstance(content, str) else "".join(part["text"] for part in content) for content in contents]


def _disk(parts: Mapping[str, tuple[int, int]], lang: str, kinds: int, sizes: Mapping[str, PartSize]) -> float:
    factor = bytes_ratio(lang)
    return kinds * sum(sizes[task].of(count, rows, factor) for task, (count, rows) in parts.items())


def _parts(members: Sequence[Example]) -> dict[str, tuple[int, int]]:
    """Parts and rows of each task of a family."""
    found: dict[str, tuple[int, int]] = {}
    for batch in batches(members):
        for task in dict.fromkeys(example.task for example in batch):
            parts, rows = found.get(task, (0, 0))
            found[task] = (parts + 1, rows + sum(example.task == task for example in batch))
    return found
