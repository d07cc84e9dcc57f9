"""Grants and owners of the live tables, carried over to those that will replace them."""

from dataclasses import dataclass

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_schema import Standing

# Rights of tables and of the sequences that belong to them, then those of single columns; role '' is PUBLIC.
_GRANTED = """
SELECT c.relname, c.relkind = 'S', NULL, a.privilege_type, a.is_grantable,
       CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END
FROM pg_class c, aclexplode(c.relacl) a
WHERE a.grantee <> c.relowner AND (c.oid = ANY (%(tables)s::oid[]) OR c.relkind = 'S' AND EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
  AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(tables)s::oid[])))
UNION ALL
SELECT c.relname, false, t.attname, a.privilege_type, a.is_grantable,
       CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END
FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
WHERE a.grantee <> c.relowner AND c.oid = ANY (%(tables)s::oid[])
"""

# ALTER DEFAULT PRIVILEGES IN SCHEMA reaches tables created in the schema, not tables moved into it.
_BY_DEFAULT = """
SELECT f.defaclobjtype = 'S', a.privilege_type, a.is_grantable,
       CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END
FROM pg_default_acl f JOIN pg_namespace n ON n.oid = f.defaclnamespace, aclexplode(f.defaclacl) a
WHERE n.nspname = %s AND f.defaclobjtype IN ('r', 'S') AND f.defaclrole = (SELECT oid FROM pg_roles
      WHERE rolname = current_user) AND a.grantee <> f.defaclrole
"""

_RELATIONS = """
SELECT c.relname, c.relkind = 'S' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'S') ORDER BY 1
"""

_OWNERS = """
SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c
WHERE c.oid = ANY (%s::oid[]) AND pg_get_userbyid(c.relowner) <> current_user
"""


@dataclass(frozen=True)
class _Grant:
    relation: str
    is_sequence: bool
    column: str | None
    privilege: str
    grantable: bool
    role: str

    def sql(self, schema: str) -> str:
        kind = "SEQUENCE" if self.is_sequence else "TABLE"
        column = f" ({quoted(self.column)})" if self.column else ""
        role = quoted(self.role) if self.role else "PUBLIC"
        option = " WITH GRANT OPTION" if self.grantable else ""
        place = f"{quoted(schema)}.{quoted(self.relation)}"
        return f"GRANT {self.privilege}{column} ON {kind} {place} TO {role}{option}"


def carry_over(connection: PostgresConnection, outgoing: Standing, *, stage: str) -> list[str]:
    """Give the staged tables the rights and owners of those that they replace; returns notes on what could not be."""
    there = {(name, is_sequence) for name, is_sequence in connection.rows(_RELATIONS, [stage], step="stage")}
    found = connection.rows(_GRANTED, {"tables": list(outgoing.tables.values())}, step="stage")
    grants = [_Grant(*row) for row in found]
    for is_sequence, privilege, grantable, role in connection.rows(_BY_DEFAULT, [outgoing.schema], step="stage"):
        grants += [
            _Grant(name, is_sequence, None, privilege, grantable, role)
            for name, kind in sorted(there)
            if kind == is_sequence
        ]
    notes = []
    for grant in dict.fromkeys(grants):
        if (grant.relation, grant.is_sequence) in there:
            notes += _attempt(connection, grant.sql(stage), f"{grant.relation}: the right {grant.privilege}")
    for table, owner in connection.rows(_OWNERS, [list(outgoing.tables.values())], step="stage"):
        if (table, False) in there:
            place = f"{quoted(stage)}.{quoted(table)}"
            sql = (
                f"GRANT CREATE, USAGE ON SCHEMA {quoted(stage)} TO {quoted(owner)}; "
                f"ALTER TABLE {place} OWNER TO {quoted(owner)}"
            )
            notes += _attempt(connection, sql, f"{table}: its owner {owner}")
    return notes


def _attempt(connection: PostgresConnection, sql: str, what: str) -> list[str]:
    try:
        with connection.transaction(step="stage"):
            connection.run(sql, step="stage")
    except DatabaseFailed as failure:
        # A column or role that is gone since must not stop a refresh; it is reported.
        if connection.is_lost:
            raise
        return [f"{what} could not be carried over: {failure.meaning}."]
    return []
