"""What hangs on the live tables without being theirs in the source, made anew for the tables that replace them.

Triggers, row-level policies, extended statistics and storage parameters are made on the staged tables. Definitions are
read with the live schema alone in the search path: what is in it is named without it, so that they mean the staged
tables wherever those are looked up first.
"""

from collections.abc import Collection, Sequence

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_path import look_in
from synth_assets.publish.postgres_schema import Standing
from synth_assets.publish.statement import Statement, literal

_TRIGGERS = """
SELECT t.relname, g.tgname, pg_get_triggerdef(g.oid), format('%%I.%%I', n.nspname, t.relname), g.tgenabled::text,
       obj_description(g.oid, 'pg_trigger')
FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE NOT g.tgisinternal AND coalesce(to_jsonb(g) ->> 'tgparentid', '0') = '0'
  AND g.tgrelid = ANY (%s::oid[]) ORDER BY 1, 2
"""
# Those that a partition has from its table, where they fire otherwise than there.
_INHERITED_TRIGGERS = """
SELECT t.relname, g.tgname, g.tgenabled::text FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
JOIN pg_trigger p ON p.oid::text = to_jsonb(g) ->> 'tgparentid'
WHERE g.tgrelid = ANY (%s::oid[]) AND g.tgenabled <> p.tgenabled ORDER BY 1, 2
"""
_FIRING = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
_POLICIES = """
SELECT t.relname, p.polname, p.polpermissive, p.polcmd::text,
       ARRAY(SELECT CASE r WHEN 0 THEN '' ELSE pg_get_userbyid(r)::text END FROM unnest(p.polroles) AS r),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy')
FROM pg_policy p JOIN pg_class t ON t.oid = p.polrelid WHERE p.polrelid = ANY (%s::oid[]) ORDER BY 1, 2
"""
_COMMANDS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
_SETTINGS = """
SELECT relname, relrowsecurity, array_to_string(reloptions, ', ') FROM pg_class
WHERE oid = ANY (%s::oid[]) AND (relrowsecurity OR reloptions IS NOT NULL) ORDER BY 1
"""
_FORCED = "SELECT relname FROM pg_class WHERE oid = ANY (%s::oid[]) AND relforcerowsecurity ORDER BY 1"
_STATISTICS = """
SELECT t.relname, x.stxname, pg_get_statisticsobjdef(x.oid), format('%%I.%%I', n.nspname, x.stxname),
       coalesce(x.stxstattarget, -1), obj_description(x.oid, 'pg_statistic_ext')
FROM pg_statistic_ext x JOIN pg_class t ON t.oid = x.stxrelid JOIN pg_namespace n ON n.oid = x.stxnamespace
WHERE x.stxrelid = ANY (%s::oid[]) ORDER BY 1, 2
"""
_OUTWARD = """
SELECT t.relname, k.conname, pg_get_constraintdef(k.oid), k.confrelid::regclass::text
FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY (%(tables)s::oid[])
  AND k.confrelid <> ALL (%(tables)s::oid[]) ORDER BY 1, 2
"""


def attached(
    connection: PostgresConnection, outgoing: Standing, *, tables: Collection[str], step: str
) -> list[Statement]:
    """Statements for the staged tables of these names, to be run where the stage comes first in the search path."""
    oids = list(outgoing.tables.values())
    made: list[Statement] = []
    with connection.transaction(step=step):
        look_in(connection, [outgoing.schema], step=step)
        for table, secured, options in connection.rows(_SETTINGS, [oids], step=step):
            if secured:
                made.append(Statement(f"ALTER TABLE {quoted(table)} ENABLE ROW LEVEL SECURITY", table, "policies"))
            if options:
                made.append(Statement(f"ALTER TABLE {quoted(table)} SET ({options})", table, "storage parameters"))
        made += triggers(connection, oids, step=step)
        for table, name, firing in connection.rows(_INHERITED_TRIGGERS, [oids], step=step):
            sql = f"ALTER TABLE ONLY {quoted(table)} {_FIRING.get(firing, 'ENABLE')} TRIGGER {quoted(name)}"
            made.append(Statement(sql, table, f"trigger {name}"))
        for row in connection.rows(_STATISTICS, [oids], step=step):
            made += _statistics(*row)
        for row in connection.rows(_POLICIES, [oids], step=step):
            made += _policy(*row)
    return [statement for statement in made if statement.table in tables]


