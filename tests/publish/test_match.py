"""`ddl: match` in every family: the target's own tables decide what is made."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from synth_assets.plan.target_settings import TargetSettings
from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import AuditFailed, DatabaseFailed, PreflightFailed, RowsRefused
from synth_assets.publish.publish import history, rollback
from tests.publish import mariadb_shop, mysql_shop, postgres_shop, test_sqlite
from tests.publish.databases import Database, databases_of
from tests.publish.parts import dataset, settings

Databases = Callable[..., Database]

SOURCE = """
CREATE TABLE customers (id int PRIMARY KEY, name varchar(40) NOT NULL, fax varchar(20), points int);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id), total numeric(10,2))
"""
AHEAD = """
CREATE TABLE customers (
  segment varchar(10) DEFAULT 'new' NOT NULL, id int PRIMARY KEY, tier int NOT NULL, name varchar(60) NOT NULL,
  label varchar(99) NOT NULL, remark varchar(20), points bigint);
CREATE INDEX by_segment ON customers (segment);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id), total numeric(12,2));
CREATE TABLE wishes (id int PRIMARY KEY)
"""
FILLS = {"customers": {"columns": {"tier": {"constant": 3}, "label": {"derive": "name || '!'"}}}}


def plan(**said: Any) -> TargetSettings:
    return TargetSettings.model_validate({"name": "staging", "ddl": "match", **said})


def frames(refresh: int) -> dict[str, pl.DataFrame]:
    ids = [1, 2, 3]
    return {
        "customers": pl.DataFrame(
            {"id": ids, "name": [f"{refresh}-{n}" for n in ids], "fax": ["0", None, "1"], "points": [None, 5, 7]}
        ),
        "orders": pl.DataFrame({"id": ids, "customer_id": ids, "total": [None, None, None]}).cast(
            {"total": pl.Decimal(10, 2)}
        ),
    }


@pytest.fixture(params=["postgres", "mariadb", "mysql", "sqlite", "duckdb"])
def databases(request: pytest.FixtureRequest) -> Databases:
    return databases_of(request.param, request)


def marked(database: Database) -> Database:
    authorize("staging", settings(), database.url, {}, replace_existing=True)
    return database


def published(
    source: Database, target: Database, refresh: int, *, plan: TargetSettings | None = None, **changed: pl.DataFrame
) -> Any:
    rows = {name: changed.get(name, frame) for name, frame in frames(refresh).items()}
    return dataset(source.catalog, rows, refresh=f"r{refresh}").publish(target.url, plan=plan)


def refused(source: Database, target: Database, *, plan: TargetSettings | None = None, **changed: pl.DataFrame) -> str:
    """What preflight says; the target is as it was."""
    before = target.catalog
    with pytest.raises(PreflightFailed) as failure:
        published(source, target, 9, plan=plan, **changed)
    assert target.catalog == before
    return str(failure.value)


def test_a_target_ahead_and_behind_keeps_its_own_tables(databases: Databases) -> None:
    source, target = databases(SOURCE), marked(databases(AHEAD))
    target.run("INSERT INTO wishes VALUES (1)")
    live = target.catalog
    for refresh in (1, 2):
        publication = published(source, target, refresh, plan=plan(tables=FILLS))
        assert target.catalog == live
        assert target.rows("SELECT * FROM customers ORDER BY id") == [
            ("new", n, 3, f"{refresh}-{n}", f"{refresh}-{n}!", None, points)
            for n, points in ((1, None), (2, 5), (3, 7))
        ]
        assert target.rows("SELECT count(*) FROM wishes") == [(1,)]
    assert {note for note in publication.notes if note.startswith("customers")} == {
        "customers: segment is not in the source: filled by its default.",
        "customers: remark is not in the source: NULL.",
        "customers: tier is not in the source: constant, as the plan says.",
        "customers: label is not in the source: derive, as the plan says.",
        "customers: fax is not in the target: left out.",
    }
    rollback(target="staging", database=settings(), url=target.url, sources={}, dataset="shop", patience=5)
    assert target.catalog == live
    assert target.rows("SELECT name FROM customers WHERE id = 1") == [("1-1",)]
    assert [(entry.action, entry.refresh) for entry in history("staging", target.url)] == [
        ("rollback", "r1"),
        ("publish", "r2"),
        ("publish", "r1"),
    ]


def test_counters_of_the_target_count_on(databases: Databases) -> None:
    counter = {
        "postgresql": "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "sqlite": "integer PRIMARY KEY AUTOINCREMENT",
        "duckdb": "bigint DEFAULT nextval('numbers') PRIMARY KEY",
    }
    source = databases("CREATE TABLE codes (code varchar(9) NOT NULL)")
    dialect = source.catalog.dialect
    own = counter.get(dialect, "int AUTO_INCREMENT PRIMARY KEY")
    sequence = "CREATE SEQUENCE numbers;" if dialect == "duckdb" else ""
    target = marked(databases(f"{sequence}CREATE TABLE codes (id {own}, code varchar(9) NOT NULL)"))
    for refresh in (1, 2):
        dataset(source.catalog, {"codes": pl.DataFrame({"code": ["a", "b"]})}, refresh=f"r{refresh}").publish(
            target.url, plan=plan()
        )
    target.run("INSERT INTO codes (code) VALUES ('c')")
    ids = [number for (number,) in target.rows("SELECT id FROM codes ORDER BY id")]
    # MariaDB passes numbers over after a load.
    assert ids[:2] == [1, 2]
    assert ids[2] in (3, 4)


def test_what_cannot_be_filled_is_refused_with_the_line_to_add(databases: Databases) -> None:
    source = databases(SOURCE)
    said = refused(source, marked(databases(AHEAD)), plan=plan())
    for name, example in (("tier", "0"), ("label", '""')):
        line = f"targets: [{{name: staging, ddl: match, tables: {{customers: {{columns: {{{name}: {{constant: {example}"
        assert line in said
    target = marked(databases("CREATE TABLE customers (name varchar(40), fax varchar(20), points date)"))
    said = refused(source, target, plan=plan(tables={"customers": {"columns": {"nam": "null", "fax": "null"}}}))
    assert "customers.id: the target has no such column, and rows of orders refer to it." in said
    assert "customers.points: it is date in the target, which does not take" in said.replace("DATE", "date")
    assert "customers.nam: the plan fills it, and the target has no such column. Correct target staging" in said
    assert "in the plan; did you mean 'name'?" in said
    assert "customers.fax: the source has it, too." in said
    assert "orders: target staging has no such table, and ddl: match makes none." in said


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({"constant": "three"}, "the constant does not fit: it must be a whole number"),
        ({"derive": "nam || ''"}, "the expression reads 'nam', and the source's rows have no such column"),
        ({"derive": "name || ''"}, "the expression gives text"),
        (None, "the column is NOT NULL there"),
    ],
)
def test_fills_that_do_not_fit_are_refused(databases: Databases, fill: object, said: str) -> None:
    tables = {"customers": {"columns": {**FILLS["customers"]["columns"], "tier": fill}}}
    assert f"customers.tier: {said}" in refused(databases(SOURCE), marked(databases(AHEAD)), plan=plan(tables=tables))


def test_an_expression_that_fails_for_a_row_tells_no_value(databases: Databases) -> None:
    columns = {**FILLS["customers"]["columns"], "tier": {"derive": "CAST(name AS INT)"}}
    with pytest.raises(RowsRefused, match=r"Column tier of table customers cannot be derived") as failure:
        published(databases(SOURCE), marked(databases(AHEAD)), 1, plan=plan(tables={"customers": {"columns": columns}}))
    assert "1-1" not in str(failure.value)


MIGRATIONS = {
    "postgres": "ALTER TABLE customers ADD COLUMN tier mood DEFAULT 'happy' NOT NULL;"
    "ALTER TABLE orders ADD COLUMN number serial; ALTER TABLE orders ADD COLUMN twice numeric GENERATED ALWAYS AS"
    " (total * 2) STORED; CREATE VIEW dear AS SELECT id FROM customers WHERE tier = 'happy';"
    "CREATE INDEX twice_as ON orders (twice); ALTER TABLE nothing ADD COLUMN at timestamptz DEFAULT clock_timestamp()",
    "mariadb": "ALTER TABLE customers ADD COLUMN tier varchar(9) DEFAULT (concat('a', 'b')) NOT NULL;"
    "ALTER TABLE orders ADD COLUMN twice decimal(12,2) GENERATED ALWAYS AS (total * 2) VIRTUAL;"
    "CREATE INDEX twice_as ON orders (twice); ALTER TABLE nothing ADD COLUMN at timestamp DEFAULT current_timestamp",
    "sqlite": "ALTER TABLE customers ADD COLUMN tier TEXT DEFAULT 'happy' NOT NULL;"
    "ALTER TABLE orders ADD COLUMN twice REAL GENERATED ALWAYS AS (total * 2) VIRTUAL;"
    "CREATE INDEX twice_as ON orders (twice) WHERE twice > 1",
}
MIGRATIONS["mysql"] = MIGRATIONS["mariadb"]
SHOPS = {"postgres": postgres_shop, "mariadb": mariadb_shop, "mysql": mysql_shop, "sqlite": test_sqlite}


@pytest.mark.parametrize("family", SHOPS)
def test_all_that_the_tables_have_stays(family: str, request: pytest.FixtureRequest) -> None:
    databases, shop = databases_of(family, request), SHOPS[family]
    source, target = databases(shop.SHOP), marked(databases(shop.SHOP))
    target.run(MIGRATIONS[family])
    live = target.catalog
    for refresh in (1, 2):
        dataset(source.catalog, shop.shop_frames(refresh), refresh=f"r{refresh}").publish(target.url, plan=plan())
        assert target.catalog == live
        assert target.rows("SELECT count(*) FROM orders WHERE twice = total * 2") == [(200,)]
        assert len(target.rows("SELECT DISTINCT tier FROM customers")) == 1
    if family == "postgres":
        assert target.rows("SELECT count(DISTINCT number), max(number) FROM orders") == [(200, 200)]
        target.run("INSERT INTO orders (id, customer_id) VALUES (1000, 1)")
        assert target.rows("SELECT number FROM orders WHERE id = 1000") == [(201,)]
        assert target.rows("SELECT count(*) FROM dear") == [(200,)]


NARROW = """
CREATE TABLE customers (id int PRIMARY KEY, name varchar(4) NOT NULL, fax varchar(20) NOT NULL, points smallint);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id), total numeric(10,1))
"""


@pytest.mark.parametrize("family", ["postgres", "mariadb", "mysql"])
def test_values_decide_where_the_target_is_narrower(family: str, request: pytest.FixtureRequest) -> None:
    databases = databases_of(family, request)
    source, target = databases(SOURCE), marked(databases(NARROW))
    fits = frames(1)["customers"].with_columns(pl.col("fax").fill_null("0"))
    publication = published(source, target, 1, plan=plan(), customers=fits)
    assert any(note.startswith("customers: name is") and "refused if a value" in note for note in publication.notes)
    wide = fits.with_columns(name=pl.lit("12345"), points=pl.lit(40000), fax=pl.lit(None, pl.String))
    exact = frames(1)["orders"].with_columns(total=pl.lit("1.25").cast(pl.Decimal(10, 2)))
    said = refused(source, target, plan=plan(), customers=wide, orders=exact)
    for place in ("customers.name: some values are longer", "customers.fax: some values are NULL"):
        assert place in said
    assert "customers.points: some numbers are beyond smallint" in said
    assert "orders.total: some numbers have more digits than" in said
    assert "12345" not in said


def test_references_to_tables_that_stay(databases: Databases) -> None:
    source = databases(SOURCE)
    target = marked(
        databases(
            "CREATE TABLE segments (id int PRIMARY KEY); INSERT INTO segments VALUES (1);"
            "CREATE TABLE customers (id int PRIMARY KEY, name varchar(40), points int, segment int DEFAULT 1,"
            "  FOREIGN KEY (segment) REFERENCES segments (id));"
            "CREATE TABLE orders (id int PRIMARY KEY, customer_id int, FOREIGN KEY (customer_id)"
            "  REFERENCES customers (id))"
        )
    )
    live = target.catalog
    if live.dialect == "duckdb":
        # It makes foreign keys with their table only, and the other table is not in the file that is loaded.
        said = refused(source, target, plan=plan())
        assert "customers: its foreign key to segments (segment) leads to a table outside the dataset" in said
        return
    published(source, target, 1, plan=plan())
    published(source, target, 2, plan=plan())
    assert target.catalog == live
    missing = plan(tables={"customers": {"columns": {"segment": {"constant": 7}}}})
    with pytest.raises((AuditFailed, DatabaseFailed, PreflightFailed)):
        published(source, target, 3, plan=missing)
    assert target.rows("SELECT DISTINCT segment, name FROM customers WHERE id = 1") == [(1, "2-1")]


@pytest.mark.parametrize("family", ["postgres", "mariadb", "mysql"])
def test_rows_of_another_family(family: str, request: pytest.FixtureRequest) -> None:
    source, target = databases_of("sqlite", request)(SOURCE), marked(databases_of(family, request)(AHEAD))
    live = target.catalog
    published(source, target, 1, plan=plan(tables=FILLS))
    assert target.catalog == live
    assert target.rows("SELECT name, points, tier FROM customers WHERE id = 2") == [("1-2", 5, 3)]
    text = frames(2)["customers"].with_columns(points=pl.lit("many"))
    said = refused(source, target, plan=plan(tables=FILLS), customers=text)
    assert "customers.points: some values are no bigint" in said
