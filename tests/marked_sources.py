"""Sources in which every column of every row holds a value that can be found again wherever it may turn up."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy

ROWS = 120
# No word of any language, and no part of a digest.
WORD = "Zqxylophant"
YEAR = 1871
_COLUMNS = {
    "id": ("INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY"),
    "full_name": ("TEXT NOT NULL", "TEXT NOT NULL"),
    "email": ("VARCHAR(80) NOT NULL UNIQUE", "VARCHAR(80) NOT NULL UNIQUE"),
    "remark": ("TEXT", "TEXT"),
    "kind": ("VARCHAR(30) NOT NULL", "VARCHAR(30) NOT NULL"),
    "born": ("DATE", "DATE"),
    "seen": ("TIMESTAMP", "TIMESTAMPTZ"),
    "salary": ("NUMERIC(14,2)", "NUMERIC(14,2)"),
    "ratio": ("REAL", "DOUBLE PRECISION"),
    "account": ("BIGINT NOT NULL", "BIGINT NOT NULL"),
    "document": ("TEXT", "JSONB"),
    "picture": ("BLOB", "BYTEA"),
}


def rows() -> list[dict[str, Any]]:
    """The rows; numbers have eight digits of their own."""
    return [
        {
            "id": 73_190_000 + 37 * at,
            "full_name": f"{WORD}{at} Smith",
            "email": f"{WORD.lower()}{at}@example.org",
            "remark": f"called {WORD}{at} again",
            # One in three is alone with its kind: too rare to come out.
            "kind": "common" if at % 3 else f"{WORD}-{at}",
            "born": f"{YEAR}-{1 + at % 12:02}-{1 + at % 28:02}",
            "seen": f"{YEAR}-{1 + at % 12:02}-{1 + at % 28:02} 10:{at % 60:02}:13",
            "salary": f"{81_730_211 + 7_919 * at}.{at % 90 + 10}",
            "ratio": (61_730_111 + 104_729 * at) / 1e8,
            "account": 58_411_037 + 15_485_863 * at,
            "document": json.dumps({"owner": f"{WORD}{at}", "number": 47_110_815 + 31 * at}),
            "picture": f"{WORD}{at}".encode() * 3,
        }
        for at in range(1, ROWS + 1)
    ]


def marks() -> list[bytes]:
    """What must be found nowhere: in lower case."""
    found = [WORD.lower().encode(), f"{YEAR}-".encode()]
    for row in rows():
        found += [str(row[name]).encode() for name in ("id", "salary", "account")]
        found += [repr(row["ratio"]).encode(), str(json.loads(row["document"])["number"]).encode()]
    # As drivers print bytes: in hex.
    return [*found, WORD.encode().hex().encode()]


def fill_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in _schema(0):
            connection.execute(statement)
        names = ", ".join(f":{name}" for name in _COLUMNS)
        connection.executemany(f"INSERT INTO people VALUES ({names})", rows())
        connection.executemany("INSERT INTO visits VALUES (?, ?, ?)", list(_visits()))


def fill_postgres(url: str) -> None:
    parsed = sqlalchemy.make_url(url)
    with psycopg.connect(parsed.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        for statement in _schema(1):
            connection.execute(statement.encode())
        names = ", ".join(f"%({name})s" for name in _COLUMNS)
        connection.cursor().executemany(f"INSERT INTO people VALUES ({names})".encode(), rows())
        connection.cursor().executemany("INSERT INTO visits VALUES (%s, %s, %s)", list(_visits()))


def _schema(dialect: int) -> Iterator[str]:
    columns = ", ".join(f"{name} {types[dialect]}" for name, types in _COLUMNS.items())
    yield f"CREATE TABLE people ({columns})"
    yield (
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, person BIGINT NOT NULL REFERENCES people (id), "
        "place VARCHAR(40) NOT NULL)"
    )


def _visits() -> Iterator[tuple[int, int, str]]:
    people = [row["id"] for row in rows()]
    for at in range(2 * ROWS):
        yield 92_770_000 + at, people[at // 2], f"{WORD} street {at}"
