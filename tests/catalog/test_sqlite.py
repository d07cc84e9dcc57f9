import sqlite3
from collections.abc import Callable

import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.errors import DatabaseTooOld, NamespaceMissing
from synth_assets.catalog.model import Catalog, Check, ForeignKey, Index, Key, Kind
from synth_assets.catalog.reflect import reflect, reflect_connection
from synth_assets.catalog.sqlite_definition import parse_table

Database = Callable[..., str]

ZOO = '''
CREATE TABLE [Order Details] (
  "order" INTEGER NOT NULL, -- a comment, with a comma and CHECK (nonsense)
  `a%b` TEXT COLLATE NOCASE DEFAULT 'it''s (100%), ok',
  [x y] NUMERIC(10, 2) CONSTRAINT "odd ""name""" CHECK ([x y] > (0 + (1))) UNIQUE,
  "q""x" INT GENERATED ALWAYS AS ("order" * 2) STORED,
  'single' TEXT AS (upper(`a%b`) || ')') CHECK(length('single') < 5 /* ) */ OR "order" = 1),
  "ünï 😀" VARCHAR(20) CONSTRAINT filled NOT NULL CHECK ("ünï 😀" <> '--'),
  "check" TEXT DEFAULT "double quoted" REFERENCES PARENT ON DELETE SET NULL ON UPDATE CASCADE,
  bare DEFAULT word,
  CONSTRAINT "the key" PRIMARY KEY ("order" DESC, [x y]),
  CONSTRAINT u2 UNIQUE ([a%b], "ünï 😀" COLLATE NOCASE) ON CONFLICT IGNORE
  CONSTRAINT c2 CHECK ("order" IN (1, 2)) UNIQUE (bare),
  CONSTRAINT to_grid FOREIGN KEY ("order", [x y]) REFERENCES grid (B, a) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (bare) REFERENCES nowhere (x)
);
CREATE TABLE parent (code TEXT PRIMARY KEY, other INTEGER UNIQUE REFERENCES parent (other) NOT DEFERRABLE)
  WITHOUT ROWID;
CREATE TABLE grid (a, b, UNIQUE (b, a), PRIMARY KEY (a));
CREATE TABLE strict (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT DEFAULT NULL, s ANY) STRICT;
'''


def catalog_of(url: str) -> Catalog:
    return reflect(open_engine(url))


def test_zoo(sqlite_database: Database) -> None:
    catalog = catalog_of(sqlite_database(ZOO))
    assert catalog.dialect == "sqlite"
    assert catalog.namespace is None
    assert catalog.table_names == ("Order Details", "grid", "parent", "strict")
    table = catalog.table("Order Details")
    assert table.column_names == ("order", "a%b", "x y", 'q"x', "single", "ünï 😀", "check", "bare")
    assert table.primary_key == Key(name="the key", columns=("order", "x y"))
    assert table.unique_keys == (
        Key(columns=("x y",)),
        Key(name="u2", columns=("a%b", "ünï 😀")),
        Key(columns=("bare",)),
    )
    assert table.checks == (
        Check(name='odd "name"', expression="[x y] > (0 + (1))"),
        Check(expression="length('single') < 5 OR \"order\" = 1"),
        Check(expression="\"ünï 😀\" <> '--'"),
        Check(name="c2", expression='"order" IN (1, 2)'),
    )
    assert table.foreign_keys == (
        ForeignKey(
            columns=("check",), parent="parent", parent_columns=("code",), on_delete="SET NULL", on_update="CASCADE"
        ),
        ForeignKey(
            name="to_grid",
            columns=("order", "x y"),
            parent="grid",
            parent_columns=("b", "a"),
            deferrable=True,
            initially_deferred=True,
        ),
    )
    assert [column.nullable for column in table.columns] == [False, True, True, True, True, False, True, True]
    assert table.column("a%b").collation == "NOCASE"
    assert table.column("a%b").default == "'it''s (100%), ok'"
    assert table.column("check").default == "'double quoted'"
    assert table.column("bare").default == "'word'"
    assert table.column("bare").type.kind is Kind.OTHER
    stored, virtual = table.column('q"x'), table.column("single")
    assert (stored.generated, stored.generated_stored, stored.type.native) == ('"order" * 2', True, "INT")
    assert (virtual.generated, virtual.generated_stored) == ("upper(`a%b`) || ')'", False)
    assert all(column.identity is None for column in table.columns)


