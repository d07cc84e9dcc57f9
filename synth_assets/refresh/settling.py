"""Settling: columns that add up other tables' rows, computed when all tables are there.

The rows of a table are stored twice then: as its children were drawn for (stage synthetic), and as they are judged and
published (stage settled).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from synth_assets.code_version import code_version
from synth_assets.plan.dependencies import NotAbove, Total
from synth_assets.refresh.inputs import FEATURES_FILE, RefreshInputs
from synth_assets.store.digest import digest
from synth_assets.store.store import ArtifactKey
from synth_assets.store.tables import REAL_FILE, ROWS_FILE, TableRows

if TYPE_CHECKING:
    from synth_assets.synthesize.relational.keeping.reach import Reach
    from synth_assets.synthesize.relational.keeping.settling import TableRules

SETTLED = "settled"


class SettlingStage(RefreshInputs):
    """A refresh's synthetic rows, before and after settling."""

    @property
    def synthetic_rows(self) -> dict[str, TableRows]:
        """The latest synthetic rows of every published table, settled if they have been."""
        inputs = self._settling_inputs()
        return {table.name: self._latest_rows(table.name, inputs) for table in self.plan.published}

    def synthetic_table(self, table: str) -> TableRows:
        """The latest synthetic rows of one table, settled if they have been."""
        return self._latest_rows(table, self._settling_inputs())

    def _latest_rows(self, table: str, inputs: str | None) -> TableRows:
        drawn = self._needed("synthetic", table)
        settled = self.store.find(ArtifactKey(self.dataset, SETTLED, table, inputs)) if inputs else None
        return TableRows(settled or drawn)

    def settle(self) -> None:
        """Store the rows of every table that changes now that all tables are there, unless they are stored already."""
        from synth_assets.synthesize.relational.keeping.deriving import with_derived_columns
        from synth_assets.synthesize.relational.keeping.settling import Settling
        from synth_assets.synthesize.relational.named_columns import NamedColumns
        from synth_assets.synthesize.relational.tables import LinkedTables

        inputs = self._settling_inputs()
        if inputs is None:
            return
        drawn = {table.name: TableRows(self._needed("synthetic", table.name)) for table in self.plan.published}
        tables = LinkedTables(self.structures, lambda name: drawn[name].read())
        names = NamedColumns(
            self.structures, tables, lambda name: self._needed("synthetic", name).folder.read_frame(FEATURES_FILE)
        )
        settling = Settling(self.structures, {name: self._rules(name) for name in self.structures})
        changing = {table for table, _ in settling.plan(names)}
        if all([self._reusable(SETTLED, name, inputs) for name in changing]):  # noqa: C419 (all are made the latest)
            return
        for name, columns in settling.run(names, tables).items():
            with self._make(SETTLED, name, inputs) as draft:
                settled = with_derived_columns(tables.frame(name).with_columns(columns), self.structures[name])
                draft.folder.write_frame(ROWS_FILE, settled)
                if (real := drawn[name].source_rows()) is not None:
                    draft.folder.write_frame(REAL_FILE, real.to_frame())
                draft.facts.update(self._needed("synthetic", name).facts)

    def computed_columns(self, table: str) -> tuple[str, ...]:
        """The columns of a generated table that follow from others, in most rows at least, and from no real value."""
        from synth_assets.synthesize.relational.keeping.keeping import running_columns

        rules = self._rules(table)
        names = [*(one.column for one in rules.totals), *(one.column for one in rules.formulas)]
        names += [one.column for one in rules.mostly]
        if self.structures[table].decision.is_generated:
            names += running_columns(self._needed("synthesizer", table).folder)
        return tuple(dict.fromkeys(names))

    def reached_columns(self, table: str) -> dict[str, list[list[str]]]:
        """By column of a generated table, all that it may be as late as ("above"), or as early as ("below").

        Each is [table, column, "above" or "below"]; what those are held by in turn is among them.
        """
        found: dict[str, list[list[str]]] = {}
        for start in dict.fromkeys(one.column for one in self._reaches(table)):
            waiting, seen = [(table, start, side) for side in (True, False)], set[tuple[str, str, bool]]()
            while waiting:
                of, column, upwards = waiting.pop()
                for one in self._reaches(of):
                    place = (one.table, one.other, upwards)
                    if one.column == column and one.upwards is upwards and place not in seen:
                        seen.add(place)
                        waiting.append(place)
            found[start] = [[of, column, "above" if upwards else "below"] for of, column, upwards in sorted(seen)]
        return found

    def held_by_computed(self, table: str, reaches: Mapping[str, Sequence[Sequence[str]]]) -> tuple[str, ...]:
        """The computed columns of a table, and those that give way to one: `reaches` as `reached_columns` says."""
        held = [name for name, places in reaches.items() if any(c in self.computed_columns(t) for t, c, _ in places)]
        return tuple(dict.fromkeys([*self.computed_columns(table), *held]))

    def _reaches(self, table: str) -> tuple["Reach", ...]:
        from synth_assets.synthesize.relational.fit import IDENTIFYING
        from synth_assets.synthesize.relational.keeping.keeping import VALUES
        from synth_assets.synthesize.relational.keeping.reach import reaches_of
        from synth_assets.synthesize.relational.sharing import SHARED

        structure = self.structures[table]
        if not structure.decision.is_generated:
            return ()
        return reaches_of(
            self._needed("synthesizer", table).folder,
            structure,
            self.profiles,
            self.structures,
            parts=(IDENTIFYING, SHARED, VALUES),
        )

    def settled_columns(self, table: str) -> tuple[str, ...]:
        """The columns of a table that add up other tables' rows, as far as the source does."""
        return tuple(one.column for one in self._totals(table))

    def _totals(self, table: str) -> Iterator[Total]:
        for known in self.profiles[table].dependencies if table in self.profiles else ():
            if isinstance(known.dependency, Total):
                yield known.dependency

    def _settling_inputs(self) -> str | None:
        """What settling depends on; None if no column adds up others, or a table is missing."""
        names = [table.name for table in self.plan.published]
        if not any(self.settled_columns(name) for name in names):
            return None
        drawn = {name: self.store.latest(self.dataset, "synthetic", name) for name in names}
        if not all(drawn.values()):
            return None
        return digest(
            code_version(),
            self.plan.model_dump(mode="json", include={"tables", "foreign_keys"}),
            {name: [one.model_dump(mode="json") for one in self._totals(name)] for name in names},
            {name: artifact.fingerprint for name, artifact in drawn.items() if artifact},
        )

    def _rules(self, name: str) -> "TableRules":
        from synth_assets.synthesize.relational.keeping.keeping import computed_columns, mostly_computed
        from synth_assets.synthesize.relational.keeping.kept import (
            changeable_columns,
            declared_formulas,
            kept_dependencies,
        )
        from synth_assets.synthesize.relational.keeping.settling import TableRules

        structure = self.structures[name]
        if not structure.decision.is_generated:
            return TableRules()
        kept = kept_dependencies(structure, self.profiles, self.structures)
        model = self._needed("synthesizer", name).folder
        return TableRules(
            totals=tuple(one for one in kept if isinstance(one, Total)),
            formulas=computed_columns(model, declared_formulas(structure, self.profiles)),
            mostly=mostly_computed(model),
            orders=tuple(one for one in kept if isinstance(one, NotAbove)),
            free=changeable_columns(model, structure),
        )
