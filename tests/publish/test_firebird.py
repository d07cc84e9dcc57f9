"""Publishing into a real database of which only SQLAlchemy's dialect is known: Firebird.

It is a hard one: a table can be used after a commit only, names are in capitals unless quoted, there are no schemas,
keys to the table itself are compared row by row, and its dialect does not know SQLAlchemy's word for a double.
"""

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from synth_assets import failpoints
from synth_assets.catalog.model import Catalog
from synth_assets.extract.generic import open_generic
from synth_assets.failpoints import FAILPOINTS, InjectedFailure
from synth_assets.publish.authorize import authorize, authorize_if_empty
from synth_assets.publish.errors import AuditFailed, DatabaseFailed, NothingToRollBack, PreflightFailed, TargetRefused
from synth_assets.publish.publish import history, rollback
from tests.publish.firebird_shop import SHOP, shop_frames
from tests.publish.parts import catalog_of, dataset, hostile_frame, publish_and_be_killed, settings
from tests.publish.postgres_shop import SHOP as POSTGRES_SHOP
from tests.publish.postgres_shop import run_in as run_in_postgres
from tests.publish.postgres_shop import shop_frames as postgres_frames
from tests.publish.test_generic import LIVE_AT
from tests.publish.test_sqlite import SHOP as SQLITE_SHOP
from tests.publish.test_sqlite import shop_frames as sqlite_frames
from tests.servers import FirebirdServer, PostgresServer


@pytest.fixture(scope="module")
def source(firebird: FirebirdServer) -> str:
    return firebird.create_database(*SHOP)


@pytest.fixture(scope="module")
def catalog(source: str) -> Catalog:
    return catalog_of(source)


@pytest.fixture
def target(firebird: FirebirdServer) -> str:
    url = firebird.create_database()
    authorize("staging", settings(), url, {})
    return url


def names(firebird: FirebirdServer, url: str) -> set[object]:
    """What is live, by the number that every row carries."""
    return {
        value
        for query in (
            "SELECT DISTINCT CAST(SUBSTRING(name FROM 9) AS INTEGER) FROM customers",
            "SELECT DISTINCT CAST(SUBSTRING(title FROM 1 FOR 2) AS INTEGER) FROM products",
            'SELECT DISTINCT "no" FROM "Order Lines"',
        )
        for (value,) in firebird.rows(url, query)
    }


def ours(firebird: FirebirdServer, url: str) -> list[object]:
    """Tables that only a publication at work has."""
    query = "SELECT TRIM(rdb$relation_name) FROM rdb$relations"
    return [name for (name,) in firebird.rows(url, query) if re.match(r"SYNTH_ASSETS_(S[0-9A-F]{6}_|TRIAL)", str(name))]


def read(url: str) -> dict[str, pl.DataFrame]:
    """All rows, as a source gives them."""
    there = catalog_of(url)
    with open_generic(url, there, there.table_names) as opened:
        streams = {table.name: opened.read(table) for table in there.tables}
        return {name: pl.concat([pl.DataFrame(schema=s.schema), *s.batches]) for name, s in streams.items()}


def test_twice_and_back(firebird: FirebirdServer, catalog: Catalog, target: str) -> None:
    there = {"target": "staging", "database": settings(), "url": target, "sources": {}, "dataset": "shop"}
    first = dataset(catalog, shop_frames(1)).publish(target)
    assert "takes longer" in first.notes[0]
    left_out = [note for note in first.notes if "left out" in note]
    assert [
        part for part in ("numbering of column id", "closes a circle", "row by row") if part not in str(left_out)
    ] == []
    with pytest.raises(NothingToRollBack):
        rollback(**there)
    firebird.run(target, "CREATE TABLE mine (x INTEGER)", "INSERT INTO mine VALUES (7)")
    assert dataset(catalog, shop_frames(2, rows=50), refresh="r2").publish(target).previous == "r1"
    assert names(firebird, target) == {2}
    for number in (1, 2):
        assert rollback(**there).refresh == f"r{number}"
        assert names(firebird, target) == {number}
    assert [entry.action for entry in history("staging", target)] == ["rollback", "rollback", "publish", "publish"]
    assert history("staging", target)[0].published_by == "SYSDBA"
    assert firebird.rows(target, "SELECT x FROM mine") == [(7,)]
    assert ours(firebird, target) == []
    assert dataset(catalog, shop_frames(2, rows=50), refresh="r2").publish(target).already_live


