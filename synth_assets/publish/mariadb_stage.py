"""Loading a dataset into a new database of the target's server, and comparing it with what was sent."""

import datetime
from decimal import Decimal
from typing import Any

import polars as pl

from synth_assets.catalog.model import ForeignKey, Kind
from synth_assets.catalog.sql_text import quoted
from synth_assets.failpoints import reached
from synth_assets.publish.mariadb_connection import MariadbConnection, quoted_place
from synth_assets.publish.mariadb_ddl import MariadbDefinition, MariadbTable, altering, create, define
from synth_assets.publish.mariadb_rows import escaped, insert_values, load_text, wrapping
from synth_assets.publish.measure import Extreme, TableMeasure
from synth_assets.publish.naming import stage_schema
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.statement import Statement, listed

_MOST_INSERT_BYTES = 8 * 2**20
_ORDERED = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DATE, Kind.DATETIME})
_MOST_ANSWERS = 500


class MariadbStage:
    """One new database, from nothing to ready for the swap.

    Attributes:
        left_out: Checks written for another dialect that this server does not understand; preflight finds them.
    """

    def __init__(self, connection: MariadbConnection, request: PublishRequest, *, key: int, url: str) -> None:
        self._connection = connection
        self._url = url
        self.request = request
        self.database = stage_schema(key)
        self.left_out: set[Statement] = set()
        self.definition = self.define(self.database)
        self._measures: dict[str, TableMeasure] = {}

    @property
    def notes(self) -> list[str]:
        missing = [
            f"{check.table}: {check.subject} has no counterpart in MariaDB and is left out."
            for table in self.definition.tables.values()
            for check in table.checks
            if check in self.left_out
        ]
        return [*self.definition.notes, *missing]

    def define(self, database: str) -> MariadbDefinition:
        frames = {name: rows.schema for name, rows in self.request.tables.items()}
        return define(self.request.catalog, database=database, dialect=self._connection.dialect, frames=frames)

    def load(self) -> None:
        """Create the tables and fill them, then their further keys and indexes, then the foreign keys.

        InnoDB keeps the rows in the order of the primary key: only that one stands before the rows. Foreign keys are
        declared without a look at the rows, for which MariaDB would copy every table; `orphans` looks.
        """
        connection = self._connection
        connection.run(f"CREATE DATABASE {quoted(self.database)}", step="stage")
        connection.run("SET SESSION foreign_key_checks = 0", step="stage")
        reached("publication.stage.begun")
        for table in self.definition.tables.values():
            sql = create(table, database=self.database, left_out=frozenset(self.left_out))
            connection.run(sql, step="stage", table=table.name)
        reads_files = bool(connection.value("SELECT @@GLOBAL.local_infile", step="stage"))
        with MariadbConnection(self._url, database=self.database, sends_files=reads_files) as loading:
            loading.run("SET SESSION foreign_key_checks = 0, unique_checks = 0", step="stage")
            for table in self.definition.tables.values():
                self._load_table(loading, table, reads_files=reads_files)
                reached("publication.stage.table")
        for alterations in (self.definition.later, self.definition.foreign_keys):
            for name, statements in alterations.items():
                connection.run(altering(quoted_place(self.database, name), statements), step="stage", table=name)
        reached("publication.stage.keys")
        places = ", ".join(quoted_place(self.database, name) for name in self.definition.tables)
        connection.rows(f"ANALYZE TABLE {places}", step="stage")

    def differences(self) -> list[str]:
        """What the database holds otherwise than it was sent, and references that point nowhere, a line each."""
        found: list[str] = []
        for name, measure in self._measures.items():
            found += self._compare(name, measure)
        for table in self.request.catalog.tables:
            for key in table.foreign_keys:
                count = self._orphans(table.name, key)
                if count:
                    found.append(f"{table.name}: {count} rows refer to rows of {key.parent} that are not there.")
        return found

    def _load_table(self, loading: MariadbConnection, table: MariadbTable, *, reads_files: bool) -> None:
        rows = self.request.tables[table.name]
        measure = self._measures[table.name] = TableMeasure()
        columns = self.request.columns(table.name)
        if not columns or not rows.rows:
            return
        loading.run("BEGIN", step="stage")
        for batch in rows.batches(columns=columns):
            measure.add(batch)
            texts = escaped(batch, table=table.name, types={column: table.types[column] for column in columns})
            wrappings = [wrapping(table.types[c], is_binary=batch.schema[c] == pl.Binary) for c in columns]
            if reads_files:
                sql = self._load_statement(table, columns, wrappings)
                loading.load(sql, load_text(texts), table=table.name, columns=columns)
            else:
                place = quoted_place(self.database, table.name)
                for values in insert_values(texts, wrappings, most_bytes=self._most_bytes()):
                    sql = f"INSERT INTO {place} ({listed(columns)}) VALUES {values}"
                    loading.run(sql, step="stage", table=table.name, columns=columns)
            reached("publication.stage.rows")
            if self.request.progress is not None:
                self.request.progress(table.name, batch.height)
        loading.run("COMMIT", step="stage")

    def _load_statement(self, table: MariadbTable, columns: tuple[str, ...], wrappings: list[str]) -> str:
        targets, settings = [], []
        is_plain = all(wrapped == "{}" for wrapped in wrappings)
        for number, (column, wrapped) in enumerate(zip(columns, wrappings, strict=True)):
            # Beside a SET clause MariaDB forgets that a counter's zero was given, and counts up instead.
            if wrapped == "{}" and (is_plain or column != table.counting):
                targets.append(quoted(column))
            else:
                targets.append(f"@value{number}")
                settings.append(f"{quoted(column)} = {wrapped.format(f'@value{number}')}")
        tail = f" SET {', '.join(settings)}" if settings else ""
        place = quoted_place(self.database, table.name)
        # Its braces stay as they are when the place of the rows is filled in.
        rest = f"INTO TABLE {place} CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' "
        rest += f"LINES TERMINATED BY '\\n' ({', '.join(targets)}){tail}"
        return "LOAD DATA LOCAL INFILE '{file}' " + rest.replace("{", "{{").replace("}", "}}")

    def _most_bytes(self) -> int:
        packet = int(self._connection.value("SELECT @@max_allowed_packet", step="stage"))
        return min(_MOST_INSERT_BYTES, packet // 2)

    def _orphans(self, table: str, key: ForeignKey) -> int:
        is_made = key.parent in self.request.catalog.table_names
        parents = self.database if is_made else str(self.request.catalog.namespace)
        pairs = list(zip(key.columns, key.parent_columns, strict=True))
        same = " AND ".join(f"p.{quoted(parent)} = c.{quoted(child)}" for child, parent in pairs)
        filled = " AND ".join(f"c.{quoted(child)} IS NOT NULL" for child, _ in pairs)
        sql = (
            f"SELECT count(*) FROM {quoted_place(self.database, table)} AS c WHERE {filled} AND NOT EXISTS "
            f"(SELECT 1 FROM {quoted_place(parents, key.parent)} AS p WHERE {same})"
        )
        return int(self._connection.value(sql, step="audit"))

    def _compare(self, name: str, measure: TableMeasure) -> list[str]:
        columns = list(measure.nulls)
        kinds = {column.name: column.type.kind for column in self.request.catalog.table(name).columns}
        # A set of bits is compared as the number that it is; a number in a column of texts has another order.
        types = self.definition.tables[name].types
        extremes = {
            column: sent
            for column, sent in measure.extremes.items()
            if kinds[column] in _ORDERED and not types[column].lower().startswith(("bit", "longtext", "varchar"))
        }
        place = quoted_place(self.database, name)
        asked = [f"count({quoted(column)})" for column in columns]
        asked += [f"CAST({word}({quoted(c)}) AS CHAR)" for c in extremes for word in ("min", "max")]
        answer: list[Any] = [self._connection.value(f"SELECT count(*) FROM {place}", step="audit")]
        for start in range(0, len(asked), _MOST_ANSWERS):
            some = ", ".join(asked[start : start + _MOST_ANSWERS])
            answer += self._connection.rows(f"SELECT {some} FROM {place}", step="audit")[0]
        expected = self.request.tables[name].rows
        found = []
        if not answer[0] == measure.rows == expected:
            found.append(f"{name}: {expected} rows to publish, {measure.rows} sent, {answer[0]} there.")
        for column, filled in zip(columns, answer[1:], strict=False):
            if answer[0] - filled != measure.nulls[column]:
                found.append(f"{name}.{column}: {measure.nulls[column]} NULLs sent, {answer[0] - filled} there.")
        ends = answer[1 + len(columns) :]
        for position, (column, sent) in enumerate(extremes.items()):
            there = ends[2 * position : 2 * position + 2]
            if not all(_is_same(text, value) for text, value in zip(there, sent, strict=True)):
                found.append(f"{name}.{column}: the least or the greatest value there is not the one sent.")
        return found


def _is_same(text: str | None, sent: Extreme) -> bool:
    if text is None:
        return False
    if isinstance(sent, datetime.date):
        return text.partition(" ")[0] == sent.isoformat()
    return Decimal(text) == Decimal(sent)
