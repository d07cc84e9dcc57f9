"""Publishing by SQLAlchemy alone, into a dialect that nothing here knows."""

import sqlite3
from pathlib import Path

import polars as pl
import pytest

from synth_assets import failpoints
from synth_assets.catalog.model import Catalog, Column, DataType, Kind, Table
from synth_assets.failpoints import FAILPOINTS, InjectedFailure
from synth_assets.publish.authorize import authorize, authorize_if_empty
from synth_assets.publish.errors import AuditFailed, DatabaseFailed, NothingToRollBack, PreflightFailed, TargetRefused
from synth_assets.publish.publish import history, rollback
from synth_assets.store.verdict import CheckResult
from tests.plain_dialect import NAME, plain_url
from tests.publish.parts import catalog_of, dataset, settings
from tests.publish.postgres_shop import SHOP as POSTGRES_SHOP
from tests.publish.postgres_shop import run_in as run_in_postgres
from tests.publish.postgres_shop import shop_frames as postgres_frames
from tests.publish.test_sqlite import SHOP as SQLITE_SHOP
from tests.publish.test_sqlite import shop_frames
from tests.servers import PostgresServer

# SQLAlchemy takes what follows a generated column for a part of it.
SHOP = SQLITE_SHOP.replace(", CONSTRAINT small CHECK (length(note) < 50)", "")
LIVE_AT = ("publication.swap.committed", "publication.swap.done", "publication.done")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """The shop, as that dialect tells it."""
    connection = sqlite3.connect(tmp_path / "production.db")
    connection.executescript(SHOP)
    connection.close()
    found = catalog_of(plain_url(tmp_path / "production.db"))
    assert found.dialect == NAME
    return found


@pytest.fixture
def target(tmp_path: Path) -> str:
    sqlite3.connect(tmp_path / "staging.db").close()
    url = plain_url(tmp_path / "staging.db")
    authorize("staging", settings(), url, {})
    return url


