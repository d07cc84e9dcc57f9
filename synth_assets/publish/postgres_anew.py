"""Readers of the tables that cannot be replaced in place: made beside the live ones, over the tables that come.

A materialized view is filled before the swap, so that readers wait for none. In the swap the live ones are dropped and
these take their places.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.finding import Finding
from synth_assets.publish.naming import previous_schema, stage_schema
from synth_assets.publish.postgres_attached import triggers
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_dependents import Reader, find_dependents
from synth_assets.publish.postgres_grants import same_rights
from synth_assets.publish.postgres_neighbours import Neighbours, neighbours
from synth_assets.publish.postgres_partitions import Partitioning, read_partitioning
from synth_assets.publish.postgres_path import look_in
from synth_assets.publish.postgres_readers import Definition, Places, definitions, reading_path
from synth_assets.publish.postgres_schema import Standing, leaving, standing
from synth_assets.publish.postgres_settings import settings
from synth_assets.publish.statement import Statement, literal

_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid), format('%%I.%%I', n.nspname, t.relname)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace WHERE i.indrelid = %s ORDER BY 1
"""
_NEW = """
SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(name)s
"""
_NEW_FUNCTION = """
SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = %(schema)s
  AND p.proname = %(name)s AND '(' || pg_get_function_identity_arguments(p.oid) || ')' = %(arguments)s
"""


@dataclass(frozen=True)
class Anew:
    """What was made, and by which dependents.

    Attributes:
        forced: Readers that were made anew though PostgreSQL could replace the like in place, by object id.
        definitions: Of all readers, those that are replaced in place, too.
        partitioning: Of the live tables at that time.
        findings: Keys of other tables that the rows to come break, and what cannot be filled with them.
    """

    forced: frozenset[int] = frozenset()
    definitions: tuple[Definition, ...] = ()
    places: Places = field(default_factory=dict)
    neighbours: Neighbours = field(default_factory=Neighbours)
    partitioning: Partitioning = field(default_factory=Partitioning)
    findings: tuple[Finding, ...] = ()


def make_anew(
    connection: PostgresConnection, outgoing: Standing, *, incoming: str, forced: frozenset[int], key: int
) -> Anew:
    """Make and fill what cannot be replaced in place.

    Args:
        incoming: The schema with the tables that come.
        forced: By `examine`.
        key: The lock of the dataset, which its schemas are named by.
    """
    with connection.transaction(step="stage"):
        coming = standing(connection, incoming, None, step="stage")
        going = leaving(connection, outgoing, coming, step="stage")
        partitioning = read_partitioning(connection, going, step="stage")
        look_in(connection, [outgoing.schema], step="stage")
        dependents = find_dependents(connection, going, incoming=coming.tables, anew=forced, step="stage")
        made = definitions(connection, outgoing.schema, dependents.readers, step="stage")
        around = neighbours(connection, going, dependents, previous=previous_schema(key), step="stage")
        findings = tuple(_broken(connection, around, incoming))
        places = make_places(connection, () if findings else dependents.anew, key=key, step="stage")
        path = [incoming, *sorted(set(places.values())), *reading_path(outgoing.schema, dependents.readers)]
        look_in(connection, path, step="stage")
        anew = [definition for definition in made if definition.reader.home in places]
        for definition in anew:
            make_one(connection, definition, places, step="stage")
        findings += tuple(
            finding
            for definition in anew
            if definition.filled
            for finding in _fill(connection, definition, places[definition.reader.home])
        )
    return Anew(forced, made, places, around, partitioning, findings)


def changed_meanwhile(step: str) -> DatabaseFailed:
    """Somebody has changed what was prepared for."""
    return DatabaseFailed(
        step=step,
        code="2BP01",
        meaning="what depends on its tables, or their partitions, was changed while it was published",
        remedy="Publish again: preflight then says what it is.",
    )


def _fill(connection: PostgresConnection, definition: Definition, schema: str) -> Iterator[Finding]:
    """Fill a materialized view by the rights of its owner, as PostgreSQL always does."""
    reader, place = definition.reader, definition.place(schema)
    try:
        with connection.transaction(step="stage"):
            connection.run(f"REFRESH MATERIALIZED VIEW {place}; ANALYZE {place}", step="stage")
    except DatabaseFailed as failure:
        if connection.is_lost:
            raise
        yield Finding(
            problem=f"{reader.label} cannot be filled with the new rows: {failure.meaning}, {failure.code}.",
            remedy=f"Run REFRESH MATERIALIZED VIEW as its owner {reader.owner}, and correct what stops it.",
        )


def _broken(connection: PostgresConnection, around: Neighbours, incoming: str) -> Iterator[Finding]:
    for key in around.keys:
        if key.validated and connection.value(key.violated_in(incoming), step="stage"):
            yield Finding(
                table=key.parent,
                problem=f"{key.label} refers to rows that are not there any more.",
                remedy="Drop the key or the rows of that table, or take the table into the dataset.",
            )


def make_places(connection: PostgresConnection, readers: Iterable[Reader], *, key: int, step: str) -> Places:
    """A new schema for each that readers stand in, where they have their own names."""
    readers = tuple(readers)
    beside = {schema: stage_schema(key) for schema in sorted({reader.schema for reader in readers})}
    for place in beside.values():
        connection.run(f"CREATE SCHEMA {quoted(place)}", step=step)
    return {reader.home: beside[reader.schema] for reader in readers}


def make_one(connection: PostgresConnection, definition: Definition, places: Places, *, step: str) -> None:
    """Make one reader, with all that it has: owner, rights, comments, indexes, triggers. The search path is set."""
    reader = definition.reader
    schema = places[reader.home]
    _run(connection, [definition.made_in(places)], step=step)
    query = _NEW if reader.is_relation else _NEW_FUNCTION
    parameters = {"schema": schema, "name": reader.name, "arguments": definition.arguments}
    new = connection.value(query, parameters, step=step)
    _run(connection, _parts(connection, definition, schema, new, step=step), step=step)


def _parts(
    connection: PostgresConnection, definition: Definition, schema: str, new: int, *, step: str
) -> Iterable[Statement]:
    reader, place = definition.reader, definition.place(schema)
    # Whoever owns something must be able to make it where it stands.
    sql = f"GRANT CREATE, USAGE ON SCHEMA {quoted(schema)} TO {quoted(reader.owner)}"
    yield Statement(sql, None, reader.label)
    yield definition.altered(schema, f"OWNER TO {quoted(reader.owner)}")
    if reader.is_relation:
        for name, text, spelled in connection.rows(_INDEXES, [reader.oid], step=step):
            yield Statement(text.replace(f" ON {spelled} ", f" ON {place} ", 1), None, f"index {name}")
        yield from triggers(connection, [reader.oid], place=place, step=step)
        yield from settings(connection, {reader.oid: new}, step=step)
    else:
        comment = connection.value("SELECT obj_description(%s, 'pg_proc')", [reader.oid], step=step)
        if comment:
            sql = f"COMMENT ON {reader.kind.upper()} {place} IS {literal(comment)}"
            yield Statement(sql, None, f"comment of {reader.label}")
    kind = "TABLE" if reader.is_relation else reader.kind.upper()
    yield from same_rights(connection, reader.oid, new, place=place, kind=kind, step=step)


def _run(connection: PostgresConnection, statements: Iterable[Statement], *, step: str) -> None:
    for statement in statements:
        connection.run(statement.sql, step=step, table=statement.table, constraint=statement.subject)
