"""Families that begin at a time of their parent, or soon after: learned as how much later."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from synth_assets.refresh import Refresh
from synth_assets.synthesize.relational.families.beginning import Beginning, find_beginning
from synth_assets.synthesize.relational.gaps import shared_range
from tests.zoo import generated, zoo_project

START = datetime.fromisoformat("2024-01-01")
ORDERS = 1_500


def times(seconds: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pl.Series:
    return pl.Series([START + timedelta(seconds=int(one)) for one in seconds])


def test_the_nearest_time_of_the_parent_is_found_if_children_come_soon() -> None:
    rng = np.random.default_rng(2)
    ordered = rng.integers(0, 30_000_000, ORDERS)
    shipped = ordered + rng.integers(3_600, 200_000, ORDERS)
    left = shipped + np.where(rng.random(ORDERS) < 0.9, 0, rng.integers(60, 40_000, ORDERS))
    context = pl.DataFrame({"ordered": times(ordered), "shipped": times(shipped), "late": times(shipped // 9)})
    values, firsts = times(left).alias("left"), np.arange(ORDERS)
    found = find_beginning(values, context, firsts, min_group=5)
    assert found
    assert found.since[:2] == ("shipped", "ordered")
    assert "late" not in found.since
    rng = np.random.default_rng(0)
    assert (
        found.decode(found.encode(values, context), context, values.dtype, rng)
        .filter(pl.Series(left < 29_000_000))
        .equals(values.filter(pl.Series(left < 29_000_000)))
    )
    # What may come months later is not told by it: many would come after the last one of all.
    much_later = times(ordered + rng.integers(0, 20_000_000, ORDERS)).alias("left")
    assert find_beginning(much_later, context.select("ordered"), firsts, min_group=5) is None


def test_times_beyond_the_last_one_and_without_a_parents_time_lie_within() -> None:
    context = pl.DataFrame({"shipped": [START, None, START + timedelta(days=9)], "ordered": [None, START, None]})
    latest = shared_range(times(np.array([0, 86_400 * 10])).to_physical().to_numpy(), 1)[1]
    one = Beginning(column="left", since=("shipped", "ordered"), unit=1_000_000, latest=latest)
    units = pl.Series([60, 120, 86_400 * 5])
    decoded = one.decode(units, context, pl.Datetime("us"), np.random.default_rng(1))
    assert decoded.to_list()[:2] == [START + timedelta(seconds=60), START + timedelta(seconds=120)]
    assert START + timedelta(days=9) <= decoded[2] <= START + timedelta(days=10)
    unknown = pl.DataFrame({"shipped": [None], "ordered": [None]}, schema=context.schema)
    assert one.decode(units[:1], unknown, pl.Datetime("us"), np.random.default_rng(1)).null_count() == 0


def test_generated_parcels_leave_when_their_order_does(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, shipped DATETIME NOT NULL);"
            "CREATE TABLE parcels (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id), "
            "left DATETIME NOT NULL);"
        )
        parcels = []
        for order in range(ORDERS):
            shipped = START + timedelta(seconds=int(rng.integers(0, 30_000_000)))
            connection.execute("INSERT INTO orders VALUES (?, ?)", (order, str(shipped)))
            parcels.append((len(parcels), order, str(shipped)))
            if rng.random() < 0.3:
                later = shipped + timedelta(seconds=int(rng.integers(60, 40_000)))
                parcels.append((len(parcels), order, str(later)))
        connection.executemany("INSERT INTO parcels VALUES (?, ?, ?)", parcels)
    plan: dict[str, object] = {"dataset": "shop", "source": "production", "targets": ["staging"]}
    refresh = Refresh(zoo_project(tmp_path, plan=plan), "shop", refresh="r")
    refresh.snapshot()
    refresh.profile()
    rows = generated(refresh)
    joined = rows["parcels"].join(rows["orders"], left_on="order_id", right_on="id", suffix=" of order")
    behind = joined["left"] - joined["shipped"]
    assert 0.7 <= (behind == timedelta(0)).mean() <= 0.83
    assert (behind.is_between(timedelta(0), timedelta(days=1))).mean() >= 0.98
