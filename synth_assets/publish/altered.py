"""`ddl: create`: what somebody has changed in the live tables, which replacing them would undo."""

from collections.abc import Iterator

from synth_assets.catalog.drift import Change, ChangeKind, Drift, compare
from synth_assets.catalog.model import Catalog, Table
from synth_assets.publish.finding import Finding

# PostgreSQL's new tables take over the keys of the live ones to tables outside the dataset, and storage parameters.
_KEYS_KEPT = frozenset({"postgresql"})
_CARRIED_OVER = {"postgresql": frozenset({ChangeKind.TABLE_OPTIONS})}


def shape(catalog: Catalog, names: tuple[str, ...]) -> Catalog:
    """The definitions of these tables, wherever they stand."""
    tables = tuple(table for table in catalog.tables if table.name in names)
    return catalog.model_copy(update={"namespace": None, "tables": tables})


def without_outside_keys(catalog: Catalog, dataset: tuple[str, ...]) -> Catalog:
    """The catalog without keys to tables outside the dataset, where the publisher keeps these by itself."""
    if catalog.dialect not in _KEYS_KEPT:
        return catalog
    tables = (
        table.model_copy(update={"foreign_keys": tuple(key for key in table.foreign_keys if key.parent in dataset)})
        for table in catalog.tables
    )
    return catalog.model_copy(update={"tables": tuple(tables)})


def altered(incoming: Catalog, live: Catalog, *, published: Catalog | None, target: str) -> Iterator[Finding]:
    """A finding for every change that would be lost.

    A table that a refresh made may be replaced if it is as that refresh left it. What has changed there since may go
    if the source has changed in the same way. A table that no refresh made may be replaced if it has no column that
    the source has not, and is not partitioned otherwise.

    Args:
        incoming: The source's catalog.
        published: What the live refresh left; None if none is live.
    """
    dataset = incoming.table_names
    live = without_outside_keys(live, dataset)
    published = without_outside_keys(published, dataset) if published is not None else None
    for table in live.tables:
        there = shape(live, (table.name,))
        would_be = shape(incoming, (table.name,))
        lost: list[Change]
        if published is not None and table.name in published.table_names:
            since = compare(shape(published, (table.name,)), there).changes
            left_over = {_subject(change) for change in compare(would_be, there).changes}
            goes = table.name not in incoming.table_names
            lost = [change for change in since if goes or _subject(change) in left_over]
        elif table.name in incoming.table_names:
            lost = _own(compare(would_be, there), is_partitioned=_is_partitioned(table))
        else:
            continue
        carried = _CARRIED_OVER.get(live.dialect, frozenset())
        for change in lost:
            if change.kind not in carried:
                yield _finding(change, table, target)


def _subject(change: Change) -> tuple[str, ...]:
    return (change.kind, change.column) if change.column else (change.kind, change.message)


def _own(drift: Drift, *, is_partitioned: bool) -> list[Change]:
    """Columns, and partitions where a table's options say how it is partitioned."""
    kinds = {ChangeKind.COLUMN_ADDED, *([ChangeKind.TABLE_OPTIONS] if is_partitioned else [])}
    return [change for change in drift.changes if change.kind in kinds]


def _is_partitioned(table: Table) -> bool:
    return any(option.startswith("PARTITION BY ") for option in table.options)


def _finding(change: Change, table: Table, target: str) -> Finding:
    said = change.message.partition(": ")[2]
    return Finding(
        table=table.name,
        column=change.column,
        problem=f"somebody has altered the live table, and ddl: create would undo it: {said}.",
        remedy=f"To keep the target's own tables, say in the plan: targets: [{{name: {target}, ddl: match}}]. If the "
        "change may be lost, undo it there or drop the table.",
    )