def rows_of(url: str, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(url.partition(":///")[2])
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def run_in(url: str, script: str) -> None:
    connection = sqlite3.connect(url.partition(":///")[2])
    connection.executescript(script)
    connection.close()


def notes(url: str) -> list[tuple[object, ...]]:
    return rows_of(url, "SELECT DISTINCT note FROM orders")


def ours(url: str) -> list[str]:
    found = rows_of(
        url, "SELECT name FROM sqlite_master WHERE name GLOB 'synth_assets_s*[0-9a-f]_*' OR name LIKE '%trial'"
    )
    return [str(name) for (name,) in found]


def test_twice_and_back(catalog: Catalog, target: str) -> None:
    there = {"target": "staging", "database": settings(), "url": target, "sources": {}, "dataset": "shop"}
    first = dataset(catalog, shop_frames(1)).publish(target)
    assert "takes longer" in first.notes[0]
    assert rows_of(target, "SELECT total, tax, vip FROM orders o JOIN customers c ON c.id = o.id WHERE o.id = 4") == [
        (1, 0.2, 1)
    ]
    with pytest.raises(NothingToRollBack):
        rollback(**there)
    run_in(target, "CREATE TABLE mine (x); INSERT INTO mine VALUES (7)")
    second = dataset(catalog, shop_frames(2, rows=150), refresh="r2").publish(target)
    assert second.previous == "r1"
    assert rows_of(target, "SELECT count(*), min(note), max(note), x FROM orders, mine") == [
        (150, "refresh 2", "refresh 2", 7)
    ]
    for number, count in ((1, 200), (2, 150)):
        assert rollback(**there).refresh == f"r{number}"
        assert rows_of(target, "SELECT count(*), max(note) FROM orders") == [(count, f"refresh {number}")]
    assert [entry.action for entry in history("staging", target)] == ["rollback", "rollback", "publish", "publish"]
    assert ours(target) == []
    assert dataset(catalog, shop_frames(2, rows=150), refresh="r2").publish(target).already_live


def test_a_failure_at_every_place_leaves_the_old_rows_or_the_new(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(0), refresh="r0").publish(target)
    places = [name for name in FAILPOINTS if name.startswith("publication.")]
    before = 0
    for number, place in enumerate(places, start=1):
        with failpoints.listening(failpoints.injector(f"{place}=raise")), pytest.raises(InjectedFailure):
            dataset(catalog, shop_frames(number), refresh=f"r{number}").publish(target)
        if place in LIVE_AT:
            before = number
        assert notes(target) == [(f"refresh {before}",)], place
        assert rows_of(target, "SELECT DISTINCT substr(sku, 1, instr(sku, '-') - 1) FROM 'order lines'") == [
            (str(before),)
        ]
        assert ours(target) == [], place


def test_suites_stay_with_the_verdict(catalog: Catalog, target: str) -> None:
    def ask(**database: object) -> list[CheckResult]:
        raise AssertionError("nothing is known of this dialect's SQL")

    published = dataset(catalog, shop_frames(1)).publish(target, suites={"orders": ask})
    assert "orders: expectations stay with the verdict; this dialect's SQL is not known." in published.notes
    assert published.expectations == {}


def test_two_at_once(catalog: Catalog, target: str) -> None:
    """The second one's cleaning takes the first one's tables away, or its swap finds another ledger."""
    dataset(catalog, shop_frames(1)).publish(target)

    def meanwhile(name: str) -> None:
        if name == "publication.audited":
            with failpoints.listening(lambda _: None):
                dataset(catalog, shop_frames(3), refresh="r3").publish(target)

    with failpoints.listening(meanwhile), pytest.raises(DatabaseFailed):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert notes(target) == [("refresh 3",)]
    assert history("staging", target)[0].refresh == "r3"


def test_what_is_broken_is_not_published(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    frames = shop_frames(2)
    dangling = frames | {"orders": frames["orders"].with_columns(customer_id=pl.col("customer_id") + 500)}
    with pytest.raises(AuditFailed, match="orders: 200 rows refer to rows of customers"):
        dataset(catalog, dangling, refresh="r2").publish(target)
    twice = frames | {"order lines": frames["order lines"].with_columns(order_id=pl.lit(1), sku=pl.lit("secret"))}
    with pytest.raises(DatabaseFailed) as failed:
        dataset(catalog, twice, refresh="r3").publish(target)
    assert "secret" not in str(failed.value)
    assert notes(target) == [("refresh 1",)]


def test_a_table_of_other_columns_is_refused(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    run_in(target, "ALTER TABLE codes ADD COLUMN more TEXT")
    with pytest.raises(PreflightFailed, match="codes: the target's table has other columns"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    run_in(target, "DROP TABLE codes")
    dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert notes(target) == [("refresh 2",)]


def test_a_table_that_left_the_dataset_is_emptied(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    less = tuple(table for table in catalog.tables if table.name != "order lines")
    frames = {name: frame for name, frame in shop_frames(2).items() if name != "order lines"}
    dataset(Catalog(dialect=NAME, namespace=catalog.namespace, tables=less), frames, refresh="r2").publish(target)
    assert rows_of(target, "SELECT count(*) FROM 'order lines'") == [(0,)]


def test_from_another_family(postgres: PostgresServer, target: str) -> None:
    source = postgres.create_database()
    run_in_postgres(source, POSTGRES_SHOP)
    found = catalog_of(source, "public")
    # A word of SQLite's that SQLAlchemy does not know, and so does not quote.
    tables = tuple(table for table in found.tables if table.name != "nothing")
    frames = {table.name: postgres_frames(1)[table.name] for table in tables}
    shop = dataset(Catalog(dialect="postgresql", namespace="public", tables=tables), frames)
    published = shop.publish(target, sources={"production": source})
    assert any("check" in note for note in published.notes)
    assert rows_of(target, "SELECT mood, moods, ref, extra, hex(photo) FROM customers ORDER BY id LIMIT 1") == [
        ("it's ok", "{sad,happy}", "7f000000000040008000000000000001", '{"a": 1.10}', "00FF")
    ]


def test_types_without_counterpart_are_refused(target: str) -> None:
    huge = Column(name="n", type=DataType(kind=Kind.DECIMAL, native="HUGEINT", precision=39, scale=0))
    made = Catalog(dialect="duckdb", tables=(Table(name="t", columns=(huge,)),))
    with pytest.raises(PreflightFailed, match=r"t\.n: its type HUGEINT"):
        dataset(made, {"t": pl.DataFrame({"n": ["1"]})}).publish(target)


def test_a_database_without_transactions_is_refused(
    catalog: Catalog, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.plain_dialect import PlainDialect

    monkeypatch.setattr(PlainDialect, "do_rollback", lambda self, connection: connection.commit())
    with pytest.raises(PreflightFailed, match="no transactions"):
        dataset(catalog, shop_frames(1)).publish(target)


@pytest.mark.parametrize("scheme", [NAME, "sqlite"])
def test_a_source_is_refused_by_whatever_dialect_it_is_reached(tmp_path: Path, catalog: Catalog, scheme: str) -> None:
    path = tmp_path / "production.db"
    before = path.read_bytes()
    link = tmp_path / "link.db"
    link.symlink_to(path)
    sources = {"production": f"{scheme}:///{path}"}
    for call in (
        lambda: authorize("staging", settings(), plain_url(link), sources),
        lambda: authorize_if_empty("staging", settings(), plain_url(link), sources),
        lambda: dataset(catalog, shop_frames(1)).publish(plain_url(link), sources=sources),
    ):
        with pytest.raises(TargetRefused, match="same database as source production"):
            call()
    assert path.read_bytes() == before


def test_a_target_that_is_made_a_source_is_refused(catalog: Catalog, target: str, tmp_path: Path) -> None:
    dataset(catalog, shop_frames(1)).publish(target, sources={"production": plain_url(tmp_path / "production.db")})
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "staging.db")
    with pytest.raises(TargetRefused, match="same database as source production"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target, sources={"production": plain_url(link)})
    with pytest.raises(TargetRefused, match="does not tell"):
        gone = plain_url(tmp_path / "no" / "such.db")
        dataset(catalog, shop_frames(2), refresh="r2").publish(target, sources={"production": gone})


def test_a_target_must_be_authorized_and_empty(catalog: Catalog, tmp_path: Path) -> None:
    url = plain_url(tmp_path / "bare.db")
    run_in(url, "CREATE TABLE orders (precious); INSERT INTO orders VALUES (1)")
    with pytest.raises(TargetRefused, match="not been authorized"):
        dataset(catalog, shop_frames(1)).publish(url)
    with pytest.raises(TargetRefused, match="tables that no refresh made"):
        authorize_if_empty("staging", settings(), url, {})
    authorize("staging", settings(), url, {})
    with pytest.raises(TargetRefused, match="no refresh made table orders"):
        dataset(catalog, shop_frames(1)).publish(url)
