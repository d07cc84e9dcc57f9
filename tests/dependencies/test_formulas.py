"""Columns that other columns give exactly."""

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from synth_assets.dependencies.formulas import find_formulas
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.training import Surroundings, Training
from synth_assets.synthesize.relational.values import ValueModel

ROWS = 400
START = datetime(2024, 1, 1)  # noqa: DTZ001 (a column without time zone)


@pytest.fixture
def lines() -> pl.DataFrame:
    """Order lines: what formulas should find is in the last columns."""
    rng = np.random.default_rng(0)
    quantity, cents = rng.integers(1, 9, ROWS), rng.integers(100, 9000, ROWS)
    won, lost = rng.integers(0, 90, ROWS), rng.integers(0, 90, ROWS)
    planned = [START + timedelta(minutes=int(m)) for m in rng.integers(0, 500_000, ROWS)]
    delay = [None if rng.random() < 0.1 else int(d) for d in rng.normal(10, 20, ROWS)]
    return pl.DataFrame(
        {
            "quantity": quantity,
            "price": pl.Series([Decimal(int(c)).scaleb(-2) for c in cents], dtype=pl.Decimal(10, 2)),
            "won": won,
            "lost": lost,
            "planned": planned,
            "delay": delay,
            "total": pl.Series(
                [Decimal(int(c) * int(q)).scaleb(-2) for c, q in zip(cents, quantity, strict=True)],
                dtype=pl.Decimal(12, 2),
            ),
            "played": won + lost,
            "actual": [
                p + timedelta(minutes=d) if d is not None else None for p, d in zip(planned, delay, strict=True)
            ],
        }
    )


def test_sums_products_and_times_plus_units_are_found(lines: pl.DataFrame) -> None:
    found = find_formulas(lines, pl.DataFrame(), min_group=10, seed=0)
    assert {formula.text for formula in found} == {
        "actual = planned + delay",
        "played = won + lost",
        "total = quantity * price",
    }
    for formula in found:
        assert formula.apply(lines, lines.schema[formula.column]).equals(lines[formula.column])


def test_three_parts_and_constants_are_found() -> None:
    rng = np.random.default_rng(0)
    cents, number = rng.integers(100, 90_000, ROWS), rng.integers(1, 9, ROWS)
    discount, freight = rng.choice([0.0, 0.05, 0.1, 0.15], ROWS), rng.integers(0, 3_000, ROWS) / 100
    net = np.floor(cents * number * (1 - discount) + 0.5) / 100
    tax = np.floor(net * 19 + 0.5) / 100
    rows = pl.DataFrame(
        {
            "price": cents / 100,
            "number": number,
            "discount": discount,
            "freight": freight,
            "net": net,
            "tax": tax,
            "due": np.round(net + tax + freight, 2),
            "saved": np.round(cents * number / 100 - net, 2),
            "noise": rng.integers(0, 90, ROWS),
        }
    )
    found = find_formulas(rows.drop("saved"), pl.DataFrame(), min_group=10, seed=0)
    assert [formula.text for formula in found] == [
        "net = price * number * (1 - discount)",
        "tax = net * 0.19",
        "due = freight + net + tax",
    ]
    made = rows
    for formula in found:
        made = made.with_columns(formula.apply(made, pl.Float64()))
    assert np.allclose(made["due"], rows["due"], atol=0.021)


def test_percentages_are_found() -> None:
    rng = np.random.default_rng(0)
    price, off = rng.integers(100, 90_000, ROWS) / 100, rng.integers(0, 40, ROWS)
    rows = pl.DataFrame({"price": price, "off": off, "paid": np.floor(price * (100 - off) + 0.5) / 100})
    (formula,) = find_formulas(rows, pl.DataFrame(), min_group=10, seed=0)
    assert formula.text == "paid = price * (1 - off / 100)"


def test_three_independent_columns_make_no_formula() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        flags = {f"flag{at}": (rng.random(ROWS) < 0.03).astype(np.int64) for at in range(8)}
        rows = pl.DataFrame({**flags, "n": rng.integers(0, 5, ROWS), "share": rng.random(ROWS)})
        assert find_formulas(rows, pl.DataFrame(), min_group=10, seed=0) == ()


