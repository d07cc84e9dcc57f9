"""What users take for granted holds in generated rows: billing days, meters, and what is filled in which state."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synth_assets.refresh import Refresh
from tests.zoo import generated, zoo_project

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, joined DATE NOT NULL);
CREATE TABLE contracts (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), signed_at DATETIME NOT NULL,
  starts DATE NOT NULL, ends DATE, calls_on DATE NOT NULL, slot DATETIME NOT NULL, midnight DATETIME NOT NULL,
  worked_from DATETIME NOT NULL, worked_to DATETIME NOT NULL
);
CREATE TABLE balances (
  customer_id INTEGER NOT NULL REFERENCES customers (id), month DATE NOT NULL, balance NUMERIC(10, 2) NOT NULL,
  PRIMARY KEY (customer_id, month)
);
CREATE TABLE readings (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), read_on DATE NOT NULL,
  meter INTEGER NOT NULL, heat INTEGER, gas NUMERIC(9, 1) NOT NULL, gas_used NUMERIC(9, 1) NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), ordered_at DATETIME NOT NULL,
  status TEXT NOT NULL, channel TEXT NOT NULL, carrier TEXT, promised_at DATETIME NOT NULL, shipped_at DATETIME,
  delivered_at DATETIME, courier_email TEXT, cancel_reason TEXT
);
"""
BROKEN = {
    "contracts start on the first": "SELECT count(*) FROM contracts WHERE strftime('%d', starts) != '01'",
    "contracts end on the last": "SELECT count(*) FROM contracts WHERE strftime('%d', ends, '+1 day') != '01'",
    "contracts end after they start": "SELECT count(*) FROM contracts WHERE ends < starts",
    "calls on Mondays": "SELECT count(*) FROM contracts WHERE strftime('%w', calls_on) != '1'",
    "slots are quarters": "SELECT count(*) FROM contracts WHERE strftime('%s', slot) % 900 != 0",
    "midnight": "SELECT count(*) FROM contracts WHERE strftime('%H%M%S', midnight) != '000000'",
    "whole minutes of work": "SELECT count(*) FROM contracts WHERE round((julianday(worked_to) - "
    "julianday(worked_from)) * 86400) % 60 != 0 OR worked_to < worked_from",
    "a balance a month": "SELECT count(*) FROM balances WHERE strftime('%d', month) != '01'",
    "meters never fall": "SELECT count(*) FROM readings a JOIN readings b ON b.customer_id = a.customer_id AND "
    "b.read_on > a.read_on AND b.meter < a.meter",
    "nor do those that are read now and then": "SELECT count(*) FROM readings a JOIN readings b ON "
    "b.customer_id = a.customer_id AND b.read_on > a.read_on AND b.heat < a.heat",
    "what is used adds up": "SELECT count(*) FROM (SELECT gas, gas_used, lag(gas) OVER (PARTITION BY customer_id "
    "ORDER BY read_on) AS earlier FROM readings) WHERE abs(gas - gas_used - earlier) > 0.01",
    "shipped in its states": "SELECT count(*) FROM orders WHERE (shipped_at IS NOT NULL) != "
    "(status IN ('shipped', 'delivered'))",
    "delivered in its state": "SELECT count(*) FROM orders WHERE (delivered_at IS NOT NULL) != (status = 'delivered')",
    "a courier in its states": "SELECT count(*) FROM orders WHERE (courier_email IS NOT NULL) != "
    "(status IN ('shipped', 'delivered'))",
    "a reason in its state": "SELECT count(*) FROM orders WHERE (cancel_reason IS NOT NULL) != (status = 'cancelled')",
    "never shipped from the shop": "SELECT count(*) FROM orders WHERE channel = 'shop' AND status = 'shipped'",
    "never new by phone": "SELECT count(*) FROM orders WHERE channel = 'phone' AND status = 'new'",
    "promised after it was ordered": "SELECT count(*) FROM orders WHERE promised_at < ordered_at",
    "shipped after it was ordered": "SELECT count(*) FROM orders WHERE shipped_at < ordered_at",
    "delivered after it was shipped": "SELECT count(*) FROM orders WHERE delivered_at < shipped_at",
}
STATES = ("new", "paid", "shipped", "delivered", "cancelled")
# The tables are small on purpose, so that sampling noise is large.
GATE = {"fidelity": {"shape": 0.6, "trend": 0.5, "cardinality": 0.5, "pairs_across_keys": 0.3}}


def broken_rows(path: Path) -> dict[str, int]:
    """Rows that break each rule, of those that are broken."""
    with closing(sqlite3.connect(path)) as connection:
        counted = {name: int(connection.execute(query).fetchone()[0]) for name, query in BROKEN.items()}
    return {name: rows for name, rows in counted.items() if rows}


def month(first: date, months: int) -> date:
    year, number = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, number + 1, 1)


