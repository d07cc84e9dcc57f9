"""Grants and owners of the live tables, carried over to those that will replace them."""

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_schema import Standing
from synth_assets.publish.statement import Statement

# ALTER DEFAULT PRIVILEGES IN SCHEMA reaches tables created in the schema, not tables moved into it.
_BY_DEFAULT = """
SELECT f.defaclobjtype = 'S', a.privilege_type, a.is_grantable,
       CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END
FROM pg_default_acl f JOIN pg_namespace n ON n.oid = f.defaclnamespace, aclexplode(f.defaclacl) a
WHERE n.nspname = %s AND f.defaclobjtype IN ('r', 'S') AND f.defaclrole = (SELECT oid FROM pg_roles
      WHERE rolname = current_user) AND a.grantee <> f.defaclrole
"""

# The staged tables and sequences, each with the one that it replaces.
_RELATIONS = """
SELECT c.relname, c.relkind = 'S', c.oid, (
  SELECT o.oid FROM pg_class o WHERE o.relname = c.relname AND o.relkind IN ('r', 'p', 'S')
  AND (o.relkind = 'S') = (c.relkind = 'S') AND (o.oid = ANY (%(tables)s::oid[]) OR EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = o.oid AND d.deptype IN ('a', 'i')
    AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(tables)s::oid[]))))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(stage)s AND c.relkind IN ('r', 'p', 'S') ORDER BY 1
"""

_OWNERS = """
SELECT 'TABLE', c.relname, c.relname, pg_get_userbyid(c.relowner) FROM pg_class c
WHERE c.oid = ANY (%(tables)s::oid[]) AND pg_get_userbyid(c.relowner) <> current_user AND c.relname IN
      (SELECT relname FROM pg_class WHERE relnamespace = %(stage)s::regnamespace)
UNION ALL
SELECT 'STATISTICS', x.stxname, c.relname, pg_get_userbyid(x.stxowner)
FROM pg_statistic_ext x JOIN pg_class c ON c.oid = x.stxrelid
WHERE c.oid = ANY (%(tables)s::oid[]) AND pg_get_userbyid(x.stxowner) <> current_user AND c.relname IN
      (SELECT relname FROM pg_class WHERE relnamespace = %(stage)s::regnamespace)
"""

# All rights of a relation and of its columns, or of a function; role '' is PUBLIC.
_OF_RELATION = """
SELECT NULL, a.privilege_type, a.is_grantable, CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END
FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END,
     c.relowner))) a WHERE c.oid = %(oid)s
UNION ALL
SELECT t.attname, a.privilege_type, a.is_grantable, CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END
FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = %(oid)s
"""
_OF_FUNCTION = """
SELECT NULL, a.privilege_type, a.is_grantable, CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END
FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE p.oid = %(oid)s
"""


def carry_over(connection: PostgresConnection, outgoing: Standing, *, stage: str) -> list[str]:
    """Give the staged tables the rights and owners of those that they replace; returns notes on what could not be.

    A table that replaces none gets what new tables of the live schema get by default.
    """
    parameters = {"tables": list(outgoing.tables.values()), "stage": stage}
    by_default = connection.rows(_BY_DEFAULT, [outgoing.schema], step="stage")
    notes = []
    for kind, name, table, owner in connection.rows(_OWNERS, parameters, step="stage"):
        place = f"{quoted(stage)}.{quoted(name)}"
        sql = (
            f"GRANT CREATE, USAGE ON SCHEMA {quoted(stage)} TO {quoted(owner)}; "
            f"ALTER {kind} {place} OWNER TO {quoted(owner)}"
        )
        notes += _attempt(connection, Statement(sql, table, f"{name}: its owner {owner}"))
    for name, is_sequence, new, old in connection.rows(_RELATIONS, parameters, step="stage"):
        place, kind = f"{quoted(stage)}.{quoted(name)}", "SEQUENCE" if is_sequence else "TABLE"
        if old is not None:
            rights = same_rights(connection, old, new, place=place, kind=kind, step="stage")
        else:
            rights = [_right("GRANT", kind, place, None, *row[1:]) for row in by_default if row[0] == is_sequence]
        for statement in rights:
            notes += _attempt(connection, Statement(statement.sql, name, f"{name}: the {statement.subject}"))
    return notes


def same_rights(
    connection: PostgresConnection, old: int, new: int, *, place: str, kind: str, step: str
) -> list[Statement]:
    """What gives a new relation or function exactly the rights of the old one, whatever new ones get by default.

    Args:
        place: Of the new one, quoted; with arguments, if it is a function.
        kind: TABLE, also for views, SEQUENCE, FUNCTION or PROCEDURE.
    """
    is_relation = kind in ("TABLE", "SEQUENCE")
    query = _OF_RELATION if is_relation else _OF_FUNCTION
    had, has = ({tuple(row) for row in connection.rows(query, {"oid": oid}, step=step)} for oid in (old, new))
    revoked = [_right("REVOKE", kind, place, *right) for right in sorted(has - had, key=str)]
    return revoked + [_right("GRANT", kind, place, *right) for right in sorted(had - has, key=str)]


def _right(
    verb: str, kind: str, place: str, column: str | None, privilege: str, grantable: bool, role: str
) -> Statement:
    right = f"{privilege} ({quoted(column)})" if column else privilege
    who = quoted(role) if role else "PUBLIC"
    end = f"FROM {who}" if verb == "REVOKE" else f"TO {who}{' WITH GRANT OPTION' if grantable else ''}"
    return Statement(f"{verb} {right} ON {kind} {place} {end}", None, f"right {privilege}")


def _attempt(connection: PostgresConnection, statement: Statement) -> list[str]:
    try:
        with connection.transaction(step="stage"):
            connection.run(statement.sql, step="stage")
    except DatabaseFailed as failure:
        # A column or role that is gone since must not stop a refresh; it is reported.
        if connection.is_lost:
            raise
        return [f"{statement.subject} could not be carried over: {failure.meaning}."]
    return []
