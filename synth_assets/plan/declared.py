"""Declared dependencies against the catalog: unknown columns, wrong types, and columns that rows do not learn."""

from collections.abc import Mapping, Sequence

from synth_assets.catalog.model import Catalog, ForeignKey, Kind, Table
from synth_assets.plan.dependencies import (
    Computed,
    Dependency,
    Determined,
    NotAbove,
    NullBy,
    NullTogether,
    OneOf,
    Total,
)
from synth_assets.plan.nearest import hint
from synth_assets.plan.refused import Problems
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Mode, Role, TableDecision, Treatment
from synth_assets.plan.settings import TableSettings

NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT)
TIMES = (Kind.DATE, Kind.TIME, Kind.DATETIME)
FLAGS = (Kind.BOOLEAN, Kind.INTEGER)
REMEDY = "Correct it under `dependencies`."
_ROLES = {
    Role.KEY: "a key that is made anew",
    Role.REFERENCE: "a foreign key, which follows its parent's rows",
    Role.GENERATED: "computed by the database itself",
}


def declared_dependencies(
    settings: TableSettings,
    decisions: Mapping[str, TableDecision],
    table: Table,
    catalog: Catalog,
    foreign_keys: Mapping[str, Sequence[ForeignKey]],
    problems: Problems,
) -> tuple[Dependency, ...]:
    """What the plan declares for a table; everything that cannot be is added to `problems`.

    Args:
        decisions: Of all tables.
        foreign_keys: The keys among published tables, by child.
    """
    declared = [one for said in settings.dependencies for one in said.dependencies()]
    if declared and settings.mode not in (Mode.SYNTHETIC, Mode.HYBRID):
        problems.add(
            f"`dependencies` cannot go with the mode {settings.mode}",
            table=table.name,
            remedy="Take `dependencies` out, or give it the mode synthetic.",
        )
        return ()
    check = _Check(table, decisions, catalog, foreign_keys, problems)
    fitting = [found for one in declared if (found := check.fitting(one))]
    check.not_twice(fitting)
    return tuple(fitting)


class _Check:
    """The checks of one table's declarations."""

    def __init__(
        self,
        table: Table,
        decisions: Mapping[str, TableDecision],
        catalog: Catalog,
        foreign_keys: Mapping[str, Sequence[ForeignKey]],
        problems: Problems,
    ) -> None:
        self._table = table
        self._decisions = decisions
        self._catalog = catalog
        self._foreign_keys = foreign_keys
        self._problems = problems

    def fitting(self, one: Dependency) -> Dependency | None:
        """The dependency, a total with its key; None, and a problem more, if it cannot be."""
        if not self._all_learned(one.columns, self._table, one):
            return None
        match one:
            case Total():
                return self._total(one)
            case Computed() if one.operation != "copy":
                return one if self._of_kinds(one, one.columns, NUMBERS, "no number") else None
            case Computed() | NotAbove():
                return one if self._comparable(one) else None
            case OneOf():
                return one if self._of_kinds(one, one.columns, FLAGS, "neither yes-or-no nor 0 or 1") else None
            case NullTogether():
                return one if self._nullable(one, one.columns) else None
            case NullBy():
                return one if self._nullable(one, (one.column,)) else None
            case _:
                return one

    def not_twice(self, declared: Sequence[Dependency]) -> None:
        """No column may follow from others in two ways."""
        seen: dict[str, str] = {}
        for one in declared:
            if not isinstance(one, Computed | Total | Determined):
                continue
            if one.column in seen:
                self._refuse(
                    f"both {seen[one.column]!r} and {one.text!r} say what {one.column} is", "Leave one of them out."
                )
            seen[one.column] = one.text

    def _refuse(self, message: str, remedy: str = REMEDY) -> None:
        self._problems.add(message, table=self._table.name, remedy=remedy)

    def _all_learned(self, names: Sequence[str], table: Table, one: Dependency) -> bool:
        learned = [self._is_learned(name, table, one) for name in names]
        return all(learned)

    def _is_learned(self, name: str, table: Table, one: Dependency) -> bool:
        said = f"the dependency {one.text!r}"
        if name not in table.column_names:
            where = "" if table is self._table else f" in {table.name}"
            self._refuse(f"{said}: there is no column {name!r}{where}{hint(name, table.column_names)}")
            return False
        why = _not_learned(self._decisions[table.name].column(name))
        if why:
            self._refuse(f"{said}: {name} is {why}", f"Take it out of `dependencies`, or let {name} be learned.")
        return not why

    def _of_kinds(self, one: Dependency, names: Sequence[str], kinds: Sequence[Kind], what: str) -> bool:
        wrong = [name for name in names if self._table.column(name).type.kind not in kinds]
        if wrong:
            self._refuse(f"the dependency {one.text!r}: {', '.join(wrong)} is {what}")
        return not wrong

    def _comparable(self, one: Computed | NotAbove) -> bool:
        kinds = {self._table.column(name).type.kind for name in one.columns}
        fits = kinds <= set(NUMBERS) or len(kinds) == 1
        if isinstance(one, NotAbove):
            fits = kinds <= set(NUMBERS) or (len(kinds) == 1 and kinds <= set(TIMES))
        if not fits:
            self._refuse(f"the dependency {one.text!r}: the types of {' and '.join(one.columns)} do not go together")
        return fits

    def _nullable(self, one: Dependency, names: Sequence[str]) -> bool:
        wrong = [name for name in names if not self._table.column(name).nullable]
        if wrong:
            self._refuse(f"the dependency {one.text!r}: {', '.join(wrong)} is NOT NULL")
        return not wrong

    def _total(self, one: Total) -> Total | None:
        if not self._of_kinds(one, one.columns, NUMBERS, "no number"):
            return None
        names = self._catalog.table_names
        if one.child not in names:
            self._refuse(f"the dependency {one.text!r}: there is no table {one.child!r}{hint(one.child, names)}")
            return None
        keys = [key for key in self._foreign_keys.get(one.child, ()) if key.parent == self._table.name != one.child]
        if len(keys) != 1:
            how = "no foreign key" if not keys else f"{len(keys)} foreign keys"
            self._refuse(
                f"the dependency {one.text!r}: {how} of {one.child} refers to {self._table.name}, and it takes one",
                "Take it out of `dependencies`, or name the key under `foreign_keys`." if not keys else REMEDY,
            )
            return None
        child = self._catalog.table(one.child)
        if not self._all_learned(one.added_up, child, one):
            return None
        wrong = [name for name in one.added_up if child.column(name).type.kind not in NUMBERS]
        if wrong:
            self._refuse(f"the dependency {one.text!r}: {', '.join(wrong)} of {one.child} is no number")
            return None
        return one.model_copy(update={"key": keys[0].columns})


def _not_learned(column: ColumnDecision) -> str:
    """Why a column is not learned, as far as the plan and the catalog say; empty if it is."""
    if column.role in _ROLES:
        return _ROLES[column.role]
    if column.decided_by is DecidedBy.PLAN and column.treatment is not Treatment.LEARN:
        return f"not learned: its treatment is {column.treatment}"
    return ""
