"""Loading a dataset into a file of its own beside a SQLite target, and comparing it with what was sent."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import adbc_driver_manager
import adbc_driver_sqlite.dbapi as adbc
import polars as pl

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.interrupts import raise_interrupt
from synth_assets.catalog.model import Catalog, Table
from synth_assets.catalog.reflect import reflect
from synth_assets.catalog.sql_text import quoted
from synth_assets.failpoints import reached
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.files import lacks_space, remove
from synth_assets.publish.finding import Finding
from synth_assets.publish.measure import TableMeasure
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.sqlite_connection import cleaned, create_private, rows, run
from synth_assets.publish.sqlite_ddl import SqliteDefinition, define
from synth_assets.publish.sqlite_rows import stored
from synth_assets.publish.sqlite_schema import set_sequence
from synth_assets.publish.statement import Statement

# What SQLite says of a row that it does not take: names of tables, columns and constraints, and storage classes.
_SAID = re.compile(
    r"(?:[A-Z ]+ constraint failed(?:: [^\n]*)?|datatype mismatch|cannot store [A-Z]+ value in [A-Z]+ column [^\n]*"
    r"|database or disk is full)"
)
_PLACE = re.compile(r"constraint failed: [^.]*\.(\S[^,\n]*)$")
# A row takes this much more in a file with indexes than in memory, and it is written twice: staged and live.
_SPACE_FACTOR = 4


class SqliteStage:
    """One file, from nothing to ready for the swap."""

    def __init__(self, request: PublishRequest, *, path: Path, live: Path, encoding: str) -> None:
        self.request = request
        self._live = live
        self._encoding = encoding
        self.path = path
        self.definition: SqliteDefinition = define(request.catalog)
        self._left_out: set[Statement] = set()
        self._measures: dict[str, TableMeasure] = {}

    @property
    def notes(self) -> list[str]:
        missing = [
            f"{statement.table}: {statement.subject} has no counterpart in SQLite and is left out."
            for statement in sorted(self._left_out, key=lambda statement: (statement.table or "", statement.subject))
        ]
        return [*self.definition.notes, *missing]

    def on_trial(self) -> list[Finding]:
        """Define everything in memory, without rows: what SQLite does not take. Decides what is left out."""
        found: list[Finding] = []
        connection = sqlite3.connect(":memory:", isolation_level=None)
        try:
            for table in self.definition.tables.values():
                for check in table.checks:
                    alone = table.sql(left_out=[other for other in table.checks if other is not check])
                    if check.optional and self._refused(connection, [alone, f"DROP TABLE {quoted(table.name)}"]):
                        self._left_out.add(check)
                problem = self._refused(connection, [table.sql(left_out=self._left_out)])
                if problem:
                    found.append(
                        Finding(
                            table=table.name,
                            problem=f"SQLite does not take its definition ({problem}).",
                            remedy="Leave the table out (mode: exclude) or publish into the source's own family.",
                        )
                    )
            for index in self.definition.indexes if not found else ():
                problem = self._refused(connection, [index.sql])
                if problem and index.optional:
                    self._left_out.add(index)
                elif problem:
                    found.append(
                        Finding(
                            table=index.table,
                            problem=f"{index.subject}: {problem}.",
                            remedy="Create the target in the source's own family, or exclude the table.",
                        )
                    )
        finally:
            connection.close()
        return found

    def lacks_space(self) -> Finding | None:
        """A finding if the disk is too small for what is about to be written."""
        return lacks_space(self.request, self.path.parent, factor=_SPACE_FACTOR)

    def load(self) -> None:
        """Make the file: tables, rows, then indexes, and the highest numbers given away."""
        remove(self.path)
        connection = create_private(self.path, encoding=self._encoding, step="stage")
        try:
            for table in self.definition.tables.values():
                with cleaned("stage", table=table.name):
                    connection.execute(table.sql(left_out=self._left_out))
        finally:
            connection.close()
        reached("publication.stage.begun")
        # ADBC brings an SQLite of its own: two of them in one process must not hold the same file open at once.
        for name in self.request.catalog.table_names:
            self._load_table(self.request.catalog.table(name))
            reached("publication.stage.table")
        connection = self._open()
        try:
            for index in self.definition.indexes:
                if index not in self._left_out:
                    with cleaned("stage", table=index.table):
                        connection.execute(index.sql)
            reached("publication.stage.keys")
            for table_name, column in self._numbered():
                sql = f"SELECT max({quoted(column)}) FROM {quoted(table_name)}"
                highest = rows(connection, sql, step="stage")[0][0]
                if highest is not None:
                    set_sequence(connection, table_name, max(highest, 0), step="stage")
        finally:
            connection.close()

    def differences(self) -> list[str]:
        """What the file holds otherwise than it was sent, and what is not whole in it, a line each."""
        connection = self._open()
        try:
            found = [
                f"{table}: {count} rows refer to rows of {parent} that are not there."
                for table, parent, count in rows(
                    connection,
                    'SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2',
                    step="audit",
                )
                if parent in self.request.catalog.table_names
            ]
            found += self._orphans_outside(connection)
            # integrity_check also compares each index with the table that it was just built from: 15 times slower.
            whole = rows(connection, "PRAGMA quick_check(1)", step="audit")
            if whole != [("ok",)]:
                found.append("the file is damaged: quick_check found an error.")
            for name, measure in self._measures.items():
                found += self._compare(connection, name, measure)
        finally:
            connection.close()
        return found

    def catalog(self) -> Catalog:
        engine = open_engine(f"sqlite:///{self.path}")
        try:
            return reflect(engine)
        finally:
            engine.dispose()

    def _orphans_outside(self, connection: sqlite3.Connection) -> Iterator[str]:
        """Rows that refer to tables which stay where they are, in the live file, and find nothing there."""
        run(connection, "ATTACH DATABASE ? AS live", [str(self._live)], step="audit")
        for table in self.request.catalog.tables:
            for key in table.foreign_keys:
                if key.parent in self.request.catalog.table_names:
                    continue
                pairs = list(zip(key.columns, key.parent_columns, strict=True))
                same = " AND ".join(f"p.{quoted(parent)} = c.{quoted(child)}" for child, parent in pairs)
                filled = " AND ".join(f"c.{quoted(child)} IS NOT NULL" for child, _ in pairs)
                sql = (
                    f"SELECT count(*) FROM main.{quoted(table.name)} AS c WHERE {filled} "
                    f"AND NOT EXISTS (SELECT 1 FROM live.{quoted(key.parent)} AS p WHERE {same})"
                )
                count = rows(connection, sql, step="audit")[0][0]
                if count:
                    yield f"{table.name}: {count} rows refer to rows of {key.parent} that are not there."

    def _load_table(self, table: Table) -> None:
        sent = self.request.tables[table.name]
        columns = self.request.columns(table.name)
        measure = self._measures[table.name] = TableMeasure()
        if not sent.rows:
            return
        try:
            with (
                adbc.connect(f"file:{_escaped(self.path)}", autocommit=True) as connection,
                connection.cursor() as cursor,
            ):
                for pragma in ("journal_mode = OFF", "synchronous = OFF"):
                    cursor.execute(f"PRAGMA {pragma}").fetchall()
                cursor.execute("BEGIN")
                for batch in sent.batches(columns=columns):
                    frame = stored(batch, table=table.name, columns=columns, formats=sent.formats)
                    measure.add(frame)
                    arrow = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
                    cursor.adbc_ingest(table.name, arrow, mode="append")
                    reached("publication.stage.rows")
                    if self.request.progress is not None:
                        self.request.progress(table.name, batch.height)
                cursor.execute("COMMIT")
        except adbc_driver_manager.Error as error:
            raise_interrupt(error)
            said = _SAID.search(str(error))
            place = _PLACE.search(said.group()) if said else None
            raise DatabaseFailed(
                step="stage",
                code="SQLITE_CONSTRAINT" if place else type(error).__name__,
                meaning=said.group() if said else "the rows were not taken",
                table=table.name,
                column=place.group(1) if place else None,
            ) from None

    def _compare(self, connection: sqlite3.Connection, name: str, measure: TableMeasure) -> list[str]:
        sql = f"SELECT {', '.join(measure.asked)} FROM {quoted(name)}"
        answer = rows(connection, sql, step="audit")[0]
        return measure.differences(name, answer, expected=self.request.tables[name].rows)

    def _numbered(self) -> Iterator[tuple[str, str]]:
        if self.request.catalog.dialect != "sqlite":
            return
        for table in self.request.catalog.tables:
            for column in table.columns:
                if column.identity == "autoincrement":
                    yield table.name, column.name

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None)
        run(connection, "PRAGMA journal_mode = OFF", step="stage")
        run(connection, "PRAGMA synchronous = OFF", step="stage")
        return connection

    def _refused(self, connection: sqlite3.Connection, statements: list[str]) -> str | None:
        try:
            for sql in statements:
                with cleaned("preflight", table="trial"):
                    connection.execute(sql)
        except DatabaseFailed as failure:
            return failure.meaning
        return None


def _escaped(path: Path) -> str:
    """A path as SQLite's URIs have it."""
    return path.as_uri().removeprefix("file://")
