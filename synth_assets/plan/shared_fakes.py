"""Fakes that several tables have in common: along a foreign key, or of the same real value."""

from collections.abc import Mapping
from dataclasses import dataclass

from synth_assets.catalog.model import Catalog, Column, ForeignKey, Kind, Table
from synth_assets.plan.chosen import TreatmentDoesNotFit
from synth_assets.plan.fake_kinds import ONE_FOR_EACH_VALUE
from synth_assets.plan.nearest import hint
from synth_assets.plan.refused import Problems
from synth_assets.plan.resolved import ColumnDecision, Mode, RepeatedFake, Role, TableDecision, Treatment

# Eight characters tell values apart, at least one goes before them, and an address ends in @example.com.
_LEAST_ROOM = {"email": 21}
_LEAST_ROOM_OF_OTHERS = 9
_DEFAULT_LOCALE = "en_US"

_NAMES_NOBODY = (Kind.ARRAY, Kind.BINARY, Kind.JSON)

Columns = dict[tuple[str, str], ColumnDecision]


def with_shared_fakes(
    tables: tuple[TableDecision, ...],
    catalog: Catalog,
    foreign_keys: Mapping[str, tuple[ForeignKey, ...]],
    problems: Problems,
) -> tuple[TableDecision, ...]:
    """The decisions, with all that `same_as` and `consistent` ask of fakes; adds to `problems` what cannot be.

    Args:
        foreign_keys: By child table, the keys that are published.
    """
    asked = [(t, c) for t in tables for c in t.columns if {"same_as", "consistent"} & c.options.keys()]
    if not asked:
        return tables
    resolving = _Resolving({table.name: table for table in tables}, catalog, foreign_keys)
    decided: Columns = {}
    for table, column in asked:
        try:
            decided[table.name, column.name] = resolving.decision(table, column)
        except TreatmentDoesNotFit as error:
            problems.add(error.message, table=table.name, column=column.name, remedy=error.remedy)
    decided = _with_common_room(decided, catalog)
    return tuple(
        table.model_copy(update={"columns": tuple(decided.get((table.name, c.name), c) for c in table.columns)})
        for table in tables
    )


@dataclass(frozen=True)
class _Resolving:
    """What decides about one column: all tables, and the keys between them."""

    tables: Mapping[str, TableDecision]
    catalog: Catalog
    foreign_keys: Mapping[str, tuple[ForeignKey, ...]]

    def decision(self, table: TableDecision, column: ColumnDecision) -> ColumnDecision:
        """The column's decision with all that it needs.

        Raises:
            TreatmentDoesNotFit: It cannot be as the plan says.
        """
        if "consistent" in column.options:
            return _consistent(table, column, self.catalog.table(table.name))
        repeated, origin = self._repeated(table, column), column
        passed = [(table.name, column.name)]
        next_one: RepeatedFake | None = repeated
        while next_one is not None:
            passed.append((next_one.parent, next_one.column))
            if passed[-1] in passed[:-1]:
                raise TreatmentDoesNotFit(
                    "it repeats a fake that repeats its own", "Name a kind of fake for one column of the circle."
                )
            parent = self.tables[next_one.parent]
            origin = _column(parent, next_one.column)
            next_one = self._repeated(parent, origin) if "same_as" in origin.options else None
        options = {**column.options, "kind": origin.options.get("kind")}
        return column.model_copy(update={"options": options, "repeats": repeated})

    def _repeated(self, table: TableDecision, column: ColumnDecision) -> RepeatedFake:
        """The column of the parent, and the key to it."""
        parent, name = str(column.options["same_as"]).rsplit(".", 1)
        key = self._key(table, parent, column.options.get("by"))
        origin = self.tables[parent]
        decision = next((c for c in origin.columns if c.name == name), None)
        if decision is None:
            names = [c.name for c in origin.columns]
            raise TreatmentDoesNotFit(f"{parent} has no column {name!r}{hint(name, names)}", "Correct the name.")
        if decision.treatment is not Treatment.FAKE:
            raise TreatmentDoesNotFit(
                f"there is no fake to repeat: the treatment of {parent}.{name} is {decision.treatment}",
                f"Name a kind of fake for {parent}.{name}, or for this column.",
            )
        _check_room(self.catalog.table(table.name).column(column.name), self.catalog.table(parent).column(name), parent)
        self._check_unique(table, column, decision, key)
        return RepeatedFake(parent=parent, column=name, key=key.columns)

    def _key(self, table: TableDecision, parent: str, by: object) -> ForeignKey:
        """The one foreign key that says which row of the parent it is."""
        keys = [
            key
            for key in self.foreign_keys.get(table.name, ())
            if key.parent == parent and all(_column(table, name).role is Role.REFERENCE for name in key.columns)
        ]
        chosen = [key for key in keys if by is None or by in key.columns]
        if len(chosen) == 1:
            return chosen[0]
        if not keys:
            raise TreatmentDoesNotFit(
                f"no foreign key of {table.name} says which row of {parent} it is",
                "Name the key under `foreign_keys`, a column of a table that there is a key to, or a kind of fake.",
            )
        columns = " and ".join(", ".join(key.columns) for key in keys)
        raise TreatmentDoesNotFit(
            f"{columns} refer to {parent}" if by is None else f"{by!r} is not in one key to {parent} only",
            "Say with `by` which one is meant, such as {same_as: "
            f"{parent}.COLUMN, by: {next(c for key in keys for c in key.columns)}}}.",
        )

    def _check_unique(
        self, table: TableDecision, column: ColumnDecision, origin: ColumnDecision, key: ForeignKey
    ) -> None:
        """Where no two rows may share a value, no two may refer to the same row."""
        found = self.catalog.table(table.name)
        sets = [set(one) for one in found.unique_sets]
        if not column.unique and not any(column.name in one for one in sets):
            return
        once = any(one <= set(key.columns) for one in sets)
        always = not any(found.column(name).nullable for name in key.columns)
        alone = all(one == {column.name} for one in sets if column.name in one)
        if not (once and always and alone and origin.unique):
            raise TreatmentDoesNotFit(
                f"no two rows may share its value, and several may refer to one row of {key.parent}",
                "Name a kind of fake for it.",
            )


