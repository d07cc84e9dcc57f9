"""Foreign keys that the source does not declare and the plan names."""

from synth_assets.catalog.model import Catalog, ForeignKey, Table
from synth_assets.plan.nearest import hint
from synth_assets.plan.refused import Problems
from synth_assets.plan.settings import DatasetSettings, ForeignKeySettings


def undeclared_keys(
    settings: DatasetSettings, catalog: Catalog, problems: Problems
) -> dict[str, tuple[ForeignKey, ...]]:
    """The undeclared keys of every table that has some; adds to `problems` what is wrong with them."""
    keys: dict[str, tuple[ForeignKey, ...]] = {}
    for named in settings.foreign_keys:
        key = _undeclared_key(named, settings, catalog, problems)
        if key:
            keys[named.table] = (*keys.get(named.table, ()), key)
    return keys


def _undeclared_key(
    named: ForeignKeySettings, settings: DatasetSettings, catalog: Catalog, problems: Problems
) -> ForeignKey | None:
    remedy = "Correct it under `foreign_keys`."
    for name in (named.table, named.parent):
        if name not in catalog.table_names:
            problems.add(f"foreign key: no table {name!r}{hint(name, catalog.table_names)}", remedy=remedy)
            return None
    table, parent = catalog.table(named.table), catalog.table(named.parent)
    parent_columns = named.parent_columns or (parent.primary_key.columns if parent.primary_key else ())
    unknown = [(table, name) for name in named.columns if name not in table.column_names]
    unknown += [(parent, name) for name in parent_columns if name not in parent.column_names]
    for where, name in unknown:
        problems.add(
            f"foreign key: no column {name!r}{hint(name, where.column_names)}", table=where.name, remedy=remedy
        )
    if unknown:
        return None
    if len(parent_columns) != len(named.columns):
        problems.add(
            f"foreign key: {len(named.columns)} columns cannot refer to {len(parent_columns)} of {parent.name}",
            table=table.name,
            remedy="Name as many `parent_columns` as `columns`.",
        )
        return None
    for name, parent_name in zip(named.columns, parent_columns, strict=True):
        if table.column(name).type.kind is not parent.column(parent_name).type.kind:
            problems.add(
                f"foreign key: its type {table.column(name).type.native} is not that of {parent.name}.{parent_name}",
                table=table.name,
                column=name,
                remedy=remedy,
            )
            return None
    if not is_unique(parent, parent_columns, settings):
        problems.add(
            f"foreign key: {', '.join(parent_columns)} of {parent.name} may occur more than once",
            table=table.name,
            remedy=f"Refer to a primary or unique key of {parent.name}.",
        )
        return None
    return named.foreign_key(parent_columns)


def is_unique(parent: Table, columns: tuple[str, ...], settings: DatasetSettings) -> bool:
    """Whether no two rows share these columns, as the catalog or the plan says."""
    if any(set(columns) == set(unique) for unique in parent.unique_sets):
        return True
    named = settings.table(parent.name).columns
    return len(columns) == 1 and columns[0] in named and bool(named[columns[0]].unique)