def test_values_and_definitions_are_those_of_the_source(
    firebird: FirebirdServer, catalog: Catalog, target: str
) -> None:
    frames = shop_frames(1)
    dataset(catalog, frames).publish(target)
    there = read(target)
    for name, frame in frames.items():
        found = there[name].select(frame.columns)
        assert found.sort(found.columns[:2]).equals(frame.cast(dict(found.schema)).sort(frame.columns[:2])), name
    assert firebird.rows(target, "SELECT MAX(doubled) FROM customers")[0][0] * 100 == 120
    made = catalog_of(target)
    for table in catalog.tables:
        other = made.table(table.name)
        assert [(c.name, c.type, c.nullable, c.default) for c in other.columns] == [
            (c.name, c.type, c.nullable, c.default) for c in table.columns
        ]
        assert other.unique_sets == table.unique_sets
        assert [check.expression for check in other.checks] == [check.expression for check in table.checks]
    refused = "INSERT INTO orders VALUES (999, 999, CURRENT_TIMESTAMP, 'new')"
    with pytest.raises(Exception, match="FOREIGN KEY"):
        firebird.run(target, refused)


def test_a_failure_at_every_place_leaves_the_old_rows_or_the_new(
    firebird: FirebirdServer, catalog: Catalog, target: str
) -> None:
    dataset(catalog, shop_frames(0), refresh="r0").publish(target)
    before = 0
    for number, place in enumerate((name for name in FAILPOINTS if name.startswith("publication.")), start=1):
        with failpoints.listening(failpoints.injector(f"{place}=raise")), pytest.raises(InjectedFailure):
            dataset(catalog, shop_frames(number), refresh=f"r{number}").publish(target)
        if place in LIVE_AT:
            before = number
        assert names(firebird, target) == {before}, place
        assert ours(firebird, target) == [], place


