"""Partitioned tables of a target: replaced with their partitions and with all that these have."""

import difflib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from synth_assets.plan.target_settings import TargetSettings
from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import DatabaseFailed, PreflightFailed
from synth_assets.publish.preflight import preflight
from synth_assets.publish.publish import rollback
from tests.extract.snapshots import Snapshots
from tests.publish.parts import Dataset, catalog_of, dataset, settings
from tests.publish.postgres_shop import connected, dumped, make_roles, own_schemas, rows_of, run_in
from tests.servers import PostgresServer

SOURCE = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE shops (id int PRIMARY KEY, name text);
CREATE TABLE sales (
  id int NOT NULL, day date NOT NULL, shop int REFERENCES shops, note text DEFAULT 'none', mood mood,
  price numeric(8,2),
  gross numeric GENERATED ALWAYS AS (price * 1.2) STORED, CONSTRAINT sales_pkey PRIMARY KEY (id, day),
  CONSTRAINT positive CHECK (price >= 0));
CREATE INDEX by_note ON sales (lower(note)) WHERE note IS NOT NULL;
CREATE TABLE "it's %" (mood mood, n int, UNIQUE (mood, n));
CREATE TABLE events (
  id int PRIMARY KEY, sale int, day date, FOREIGN KEY (sale, day) REFERENCES sales ON DELETE CASCADE);
"""
# The same tables, of range and hash, of list with a default, and of hash.
PARTITIONED = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE shops (id int PRIMARY KEY, name text);
CREATE TABLE sales (
  id int NOT NULL, day date NOT NULL, shop int REFERENCES shops, note text DEFAULT 'none', mood mood,
  price numeric(8,2),
  gross numeric GENERATED ALWAYS AS (price * 1.2) STORED, CONSTRAINT sales_pkey PRIMARY KEY (id, day),
  CONSTRAINT positive CHECK (price >= 0)) PARTITION BY RANGE (day);
CREATE INDEX by_note ON sales (lower(note)) WHERE note IS NOT NULL;
CREATE TABLE "2023" PARTITION OF sales FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE sales_2024 PARTITION OF sales FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY HASH (id);
CREATE TABLE sales_2024_0 PARTITION OF sales_2024 FOR VALUES WITH (modulus 2, remainder 0);
CREATE TABLE sales_2024_1 PARTITION OF sales_2024 FOR VALUES WITH (modulus 2, remainder 1) WITH (fillfactor = 70);
CREATE TABLE sales_rest PARTITION OF sales DEFAULT;
CREATE TABLE "it's %" (mood mood, n int, UNIQUE (mood, n)) PARTITION BY LIST (mood);
CREATE TABLE "it's %1" PARTITION OF "it's %" FOR VALUES IN ('sad', NULL);
CREATE TABLE "it's %2" PARTITION OF "it's %" FOR VALUES IN ('happy');
CREATE TABLE events (id int PRIMARY KEY, sale int, day date, FOREIGN KEY (sale, day) REFERENCES sales ON DELETE CASCADE)
  PARTITION BY HASH (id);
CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (modulus 2, remainder 0);
CREATE TABLE events_1 PARTITION OF events FOR VALUES WITH (modulus 2, remainder 1);
"""
# What the team has made of partitions, and what leans on them.
TEAM = """
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := ''stamped''; RETURN NEW; END';
CREATE TRIGGER stamp BEFORE INSERT ON sales FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE sales_rest DISABLE TRIGGER stamp;
CREATE TRIGGER alone BEFORE UPDATE ON sales_2024_0 FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE sales ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON sales TO zoo_reader USING (shop = 1);
ALTER TABLE sales_2024 ENABLE ROW LEVEL SECURITY; CREATE POLICY old ON sales_2024 USING (true);
GRANT SELECT ON sales TO zoo_reader; GRANT INSERT, SELECT ON sales_2024_0 TO zoo_reader;
ALTER TABLE "2023" OWNER TO zoo_owner;
ALTER INDEX "2023_pkey" RENAME TO "2023's key"; ALTER INDEX sales_2024_0_lower_idx RENAME TO notes;
ALTER INDEX sales_2024_1_lower_idx RENAME TO sales_2024_0_lower_idx;
CREATE INDEX of_two ON sales_2024 (shop) INCLUDE (note); CREATE INDEX only_here ON sales_rest USING hash (note);
ALTER INDEX sales_2024_0_shop_note_idx RENAME TO of_two_0;
CREATE UNIQUE INDEX ON "2023" (id);
ALTER TABLE sales_rest ADD CONSTRAINT ids CHECK (id > 0), ALTER note SET DEFAULT 'rest', ALTER shop SET NOT NULL;
ALTER TABLE sales_2024_0 ADD CONSTRAINT once UNIQUE (id) DEFERRABLE, ALTER note DROP DEFAULT;
ALTER TABLE sales_2024_1 ALTER note SET STORAGE EXTERNAL, ALTER note SET STATISTICS 7, REPLICA IDENTITY FULL;
ALTER TABLE sales ALTER note SET STATISTICS 9;
ALTER TABLE events_0 ADD CONSTRAINT self FOREIGN KEY (id) REFERENCES shops DEFERRABLE;
CREATE STATISTICS together ON shop, note FROM sales_rest;
COMMENT ON TABLE sales IS 'all'; COMMENT ON TABLE sales_2024_1 IS 'half'; COMMENT ON COLUMN sales_rest.note IS 'a note';
COMMENT ON INDEX of_two_0 IS 'an index'; COMMENT ON CONSTRAINT ids ON sales_rest IS 'a check';
CREATE VIEW halves AS SELECT id, note FROM sales_2024_1;
CREATE VIEW a_day AS SELECT day, count(*) FROM sales GROUP BY 1;
CREATE MATERIALIZED VIEW many AS SELECT count(*) FROM sales; CREATE MATERIALIZED VIEW few AS SELECT id FROM "2023";
CREATE SCHEMA x; CREATE TABLE x.child (sale int, day date, CONSTRAINT of_sale FOREIGN KEY (sale, day) REFERENCES sales);
CREATE TABLE x.of_part (id int, day date, CONSTRAINT p FOREIGN KEY (id, day) REFERENCES "2023");
SET client_min_messages TO error; CREATE PUBLICATION parts FOR TABLE sales, sales_2024_0;
"""
ROWS = """
INSERT INTO shops SELECT n, 'shop ' || n FROM generate_series(1, 5) AS n;
INSERT INTO sales (id, day, shop, note, mood, price)
SELECT n, '2023-07-01'::date + n * 7, 1 + n % 5, CASE WHEN n % 3 = 0 THEN E'\\\\N\\t' || n END, 'sad', n / 4.0
FROM generate_series(1, 200) AS n;
INSERT INTO "it's %" SELECT CASE n % 3 WHEN 0 THEN 'sad'::mood WHEN 1 THEN 'happy' END, n
FROM generate_series(1, 30) AS n;
INSERT INTO events SELECT s.id % 6, s.id, s.day FROM sales s WHERE id BETWEEN 1 AND 5;
"""
TABLES = ("shops", "sales", '"it\'s %"', "events")
MATCH = TargetSettings.model_validate({"name": "staging", "ddl": "match"})
Databases = Callable[[str], str]


