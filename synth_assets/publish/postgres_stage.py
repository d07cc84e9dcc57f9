"""Loading a dataset into a new schema of a PostgreSQL database, and comparing it with what was sent."""

import datetime
import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from synth_assets.catalog.model import Kind
from synth_assets.catalog.sql_text import quoted
from synth_assets.failpoints import reached
from synth_assets.publish.errors import DatabaseFailed, PreflightFailed
from synth_assets.publish.finding import Finding
from synth_assets.publish.measure import Extreme, TableMeasure
from synth_assets.publish.naming import stage_schema
from synth_assets.publish.postgres_anew import Anew, changed_meanwhile, make_anew
from synth_assets.publish.postgres_attached import attached, outward_keys
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_ddl import PostgresDefinition, define
from synth_assets.publish.postgres_grants import carry_over
from synth_assets.publish.postgres_partitions import Partitioning, own_parts, renamed_indexes
from synth_assets.publish.postgres_routing import load_partitions
from synth_assets.publish.postgres_rows import copy_text
from synth_assets.publish.postgres_schema import Standing, standing
from synth_assets.publish.postgres_settings import left_behind, settings
from synth_assets.publish.postgres_trial import examine
from synth_assets.publish.postgres_types import types_alike
from synth_assets.publish.read_ahead import read_ahead
from synth_assets.publish.request import PublishRequest
from synth_assets.publish.statement import Statement, listed, literal
from synth_assets.store.parquet import ROW_GROUP_ROWS

# A query of PostgreSQL gives at most 1,664 columns.
_MOST_ANSWERS = 500
_ORDERED = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DATE, Kind.DATETIME})
_EXTENSION_SCHEMAS = "SELECT DISTINCT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"


