"""Whether what leans on the live tables can lean on those that come: each is made once on trial, and rolled back."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.finding import Finding
from synth_assets.publish.naming import stage_schema
from synth_assets.publish.postgres_anew import make_one, make_places
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_dependents import Dependents, find_dependents
from synth_assets.publish.postgres_leaning import leaning, with_row_types, with_sequences
from synth_assets.publish.postgres_neighbours import Neighbours, neighbours, publications_of_others
from synth_assets.publish.postgres_path import look_in
from synth_assets.publish.postgres_readers import Definition, Places, definitions, reading_path
from synth_assets.publish.postgres_schema import Standing, leaving, standing

_COLUMNS = """
SELECT attname, atttypid, atttypmod, attcollation FROM pg_attribute
WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_MADE = """
SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s)
UNION ALL
SELECT p.oid, p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY (%(schemas)s)
"""
_OWNERS = """
SELECT DISTINCT c.oid::regclass::text, pg_get_userbyid(c.relowner)
FROM pg_class c WHERE NOT pg_has_role(c.relowner, 'USAGE') AND c.oid IN (
  SELECT conrelid FROM pg_constraint WHERE oid = ANY (%(keys)s::oid[])
  UNION ALL SELECT polrelid FROM pg_policy WHERE oid = ANY (%(policies)s::oid[])
  UNION ALL SELECT adrelid FROM pg_attrdef WHERE oid = ANY (%(defaults)s::oid[])) ORDER BY 1
"""
_CLOSED = """
SELECT nspname FROM pg_namespace WHERE nspname = ANY (%s) AND NOT has_schema_privilege(oid, 'CREATE') ORDER BY 1
"""
_PARENTS = """
SELECT t.relname, i.inhparent::regclass::text FROM pg_inherits i JOIN pg_class t ON t.oid = i.inhrelid
WHERE i.inhrelid = ANY (%(tables)s::oid[]) AND i.inhparent <> ALL (%(tables)s::oid[]) ORDER BY 1, 2
"""
_CHANGE_IT = "Drop it before the refresh and create it again afterwards, or change it so that it fits the new tables."
_GONE = "Drop what depends on the table, or keep the table in the dataset; nothing is ever dropped for you."
_DROP_THEM = "Drop what depends on the tables, or keep it in another database; it is never dropped for you."


@dataclass(frozen=True)
class Examined:
    """
    Attributes:
        anew: Readers that are made anew for columns that the new tables give them otherwise, by object id.
        findings: Why the tables cannot be replaced; empty if they can.
    """

    anew: frozenset[int]
    findings: tuple[Finding, ...]


def examine(connection: PostgresConnection, outgoing: Standing, *, incoming: str, key: int) -> Examined:
    """Find what cannot lean on the tables of schema `incoming`. Changes nothing.

    Args:
        key: The lock of the dataset, which its schemas are named by.
    """
    anew: set[int] = set()
    while True:
        with connection.trial():
            trial = _Trial(connection, outgoing, incoming, key)
            changed = trial.run(anew)
        if not changed or trial.findings:
            return Examined(frozenset(anew), tuple(trial.findings))
        anew |= changed


