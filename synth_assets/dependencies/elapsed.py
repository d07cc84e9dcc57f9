"""How long it is from one time to another, as a number: days of a stay, minutes of a trip, full or in parts."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.formula import Formula, agree, elapsed, scale_of, seconds_of
from synth_assets.plan.dependencies import ELAPSED_UNITS, Operation

PROBES = 16
_OPERATIONS: tuple[Operation, ...] = ("elapsed", "elapsed_full")


def elapsed_candidates(name: str, others: Sequence[str], frame: pl.DataFrame) -> Iterator[Formula]:
    """The formulas of two times that hold in some rows."""
    values = frame[name]
    times = [other for other in others if isinstance(frame.schema[other], pl.Date | pl.Datetime)]
    if not values.dtype.is_numeric() or len(times) < 2:
        return
    scale = scale_of(values)
    probes = np.flatnonzero(values.is_not_null().to_numpy())[:PROBES]
    if len(probes) < 2:
        return
    wanted: npt.NDArray[np.float64] = values.gather(probes).cast(pl.Float64).to_numpy()
    here = {other: seconds_of(frame[other].gather(probes)) for other in times}
    zoned = {other: getattr(frame.schema[other], "time_zone", None) is not None for other in times}
    for left in times:
        for right in times:
            off = here[left] - here[right]
            if left == right or zoned[left] != zoned[right] or np.isnan(off).any() or not (off >= 0).all():
                continue
            for unit in ELAPSED_UNITS:
                for operation in _OPERATIONS:
                    if operation == "elapsed_full" and scale != 0:
                        continue
                    if agree(elapsed(off, unit, operation), wanted, rounded_to=scale).all():
                        yield Formula(column=name, operation=operation, left=left, right=right, unit=unit, scale=scale)
