"""What other tables have that leans on the tables of the dataset, bound to those that come in their place.

Keys, policies and defaults of other tables, and publications of logical replication. Each has up to three parts: what
is run `ahead`, before readers are locked out, what lets go of the live tables, and what takes hold of the new ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_dependents import Dependents
from synth_assets.publish.postgres_schema import Standing
from synth_assets.publish.statement import Statement, literal

_KEYS = """
SELECT k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid), t.relname,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (n, i)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY i),
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (n, i)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY i),
       k.convalidated, obj_description(k.oid, 'pg_constraint'), k.oid
FROM pg_constraint k JOIN pg_class t ON t.oid = k.confrelid WHERE k.oid = ANY (%s::oid[]) ORDER BY 1, 2
"""
_POLICIES = """
SELECT p.polrelid::regclass::text, p.polname, pg_get_expr(p.polqual, p.polrelid),
       pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_policy p WHERE p.oid = ANY (%s::oid[]) ORDER BY 1, 2
"""
_DEFAULTS = """
SELECT d.adrelid::regclass::text, a.attname, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.oid = ANY (%s::oid[]) ORDER BY 1, 2
"""
# Sequences of these tables that defaults of others draw from.
_SHARED = """
SELECT DISTINCT q.relname FROM pg_depend d JOIN pg_class q ON q.oid = d.refobjid AND q.relkind = 'S'
JOIN pg_namespace n ON n.oid = q.relnamespace
WHERE d.classid = 'pg_attrdef'::regclass AND d.objid = ANY (%s::oid[]) AND d.refclassid = 'pg_class'::regclass
  AND n.nspname = %s
"""
# Columns and a filter are known since PostgreSQL 15.
_PUBLICATIONS = """
SELECT b.pubname, t.relname, {columns}, {filter}, pg_get_userbyid(b.pubowner), pg_has_role(b.pubowner, 'USAGE')
FROM pg_publication_rel r JOIN pg_class t ON t.oid = r.prrelid JOIN pg_publication b ON b.oid = r.prpubid
WHERE r.prrelid = ANY (%s::oid[]) ORDER BY 1, 2
"""
_COLUMNS = """ARRAY(SELECT a.attname::text FROM unnest(r.prattrs::int2[]) AS u (n)
                    JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = u.n)"""
_FILTER = "pg_get_expr(r.prqual, r.prrelid)"


@dataclass(frozen=True)
class OutsideKey:
    """A foreign key of another table.

    Attributes:
        child: The other table, quoted where the search path asks for it.
        definition: FOREIGN KEY (...) REFERENCES ..., which means the table of the dataset that is looked up first.
        parent: The table of the dataset.
        validated: The database has found all rows of the child to obey it.
    """

    child: str
    name: str
    definition: str
    parent: str
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    validated: bool
    comment: str | None
    oid: int

    @property
    def label(self) -> str:
        return f"foreign key {self.name} of table {self.child}"

    def violated_in(self, schema: str) -> str:
        """A query for whether rows of the child refer to none of the parent's in that schema."""
        filled = " AND ".join(f"c.{quoted(column)} IS NOT NULL" for column in self.columns)
        same = " AND ".join(
            f"p.{quoted(theirs)} = c.{quoted(own)}"
            for own, theirs in zip(self.columns, self.parent_columns, strict=True)
        )
        parent = f"{quoted(schema)}.{quoted(self.parent)}"
        return (
            f"SELECT EXISTS (SELECT FROM {self.child} c WHERE {filled} AND NOT EXISTS "
            f"(SELECT FROM {parent} p WHERE {same}))"
        )

    @property
    def _passing_name(self) -> str:
        return quoted(f"synth_assets_{self.oid}")

    @property
    def ahead(self) -> Statement:
        """Checks the rows of the child, which nobody writes then, against the parent that comes."""
        return self._statement(f"ALTER TABLE {self.child} ADD CONSTRAINT {self._passing_name} {self.definition}")

    @property
    def release(self) -> Statement:
        return self._statement(f"ALTER TABLE {self.child} DROP CONSTRAINT {quoted(self.name)}")

    @property
    def bind(self) -> Statement:
        sql = f"ALTER TABLE {self.child} RENAME CONSTRAINT {self._passing_name} TO {quoted(self.name)}"
        if self.comment:
            sql += f"; COMMENT ON CONSTRAINT {quoted(self.name)} ON {self.child} IS {literal(self.comment)}"
        return self._statement(sql)

    def _statement(self, sql: str) -> Statement:
        return Statement(sql, None, self.label)


