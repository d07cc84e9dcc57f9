"""What becomes of keys: orphans, doubles, how many children a parent has, and what goes together across a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from benchmarks.figures.columns import CATEGORIES, compared_columns
from benchmarks.figures.fidelity import two_sample
from benchmarks.memory_rows import MemoryRows
from synth_assets.catalog.model import ForeignKey
from synth_assets.statistics.shape import number_similarity
from synth_assets.validate.relations import Joined, child_counts, chosen_pairs, joined, pair_codes, pairs_similarity

Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class KeyFigures:
    """One foreign key; 1 is best of the first two, 0.5 of c2st_agg, and there must be no orphan.

    Attributes:
        cardinality: 1 - Kolmogorov-Smirnov distance of the numbers of children a parent has.
        trend_1hop: Mean similarity of the joint distributions of a child's and its parent's columns.
        c2st_agg: The two-sample test of parents with their children's number, means and numbers of categories.
    """

    orphans: int
    cardinality: float | None
    trend_1hop: float | None
    c2st_agg: float | None


def key_figures(
    table: str,
    key: ForeignKey,
    real: Frames,
    synthetic: Frames,
    schema: Mapping[str, Any],
    *,
    rng: np.random.Generator,
) -> KeyFigures:
    """All figures of one foreign key of `table`."""
    child = {c: k for c, k in compared_columns(schema, table).items() if c not in key.columns}
    parent = {c: k for c, k in compared_columns(schema, key.parent).items() if c not in key.parent_columns}
    sides = [(MemoryRows(frames[table]), MemoryRows(frames[key.parent])) for frames in (real, synthetic)]
    counts = [child_counts(key, *side) for side in sides]
    pairs = None
    if child and parent:
        rows = [joined(key, *side, child_columns=(*child,), parent_columns=(*parent,), rng=rng) for side in sides]
        pairs = _pairs(rows, child, parent, rng)
    left, right = (with_aggregates(frames[key.parent], frames[table], key, child) for frames in (real, synthetic))
    kinds = parent | {column: "numerical" for column in left.columns if column.startswith(AGGREGATE)}
    return KeyFigures(
        orphans=orphans(synthetic[table], synthetic[key.parent], key),
        cardinality=number_similarity(*counts),
        trend_1hop=pairs,
        c2st_agg=two_sample(left, right, kinds, rng=rng),
    )


AGGREGATE = "\0children"


def with_aggregates(
    parent: pl.DataFrame, child: pl.DataFrame, key: ForeignKey, kinds: Mapping[str, str]
) -> pl.DataFrame:
    """Parent rows with their number of children, the children's means and numbers of different categories."""
    references = [f"\0{place}" for place in range(len(key.columns))]
    aggregates = [
        pl.col(column).n_unique().alias(f"{AGGREGATE}, different {column}")
        if kind in CATEGORIES
        else pl.col(column).to_physical().cast(pl.Float64).mean().alias(f"{AGGREGATE}, mean {column}")
        for column, kind in kinds.items()
    ]
    of_parent = (
        child.with_columns(pl.col(c).alias(r) for c, r in zip(key.columns, references, strict=True))
        .drop_nulls(references)
        .group_by(references)
        .agg(pl.len().alias(AGGREGATE), *aggregates)
    )
    wide = parent.join(of_parent, left_on=list(key.parent_columns), right_on=references, how="left")
    return wide.with_columns(pl.col(AGGREGATE).fill_null(0))


def orphans(child: pl.DataFrame, parent: pl.DataFrame, key: ForeignKey) -> int:
    """Rows that point to no row; a reference with a NULL in it points nowhere and is none."""
    pointing = child.drop_nulls(list(key.columns))
    return pointing.join(parent, left_on=list(key.columns), right_on=list(key.parent_columns), how="anti").height


def duplicate_keys(table: pl.DataFrame, columns: list[str]) -> int:
    """Rows beyond the first with a primary key, and rows with a NULL in it."""
    filled = table.select(columns).drop_nulls()
    return table.height - filled.n_unique() if columns else 0


def _pairs(
    rows: list[Joined], child: Mapping[str, str], parent: Mapping[str, str], rng: np.random.Generator
) -> float | None:
    categories = [frozenset(kinds) for kinds in (child, parent)]
    codes = pair_codes(*rows, min_group=1, kept=categories[0], kept_in_parent=categories[1])
    return pairs_similarity(*codes, chosen_pairs(len(child), len(parent), rng=rng))
