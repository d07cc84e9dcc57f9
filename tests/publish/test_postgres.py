"""Publishing into a real PostgreSQL server."""

import contextlib
import datetime
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
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
)
from synth_assets.publish.postgres import PostgresPublisher
from synth_assets.publish.publish import history, rollback
from tests.publish.parts import catalog_of, dataset, settings
from tests.servers import PostgresServer

SHOP = """
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY, email varchar(80) COLLATE "C" NOT NULL, mood mood DEFAULT 'sad'::mood,
  moods mood[], points positive, favourite int, born date, seen timestamptz DEFAULT now(), extra jsonb, ref uuid,
  photo bytea, PRIMARY KEY (id), CONSTRAINT email_once UNIQUE (email));
CREATE TABLE orders (
  id serial PRIMARY KEY, customer_id bigint NOT NULL, parent_id int, total numeric(10,2) CHECK (total >= 0),
  note text DEFAULT 'it''s', tax numeric GENERATED ALWAYS AS (total * 0.2) STORED,
  CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers ON DELETE CASCADE ON UPDATE RESTRICT,
  FOREIGN KEY (parent_id) REFERENCES orders);
ALTER TABLE customers ADD CONSTRAINT favourite_order FOREIGN KEY (favourite) REFERENCES orders
  DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE "order lines" (order_id int REFERENCES orders, line int, sku text, PRIMARY KEY (order_id, line));
CREATE TABLE nothing (a text, b int);
CREATE UNIQUE INDEX big_orders ON orders (total) WHERE total > 1000;
CREATE INDEX lower_mail ON customers USING btree (lower(email) text_pattern_ops);
CREATE INDEX happy ON customers (id) WHERE mood = 'happy'::mood;
COMMENT ON TABLE orders IS 'It''s \\ orders'; COMMENT ON COLUMN orders.note IS 'A note';
"""