@pytest.fixture
def made(postgres: PostgresServer) -> Databases:
    def make(script: str) -> str:
        url = postgres.create_database()
        make_roles(url, "zoo_reader", "zoo_owner")
        run_in(url, "GRANT CREATE ON SCHEMA public TO zoo_owner;" + script)
        return url

    return make


@pytest.fixture
def target(made: Databases) -> str:
    url = made(PARTITIONED + TEAM)
    authorize("staging", settings(), url, {}, replace_existing=True)
    return url


def refreshed(source: str, snapshots: Snapshots, refresh: str) -> Dataset:
    catalog = snapshots.catalog(source)
    found = Dataset(catalog, snapshots.rows(source, catalog=catalog, refresh=refresh), snapshots.store, refresh=refresh)
    found.judge()
    return found


def all_rows(url: str) -> list[list[tuple[object, ...]]]:
    return [rows_of(url, f"SELECT t::text FROM {table} t ORDER BY 1") for table in TABLES]


def is_sorted_in(url: str) -> bool:
    """Whether rows are in partitions at all, and queries find them there."""
    counts = dict(rows_of(url, "SELECT tableoid::regclass::text, count(*) FROM sales GROUP BY 1"))
    by_day = rows_of(url, "SELECT count(*) FROM sales WHERE day < '2024-01-01'")
    return set(counts) == {'"2023"', "sales_2024_0", "sales_2024_1", "sales_rest"} and by_day == [(counts['"2023"'],)]