class PostgresStage:
    """One new schema, from nothing to ready for the swap.

    Attributes:
        left_out: Statements written for another dialect that this server does not understand; preflight finds them.
        anew: What leans on the live tables and was made over the staged ones.
    """

    def __init__(
        self,
        connection: PostgresConnection,
        request: PublishRequest,
        *,
        key: int,
        namespace: str,
        partitioning: Partitioning,
    ) -> None:
        self._connection = connection
        self.request = request
        self._namespace = namespace
        self._key = key
        self.schema = stage_schema(key)
        self.partitioning = partitioning.only(request.catalog.table_names)
        frames = {name: rows.schema for name, rows in request.tables.items()}
        self.definition: PostgresDefinition = define(
            request.catalog, schema=self.schema, frames=frames, partitioned=self.partitioning.by_table
        )
        self.left_out: set[Statement] = set()
        self.anew = Anew()
        self._measures: dict[str, TableMeasure] = {}
        self._carried: list[str] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The tables, and their partitions."""
        return (*self.request.catalog.table_names, *self.partitioning.names)

    @property
    def notes(self) -> list[str]:
        missing = [
            f"{statement.table}: {statement.subject} has no counterpart in PostgreSQL and is left out."
            for statement in self.definition.after_load
            if statement in self.left_out
        ]
        return [*self.definition.notes, *missing, *self._carried]

    def native_type(self, table: str, column: str) -> str:
        return self.request.catalog.table(table).column(column).type.native

    def make_schema(self, *, step: str) -> None:
        """Create the schema and look names up in it first, then where extensions are, then in the target's own."""
        self._connection.run(f"CREATE SCHEMA {quoted(self.schema)}", step=step)
        extensions = [name for (name,) in self._connection.rows(_EXTENSION_SCHEMAS, step=step)]
        path = dict.fromkeys([self.schema, *extensions, self._namespace, "public"])
        self._connection.run(f"SET search_path TO {', '.join(map(quoted, path))}", step=step)

    def new_types(self, *, step: str) -> list[Statement]:
        """The types that the target has not got; the others are used as they stand there."""
        there = types_alike(self._connection, self._namespace, self.request.catalog, step=step)
        return [statement for native, statement in self.definition.types.items() if native not in there]

    def renamed(self, outgoing: Standing, *, step: str) -> list[Statement]:
        """Names that the indexes of staged partitions are to have instead of those that PostgreSQL gave them."""
        staged = standing(self._connection, self.schema, None, step=step)
        return renamed_indexes(self._connection, outgoing, staged, step=step)

    def pairs(self, outgoing: Standing, *, step: str) -> dict[int, int]:
        """The staged tables by those that they replace, by object id."""
        staged = standing(self._connection, self.schema, outgoing.tables, step=step).tables
        return {outgoing.tables[name]: oid for name, oid in staged.items()}

    def load(self) -> None:
        """Create types and tables and fill them, without keys and indexes: these come after, which is faster."""
        self.make_schema(step="stage")
        about = {"dataset": self.request.dataset, "refresh": self.request.refresh, "schema": self._namespace}
        self._connection.run(f"COMMENT ON SCHEMA {quoted(self.schema)} IS {literal(json.dumps(about))}", step="stage")
        reached("publication.stage.begun")
        for statement in (*self.new_types(step="stage"), *self.definition.sequences):
            self._connection.run(statement.sql, step="stage", table=statement.table)
        # Those first whose partitions may not take every row: nothing else has been loaded in vain then.
        gaps = {table for table, _, _ in self.partitioning.gaps}
        for name in sorted(self.request.catalog.table_names, key=lambda name: name not in gaps):
            self._load_table(name)
            reached("publication.stage.table")

    def finish(self, outgoing: Standing) -> None:
        """Keys, indexes, checks, references; sequences behind the highest key; rights of the tables replaced."""
        self._run(statement for statement in self.definition.after_load if statement not in self.left_out)
        reached("publication.stage.keys")
        self._finish_partitions(outgoing)
        names = self.names
        self._run(attached(self._connection, outgoing, tables=names, step="stage"))
        self._refer_outward(outward_keys(self._connection, outgoing, tables=names, step="stage"))
        pairs = self.pairs(outgoing, step="stage")
        self._run(settings(self._connection, pairs, step="stage"))
        for name, columns in self._counters():
            self._set_counter(name, columns)
        self._carried = carry_over(self._connection, outgoing, stage=self.schema)
        self._carried += left_behind(self._connection, pairs, step="stage")
        tables = ", ".join(self._place(name) for name in names)
        if tables:
            self._connection.run(f"ANALYZE {tables}", step="stage")
        examined = examine(self._connection, outgoing, incoming=self.schema, key=self._key)
        self._refuse(examined.findings)
        self.anew = make_anew(self._connection, outgoing, incoming=self.schema, forced=examined.anew, key=self._key)
        self._refuse(self.anew.findings)
        if self.anew.partitioning.only(names) != self.partitioning:
            raise changed_meanwhile("stage")

    def _finish_partitions(self, outgoing: Standing) -> None:
        own = own_parts(self._connection, outgoing, step="stage")
        self._run(self.renamed(outgoing, step="stage"))
        self._run(own)
        # Again for what became of the indexes that partitions have of their own.
        self._run(self.renamed(outgoing, step="stage"))

    def _run(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            self._connection.run(statement.sql, step="stage", table=statement.table, constraint=statement.subject)

    def differences(self) -> list[str]:
        """What the database holds otherwise than it was sent, a line each."""
        found: list[str] = []
        for name, measure in self._measures.items():
            found += self._compare(name, measure)
        return found

    def _refer_outward(self, keys: Sequence[Statement]) -> None:
        findings = []
        for statement in keys:
            try:
                with self._connection.transaction(step="stage"):
                    self._connection.run(statement.sql, step="stage", table=statement.table)
            except DatabaseFailed as failure:
                if self._connection.is_lost:
                    raise
                problem = f"{statement.subject}, cannot be made: {failure.meaning}, {failure.code}."
                remedy = "Take that table into the dataset, or drop the key in the target."
                findings.append(Finding(table=statement.table, problem=problem, remedy=remedy))
        self._refuse(findings)

    def _refuse(self, findings: Sequence[Finding]) -> None:
        if findings:
            raise PreflightFailed(self.request.target, findings)

    def _load_table(self, name: str) -> None:
        rows = self.request.tables[name]
        columns = self.request.columns(name)
        self._measures[name] = TableMeasure()
        # FREEZE, which asks for a table made in the same transaction: a reader whose snapshot is older than the load
        # would otherwise find the new table empty after the swap, without an error.
        partitions = self.partitioning.of(name)
        if partitions and columns and rows.rows:
            self._connection.run(self.definition.tables[name].sql, step="stage", table=name)
            load_partitions(
                self._connection,
                name,
                key=self.partitioning.by_table[name],
                partitions=partitions,
                columns=self._stored(name),
                stage=self.schema,
                passing=stage_schema(self._key),
                send=lambda place: self._send(name, place, "FORMAT csv"),
            )
            return
        with self._connection.transaction(step="stage"):
            self._connection.run(self.definition.tables[name].sql, step="stage", table=name)
            for partition in partitions:
                self._connection.run(partition.made_in(self.schema).sql, step="stage", table=name)
            if columns and rows.rows:
                self._send(name, self._place(name), "FORMAT csv, FREEZE true")

    def _send(self, name: str, place: str, options: str) -> None:
        rows = self.request.tables[name]
        columns, measure = self.request.columns(name), self._measures[name]
        sql = f"COPY {place} ({listed(columns)}) FROM STDIN WITH ({options})"
        with self._connection.copy(sql, table=name, columns=columns) as copy:
            texts = _texts(rows.batches(columns=columns), name, columns, measure)
            # There is nothing to prepare beside the load of a single batch.
            for height, text in read_ahead(texts) if rows.rows > ROW_GROUP_ROWS else texts:
                copy.write(text)
                reached("publication.stage.rows")
                if self.request.progress is not None:
                    self.request.progress(name, height)

    def _stored(self, name: str) -> tuple[str, ...]:
        """All columns that are not computed, those that the target fills among them."""
        return tuple(column.name for column in self.request.catalog.table(name).columns if column.generated is None)

    def _counters(self) -> Iterator[tuple[str | None, list[tuple[str, str]]]]:
        """Every sequence with the (table, column) pairs that it numbers; an identity column has one of its own."""
        shared: dict[str, list[tuple[str, str]]] = {}
        for counter in self.definition.counters:
            if counter.sequence is None:
                yield None, [(counter.table, counter.column)]
            else:
                shared.setdefault(counter.sequence, []).append((counter.table, counter.column))
        yield from shared.items()

    def _set_counter(self, sequence: str | None, columns: list[tuple[str, str]]) -> None:
        highest = ", ".join(f"(SELECT max({quoted(column)}) FROM {self._place(table)})" for table, column in columns)
        if sequence is None:
            table, column = columns[0]
            which = f"pg_get_serial_sequence({literal(self._place(table))}, {literal(column)})"
        else:
            which = literal(self._place(sequence))
        sql = (
            f"SELECT setval(({which})::regclass, greatest(m.top, 1), m.top >= 1) "
            f"FROM (SELECT coalesce(greatest({highest}), 0)::bigint AS top) AS m"
        )
        self._connection.rows(sql, step="stage")

    def _compare(self, name: str, measure: TableMeasure) -> list[str]:
        columns = list(measure.nulls)
        # A number may have gone into a column that orders otherwise or not at all, such as text or boolean.
        kinds = {column.name: column.type.kind for column in self.request.catalog.table(name).columns}
        extremes = {column: sent for column, sent in measure.extremes.items() if kinds[column] in _ORDERED}
        asked = [f"count({quoted(column)})" for column in columns]
        asked += [f"{word}({quoted(c)})::text" for c in extremes for word in ("min", "max")]
        answer: list[Any] = [self._connection.value(f"SELECT count(*) FROM {self._place(name)}", step="audit")]
        for start in range(0, len(asked), _MOST_ANSWERS):
            some = ", ".join(asked[start : start + _MOST_ANSWERS])
            answer += self._connection.rows(f"SELECT {some} FROM {self._place(name)}", step="audit")[0]
        found = []
        if answer[0] != measure.rows or measure.rows != self.request.tables[name].rows:
            found.append(
                f"{name}: {self.request.tables[name].rows} rows to publish, {measure.rows} sent, {answer[0]} there."
            )
        for column, filled in zip(columns, answer[1:], strict=False):
            if answer[0] - filled != measure.nulls[column]:
                found.append(f"{name}.{column}: {measure.nulls[column]} NULLs sent, {answer[0] - filled} there.")
        ends = answer[1 + len(columns) :]
        for position, (column, sent) in enumerate(extremes.items()):
            there = ends[2 * position : 2 * position + 2]
            if not all(_is_same(text, value) for text, value in zip(there, sent, strict=True)):
                found.append(f"{name}.{column}: the least or the greatest value there is not the one sent.")
        return found

    def _place(self, name: str) -> str:
        return f"{quoted(self.schema)}.{quoted(name)}"


def _texts(
    batches: Iterator[pl.DataFrame], table: str, columns: Sequence[str], measure: TableMeasure
) -> Iterator[tuple[int, bytes]]:
    """Batches as (rows, their text), measured."""
    for batch in batches:
        measure.add(batch)
        yield batch.height, copy_text(batch, table=table, columns=columns)


def _is_same(text: str | None, sent: Extreme) -> bool:
    if text is None:
        return False
    if isinstance(sent, datetime.date):
        # A date may have gone into a column of timestamps.
        return text.split(" ")[0].split("T")[0] == sent.isoformat()
    return Decimal(text) == Decimal(sent)
