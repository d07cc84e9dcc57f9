"""Families that are told by where they end."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.families.ends import ends_of, find_stride, starts_of


def clubs(*, still_there: bool) -> tuple[pl.Series, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Years of 200 clubs of 1 to 100 seasons; most play until 2020, or they begin at any time."""
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 101, 200)
    ends = np.where(rng.random(200) < 0.8, 2020, rng.integers(1950, 2020, 200))
    starts = ends - lengths + 1 if still_there else rng.integers(1800, 1900, 200)
    families = np.repeat(np.arange(200), lengths)
    within = np.concatenate([np.arange(length) for length in lengths])
    return pl.Series("year", starts[families] + within), families


def test_families_that_are_still_there_are_told_by_their_end() -> None:
    years, families = clubs(still_there=True)
    assert find_stride(years, families, Arranged.by(families, years), unit=1) == 1


def test_families_that_begin_at_any_time_are_not() -> None:
    years, families = clubs(still_there=False)
    assert find_stride(years, families, Arranged.by(families, years), unit=1) is None


def test_starts_are_ends_less_the_length() -> None:
    years, families = clubs(still_there=True)
    ends, lengths = ends_of(years, families, Arranged.by(families, years), stride=1)
    starts = starts_of(ends["year"], lengths["#length"].to_numpy(), stride=1, dtype=pl.Int64())
    first = pl.DataFrame({"f": families, "y": years}).group_by("f", maintain_order=True).first()["y"]
    assert starts.to_list() == first.to_list()