@pytest.mark.parametrize(
    ("plan", "notes"),
    [(None, ()), (MATCH, ("sales: gross is computed by the target.",))],
    ids=["create", "match"],
)
def test_partitions_stay(
    made: Databases, target: str, tmp_path: Path, plan: TargetSettings | None, notes: tuple[str, ...]
) -> None:
    source, snapshots = made(SOURCE + ROWS), Snapshots(tmp_path)
    before = dumped(target)
    for refresh in ("r1", "r2"):
        run_in(source, f"UPDATE shops SET name = '{refresh}' WHERE id = 2")
        assert refreshed(source, snapshots, refresh).publish(target, plan=plan).notes == notes
        assert not list(difflib.unified_diff(before.splitlines(), dumped(target).splitlines(), lineterm=""))
        assert all_rows(target) == all_rows(source)
        assert is_sorted_in(target)
        assert rows_of(target, "SELECT count FROM many") == [(200,)]
        assert own_schemas(target) == ["previous"]
    # Triggers of tables and of partitions are at work.
    run_in(target, "INSERT INTO sales (id, day) VALUES (9, '2024-05-05')")
    assert rows_of(target, "SELECT note FROM sales WHERE id = 9 AND day = '2024-05-05'") == [("stamped",)]
    rollback(target="staging", database=settings(), url=target, sources={}, dataset="shop")
    assert rows_of(target, "SELECT name FROM shops WHERE id = 2") == [("r1",)]
    assert dumped(target) == before and is_sorted_in(target)


def test_a_partition_made_between_refreshes_stays(made: Databases, target: str, tmp_path: Path) -> None:
    source, snapshots = made(SOURCE + ROWS), Snapshots(tmp_path)
    refreshed(source, snapshots, "r1").publish(target)
    run_in(target, "CREATE TABLE sales_2030 PARTITION OF sales FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')")
    run_in(source, "UPDATE sales SET day = '2030-02-02' WHERE id = 200")
    before = dumped(target)
    refreshed(source, snapshots, "r2").publish(target)
    assert dumped(target) == before
    assert rows_of(target, "SELECT id FROM sales_2030") == [(200,)]
    rollback(target="staging", database=settings(), url=target, sources={}, dataset="shop")
    assert all(rows_of(target, f"SELECT count(*) FROM sales WHERE id = {n}") == [(1,)] for n in (1, 200))


def test_a_reader_with_an_older_snapshot_never_finds_partitions_empty(
    made: Databases, target: str, tmp_path: Path
) -> None:
    source, snapshots = made(SOURCE + ROWS), Snapshots(tmp_path)
    refreshed(source, snapshots, "r1").publish(target)
    with connected(target) as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert reader.execute("SELECT count(*) FROM pg_class").fetchone()
        refreshed(source, snapshots, "r2").publish(target)
        assert reader.execute("SELECT count(*) FROM sales").fetchone() == (200,)
        assert reader.execute("SELECT count(*) FROM sales_2024_0").fetchone() != (0,)


def test_a_partition_made_while_it_is_published_stops_it(made: Databases, target: str, tmp_path: Path) -> None:
    source, snapshots = made(SOURCE + ROWS), Snapshots(tmp_path)
    refreshed(source, snapshots, "r1").publish(target)

    def meanwhile(table: str, _: int) -> None:
        if table == "sales":
            run_in(target, "CREATE TABLE late PARTITION OF sales FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')")

    with pytest.raises(DatabaseFailed, match="their partitions, was changed while it was published"):
        refreshed(source, snapshots, "r2").publish(target, progress=meanwhile)
    assert rows_of(target, "SELECT count(*) FROM sales") == [(200,)]
    refreshed(source, snapshots, "r3").publish(target)
    assert rows_of(target, "SELECT count(*) FROM late") == [(0,)]


def test_a_row_without_a_partition_leaves_the_target_as_it_was(made: Databases, target: str, tmp_path: Path) -> None:
    source, snapshots = made(SOURCE + ROWS), Snapshots(tmp_path)
    refreshed(source, snapshots, "r1").publish(target)
    run_in(source, "INSERT INTO \"it's %\" SELECT 'happy', 77")
    run_in(target, 'DROP TABLE "it\'s %2"')
    with pytest.raises(DatabaseFailed, match="none of its partitions takes some of the rows") as failed:
        refreshed(source, snapshots, "r2").publish(target)
    assert "77" not in str(failed.value) and 'PARTITION OF "it\'s %" DEFAULT' in str(failed.value)
    assert rows_of(target, "SELECT count(*) FROM sales") == [(200,)]
    assert own_schemas(target) == ["previous"]


def test_it_is_found_before_other_tables_are_loaded(made: Databases, target: str, tmp_path: Path) -> None:
    source, snapshots = made(SOURCE + ROWS), Snapshots(tmp_path)
    refreshed(source, snapshots, "r1").publish(target)
    run_in(source, "INSERT INTO \"it's %\" SELECT 'happy', 77")
    run_in(target, 'DROP TABLE "it\'s %2"')
    loaded: list[str] = []
    with pytest.raises(DatabaseFailed, match="none of its partitions takes some of the rows"):
        refreshed(source, snapshots, "r2").publish(target, progress=lambda table, rows: loaded.append(table))
    assert set(loaded) <= {"it's %"}