@dataclass(frozen=True)
class Neighbours:
    """
    Attributes:
        release: Run while the live tables are where they were.
        bind: Run when the new ones are there.
        expressions: (what it belongs to, a query that holds it) of policies and defaults.
    """

    keys: tuple[OutsideKey, ...] = ()
    expressions: tuple[tuple[str, str], ...] = ()
    release: tuple[Statement, ...] = ()
    bind: tuple[Statement, ...] = ()


def neighbours(
    connection: PostgresConnection, outgoing: Standing, dependents: Dependents, *, previous: str, step: str
) -> Neighbours:
    """To be called with the search path that definitions are read with.

    Args:
        previous: The schema that the live tables go to.
    """
    keys = tuple(
        OutsideKey(child, name, definition, parent, tuple(columns), tuple(theirs), validated, comment, oid)
        for child, name, definition, parent, columns, theirs, validated, comment, oid in connection.rows(
            _KEYS, [list(dependents.keys)], step=step
        )
    )
    release = [key.release for key in keys]
    bind = [key.bind for key in keys]
    expressions = []
    for table, name, using, check in connection.rows(_POLICIES, [list(dependents.policies)], step=step):
        release.append(_policy(table, name, using and "false", check and "false"))
        bind.append(_policy(table, name, using, check))
        held = [f"({expression})" for expression in (using, check) if expression]
        expressions.append((bind[-1].subject, f"SELECT {' AND '.join(held)} AS held FROM {table}"))
    for table, column, default in connection.rows(_DEFAULTS, [list(dependents.defaults)], step=step):
        alter = f"ALTER TABLE {table} ALTER COLUMN {quoted(column)}"
        subject = f"default of column {column} of table {table}"
        release.append(Statement(f"{alter} DROP DEFAULT", None, subject))
        bind.append(Statement(f"{alter} SET DEFAULT {default}", None, subject))
        expressions.append((subject, f"SELECT {default} AS held"))
    for (sequence,) in connection.rows(_SHARED, [list(dependents.defaults), outgoing.schema], step=step):
        bind.append(_counted_on(sequence, outgoing.schema, previous))
    bind += _publications(connection, outgoing, previous=previous, step=step)
    return Neighbours(keys, tuple(expressions), tuple(release), tuple(bind))


def publications_of_others(
    connection: PostgresConnection, outgoing: Standing, *, step: str
) -> Iterator[tuple[str, str]]:
    """(publication, its owner) of those with tables of the dataset that the user may not alter."""
    found = {(row[0], row[4]) for row in _publication_rows(connection, outgoing, step=step) if not row[5]}
    yield from sorted(found)


def _policy(table: str, name: str, using: str | None, check: str | None) -> Statement:
    sql = f"ALTER POLICY {quoted(name)} ON {table}"
    sql += f" USING ({using})" if using else ""
    sql += f" WITH CHECK ({check})" if check else ""
    return Statement(sql, None, f"policy {name} of table {table}")


def _counted_on(sequence: str, live: str, previous: str) -> Statement:
    """The numbers that other tables have drawn are not drawn again."""
    new, old = (f"{quoted(schema)}.{quoted(sequence)}" for schema in (live, previous))
    sql = f"SELECT setval({literal(new)}, last_value) FROM {old} WHERE last_value > (SELECT last_value FROM {new})"
    return Statement(sql, None, f"sequence {sequence}")


def _publications(
    connection: PostgresConnection, outgoing: Standing, *, previous: str, step: str
) -> Iterator[Statement]:
    for name, table, columns, condition, _, _ in _publication_rows(connection, outgoing, step=step):
        member = f"{quoted(outgoing.schema)}.{quoted(table)}"
        member += f" ({', '.join(map(quoted, columns))})" if columns else ""
        member += f" WHERE ({condition})" if condition else ""
        change = f"ALTER PUBLICATION {quoted(name)}"
        sql = f"{change} DROP TABLE {quoted(previous)}.{quoted(table)}; {change} ADD TABLE {member}"
        yield Statement(sql, table, f"publication {name}")


def _publication_rows(
    connection: PostgresConnection, outgoing: Standing, *, step: str
) -> list[tuple[str, str, list[str] | None, str | None, str, bool]]:
    since_15 = int(connection.value("SHOW server_version_num", step=step)) >= 150000
    sql = _PUBLICATIONS.format(columns=_COLUMNS if since_15 else "NULL", filter=_FILTER if since_15 else "NULL")
    found = connection.rows(sql, [list(outgoing.tables.values())], step=step)
    return [(name, table, columns, where, owner, ours) for name, table, columns, where, owner, ours in found]
