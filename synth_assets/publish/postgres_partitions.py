"""The partitions of live PostgreSQL tables, made again below the tables that replace these.

A source knows nothing of partitions: a partitioned table is one table to it. So all that partitions are belongs to the
target, as triggers and rights do: their bounds, and what each has of its own (indexes, keys, checks, defaults). Their
names and those of their indexes stay.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.finding import Finding
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_path import look_in
from synth_assets.publish.postgres_schema import Standing
from synth_assets.publish.statement import Statement

# Tables with all that is below them; `top` is the table that all of it is part of.
_TREE = """
WITH RECURSIVE part AS (
  SELECT c.oid, c.oid AS top, NULL::oid AS parent, 0 AS depth FROM pg_class c
  WHERE c.oid = ANY (%(tables)s::oid[]) AND c.relkind = 'p' AND NOT c.relispartition
  UNION ALL
  SELECT i.inhrelid, p.top, p.oid, p.depth + 1 FROM part p JOIN pg_inherits i ON i.inhparent = p.oid
)
"""
_PARTITIONS = """
SELECT t.relname, c.relname, o.relname, n.nspname, c.relkind::text, coalesce(pg_get_partkeydef(c.oid), ''),
       coalesce(pg_get_expr(c.relpartbound, c.oid), '')
FROM part p JOIN pg_class c ON c.oid = p.oid JOIN pg_class t ON t.oid = p.top
JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class o ON o.oid = p.parent ORDER BY p.depth, c.relname
"""
# A column of a partition beside that of the table: defaults are not those of the table for ever.
_COLUMNS = """
SELECT c.relname, a.attname, a.attnotnull AND NOT b.attnotnull, pg_get_expr(d.adbin, d.adrelid),
       pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM pg_get_expr(e.adbin, e.adrelid)
FROM part p JOIN pg_class c ON c.oid = p.oid
JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
JOIN pg_attribute b ON b.attrelid = p.top AND b.attname = a.attname AND NOT b.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_attrdef e ON e.adrelid = b.attrelid AND e.adnum = b.attnum
WHERE p.depth > 0 AND a.attidentity = '' ORDER BY p.depth DESC, c.relname, a.attnum
"""
_OWN_CONSTRAINTS = """
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM part p JOIN pg_class c ON c.oid = p.oid
JOIN pg_constraint k ON k.conrelid = p.oid
WHERE p.depth > 0 AND (
  k.contype = 'c' AND k.conislocal AND k.coninhcount = 0
  OR k.contype IN ('p', 'u', 'x') AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = k.conindid)
  OR k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = ANY (%(tables)s::oid[]))
ORDER BY k.contype = 'f', c.relname, k.conname
"""
_OWN_INDEXES = """
SELECT t.relname, c.relname, replace(pg_get_indexdef(c.oid, 0, true), format(' ON ONLY %%s ', p.oid::regclass),
                                     format(' ON %%s ', p.oid::regclass))