def test_options_and_rowid_keys(sqlite_database: Database) -> None:
    catalog = catalog_of(
        sqlite_database(
            """CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;
            CREATE TABLE b (id integer, CONSTRAINT k PRIMARY KEY (id));
            CREATE TABLE c (id INT PRIMARY KEY);
            CREATE TABLE d (id INTEGER PRIMARY KEY DESC);
            CREATE TABLE e (id INTEGER PRIMARY KEY) STRICT, WITHOUT ROWID;
            CREATE TABLE f (id INTEGER, x, PRIMARY KEY (id AUTOINCREMENT));
            CREATE TABLE g ("AUTOINCREMENT" INTEGER PRIMARY KEY);"""
        )
    )
    key = {table.name: table.columns[0] for table in catalog.tables}
    identity = {name: column.identity for name, column in key.items()}
    assert identity == {
        "a": "autoincrement",
        "b": "by default",
        "c": None,
        "d": None,
        "e": None,
        "f": "autoincrement",
        "g": "by default",
    }
    assert [name for name, column in key.items() if column.nullable] == ["c", "d"]
    assert catalog.table("a").options == ("STRICT",)
    assert catalog.table("e").options == ("STRICT", "WITHOUT ROWID")
    assert catalog.table("b").primary_key == Key(name="k", columns=("id",))


def test_indexes(sqlite_database: Database) -> None:
    url = sqlite_database(
        """CREATE TABLE t (a, b, "where" TEXT);
        CREATE UNIQUE INDEX "part ial" ON t (a, "where") WHERE b > 'x WHERE y' AND (a = 1);
        CREATE INDEX expression ON t (a, lower(b));
        CREATE UNIQUE INDEX plain ON t (b COLLATE NOCASE DESC);"""
    )
    table = catalog_of(url).table("t")
    assert table.indexes == (
        Index(name="expression", columns=(), definition="CREATE INDEX expression ON t (a, lower(b))"),
        Index(
            name="part ial",
            columns=("a", "where"),
            unique=True,
            where="b > 'x WHERE y' AND (a = 1)",
            definition='CREATE UNIQUE INDEX "part ial" ON t (a, "where") WHERE b > \'x WHERE y\' AND (a = 1)',
        ),
        Index(
            name="plain",
            columns=("b",),
            unique=True,
            definition="CREATE UNIQUE INDEX plain ON t (b COLLATE NOCASE DESC)",
        ),
    )
    assert table.unique_sets == (("b",),)


def test_left_out(sqlite_database: Database) -> None:
    url = sqlite_database(
        """CREATE TABLE kept (id INTEGER PRIMARY KEY AUTOINCREMENT);
        CREATE VIEW seen AS SELECT * FROM kept;
        CREATE TABLE synth_assets_ledger (x);
        CREATE TABLE "sqliteX" (x);
        CREATE VIRTUAL TABLE words USING fts5 (word);"""
    )
    assert catalog_of(url).table_names == ("kept", "sqliteX")


def test_attached_database(sqlite_database: Database) -> None:
    other = sqlite_database("CREATE TABLE there (x)", name="o'ther.sqlite").removeprefix("sqlite:///")
    with open_engine(sqlite_database("CREATE TABLE here (x)")).connect() as connection:
        connection.exec_driver_sql("ATTACH ? AS [o ther]", (other,))
        assert reflect_connection(connection, namespace="o ther").table_names == ("there",)
        assert reflect_connection(connection).table_names == ("here",)
        with pytest.raises(NamespaceMissing):
            reflect_connection(connection, namespace="third")


