"""CHECK constraints, evaluated over generated rows by SQLite's own expression engine."""

import re
import sqlite3
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Check, Table, Value

_CAST = re.compile(
    r"::\s*(?:character varying|double precision|timestamp (?:with|without) time zone|[a-z_][\w ]*?)"
    r"(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])?(?=[\s),=<>]|$)",
    re.IGNORECASE,
)
_ANY_OF = re.compile(r"=\s*ANY\s*\(+\s*ARRAY\s*\[(.*?)\]\s*\)+", re.IGNORECASE | re.DOTALL)


class RowChecks(Value):
    """The checks of a table that concern given columns and that SQLite can evaluate."""

    expressions: tuple[str, ...]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, table: Table, columns: Sequence[str], *, known: Sequence[str] = ()) -> "RowChecks":
        """All checks of the table that name at least one of `columns` and, besides them, none but `known` ones."""
        new, columns = columns, (*known, *columns)
        others = [name for name in table.column_names if name not in columns]
        expressions = []
        for check in table.checks:
            expression = portable(check)
            named = [name for name in columns if _names(expression, name)]
            if (
                set(named) & set(new)
                and not any(_names(expression, name) for name in others)
                and _runs(expression, columns)
            ):
                expressions.append(expression)
        used = tuple(name for name in columns if any(_names(expression, name) for expression in expressions))
        return cls(expressions=tuple(expressions), columns=used)

    def violated(self, rows: pl.DataFrame) -> npt.NDArray[np.bool_]:
        """True for every row for which a check is false (as in SQL, unknown is not false)."""
        if not self.expressions or not rows.height:
            return np.zeros(rows.height, dtype=np.bool_)
        connection = sqlite3.connect(":memory:")
        try:
            _create(connection, self.columns)
            marks = ",".join("?" * len(self.columns))
            plain = rows.select(_plain(rows[name]) for name in self.columns)
            connection.executemany(f"INSERT INTO t VALUES ({marks})", plain.iter_rows())
            wrong = " OR ".join(f"NOT ({expression})" for expression in self.expressions)
            found = connection.execute(f"SELECT rowid - 1 FROM t WHERE {wrong}").fetchall()
        finally:
            connection.close()
        result = np.zeros(rows.height, dtype=np.bool_)
        result[[row for (row,) in found]] = True
        return result


def portable(check: Check) -> str:
    """A check's expression without PostgreSQL's casts and `= ANY (ARRAY[...])`."""
    return _CAST.sub("", _ANY_OF.sub(lambda match: f"IN ({_CAST.sub('', match[1])})", check.expression))


def _names(expression: str, column: str) -> bool:
    bare = re.sub(r"'(?:[^']|'')*'", "''", expression)
    return re.search(rf'(?<![\w"`\[]){re.escape(column)}(?!\w)|["`\[]{re.escape(column)}["`\]]', bare, re.I) is not None


def _runs(expression: str, columns: Sequence[str]) -> bool:
    connection = sqlite3.connect(":memory:")
    try:
        _create(connection, columns)
        connection.execute(f"SELECT 1 FROM t WHERE NOT ({expression})").fetchall()
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    return True


def _create(connection: sqlite3.Connection, columns: Sequence[str]) -> None:
    quoted = ",".join('"' + name.replace('"', '""') + '"' for name in columns)
    connection.execute(f"CREATE TABLE t ({quoted})")


def _plain(values: pl.Series) -> pl.Series:
    """Values as SQLite compares them: numbers as numbers, times as ISO text."""
    if values.dtype.is_decimal():
        return values.cast(pl.Float64)
    return values.cast(pl.String) if values.dtype.is_temporal() else values