def test_a_copy_across_a_key_is_found(lines: pl.DataFrame) -> None:
    around = pl.DataFrame({"orders.total": lines["total"], "orders.note": ["a", "b"] * (ROWS // 2)})
    (formula,) = find_formulas(lines.select("quantity", "total"), around, min_group=10, seed=0)
    assert formula.text == "total = orders.total"


def test_a_column_that_is_never_null_stays_so_whatever_it_is_computed_from() -> None:
    league = pl.DataFrame({"league": ["a", "b", "c", "a"] * 50})
    (formula,) = find_formulas(
        league.with_columns(n=pl.int_range(200)), league.rename({"league": "teams.league"}), min_group=10, seed=0
    )
    made = formula.apply(pl.DataFrame({"teams.league": ["a", None, "b"]}), pl.String())
    assert made.to_list() == ["a", "a", "b"]


def test_a_copied_label_that_few_rows_share_does_not_come_out() -> None:
    league = pl.DataFrame({"league": ["a", "b"] * 100 + ["rare"]})
    (formula,) = find_formulas(
        league.with_columns(n=pl.int_range(201)), league.rename({"league": "teams.league"}), min_group=10, seed=0
    )
    made = formula.apply(pl.DataFrame({"teams.league": ["a", "rare", "never seen", "b"]}), pl.String())
    assert made.to_list() == ["a", "a", "a", "b"]


def test_what_holds_nearly_always_or_by_chance_is_no_formula(lines: pl.DataFrame) -> None:
    nearly = lines.with_columns(played=lines["played"].scatter(7, 1)).select("won", "lost", "played")
    assert find_formulas(nearly, pl.DataFrame(), min_group=10, seed=0) == ()
    rng = np.random.default_rng(1)
    flags = pl.DataFrame({f"f{n}": (rng.random(ROWS) < 0.01).astype(np.int64) for n in range(30)})
    assert find_formulas(flags, pl.DataFrame(), min_group=10, seed=0) == ()
    assert find_formulas(lines[:20], pl.DataFrame(), min_group=10, seed=0) == ()


def test_made_rows_keep_the_formulas(lines: pl.DataFrame) -> None:
    model = ValueModel.fit(
        Training(rows=lines),
        table="lines",
        synthesizer="trees",
        options={},
        checks=RowChecks(expressions=(), columns=()),
        min_group=10,
        seed=1,
    )
    made = model.sample(Surroundings(1000), np.random.default_rng(0))
    assert made.schema == lines.schema
    assert (made["won"] + made["lost"]).equals(made["played"], check_names=False)
    assert (
        made.select(pl.col("quantity").cast(pl.Decimal(10, 0)) * pl.col("price") == pl.col("total")).to_series().all()
    )
    known = made.filter(made["delay"].is_not_null())
    assert (known["actual"] - known["planned"]).dt.total_minutes().equals(known["delay"], check_names=False)
    assert made["actual"].null_count() == made["delay"].null_count() > 0


def test_a_tax_of_so_many_percent_is_found_and_computed() -> None:
    rng = np.random.default_rng(1)
    net, rate = rng.integers(1_000, 90_000, ROWS) / 100, rng.choice([0.0, 7.0, 19.0], ROWS, p=[0.7, 0.1, 0.2])
    rows = pl.DataFrame({"net": net, "rate": rate, "tax": np.floor(net * rate + 0.5 + 1e-7) / 100})
    rows = rows.with_columns(gross=(pl.col("net") + pl.col("tax")).round(2))
    found = find_formulas(rows, pl.DataFrame(), min_group=10, seed=0)
    assert {formula.text for formula in found} == {"tax = net * rate / 100", "gross = net + tax"}
    other = pl.DataFrame({"net": [200.0], "rate": [7.0], "tax": [0.0]})
    assert found[0].apply(other, pl.Float64()).to_list() == [14.0]
