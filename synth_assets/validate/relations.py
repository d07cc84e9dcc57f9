"""The two sides of a foreign key: how many children a parent has, and how child and parent columns go together."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.catalog.model import ForeignKey
from synth_assets.statistics.encoding import Array, Scale, as_numbers, category_codes, scale_of
from synth_assets.statistics.noise import mean_of
from synth_assets.statistics.references import refers
from synth_assets.statistics.trend import binned, joint_similarity, quantile_edges
from synth_assets.validate.rows import Rows, draw

PARENT_ROW = "\0parent"
ROWS_JOINED = 30_000
MOST_PAIRS = 200
# Categories beyond these count as one: a joint table of two long tails would hold noise only.
MOST_CATEGORIES = 50


def _referring(key: ForeignKey, child: pl.DataFrame) -> pl.DataFrame:
    """The rows that refer to a parent."""
    return child.filter(refers(child, key)).drop_nulls(list(key.columns))


def child_counts(key: ForeignKey, child: Rows, parent: Rows) -> Array:
    """Children of each parent row, parents without children included, as float64 of shape (parent rows,)."""
    references = [f"reference_{i}" for i in range(len(key.columns))]
    counted = (
        _referring(key, child.read(columns=list(dict.fromkeys(key.columns_read))))
        .select(pl.col(c).alias(r) for c, r in zip(key.columns, references, strict=True))
        .group_by(references)
        .len("children")
    )
    parents = parent.read(columns=list(dict.fromkeys(key.parent_columns))).select(
        pl.col(c).alias(r) for c, r in zip(key.parent_columns, references, strict=True)
    )
    counted = counted.cast({r: parents.schema[r] for r in references}, strict=False)
    counts: Array = (
        parents.join(counted, on=references, how="left", maintain_order="left")["children"]
        .fill_null(0)
        .cast(pl.Float64)
        .to_numpy()
    )
    return counts


@dataclass(frozen=True)
class Joined:
    """Rows of a child beside the parent rows that they point to.

    Attributes:
        all_children, all_parents: Every row of the two tables, pointed to or not: their counts say what is rare.
        parent_rows: The number of the parent of each row, shape (rows,).
    """

    child: pl.DataFrame
    parent: pl.DataFrame
    all_children: pl.DataFrame
    all_parents: pl.DataFrame
    parent_rows: Array


def joined(
    key: ForeignKey,
    child: Rows,
    parent: Rows,
    *,
    child_columns: tuple[str, ...],
    parent_columns: tuple[str, ...],
    rng: np.random.Generator,
) -> Joined:
    """At most 30,000 child rows that point somewhere, with their parents' rows."""
    references = [f"reference_{i}" for i in range(len(key.columns))]
    all_children = child.read(columns=list(dict.fromkeys((*key.columns_read, *child_columns))))
    children = draw(_referring(key, all_children), ROWS_JOINED, rng)
    parents = parent.read(columns=list(dict.fromkeys((*key.parent_columns, *parent_columns))))
    left = children.select(
        *(pl.col(c).alias(r) for c, r in zip(key.columns, references, strict=True)),
        *(pl.col(c).alias(f"child_{i}") for i, c in enumerate(child_columns)),
    )
    right = (
        parents.select(
            *(pl.col(c).alias(r) for c, r in zip(key.parent_columns, references, strict=True)),
            *(pl.col(c).alias(f"parent_{i}") for i, c in enumerate(parent_columns)),
        )
        .cast({r: left.schema[r] for r in references}, strict=False)
        .with_row_index(PARENT_ROW)
    )
    rows = left.join(right, on=references, how="inner", maintain_order="left")
    return Joined(
        rows.select(pl.col(f"child_{i}").alias(c) for i, c in enumerate(child_columns)),
        rows.select(pl.col(f"parent_{i}").alias(c) for i, c in enumerate(parent_columns)),
        all_children,
        parents,
        rows[PARENT_ROW].to_numpy(),
    )


@dataclass(frozen=True)
class PairCodes:
    """Codes of child and parent columns of one side, and the pairs that are compared."""

    child: tuple[Array, ...]
    parent: tuple[Array, ...]
    rows: int

    def take(self, index: Array) -> "PairCodes":
        return PairCodes(tuple(v[index] for v in self.child), tuple(v[index] for v in self.parent), len(index))


def _codes(everything: pl.Series, source: pl.Series, synthetic: pl.Series, *, min_group: int) -> tuple[Array, Array]:
    if scale_of(source.dtype, synthetic.dtype) is Scale.NUMBER:
        left, right = as_numbers(source), as_numbers(synthetic)
        edges = quantile_edges(left)
        return binned(left, edges), binned(right, edges)
    _, left, right = category_codes(everything, [source, synthetic], min_group=min_group)
    return np.minimum(left, MOST_CATEGORIES), np.minimum(right, MOST_CATEGORIES)


def pair_codes(
    source: Joined, synthetic: Joined, *, min_group: int, kept: frozenset[str], kept_in_parent: frozenset[str]
) -> tuple[PairCodes, PairCodes]:
    """Both sides of a key as codes: numbers in ten bins of equal share, the 50 commonest categories and the rest."""

    def coded(names: list[str], frames: tuple[pl.DataFrame, ...], free: frozenset[str]) -> list[tuple[Array, Array]]:
        return [_codes(*(frame[n] for frame in frames), min_group=1 if n in free else min_group) for n in names]

    children = coded(source.child.columns, (source.all_children, source.child, synthetic.child), kept)
    parents = coded(source.parent.columns, (source.all_parents, source.parent, synthetic.parent), kept_in_parent)
    return (
        PairCodes(tuple(c[0] for c in children), tuple(p[0] for p in parents), source.child.height),
        PairCodes(tuple(c[1] for c in children), tuple(p[1] for p in parents), synthetic.child.height),
    )


def chosen_pairs(children: int, parents: int, *, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Every pair of a child and a parent column; a seeded choice of 200 where there are more."""
    pairs = [(i, j) for i in range(children) for j in range(parents)]
    if len(pairs) <= MOST_PAIRS:
        return pairs
    return [pairs[k] for k in sorted(rng.choice(len(pairs), MOST_PAIRS, replace=False))]


def pairs_similarity(source: PairCodes, synthetic: PairCodes, pairs: list[tuple[int, int]]) -> float | None:
    """Mean similarity of the joint distributions of child and parent columns; 1 is best, None if nothing compares."""
    return mean_of(
        [
            joint_similarity((source.child[i], source.parent[j]), (synthetic.child[i], synthetic.parent[j]))
            for i, j in pairs
        ]
    )