FROM part p JOIN pg_class t ON t.oid = p.oid JOIN pg_index i ON i.indrelid = p.oid
JOIN pg_class c ON c.oid = i.indexrelid
WHERE p.depth > 0 AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid)
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
ORDER BY p.depth, t.relname, c.relname
"""
_INDEXES = """
SELECT t.relname, o.relname, c.relname, c.oid FROM part p JOIN pg_class t ON t.oid = p.oid
JOIN pg_index i ON i.indrelid = p.oid JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_inherits h ON h.inhrelid = c.oid LEFT JOIN pg_class o ON o.oid = h.inhparent
WHERE p.depth > 0 ORDER BY p.depth, c.relname
"""


@dataclass(frozen=True)
class Partition:
    """
    Attributes:
        table: The table that it is part of in the end.
        parent: The table that it is directly part of, which may be a partition.
        bounds: FOR VALUES ... or DEFAULT.
        key: What it is partitioned by itself; empty if it is not.
    """

    table: str
    name: str
    parent: str
    schema: str
    kind: str
    bounds: str
    key: str

    def made_in(self, schema: str, *, unlogged: bool = False) -> Statement:
        place, parent = f"{quoted(schema)}.{quoted(self.name)}", f"{quoted(schema)}.{quoted(self.parent)}"
        logged = "UNLOGGED " if unlogged and not self.key else ""
        by = f" PARTITION BY {self.key}" if self.key else ""
        sql = f"CREATE {logged}TABLE {place} PARTITION OF {parent} {self.bounds}{by}"
        return Statement(sql, self.table, f"partition {self.name}")


@dataclass(frozen=True)
class Partitioning:
    """
    Attributes:
        keys: What each partitioned table is partitioned by.
        partitions: Each one after what it is part of.
    """

    keys: tuple[tuple[str, str], ...] = ()
    partitions: tuple[Partition, ...] = ()

    @property
    def by_table(self) -> dict[str, str]:
        return dict(self.keys)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(partition.name for partition in self.partitions)

    def of(self, table: str) -> tuple[Partition, ...]:
        return tuple(partition for partition in self.partitions if partition.table == table)

    def only(self, tables: Collection[str]) -> "Partitioning":
        """That of these tables."""
        keys = tuple((table, key) for table, key in self.keys if table in tables)
        return Partitioning(keys, tuple(one for one in self.partitions if one.table in tables))

    @property
    def gaps(self) -> tuple[tuple[str, str, str], ...]:
        """(table, place, key): the table, or a partition of it with partitions, that may lack one for a row."""
        parents = [(table, table, key) for table, key in self.keys]
        parents += [(one.table, one.name, one.key) for one in self.partitions if one.key]
        open_ended = {one.parent for one in self.partitions if one.bounds == "DEFAULT"}
        return tuple(
            (table, name, key)
            for table, name, key in parents
            # Partitions by hash are made for all rows, or PostgreSQL would take few of them.
            if name not in open_ended and not key.startswith("HASH")
        )

    def findings(self, schema: str, tables: Collection[str]) -> Iterator[Finding]:
        """What cannot be made again.

        Args:
            tables: All tables of the dataset.
        """
        for partition in self.partitions:
            place = f"{quoted(partition.schema)}.{quoted(partition.name)}"
            if partition.kind == "f":
                problem = f"its partition {partition.name} is a foreign table, whose rows are elsewhere."
                remedy = f"ALTER TABLE {quoted(partition.parent)} DETACH PARTITION {place}."
            elif partition.schema != schema:
                problem = f"its partition {partition.name} stands in schema {partition.schema}."
                remedy = f"ALTER TABLE {place} SET SCHEMA {quoted(schema)}."
            elif partition.name in tables:
                problem = f"its partition {partition.name} is a table of the dataset, too."
                remedy = f"Leave table {partition.name} out of the plan (mode: exclude), or rename the partition."
            else:
                continue
            yield Finding(table=partition.table, problem=problem, remedy=remedy)


def read_partitioning(connection: PostgresConnection, outgoing: Standing, *, step: str) -> Partitioning:
    """How the live tables are partitioned."""
    with connection.transaction(step=step):
        look_in(connection, [outgoing.schema], step=step)
        found = connection.rows(_TREE + _PARTITIONS, _parameters(outgoing), step=step)
    return Partitioning(
        tuple((table, key) for table, _, parent, _, _, key, _ in found if parent is None),
        tuple(
            Partition(table, name, parent, schema, kind, bounds, key)
            for table, name, parent, schema, kind, key, bounds in found
            if parent is not None
        ),
    )


def own_parts(connection: PostgresConnection, outgoing: Standing, *, step: str) -> list[Statement]:
    """What live partitions have of their own, for the staged ones, to be run where these come first in the search path.

    Keys and indexes of their tables come first: PostgreSQL would take an index of a partition for a part of theirs.
    """
    with connection.transaction(step=step):
        look_in(connection, [outgoing.schema], step=step)
        columns, constraints, indexes = (
            connection.rows(_TREE + query, _parameters(outgoing), step=step)
            for query in (_COLUMNS, _OWN_CONSTRAINTS, _OWN_INDEXES)
        )
    made = [statement for row in columns for statement in _column(*row)]
    made += [Statement(definition, partition, f"index {name}") for partition, name, definition in indexes]
    for partition, name, definition in constraints:
        sql = f"ALTER TABLE {quoted(partition)} ADD CONSTRAINT {quoted(name)} {definition}"
        made.append(Statement(sql, partition, f"constraint {name}"))
    return made


def _column(
    partition: str, column: str, is_filled: bool, default: str | None, has_own_default: bool
) -> list[Statement]:
    alter, subject = f"ALTER COLUMN {quoted(column)}", f"column {column}"
    made = []
    if has_own_default:
        change = f"SET DEFAULT {default}" if default is not None else "DROP DEFAULT"
        made.append(Statement(f"ALTER TABLE ONLY {quoted(partition)} {alter} {change}", partition, subject))
    if is_filled:
        made.append(Statement(f"ALTER TABLE {quoted(partition)} {alter} SET NOT NULL", partition, subject))
    return made


def renamed_indexes(
    connection: PostgresConnection, outgoing: Standing, staged: Standing, *, step: str
) -> list[Statement]:
    """Give indexes of staged partitions the names of the live ones that belong to the same index of the table."""
    there = connection.rows(_TREE + _INDEXES, _parameters(outgoing), step=step)
    live = {(table, parent): name for table, parent, name, _ in there}
    taken = {name for _, _, name, _ in there}
    known_as: dict[str, str] = {}
    aside, named = [], []
    for table, parent, name, oid in connection.rows(_TREE + _INDEXES, _parameters(staged), step=step):
        if parent is None:
            continue
        known = live.get((table, known_as.get(parent, parent)))
        known_as[name] = known or name
        if known != name and (known or name in taken):
            # Names are exchanged by way of others. An index that only the source has makes room, and keeps such a name.
            passing = f"synth_assets_{oid}"
            aside.append(_rename(staged.schema, table, name, passing))
            named += [_rename(staged.schema, table, passing, known)] if known else []
    return [*aside, *named]


def _rename(schema: str, table: str, name: str, other: str) -> Statement:
    sql = f"ALTER INDEX {quoted(schema)}.{quoted(name)} RENAME TO {quoted(other)}"
    return Statement(sql, table, f"index {other}")


def _parameters(standing: Standing) -> dict[str, list[int]]:
    return {"tables": list(standing.tables.values())}
