"""Which rows are kept from training: a share of the entities, each with all that hangs on it."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.catalog.driving import driving_keys
from synth_assets.catalog.graph import components
from synth_assets.catalog.model import ForeignKey, Table
from synth_assets.statistics.references import refers
from synth_assets.store.digest import digest
from synth_assets.store.folder import Folder
from synth_assets.store.tables import HELD_OUT_COLUMN, HELD_OUT_FILE, ROWS_FILE

FEWEST_ENTITIES = 200
_SCHEMA = pl.Schema({HELD_OUT_COLUMN: pl.Boolean()})


def hold_out_rows(
    tables: Sequence[Table],
    folders: Mapping[str, Folder],
    *,
    foreign_keys: Mapping[str, Sequence[ForeignKey]],
    share: float,
    seed: int,
) -> dict[str, int]:
    """Write `held_out.parquet` beside every table's rows; returns how many rows of each table are held out.

    Going up the driving keys from a table, its entity root is the highest table with at least 200 rows. `share` of
    the rows of every entity root are held out, chosen by a seeded permutation, and of every other table the rows
    whose parent row is; a row without a parent is an entity by itself. Rows of an entity root that refer to another
    table by a polymorphic key hang on the row there instead, but for keys that lead back to the root itself. Only key
    columns are read.

    Args:
        folders: By table; each holds `rows.parquet`.
        share: 0 up to 1.
    """
    rows = {table.name: folders[table.name].frame_rows(ROWS_FILE) for table in tables}
    driving = driving_keys(tables, foreign_keys, rows)
    roots = entity_roots(driving, rows)
    hanging = {
        name: [key] if key and roots[key.parent] else [k for k in foreign_keys.get(name, ()) if k.branch]
        for name, key in driving.items()
    }
    place = {name: position for position, name in enumerate(_parents_first(driving))}
    order = [name for group in components(driving, hanging) for name in sorted(group, key=place.__getitem__)]
    held: dict[str, int] = {}
    for name in order:
        keys = [key for key in hanging[name] if key.parent in held and roots[key.parent]]
        if roots[name] is None:
            flags = pl.repeat(False, rows[name], dtype=pl.Boolean, eager=True)
        else:
            flags = _chosen(name, rows[name], share, seed)
            for key in keys:
                above = _hanging_on(folders[name], folders[key.parent], key)
                flags = above.zip_with(_referring(folders[name], key), flags)
        folders[name].write_frame(HELD_OUT_FILE, pl.DataFrame({HELD_OUT_COLUMN: flags}, schema=_SCHEMA))
        held[name] = int(flags.sum())
    return held


def entity_roots(driving: Mapping[str, ForeignKey | None], rows: Mapping[str, int]) -> dict[str, str | None]:
    """For each table the highest one along its driving keys that has at least 200 rows; None if there is none."""
    roots: dict[str, str | None] = {}
    for name in _parents_first(driving):
        key = driving[name]
        above = roots[key.parent] if key is not None else None
        own = name if rows[name] >= FEWEST_ENTITIES else None
        roots[name] = above or own
    return roots


def _parents_first(driving: Mapping[str, ForeignKey | None]) -> list[str]:
    def depth(name: str) -> int:
        key = driving[name]
        return 0 if key is None else 1 + depth(key.parent)

    return sorted(driving, key=lambda name: (depth(name), name))


def _chosen(table: str, rows: int, share: float, seed: int) -> pl.Series:
    # Each table has random numbers of its own: what is held out of one does not depend on the others.
    rng = np.random.default_rng([seed, int(digest(table)[:8], 16)])
    flags = np.zeros(rows, dtype=bool)
    flags[rng.permutation(rows)[: round(share * rows)]] = True
    return pl.Series(HELD_OUT_COLUMN, flags)


def _referring(child: Folder, key: ForeignKey) -> pl.Series:
    """Whether each row refers by the key."""
    frame = child.read_frame(ROWS_FILE, columns=key.columns_read)
    return pl.Series(refers(frame, key)) & frame.select(pl.all_horizontal(pl.all().is_not_null())).to_series()


def _hanging_on(child: Folder, parent: Folder, key: ForeignKey) -> pl.Series:
    """For each child row whether its parent row is held out; never if a column of its key is NULL."""
    parent_rows = parent.read_frame(ROWS_FILE, columns=key.parent_columns)
    held_parents = parent_rows.filter(parent.read_frame(HELD_OUT_FILE)[HELD_OUT_COLUMN])
    names = [f"key{i}" for i in range(len(key.columns))]
    held_parents.columns = names
    child_schema = child.frame_schema(ROWS_FILE)
    dtypes = pl.Schema(
        {n: _common_type(child_schema[c], held_parents.schema[n]) for n, c in zip(names, key.columns, strict=True)}
    )
    wanted = held_parents.cast(dtypes).drop_nulls().unique().with_columns(pl.lit(True).alias(HELD_OUT_COLUMN))
    flags = [pl.Series(HELD_OUT_COLUMN, [], dtype=pl.Boolean)]
    for batch in child.frame_batches(ROWS_FILE, columns=key.columns):
        keys = pl.DataFrame([batch[column].alias(name) for name, column in zip(names, key.columns, strict=True)])
        joined = keys.cast(dtypes).join(wanted, on=names, how="left", maintain_order="left")
        flags.append(joined[HELD_OUT_COLUMN].fill_null(False))
    return pl.concat(flags)


def _common_type(child: pl.DataType, parent: pl.DataType) -> pl.DataType:
    """A type in which keys of both types compare as the database compares them."""
    if child == parent:
        return child
    if child.is_numeric() and parent.is_numeric():
        if child.is_float() or parent.is_float():
            return pl.Float64()
        scales = [dtype.scale for dtype in (child, parent) if isinstance(dtype, pl.Decimal)]
        return pl.Decimal(38, max(scales)) if scales else pl.Decimal(38, 0)
    return pl.String()