def shop_frames(refresh: int, rows: int = 200) -> dict[str, pl.DataFrame]:
    """Rows in which every customer, order and line carries the number of its refresh."""
    ids = list(range(1, rows + 1))
    at = datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    return {
        "customers": pl.DataFrame(
            {
                "id": ids,
                "email": [f"{n}@{refresh}.example" for n in ids],
                "mood": ["it's ok" if n % 2 else None for n in ids],
                "moods": ["{sad,happy}" for _ in ids],
                "points": ids,
                "favourite": [n if n % 3 else None for n in ids],
                "born": [datetime.date(1980, 1, 1) for _ in ids],
                "seen": [at for _ in ids],
                "extra": ['{"a": 1.10}' for _ in ids],
                "ref": ["7f000000-0000-4000-8000-000000000001" for _ in ids],
                "photo": [b"\x00\xff" if n % 2 else b"" for n in ids],
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
        "order lines": pl.DataFrame({"order_id": ids, "line": [1] * rows, "sku": [f"{refresh}-{n}" for n in ids]}),
        "nothing": pl.DataFrame(schema={"a": pl.String, "b": pl.Int64}),
    }


@contextlib.contextmanager
def connected(url: str) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def rows_of(url: str, sql: str) -> list[tuple[Any, ...]]:
    with connected(url) as connection:
        return connection.execute(sql.encode()).fetchall()


def run_in(url: str, script: str) -> None:
    with connected(url) as connection:
        connection.execute(script.encode())


def own_schemas(url: str) -> list[str]:
    found = rows_of(url, r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'synth\_assets\_%' ORDER BY 1")
    return [name.split("_")[2] for (name,) in found]


@pytest.fixture(scope="module")
def catalog(postgres: PostgresServer) -> Catalog:
    url = postgres.create_database()
    run_in(url, SHOP)
    return catalog_of(url, "public")


@pytest.fixture
def target(postgres: PostgresServer) -> str:
    url = postgres.create_database()
    authorize("staging", settings(), url, {})
    return url


@pytest.fixture
def publish_table(postgres: PostgresServer, target: str) -> Callable[..., Any]:
    """A function that publishes one table, defined by a script, into the target."""

    def run(script: str, frame: pl.DataFrame, **options: Any) -> Any:
        source = postgres.create_database()
        run_in(source, script)
        made = catalog_of(source, "public")
        (name,) = made.table_names
        return dataset(made, {name: frame}).publish(target, **options)

    return run


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
    assert rows_of(target, rights) == [(True, True, True, True, "app")]
    assert own_schemas(target) == ["previous"]
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
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


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_readers_see_one_refresh_only(catalog: Catalog, target: str, isolation: str) -> None:
    """Joins in one statement, and the tables one after the other in one transaction."""
    dataset(catalog, shop_frames(0), refresh="r0").publish(target)
    stop = threading.Event()
    seen: set[object] = set()
    problems: list[str] = []
    stalls: list[float] = []

    def hammer() -> None:
        with connected(target) as connection:
            while not stop.is_set():
                began = time.monotonic()
                try:
                    with connection.transaction():
                        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
                        joined = connection.execute(
                            "SELECT DISTINCT substr(o.note, 9), split_part(l.sku, '-', 1), "
                            "split_part(split_part(c.email, '@', 2), '.', 1) FROM orders o "
                            'JOIN "order lines" l ON l.order_id = o.id JOIN customers c ON c.id = o.customer_id'
                        ).fetchall()
                        alone = connection.execute("SELECT DISTINCT split_part(sku, '-', 1) FROM \"order lines\"")
                        found = {*joined, *[(one, one, one) for (one,) in alone.fetchall()]}
                except psycopg.Error as error:
                    problems.append(repr(error))
                    continue
                stalls.append(time.monotonic() - began)
                if len(found) != 1 or len(set(next(iter(found)))) != 1:
                    problems.append(repr(found))
                seen.add(next(iter(found))[0])

    readers = [threading.Thread(target=hammer) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 5):
        dataset(catalog, shop_frames(number), refresh=f"r{number}").publish(target, patience=30.0)
    stop.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert len(seen) > 1
    assert max(stalls) < 2.0


def test_an_old_snapshot_never_finds_the_new_tables_empty(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    with connected(target) as reader, reader.transaction():
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1 FROM pg_class LIMIT 1").fetchall()
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
        assert reader.execute("SELECT count(*) FROM orders").fetchall() == [(200,)]


def test_a_reader_that_stays_blocks_for_the_patience_only_and_others_hardly(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    waits: list[float] = []
    with connected(target) as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM orders").fetchall()
        stop = threading.Event()

        def other() -> None:
            with connected(target) as connection:
                while not stop.is_set():
                    began = time.monotonic()
                    connection.execute("SELECT count(*) FROM customers").fetchall()
                    waits.append(time.monotonic() - began)

        thread = threading.Thread(target=other)
        thread.start()
        with pytest.raises(TargetBusy, match="idle in transaction"):
            dataset(catalog, shop_frames(2), refresh="r2").publish(target, patience=1.0)
        stop.set()
        thread.join()
    assert max(waits) < 1.0
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    assert own_schemas(target) == []


@pytest.mark.parametrize("step", ["stage", "audit", "swap"])
def test_a_failure_before_the_swap_leaves_the_target_as_it_was(
    catalog: Catalog, target: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)

    def fail(*_: object) -> None:
        raise OSError("injected")

    with monkeypatch.context() as patch:
        patch.setattr(PostgresPublisher, step, fail)
        with pytest.raises(OSError, match="injected"):
            dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    assert own_schemas(target) == []
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 3",)]


def test_a_killed_publication_leaves_the_old_rows_and_its_leftovers_go_next_time(
    catalog: Catalog, target: str, tmp_path: Path
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    (tmp_path / "catalog.json").write_text(catalog.model_dump_json())
    script = textwrap.dedent(
        f"""
        import os, signal
        from pathlib import Path
        from synth_assets.catalog.model import Catalog
        from tests.publish.parts import dataset
        from tests.publish.test_postgres import shop_frames
        catalog = Catalog.model_validate_json(Path({str(tmp_path / "catalog.json")!r}).read_text())
        def kill(table, rows):
            if table == "orders":
                os.kill(os.getpid(), signal.SIGKILL)
        dataset(catalog, shop_frames(2), refresh="r2").publish({target!r}, progress=kill)
        """
    )
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert own_schemas(target) == ["stage"]
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    # Another dataset's publication finds the lock of the dead one free.
    small = Catalog(dialect="sqlite", tables=(catalog.table("nothing").model_copy(update={"name": "small"}),))
    frame = pl.DataFrame(schema={"a": pl.String, "b": pl.Int64})
    dataset(small, {"small": frame}, name="other").publish(target)
    assert own_schemas(target) == []


def test_a_lost_answer_to_the_commit_is_settled_by_the_ledger(
    catalog: Catalog, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth_assets.publish import postgres as module

    dataset(catalog, shop_frames(1)).publish(target)
    real = module.swap

    def lose(connection: Any, **arguments: Any) -> None:
        real(connection, **arguments)
        connection._driver.close()
        raise DatabaseFailed(step="swap", code="connection", meaning="the connection was lost or refused")

    monkeypatch.setattr(module, "swap", lose)
    published = dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert published.refresh == "r2"
    assert not published.already_live
    assert [entry.refresh for entry in history("staging", target)] == ["r2", "r1"]
    assert own_schemas(target) == ["previous"]


def test_a_connection_lost_before_the_commit_is_a_failure(
    catalog: Catalog, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth_assets.publish import postgres as module

    def lose(connection: Any, **arguments: Any) -> None:
        connection._driver.close()
        connection.run("SELECT 1", step="swap")

    dataset(catalog, shop_frames(1)).publish(target)
    monkeypatch.setattr(module, "swap", lose)
    with pytest.raises(DatabaseFailed, match="lost"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert [entry.refresh for entry in history("staging", target)] == ["r1"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("CREATE VIEW v AS SELECT * FROM orders", "view v depends"),
        ("CREATE SCHEMA x; CREATE TABLE x.child (o int REFERENCES orders)", "foreign key child_o_fkey of x.child"),
        ("CREATE TABLE other (m mood)", "column m of other"),
        ("CREATE FUNCTION f(orders) RETURNS int LANGUAGE sql AS 'SELECT 1'", "function f"),
        ("CREATE POLICY p ON orders USING (true)", "policy p"),
        ("CREATE TABLE kid () INHERITS (orders)", "child table kid"),
        ("CREATE TABLE other (n int DEFAULT nextval('orders_id_seq'))", "default of other"),
        (
            """CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER t BEFORE INSERT ON orders EXECUTE FUNCTION g()""",
            "trigger t",
        ),
    ],
)
def test_what_hangs_on_the_tables_is_refused_by_name(catalog: Catalog, target: str, change: str, word: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    run_in(target, change)
    with pytest.raises(PreflightFailed, match=word):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    assert own_schemas(target) == []


@pytest.mark.parametrize("what", ["VIEW orders AS SELECT 1", "TABLE x (n int CONSTRAINT email_once UNIQUE)"])
def test_a_name_that_is_taken_is_refused(catalog: Catalog, target: str, what: str) -> None:
    run_in(target, f"CREATE {what}")
    with pytest.raises(PreflightFailed, match="needs the name of"):
        dataset(catalog, shop_frames(1)).publish(target)


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


VALUES = [
    "",
    None,
    "\\.",
    "\\N",
    "a\r\nb",
    "\n",
    "'; DROP TABLE x; --",
    '"',
    "%s",
    "😀",
    " pad ",
    "NULL",
    "1e5",
    "\t,;",
]


def test_hostile_names_and_values_come_through(publish_table: Callable[..., Any], target: str) -> None:
    long = "ü" * 31
    script = f"""
        CREATE TABLE "a ""b"" %s 'c' ; -- 😀" ("select" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "%s" text,
          "x""y" bytea, "{long}" varchar(30) DEFAULT 'it''s \\', CONSTRAINT "weird "" %" CHECK ("%s" <> 'never'));
        CREATE INDEX "i "" %" ON "a ""b"" %s 'c' ; -- 😀" ("%s");
        COMMENT ON COLUMN "a ""b"" %s 'c' ; -- 😀"."%s" IS 'it''s \\ %s'"""
    raw = [None if value is None else value.encode() for value in VALUES]
    frame = pl.DataFrame({"select": range(len(VALUES)), "%s": VALUES, 'x"y': raw, long: VALUES})
    publish_table(script, frame)
    found = rows_of(target, 'SELECT "select", "%s", "x""y" FROM "a ""b"" %s \'c\' ; -- 😀" ORDER BY 1')
    assert found == [(number, value, None if value is None else value.encode()) for number, value in enumerate(VALUES)]


def test_numbers_in_columns_of_another_order_come_through(publish_table: Callable[..., Any], target: str) -> None:
    frame = pl.DataFrame({"b": [0, 1, None], "s": [9, 10, 100], "r": [1, 2, 3]})
    publish_table("CREATE TABLE t (b boolean, s text, r float4)", frame)
    assert rows_of(target, "SELECT b, s, r FROM t") == [(False, "9", 1.0), (True, "10", 2.0), (None, "100", 3.0)]


def test_a_single_column_comes_through_whole(publish_table: Callable[..., Any], target: str) -> None:
    publish_table("CREATE TABLE t (s text)", pl.DataFrame({"s": VALUES}))
    assert rows_of(target, "SELECT s FROM t") == [(value,) for value in VALUES]


def test_numbers_and_times_at_their_ends_come_through(publish_table: Callable[..., Any], target: str) -> None:
    frame = pl.DataFrame(
        {
            "f": [-0.0, float("nan"), float("inf"), 5e-324, 1e22, None],
            "n": pl.Series([Decimal("1.10"), Decimal("-0.01"), None, Decimal(0), Decimal(10) ** 20, None]),
            "d": pl.Series([-800_000, 4_000_000, 0, None, 1, 2]).cast(pl.Date),
            "t": ["infinity", "0044-03-15 00:00:00 BC", None, "2024-01-01 00:00:00", "-infinity", None],
            "h": ["24:00:00", None, "00:00:00", None, None, None],
        }
    )
    publish_table("CREATE TABLE t (f float8, n numeric, d date, t timestamp, h time)", frame)
    found = rows_of(target, "SELECT f::text, n, d::text, t::text, h::text FROM t")
    assert [row[0] for row in found] == ["-0", "NaN", "Infinity", "5e-324", "1e+22", None]
    assert [row[1] for row in found] == frame["n"].to_list()
    assert [row[2] for row in found] == ["0222-09-04 BC", "12921-08-18", "1970-01-01", None, "1970-01-02", "1970-01-03"]
    assert [row[3] for row in found] == frame["t"].to_list()
    assert [row[4] for row in found][:1] == ["24:00:00"]


@pytest.mark.parametrize(
    ("column", "values", "code"),
    [
        ("a smallint", [1, 70_000], "22003"),
        ("a int", [1.5, 2.0], "22P02"),
        ("a varchar(3)", ["secret", "x"], "22001"),
        ("a uuid", ["secret", None], "22P02"),
        ("a jsonb", ['"\\u0000"', None], "22P05"),
        ("a int NOT NULL", [None, 1], "23502"),
        ("a int CONSTRAINT once UNIQUE", [4711, 4711], "23505"),
        ("a int CONSTRAINT low CHECK (a < 5)", [4711, 1], "23514"),
    ],
)
def test_a_value_that_does_not_fit_names_the_place_and_never_the_value(
    publish_table: Callable[..., Any], target: str, column: str, values: list[Any], code: str
) -> None:
    with pytest.raises(DatabaseFailed) as failure:
        publish_table(f"CREATE TABLE t ({column})", pl.DataFrame({"a": values}))
    assert failure.value.code == code
    assert failure.value.table == "t"
    assert failure.value.column == "a" or failure.value.constraint in ("once", "low")
    text = str(failure.value) + repr(failure.value.__dict__)
    assert "secret" not in text
    assert "70000" not in text
    assert "4711" not in text
    assert failure.value.__suppress_context__
    assert catalog_of(target, "public").tables == ()
    assert own_schemas(target) == []


def test_the_character_nul_is_refused_by_name(publish_table: Callable[..., Any]) -> None:
    with pytest.raises(RowsRefused, match="NUL") as refused:
        publish_table("CREATE TABLE t (a text)", pl.DataFrame({"a": ["ok", "secret\x00"]}))
    assert (refused.value.table, refused.value.column) == ("t", "a")
    assert "secret" not in str(refused.value)


def test_dangling_references_are_refused_by_name(catalog: Catalog, target: str) -> None:
    frames = shop_frames(1)
    frames["orders"] = frames["orders"].with_columns(customer_id=pl.col("customer_id") + 500)
    with pytest.raises(DatabaseFailed) as failure:
        dataset(catalog, frames).publish(target)
    assert (failure.value.code, failure.value.constraint) == ("23503", "of_customer")
    assert "501" not in str(failure.value)


def test_from_sqlite(sqlite_database: Callable[..., str], target: str) -> None:
    source = sqlite_database(
        """CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(3) COLLATE NOCASE DEFAULT 'x', ok BOOLEAN DEFAULT 1,
             at DATETIME DEFAULT CURRENT_TIMESTAMP, odd DATE, price DECIMAL(4,1) CHECK (price > 0), raw BLOB,
             x TEXT DEFAULT (hex(randomblob(4))), parent INTEGER REFERENCES t (id), CHECK (ok IN (0, 1)));
           CREATE INDEX by_lower ON t (lower(name)); CREATE INDEX by_at ON t (at);""",
        name="source.db",
    )
    frame = pl.DataFrame(
        {
            "id": [3, 9],
            "name": ["longer", None],
            "ok": [True, None],
            "at": [datetime.datetime.fromisoformat("2024-01-02T03:04:05")] * 2,
            "odd": ["2024-01-01", "no date"],
            "price": pl.Series([Decimal("1.5"), None], dtype=pl.Decimal(4, 1)),
            "raw": [b"\x01", None],
            "x": ["a", "b"],
            "parent": [None, 3],
        }
    )
    published = dataset(catalog_of(source), {"t": frame}).publish(target)
    assert sorted(note.split(": ")[-1].split(" has ")[0] for note in published.notes) == [
        "check",
        "collation NOCASE of column name",
        "default of column x",
        "index by_lower",
        "the source's column of type DATE holds values that are none.",
    ]
    run_in(target, "INSERT INTO t (parent) VALUES (3)")
    assert rows_of(target, "SELECT id, name, ok, at IS NOT NULL, odd, price, raw FROM t ORDER BY id") == [
        (3, "longer", True, True, "2024-01-01", Decimal("1.5"), b"\x01"),
        (9, None, None, True, "no date", None, None),
        (10, "x", True, True, None, None, None),
    ]
    made = catalog_of(target, "public").table("t")
    assert len(made.checks) == 1
    assert [key.parent for key in made.foreign_keys] == ["t"]
    assert [index.name for index in made.indexes] == ["by_at"]


def test_a_type_without_a_counterpart_is_refused_by_name(target: str) -> None:
    foreign = Catalog.model_validate_json(
        """{"dialect": "duckdb", "tables": [{"name": "t", "columns": [
          {"name": "a", "type": {"kind": "other", "native": "STRUCT(x INTEGER)"}}]}]}"""
    )
    with pytest.raises(PreflightFailed, match=r"t\.a: its type STRUCT"):
        dataset(foreign, {"t": pl.DataFrame({"a": ["x"]})}).publish(target)


def test_many_tables_with_sixteen_hundred_columns(publish_table: Callable[..., Any], target: str) -> None:
    names = [f"c{number}" for number in range(1600)]
    frame = pl.DataFrame({name: [1, None] for name in names})
    publish_table(f"CREATE TABLE wide ({', '.join(f'{name} int' for name in names)})", frame)
    assert rows_of(target, "SELECT count(*), count(c1599) FROM wide") == [(2, 1)]
