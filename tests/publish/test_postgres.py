"""Publishing into a real PostgreSQL server."""

from decimal import Decimal

import polars as pl
import pytest

from synth_assets.catalog.drift import compare
from synth_assets.catalog.model import Catalog
from synth_assets.publish.errors import (
    NothingToRollBack,
    PreflightFailed,
)
from synth_assets.publish.publish import history, rollback
from tests.publish.parts import catalog_of, dataset, settings
from tests.publish.postgres_shop import own_schemas, rows_of, run_in, shop_frames
from tests.servers import PostgresServer


def test_first_publication_makes_every_table_with_every_constraint(catalog: Catalog, target: str) -> None:
    published = dataset(catalog, shop_frames(1)).publish(target)
    assert compare(catalog, catalog_of(target, "public")).changes == ()
    assert {table.name: table.rows for table in published.tables} == {
        "customers": 200,
        "nothing": 0,
        "order lines": 200,
        "orders": 200,
    }
    assert published.notes == ()
    assert rows_of(
        target, "SELECT mood::text, moods::text, seen::text, extra::text, photo FROM customers ORDER BY id LIMIT 2"
    ) == [
        ("it's ok", "{sad,happy}", "2024-01-02 03:04:05.000006+00", '{"a": 1.10}', b"\x00\xff"),
        (None, "{sad,happy}", "2024-01-02 03:04:05.000006+00", '{"a": 1.10}', b""),
    ]
    assert rows_of(target, "SELECT tax FROM orders WHERE id = 1") == [(Decimal("0.050"),)]
    assert own_schemas(target) == []
    # Loaded, analyzed, not lost in a crash, and public is as everyone knows it.
    assert rows_of(target, "SELECT reltuples, relpersistence FROM pg_class WHERE relname = 'orders'") == [(200, "p")]
    assert rows_of(target, "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'") == [
        ("pg_database_owner",)
    ]


def test_second_publication_keeps_rights_and_what_is_not_ours(catalog: Catalog, target: str) -> None:
    run_in(target, "CREATE TABLE mine (x int); INSERT INTO mine VALUES (7)")
    dataset(catalog, shop_frames(1)).publish(target)
    run_in(
        target,
        "DROP ROLE IF EXISTS app; CREATE ROLE app; GRANT SELECT, INSERT ON orders TO app; "
        "GRANT USAGE ON SEQUENCE orders_id_seq TO app WITH GRANT OPTION; GRANT UPDATE (note) ON orders TO app; "
        'ALTER TABLE "order lines" OWNER TO app; '
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO app",
    )
    second = dataset(catalog, shop_frames(2, rows=150), refresh="r2").publish(target)
    assert second.previous == "r1"
    assert second.notes == ()
    assert rows_of(target, "SELECT count(*), min(note), max(note) FROM orders") == [(150, "refresh 2", "refresh 2")]
    assert rows_of(target, "SELECT x FROM mine") == [(7,)]
    rights = (
        "SELECT has_table_privilege('app', 'orders', 'INSERT'), has_table_privilege('app', 'customers', 'SELECT'), "
    )
    rights += "has_column_privilege('app', 'orders', 'note', 'UPDATE'), "
    rights += "has_sequence_privilege('app', 'orders_id_seq', 'USAGE WITH GRANT OPTION'), "
    rights += "(SELECT relowner::regrole::text FROM pg_class WHERE oid = '\"order lines\"'::regclass)"
    # What new tables get by default does not change the rights of a table that is replaced.
    assert rows_of(target, rights) == [(True, False, True, True, "app")]
    assert own_schemas(target) == ["previous"]
    run_in(target, "DROP TABLE nothing")
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
    assert rows_of(target, "SELECT has_table_privilege('app', 'nothing', 'SELECT')") == [(True,)]
    assert own_schemas(target) == ["previous"]
    entries = history("staging", target)
    assert [(entry.refresh, entry.previous) for entry in entries] == [("r3", "r2"), ("r2", "r1"), ("r1", None)]
    run_in(target, "DROP OWNED BY app; DROP ROLE app")


def test_numbers_go_on_after_the_highest_key(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    run_in(target, "INSERT INTO customers (email) VALUES ('new'); INSERT INTO orders (customer_id) VALUES (201)")
    assert rows_of(target, "SELECT max(c.id), max(o.id) FROM customers c, orders o") == [(201, 201)]


def test_into_a_schema_that_does_not_exist_yet(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target, schema='Stag"ing %')
    published = catalog_of(target, 'Stag"ing %')
    assert compare(catalog, published.model_copy(update={"namespace": catalog.namespace})).changes == ()
    dataset(catalog, shop_frames(2), refresh="r2").publish(target, schema='Stag"ing %')
    assert rows_of(target, 'SELECT DISTINCT note FROM "Stag""ing %".orders') == [("refresh 2",)]
    assert history("staging", target) == ()
    assert len(history("staging", target, namespace='Stag"ing %')) == 2


def test_rollback_swaps_the_last_two_refreshes(catalog: Catalog, target: str) -> None:
    there = {"target": "staging", "database": settings(), "url": target, "sources": {}, "dataset": "shop"}
    dataset(catalog, shop_frames(1)).publish(target)
    with pytest.raises(NothingToRollBack):
        rollback(**there)
    dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    entry = rollback(**there)
    assert (entry.refresh, entry.previous, entry.action) == ("r1", "r2", "rollback")
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    assert compare(catalog, catalog_of(target, "public")).changes == ()
    rollback(**there)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 2",)]
    assert own_schemas(target) == ["previous"]


def test_a_missing_extension_is_refused_with_the_line_to_run(postgres: PostgresServer, target: str) -> None:
    source = postgres.create_database()
    run_in(source, "CREATE EXTENSION citext; CREATE TABLE t (a int, mail citext DEFAULT 'x'::citext)")
    catalog = catalog_of(source, "public")
    frame = pl.DataFrame({"a": [1], "mail": ["A@b"]})
    with pytest.raises(PreflightFailed, match='CREATE EXTENSION IF NOT EXISTS "citext"') as refused:
        dataset(catalog, {"t": frame}).publish(target)
    assert [(finding.table, finding.column) for finding in refused.value.findings] == [("t", "mail")]
    run_in(target, "CREATE EXTENSION citext")
    dataset(catalog, {"t": frame}).publish(target)
    assert rows_of(target, "SELECT count(*) FROM t WHERE mail = 'a@B'") == [(1,)]
    assert compare(catalog, catalog_of(target, "public")).changes == ()


def test_missing_rights_are_refused_with_the_line_to_run(
    catalog: Catalog, target: str, postgres: PostgresServer
) -> None:
    run_in(target, "DROP ROLE IF EXISTS weak; CREATE ROLE weak LOGIN PASSWORD 'w'")
    run_in(
        target, "GRANT USAGE ON SCHEMA synth_assets TO weak; GRANT SELECT ON ALL TABLES IN SCHEMA synth_assets TO weak"
    )
    url = postgres.url(target.rpartition("/")[2], user="weak", password="w")
    with pytest.raises(PreflightFailed) as refused:
        dataset(catalog, shop_frames(1)).publish(url)
    remedies = " ".join(finding.remedy for finding in refused.value.findings)
    assert "GRANT CREATE ON DATABASE" in remedies
    assert "GRANT USAGE, CREATE ON SCHEMA" in remedies
    run_in(target, "DROP OWNED BY weak; DROP ROLE weak")
