"""Further parents that were there before what refers to them."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.further.in_time import NotBefore, find_not_before, in_time

DAY = 86_400_000_000
ROWS, PARENTS = 400, 80


def _parents(rng: np.random.Generator) -> pl.DataFrame:
    joined = [datetime(2020, 1, 1) + timedelta(minutes=int(m)) for m in rng.integers(0, 900_000, PARENTS)]  # noqa: DTZ001
    return pl.DataFrame({"joined": joined, "born": [date(1980, 1, 1) + timedelta(days=at) for at in range(PARENTS)]})


def test_what_comes_after_its_parent_is_found_to_the_day_where_it_has_days_only() -> None:
    rng = np.random.default_rng(0)
    parents, chosen = _parents(rng), rng.integers(0, PARENTS, ROWS)
    waits = rng.integers(0, 300, ROWS)
    days = [parents["joined"][int(p)].date() + timedelta(days=int(w)) for p, w in zip(chosen, waits, strict=True)]
    other = [date(2020, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 600, ROWS)]
    rows = pl.DataFrame({"day": days, "midnight": days, "other": other}).with_columns(
        pl.col("midnight").cast(pl.Datetime("us"))
    )
    found = find_not_before(rows, parents, chosen)
    assert found == (
        NotBefore(column="day", parent_column="joined", floor=1),
        NotBefore(column="midnight", parent_column="joined", floor=DAY),
    )
    zoned = parents.with_columns(pl.col("joined").dt.replace_time_zone("UTC"))
    assert find_not_before(rows, zoned, chosen) == ()


def test_parents_are_exchanged_within_buckets_until_none_comes_too_late() -> None:
    rng = np.random.default_rng(1)
    earlier = rng.integers(0, 500, PARENTS).astype(float)
    buckets = rng.integers(0, 4, ROWS)
    chosen = rng.integers(0, PARENTS, ROWS)
    chosen[:5] = -1
    later = np.where(chosen >= 0, earlier[chosen], 0) + rng.integers(0, 200, ROWS)
    later[5] = np.nan
    for bucket in range(4):
        inside = np.flatnonzero((buckets == bucket) & (chosen >= 0))
        chosen[inside] = chosen[rng.permutation(inside)]
    assert (earlier[chosen] > later)[chosen >= 0].mean() > 0.2
    made = in_time(chosen, buckets, [(later, earlier)], rng)
    assert (earlier[made] > later)[made >= 0].mean() < 0.02
    assert (made[:5] == -1).all()
    for bucket in range(4):
        assert sorted(made[buckets == bucket]) == sorted(chosen[buckets == bucket])
