"""The foreign-key graph: which table refers to which, and in what order tables can be made."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from synth_assets.catalog.model import Catalog, ForeignKey


@dataclass(frozen=True)
class TableGraph:
    """Tables and the foreign keys between them; keys to tables that are not among `tables` do not count."""

    tables: tuple[str, ...]
    foreign_keys: Mapping[str, Sequence[ForeignKey]]

    @classmethod
    def of(cls, catalog: Catalog, *, tables: Iterable[str] | None = None) -> "TableGraph":
        """The graph of a catalog, or of some of its tables."""
        chosen = catalog.table_names if tables is None else tuple(sorted(set(tables)))
        return cls(chosen, {name: catalog.table(name).foreign_keys for name in chosen})

    def parents(self, table: str) -> tuple[str, ...]:
        """The tables that `table` refers to, in name order, itself included if it refers to itself."""
        return tuple(sorted({key.parent for key in self.foreign_keys.get(table, ())} & set(self.tables)))

    def children(self, table: str) -> tuple[str, ...]:
        """The tables that refer to `table`, in name order, itself included if it refers to itself."""
        return tuple(sorted(child for child in self.tables if table in self.parents(child)))

    def components(self) -> list[tuple[str, ...]]:
        """See `components`."""
        return components(self.tables, self.foreign_keys)

    def loading_order(self) -> list[str]:
        """See `loading_order`."""
        return loading_order(self.tables, self.foreign_keys)


def components(tables: Iterable[str], foreign_keys: Mapping[str, Sequence[ForeignKey]]) -> list[tuple[str, ...]]:
    """Groups of tables that refer to each other in a cycle, parents before children.

    Nearly every group is a single table. A table that only refers to itself is a group of its own. The order depends
    on nothing but names and keys: of all groups that could come next, the one with the first name does.

    Strongly connected components by Tarjan (1972), without recursion, then Kahn's topological order.
    """
    names = sorted(set(tables))
    parents = {
        name: sorted({key.parent for key in foreign_keys.get(name, ())}.intersection(names) - {name}) for name in names
    }
    group_of = {name: group for group in _strongly_connected(parents) for name in group}
    waiting = {
        group: {group_of[parent] for name in group for parent in parents[name]} - {group} for group in group_of.values()
    }
    children: dict[tuple[str, ...], list[tuple[str, ...]]] = {group: [] for group in waiting}
    for group, above in waiting.items():
        for parent in above:
            children[parent].append(group)
    ready = [group for group, above in waiting.items() if not above]
    heapq.heapify(ready)
    ordered = []
    while ready:
        group = heapq.heappop(ready)
        ordered.append(group)
        for child in children[group]:
            waiting[child].discard(group)
            if not waiting[child]:
                heapq.heappush(ready, child)
    return ordered


def loading_order(tables: Iterable[str], foreign_keys: Mapping[str, Sequence[ForeignKey]]) -> list[str]:
    """The tables, parents before children; tables of one cycle stand together in name order."""
    return [table for group in components(tables, foreign_keys) for table in group]


def _strongly_connected(parents: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    groups: list[tuple[str, ...]] = []
    for root in parents:
        if root in index:
            continue
        walk = [(root, iter(parents[root]))]
        while walk:
            name, rest = walk[-1]
            if name not in index:
                index[name] = low[name] = len(index)
                stack.append(name)
                on_stack.add(name)
            for parent in rest:
                if parent not in index:
                    walk.append((parent, iter(parents[parent])))
                    break
                if parent in on_stack:
                    low[name] = min(low[name], index[parent])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[name])
                if low[name] == index[name]:
                    group = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        group.append(member)
                        if member == name:
                            break
                    groups.append(tuple(sorted(group)))
    return groups
