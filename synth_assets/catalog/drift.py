"""What changed between two catalogs, in words."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from synth_assets.catalog.model import Catalog, Check, Column, DataType, ForeignKey, Index, Kind, Table, Value


class ChangeKind(StrEnum):
    TABLE_ADDED = "table added"
    TABLE_REMOVED = "table removed"
    TABLE_OPTIONS = "table options"
    COLUMN_ADDED = "column added"
    COLUMN_REMOVED = "column removed"
    COLUMN_ORDER = "column order"
    TYPE = "type"
    LABELS = "labels"
    NULLABILITY = "nullability"
    DEFAULT = "default"
    PRIMARY_KEY = "primary key"
    UNIQUE_KEY = "unique key"
    FOREIGN_KEY = "foreign key"
    CHECK = "check"
    EXCLUSION = "exclusion"
    INDEX = "index"


class Change(Value):
    kind: ChangeKind
    table: str
    column: str | None = None
    message: str

    def __str__(self) -> str:
        return self.message


class Drift(Value):
    """All changes, in the order of tables and columns; empty and false if there are none."""

    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        return "\n".join(change.message for change in self.changes)

    @property
    def new_tables(self) -> tuple[str, ...]:
        return tuple(change.table for change in self.changes if change.kind is ChangeKind.TABLE_ADDED)

    @property
    def removed_tables(self) -> tuple[str, ...]:
        return tuple(change.table for change in self.changes if change.kind is ChangeKind.TABLE_REMOVED)

    @property
    def new_columns(self) -> tuple[tuple[str, str], ...]:
        """(table, column) of columns that are new in tables that are not."""
        return self._columns(ChangeKind.COLUMN_ADDED)

    @property
    def removed_columns(self) -> tuple[tuple[str, str], ...]:
        """(table, column) of columns that are gone from tables that are still there."""
        return self._columns(ChangeKind.COLUMN_REMOVED)

    def _columns(self, kind: ChangeKind) -> tuple[tuple[str, str], ...]:
        return tuple((c.table, c.column) for c in self.changes if c.kind is kind and c.column is not None)


def compare(before: Catalog, after: Catalog) -> Drift:
    """What became of `before`.

    Tables and columns go by name. Keys, checks and indexes go by what they say, so that another name for the same
    constraint is no change; comments and the name of the schema are none either.
    """
    changes: list[Change] = []
    for name in sorted({*before.table_names, *after.table_names}):
        if name not in after.table_names:
            changes.append(Change(kind=ChangeKind.TABLE_REMOVED, table=name, message=f"{name}: the table is gone"))
        elif name not in before.table_names:
            columns = ", ".join(after.table(name).column_names)
            message = (
                f"{name}: the table is new, with the columns {columns}" if columns else f"{name}: the table is new"
            )
            changes.append(Change(kind=ChangeKind.TABLE_ADDED, table=name, message=message))
        else:
            changes += _table_changes(before.table(name), after.table(name))
    return Drift(changes=tuple(changes))


def _table_changes(before: Table, after: Table) -> Iterator[Change]:
    table = after.name
    for column in before.columns:
        if column.name not in after.column_names:
            yield _column_change(ChangeKind.COLUMN_REMOVED, table, column.name, "the column is gone")
        else:
            yield from _column_changes(table, column, after.column(column.name))
    for column in after.columns:
        if column.name not in before.column_names:
            null = "may be null" if column.nullable else "is never null"
            said = f"the column is new ({_type(column.type)}, {null})"
            yield _column_change(ChangeKind.COLUMN_ADDED, table, column.name, said)
    if before.column_names != after.column_names and sorted(before.column_names) == sorted(after.column_names):
        message = f"{table}: the columns stand in another order: {', '.join(after.column_names)}"
        yield Change(kind=ChangeKind.COLUMN_ORDER, table=table, message=message)
    yield from _key_changes(before, after)
    if set(before.options) != set(after.options):
        yield Change(
            kind=ChangeKind.TABLE_OPTIONS,
            table=table,
            message=f"{table}: the options {_listed(before.options)} became {_listed(after.options)}",
        )


def _column_changes(table: str, before: Column, after: Column) -> Iterator[Change]:
    name = after.name
    yield from _type_changes(table, name, before.type, after.type)
    if (before.collation or "") != (after.collation or ""):
        said = f"the collation {before.collation or 'by default'} became {after.collation or 'the default'}"
        yield _column_change(ChangeKind.TYPE, table, name, said)
    if before.nullable != after.nullable:
        said = "may now be null" if after.nullable else "may no longer be null"
        yield _column_change(ChangeKind.NULLABILITY, table, name, said)
    if _source_of_values(before) != _source_of_values(after):
        said = f"{_source_of_values(before)} became {_source_of_values(after)}"
        yield _column_change(ChangeKind.DEFAULT, table, name, said)


def _type_changes(table: str, name: str, before: DataType, after: DataType) -> Iterator[Change]:
    old, new = before, after
    if before.element is not None and after.element is not None:
        old, new = before.element, after.element
    relabelled = Kind.ENUM is old.kind is new.kind and old.labels != new.labels
    if relabelled:
        yield _column_change(ChangeKind.LABELS, table, name, _labels(old.labels, new.labels))
    # DuckDB and MySQL spell the labels as a part of the type.
    spelled = relabelled and "(" in old.native and "(" in new.native
    if before.native != after.native and not spelled:
        said = f"{_type(before)} became {_type(after)}"
        yield _column_change(ChangeKind.TYPE, table, name, said)
    elif old.domain != new.domain:
        said = f"the domain {new.native} was '{old.domain}' and became '{new.domain}'"
        yield _column_change(ChangeKind.TYPE, table, name, said)


def _key_changes(before: Table, after: Table) -> Iterator[Change]:
    old, new = before.primary_key, after.primary_key
    if (old and old.columns) != (new and new.columns):
        if new is None:
            said = f"the primary key {_listed(old.columns if old else ())} is gone"
        elif old is None:
            said = f"the primary key {_listed(new.columns)} is new"
        else:
            said = f"the primary key {_listed(old.columns)} became {_listed(new.columns)}"
        yield Change(kind=ChangeKind.PRIMARY_KEY, table=after.name, message=f"{after.name}: {said}")

    def compared(kind: ChangeKind, describe: Callable[[Table], Sequence[str]]) -> Iterator[Change]:
        were, are = describe(before), describe(after)
        for said in were:
            if said not in are:
                yield Change(kind=kind, table=after.name, message=f"{after.name}: the {said} is gone")
        for said in are:
            if said not in were:
                yield Change(kind=kind, table=after.name, message=f"{after.name}: the {said} is new")

    yield from compared(
        ChangeKind.UNIQUE_KEY, lambda t: [f"unique key {_listed(key.columns)}" for key in t.unique_keys]
    )
    yield from compared(ChangeKind.FOREIGN_KEY, lambda t: [_foreign_key(key) for key in t.foreign_keys])
    yield from compared(ChangeKind.CHECK, lambda t: [_check(check) for check in t.checks])
    yield from compared(ChangeKind.EXCLUSION, lambda t: [f"constraint {e.definition}" for e in t.exclusions])
    yield from compared(ChangeKind.INDEX, lambda t: [_index(index) for index in t.indexes])


def _column_change(kind: ChangeKind, table: str, column: str, said: str) -> Change:
    return Change(kind=kind, table=table, column=column, message=f"{table}.{column}: {said}")


def _type(data_type: DataType) -> str:
    return data_type.native or "no type"


def _labels(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    gone = [label for label in before if label not in after]
    new = [label for label in after if label not in before]
    said = [f"the label {label!r} is gone" for label in gone] + [f"the label {label!r} is new" for label in new]
    return ", ".join(said) or f"the labels stand in another order: {', '.join(map(repr, after))}"


def _source_of_values(column: Column) -> str:
    if column.generated is not None:
        return f"generated as {column.generated} ({'stored' if column.generated_stored else 'virtual'})"
    if column.identity is not None:
        return f"identity {column.identity}"
    return "no default" if column.default is None else f"default {column.default}"


def _foreign_key(key: ForeignKey) -> str:
    actions = [f"on delete {key.on_delete.lower()}"] if key.on_delete else []
    actions += [f"on update {key.on_update.lower()}"] if key.on_update else []
    actions += ["initially deferred" if key.initially_deferred else "deferrable"] if key.deferrable else []
    tail = f", {', '.join(actions)}," if actions else ""
    return f"foreign key {_listed(key.columns)} to {key.parent} {_listed(key.parent_columns)}{tail}"


def _check(check: Check) -> str:
    return f"check {_one_line(check.expression)}"


def _index(index: Index) -> str:
    unique = "unique index" if index.unique else "index"
    if index.columns:
        where = f" where {index.where}" if index.where else ""
        return f"{unique} on {_listed(index.columns)}{where}"
    # The name is all that a definition says beyond what the index does.
    definition = (index.definition or index.name or "").replace(index.name or "", "", 1)
    return f"{unique} on expressions {_one_line(definition)}"


def _one_line(expression: str) -> str:
    return " ".join(expression.split())


def _listed(names: Sequence[str]) -> str:
    return f"({', '.join(names)})"