def _column(table: TableDecision, name: str) -> ColumnDecision:
    """Not by TableDecision.column: what that remembers would be of the decisions before these."""
    return next(column for column in table.columns if column.name == name)


def _check_room(column: Column, origin: Column, parent: str) -> None:
    """That every value of the origin can stand in the column."""
    mine, its = column.type, origin.type
    if mine.kind is Kind.TEXT and its.kind is Kind.TEXT:
        fits = mine.length is None or (its.length is not None and its.length <= mine.length)
    else:
        fits = mine.native == its.native
    if not fits:
        raise TreatmentDoesNotFit(
            f"{mine.native} does not hold every value of {parent}.{origin.name}, which is {its.native}",
            "Name a kind of fake for it, or give both columns the same type in the source.",
        )


def _consistent(table: TableDecision, column: ColumnDecision, found: Table) -> ColumnDecision:
    """A fake that follows from the real value of a column of its row."""
    said, kind = column.options["consistent"], str(column.options.get("kind"))
    by = column.name if said is True else str(said)
    if table.mode is Mode.SYNTHETIC:
        raise TreatmentDoesNotFit(
            "`consistent` starts from real values, and a synthetic row stands for nobody",
            "Write {fake: {same_as: TABLE.COLUMN}} to repeat the fake of the row that it refers to, or give the table "
            "the mode partial.",
        )
    if by not in found.column_names or found.column(by).generated or found.column(by).type.kind in _NAMES_NOBODY:
        raise TreatmentDoesNotFit(
            f"`consistent` names {by!r}, which is no column whose value can say whose row it is"
            f"{hint(by, found.column_names)}",
            "Name the column that says whose row it is, or true.",
        )
    if column.unique or any(column.name in one for one in found.unique_sets):
        _check_distinct(kind, by, column, found)
    options = {**column.options, "consistent": by, "locale": column.options.get("locale") or _DEFAULT_LOCALE}
    return column.model_copy(update={"options": options})


def _check_distinct(kind: str, by: str, column: ColumnDecision, found: Table) -> None:
    """That different rows of a unique column have different fakes."""
    if by != column.name and (by,) not in found.unique_sets:
        raise TreatmentDoesNotFit(
            f"no two rows may share its value, and several may share their {by}", "Write `consistent: true`."
        )
    room, least = found.column(column.name).type.length, _LEAST_ROOM.get(kind, _LEAST_ROOM_OF_OTHERS)
    is_text = found.column(column.name).type.kind is Kind.TEXT
    if kind not in ONE_FOR_EACH_VALUE or not is_text or (room is not None and room < least):
        raise TreatmentDoesNotFit(
            f"there are not enough fakes of the kind {kind} for every real value to have one of its own here",
            "Name pseudonymize, which keeps different values different, or leave `consistent` out.",
        )


def _with_common_room(decided: Columns, catalog: Catalog) -> Columns:
    """Consistent fakes of a kind are cut to the shortest of their columns, or they would differ."""
    found = dict(decided)
    of_kind: dict[object, list[tuple[str, str]]] = {}
    for place, column in decided.items():
        if "consistent" in column.options:
            of_kind.setdefault(column.options.get("kind"), []).append(place)
    for places in of_kind.values():
        rooms = [catalog.table(table).column(name).type.length for table, name in places]
        bounded = [room for room in rooms if room is not None]
        for place in places if bounded else ():
            options = {**decided[place].options, "most_characters": min(bounded)}
            found[place] = decided[place].model_copy(update={"options": options})
    return found
