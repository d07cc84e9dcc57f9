"""Preflight in PostgreSQL: everything is created once on trial, without rows, and rolled back."""

from collections.abc import Iterator

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.finding import Finding
from synth_assets.publish.postgres_attached import attached, outward_keys
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_partitions import own_parts
from synth_assets.publish.postgres_schema import Standing, collisions, schema_exists
from synth_assets.publish.postgres_settings import settings
from synth_assets.publish.postgres_stage import PostgresStage
from synth_assets.publish.postgres_trial import examine
from synth_assets.publish.statement import Statement

# Types that come with an extension, by the word that begins their name.
_EXTENSIONS = {
    "citext": "citext",
    "hstore": "hstore",
    "ltree": "ltree",
    "lquery": "ltree",
    "ltxtquery": "ltree",
    "cube": "cube",
    "seg": "seg",
    "isbn": "isn",
    "isbn13": "isn",
    "ean13": "isn",
    "issn": "isn",
    "geometry": "postgis",
    "geography": "postgis",
    "raster": "postgis_raster",
    "vector": "vector",
    "halfvec": "vector",
    "sparsevec": "vector",
}


def preflight(connection: PostgresConnection, stage: PostgresStage, outgoing: Standing, *, key: int) -> list[Finding]:
    """Every reason why this database cannot take the dataset. Fills `stage.left_out`; changes nothing."""
    found = list(stage.definition.findings)
    names = stage.names
    found += _rights(connection, outgoing)
    found += stage.partitioning.findings(outgoing.schema, stage.request.catalog.table_names)
    if not found:
        hung = attached(connection, outgoing, tables=names, step="preflight")
        own = own_parts(connection, outgoing, step="preflight")
        outward = outward_keys(connection, outgoing, tables=names, step="preflight")
        with connection.trial():
            found += _on_trial(connection, stage, outgoing, own, [*hung, *outward], key)
    return found


def _rights(connection: PostgresConnection, outgoing: Standing) -> Iterator[Finding]:
    user, database, read_only, may_create = connection.rows(
        "SELECT current_user, current_database(), pg_is_in_recovery(), "
        "has_database_privilege(current_database(), 'CREATE')",
        step="preflight",
    )[0]
    if read_only:
        yield Finding(problem="the server is a read-only replica.", remedy="Use the url of its primary.")
    if not may_create:
        yield Finding(
            problem=f"user {user} may not create schemas.",
            remedy=f"GRANT CREATE ON DATABASE {quoted(database)} TO {quoted(user)};",
        )
    schema = outgoing.schema
    if schema_exists(connection, schema, step="preflight") and not connection.value(
        "SELECT has_schema_privilege(%s, 'CREATE') AND has_schema_privilege(%s, 'USAGE')",
        [schema, schema],
        step="preflight",
    ):
        yield Finding(
            problem=f"user {user} may not create tables in schema {schema}.",
            remedy=f"GRANT USAGE, CREATE ON SCHEMA {quoted(schema)} TO {quoted(user)};",
        )
    owners = connection.rows(
        "SELECT relname, pg_get_userbyid(relowner) FROM pg_class "
        "WHERE oid = ANY (%s::oid[]) AND NOT pg_has_role(relowner, 'USAGE')",
        [list(outgoing.tables.values())],
        step="preflight",
    )
    for table, owner in owners:
        yield Finding(
            table=table,
            problem=f"it belongs to {owner}, so that user {user} cannot replace it.",
            remedy=f"GRANT {quoted(owner)} TO {quoted(user)};",
        )


def _on_trial(
    connection: PostgresConnection,
    stage: PostgresStage,
    outgoing: Standing,
    own: list[Statement],
    hung: list[Statement],
    key: int,
) -> list[Finding]:
    definition = stage.definition
    stage.make_schema(step="preflight")
    found: list[Finding] = []
    for statement in (*stage.new_types(step="preflight"), *definition.sequences):
        found += _attempt(connection, statement)
    for table, statement in definition.tables.items():
        failed = _attempt(connection, statement)
        found += (_columns(connection, stage, table) or failed) if failed else []
    for partition in stage.partitioning.partitions:
        found += _attempt(connection, partition.made_in(stage.schema))
    if found:
        # What comes next would fail for the same reasons again.
        return found
    for statement in definition.after_load:
        failed = _attempt(connection, statement)
        if failed and statement.optional:
            stage.left_out.add(statement)
        elif failed and statement.table in stage.partitioning.by_table:
            found.append(_not_over_partitions(stage, failed[0], statement.table))
        else:
            found += failed
    for statement in (*stage.renamed(outgoing, step="preflight"), *own):
        found += _attempt(connection, statement)
    for statement in (*stage.renamed(outgoing, step="preflight"), *hung):
        found += _attempt(connection, statement)
    for statement in settings(connection, stage.pairs(outgoing, step="preflight"), step="preflight"):
        found += _attempt(connection, statement)
    for what in collisions(connection, stage.schema, outgoing, step="preflight"):
        found.append(
            Finding(
                problem=f"schema {outgoing.schema} has a {what}, which a table, type or index of the dataset needs "
                "the name of.",
                remedy="Rename or drop it, or publish into another schema.",
            )
        )
    found += examine(connection, outgoing, incoming=stage.schema, key=key).findings
    return found


def _not_over_partitions(stage: PostgresStage, failed: Finding, table: str) -> Finding:
    """Why a partitioned table cannot have what the source's table has."""
    key = stage.partitioning.by_table[table]
    return Finding(
        table=table,
        problem=f"{failed.problem} The live table is partitioned by {key}, and every key must hold these columns.",
        remedy="To keep the target's own keys, say in the plan: "
        f"targets: [{{name: {stage.request.target}, ddl: match}}]. "
        "To have one table as in the source, drop the live one.",
    )


def _columns(connection: PostgresConnection, stage: PostgresStage, table: str) -> list[Finding]:
    """Which columns a refused table is refused for."""
    found = []
    for column, definition in stage.definition.columns[table].items():
        place = f"{quoted(stage.schema)}.{quoted('trial of a column')}"
        sql = f"CREATE TABLE {place} ({definition}); DROP TABLE {place}"
        failed = _attempt(connection, Statement(sql, table, f"column {column}"))
        # A generated column is made from others, which this trial lacks.
        if failed and " GENERATED ALWAYS AS (" not in definition:
            native = stage.native_type(table, column)
            word = native.rpartition(".")[2].strip('"').partition("(")[0].removesuffix("[]")
            extension = _EXTENSIONS.get(word)
            remedy = (
                f'Run in the target: CREATE EXTENSION IF NOT EXISTS "{extension}";'
                if extension
                else "Create in the target what the definition names, or exclude the table."
            )
            problem = f"PostgreSQL here does not take its definition ({failed[0].problem})"
            found.append(Finding(table=table, column=column, problem=problem, remedy=remedy))
    return found


def _attempt(connection: PostgresConnection, statement: Statement) -> list[Finding]:
    try:
        with connection.transaction(step="preflight"):
            connection.run(statement.sql, step="preflight", table=statement.table)
    except DatabaseFailed as failure:
        if connection.is_lost:
            raise
        return [
            Finding(
                table=statement.table,
                problem=f"{statement.subject}: {failure.meaning}, {failure.code}.",
                remedy="Create in the target what the definition names, or exclude the table.",
            )
        ]
    return []