def test_killed_in_the_middle_and_published_again(
    firebird: FirebirdServer, catalog: Catalog, target: str, tmp_path: Path
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    publish_and_be_killed(catalog, target, shop="tests.publish.firebird_shop", folder=tmp_path)
    assert names(firebird, target) == {1}
    assert ours(firebird, target) != []
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
    assert names(firebird, target) == {3}
    assert ours(firebird, target) == []


def test_two_at_once(firebird: FirebirdServer, catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)

    def meanwhile(name: str) -> None:
        if name == "publication.audited":
            with failpoints.listening(lambda _: None):
                dataset(catalog, shop_frames(3), refresh="r3").publish(target)

    with failpoints.listening(meanwhile), pytest.raises(DatabaseFailed):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert names(firebird, target) == {3}


def test_readers_see_the_old_rows_until_the_commit(firebird: FirebirdServer, catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    seen: dict[str, set[object]] = {}
    with failpoints.listening(lambda place: seen.update({place: names(firebird, target)})):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert {place for place, there in seen.items() if there == {2}} == set(LIVE_AT)
    assert all(there == {1} for place, there in seen.items() if place not in LIVE_AT)


@pytest.mark.parametrize("place", ["publication.stage.rows", "publication.swap.moved"])
def test_a_session_that_somebody_ends_is_followed_by_another(
    firebird: FirebirdServer, catalog: Catalog, target: str, place: str
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    ended = []

    def end(name: str) -> None:
        if name == place and not ended:
            ended.append(name)
            firebird.run(
                target,
                "DELETE FROM mon$attachments WHERE mon$attachment_id <> CURRENT_CONNECTION AND mon$system_flag = 0",
            )

    with failpoints.listening(end):
        assert dataset(catalog, shop_frames(2), refresh="r2").publish(target, retry=(0.1,)).attempts == 2
    assert names(firebird, target) == {2}
    assert ours(firebird, target) == []


def test_a_live_table_that_refers_to_itself_is_refused(firebird: FirebirdServer, catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    firebird.run(target, "ALTER TABLE customers ADD CONSTRAINT up FOREIGN KEY (referrer) REFERENCES customers (id)")
    with pytest.raises(PreflightFailed, match="customers: its key up refers to the table itself"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    firebird.run(target, "ALTER TABLE customers DROP CONSTRAINT up")
    dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert names(firebird, target) == {2}


def test_what_is_broken_is_not_published(firebird: FirebirdServer, catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    frames = shop_frames(2)

    def changed(table: str, **columns: object) -> dict[str, pl.DataFrame]:
        return frames | {table: frames[table].with_columns(**{name: pl.lit(value) for name, value in columns.items()})}

    with pytest.raises(AuditFailed, match="customers: 60 rows refer to rows of customers"):
        dataset(catalog, changed("customers", referrer=500), refresh="r2").publish(target)
    broken: list[dict[str, pl.DataFrame]] = [
        changed("customers", **{"e-mail": "secret"}),
        changed("orders", status="secret"),
        changed("products", title="secret" * 10),
    ]
    for number, wrong in enumerate(broken):
        with pytest.raises(DatabaseFailed) as failed:
            dataset(catalog, wrong, refresh=f"w{number}").publish(target)
        assert "secret" not in str(failed.value)
        assert names(firebird, target) == {1}


def test_a_table_of_other_columns_is_refused(firebird: FirebirdServer, catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    firebird.run(target, "ALTER TABLE products ADD more INTEGER")
    with pytest.raises(PreflightFailed, match="products"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert names(firebird, target) == {1}


def test_hostile_names_and_values(firebird: FirebirdServer, target: str) -> None:
    columns = '"select" INTEGER, "%s" VARCHAR(40), "x""y" BLOB, "Ünïcode" VARCHAR(40)'
    found = catalog_of(firebird.create_database(f'CREATE TABLE "a ""table"" %s" ({columns})'))
    frame = hostile_frame().rename({"ünïcode 😀": "Ünïcode"})
    dataset(found, {found.table_names[0]: frame}).publish(target)
    there = read(target)[found.table_names[0]]
    assert there.sort("select").equals(frame.cast(dict(there.schema)))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_source_is_refused_by_whatever_name_it_is_reached(
    firebird: FirebirdServer, source: str, catalog: Catalog, host: str
) -> None:
    sources = {"production": source.replace("127.0.0.1", host)}
    calls: list[Callable[[], object]] = [
        lambda: authorize("staging", settings(), source, sources),
        lambda: authorize_if_empty("staging", settings(), source, sources),
        lambda: dataset(catalog, shop_frames(1)).publish(source, sources=sources),
    ]
    for call in calls:
        with pytest.raises(TargetRefused, match="same database as source production"):
            call()
    assert catalog_of(source) == catalog


def test_a_target_that_is_made_a_source_is_refused(catalog: Catalog, source: str, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target, sources={"production": source})
    alias = target.replace("127.0.0.1", "localhost")
    with pytest.raises(TargetRefused, match="same database as source production"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target, sources={"production": alias})


def test_from_postgresql(firebird: FirebirdServer, postgres: PostgresServer, target: str) -> None:
    source = postgres.create_database()
    run_in_postgres(source, POSTGRES_SHOP)
    shop = dataset(catalog_of(source, "public"), postgres_frames(1))
    published = shop.publish(target, sources={"production": source})
    assert any("check" in note for note in published.notes)
    query = "SELECT mood, moods, ref, extra, photo, email FROM customers ORDER BY id ROWS 1"
    assert firebird.rows(target, query) == [
        ("it's ok", "{sad,happy}", "7f000000000040008000000000000001", '{"a": 1.10}', b"\x00\xff", "1@1.example")
    ]


def test_from_sqlite(firebird: FirebirdServer, sqlite_database: Callable[..., str], target: str) -> None:
    source = sqlite_database(SQLITE_SHOP)
    for number in (1, 2):
        shop = dataset(catalog_of(source), sqlite_frames(number), refresh=f"r{number}")
        shop.publish(target, sources={"production": source})
    query = "SELECT total, tax, vip FROM orders o JOIN customers c ON c.id = o.id WHERE o.id = 4"
    assert [tuple(map(float, row)) for row in firebird.rows(target, query)] == [(1, 0.2, 1)]
