"""Numbers and times as plain float64: the one form in which the engine bins, compares and draws them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]
MOST_CODES = 65_536  # of one part of a column, as codes are of 16 bits

_EXACT = 2**53  # integers up to here are exact as float64
_LIMITS: dict[type[pl.DataType], tuple[int, int]] = {
    pl.Int8: (-(2**7), 2**7 - 1),
    pl.Int16: (-(2**15), 2**15 - 1),
    pl.Int32: (-(2**31), 2**31 - 1),
    pl.UInt8: (0, 2**8 - 1),
    pl.UInt16: (0, 2**16 - 1),
    pl.UInt32: (0, 2**32 - 1),
    pl.UInt64: (0, 2**64 - 1),
}
_DAY_NANOSECONDS = 86_400 * 10**9


@dataclass(frozen=True)
class Scale:
    """The line between a polars column and its units.

    Units are float64: integers less `base`, decimals as whole multiples of their last digit less `base`, dates as days,
    times as the ticks of their type, floats as they are. `base` is 0 unless the values lie beyond 2**53; it is a
    multiple of 2**40, so it is nobody's value.
    """

    dtype: pl.DataType
    base: int = 0

    @classmethod
    def of(cls, series: pl.Series) -> "Scale":
        """The scale that loses least on this column."""
        if series.dtype.is_float():
            return cls(series.dtype)
        ticks = _ticks(series)
        if ticks.null_count() == len(ticks):
            return cls(series.dtype)
        least, most = int(ticks.min()), int(ticks.max())  # type: ignore[arg-type]
        if max(abs(least), abs(most)) < _EXACT:
            return cls(series.dtype)
        middle = (least + most) // 2 if most - least >= _EXACT else least
        return cls(series.dtype, (middle >> 40) << 40)

    @property
    def whole(self) -> bool:
        """Whether units are whole numbers."""
        return not self.dtype.is_float()

    def units(self, series: pl.Series) -> tuple[Floats, Mask]:
        """(float64 units, NULL mask), both of the column's length; units under NULL are 0."""
        if self.base or isinstance(series.dtype, pl.Decimal):
            ticks = _ticks(series)
            missing = ticks.is_null().to_numpy()
            if self.base:
                ticks = ticks.cast(pl.Int128) - pl.Series([self.base], dtype=pl.Int128)
            return ticks.fill_null(0).cast(pl.Float64).to_numpy(), missing
        # Casts and to_numpy are the methods of a Series that cost microseconds; others are tens of times as slow.
        plain = series.cast(pl.Int32 if series.dtype == pl.Date else pl.Int64) if series.dtype.is_temporal() else series
        values = plain.to_numpy().astype(np.float64)
        if not series.null_count():
            return values, np.zeros(len(values), np.bool_)
        missing = np.isnan(values) if not series.dtype.is_float() else series.is_null().to_numpy()
        return np.where(missing, 0.0, values), missing

    def bound(self, value: float) -> float:
        """A ColumnSpec's bound in units."""
        if isinstance(self.dtype, pl.Decimal):
            return float(round(value * 10**self.dtype.scale) - self.base)
        if isinstance(self.dtype, pl.Datetime) and self.dtype.time_unit != "us":
            return value * 1000 if self.dtype.time_unit == "ns" else value / 1000
        return value - self.base if self.base else value

    def series(self, name: str, values: Floats, missing: Mask | None) -> pl.Series:
        """The column of the scale's type; the exact inverse of `units`. Values must be whole if units are."""
        made = self._typed(name, values)
        if missing is None or not missing.any():
            return made
        # `set` is several times quicker than an expression.
        return made.set(pl.Series(missing), None)

    def _typed(self, name: str, values: Floats) -> pl.Series:
        dtype = self.dtype
        if dtype.is_float():
            return pl.Series(name, values).cast(dtype)
        if isinstance(dtype, pl.Decimal):
            return self._decimals(name, values, dtype)
        if isinstance(dtype, pl.Time):
            values = np.clip(values, 0, _DAY_NANOSECONDS - 1)
        if self.base or isinstance(dtype, pl.UInt64):
            least, most = _LIMITS.get(type(dtype), (-(2**63), 2**63 - 1))
            ticks = pl.Series(name, values).cast(pl.Int128) + pl.Series([self.base], dtype=pl.Int128)
            return ticks.clip(least, most).cast(dtype)
        whole = pl.Series(name, values.astype(np.int64))
        return whole.cast(pl.Int32).cast(dtype) if isinstance(dtype, pl.Date) else whole.cast(dtype)

    def _decimals(self, name: str, values: Floats, dtype: pl.Decimal) -> pl.Series:
        # pyarrow's Decimal128 is two little-endian 64-bit words; building them keeps every digit and is quick.
        import pyarrow as pa

        if self.base:
            ticks = [int(v) + self.base for v in values.tolist()]
            content = b"".join(t.to_bytes(16, "little", signed=True) for t in ticks)
        else:
            low = values.astype(np.int64)
            content = np.stack([low, low >> 63], axis=1).tobytes()
        array = pa.Array.from_buffers(
            pa.decimal128(dtype.precision or 38, dtype.scale), len(values), [None, pa.py_buffer(content)]
        )
        made = pl.from_arrow(array)
        assert isinstance(made, pl.Series)  # noqa: S101 (for the type checker: an Array always gives a Series)
        return made.alias(name)


def _ticks(series: pl.Series) -> pl.Series:
    """Whole numbers behind a column: unscaled decimals, days, microseconds; floats as they are."""
    if isinstance(series.dtype, pl.Decimal) or series.dtype.is_temporal():
        return series.to_physical()
    return series
