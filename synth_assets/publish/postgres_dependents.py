"""What else in a PostgreSQL database leans on tables that are to be replaced: found by `pg_depend`, object by object.

A view, materialized view or function is bound to tables by their object ids, so it would go on with the tables of the
refresh before. It is replaced in place where PostgreSQL can do that: its owner, rights and whatever leans on it stay.
Otherwise it is made anew: a materialized view, which is filled with the new rows; a view or function with a column or
an argument of a table's row type; and whatever leans on these. What cannot be helped is refused by name. Nothing is
ever dropped by CASCADE.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_leaning import Lean, leaning, with_row_types, with_sequences
from synth_assets.publish.postgres_schema import Standing

_READERS = """
SELECT c.oid, CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END, n.nspname, c.relname,
       pg_describe_object('pg_class'::regclass, c.oid, 0), pg_get_userbyid(c.relowner),
       pg_has_role(c.relowner, 'USAGE'), '{}'::oid[]
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY (%(relations)s::oid[])
UNION ALL
SELECT p.oid, CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'other' ELSE 'function' END, n.nspname,
       p.proname, pg_describe_object('pg_proc'::regclass, p.oid, 0), pg_get_userbyid(p.proowner),
       pg_has_role(p.proowner, 'USAGE'), coalesce(p.proallargtypes, p.proargtypes::oid[]) || p.prorettype
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = ANY (%(functions)s::oid[])
"""


@dataclass(frozen=True)
class Reader:
    """A view, materialized view or function of the tables.

    Attributes:
        kind: view, materialized view, function, procedure, or other.
        label: What people call it.
        is_ours: Whether the user has its owner's rights.
        made_of: Other readers, by object id.
        anew: Made anew, and not replaced in place.
    """

    oid: int
    kind: str
    schema: str
    name: str
    label: str
    owner: str
    is_ours: bool
    made_of: frozenset[int]
    anew: bool

    @property
    def home(self) -> tuple[str, str]:
        return self.schema, self.name

    @property
    def is_relation(self) -> bool:
        return self.kind in ("view", "materialized view")


@dataclass(frozen=True)
class Dependents:
    """
    Attributes:
        readers: Each one after those that it is made of.
        keys: Foreign keys of other tables, by object id; so are policies and defaults.
        refused: (table or type of the dataset, what leans on it) of what can neither be replaced nor made anew.
    """

    readers: tuple[Reader, ...] = ()
    keys: frozenset[int] = frozenset()
    policies: frozenset[int] = frozenset()
    defaults: frozenset[int] = frozenset()
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def anew(self) -> tuple[Reader, ...]:
        return tuple(reader for reader in self.readers if reader.anew)

    @property
    def in_place(self) -> tuple[Reader, ...]:
        return tuple(reader for reader in self.readers if not reader.anew)

    @property
    def schemas(self) -> tuple[str, ...]:
        return tuple(sorted({reader.schema for reader in self.readers}))


def find_dependents(
    connection: PostgresConnection,
    outgoing: Standing,
    *,
    incoming: Collection[str],
    anew: Collection[int] = (),
    step: str,
) -> Dependents:
    """Everything outside that leans on tables and types that go.

    Args:
        outgoing: The tables that go, and of their types only those that go with them.
        incoming: Names of the tables that come: what leans on others of `outgoing` is refused.
        anew: Readers that cannot be replaced in place, by object id.
    """
    return _Search(connection, outgoing, incoming, step).run(set(anew))


class _Search:
    def __init__(
        self, connection: PostgresConnection, outgoing: Standing, incoming: Collection[str], step: str
    ) -> None:
        self._connection = connection
        self._step = step
        own = with_sequences(connection, outgoing.tables.values(), step=step)
        self._own = frozenset(own)
        self._names = {oid: name for name, oid in outgoing.tables.items()}
        self._names |= {oid: self._names[table] for oid, table in own.items() if oid not in self._names}
        self._names |= {oid: name for oid, (name, _) in outgoing.types.items()}
        self._seeds = self._own | frozenset(outgoing.types)
        self._gone = {oid for oid in self._seeds if self._names[oid] in set(outgoing.tables) - set(incoming)}
        self._types: dict[int, int] = {}
        self._leans: list[Lean] = []
        self._relations: set[int] = set()
        self._functions: set[int] = set()
        self._made_of: dict[int, set[int]] = {}

    def run(self, anew: set[int]) -> Dependents:
        self._walk()
        details = {
            row[0]: row[1:]
            for row in self._connection.rows(
                _READERS, {"relations": list(self._relations), "functions": list(self._functions)}, step=self._step
            )
        }
        anew |= self._unalterable(details)
        self._spread(anew, materialized={oid for oid, row in details.items() if row[0] == "materialized view"})
        readers = {
            oid: Reader(
                oid=oid,
                kind=kind,
                schema=schema,
                name=name,
                label=label,
                owner=owner,
                is_ours=is_ours,
                made_of=frozenset(self._made_of[oid] - self._seeds),
                anew=oid in anew,
            )
            for oid, (kind, schema, name, label, owner, is_ours, _) in details.items()
            # A view of views that are replaced in place is not touched.
            if oid in anew or self._made_of[oid] & self._seeds
        }
        return self._sorted_out(readers)

    def _walk(self) -> None:
        """From the tables and types to what leans on them, and to what leans on those readers in turn."""
        self._types = with_row_types(self._connection, self._seeds, step=self._step)
        frontier = self._seeds
        seen: set[int] = set()
        while frontier:
            seen |= frontier
            types = {oid for oid, base in self._types.items() if base in frontier}
            found = leaning(self._connection, frontier, types, step=self._step)
            following: set[int] = set()
            for lean in (one.standing_on(self._types.get(one.base, one.base)) for one in found):
                self._leans.append(lean)
                if lean.reader is not None and lean.reader not in self._own and lean.reader != lean.base:
                    self._made_of.setdefault(lean.reader, set()).add(lean.base)
                    (self._functions if lean.kind == "function" else self._relations).add(lean.reader)
                    following.add(lean.reader)
            frontier = frozenset(following - seen)
            self._types |= with_row_types(self._connection, frontier, step=self._step)

    def _unalterable(self, details: Mapping[int, tuple[object, ...]]) -> set[int]:
        """What PostgreSQL cannot replace in place, as it keeps object ids of its own columns' and arguments' types."""
        going = {oid for oid, base in self._types.items() if base in self._seeds}
        found = {lean.holder for lean in self._leans if lean.kind == "column" and lean.base in self._seeds}
        for oid, (kind, *_, types) in details.items():
            if kind in ("materialized view", "other") or going & set(types if isinstance(types, list) else ()):
                found.add(oid)
        return {oid for oid in found if oid in details}

    def _spread(self, anew: set[int], *, materialized: Collection[int]) -> None:
        """What leans on something made anew is so, too, and what a materialized view is filled from before the swap."""
        anew |= self._parts(materialized)
        found = set(anew)
        while found:
            found = {oid for oid, parts in self._made_of.items() if parts & anew} - anew
            anew |= found

    def _sorted_out(self, readers: dict[int, Reader]) -> Dependents:
        gone = self._seeds | {oid for oid, reader in readers.items() if reader.anew}
        taken: dict[str, set[int]] = {"key": set(), "policy": set(), "default": set()}
        refused: set[tuple[str, str]] = set()
        for lean in self._leans:
            if lean.base not in gone:
                continue
            is_own = lean.holder in self._own
            reader = readers.get(lean.reader or 0)
            if lean.base in self._gone and (not is_own or lean.kind in ("policy", "publication")):
                refused.add((self._table(lean.base), lean.label if reader is None else reader.label))
            elif reader is not None:
                pass
            elif is_own and lean.kind != "rule":
                if lean.base not in self._seeds:
                    refused.add((self._names[lean.holder], lean.label))
            elif lean.kind in taken and not (lean.kind == "default" and lean.holder in readers):
                taken[lean.kind].add(lean.object)
            elif not (lean.holder == lean.base and lean.kind in ("index", "trigger")):
                refused.add((self._table(lean.base), lean.label))
        refused |= {(self._table(oid), reader.label) for oid, reader in readers.items() if reader.kind == "other"}
        order = TopologicalSorter({oid: reader.made_of & readers.keys() for oid, reader in sorted(readers.items())})
        try:
            ordered = [readers[oid] for oid in order.static_order()]
        except CycleError as cycle:
            refused |= {(self._table(oid), readers[oid].label) for oid in cycle.args[1]}
            ordered = []
        return Dependents(
            tuple(ordered),
            frozenset(taken["key"]),
            frozenset(taken["policy"]),
            frozenset(taken["default"]),
            tuple(sorted(refused)),
        )

    def _parts(self, readers: Collection[int]) -> set[int]:
        """Readers, with all that they are made of but for the tables and types."""
        found: set[int] = set()
        following = set(readers)
        while following:
            found |= following
            following = {part for oid in following for part in self._made_of[oid]} - self._seeds - found
        return found

    def _table(self, oid: int) -> str:
        """A table or type of the dataset that an object leans on in the end."""
        if oid in self._names:
            return self._names[oid]
        bases = {base for part in self._parts([oid]) for base in self._made_of[part] & self._seeds}
        return min(self._names[base] for base in bases)
