"""How many neighbours' values are alike, or a constant apart, for all pairs of columns at once."""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.statistics.compiled import compiled


def is_counted(dtype: pl.DataType) -> bool:
    """Whether values of a type may be a constant apart: whole numbers and times."""
    return dtype.is_integer() or isinstance(dtype, pl.Date | pl.Datetime)


def most_alike(own: pl.DataFrame, others: pl.DataFrame) -> npt.NDArray[np.float64]:
    """For each column of `own` and each of `others` the share of rows that are alike, or as far apart as most are.

    Columns of different types are not alike at all. Shape: (columns, columns).
    """
    codes = np.empty((2, own.width, own.height), np.int64)
    missing = np.empty(codes.shape, np.bool_)
    kinds = {dtype: kind for kind, dtype in enumerate(dict.fromkeys(own.dtypes))}
    for dtype in kinds:
        columns = [column for column, has in enumerate(own.dtypes) if has == dtype]
        values = pl.concat([frame.to_series(column) for frame in (own, others) for column in columns])
        missing[:, columns] = values.is_null().to_numpy().reshape(2, len(columns), -1)
        numbers = values.to_physical() if is_counted(dtype) else values.cast(_RANKED.get(dtype, dtype)).rank("dense")
        codes[:, columns] = numbers.cast(pl.Int64).fill_null(0).to_numpy().reshape(2, len(columns), -1)
    of_kind = np.array([kinds[dtype] for dtype in own.dtypes])
    counted = np.array([is_counted(dtype) for dtype in own.dtypes])
    shares: npt.NDArray[np.float64] = _shares(codes[0], missing[0], codes[1], missing[1], of_kind, counted)
    return shares


_RANKED: dict[pl.DataType, pl.DataType] = {pl.Boolean(): pl.UInt8()}


@compiled
def _shares(own, own_missing, others, others_missing, kinds, counted):  # type: ignore[no-untyped-def]
    columns, rows = own.shape
    shares = np.zeros((columns, columns))
    for left in range(columns):
        for right in range(columns):
            if kinds[left] != kinds[right]:
                continue
            off, known, missing = np.empty(rows, np.int64), 0, 0
            for row in range(rows):
                if own_missing[left, row] and others_missing[right, row]:
                    missing += 1
                elif not own_missing[left, row] and not others_missing[right, row]:
                    off[known] = own[left, row] - others[right, row]
                    known += 1
            most, run = 0, 0
            if counted[left]:
                off[:known].sort()
            for at in range(known):
                if counted[left]:
                    run = run + 1 if at and off[at] == off[at - 1] else 1
                else:
                    run += off[at] == 0
                most = max(most, run)
            shares[left, right] = (most + missing) / max(rows, 1)
    return shares
