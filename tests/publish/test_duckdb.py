"""Publishing into real DuckDB files."""

import stat
from pathlib import Path

import polars as pl
import pytest

from synth_assets.catalog.drift import compare
from synth_assets.catalog.errors import DatabaseUnreachable
from synth_assets.catalog.model import Catalog, Table
from synth_assets.publish import duckdb as publisher
from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import (
    AuditFailed,
    DatabaseFailed,
    NothingToRollBack,
    PreflightFailed,
    TargetBusy,
    TargetRefused,
)
from synth_assets.publish.publish import history, rollback
from tests.publish.duckdb_shop import SHOP, Process, files_beside, path_of, rows_of, run_in, shop_frames
from tests.publish.parts import HOSTILE, catalog_of, dataset, hostile_frame, publish_and_be_killed, settings


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    url = f"duckdb:///{tmp_path_factory.mktemp('source') / 'production.duckdb'}"
    run_in(url, SHOP)
    return catalog_of(url)


@pytest.fixture
def target(tmp_path: Path) -> str:
    url = f"duckdb:///{tmp_path / 'staging.duckdb'}"
    authorize("staging", settings(), url, {})
    return url


def notes(url: str) -> list[tuple[object, ...]]:
    return rows_of(url, "SELECT DISTINCT note FROM orders")


def test_first_publication_makes_every_table_with_every_constraint(catalog: Catalog, target: str) -> None:
    published = dataset(catalog, shop_frames(1)).publish(target)
    assert compare(catalog, catalog_of(target)).changes == ()
    assert published.notes == ()
    assert rows_of(target, "SELECT id, vip, born::VARCHAR, seen::VARCHAR FROM customers WHERE id < 3 ORDER BY id") == [
        (1, False, "1980-01-02", "2024-01-02 03:04:05.000006+00"),
        (2, True, "1980-01-03", "2024-01-02 03:04:05.000006+00"),
    ]
    assert rows_of(target, "SELECT total::VARCHAR, tax, kind FROM orders WHERE id = 2") == [("0.50", 0.1, "sh'op")]
    assert rows_of(target, "SELECT n FROM codes") == [(2**64 - 1,)]
    assert {table.name: table.rows for table in published.tables}["orders"] == 200
    assert files_beside(target) == ["lock", "swap"]
    for broken in ("(1, 1, 1, 'x', 'web')", "(999, 999, 1, 'x', NULL)"):
        with pytest.raises(Exception, match=r"primary key|foreign key"):
            run_in(target, f"INSERT INTO orders VALUES {broken}")


def test_second_publication_replaces_the_first_and_keeps_what_is_not_ours(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1), refresh="r1").publish(target)
    run_in(
        target,
        "CREATE TABLE mine (x INTEGER); INSERT INTO mine VALUES (7); CREATE SEQUENCE s START 5; "
        "CREATE MACRO twice(a) AS a * 2; CREATE SCHEMA theirs; CREATE TABLE theirs.orders AS SELECT 1 AS x; "
        "CREATE VIEW big AS SELECT * FROM orders WHERE total > 10;",
    )
    path_of(target).chmod(0o640)
    second = dataset(catalog, shop_frames(2, rows=150), refresh="r2").publish(target)
    assert second.previous == "r1"
    assert rows_of(target, "SELECT count(*), min(note), max(note) FROM orders") == [(150, "refresh 2", "refresh 2")]
    assert rows_of(target, "SELECT DISTINCT note, twice(4) FROM big") == [("refresh 2", 8)]
    assert rows_of(target, "SELECT m.x, o.x FROM mine AS m, theirs.orders AS o") == [(7, 1)]
    assert stat.S_IMODE(path_of(target).stat().st_mode) == 0o640
    assert [(e.refresh, e.previous, e.action) for e in history("staging", target)] == [
        ("r2", "r1", "publish"),
        ("r1", None, "publish"),
    ]
    assert files_beside(target) == ["lock", "previous", "swap"]


def test_numbers_go_on_after_the_highest_key(catalog: Catalog, target: str) -> None:
    for number in (1, 2):
        dataset(catalog, shop_frames(number), refresh=f"r{number}").publish(target)
    run_in(target, "INSERT INTO customers (email) VALUES ('new')")
    assert rows_of(target, "SELECT id FROM customers WHERE email = 'new'") == [(201,)]


def test_the_file_does_not_grow_with_every_refresh(catalog: Catalog, target: str) -> None:
    sizes = []
    for number in range(5):
        dataset(catalog, shop_frames(number, rows=2000), refresh=f"r{number}").publish(target)
        sizes.append(path_of(target).stat().st_size)
    assert sizes[-1] <= 1.5 * sizes[1]


