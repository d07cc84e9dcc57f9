"""Foreign keys under a plan: which ones are published, which columns follow them, which must be empty."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from synth_assets.catalog.model import Catalog, ForeignKey, Table
from synth_assets.plan.polymorphic import REAL_KEYS, PolymorphicKey, polymorphic_keys
from synth_assets.plan.refused import Problems
from synth_assets.plan.resolved import Mode, Treatment
from synth_assets.plan.settings import DatasetSettings, TableSettings
from synth_assets.plan.undeclared import undeclared_keys


@dataclass(frozen=True)
class TableReferences:
    """What foreign keys mean for one table.

    Attributes:
        published: Its foreign keys to published tables.
        following: Columns that take a row of a parent, with the parents' names.
        emptied: Columns that are always NULL because no parent row is published, with the reason.
        types: Type columns of polymorphic keys, with the keys.
        referred: Columns that other rows refer to, with the names of the tables that do.
        referred_as_real: Those of them whose real values the referring tables keep.
    """

    published: tuple[ForeignKey, ...] = ()
    following: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    emptied: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, tuple[PolymorphicKey, ...]] = field(default_factory=dict)
    referred: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    referred_as_real: frozenset[str] = frozenset()


def references(
    settings: DatasetSettings, catalog: Catalog, modes: Mapping[str, Mode], problems: Problems
) -> dict[str, TableReferences]:
    """The references of every published table; adds to `problems` what cannot hold."""
    undeclared = undeclared_keys(settings, catalog, problems)
    keys = {table.name: _known_keys(table, undeclared.get(table.name, ()), catalog) for table in catalog.tables}
    polymorphic = polymorphic_keys(settings, catalog, keys, problems)
    found: dict[str, TableReferences] = {}
    for table in catalog.tables:
        said, mode = settings.table(table.name), modes[table.name]
        if mode is Mode.EXCLUDE:
            continue
        found[table.name] = _of_table(table, keys[table.name], said, modes, problems)
        if mode is not Mode.EMPTY:
            several = [key.published(table, said, modes, problems) for key in polymorphic.get(table.name, ())]
            found[table.name] = _with_polymorphic(found[table.name], several, said)
    followed: dict[str, list[tuple[str, ForeignKey]]] = {}
    for child, links in found.items():
        for key in links.published:
            if set(key.columns) <= set(links.following) and modes[child] is not Mode.EMPTY:
                followed.setdefault(key.parent, []).append((child, key))
    return {name: _seen_from_parent(links, followed.get(name, ()), modes) for name, links in found.items()}


def _seen_from_parent(
    links: TableReferences, followed: Iterable[tuple[str, ForeignKey]], modes: Mapping[str, Mode]
) -> TableReferences:
    referred: dict[str, tuple[str, ...]] = {}
    as_real: set[str] = set()
    for child, key in followed:
        referred |= {column: tuple(dict.fromkeys((*referred.get(column, ()), child))) for column in key.parent_columns}
        as_real |= set(key.parent_columns) if modes[child] in REAL_KEYS else set()
    return replace(links, referred=referred, referred_as_real=frozenset(as_real))


def _known_keys(table: Table, undeclared: tuple[ForeignKey, ...], catalog: Catalog) -> list[ForeignKey]:
    """Keys to tables of the catalog; one to a table elsewhere leaves its columns ordinary ones."""
    keys: dict[tuple[object, ...], ForeignKey] = {}
    for key in (*table.foreign_keys, *undeclared):
        if key.parent in catalog.table_names:
            keys.setdefault((key.columns, key.parent, key.parent_columns), key)
    return list(keys.values())


def _of_table(
    table: Table, keys: list[ForeignKey], settings: TableSettings, modes: Mapping[str, Mode], problems: Problems
) -> TableReferences:
    mode = modes[table.name]
    published = tuple(key for key in keys if modes[key.parent] is not Mode.EXCLUDE)
    if mode is Mode.EMPTY:
        return TableReferences(published, _parents_by_column(published))
    nulled = {name for name, column in settings.columns.items() if column.treatment is Treatment.NULL}
    followed = [key for key in published if modes[key.parent] is not Mode.EMPTY and not nulled & set(key.columns)]
    for key in followed:
        if mode in REAL_KEYS and modes[key.parent] not in REAL_KEYS:
            _refuse_dangling(table.name, key, mode, problems)
    following = _parents_by_column(followed)
    emptied: dict[str, str] = {}
    for key in keys:
        if modes[key.parent] in (Mode.EXCLUDE, Mode.EMPTY) and not nulled & set(key.columns):
            emptied |= _emptied(table, key, settings, modes, following, problems)
    return TableReferences(published, following, emptied)


def _with_polymorphic(
    links: TableReferences, keys: Sequence[PolymorphicKey], settings: TableSettings
) -> TableReferences:
    """The references of a table with those of its polymorphic keys."""
    for key in keys:
        types = {key.type_column: (*links.types.get(key.type_column, ()), key)}
        if key.branches:
            links = replace(
                links,
                published=(*links.published, *key.branches),
                following={**links.following, key.column: key.parents},
                types={**links.types, **types},
            )
        elif key.column not in settings.columns:
            reason = "Refers to no table that is published: left empty."
            links = replace(links, emptied={**links.emptied, key.column: reason, key.type_column: reason})
    return links


def _parents_by_column(keys: tuple[ForeignKey, ...] | list[ForeignKey]) -> dict[str, tuple[str, ...]]:
    parents: dict[str, tuple[str, ...]] = {}
    for key in keys:
        for column in key.columns:
            parents[column] = tuple(dict.fromkeys((*parents.get(column, ()), key.parent)))
    return parents


def _refuse_dangling(table: str, key: ForeignKey, mode: Mode, problems: Problems) -> None:
    columns = ", ".join(key.columns)
    problems.add(
        f"a {mode} table keeps its real keys, but {key.parent}, to which {columns} refers, gets new ones",
        table=table,
        remedy=f"Give {key.parent} the mode partial or reference, or {table} the mode synthetic.",
    )


def _emptied(
    table: Table,
    key: ForeignKey,
    settings: TableSettings,
    modes: Mapping[str, Mode],
    following: Mapping[str, tuple[str, ...]],
    problems: Problems,
) -> dict[str, str]:
    """The columns of a key without parent rows that become NULL; NULL in one of them satisfies the key."""
    mode, parent_mode = modes[table.name], modes[key.parent]
    published = parent_mode is Mode.EMPTY
    named = set() if published else {name for name, column in settings.columns.items() if column.treatment}
    if not published and (mode is Mode.REFERENCE or set(key.columns) <= set(following) | named):
        return {}
    primary = set(table.primary_key.columns) if table.primary_key else set()
    fixed = primary | set(following) | named
    empty = [name for name in key.columns if table.column(name).nullable and name not in fixed]
    empty = [] if mode is Mode.REFERENCE else empty
    if empty:
        said = "is published without rows" if published else "is not published"
        return dict.fromkeys(empty, f"Refers to {key.parent}, which {said}: left empty.")
    said = "published without rows" if published else "excluded"
    problems.add(
        f"{', '.join(key.columns)} must refer to a row of {key.parent}, which is {said}",
        table=table.name,
        remedy=f"Give {key.parent} the mode synthetic, or {table.name} the mode {parent_mode}.",
    )
    return {}
