"""Primary keys made anew: the same number of rows and the same generator give the same keys."""

from datetime import date

import numpy as np
import polars as pl

from synth_assets.catalog.model import Kind
from synth_assets.synthesize.rules.errors import CapacityTooSmall, TypeNotSupported
from synth_assets.synthesize.rules.kinds import uuids
from synth_assets.synthesize.rules.target import Target

_FIRST_DAY = (date(2000, 1, 1) - date(1970, 1, 1)).days
_SECONDS_OF_DAY = 86_400
_SECOND_US = 1_000_000
_SECOND_NS = 1_000_000_000
_LONGEST_RANDOM_BYTES = 16


def make_keys(n: int, *, target: Target, rng: np.random.Generator) -> pl.Series:
    """n different keys of a type whose keys are not learned.

    Whole numbers, decimals and floats are 1 to n; UUIDs are random, of version 4; dates are consecutive days and
    instants consecutive seconds from 2000 on; times consecutive seconds from midnight; binary keys are random bytes of
    the column's length, or counters where that is too short to be safely random.

    Raises:
        CapacityTooSmall: The type has fewer than n values.
        TypeNotSupported: The type cannot be a key here.
    """
    if target.dtype == pl.String and target.type.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT):
        return pl.Series(np.arange(1, n + 1)).cast(pl.String)
    match target.type.kind:
        case Kind.UUID:
            return uuids(n, rng)
        case Kind.BOOLEAN:
            _check(n, 2, target)
            return target.cast(pl.Series([False, True][:n]))
        case Kind.ENUM:
            _check(n, len(target.type.labels), target)
            return pl.Series(target.type.labels[:n], dtype=pl.String)
        case Kind.BINARY:
            return _binary_keys(n, target, rng)
    if target.is_numeric:
        _check(n, _most_numbers(target), target)
        return pl.Series(np.arange(1, n + 1)).cast(target.dtype)
    if target.type.kind is Kind.DATE:
        return target.cast(pl.Series(np.arange(_FIRST_DAY, _FIRST_DAY + n)).cast(pl.Int32).cast(pl.Date))
    if target.type.kind is Kind.DATETIME:
        instants = (_FIRST_DAY * _SECONDS_OF_DAY + np.arange(n)) * _SECOND_US
        return target.cast(pl.Series(instants).cast(pl.Datetime("us")))
    if target.type.kind is Kind.TIME:
        _check(n, _SECONDS_OF_DAY, target)
        return target.cast(pl.Series(np.arange(n) * _SECOND_NS).cast(pl.Time))
    raise TypeNotSupported(table=target.table, column=target.column, native=target.type.native)


def _most_numbers(target: Target) -> int:
    if target.type.kind is Kind.INTEGER:
        bits = target.type.bits or 64
        return int(2**bits - 1 if target.type.unsigned else 2 ** (bits - 1) - 1)
    return int(10 ** (target.most_digits if target.most_digits is not None else 15) - 1)


def _binary_keys(n: int, target: Target, rng: np.random.Generator) -> pl.Series:
    width = min(target.type.length or _LONGEST_RANDOM_BYTES, _LONGEST_RANDOM_BYTES)
    if width >= _LONGEST_RANDOM_BYTES:
        content = rng.bytes(width * n)
        return pl.Series([content[row * width : (row + 1) * width] for row in range(n)], dtype=pl.Binary)
    _check(n, 256**width, target)
    return pl.Series([number.to_bytes(width, "big") for number in range(n)], dtype=pl.Binary)


def _check(n: int, capacity: int, target: Target) -> None:
    if n > capacity:
        raise CapacityTooSmall(table=target.table, column=target.column, needed=n, capacity=capacity)