def test_the_same_refresh_is_not_published_twice(catalog: Catalog, target: str) -> None:
    shop = dataset(catalog, shop_frames(1))
    shop.publish(target)
    run_in(target, "UPDATE orders SET note = 'mine'")
    assert shop.publish(target).already_live
    assert len(history("staging", target)) == 1


def test_rollback_swaps_the_last_two_refreshes(catalog: Catalog, target: str) -> None:
    there = {"target": "staging", "database": settings(), "url": target, "sources": {}, "dataset": "shop"}
    dataset(catalog, shop_frames(1)).publish(target)
    with pytest.raises(NothingToRollBack):
        rollback(**there)
    dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    run_in(target, "CREATE TABLE mine AS SELECT 7 AS x")
    entry = rollback(**there)
    assert (entry.refresh, entry.previous, entry.action) == ("r1", "r2", "rollback")
    assert notes(target) == [("refresh 1",)]
    assert rows_of(target, "SELECT x FROM mine") == [(7,)]
    rollback(**there)
    assert notes(target) == [("refresh 2",)]
    run_in(target, "DROP TABLE mine")
    assert compare(catalog, catalog_of(target)).changes == ()


def test_a_reader_keeps_the_file_that_it_has_open(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    reader = Process(target, read_only=True)
    try:
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
        assert reader.ask("SELECT DISTINCT note FROM orders") == "[('refresh 1',)]"
    finally:
        reader.kill()
    assert notes(target) == [("refresh 2",)]


def test_a_process_that_writes_is_waited_for_and_then_left_alone(
    catalog: Catalog, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "CONNECT_SECONDS", 0.2)
    dataset(catalog, shop_frames(1)).publish(target)
    writers: list[Process] = []

    def come(*_: object) -> None:
        if not writers:
            writers.append(Process(target, read_only=False))

    # It comes while the new rows are loaded.
    with pytest.raises((TargetBusy, DatabaseFailed), match="open"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target, patience=0.3, progress=come)
    # It is there already.
    with pytest.raises(DatabaseUnreachable, match="lock"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target, patience=0.3)
    writers[0].kill()
    assert notes(target) == [("refresh 1",)]
    assert files_beside(target) == ["lock", "swap"]


def test_what_a_dead_process_wrote_is_kept(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    writer = Process(target, read_only=False)
    writer.ask("CREATE TABLE mine AS SELECT 7 AS x")
    writer.kill()
    assert path_of(f"{target}.wal").exists()
    dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert rows_of(target, "SELECT DISTINCT x, note FROM mine, orders") == [(7, "refresh 2")]
    assert not path_of(f"{target}.wal").exists()


@pytest.mark.parametrize("step", ["stage", "audit", "swap"])
def test_a_failure_before_the_swap_leaves_the_target_as_it_was(
    catalog: Catalog, target: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    before = path_of(target).read_bytes()

    def fail(*_: object) -> None:
        raise OSError("injected")

    with monkeypatch.context() as patch:
        patch.setattr(publisher.DuckdbPublisher, step, fail)
        with pytest.raises(OSError, match="injected"):
            dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert path_of(target).read_bytes() == before
    assert files_beside(target) == ["lock", "swap"]


def test_a_killed_publication_leaves_the_old_rows_and_its_leftovers_go_next_time(
    catalog: Catalog, target: str, tmp_path: Path
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    publish_and_be_killed(catalog, target, shop="tests.publish.duckdb_shop", folder=tmp_path)
    assert "staged" in files_beside(target)
    assert notes(target) == [("refresh 1",)]
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
    assert notes(target) == [("refresh 3",)]
    assert files_beside(target) == ["lock", "previous", "swap"]


def test_a_foreign_key_to_the_tables_is_refused_by_name(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    run_in(target, "CREATE TABLE child (o INTEGER REFERENCES orders (id))")
    with pytest.raises(PreflightFailed, match="orders: foreign key of child"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert notes(target) == [("refresh 1",)]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("CREATE VIEW orders AS SELECT 1", "view orders"),
        ("CREATE SEQUENCE customers_id_seq", "sequence customers_id_seq"),
    ],
)
def test_what_is_in_the_way_is_refused_by_name(catalog: Catalog, target: str, change: str, word: str) -> None:
    run_in(target, change)
    with pytest.raises(PreflightFailed, match=word):
        dataset(catalog, shop_frames(1)).publish(target)


def test_a_view_that_the_new_tables_break_stops_the_swap(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    run_in(target, "CREATE VIEW kinds AS SELECT kind FROM orders")
    orders = catalog.table("orders")
    columns = tuple(column for column in orders.columns if column.name != "kind")
    less = Table.model_validate(orders.model_dump() | {"columns": columns, "indexes": ()})
    tables = tuple(less if table.name == "orders" else table for table in catalog.tables)
    changed = Catalog(dialect="duckdb", namespace="main", tables=tables)
    frames = shop_frames(2)
    frames["orders"] = frames["orders"].drop("kind")
    with pytest.raises(DatabaseFailed, match=r"main\.kinds"):
        dataset(changed, frames, refresh="r2").publish(target)
    assert notes(target) == [("refresh 1",)]


def test_a_file_that_took_the_place_of_the_target_is_not_replaced(
    catalog: Catalog, target: str, tmp_path: Path
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    other = f"duckdb:///{tmp_path / 'other.duckdb'}"
    run_in(other, "CREATE TABLE orders AS SELECT 'theirs' AS note")

    def exchange(*_: object) -> None:
        if path_of(other).exists():
            path_of(other).replace(path_of(target))

    with pytest.raises(TargetRefused, match="not been authorized"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target, progress=exchange)
    assert notes(target) == [("theirs",)]


def test_two_datasets_in_one_file(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    codes = Catalog(dialect="duckdb", namespace="main", tables=(catalog.table("codes"),))
    frames = {"codes": shop_frames(2)["codes"]}
    with pytest.raises(TargetRefused, match="dataset shop published"):
        dataset(codes, frames, name="other").publish(target)
    dataset(codes, frames, name="other").publish(target, schema="second schema")
    dataset(codes, frames, name="other", refresh="r2").publish(target, schema="second schema")
    dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert catalog_of(target, "second schema").table_names == ("codes",)
    assert [entry.refresh for entry in history("staging", target)] == ["r2", "r1"]
    assert [entry.dataset for entry in history("staging", target, namespace="second schema")] == ["other", "other"]


def test_dangling_references_and_duplicates_are_caught_without_their_values(catalog: Catalog, target: str) -> None:
    frames = shop_frames(1)
    cases = {
        "refers to a row": frames["orders"].with_columns(customer_id=pl.col("customer_id") + 500),
        "is there twice": frames["orders"].with_columns(id=pl.lit(4711)),
        "CHECK": frames["orders"].with_columns(total=pl.lit(-4711).cast(pl.Decimal(10, 2))),
        "does not fit": frames["orders"].with_columns(kind=pl.lit("4711")),
        "must not be NULL": frames["orders"].with_columns(customer_id=pl.lit(None, pl.Int64)),
    }
    for words, orders in cases.items():
        with pytest.raises(DatabaseFailed, match=words) as failure:
            dataset(catalog, frames | {"orders": orders}).publish(target)
        assert failure.value.table == "orders"
        assert "4711" not in str(failure.value)
        assert "501" not in str(failure.value)
    assert catalog_of(target).tables == ()


def test_references_that_duckdb_does_not_hold_are_audited(target: str) -> None:
    foreign = Catalog.model_validate_json(
        """{"dialect": "postgresql", "namespace": "public", "tables": [{"name": "people", "columns": [
          {"name": "id", "type": {"kind": "integer", "native": "bigint", "bits": 64}, "nullable": false},
          {"name": "boss", "type": {"kind": "integer", "native": "bigint", "bits": 64}}],
          "primary_key": {"name": "pk", "columns": ["id"]},
          "foreign_keys": [{"columns": ["boss"], "parent": "people", "parent_columns": ["id"]}]}]}"""
    )
    frame = pl.DataFrame({"id": [1, 2, 3], "boss": [2, 1, None]})
    published = dataset(foreign, {"people": frame}).publish(target)
    assert published.notes == ("people: foreign key to people (boss) has no counterpart in DuckDB and is left out.",)
    dangling = frame.with_columns(boss=pl.lit(9))
    with pytest.raises(AuditFailed, match="people: 3 rows refer to rows of people"):
        dataset(foreign, {"people": dangling}, refresh="r2").publish(target)


def test_hostile_names_and_values_come_through(target: str, tmp_path: Path) -> None:
    source = f"duckdb:///{tmp_path / 'hostile.duckdb'}"
    run_in(
        source,
        """CREATE TABLE "a ""b"" %s 'c' ; -- 😀" (
             "select" INTEGER PRIMARY KEY, "%s" VARCHAR, "x""y" BLOB, "ünïcode 😀" VARCHAR DEFAULT 'it''s',
             CHECK ("%s" <> 'never'));
           CREATE INDEX "i "" %" ON "a ""b"" %s 'c' ; -- 😀" ("%s")""",
    )
    catalog = catalog_of(source)
    (name,) = catalog.table_names
    dataset(catalog, {name: hostile_frame()}).publish(target)
    assert compare(catalog, catalog_of(target)).changes == ()
    quoted = name.replace('"', '""')
    assert rows_of(target, f'SELECT "select", "%s", "x""y" FROM "{quoted}" ORDER BY 1') == [
        (number, value, None if value is None else value.encode()) for number, value in enumerate(HOSTILE)
    ]
