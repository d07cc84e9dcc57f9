"""CHECK constraints over whole tables, evaluated by SQLite in memory whatever the database's dialect.

An expression is trusted only if the source's own rows keep it: the source's database enforces it, so a violation there
means that SQLite reads the expression otherwise, and the constraint is left to the target's database.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from synth_assets.catalog.check_text import in_sqlite
from synth_assets.catalog.model import Check, Kind, Table
from synth_assets.catalog.sql_text import Token, tokens
from synth_assets.validate.rows import Rows

ROWS_TRIED_ON = 100_000
# SQLite's virtual machine steps between two looks at the budget, and looks at most: some seconds of one expression.
_STEPS, _LOOKS = 100_000, 20_000
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
_AFFINITY = {
    Kind.INTEGER: "INTEGER",
    Kind.BOOLEAN: "INTEGER",
    Kind.DECIMAL: "NUMERIC",
    Kind.FLOAT: "REAL",
    Kind.BINARY: "BLOB",
}


@dataclass(frozen=True)
class Violations:
    """How many rows break a constraint; None if SQLite cannot tell."""

    check: Check
    rows: int | None


def named_columns(check: Check, table: Table) -> tuple[str, ...]:
    """The columns that a constraint names, quoted or not."""
    words = {t.value if t.kind == "quoted" else t.text.lower() for t in tokens(check.expression) if _is_name(t)}
    lower = {word.lower() for word in words}
    return tuple(c for c in table.column_names if c in words or c.lower() in lower)


def _is_name(token: Token) -> bool:
    return token.kind in ("word", "quoted")


def violations(table: Table, *, synthetic: Rows, source: Rows | None, dialect: str) -> Iterator[Violations]:
    """How many synthetic rows break each CHECK constraint of a table; NULL breaks none, as in SQL."""
    for check in table.checks:
        columns = named_columns(check, table)
        if not columns or any(c not in synthetic.schema for c in columns):
            yield Violations(check, None)
            continue
        if source is not None and all(c in source.schema for c in columns):
            kept_by_source = _broken(table, check, columns, source, dialect, most=ROWS_TRIED_ON) == 0
        else:
            kept_by_source = True
        yield Violations(check, _broken(table, check, columns, synthetic, dialect) if kept_by_source else None)


def _broken(
    table: Table, check: Check, columns: tuple[str, ...], rows: Rows, dialect: str, *, most: int | None = None
) -> int | None:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f"PRAGMA case_sensitive_like={'OFF' if dialect == 'sqlite' else 'ON'}")
        connection.create_function("char_length", 1, lambda text: None if text is None else len(text))
        declared = ",".join(f"{_quoted(c)} {_AFFINITY.get(table.column(c).type.kind, 'TEXT')}" for c in columns)
        connection.execute(f"CREATE TABLE {_quoted(table.name)} ({declared})")
        marks = ",".join("?" * len(columns))
        taken = 0
        for batch in rows.batches(columns=columns):
            plain = batch.select(_plain(batch[c], rows.formats.get(c)) for c in columns)
            connection.executemany(f"INSERT INTO {_quoted(table.name)} VALUES ({marks})", plain.iter_rows())
            taken += batch.height
            if most is not None and taken >= most:
                break
        return _count(
            connection, f"SELECT count(*) FROM {_quoted(table.name)} WHERE NOT ({in_sqlite(check.expression)})"
        )
    except sqlite3.Error:
        return None  # not an expression of SQLite's: the target's database will evaluate it
    finally:
        connection.close()


def _count(connection: sqlite3.Connection, statement: str) -> int:
    """Run one statement that may read and do nothing else: the expression comes from a database, not from us."""
    looks = 0

    def look() -> int:
        nonlocal looks
        looks += 1
        return looks > _LOOKS

    def authorize(action: int, *_: Any) -> int:
        return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY

    connection.commit()
    connection.set_progress_handler(look, _STEPS)
    connection.set_authorizer(authorize)
    return int(connection.execute(statement).fetchone()[0])


def _plain(values: pl.Series, text_format: str | None) -> pl.Series:
    """Values as SQLite holds them: numbers as numbers, times as text in the source's own format or in ISO's."""
    if values.dtype.is_temporal():
        return values.dt.to_string(text_format) if text_format else values.cast(pl.String)
    if values.dtype.is_decimal():
        return values.cast(pl.Float64)
    if values.dtype == pl.UInt64:
        return values.cast(pl.Float64)
    return values


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
