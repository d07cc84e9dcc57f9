"""Which entity each source row hangs on: rows of one entity are held out together, so they count as one draw."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from synth_assets.catalog.model import ForeignKey
from synth_assets.statistics.encoding import Array
from synth_assets.validate.rows import Part, Rows

# The rule of extract/hold_out.py: the highest ancestor with at least this many rows is the entity root.
ROWS_OF_AN_ENTITY_ROOT = 200


class Entities:
    """Entity numbers of source rows, by following driving keys up to the entity root.

    Args:
        source: The snapshot's tables.
        driving: By child table, the key that it hangs on; tables that hang on none are left out. Has no cycle.
    """

    def __init__(self, source: Mapping[str, Rows], driving: Mapping[str, ForeignKey]) -> None:
        self._source = source
        self._driving = {c: k for c, k in driving.items() if c in source and k.parent in source}
        self._known: dict[tuple[str, Part], Array] = {}

    def root(self, table: str) -> str | None:
        """The entity root of a table; None if no table on its way up has 200 rows."""
        way = [table]
        while way[-1] in self._driving:
            way.append(self._driving[way[-1]].parent)
        return next(
            (t for t in reversed(way) if t in self._source and self._source[t].rows >= ROWS_OF_AN_ENTITY_ROOT), None
        )

    def family_key(self, table: str) -> ForeignKey | None:
        """The key by which a table's rows form families that are held out as a whole; None if they form none."""
        return self._driving.get(table) if self.root(table) not in (None, table) else None

    def training(self, table: str) -> Array:
        """The entity of each training row, int64 of shape (rows,); the numbers are those of the table's root only."""
        return self._of(table, "training")

    def held_out(self, table: str) -> Array:
        """The entity of each held-out row, int64 of shape (rows,)."""
        return self._of(table, "held_out")

    def numbers(self, table: str, *, root: str, part: Part = "all") -> Array:
        """The row of `root` that each row hangs on, int64 of shape (rows,); negative for rows that hang on none."""
        return self._follow(table, part, root)

    def below(self, root: str) -> list[str]:
        """The tables whose rows hang on those of a root, in name order, without the root itself."""
        return sorted(name for name in self._driving if name != root and self.root(name) == root)

    @property
    def roots(self) -> set[str]:
        """The tables of which rows are held out, whatever hangs on them."""
        return {root for name in self._source if (root := self.root(name))}

    def families(self, table: str) -> Array | None:
        """The family of each source row, int64 of shape (rows,): rows with the same driving parent; None for a root."""
        key = self._driving.get(table)
        if key is None:
            return None
        names = list(dict.fromkeys(key.columns))
        numbered = self._source[table].read(columns=names).with_row_index("\0row")
        families: Array = numbered.select(pl.col("\0row").first().over(names).cast(pl.Int64)).to_series().to_numpy()
        return families

    def _of(self, table: str, part: Part) -> Array:
        if (table, part) not in self._known:
            self._known[(table, part)] = self._follow(table, part, self.root(table))
        return self._known[(table, part)]

    def _follow(self, table: str, part: Part, root: str | None) -> Array:
        rows = self._source[table]
        key = self._driving.get(table)
        if key is None or table == root:
            height = rows.read(columns=rows.schema.names()[:1], part=part).height
            return np.arange(height, dtype=np.int64)
        names = [f"key_{i}" for i in range(len(key.columns))]
        parent_rows = self._source[key.parent].read(columns=list(dict.fromkeys(key.parent_columns)), part=part)
        parents = parent_rows.select(
            pl.col(c).alias(n) for c, n in zip(key.parent_columns, names, strict=True)
        ).with_columns(pl.Series("entity", self._follow(key.parent, part, root)))
        children = rows.read(columns=list(dict.fromkeys(key.columns)), part=part).select(
            pl.col(c).alias(n) for c, n in zip(key.columns, names, strict=True)
        )
        parents = parents.cast({n: children.schema[n] for n in names}, strict=False).unique(names, keep="first")
        found = children.join(parents, on=names, how="left", maintain_order="left")["entity"]
        # A row that hangs on nothing is an entity of its own.
        alone = pl.Series(-1 - np.arange(len(found), dtype=np.int64))
        entities: Array = found.zip_with(found.is_not_null(), alone).to_numpy()
        return entities
