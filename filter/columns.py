"""Scored columns as Python lists, Arrow tables and NumPy arrays: NaN and "" stand for unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from synth.filter.checks.base import Check, Columns, ColumnType

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


def arrow_type(kind: ColumnType) -> pa.DataType:
    """The Arrow type of a column of `scored/`."""
    import pyarrow as pa

    types = {ColumnType.NUMBER: pa.float32(), ColumnType.FLAG: pa.bool_(), ColumnType.TEXT: pa.string()}
    return types[kind]


def empty_columns(check: Check, rows: int) -> Columns:
    """Nulls, for rows that a check does not look at."""
    return {name: [None] * rows for name in check.columns}


def as_arrays(check: Check, columns: Mapping[str, Iterable[Any]]) -> dict[str, npt.NDArray[Any]]:
    """A check's columns as `decide` takes them."""
    return {name: as_array(columns[name], kind) for name, kind in check.columns.items()}


def as_array(values: Iterable[Any], kind: ColumnType) -> npt.NDArray[np.generic]:
    """One column: float64 with NaN, bool with False, or object with ""."""
    import numpy as np

    if kind is ColumnType.NUMBER:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if kind is ColumnType.FLAG:
        return np.array([bool(value) for value in values], dtype=np.bool_)
    return np.array(["" if value is None else str(value) for value in values], dtype=object)


def table_arrays(check: Check, table: pa.Table) -> dict[str, npt.NDArray[Any]]:
    """A check's columns of a part of `scored/`."""
    return as_arrays(check, {name: table[name].to_pylist() for name in check.columns})
