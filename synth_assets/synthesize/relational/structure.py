"""What the relational layer must know of one table before it reads a row: its keys, parents and children."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from synth_assets.catalog.driving import driving_keys
from synth_assets.catalog.graph import components
from synth_assets.catalog.model import Catalog, ForeignKey, Kind, Table
from synth_assets.plan.public_domain import declared_labels
from synth_assets.plan.resolved import ColumnDecision, Engine, Mode, ResolvedPlan, Role, TableDecision, Treatment

ORDERED_KINDS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DATE, Kind.TIME, Kind.DATETIME)
NATIVE = "trees"


def reference_name(table: str, foreign_key: ForeignKey) -> str:
    """How a foreign key is called in models and features: `orders(customer_id)`, `comments(commentable_id: posts)`."""
    to = f": {foreign_key.parent}" if foreign_key.branch else ""
    return f"{table}({','.join(foreign_key.columns)}{to})"


@dataclass(frozen=True)
class Reference:
    """A foreign key seen from its child.

    Attributes:
        deferred: The parent is generated after the child (the broken edge of a cycle).
        carried: Columns that the child learns like its own and by which the parent is then looked up, as the year in
            a key (team, year): columns with an order whose counterpart is a learned column of the parent.
    """

    child: str
    key: ForeignKey
    deferred: bool = False
    carried: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return reference_name(self.child, self.key)

    @property
    def to_itself(self) -> bool:
        return self.key.parent == self.child

    @property
    def looked_up_by(self) -> tuple[str, ...]:
        """Learned columns that decide which rows of the parent may be referred to: carried ones, a branch's type."""
        return (*self.carried, *((self.key.branch.column,) if self.key.branch else ()))


@dataclass(frozen=True)
class TableStructure:
    """One table's place in the graph.

    Attributes:
        driving: The key to the parent whose rows this table's rows are generated for; None for a root.
        further: All other keys, those whose parent is there first, deferred ones last.
        driven: Keys of children that this table drives.
        chosen: Keys of children (or of itself) that pick rows of this table as a further parent.
        picked: Keys of private children, of which no other table's model may know: they pick any row.
    """

    table: Table
    decision: TableDecision
    driving: Reference | None
    further: tuple[Reference, ...]
    driven: tuple[Reference, ...]
    chosen: tuple[Reference, ...]
    picked: tuple[Reference, ...] = ()

    @property
    def name(self) -> str:
        return self.table.name

    def learned_by(self, engine: Engine) -> "TableStructure":
        """The same with another engine."""
        named = {"synthesizer": engine.name, "synthesizer_options": engine.options, "candidates": ()}
        return replace(self, decision=self.decision.model_copy(update=named))

    @cached_property
    def looked_up_by(self) -> tuple[str, ...]:
        """Learned columns that further parents are looked up by."""
        return tuple(dict.fromkeys(column for reference in self.further for column in reference.looked_up_by))

    @cached_property
    def learned(self) -> tuple[str, ...]:
        """Columns that a synthesizer learns, carried ones included, in catalog order."""
        return tuple(
            column.name for column in self.decision.columns if is_learned(column) or column.name in self.looked_up_by
        )

    @cached_property
    def declared(self) -> dict[str, tuple[str, ...]]:
        """The labels of columns whose type or CHECK names all that they may be."""
        return declared_labels(self.table)

    @property
    def labelled(self) -> dict[str, tuple[str, ...]]:
        """The columns whose values the plan names, with these."""
        return {column.name: column.labels for column in self.decision.columns if column.labels}

    @cached_property
    def ruled(self) -> tuple[ColumnDecision, ...]:
        """Columns that rules make: keys, free text, fakes, pseudonyms, masks, nulls and constants."""
        return tuple(c for c in self.decision.columns if not is_learned(c) and _is_ruled(c))

    @cached_property
    def referencing(self) -> tuple[str, ...]:
        """Columns of any foreign key."""
        keys = ([self.driving] if self.driving else []) + list(self.further)
        return tuple(dict.fromkeys(column for reference in keys for column in reference.key.columns))

    @cached_property
    def referring_first(self) -> tuple[Reference, ...]:
        """The keys whose parent can be chosen before the columns that identify nothing are made."""
        first = [self.driving] if self.driving else []
        return (*first, *(r for r in self.further if not r.deferred and not r.to_itself))

    @cached_property
    def referred(self) -> tuple[str, ...]:
        """Columns that any key refers to."""
        keys = (*self.driven, *self.chosen, *self.picked)
        return tuple(dict.fromkeys(column for reference in keys for column in reference.key.parent_columns))

    @property
    def published_columns(self) -> tuple[str, ...]:
        """All columns but those that the database itself computes."""
        return tuple(c.name for c in self.decision.columns if c.role is not Role.GENERATED)


