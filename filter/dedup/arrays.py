"""Names for the arrays that pass between the modules of the search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]  # code points, signature values
Hashes = NDArray[np.uint64]  # 64-bit hashes and keys
Ints = NDArray[np.int64]  # positions, counts, row numbers
Floats = NDArray[np.float64]  # similarities
Bools = NDArray[np.bool_]
