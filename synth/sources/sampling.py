"""Which examples a limited run takes: a seeded hash of the source id decides, nothing else.

The order does not depend on the file's order, on the language or on the task, so that a limit of 100 is a subset of a
limit of 200, every language gets the same examples, and tasks that share ids (squad_v1 and squad_v2, mnli and
anli_plus) favour the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from synth.errors import BadFlag
from synth.sources.base import Example

_DIGEST_BYTES = 8  # 64 bits: ties are broken by the id itself, so that collisions change nothing
METHOD = "blake2b64(seed, source_id)"


def sample_key(source_id: str, seed: int) -> bytes:
    """The sort key of one source id: a keyed BLAKE2b (RFC 7693) digest, equal on every machine.

    Args:
        source_id: The id of the example.
        seed: Any integer; its decimal digits are the key of the hash.
    """
    return blake2b(
        source_id.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES, key=str(seed).encode()
    ).digest()


def sample(examples: Iterable[Example], limit: int | None, seed: int) -> tuple[Example, ...]:
    """The first `limit` examples in the order of `sample_key`, in that order.

    Args:
        examples: All examples of one (task, split).
        limit: How many to take at most; None takes all, in the same order.
        seed: Seed of the order.

    Raises:
        BadFlag: If the limit is negative.
    """
    if limit is not None and limit < 0:
        raise BadFlag(f"limit is {limit}, but it counts examples: give 0 or more, or leave it out for all of them")
    ordered = sorted(examples, key=lambda example: (sample_key(example.source_id, seed), example.source_id))
    return tuple(ordered[:limit])


def sample_rule(limit: int | None, seed: int) -> dict[str, Any]:
    """The rule as it goes into corpus.yaml and the manifest, enough to repeat the choice."""
    return {"method": METHOD, "seed": seed, "limit": limit}
