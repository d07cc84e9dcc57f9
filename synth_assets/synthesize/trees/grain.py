"""How finely values are rounded: prices ending in .00 beside odd cents, salaries in thousands, whole minutes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.trees.scale import Floats, Mask

_SEEN = 20_000  # values that the shares of each grain are estimated from
_NOISE = 0.02  # a grain's share below this is taken for chance
_SECOND_LADDER = (1, 5, 10, 30, 60, 300, 900, 1800, 3600, 43_200, 86_400)


def ladder(dtype: pl.DataType) -> tuple[float, ...]:
    """The grains that a type's values may have, finest first, in units of its Scale; 0 stands for no rounding."""
    if dtype.is_float():
        return (0.0, *(10.0**k for k in range(-8, 10)))
    if isinstance(dtype, pl.Date):
        return (1.0,)
    ticks = {"ns": 10**9, "us": 10**6, "ms": 10**3}
    if isinstance(dtype, pl.Time | pl.Datetime):
        second = ticks[dtype.time_unit] if isinstance(dtype, pl.Datetime) else 10**9
        return (
            1.0,
            *(float(t) for t in (10**3, 10**6, 10**9) if t < second),
            *(float(second * s) for s in _SECOND_LADDER),
        )
    return tuple(float(m * 10**k) for k in range(12) for m in (1, 5))


def snap(values: Floats, grain: float) -> Floats:
    """The nearest multiples of the grain."""
    if grain == 0:
        return values
    # Dividing by a whole power of ten gives the float nearest to the decimal; multiplying by 0.01 does not.
    return np.rint(values * round(1 / grain)) / round(1 / grain) if grain < 1 else np.rint(values / grain) * grain


def _is_multiple(values: Floats, grain: float, single: bool) -> Mask:
    near = snap(values, grain)
    if single:
        return np.equal(near.astype(np.float32), values.astype(np.float32))
    return np.less_equal(np.abs(near - values), 1e-12 * np.maximum(np.abs(values), 1e-3))


@dataclass(frozen=True)
class Grains:
    """Which share of the values is rounded how, for each bin.

    Attributes:
        sizes: Grains in use, finest first.
        shares: One row a bin: cumulative shares of the grains.
    """

    sizes: tuple[float, ...]
    shares: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, values: Floats, bins: npt.NDArray[np.intp], count: int, *, dtype: pl.DataType) -> "Grains":
        """From the values that are not codes of their own, each with its bin (0 to count - 1)."""
        steps = ladder(dtype)
        if len(values) > _SEEN:
            pick = np.linspace(0, len(values) - 1, _SEEN).astype(np.intp)
            values, bins = values[pick], bins[pick]
        if not len(values) or len(steps) == 1:
            return cls((steps[0],), np.ones((count, 1)))
        single = isinstance(dtype, pl.Float32)
        rows = np.bincount(bins, minlength=count).astype(np.float64)
        used, multiples = [steps[0]], [np.ones(len(values))]
        for step in steps[1:]:
            hits = _is_multiple(values, step, single).astype(np.float64)
            if step > 1 and hits.mean() < _NOISE:
                break
            used.append(step)
            multiples.append(hits)
        overall = np.array([m.mean() for m in multiples])
        # Shrunk towards the whole column's, since a bin may hold few rows.
        seen = np.stack([np.bincount(bins, weights=m, minlength=count) for m in multiples], axis=1)
        seen = (seen + 20 * overall) / (rows[:, None] + 20)
        shares = _unmix(seen, np.array(used))
        keep = shares.max(axis=0) > 0
        shares = shares[:, keep]
        return cls(tuple(s for s, k in zip(used, keep, strict=True) if k), np.cumsum(shares, axis=1))

    def apply(self, values: Floats, bins: npt.NDArray[np.intp], uniform: Floats) -> tuple[Floats, Floats]:
        """(values rounded to grains drawn by `uniform`, the grain of each)."""
        if len(self.sizes) == 1:
            return snap(values, self.sizes[0]), np.full(len(values), self.sizes[0])
        level = (uniform[:, None] >= self.shares[bins][:, :-1]).sum(axis=1)
        out, sizes = values.copy(), np.asarray(self.sizes)[level]
        for number, size in enumerate(self.sizes):
            of = level == number
            out[of] = snap(values[of], size)
        return out, sizes


def _unmix(seen: npt.NDArray[np.float64], sizes: Floats) -> npt.NDArray[np.float64]:
    """Mixture weights from the shares of values that are multiples of each grain.

    A value drawn at grain g is by chance a multiple of a coarser G with probability g / G; the seen shares are the
    weights times these chances.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = np.where(sizes[:, None] >= sizes[None, :], 1.0, sizes[:, None] / sizes[None, :])
    weights = np.asarray(np.linalg.solve(chance.T, seen.T).T, np.float64)
    weights[weights < _NOISE] = 0.0
    empty = weights.sum(axis=1) <= 0
    weights[empty, 0] = 1.0
    weights /= weights.sum(axis=1, keepdims=True)
    return weights
