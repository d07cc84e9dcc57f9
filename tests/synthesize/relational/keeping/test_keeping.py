"""Rows that are changed so that dependencies hold, without breaking what held before."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from synth_assets.catalog.model import Catalog, Column, DataType, Kind, Table
from synth_assets.dependencies.formula import Formula
from synth_assets.dependencies.null_by import wrongly_null
from synth_assets.plan.dependencies import NotAbove, NullBy
from synth_assets.plan.resolve import resolve
from synth_assets.plan.settings import DatasetSettings
from synth_assets.synthesize.deviation import Deviation, Tie
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.keeping.keeping import Keeping
from synth_assets.synthesize.relational.named_columns import NamedColumns
from synth_assets.synthesize.relational.residuals import Mostly
from synth_assets.synthesize.relational.structure import table_structures
from synth_assets.synthesize.relational.tables import LinkedTables

ROWS = 400
NUMBER = DataType(kind=Kind.INTEGER, native="integer", bits=64)


def test_times_put_in_place_of_null_keep_their_distance_from_those_before() -> None:
    rng = np.random.default_rng(0)
    state = rng.choice(["open", "sent", "back"], ROWS)
    ordered = [date(2024, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 900, ROWS)]
    shipped = [
        None if s == "open" else d + timedelta(days=int(g))
        for s, d, g in zip(state, ordered, rng.integers(1, 9, ROWS), strict=True)
    ]
    real = pl.DataFrame({"state": state, "ordered": ordered, "shipped": shipped})
    gaps = Gaps.find(real, min_group=10)
    assert [(gap.column, gap.since) for gap in gaps.steps] == [("shipped", "ordered")]
    one = NullBy(by="state", column="shipped")
    drawn = real.with_columns(real["shipped"].set(pl.Series(rng.random(ROWS) < 0.2), None))
    assert wrongly_null(drawn, one).sum() > 30
    keeping = Keeping(
        "orders", [one], (), declared=frozenset(), mostly=(), free=frozenset(real.columns), known={}, gaps=gaps
    )
    names = NamedColumns({}, LinkedTables({}, lambda _: drawn), lambda _: drawn)
    kept = keeping.apply(drawn, names, rng)
    assert not wrongly_null(kept, one).any()
    days = (kept["shipped"] - kept["ordered"]).dt.total_days().drop_nulls()
    # Days before the earliest that may come out give way to it.
    assert (days >= 0).all() and (days <= 8).mean() > 0.99
    assert (kept["state"] != drawn["state"]).sum() < 20
    untouched = ~wrongly_null(drawn, one)
    assert kept.filter(untouched).equals(drawn.filter(untouched))


def names_in(rows: pl.DataFrame) -> NamedColumns:
    """Of numbers in one table."""
    columns = tuple(Column(name=name, type=NUMBER, nullable=False) for name in rows.columns)
    catalog = Catalog(dialect="postgresql", tables=(Table(name="orders", columns=columns),))
    plan = DatasetSettings.model_validate({"dataset": "d", "source": "s", "targets": ["t"], "tables": {"orders": {}}})
    structures, _ = table_structures(catalog, resolve(plan, catalog), {"orders": rows.height})
    return NamedColumns(structures, LinkedTables({}, lambda _: rows), lambda _: rows)


def mostly_copied(rows: pl.DataFrame, column: str, of: str) -> Mostly:
    formula = Formula(column=column, operation="copy", left=of, scale=0)
    by_ratio = Tie(gain=0.0, way="ratio", slope=1.0)
    return Mostly(formula=formula, deviation=Deviation.of(rows[column], by_ratio, min_group=10))


def test_what_a_formula_gives_in_most_rows_goes_with_it() -> None:
    rng = np.random.default_rng(1)
    total = rng.integers(100, 900, ROWS)
    rows = pl.DataFrame(
        {
            "total": total,
            "discount": rng.integers(0, 1000, ROWS),
            "paid": total // np.where(rng.random(ROWS) < 0.1, 2, 1),
        }
    )
    mostly = mostly_copied(rows, "paid", "total")
    keeping = Keeping(
        "orders",
        [NotAbove(lower="discount", upper="total")],
        (),
        declared=frozenset(),
        mostly=[mostly],
        free=frozenset(["total", "discount"]),
        known={},
        gaps=Gaps(),
    )
    kept = keeping.apply(rows, names_in(rows), rng)
    changed = kept["total"] != rows["total"]
    assert changed.sum() > 50
    assert (kept["discount"] <= kept["total"]).all()
    assert (kept["paid"] == kept["total"]).equals(rows["paid"] == rows["total"])
    assert kept.filter(~changed)["paid"].equals(rows.filter(~changed)["paid"])


def test_it_goes_with_what_changes_once_more() -> None:
    rng = np.random.default_rng(2)
    least, net, fee, limit = (rng.integers(100, 900, ROWS) for _ in range(4))
    billed = limit // np.where(rng.random(ROWS) < 0.1, 2, 1)
    # What is at least so much makes a total larger that the limit has given way to before.
    rows = pl.DataFrame({"least": least, "net": net, "fee": fee, "total": net + fee, "limit": limit, "billed": billed})
    mostly = mostly_copied(rows.with_columns(billed=pl.int_range(ROWS) * 5), "billed", "limit")
    keeping = Keeping(
        "orders",
        [NotAbove(lower="least", upper="net"), NotAbove(lower="total", upper="limit")],
        (Formula(column="total", operation="sum", left="net", right="fee", scale=0),),
        declared=frozenset(),
        mostly=[mostly],
        free=frozenset(["net", "limit"]),
        known={},
        gaps=Gaps(),
    )
    kept = keeping.apply(rows, names_in(rows), rng)
    assert (kept["least"] <= kept["net"]).all() and (kept["total"] <= kept["limit"]).all()
    assert ((kept["limit"] > rows["total"]) & (rows["total"] > rows["limit"])).sum() > 50
    assert (kept["billed"] == kept["limit"]).equals(rows["billed"] == rows["limit"])
