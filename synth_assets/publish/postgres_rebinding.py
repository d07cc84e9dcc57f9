"""The part of the swap that binds whatever leans on the live tables to those that come in their place."""

from collections.abc import Iterable, Sequence, Set

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.errors import DatabaseFailed
from synth_assets.publish.postgres_anew import Anew, changed_meanwhile
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_dependents import Dependents, find_dependents
from synth_assets.publish.postgres_leaning import leaning, with_row_types, with_sequences
from synth_assets.publish.postgres_neighbours import neighbours
from synth_assets.publish.postgres_partitions import read_partitioning
from synth_assets.publish.postgres_path import look_in
from synth_assets.publish.postgres_readers import Definition, definitions, reading_path
from synth_assets.publish.postgres_schema import Standing, leaving, standing
from synth_assets.publish.statement import Statement

_STEP = "swap"
_RECORDED = """
SELECT classid, objid, objsubid, refobjid, refobjsubid, xmin::text FROM pg_depend
WHERE refobjid = ANY (%s::oid[]) AND refclassid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass)
ORDER BY 1, 2, 3, 4, 5
"""


class Rebinding:
    """To be used within the transaction of the swap, step by step: `ahead`, then under lock `release`, and `bind`.

    Attributes:
        going: The tables that go, and of their types those that go with them.
    """

    def __init__(
        self, connection: PostgresConnection, outgoing: Standing, *, incoming: str, anew: Anew, previous: str
    ) -> None:
        self._connection = connection
        self._incoming = incoming
        self._anew = anew
        self._previous = previous
        self._coming = standing(connection, incoming, None, step=_STEP)
        self.going = leaving(connection, outgoing, self._coming, step=_STEP)
        self._own: Set[int] = frozenset()
        self._types: dict[int, int] = {}
        self._before: list[tuple[object, ...]] = []
        self._path = reading_path(outgoing.schema, [definition.reader for definition in anew.definitions])

    def ahead(self) -> None:
        """All that readers need not wait for.

        See that everything is still as it was when it was prepared, and add the keys of other tables to those that
        come: this checks their rows.
        """
        self._own = with_sequences(self._connection, self.going.tables.values(), step=_STEP).keys() | set(
            self.going.types
        )
        readers = {definition.reader.oid for definition in self._anew.definitions}
        self._types = with_row_types(self._connection, self._own | readers, step=_STEP)
        self._compare()
        look_in(self._connection, [self._incoming, *self._path], step=_STEP)
        self._run(key.ahead for key in self._anew.neighbours.keys)
        self._before = self._recorded()

    def release(self) -> None:
        """Let go of the live tables, if nothing was changed before they were locked: nothing is from then on."""
        if self._recorded() != self._before:
            raise changed_meanwhile(_STEP)
        look_in(self._connection, self._path, step=_STEP)
        self._run(self._anew.neighbours.release)
        self._run(definition.dropped() for definition in reversed(self._anew.definitions) if definition.reader.anew)

    def _compare(self) -> None:
        if read_partitioning(self._connection, self.going, step=_STEP) != self._anew.partitioning:
            raise changed_meanwhile(_STEP)
        dependents = self._dependents()
        made = definitions(self._connection, self.going.schema, dependents.readers, step=_STEP)
        around = neighbours(self._connection, self.going, dependents, previous=self._previous, step=_STEP)
        if dependents.refused:
            table, what = dependents.refused[0]
            raise _failed(table, f"{what} depends on it")
        if _alike(made) != _alike(self._anew.definitions) or around != self._anew.neighbours:
            raise changed_meanwhile(_STEP)

    def _recorded(self) -> list[tuple[object, ...]]:
        """What the database has written down of dependents: their rows are written anew when one is redefined."""
        readers = (definition.reader.oid for definition in self._anew.definitions)
        objects = [*self._own, *readers, *self._types]
        return self._connection.rows(_RECORDED, [objects], step=_STEP)

    def bind(self) -> None:
        """Take hold of the tables that stand in the live schema now."""
        look_in(self._connection, self._path, step=_STEP)
        for definition in self._anew.definitions:
            if definition.reader.anew:
                place = self._anew.places[definition.reader.home]
                self._run([definition.altered(place, f"SET SCHEMA {quoted(definition.reader.schema)}")])
        for place in sorted(set(self._anew.places.values())):
            self._connection.run(f"DROP SCHEMA {quoted(place)}", step=_STEP)
        self._run(definition.in_place() for definition in self._anew.definitions if not definition.reader.anew)
        self._run(self._anew.neighbours.bind)
        self._check()

    def _dependents(self) -> Dependents:
        look_in(self._connection, [self.going.schema], step=_STEP)
        return find_dependents(
            self._connection,
            self.going,
            incoming=self._coming.tables,
            anew=self._anew.forced,
            step=_STEP,
        )

    def _check(self) -> None:
        """Nothing outside leans on the tables that have gone."""
        if self._own:
            types = [a_type for a_type, stands_for in self._types.items() if stands_for in self._own]
            for lean in leaning(self._connection, self._own, types, step=_STEP):
                if lean.holder not in self._own:
                    raise _failed(None, f"{lean.label} would still depend on the tables of the refresh before")

    def _run(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            self._connection.run(statement.sql, step=_STEP, table=statement.table, constraint=statement.subject)


def _alike(made: Sequence[Definition]) -> list[tuple[int, bool, str, str]]:
    return [(one.reader.oid, one.reader.anew, one.text, one.options) for one in made]


def _failed(table: str | None, meaning: str) -> DatabaseFailed:
    return DatabaseFailed(
        step=_STEP, code="2BP01", meaning=meaning, table=table, remedy="Publish again: preflight then says what it is."
    )