def test_altered_tables(sqlite_database: Database) -> None:
    url = sqlite_database(
        """CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE t (a, b CHECK (b > 0));
        ALTER TABLE t ADD COLUMN c INTEGER CHECK (c < b) REFERENCES parent;
        ALTER TABLE t RENAME COLUMN b TO "b b";
        ALTER TABLE t RENAME TO "t t";
        ALTER TABLE parent RENAME TO "par ent";"""
    )
    table = catalog_of(url).table("t t")
    assert [check.expression for check in table.checks] == ['"b b" > 0', 'c < "b b"']
    assert table.foreign_keys == (ForeignKey(columns=("c",), parent="par ent", parent_columns=("id",)),)


def test_created_from_a_query(sqlite_database: Database) -> None:
    url = sqlite_database("CREATE TABLE t AS SELECT 1 AS one, 'x' AS \"two (2)\", 1.5 AS three")
    assert catalog_of(url).table("t").column_names == ("one", "two (2)", "three")


def test_composite_key_in_the_order_of_the_key(sqlite_database: Database) -> None:
    url = sqlite_database(
        """CREATE TABLE p (a, b, c, PRIMARY KEY (c, a));
        CREATE TABLE k (x, y, FOREIGN KEY (y, x) REFERENCES p);"""
    )
    catalog = catalog_of(url)
    assert catalog.table("p").primary_key == Key(columns=("c", "a"))
    assert catalog.table("k").foreign_keys[0].parent_columns == ("c", "a")


def test_old_sqlite_is_refused(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    url = sqlite_database("CREATE TABLE t (x)")
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(DatabaseTooOld, match=r"3\.37"):
        catalog_of(url)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("CREATE TABLE t", "no list"),
        ("CREATE TABLE t (a CHECK (", "not closed"),
        ("CREATE TABLE t (a CHECK)", "missing"),
        ("CREATE TABLE t (a, PRIMARY)", "not complete"),
        ("CREATE TABLE t (a, FOREIGN KEY (a) REFERS t)", "REFERENCES"),
    ],
)
def test_broken_text_is_not_guessed_at(sql: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_table(sql)


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_agrees_with_the_inspector(sqlite_database: Database) -> None:
    """SQLAlchemy reads the same keys, by other means."""
    url = sqlite_database(ZOO)
    engine = open_engine(url)
    inspector = sqlalchemy.inspect(engine)
    for table in reflect(engine).tables:
        assert [column["name"] for column in inspector.get_columns(table.name)] == list(table.column_names)
        constrained = inspector.get_pk_constraint(table.name)["constrained_columns"]
        assert constrained == list(table.primary_key.columns if table.primary_key else ())
        referred = {tuple(key["constrained_columns"]) for key in inspector.get_foreign_keys(table.name)}
        assert referred >= {key.columns for key in table.foreign_keys}


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)
TEXTS = st.text(st.sampled_from("a'\"`[]()-*/,% \n;CHECK"), max_size=12)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def same_name(name: str) -> bytes:
    """SQLite ignores the case of ASCII letters only."""
    return name.encode().lower()


@settings(max_examples=150, deadline=None)
@given(
    table=NAMES.filter(lambda name: not name.lower().startswith(("sqlite_", "synth_assets_"))),
    columns=st.lists(NAMES, min_size=1, max_size=4, unique_by=same_name),
    texts=st.lists(TEXTS, min_size=4, max_size=4),
    comment=st.text(st.sampled_from("a,'\"()[]`CHECK "), max_size=8),
)
def test_any_identifier_and_any_text(table: str, columns: list[str], texts: list[str], comment: str) -> None:
    named = list(zip(map(quoted, columns), map(literal, texts), strict=False))
    checks = [f"{name} <> {text}" for name, text in named]
    parts = [f"{name} TEXT /*{comment}*/ DEFAULT {text} --{comment}\n CHECK({name} <> {text})" for name, text in named]
    sql = f"CREATE TABLE {quoted(table)} ({', '.join(parts)}, UNIQUE ({', '.join(map(quoted, columns))}))"
    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.StaticPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(sql)
        catalog = reflect_connection(connection)
    assert catalog.table_names == (table,)
    found = catalog.table(table)
    assert found.column_names == tuple(columns)
    assert [check.expression for check in found.checks] == checks
    assert found.unique_keys == (Key(columns=tuple(columns)),)
    assert [column.default for column in found.columns] == [text for _, text in named]
