"""Publishing into real SQLite files."""

import datetime
import sqlite3
import stat
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from synth_assets.catalog.drift import compare
from synth_assets.catalog.model import Catalog
from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import (
    DatabaseFailed,
    NothingToRollBack,
    PreflightFailed,
    RowsRefused,
    TargetBusy,
    TargetRefused,
)
from synth_assets.publish.publish import history, rollback
from synth_assets.publish.sqlite import SqlitePublisher
from tests.publish.parts import HOSTILE, Dataset, catalog_of, dataset, hostile_frame, publish_and_be_killed, settings

SHOP = """
CREATE TABLE customers (
  id INTEGER PRIMARY KEY AUTOINCREMENT, email VARCHAR(80) NOT NULL UNIQUE COLLATE NOCASE,
  vip BOOLEAN DEFAULT 0, born DATE, seen DATETIME DEFAULT CURRENT_TIMESTAMP, favourite INTEGER,
  FOREIGN KEY (favourite) REFERENCES orders (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE ON UPDATE RESTRICT,
  parent_id INTEGER REFERENCES orders (id), total DECIMAL(10,2) CHECK (total >= 0), note TEXT DEFAULT 'none',
  tax REAL GENERATED ALWAYS AS (total * 0.2) STORED, CONSTRAINT small CHECK (length(note) < 50));
CREATE TABLE "order lines" (
  order_id INT REFERENCES orders (id), line INT, sku TEXT, PRIMARY KEY (order_id, line), UNIQUE (sku, order_id)
  ) WITHOUT ROWID;
CREATE TABLE codes (code TEXT PRIMARY KEY, n INTEGER) STRICT;
CREATE UNIQUE INDEX big_orders ON orders (total) WHERE total > 1000;
CREATE INDEX lower_mail ON customers (lower(email));
"""


def shop_frames(refresh: int, rows: int = 200) -> dict[str, pl.DataFrame]:
    """Rows in which every customer, order and line carries the number of its refresh."""
    ids = list(range(1, rows + 1))
    return {
        "customers": pl.DataFrame(
            {
                "id": ids,
                "email": [f"{n}@{refresh}.example" for n in ids],
                "vip": [n % 2 == 0 if n % 7 else None for n in ids],
                "born": [datetime.date(1980, 1, 1) + datetime.timedelta(days=n) for n in ids],
                "seen": [datetime.datetime.fromisoformat("2024-01-02T03:04:05") for _ in ids],
                "favourite": [n if n % 3 else None for n in ids],
            }
        ),
        "orders": pl.DataFrame(
            {
                "id": ids,
                "customer_id": ids,
                "parent_id": [n - 1 if n > 1 else None for n in ids],
                "total": pl.Series([Decimal(n) / 4 for n in ids], dtype=pl.Decimal(10, 2)),
                "note": [f"refresh {refresh}" for _ in ids],
            }
        ),
        "order lines": pl.DataFrame(
            {"order_id": ids, "line": [1] * rows, "sku": [f"{refresh}-{n}" for n in ids]},
        ),
        "codes": pl.DataFrame(schema={"code": pl.String, "n": pl.Int64}),
    }


@pytest.fixture
def source(sqlite_database: Callable[..., str]) -> str:
    return sqlite_database(SHOP, name="production.db")


@pytest.fixture
def catalog(source: str) -> Catalog:
    return catalog_of(source)


@pytest.fixture
def target(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'staging.db'}"
    authorize("staging", settings(), url, {})
    return url


