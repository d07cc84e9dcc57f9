"""Sources of different nature, and engines that know their distribution and leak a share of their training rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

ENTITY = "entity"


@dataclass(frozen=True)
class Source:
    """Rows by entity, and what an honest engine gives: as many rows of the same distribution."""

    rows: pl.DataFrame
    honest: pl.DataFrame


@dataclass(frozen=True)
class Split:
    training: pl.DataFrame
    held_out: pl.DataFrame
    honest: pl.DataFrame


def split(source: Source, *, rng: np.random.Generator, hold_out: float = 0.1) -> Split:
    """Hold out a share of the entities with all their rows."""
    entities = source.rows[ENTITY].unique(maintain_order=True).to_numpy()
    chosen = rng.choice(entities, round(hold_out * len(entities)), replace=False)
    held = source.rows[ENTITY].is_in(chosen.tolist())
    return Split(source.rows.filter(~held), source.rows.filter(held), source.honest)


def leak(of: Split, share: float, *, rng: np.random.Generator, whole_families: bool = False) -> pl.DataFrame:
    """The honest rows, a share of them replaced by training rows."""
    rows = of.honest.height
    if whole_families:
        entities = of.training[ENTITY].unique(maintain_order=True).to_numpy()
        chosen = rng.choice(entities, round(share * len(entities)), replace=False)
        copied = of.training.filter(pl.col(ENTITY).is_in(chosen.tolist()))
    else:
        copied = of.training[rng.permutation(of.training.height)[: round(share * rows)]]
    kept = rng.permutation(rows)[: max(rows - copied.height, 0)]
    return pl.concat(
        [
            of.honest[kept].with_columns(pl.col(ENTITY).cast(pl.Int64)),
            copied.with_columns(pl.col(ENTITY).cast(pl.Int64) + 1_000_000),
        ]
    )


def people(rng: np.random.Generator, rows: int = 3000) -> Source:
    """Each row a person with several numbers: no two are equal."""

    def draw() -> pl.DataFrame:
        age = rng.integers(18, 80, rows)
        height = np.round(rng.normal(170, 10, rows)).astype(int)
        income = np.round(rng.lognormal(10, 0.4, rows) * (1 + age / 60), 2)
        return pl.DataFrame(
            {
                "age": age,
                "height": height,
                "weight": np.round(height * rng.normal(0.45, 0.05, rows)).astype(int),
                "income": income,
                "region": rng.choice(["north", "south", "east"], rows),
                ENTITY: np.arange(rows),
            }
        )

    return Source(draw(), draw())


def few_people(rng: np.random.Generator) -> Source:
    return people(rng, 150)


def children(rng: np.random.Generator, families: int = 300, columns: Sequence[str] | None = None) -> Source:
    """Rows of one entity are alike: held-out entities differ from all others, and that is nobody's fault."""

    def draw() -> pl.DataFrame:
        size = rng.geometric(0.15, families)
        owner = np.repeat(np.arange(families), size)
        taste = rng.integers(0, 40, families)[owner]
        rows = pl.DataFrame(
            {
                "product": taste * 5 + rng.integers(0, 5, len(owner)),
                "channel": np.where(rng.random(len(owner)) < 0.7, "web", "shop"),
                "quantity": rng.integers(1, 30, families)[owner] + rng.integers(0, 3, len(owner)),
                "year": rng.integers(2000, 2012, len(owner)),
                ENTITY: owner,
            }
        )
        return rows.select(*(columns or rows.columns[:-1]), ENTITY)

    return Source(draw(), draw())


def pairs(rng: np.random.Generator) -> Source:
    """Two columns of few values: every row is a copy by necessity."""

    def draw() -> pl.DataFrame:
        share = 1 / np.arange(1, 31)
        return pl.DataFrame(
            {
                "age": np.minimum(rng.geometric(0.05, 400), 60),
                "education": rng.choice(30, 400, p=share / share.sum()),
                ENTITY: np.arange(400),
            }
        )

    return Source(draw(), draw())


def awards(rng: np.random.Generator) -> Source:
    """One row for each award, year and league, won by a few people over and over; the engine draws from that grid."""
    grid = pl.DataFrame({"award": ["best", "most"]}).join(pl.DataFrame({"year": range(1950, 2010)}), how="cross")
    grid = grid.join(pl.DataFrame({"league": ["A", "N"]}), how="cross")
    rows = grid.with_columns(pl.Series(ENTITY, rng.integers(0, 110, grid.height)))
    return Source(rows, rows[rng.integers(0, rows.height, rows.height)])


def seats(rng: np.random.Generator) -> Source:
    """Each seat of each game once, most of them taken: the engine knows the seats and draws with replacement."""
    grid = pl.DataFrame({"game": range(100)}).join(pl.DataFrame({"seat": range(15)}), how="cross")
    taken = grid.filter(pl.Series(rng.random(grid.height) < 0.8))
    rows = taken.with_columns(pl.Series(ENTITY, rng.integers(0, 500, taken.height)))
    honest = grid[rng.integers(0, grid.height, rows.height)].with_columns(pl.lit(0, dtype=pl.Int64).alias(ENTITY))
    return Source(rows, honest)


def calendar(rng: np.random.Generator) -> Source:
    """A look-up of months: each combination once, few rows."""
    grid = pl.DataFrame({"year": range(2010, 2020)}).join(pl.DataFrame({"month": range(1, 13)}), how="cross")
    rows = grid.with_columns(((pl.col("month") - 1) // 3 + 1).alias("quarter"), pl.int_range(pl.len()).alias(ENTITY))
    return Source(rows, rows[rng.integers(0, rows.height, rows.height)])


SOURCES: dict[str, Callable[[np.random.Generator], Source]] = {
    "people": people,
    "few_people": few_people,
    "children": children,
    "pairs": pairs,
    "awards": awards,
    "seats": seats,
    "calendar": calendar,
}
