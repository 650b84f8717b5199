"""Numbers from names: the same on every machine, in any order, so that data order and sampling need no stored state.

Source ids become 64-bit integers (BLAKE2b, RFC 7693), and everything random is a function of such integers and a seed
(the finaliser of SplitMix64, Steele, Lea and Flood 2014, "Fast Splittable Pseudorandom Number Generators"). Two of a
million ids collide with a chance of about 3 in 100 million.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.uint64]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_MASK = (1 << 64) - 1


def id64(text: str) -> int:
    """The 64-bit number of a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def ids64(texts: Iterable[str]) -> Ids:
    """The numbers of many texts, in their order."""
    import numpy as np

    return np.fromiter((id64(text) for text in texts), dtype=np.uint64)


def salt(*parts: Any) -> int:
    """A number that stands for these parts (task, seed, purpose ...)."""
    return id64("\x1f".join(map(str, parts)))


def mixed(values: Ids, with_salt: int) -> Ids:
    """Each value scrambled with the salt: SplitMix64's finaliser."""
    import numpy as np

    with np.errstate(over="ignore"):
        state = (values ^ np.uint64(with_salt & _MASK)) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: Ids = state ^ (state >> np.uint64(31))
    return found


def unit(values: Ids) -> Floats:
    """Each value as a number between 0 and 1, both left out: its upper 53 bits, in the middle of their step."""
    import numpy as np

    found: Floats = ((values >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return found


def within(values: Ids, known: Ids) -> NDArray[np.bool_]:
    """Which of the values are in `known`, which is sorted."""
    import numpy as np

    if not len(known):
        return np.zeros(len(values), dtype=np.bool_)
    places = np.minimum(np.searchsorted(known, values), len(known) - 1)
    found: NDArray[np.bool_] = known[places] == values
    return found