def may_be_null(table: Table, key: ForeignKey) -> bool:
    """Whether a row need not refer to any by the key."""
    return any(table.column(name).nullable for name in key.columns)


def is_learned(column: ColumnDecision) -> bool:
    return column.role is Role.VALUE and column.treatment in (Treatment.LEARN, Treatment.KEEP)


def _is_ruled(column: ColumnDecision) -> bool:
    treated = column.treatment not in (Treatment.LEARN, Treatment.KEEP, Treatment.DERIVE)
    return column.role in (Role.KEY, Role.TEXT) or (treated and column.role is not Role.GENERATED)


def table_structures(
    catalog: Catalog, plan: ResolvedPlan, rows: Mapping[str, int]
) -> tuple[dict[str, TableStructure], list[tuple[str, ...]]]:
    """The structure of every published table, and the order of generation.

    Args:
        rows: Source rows by table; they decide which parent drives a table.

    Returns:
        Structures by table name, and groups of tables in the order in which they can be generated: tables of one
        cycle share a group, within which they stand in the order of generation.
    """
    names = [decision.name for decision in plan.published]
    keys = {
        name: [key for key in plan.foreign_keys.get(name, ()) if _is_filled(plan.table(name), key)] for name in names
    }
    # Rows of a private table hang on nobody: how many a parent has is not counted.
    hanging = {name: () if plan.table(name).private else owned for name, owned in keys.items()}
    driving = driving_keys([catalog.table(name) for name in names], hanging, rows)
    groups = [_order_within(group, keys, driving) for group in components(names, keys)]
    position = {name: at for at, name in enumerate(name for group in groups for name in group)}
    references: dict[str, tuple[Reference | None, tuple[Reference, ...]]] = {}
    for name in names:
        drives = driving.get(name)
        further = [
            Reference(
                name,
                key,
                deferred=key.parent != name and position[key.parent] > position[name],
                carried=_carried(catalog, plan, name, key, drives),
            )
            for key in keys[name]
            if key != drives
        ]
        further.sort(key=lambda reference: (reference.deferred, reference.to_itself))
        references[name] = (Reference(name, drives) if drives else None, tuple(further))
    driven = _by_parent(drives for drives, _ in references.values() if drives)
    picking = _by_parent(reference for _, further in references.values() for reference in further)
    structures = {
        name: TableStructure(
            table=catalog.table(name),
            decision=plan.table(name),
            driving=references[name][0],
            further=references[name][1],
            driven=tuple(driven.get(name, ())),
            chosen=tuple(r for r in picking.get(name, ()) if not plan.table(r.child).private),
            picked=tuple(r for r in picking.get(name, ()) if plan.table(r.child).private),
        )
        for name in names
    }
    return structures, groups


def _by_parent(references: Iterable[Reference]) -> dict[str, list[Reference]]:
    found: dict[str, list[Reference]] = {}
    for reference in references:
        found.setdefault(reference.key.parent, []).append(reference)
    return found


def _is_filled(decision: TableDecision, key: ForeignKey) -> bool:
    """False where the plan empties the key itself, so that there is no parent to choose."""
    if decision.mode is Mode.EMPTY:
        return False
    if decision.mode is Mode.REFERENCE:
        return True
    return all(decision.column(column).role is Role.REFERENCE for column in key.columns)


def _order_within(
    group: Sequence[str], keys: Mapping[str, Sequence[ForeignKey]], driving: Mapping[str, ForeignKey | None]
) -> tuple[str, ...]:
    """Tables of one cycle, driving parents first, then as many further parents first as the cycle allows."""
    left, done = sorted(group), []
    while left:
        ready = [name for name in left if not ((key := driving.get(name)) and key.parent in left)]
        best = min(ready, key=lambda name: (sum(key.parent in left and key.parent != name for key in keys[name]), name))
        done.append(best)
        left.remove(best)
    return tuple(done)


def _carried(
    catalog: Catalog, plan: ResolvedPlan, name: str, key: ForeignKey, driving: ForeignKey | None
) -> tuple[str, ...]:
    if (
        len(key.columns) < 2
        or plan.table(key.parent).mode is Mode.EMPTY
        or key.parent == name
        or plan.table(name).private
    ):
        return ()
    fixed = set(driving.columns) if driving else set()
    return tuple(
        column
        for column, parent_column in zip(key.columns, key.parent_columns, strict=True)
        if column not in fixed
        and catalog.table(name).column(column).type.kind in ORDERED_KINDS
        and plan.table(key.parent).column(parent_column).role is Role.VALUE
    )
