"""What hangs on the live tables without being theirs in the source, made anew for the tables that replace them.

Triggers, row-level policies and storage parameters are made on the staged tables. Views are replaced in place after the
tables have changed places, in the same transaction: they keep their owner, rights, comments, and what depends on them.
Definitions are read with the live schema alone in the search path: what is in it is named without it, so that
they mean the staged tables wherever those are looked up first.
"""

from collections.abc import Collection
from dataclasses import dataclass

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_schema import Standing
from synth_assets.publish.statement import Statement, literal

_TRIGGERS = """
SELECT t.relname, g.tgname, pg_get_triggerdef(g.oid, true), g.tgenabled::text, obj_description(g.oid, 'pg_trigger')
FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
WHERE NOT g.tgisinternal AND g.tgrelid = ANY (%s::oid[]) ORDER BY 1, 2
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
_COLUMNS = """
SELECT attname, atttypid, atttypmod, attcollation FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_VIEWS = """
SELECT DISTINCT n.nspname, v.relname, pg_get_viewdef(v.oid), v.reloptions, pg_has_role(v.relowner, 'USAGE'),
       pg_get_userbyid(v.relowner)
FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class
JOIN pg_namespace n ON n.oid = v.relnamespace
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND v.relkind = 'v'
  AND d.refobjid = ANY (%s::oid[]) ORDER BY 1, 2
"""


def attached(
    connection: PostgresConnection, outgoing: Standing, *, tables: Collection[str], step: str
) -> list[Statement]:
    """Statements for the staged tables of these names, to be run where the stage comes first in the search path."""
    oids = list(outgoing.tables.values())
    made: list[Statement] = []
    with connection.transaction(step=step):
        _look_only_in(connection, outgoing.schema, step=step)
        for table, secured, options in connection.rows(_SETTINGS, [oids], step=step):
            if secured:
                made.append(Statement(f"ALTER TABLE {quoted(table)} ENABLE ROW LEVEL SECURITY", table, "policies"))
            if options:
                made.append(Statement(f"ALTER TABLE {quoted(table)} SET ({options})", table, "storage parameters"))
        for table, name, definition, firing, comment in connection.rows(_TRIGGERS, [oids], step=step):
            made += _trigger(table, name, definition, firing, comment)
        for row in connection.rows(_POLICIES, [oids], step=step):
            made += _policy(*row)
    return [statement for statement in made if statement.table in tables]


@dataclass(frozen=True)
class LiveView:
    """
    Attributes:
        place: Quoted, with its schema.
        definition: Its query.
        options: What stands between its name and its query.
    """

    place: str
    definition: str
    options: str

    @property
    def replacement(self) -> Statement:
        """For the moment at which the new tables stand in the live schema, alone in the search path."""
        sql = f"CREATE OR REPLACE VIEW {self.place}{self.options} AS {self.definition}"
        return Statement(sql, None, f"view {self.place}")


def views(connection: PostgresConnection, outgoing: Standing, *, step: str) -> list[LiveView]:
    """The views of the live tables.

    To be called in a transaction: it sets the search path for the rest of it.
    """
    _look_only_in(connection, outgoing.schema, step=step)
    return [
        LiveView(f"{quoted(schema)}.{quoted(name)}", definition, _with(options))
        for schema, name, definition, options, _, _ in connection.rows(
            _VIEWS, [list(outgoing.tables.values())], step=step
        )
    ]


def changed_view(connection: PostgresConnection, view: LiveView, *, stage: str) -> bool:
    """Whether the staged tables give a view other columns. Run on trial: it makes a view in the stage."""
    trial = f"{quoted(stage)}.{quoted('trial of a view')}"
    connection.run(f"CREATE VIEW {trial} AS {view.definition}", step="preflight")
    now, then = (connection.rows(_COLUMNS, [place], step="preflight") for place in (view.place, trial))
    connection.run(f"DROP VIEW {trial}", step="preflight")
    return now != then[: len(now)]


def forced_policies(connection: PostgresConnection, outgoing: Standing, *, step: str) -> list[Statement]:
    """Policies that bind the owner, too, begin to do so with the swap: until then the owner compares all rows."""
    found = connection.rows(_FORCED, [list(outgoing.tables.values())], step=step)
    place = quoted(outgoing.schema)
    return [
        Statement(f"ALTER TABLE {place}.{quoted(table)} FORCE ROW LEVEL SECURITY", table, "policies")
        for (table,) in found
    ]


def views_of_others(connection: PostgresConnection, outgoing: Standing, *, step: str) -> list[tuple[str, str]]:
    """(view, its owner) for views that the user may not replace."""
    found = connection.rows(_VIEWS, [list(outgoing.tables.values())], step=step)
    return [(f"{quoted(schema)}.{quoted(name)}", owner) for schema, name, _, _, is_ours, owner in found if not is_ours]


def _look_only_in(connection: PostgresConnection, schema: str, *, step: str) -> None:
    connection.run(f"SET LOCAL search_path TO {quoted(schema)}", step=step)


def _trigger(table: str, name: str, definition: str, firing: str, comment: str | None) -> list[Statement]:
    subject = f"trigger {name}"
    made = [Statement(definition, table, subject)]
    if firing in _FIRING:
        sql = f"ALTER TABLE {quoted(table)} {_FIRING[firing]} TRIGGER {quoted(name)}"
        made.append(Statement(sql, table, subject))
    if comment:
        sql = f"COMMENT ON TRIGGER {quoted(name)} ON {quoted(table)} IS {literal(comment)}"
        made.append(Statement(sql, table, subject))
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


def _with(options: list[str] | None) -> str:
    return f" WITH ({', '.join(options)})" if options else ""
