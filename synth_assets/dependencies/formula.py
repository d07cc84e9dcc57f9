"""One column that others give exactly, and how numbers and times become columns again."""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.clock import as_part, clock_sum, part_of
from synth_assets.dependencies.terms import with_terms
from synth_assets.plan.dependencies import ELAPSED, Computed, Operation

MOST_DIGITS = 38
Numbers = npt.NDArray[np.float64]


class Formula(Computed):
    """What computes a column.

    Attributes:
        labels: The labels that may come out of a copied text column: the row copied from may have others.
    """

    labels: tuple[str, ...] | None = None

    @property
    def computed(self) -> Computed:
        """The formula as plans and profiles have it."""
        return Computed(**self.model_dump(exclude={"labels"}))

    def apply(self, frame: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
        """The column, from a frame that has the others, and the column itself if the formula is partial."""
        made = self._computed(frame, dtype)
        if self.partial:
            return made.zip_with(made.is_not_null(), frame[self.column].cast(dtype)).alias(self.column)
        return made.fill_null(strategy="forward").fill_null(strategy="backward") if self.filled else made

    def _computed(self, frame: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
        left = frame[self.left]
        if (part := as_part(self.operation)) is not None:
            return part_of(left, part, self.zone).cast(dtype).alias(self.column)
        if self.operation == "copy":
            copied = left.cast(dtype).alias(self.column)
            if self.labels is None:
                return copied
            return copied.set(~copied.is_in(self.labels).fill_null(value=True), None)
        if self.operation in ELAPSED and self.right is not None:
            made = elapsed(seconds_of(left) - seconds_of(frame[self.right]), self.unit, self.operation)
            made = made if self.scale is None else np.where(np.isnan(made), made, rounded(made, self.scale))
            return as_column(self.column, made, dtype)
        made = numbers(left) * (1.0 if self.factor is None else self.factor)
        if self.right is not None:
            made = combined(self.operation, made, numbers(frame[self.right]), self.unit)
        made = with_terms(made, self.terms, lambda name: numbers(frame[name]))
        if dtype.is_float() and self.scale is not None:
            made = np.where(np.isnan(made), made, rounded(made, self.scale))
        return as_column(self.column, made, dtype)


def elapsed(seconds: Numbers, unit: int, operation: Operation) -> Numbers:
    """Times between others in units of so many seconds; full ones only, if the operation says so."""
    return np.floor(seconds / unit) if operation == "elapsed_full" else seconds / unit


def seconds_of(values: pl.Series) -> Numbers:
    """Times as seconds, NaN for NULL."""
    whole = values.cast(pl.Datetime("us", getattr(values.dtype, "time_zone", None))).to_physical()
    return whole.cast(pl.Float64).to_numpy() / 1e6


def combined(operation: Operation, left: Numbers, right: Numbers, unit: int) -> Numbers:
    """Two columns by an operation; one of `right` counts for so many units."""
    match operation:
        case "clock":
            return clock_sum(left, right, unit)
        case "sum":
            return left + right * unit
        case "difference":
            return left - right
        case "quotient":
            return divided(left, right)
        case _:
            return left * right


def divided(left: Numbers, right: Numbers) -> Numbers:
    """One column by another; NaN where that is 0."""
    unknown = np.full(np.broadcast(left, right).shape, np.nan)
    quotients: Numbers = np.divide(left, right, out=unknown, where=right != 0)
    return quotients


def numbers(values: pl.Series) -> Numbers:
    """Numbers as float64, times in their physical unit, NaN for NULL."""
    if values.dtype.is_temporal():
        values = values.cast(pl.Int32 if values.dtype == pl.Date else pl.Int64)
    return values.cast(pl.Float64).to_numpy()


def as_column(name: str, values: Numbers, dtype: pl.DataType) -> pl.Series:
    """Numbers, or times in their physical unit, as a column of a type; NULL for NaN and for too many digits."""
    missing = np.isnan(values)
    if dtype.is_float():
        made = pl.Series(name, values).cast(dtype)
    elif isinstance(dtype, pl.Decimal):
        exact = rounded(values, dtype.scale)
        missing |= np.abs(exact) >= 10.0 ** ((dtype.precision or MOST_DIGITS) - dtype.scale)
        made = pl.Series(name, np.where(missing, 0.0, exact)).cast(dtype)
    else:
        whole = pl.Series(name, np.rint(np.nan_to_num(values)).astype(np.int64))
        made = whole.cast(pl.Int32).cast(dtype) if dtype == pl.Date else whole.cast(dtype)
    return made.set(pl.Series(missing), None)


def agree(made: Numbers, wanted: Numbers, *, rounded_to: int | None) -> npt.NDArray[np.bool_]:
    """Where results and a column are the same, NULLs included; to half of its last digit, if they are rounded to it."""
    tolerance = 1e-9 if rounded_to is None else 0.5001 * 10.0**-rounded_to
    # numpy's own isclose takes five times as long, and this is asked for all pairs of columns.
    with np.errstate(invalid="ignore"):
        close = np.abs(made - wanted) <= tolerance + 1e-9 * np.abs(wanted)
    agreed: npt.NDArray[np.bool_] = close | (np.isnan(made) & np.isnan(wanted)) | (made == wanted)
    return agreed


def scale_of(values: pl.Series) -> int | None:
    """Decimal places of a column: those of its type, else as few as all values need; None if they need many."""
    if isinstance(values.dtype, pl.Decimal):
        return values.dtype.scale
    if not values.dtype.is_float():
        return 0
    known = values.drop_nulls().to_numpy()
    for places in range(5):
        if np.allclose(known, np.round(known, places), rtol=0, atol=1e-9):
            return places
    return None


def rounded(values: Numbers, scale: int) -> Numbers:
    """Halves up, as databases do; what lies a float's breadth below a half counts as one."""
    rounded: Numbers = np.floor(np.nan_to_num(values) * 10.0**scale + 0.5 + 1e-7) / 10.0**scale
    return rounded