class _Trial:
    def __init__(self, connection: PostgresConnection, outgoing: Standing, incoming: str, key: int) -> None:
        self._connection = connection
        self._outgoing = outgoing
        self._incoming = incoming
        self._key = key
        self._scratch = stage_schema(key)
        self._labels: dict[str, str] = {}
        self.findings: list[Finding] = []

    def run(self, anew: set[int]) -> set[int]:
        """Readers whose columns change, so that they cannot be replaced in place."""
        connection, coming = self._connection, standing(self._connection, self._incoming, None, step="preflight")
        going = leaving(connection, self._outgoing, coming, step="preflight")
        look_in(connection, [self._outgoing.schema], step="preflight")
        dependents = find_dependents(connection, going, incoming=coming.tables, anew=anew, step="preflight")
        self.findings += self._refusals(dependents, set(going.tables) - set(coming.tables))
        self.findings += self._parents()
        self.findings += self._rights(dependents)
        if self.findings:
            return set()
        made = definitions(connection, going.schema, dependents.readers, step="preflight")
        around = neighbours(connection, going, dependents, previous=self._incoming, step="preflight")
        places = make_places(connection, dependents.anew, key=self._key, step="preflight")
        connection.run(f"CREATE SCHEMA {quoted(self._scratch)}", step="preflight")
        path = reading_path(going.schema, dependents.readers)
        look_in(connection, [self._incoming, *sorted(set(places.values())), *path], step="preflight")
        changed = {definition.reader.oid for definition in made if self._reader(definition, places)}
        self._neighbours(around)
        if not changed:
            self._misbound(going, dependents, sorted(set(places.values())))
        return changed

    def _refusals(self, dependents: Dependents, gone: set[str]) -> Iterator[Finding]:
        for table, what in dependents.refused:
            if table in gone:
                yield Finding(
                    table=table, problem=f"it is not in the dataset any more, and {what} depends on it.", remedy=_GONE
                )
            else:
                yield Finding(table=table, problem=f"{what} depends on it.", remedy=_DROP_THEM)

    def _parents(self) -> Iterator[Finding]:
        """Tables whose rows are those of another table, too, wherever they are moved."""
        parameters = {"tables": list(self._outgoing.tables.values())}
        for table, parent in self._connection.rows(_PARENTS, parameters, step="preflight"):
            yield Finding(
                table=table,
                problem=f"it is a part of table {parent}, or inherits from it.",
                remedy=f"ALTER TABLE {parent} DETACH PARTITION, or ALTER TABLE {quoted(table)} NO INHERIT {parent}.",
            )

    def _rights(self, dependents: Dependents) -> Iterator[Finding]:
        owned = [(reader.label, reader.owner) for reader in dependents.readers if not reader.is_ours]
        parameters = {
            "keys": list(dependents.keys),
            "policies": list(dependents.policies),
            "defaults": list(dependents.defaults),
        }
        found = self._connection.rows(_OWNERS, parameters, step="preflight")
        owned += [(f"table {table}, which leans on the dataset's,", owner) for table, owner in found]
        publications = publications_of_others(self._connection, self._outgoing, step="preflight")
        owned += [(f"publication {name}", owner) for name, owner in publications]
        schemas = sorted({reader.schema for reader in dependents.anew})
        user = quoted(self._connection.value("SELECT current_user", step="preflight"))
        for (schema,) in self._connection.rows(_CLOSED, [schemas], step="preflight"):
            yield Finding(
                problem=f"views or functions of schema {schema} must be made anew, and the user may not create there.",
                remedy=f"GRANT CREATE ON SCHEMA {quoted(schema)} TO {user};",
            )
        for label, owner in owned:
            yield Finding(
                problem=f"{label} belongs to {owner}, so that it cannot be bound to the new tables.",
                remedy=f"GRANT {quoted(owner)} TO {user};",
            )

    def _reader(self, definition: Definition, places: Places) -> bool:
        """Make one reader on trial; whether it would have to change its columns in place."""
        reader = definition.reader
        with self._finding(reader.label):
            if reader.anew:
                make_one(self._connection, definition, places, step="preflight")
                self._labels[reader.name] = reader.label
            elif reader.is_relation:
                return self._is_changed(reader.oid, self._view(reader.label, definition.text))
            else:
                self._connection.run(definition.made_in({reader.home: self._scratch}).sql, step="preflight")
                self._labels[reader.name] = reader.label
        return False

    def _is_changed(self, live: int, trial: str) -> bool:
        oid = self._connection.value("SELECT %s::regclass::oid", [trial], step="preflight")
        now, then = (self._connection.rows(_COLUMNS, [view], step="preflight") for view in (live, oid))
        return now != then[: len(now)]

    def _neighbours(self, around: Neighbours) -> None:
        for key in around.keys:
            with self._finding(key.label):
                copy = self._place(key.label)
                sql = f"CREATE TABLE {copy} (LIKE {key.child}); ALTER TABLE {copy} ADD {key.definition}"
                self._connection.run(sql, step="preflight")
        for label, query in around.expressions:
            with self._finding(label):
                self._view(label, query)

    def _misbound(self, going: Standing, dependents: Dependents, places: Sequence[str]) -> None:
        """What was made on trial, and yet leans on what goes: a name in it is found elsewhere first."""
        own = with_sequences(self._connection, going.tables.values(), step="preflight").keys() | going.types.keys()
        for objects, schemas in (
            (own, [self._scratch, *places]),
            # What is on trial in the scratch schema is made for good when readers have their own names again.
            ({reader.oid for reader in dependents.anew}, places),
        ):
            made = dict(self._connection.rows(_MADE, {"schemas": schemas}, step="preflight"))
            types = with_row_types(self._connection, objects, step="preflight")
            for lean in leaning(self._connection, objects, types, apart="", step="preflight"):
                name = made.get(lean.reader or lean.holder)
                if name is not None:
                    label = self._labels.get(name, name)
                    problem = f"{label} would go on with what the refresh before had: a name in it stands for several."
                    self.findings.append(Finding(problem=problem, remedy=_CHANGE_IT))

    def _view(self, label: str, query: str) -> str:
        place = self._place(label)
        self._connection.run(f"CREATE VIEW {place} AS {query}", step="preflight")
        return place

    def _place(self, label: str) -> str:
        name = f"trial {len(self._labels)}"
        self._labels[name] = label
        return f"{quoted(self._scratch)}.{quoted(name)}"

    @contextlib.contextmanager
    def _finding(self, label: str) -> Iterator[None]:
        try:
            with self._connection.transaction(step="preflight"):
                yield
        except DatabaseFailed as failure:
            if self._connection.is_lost:
                raise
            problem = f"{label} does not fit the new tables: {failure.meaning}, {failure.code}."
            self.findings.append(Finding(problem=problem, remedy=_CHANGE_IT))