def rows_of(url: str, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def run_in(url: str, script: str) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.executescript(script)
    connection.close()


def files_beside(url: str) -> list[str]:
    folder = Path(url.removeprefix("sqlite:///")).parent
    return sorted(path.name.rpartition(".")[2] for path in folder.glob(".staging.db.synth-assets.*"))


def test_first_publication_makes_every_table_with_every_constraint(catalog: Catalog, target: str) -> None:
    shop = dataset(catalog, shop_frames(1), formats={"customers": {"born": "%d.%m.%Y"}})
    published = shop.publish(target)
    assert compare(catalog, catalog_of(target)).changes == ()
    assert {table.name: table.rows for table in published.tables} == {
        "codes": 0,
        "customers": 200,
        "order lines": 200,
        "orders": 200,
    }
    assert published.previous is None
    assert rows_of(target, "PRAGMA foreign_key_check") == []
    assert rows_of(target, "PRAGMA integrity_check") == [("ok",)]
    assert rows_of(target, "SELECT id, vip, born, seen, typeof(vip) FROM customers WHERE id < 3") == [
        (1, 0, "02.01.1980", "2024-01-02 03:04:05.000000", "integer"),
        (2, 1, "03.01.1980", "2024-01-02 03:04:05.000000", "integer"),
    ]
    assert rows_of(target, "SELECT total, typeof(total), tax FROM orders WHERE id IN (1, 4)") == [
        (0.25, "real", 0.05),
        (1, "integer", 0.2),
    ]
    assert set(published.seconds) >= {"guard", "preflight", "stage", "audit", "swap"}
    assert files_beside(target) == ["lock"]


def test_second_publication_replaces_the_first_and_keeps_what_is_not_ours(catalog: Catalog, target: str) -> None:
    run_in(target, "PRAGMA journal_mode = WAL; CREATE TABLE mine (x); INSERT INTO mine VALUES (7);")
    dataset(catalog, shop_frames(1), refresh="r1").publish(target)
    second = dataset(catalog, shop_frames(2, rows=150), refresh="r2").publish(target)
    assert second.previous == "r1"
    assert rows_of(target, "SELECT count(*), min(note), max(note) FROM orders") == [(150, "refresh 2", "refresh 2")]
    assert rows_of(target, "SELECT x FROM mine") == [(7,)]
    assert rows_of(target, "PRAGMA journal_mode") == [("wal",)]
    entries = history("staging", target)
    assert [(entry.refresh, entry.previous, entry.action) for entry in entries] == [
        ("r2", "r1", "publish"),
        ("r1", None, "publish"),
    ]
    assert entries[0].counts["orders"] == 150
    assert compare(catalog, catalog_of(target)).changes != ()  # `mine` is there
    assert (
        stat.S_IMODE(next(Path(target.removeprefix("sqlite:///")).parent.glob(".*.previous")).stat().st_mode) == 0o600
    )


def test_numbers_go_on_after_the_highest_key(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    run_in(target, "INSERT INTO customers (email) VALUES ('new')")
    assert rows_of(target, "SELECT id FROM customers WHERE email = 'new'") == [(201,)]


def test_the_same_refresh_is_not_published_twice(catalog: Catalog, target: str) -> None:
    shop = dataset(catalog, shop_frames(1))
    shop.publish(target)
    run_in(target, "UPDATE orders SET note = 'mine'")
    assert shop.publish(target).already_live
    assert len(history("staging", target)) == 1


def test_rollback_swaps_the_last_two_refreshes(catalog: Catalog, target: str) -> None:
    first, second = dataset(catalog, shop_frames(1)), dataset(catalog, shop_frames(2), refresh="r2")
    there = {"target": "staging", "database": settings(), "url": target, "sources": {}, "dataset": "shop"}
    first.publish(target)
    with pytest.raises(NothingToRollBack):
        rollback(**there)
    second.publish(target)
    entry = rollback(**there)
    assert (entry.refresh, entry.previous, entry.action) == ("r1", "r2", "rollback")
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    assert compare(catalog, catalog_of(target)).changes == ()
    rollback(**there)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 2",)]


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_readers_see_one_refresh_only(catalog: Catalog, target: str, mode: str) -> None:
    run_in(target, f"PRAGMA journal_mode = {mode}")
    dataset(catalog, shop_frames(0), refresh="r0").publish(target)
    stop = threading.Event()
    seen: set[object] = set()
    problems: list[str] = []

    def hammer() -> None:
        connection = sqlite3.connect(target.removeprefix("sqlite:///"), timeout=20)
        while not stop.is_set():
            try:
                found = connection.execute(
                    "SELECT DISTINCT o.note, substr(l.sku, 1, instr(l.sku, '-') - 1), "
                    "substr(c.email, instr(c.email, '@') + 1) FROM orders o "
                    'JOIN "order lines" l ON l.order_id = o.id JOIN customers c ON c.id = o.customer_id'
                ).fetchall()
            except sqlite3.Error as error:
                problems.append(str(error))
                continue
            if len(found) != 1 or found[0] != (f"refresh {found[0][1]}", found[0][1], f"{found[0][1]}.example"):
                problems.append(repr(found))
            seen.add(found[0][1] if found else None)
        connection.close()

    readers = [threading.Thread(target=hammer) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 6):
        dataset(catalog, shop_frames(number), refresh=f"r{number}").publish(target, patience=30.0)
    stop.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert len(seen) > 1


def test_a_reader_that_stays_blocks_for_the_patience_only(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    reader = sqlite3.connect(target.removeprefix("sqlite:///"), isolation_level=None)
    reader.execute("BEGIN IMMEDIATE")
    with pytest.raises(TargetBusy):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target, patience=0.3)
    reader.close()
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    assert files_beside(target) == ["lock"]


@pytest.mark.parametrize("step", ["stage", "audit", "swap"])
def test_a_failure_before_the_swap_leaves_the_target_as_it_was(
    catalog: Catalog, target: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    before = Path(target.removeprefix("sqlite:///")).read_bytes()

    def fail(*_: object) -> None:
        raise OSError("injected")

    with monkeypatch.context() as patch:
        patch.setattr(SqlitePublisher, step, fail)
        with pytest.raises(OSError, match="injected"):
            dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert Path(target.removeprefix("sqlite:///")).read_bytes() == before
    assert files_beside(target) == ["lock"]
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 3",)]


def test_a_killed_publication_leaves_the_old_rows_and_its_leftovers_go_next_time(
    catalog: Catalog, target: str, tmp_path: Path
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    publish_and_be_killed(catalog, target, shop="tests.publish.test_sqlite", folder=tmp_path)
    assert "staged" in files_beside(target)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 3",)]
    assert files_beside(target) == ["lock", "previous"]


def test_two_publications_at_once_do_not_meet(catalog: Catalog, target: str) -> None:
    shop = dataset(catalog, shop_frames(1))
    blocked: list[BaseException] = []

    def second(table: str, rows: int) -> None:
        if not blocked:
            try:
                dataset(catalog, shop_frames(2), refresh="r2").publish(target, patience=0.2)
            except TargetBusy as busy:
                blocked.append(busy)

    shop.publish(target, progress=second)
    assert len(blocked) == 1
    assert [entry.refresh for entry in history("staging", target)] == ["r1"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END", "trigger t"),
        ("CREATE TABLE child (o REFERENCES orders (id))", "foreign key of child"),
    ],
)
def test_what_hangs_on_the_tables_is_refused_by_name(catalog: Catalog, target: str, change: str, word: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    run_in(target, change)
    with pytest.raises(PreflightFailed, match=word):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]


def test_a_view_in_the_way_is_refused_by_name(catalog: Catalog, target: str) -> None:
    run_in(target, "CREATE VIEW orders AS SELECT 1")
    with pytest.raises(PreflightFailed, match="view orders"):
        dataset(catalog, shop_frames(1)).publish(target)


def test_a_table_that_left_the_dataset_goes(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    smaller = catalog.model_copy(
        update={"tables": tuple(table for table in catalog.tables if table.name != "order lines")}
    )
    frames = {name: frame for name, frame in shop_frames(2).items() if name != "order lines"}
    dataset(smaller, frames, refresh="r2").publish(target)
    assert "order lines" not in catalog_of(target).table_names


def test_dangling_references_and_duplicates_are_caught(catalog: Catalog, target: str) -> None:
    frames = shop_frames(1)
    dangling = frames | {"orders": frames["orders"].with_columns(customer_id=pl.col("customer_id") + 500)}
    with pytest.raises(Exception, match="refer to rows of customers") as refused:
        dataset(catalog, dangling).publish(target)
    assert "501" not in str(refused.value)
    twice = frames | {"customers": frames["customers"].with_columns(email=pl.lit("secret@example"))}
    with pytest.raises(DatabaseFailed) as failure:
        dataset(catalog, twice).publish(target)
    assert (failure.value.table, failure.value.column) == ("customers", "email")
    assert "secret" not in str(failure.value)
    assert catalog_of(target).tables == ()


def test_not_a_number_is_refused_and_not_stored_as_null(sqlite_database: Callable[..., str], target: str) -> None:
    catalog = catalog_of(sqlite_database("CREATE TABLE t (x REAL)", name="other.db"))
    with pytest.raises(RowsRefused) as refused:
        dataset(catalog, {"t": pl.DataFrame({"x": [1.0, float("nan")]})}).publish(target)
    assert (refused.value.table, refused.value.column) == ("t", "x")


def test_hostile_names_and_values_come_through(sqlite_database: Callable[..., str], target: str) -> None:
    source = sqlite_database(
        """CREATE TABLE "a ""b"" %s 'c' ; -- 😀" (
             "select" INTEGER PRIMARY KEY, "%s" TEXT, "x""y" BLOB, "ünïcode 😀" VARCHAR(10) DEFAULT 'it''s',
             CONSTRAINT "weird "" name" CHECK ("%s" <> 'never'));
           CREATE INDEX "i "" %" ON "a ""b"" %s 'c' ; -- 😀" ("%s")""",
        name="hostile.db",
    )
    catalog = catalog_of(source)
    (name,) = catalog.table_names
    dataset(catalog, {name: hostile_frame()}).publish(target)
    assert compare(catalog, catalog_of(target)).changes == ()
    quoted = name.replace('"', '""')
    assert rows_of(target, f'SELECT "select", "%s", "x""y" FROM "{quoted}" ORDER BY 1') == [
        (number, value, None if value is None else value.encode()) for number, value in enumerate(HOSTILE)
    ]


def test_catalogs_of_another_dialect_are_mapped_and_what_is_lost_is_said(catalog: Catalog, target: str) -> None:
    foreign = Catalog.model_validate_json(
        """{"dialect": "postgresql", "namespace": "public", "tables": [{"name": "t", "columns": [
          {"name": "id", "type": {"kind": "integer", "native": "bigint", "bits": 64}, "nullable": false,
           "identity": "always"},
          {"name": "u", "type": {"kind": "uuid", "native": "uuid"}, "default": "gen_random_uuid()"},
          {"name": "d", "type": {"kind": "datetime", "native": "timestamp with time zone", "timezone": true},
           "default": "now()"},
          {"name": "s", "type": {"kind": "text", "native": "character varying(9)", "length": 9},
           "default": "'a''b'::character varying"}],
          "primary_key": {"name": "t_pkey", "columns": ["id"]},
          "checks": [{"name": "plain", "expression": "id > 0"}, {"name": "cast", "expression": "s <> 'x'::text"}]}]}"""
    )
    at = datetime.datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=datetime.UTC)
    frame = pl.DataFrame({"id": [5], "u": ["7f"], "d": [at], "s": ["ok"]})
    published = dataset(foreign, {"t": frame}).publish(target)
    assert sorted(published.notes) == [
        "t: check cast has no counterpart in SQLite and is left out.",
        "t: default of column u has no counterpart in SQLite and is left out.",
    ]
    assert rows_of(target, "SELECT * FROM t") == [(5, "7f", "2024-05-06 07:08:09.000010+00:00", "ok")]
    run_in(target, "INSERT INTO t (s) VALUES ('next')")
    assert rows_of(target, "SELECT id FROM t WHERE s = 'next'") == [(6,)]
    assert [check.name for check in catalog_of(target).table("t").checks] == ["plain"]


def test_tables_of_another_dataset_are_not_replaced(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    other: Dataset = dataset(catalog, shop_frames(2), name="other")
    with pytest.raises(TargetRefused, match="dataset shop published"):
        other.publish(target)
