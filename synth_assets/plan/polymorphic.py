"""Polymorphic keys of a plan: which table a row refers to is said by another column of the row, its type column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from synth_assets.catalog.model import Branch, Catalog, ForeignKey, Kind, Table
from synth_assets.plan.nearest import hint
from synth_assets.plan.refused import Problems
from synth_assets.plan.resolved import Mode, Treatment
from synth_assets.plan.settings import DatasetSettings, PolymorphicKeySettings, TableSettings
from synth_assets.plan.undeclared import is_unique

REAL_KEYS = (Mode.REFERENCE, Mode.PARTIAL)
_TYPES = (Kind.TEXT, Kind.ENUM)
_REMEDY = "Correct it under `polymorphic_keys`."


@dataclass(frozen=True)
class PolymorphicKey:
    """One polymorphic key of a table.

    Attributes:
        branches: A key for each table that it may refer to.
    """

    table: str
    column: str
    type_column: str
    branches: tuple[ForeignKey, ...]

    def published(
        self, table: Table, settings: TableSettings, modes: Mapping[str, Mode], problems: Problems
    ) -> "PolymorphicKey":
        """The key with the branches whose rows can be referred to; adds to `problems` what cannot hold.

        Rows of the other branches are left without a reference, where that may be.
        """
        named = settings.columns.get(self.column)
        if named is not None and named.treatment is Treatment.NULL:
            return replace(self, branches=())
        gone = [key for key in self.branches if modes[key.parent] in (Mode.EXCLUDE, Mode.EMPTY)]
        left = tuple(key for key in self.branches if key not in gone)
        mode = modes[self.table]
        if mode in REAL_KEYS:
            for key in self.branches:
                if modes[key.parent] not in REAL_KEYS:
                    said = "is not there" if key in gone else "gets new ones"
                    problems.add(
                        f"a {mode} table keeps its real keys, but {key.parent}, to which {self.column} refers, {said}",
                        table=self.table,
                        remedy=f"Give {key.parent} the mode partial or reference, or {self.table} the mode synthetic.",
                    )
            return replace(self, branches=left)
        for key in gone if mode in (Mode.SYNTHETIC, Mode.HYBRID) and not self._may_be_empty(table) else ():
            said = "excluded" if modes[key.parent] is Mode.EXCLUDE else "published without rows"
            problems.add(
                f"{self.column} and {self.type_column} are not both nullable, and refer to rows of {key.parent}, "
                f"which is {said}",
                table=self.table,
                remedy=f"Give {key.parent} the mode synthetic, or {self.table} the mode {modes[key.parent]}.",
            )
        return replace(self, branches=left)

    @property
    def parents(self) -> tuple[str, ...]:
        return tuple(key.parent for key in self.branches)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the type column may hold."""
        return tuple(label for key in self.branches if key.branch for label in key.branch.labels)

    def _may_be_empty(self, table: Table) -> bool:
        primary = table.primary_key.columns if table.primary_key else ()
        return all(table.column(name).nullable and name not in primary for name in (self.column, self.type_column))


def polymorphic_keys(
    settings: DatasetSettings, catalog: Catalog, keys: Mapping[str, Sequence[ForeignKey]], problems: Problems
) -> dict[str, tuple[PolymorphicKey, ...]]:
    """The polymorphic keys of every table that has some; adds to `problems` what is wrong with them.

    Args:
        keys: The other keys of each table.
    """
    found: dict[str, tuple[PolymorphicKey, ...]] = {}
    for named in settings.polymorphic_keys:
        others = [name for key in keys.get(named.table, ()) for name in key.columns]
        others += [key.column for key in found.get(named.table, ())]
        reading = _Reading(named, settings, catalog, problems)
        key = reading.key(others)
        if key:
            found[named.table] = (*found.get(named.table, ()), key)
    return found


class _Reading:
    """One polymorphic key as the plan names it, against the catalog."""

    def __init__(
        self, named: PolymorphicKeySettings, settings: DatasetSettings, catalog: Catalog, problems: Problems
    ) -> None:
        self._named = named
        self._settings = settings
        self._catalog = catalog
        self._problems = problems

    def key(self, others: Sequence[str]) -> PolymorphicKey | None:
        """The key; None, and a problem more, if it cannot be. `others` are the columns of the table's other keys."""
        named = self._named
        if not self._is_table(named.table):
            return None
        table = self._catalog.table(named.table)
        known = [self._is_column(table, name) for name in (named.column, named.type_column)]
        if not all(known):
            return None
        if named.type_column in (named.column, *others):
            self._refuse("it holds a key and cannot be the type column", column=named.type_column)
            return None
        if named.column in others:
            self._refuse("it is in another foreign key, too", column=named.column)
            return None
        if not self._are_labels(table):
            return None
        branches = list(self._branches(table))
        return PolymorphicKey(named.table, named.column, named.type_column, tuple(branches)) if branches else None

    def _branches(self, table: Table) -> Iterator[ForeignKey]:
        labels: dict[str, list[str]] = {}
        columns: dict[str, str] = {}
        for label, said in self._named.parents.items():
            column = self._parent_column(table, said.parent, said.parent_column)
            if column is None:
                continue
            if columns.setdefault(said.parent, column) != column:
                self._refuse(f"two labels refer to {said.parent} by different columns")
                continue
            labels.setdefault(said.parent, []).append(label)
        for parent, column in columns.items():
            yield ForeignKey(
                columns=(self._named.column,),
                parent=parent,
                parent_columns=(column,),
                branch=Branch(column=self._named.type_column, labels=tuple(labels[parent])),
            )

    def _parent_column(self, table: Table, name: str, named: str | None) -> str | None:
        if not self._is_table(name):
            return None
        parent = self._catalog.table(name)
        primary = parent.primary_key.columns if parent.primary_key else ()
        if named is None and len(primary) != 1:
            self._refuse(f"{name} has no primary key of one column", f"Name {{parent: {name}, parent_column: ...}}.")
            return None
        column = named or primary[0]
        if not self._is_column(parent, column):
            return None
        own, other = table.column(self._named.column).type, parent.column(column).type
        # A text may hold keys of any type, as it must where tables have keys of different ones.
        if own.kind not in (other.kind, Kind.TEXT):
            self._refuse(f"its type {own.native} is not that of {name}.{column}", column=self._named.column)
            return None
        if not is_unique(parent, (column,), self._settings):
            self._refuse(f"{column} of {name} may occur more than once", f"Refer to a unique column of {name}.")
            return None
        return column

    def _are_labels(self, table: Table) -> bool:
        data_type = table.column(self._named.type_column).type
        if data_type.kind not in _TYPES:
            self._refuse(f"its type {data_type.native} holds no labels", column=self._named.type_column)
            return False
        unknown = [label for label in self._named.parents if data_type.labels and label not in data_type.labels]
        for label in unknown:
            self._refuse(f"no label {label!r}{hint(label, data_type.labels)}", column=self._named.type_column)
        return not unknown

    def _is_table(self, name: str) -> bool:
        known = self._catalog.table_names
        if name not in known:
            self._problems.add(f"polymorphic key: no table {name!r}{hint(name, known)}", remedy=_REMEDY)
        return name in known

    def _is_column(self, table: Table, name: str) -> bool:
        known = table.column_names
        if name not in known:
            said = f"polymorphic key: no column {name!r}{hint(name, known)}"
            self._problems.add(said, table=table.name, remedy=_REMEDY)
        return name in known

    def _refuse(self, message: str, remedy: str = _REMEDY, *, column: str | None = None) -> None:
        self._problems.add(f"polymorphic key: {message}", table=self._named.table, column=column, remedy=remedy)
