"""Loading a dataset into a file of its own beside a DuckDB target, and comparing it with what was sent."""

from collections.abc import Iterator

import duckdb

from synth_assets.catalog.model import ForeignKey
from synth_assets.catalog.sql_text import quoted
from synth_assets.failpoints import reached
from synth_assets.publish.duckdb_connection import cleaned, create_private, in_memory, opened, rows, run
from synth_assets.publish.duckdb_ddl import DuckdbTable, define
from synth_assets.publish.duckdb_rows import arrow, casts, held_types
from synth_assets.publish.duckdb_schema import create_sequence, create_table
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.files import TargetFiles, remove
from synth_assets.publish.finding import Finding
from synth_assets.publish.measure import TableMeasure
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.statement import Statement, listed

_BATCH = "synth_assets_batch"
_REMEDY = "Leave the table out (mode: exclude) or publish into the source's own family."


class DuckdbStage:
    """One file, from nothing to ready for the swap."""

    def __init__(self, request: PublishRequest, *, files: TargetFiles) -> None:
        self.request = request
        self.path = files.staged
        self._namespace = files.namespace
        self.definition = define(
            request.catalog, namespace=files.namespace, frames=held_types(request.catalog, request.tables)
        )
        self._left_out: set[Statement] = set()
        self._measures: dict[str, TableMeasure] = {}

    @property
    def notes(self) -> list[str]:
        missing = [
            f"{statement.table}: {statement.subject} has no counterpart in DuckDB and is left out."
            for statement in sorted(self._left_out, key=lambda statement: (statement.table or "", statement.subject))
        ]
        return [*self.definition.notes, *missing]

    @property
    def names(self) -> list[str]:
        """Of everything that a schema has one space of names for."""
        found = [*self.definition.tables]
        found += [sequence for table in self.definition.tables.values() for sequence in table.counters.values()]
        return found + [index.name for table in self.request.catalog.tables for index in table.indexes if index.name]

    def on_trial(self) -> list[Finding]:
        """Define everything in memory, without rows: what DuckDB does not take. Decides what is left out."""
        found = list(self.definition.findings)
        with in_memory() as connection:
            self._enter(connection, step="preflight")
            for table in self.definition.tables.values():
                found += self._try_table(connection, table)
            for index in self.definition.indexes if not found else ():
                problem = _refused(connection, [index.sql])
                if problem and index.optional:
                    self._left_out.add(index)
                elif problem:
                    found.append(Finding(table=index.table, problem=f"{index.subject}: {problem}.", remedy=_REMEDY))
        return found

    def load(self) -> None:
        """Make the file: tables with their keys, rows, then indexes."""
        remove(self.path)
        create_private(self.path, step="stage")
        with opened(self.path, step="stage") as connection:
            self._enter(connection, step="stage")
            for table in self.definition.tables.values():
                for sequence in table.counters.values():
                    create_sequence(connection, sequence, after=None, step="stage")
                create_table(connection, table, step="stage", sql=table.sql(left_out=self._left_out))
            reached("publication.stage.begun")
            for table in self.definition.tables.values():
                self._load_table(connection, table)
                reached("publication.stage.table")
            for index in self.definition.indexes:
                if index not in self._left_out:
                    with cleaned("stage", table=index.table):
                        connection.execute(index.sql)
            reached("publication.stage.keys")

    def differences(self) -> list[str]:
        """What the file holds otherwise than it was sent, and which references lead nowhere, a line each."""
        found = []
        with opened(self.path, step="audit") as connection:
            run(connection, f"USE {quoted(self._namespace)}", step="audit")
            for name, measure in self._measures.items():
                sql = f"SELECT {', '.join(measure.asked)} FROM {quoted(name)}"
                answer = rows(connection, sql, step="audit")[0]
                found += measure.differences(name, answer, expected=self.request.tables[name].rows)
            for table, key in self._keys():
                count = rows(connection, _orphans(table, key), step="audit")[0][0]
                if count:
                    found.append(f"{table}: {count} rows refer to rows of {key.parent} that are not there.")
        return found

    def _enter(self, connection: duckdb.DuckDBPyConnection, *, step: str) -> None:
        run(connection, f"CREATE SCHEMA IF NOT EXISTS {quoted(self._namespace)}", step=step)
        run(connection, f"USE {quoted(self._namespace)}", step=step)

    def _try_table(self, connection: duckdb.DuckDBPyConnection, table: DuckdbTable) -> Iterator[Finding]:
        sequences = [f"CREATE SEQUENCE {quoted(sequence)}" for sequence in table.counters.values()]
        optional = {condition for condition in table.conditions if condition.optional}
        problem = _refused(connection, [*sequences, table.sql(left_out=optional)])
        if problem:
            yield Finding(table=table.name, problem=f"DuckDB does not take its definition ({problem}).", remedy=_REMEDY)
            return
        drop = f"DROP TABLE {quoted(table.name)}"
        run(connection, drop, step="preflight")
        for condition in optional:
            if _refused(connection, [table.sql(left_out=optional - {condition}), drop]):
                self._left_out.add(condition)
        create_table(connection, table, step="preflight", sql=table.sql(left_out=self._left_out))

    def _load_table(self, connection: duckdb.DuckDBPyConnection, table: DuckdbTable) -> None:
        sent = self.request.tables[table.name]
        measure = self._measures[table.name] = TableMeasure()
        columns = self.request.columns(table.name)
        if not sent.rows:
            return
        types = {name: table.types[name] for name in columns}
        into = f"INSERT INTO {quoted(table.name)} ({listed(columns)}) SELECT {casts(types)} FROM {_BATCH}"
        run(connection, "BEGIN", step="stage")
        for batch in sent.batches(columns=list(columns)):
            measure.add(batch)
            with cleaned("stage", table=table.name, columns=columns):
                connection.register(_BATCH, arrow(batch, types=types))
                connection.execute(into)
                connection.unregister(_BATCH)
            reached("publication.stage.rows")
            if self.request.progress is not None:
                self.request.progress(table.name, batch.height)
        run(connection, "COMMIT", step="stage")

    def _keys(self) -> Iterator[tuple[str, ForeignKey]]:
        for table in self.request.catalog.tables:
            for key in table.foreign_keys:
                yield table.name, key


def _refused(connection: duckdb.DuckDBPyConnection, statements: list[str]) -> str | None:
    try:
        for sql in statements:
            run(connection, sql, step="preflight")
    except DatabaseFailed as failure:
        return failure.meaning
    return None


def _orphans(table: str, key: ForeignKey) -> str:
    """How many rows refer by a key to a row that is not there; also by a key that DuckDB does not hold itself."""
    pairs = list(zip(key.columns, key.parent_columns, strict=True))
    same = " AND ".join(f"p.{quoted(parent)} = c.{quoted(child)}" for child, parent in pairs)
    filled = " AND ".join(f"c.{quoted(child)} IS NOT NULL" for child, _ in pairs)
    return (
        f"SELECT count(*) FROM {quoted(table)} AS c WHERE {filled} AND NOT EXISTS "
        f"(SELECT 1 FROM {quoted(key.parent)} AS p WHERE {same})"
    )
