"""The columns that formulas are computed from, by the names under which rows know them."""

from collections.abc import Callable, Mapping

import polars as pl

from synth_assets.synthesize.relational.features import feature_name
from synth_assets.synthesize.relational.matching import gather
from synth_assets.synthesize.relational.structure import Reference, TableStructure
from synth_assets.synthesize.relational.tables import LinkedTables

Place = tuple[str, str]


class NamedColumns:
    """Columns of generated tables, some of them changed.

    A row knows its own columns by their names, those of its driving parent and of all above as `orders.total`, those of
    a further parent as `lines(product_id): products.price`.

    Args:
        features: Reads those of a table, for what is no column of any: numbers of children.
    """

    def __init__(
        self,
        structures: Mapping[str, TableStructure],
        tables: LinkedTables,
        features: Callable[[str], pl.DataFrame],
    ) -> None:
        self._structures = structures
        self._tables = tables
        self._features = features
        self._changed: dict[Place, pl.Series] = {}

    def put(self, table: str, values: pl.Series) -> None:
        """Change a column."""
        self._changed[table, values.name] = values

    def own(self, table: str, column: str) -> pl.Series:
        """A column of a table as it is now."""
        changed = self._changed.get((table, column))
        return self._tables.frame(table)[column] if changed is None else changed

    def of(self, table: str, name: str) -> pl.Series:
        """What the rows of a table know by this name."""
        if name in self._structures[table].learned:
            return self.own(table, name)
        above = self._above(table, name)
        if above is None:
            raise KeyError(name)
        reference, rest = above
        values = self._feature(reference.key.parent, rest)
        return gather(values.to_frame(), self._tables.parents(table, reference.key)).to_series().alias(name)

    def place(self, table: str, name: str) -> Place | None:
        """The table and column that a row of `table` means by this name; None for what is no column."""
        return place_of(self._structures, table, name)

    def _feature(self, table: str, name: str) -> pl.Series:
        column = self._column_of_feature(table, name)
        if column:
            return self.own(table, column)
        above = self._above(table, name)
        if name.startswith("# ") or above is None:
            return self._features(table)[name]
        values = self._feature(above[0].key.parent, above[1])
        return gather(values.to_frame(), self._tables.parents(table, above[0].key)).to_series()

    def _column_of_feature(self, table: str, name: str) -> str | None:
        return _column_of_feature(self._structures[table], name)

    def _above(self, table: str, name: str) -> tuple[Reference, str] | None:
        return _above(self._structures[table], name)


def place_of(structures: Mapping[str, TableStructure], table: str, name: str) -> Place | None:
    """The table and column that a row of `table` means by this name; None for what is no column."""
    if name in structures[table].learned:
        return table, name
    above = _above(structures[table], name)
    while above:
        reference, rest = above
        parent = structures[reference.key.parent]
        column = _column_of_feature(parent, rest)
        if column:
            return parent.name, column
        above = _above(parent, rest)
    return None


def _column_of_feature(structure: TableStructure, name: str) -> str | None:
    return next((column for column in structure.learned if feature_name(structure.name, column) == name), None)


def _above(structure: TableStructure, name: str) -> tuple[Reference, str] | None:
    """The key by which a row gets what it knows by this name, and the name there."""
    for reference in structure.further:
        if name.startswith(prefix := f"{reference.name}: "):
            return reference, name.removeprefix(prefix)
    return (structure.driving, name) if structure.driving else None