def build(path: Path, *, customers: int = 400) -> None:
    rng = np.random.default_rng(11)
    day, second = timedelta(days=1), timedelta(seconds=1)

    def text(moment: datetime | None) -> str | None:
        return None if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")

    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)

        def add(table: str, *values: object) -> None:
            marks = ",".join("?" * len(values))
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            named = ",".join(names[len(names) - len(values) :])
            connection.execute(f"INSERT INTO {table} ({named}) VALUES ({marks})", values)

        for customer in range(1, customers + 1):
            joined = date(2021, 1, 1) + int(rng.integers(0, 700)) * day
            add("customers", customer, "firm" if rng.random() < 0.3 else "person", str(joined))
            midnight = datetime(joined.year, joined.month, joined.day, tzinfo=UTC)
            for _ in range(int(rng.integers(1, 5))):
                signed = midnight + int(rng.integers(0, 300 * 86_400)) * second
                starts = month(signed.date(), int(rng.integers(1, 4)))
                ends = month(starts, int(rng.choice([3, 6, 12, 24]))) - day if rng.random() < 0.6 else None
                monday = signed.date() + (7 - signed.weekday()) % 7 * day
                opened = datetime(signed.year, signed.month, signed.day, tzinfo=UTC)
                slot = opened + int(rng.integers(100, 900)) * 900 * second
                worked = signed + int(rng.integers(0, 10**6)) * second
                add(
                    *("contracts", customer, text(signed), str(starts), ends and str(ends), str(monday), text(slot)),
                    *(text(opened + int(rng.integers(0, 5)) * day), text(worked)),
                    text(worked + int(rng.integers(5, 480)) * 60 * second),
                )
            of, balance = month(joined, 1), float(rng.gamma(2, 400))
            for _ in range(int(rng.integers(1, 14))):
                balance = max(balance + float(rng.normal(0, 90)), 0.0)
                add("balances", customer, str(of), round(balance, 2))
                of = month(of, 1 if rng.random() < 0.8 else 2)
            read_on, warm = joined, int(rng.integers(0, 5_000))
            meter, gas = int(rng.integers(0, 9_000)), int(rng.integers(0, 90_000))
            for _ in range(int(rng.integers(1, 10))):
                read_on += int(rng.integers(20, 50)) * day
                used = int(rng.gamma(2, 100))
                meter, gas, warm = meter + int(rng.gamma(1, 40)), gas + used, warm + int(rng.gamma(2, 60))
                heat = warm if rng.random() < 0.8 else None
                add("readings", customer, str(read_on), meter, heat, gas / 10, used / 10)
            ordered = midnight
            for _ in range(int(rng.integers(1, 10))):
                ordered += int(rng.integers(0, 40 * 86_400)) * second
                status = STATES[int(rng.choice(5, p=[0.15, 0.2, 0.2, 0.3, 0.15]))]
                channel = ("web", "shop", "phone")[int(rng.integers(3))]
                if (channel, status) in (("shop", "shipped"), ("phone", "new")):
                    channel = "web"
                sent = ordered + int(rng.exponential(80_000)) * second if status in ("shipped", "delivered") else None
                there = sent + int(rng.exponential(90_000)) * second if sent and status == "delivered" else None
                courier = f"courier{int(rng.integers(10**6))}@real.example" if sent else None
                reason = f"Nobody wanted {int(rng.integers(10**6))} of these any more, we were told by the shop"
                add(
                    *("orders", customer, text(ordered), status, channel),
                    *(("air", "sea")[int(rng.integers(2))] if sent else None,),
                    text(ordered + int(rng.exponential(90_000)) * second),
                    *(text(sent), text(there), courier, reason if status == "cancelled" else None),
                )
        connection.commit()


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Refresh, dict[str, pl.DataFrame]]:
    root = tmp_path_factory.mktemp("usual")
    build(root / "production.db")
    plan = {"dataset": "usual", "source": "production", "targets": ["staging"], "gate": GATE}
    refresh = Refresh(zoo_project(root, plan=plan), "usual", refresh="r")
    refresh.snapshot()
    refresh.profile()
    return root, refresh, generated(refresh)


def test_what_holds_in_the_source_holds_in_every_generated_row(
    refreshed: tuple[Path, Refresh, dict[str, pl.DataFrame]], tmp_path: Path
) -> None:
    root, _, rows = refreshed
    assert broken_rows(root / "production.db") == {}
    with closing(sqlite3.connect(tmp_path / "generated.db")) as connection:
        connection.executescript(SCHEMA)
        for name, table in rows.items():
            plain = table.with_columns(
                pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M:%S"), pl.col(pl.Date).cast(pl.String)
            ).with_columns(pl.col(pl.Decimal).cast(pl.Float64))
            marks = ",".join("?" * table.width)
            connection.executemany(f"INSERT INTO {name} ({','.join(table.columns)}) VALUES ({marks})", plain.rows())
        connection.commit()
    assert broken_rows(tmp_path / "generated.db") == {}


def test_a_balance_a_month_follows_the_one_before_it_as_in_the_source(
    refreshed: tuple[Path, Refresh, dict[str, pl.DataFrame]],
) -> None:
    rows = refreshed[2]["balances"].sort("customer_id", "month")
    months = (pl.col("month").dt.year() * 12 + pl.col("month").dt.month()).diff().over("customer_id")
    steps = rows.select(months.alias("step"))["step"].drop_nulls()
    assert (steps == 1).mean() == pytest.approx(0.8, abs=0.06)
    assert steps.is_in([1, 2]).mean() > 0.97


def test_the_synthesizer_says_what_it_keeps_of_columns_that_rules_make(
    refreshed: tuple[Path, Refresh, dict[str, pl.DataFrame]],
) -> None:
    artifact = refreshed[1].store.latest("usual", "synthesizer", "orders")
    assert artifact is not None
    assert "status -> cancel_reason IS NULL" in str(artifact.facts["dependencies"])
    assert "courier_email" in str(artifact.facts["dependencies"])


def test_the_verdict_counts_rows_that_are_null_unlike_their_like(
    refreshed: tuple[Path, Refresh, dict[str, pl.DataFrame]],
) -> None:
    verdict, _ = refreshed[1].judge()
    checks = {check.name: check for check in verdict.checks if check.name.startswith("integrity_holds")}
    assert {"integrity_holds_status_cancel_reason", "integrity_holds_starts"} <= set(checks)
    assert [name for name, check in checks.items() if not check.passed] == []
