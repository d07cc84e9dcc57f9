"""Tables whose columns have nothing to do with each other: nothing is found in them."""

import datetime as dt

import numpy as np
import polars as pl

from synth_assets.dependencies.discovery import discover
from synth_assets.dependencies.totals import children_of

TABLES = 200


def unrelated(rng: np.random.Generator) -> pl.DataFrame:
    """Flags rare and frequent, labels, small and large numbers, dates and times, some with NULLs; few or many rows."""
    rows = int(rng.choice([30, 60, 200, 1_000]))

    def holes(values: pl.Series) -> pl.Series:
        return values.set(pl.Series(rng.random(rows) < rng.choice([0.002, 0.05, 0.4])), None)

    start = dt.date(2020, 1, 1)
    days = rng.integers(0, 900, rows)
    columns = {
        **{f"flag {share}": pl.Series(rng.random(rows) < share) for share in (0.001, 0.01, 0.1, 0.5, 0.99)},
        **{f"bit {at}": pl.Series(rng.binomial(1, rng.choice([0.003, 0.03, 0.3]), rows)) for at in range(3)},
        **{f"label {n}": pl.Series(rng.integers(0, n, rows)).cast(pl.String) for n in (2, 3, 12, 60)},
        "rare label": pl.Series(np.where(rng.random(rows) < 0.01, "rare", "usual")),
        **{f"small {n}": pl.Series(rng.integers(0, n, rows)) for n in (3, 5, 20)},
        "large": pl.Series(rng.integers(0, 1_000_000, rows)),
        "price": pl.Series(np.round(np.exp(rng.normal(3, 1, rows)), 2)).cast(pl.Decimal(10, 2)),
        "fee": pl.Series(np.round(np.exp(rng.normal(1, 1, rows)), 2)).cast(pl.Decimal(10, 2)),
        "share": pl.Series(rng.random(rows)),
        "day": pl.Series([start + dt.timedelta(days=int(day)) for day in days]),
        "time": pl.Series([dt.time(*map(int, parts)) for parts in rng.integers(0, 24, (rows, 3))]),
        "moment": pl.Series(rng.integers(0, 2_000_000, rows) * 1_000_000).cast(pl.Datetime("us")),
    }
    columns["open day"] = holes(columns["day"].shuffle(seed=int(rng.integers(2**31))))
    columns["open label"] = holes(columns["label 12"].shuffle(seed=int(rng.integers(2**31))))
    columns["open number"] = holes(columns["large"].shuffle(seed=int(rng.integers(2**31))))
    return pl.DataFrame(columns)


def test_nothing_is_found_where_nothing_holds() -> None:
    found: dict[int, list[str]] = {}
    for seed in range(TABLES):
        rng = np.random.default_rng(seed)
        rows = unrelated(rng)
        below = unrelated(rng).select("bit 0", "small 3", "small 5", "fee", "open number")
        parents = rng.integers(-1, rows.height, below.height)
        texts = [one.text for one in discover(rows, [children_of("below", ("up",), below, parents)], [], min_group=10)]
        if texts:
            found[seed] = texts
    assert found == {}