def test_tables_whose_partitions_may_not_take_every_row_are_told_beforehand(
    made: Databases, target: str, tmp_path: Path
) -> None:
    source = made(SOURCE + ROWS)
    refreshed(source, Snapshots(tmp_path), "r1").publish(target)

    def told() -> list[str]:
        found = preflight(
            plan=TargetSettings(name="staging"),
            database=settings(),
            url=target,
            sources={},
            dataset="shop",
            catalog=catalog_of(source, "public"),
        )
        assert not found.findings
        return [note.partition(" is partitioned by ")[0] for note in found.notes]

    assert told() == ["it's %: it's %"]
    run_in(target, 'CREATE TABLE more PARTITION OF "it\'s %" DEFAULT PARTITION BY RANGE (n)')
    assert told() == ["it's %: more"]
    run_in(target, "CREATE TABLE most PARTITION OF more DEFAULT")
    assert told() == []


def test_what_the_target_fills_itself_decides_on_the_partition(postgres: PostgresServer) -> None:
    source, target = postgres.create_database(), postgres.create_database()
    run_in(source, "CREATE TABLE a (id int PRIMARY KEY)")
    run_in(
        target,
        """CREATE TABLE a (id int NOT NULL, kind int DEFAULT 2, n bigint GENERATED ALWAYS AS IDENTITY, double bigint
        NOT NULL GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY LIST (kind);
        CREATE TABLE one PARTITION OF a FOR VALUES IN (1); CREATE TABLE two PARTITION OF a FOR VALUES IN (2)""",
    )
    authorize("staging", settings(), target, {}, replace_existing=True)
    dataset(catalog_of(source), {"a": pl.DataFrame({"id": [1, 2, 3]})}).publish(target, plan=MATCH)
    assert rows_of(target, "SELECT id, kind, double FROM two ORDER BY id") == [(1, 2, 2), (2, 2, 4), (3, 2, 6)]
    run_in(target, "INSERT INTO a (id) VALUES (4)")
    assert rows_of(target, "SELECT count(DISTINCT n), count(*) FROM a") == [(4, 4)]


def test_a_partitioned_source_becomes_one_table_in_an_empty_target(made: Databases, tmp_path: Path) -> None:
    source, plain, target = made(PARTITIONED + ROWS), made(SOURCE), made("")
    authorize("staging", settings(), target, {})
    refreshed(source, Snapshots(tmp_path), "r1").publish(target)
    assert all_rows(target) == all_rows(source)
    assert dumped(target) == dumped(plain)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("CREATE SCHEMA y; ALTER TABLE sales_2024_0 SET SCHEMA y", "sales_2024_0 stands in schema y"),
        (
            """CREATE EXTENSION file_fdw; CREATE SERVER far FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE away
            PARTITION OF two_keys FOR VALUES IN (1) SERVER far OPTIONS (filename '/dev/null')""",
            "away is a foreign table",
        ),
        ("ALTER TABLE sales_rest RENAME TO two_keys2", "two_keys2 is a table of the dataset, too"),
        ("ALTER TABLE sales DROP CONSTRAINT sales_pkey CASCADE; CREATE TABLE heirs () INHERITS (shops)", "heirs"),
    ],
)
def test_what_cannot_be_made_again_is_refused_by_name(
    made: Databases, target: str, tmp_path: Path, script: str, problem: str
) -> None:
    beside = "CREATE TABLE two_keys (id int); CREATE TABLE two_keys2 (id int);"
    source, snapshots = made(SOURCE + ROWS + beside), Snapshots(tmp_path)
    run_in(target, "CREATE TABLE two_keys (id int) PARTITION BY LIST (id)")
    run_in(target, script)
    with pytest.raises(PreflightFailed, match=problem):
        refreshed(source, snapshots, "r1").publish(target)


def test_a_key_without_the_columns_that_rows_are_parted_by_is_refused(made: Databases, tmp_path: Path) -> None:
    source = made("CREATE TABLE a (id int PRIMARY KEY, day date); INSERT INTO a VALUES (1)")
    target = made("CREATE TABLE a (id int, day date) PARTITION BY RANGE (day)")
    authorize("staging", settings(), target, {}, replace_existing=True)
    with pytest.raises(PreflightFailed, match="partitioned by RANGE"):
        refreshed(source, Snapshots(tmp_path), "r1").publish(target)