def outward_keys(
    connection: PostgresConnection, outgoing: Standing, *, tables: Collection[str], step: str
) -> list[Statement]:
    """Foreign keys to tables that are not of the dataset, for the staged tables of these names."""
    with connection.transaction(step=step):
        look_in(connection, [outgoing.schema], step=step)
        found = connection.rows(_OUTWARD, {"tables": list(outgoing.tables.values())}, step=step)
    return [
        Statement(
            f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {definition}",
            table,
            f"foreign key {name} to {parent}, which is not of the dataset",
        )
        for table, name, definition, parent in found
        if table in tables
    ]


def forced_policies(connection: PostgresConnection, outgoing: Standing, *, step: str) -> list[Statement]:
    """Policies that bind the owner, too, begin to do so with the swap: until then the owner compares all rows."""
    found = connection.rows(_FORCED, [list(outgoing.tables.values())], step=step)
    place = quoted(outgoing.schema)
    return [
        Statement(f"ALTER TABLE {place}.{quoted(table)} FORCE ROW LEVEL SECURITY", table, "policies")
        for (table,) in found
    ]


def triggers(
    connection: PostgresConnection, relations: Sequence[int], *, place: str | None = None, step: str
) -> list[Statement]:
    """Triggers of tables or of a view, on those of the same name that are looked up first, or on the one at `place`."""
    made: list[Statement] = []
    for table, name, definition, spelled, firing, comment in connection.rows(_TRIGGERS, [relations], step=step):
        made += _trigger(
            table,
            name,
            definition.replace(f" ON {spelled} ", f" ON {place or quoted(table)} ", 1),
            place or quoted(table),
            firing,
            comment,
        )
    return made


def _trigger(table: str, name: str, definition: str, place: str, firing: str, comment: str | None) -> list[Statement]:
    subject = f"trigger {name}"
    made = [Statement(definition, table, subject)]
    if firing in _FIRING:
        sql = f"ALTER TABLE {place} {_FIRING[firing]} TRIGGER {quoted(name)}"
        made.append(Statement(sql, table, subject))
    if comment:
        sql = f"COMMENT ON TRIGGER {quoted(name)} ON {place} IS {literal(comment)}"
        made.append(Statement(sql, table, subject))
    return made


def _statistics(table: str, name: str, definition: str, spelled: str, aim: int, comment: str | None) -> list[Statement]:
    subject = f"statistics {name}"
    made = [Statement(definition.replace(f" {spelled} ", f" {quoted(name)} ", 1), table, subject)]
    if aim >= 0:
        made.append(Statement(f"ALTER STATISTICS {quoted(name)} SET STATISTICS {aim}", table, subject))
    if comment:
        made.append(Statement(f"COMMENT ON STATISTICS {quoted(name)} IS {literal(comment)}", table, subject))
    return made


def _policy(
    table: str,
    name: str,
    permissive: bool,
    command: str,
    roles: list[str],
    using: str | None,
    check: str | None,
    comment: str | None,
) -> list[Statement]:
    sql = f"CREATE POLICY {quoted(name)} ON {quoted(table)} AS {'PERMISSIVE' if permissive else 'RESTRICTIVE'}"
    sql += f" FOR {_COMMANDS[command]} TO {', '.join(quoted(role) if role else 'PUBLIC' for role in roles)}"
    sql += f" USING ({using})" if using else ""
    sql += f" WITH CHECK ({check})" if check else ""
    made = [Statement(sql, table, f"policy {name}")]
    if comment:
        sql = f"COMMENT ON POLICY {quoted(name)} ON {quoted(table)} IS {literal(comment)}"
        made.append(Statement(sql, table, f"policy {name}"))
    return made
