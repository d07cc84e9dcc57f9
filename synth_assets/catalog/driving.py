"""Driving keys: for each table at most one foreign key along which its rows hang on their parents."""

from collections.abc import Iterable, Mapping, Sequence

from synth_assets.catalog.model import ForeignKey, Table

LOOKUP_CHILDREN = 100


def driving_key(table: Table, foreign_keys: Sequence[ForeignKey], rows: Mapping[str, int]) -> ForeignKey | None:
    """The foreign key that a table's rows hang on; None for a table that stands on its own.

    Never a self-reference, nor a branch of a polymorphic key. Keys to look-up tables (over LOOKUP_CHILDREN child rows
    for each parent row) come last. Among the others come first those whose columns are all NOT NULL, then those with
    the most columns if all of them are in the primary key (the most specific parent of a row), then those whose
    columns start the primary key, then those whose parents have a child each on average (a parent with fewer is
    referred to, not filled), then those to the parent with the most rows, then those declared first.

    Args:
        foreign_keys: The table's keys; only those to a table in `rows` count.
        rows: Rows of each table of the dataset.
    """
    ranked = _ranked(table, foreign_keys, rows)
    return ranked[0] if ranked else None


def driving_keys(
    tables: Iterable[Table], foreign_keys: Mapping[str, Sequence[ForeignKey]], rows: Mapping[str, int]
) -> dict[str, ForeignKey | None]:
    """The driving key of every table, in name order, such that following them upwards always ends.

    Tables that would hang on each other in a circle: the table whose key has a nullable column lets go of it first,
    else the last one in name order, and takes its next best key, if it has one that closes no circle either.

    Args:
        foreign_keys: By child table; keys to tables that are not given are passed over.
        rows: Rows of each table.
    """
    by_name = {table.name: table for table in tables}
    known = {name: rows[name] for name in by_name}
    candidates = {n: _ranked(by_name[n], foreign_keys.get(n, ()), known) for n in sorted(by_name)}
    while circle := _circle({name: keys[0].parent for name, keys in candidates.items() if keys}):
        nullable = [name for name in circle if _is_nullable(by_name[name], candidates[name][0])]
        candidates[max(nullable or circle)].pop(0)
    return {name: keys[0] if keys else None for name, keys in candidates.items()}


def _ranked(table: Table, foreign_keys: Sequence[ForeignKey], rows: Mapping[str, int]) -> list[ForeignKey]:
    usable = [key for key in foreign_keys if key.parent != table.name and key.parent in rows and not key.branch]
    own = rows.get(table.name, 0)

    primary = set(table.primary_key.columns) if table.primary_key else set()

    def rank(key: ForeignKey) -> tuple[bool, bool, int, bool, bool, int]:
        parents = rows[key.parent]
        is_lookup = own > LOOKUP_CHILDREN * parents
        within = len(key.columns) if primary.issuperset(key.columns) else 0
        starts = _starts_primary_key(table, key)
        return is_lookup, _is_nullable(table, key), -within, not starts, own < parents, -parents

    # sorted() is stable: keys that are equal otherwise stay in the order of their declaration.
    return sorted(usable, key=rank)


def _is_nullable(table: Table, key: ForeignKey) -> bool:
    return any(table.column(name).nullable for name in key.columns)


def _starts_primary_key(table: Table, key: ForeignKey) -> bool:
    if table.primary_key is None:
        return False
    return set(table.primary_key.columns[: len(key.columns)]) == set(key.columns)


def _circle(parents: Mapping[str, str]) -> list[str]:
    """The tables of one circle of a graph in which each table has at most one parent; empty if there is none."""
    done: set[str] = set()
    for start in sorted(parents):
        path: list[str] = []
        at: str | None = start
        while at is not None and at not in done:
            if at in path:
                return path[path.index(at) :]
            path.append(at)
            at = parents.get(at)
        done.update(path)
    return []
