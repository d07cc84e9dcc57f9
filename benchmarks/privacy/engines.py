"""Engines of the privacy benchmark: honest ones, those that learn, and dishonest ones that leak training rows."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from benchmarks.privacy.rows import ENTITY, Parts
from synth_assets.plan.domain import Labels, Range
from synth_assets.statistics.rare_rows import holds_rare_value
from synth_assets.synthesize.private.coding import PrivateColumn
from synth_assets.synthesize.private.synthesizer import PrivateSynthesizer
from synth_assets.synthesize.protocol import ColumnSpec, TableSpec
from synth_assets.synthesize.registry import synthesizer_class
from synth_assets.synthesize.relational.column_specs import column_kind

MIN_GROUP = 10
EPSILON, DELTA, CELLS = 2.0, 1e-6, 1_000
REAL = "other part"
# `par` learns sequences and `hma` whole datasets: neither learns one table by itself.
LEARNING = ("trees", "rules", "gaussian_copula", "ctgan", "tvae", "copula_gan", "private")
# Neural engines learn for few epochs: more would take hours.
OPTIONS: Mapping[str, Mapping[str, object]] = {name: {"epochs": 10} for name in ("ctgan", "tvae", "copula_gan")}
HONEST = (REAL, "shuffled", "trees")
DISHONEST = (
    "copies 100 %",
    "copies 20 %",
    "copies 5 %",
    "noise 100 %",
    "noise 20 %",
    "rare rows",
    "families 20 %",
)


def made(engine: str, of: Parts, *, seed: int, rng: np.random.Generator) -> pl.DataFrame | None:
    """What an engine gives; None if it has nothing to leak.

    Real rows of the other part stand for an engine that knows the population and none of the training rows. As every
    engine must, it keeps back what fewer than MIN_GROUP source rows share: other rows with such a value are left out.
    """
    other = _without_rare_values(of)
    rows = other.height
    kind, _, share = engine.removesuffix(" %").rpartition(" ")
    if engine == "private":
        return _private(of, rows, seed)
    if engine in LEARNING:
        return _learned(engine, of.training, rows, seed)
    match kind or share:
        case "other":
            return other
        case "shuffled":
            return other.select(s.gather(pl.Series(rng.permutation(rows))) for s in other)
        case "copies":
            leaked = of.training[rng.permutation(of.training.height)[: round(int(share) / 100 * rows)]]
        case "noise":
            leaked = _noisy(of.training[rng.permutation(of.training.height)[: round(int(share) / 100 * rows)]], rng)
        case "rare":
            leaked = _rare(of.training)
        case "families":
            entities = of.training[ENTITY].unique(maintain_order=True).to_numpy()
            chosen = rng.choice(entities, round(int(share) / 100 * len(entities)), replace=False)
            leaked = of.training.filter(pl.col(ENTITY).is_in(chosen.tolist()))
        case _:
            raise SystemExit(f"There is no engine {engine!r}.")
    if not leaked.height:
        return None
    kept = other[rng.permutation(rows)[: max(rows - leaked.height, 0)]]
    return pl.concat([kept, leaked], how="vertical_relaxed")


def _without_rare_values(of: Parts) -> pl.DataFrame:
    source = pl.concat([of.training, of.held_out])
    columns = [name for name in source.columns if name != ENTITY]
    rare = holds_rare_value(of.other, source, columns=columns, min_group=MIN_GROUP)
    return of.other.filter(~pl.Series(rare))


def _learned(name: str, training: pl.DataFrame, rows: int, seed: int) -> pl.DataFrame:
    frame = training.drop(ENTITY).with_columns(pl.selectors.integer().cast(pl.Int64))
    columns = tuple(ColumnSpec(name, column_kind(dtype)) for name, dtype in frame.schema.items())
    engine = synthesizer_class(name)(**OPTIONS.get(name, {}))
    engine.fit(frame, table=TableSpec("table", columns, MIN_GROUP), context=None, seed=seed)
    drawn = engine.sample(rows, context=None, given=None, rng=np.random.default_rng(seed))
    return drawn.cast(dict(training.drop(ENTITY).schema)).with_columns(pl.int_range(pl.len()).alias(ENTITY))


def _private(of: Parts, rows: int, seed: int) -> pl.DataFrame:
    """What `private` draws, epsilon 2 for each row; its domains are those of both parts, as if somebody had known."""
    training, everything = of.training.drop(ENTITY), pl.concat([of.training, of.held_out, of.other])
    columns = [_column(everything[name]) for name in training.columns]
    engine = PrivateSynthesizer(columns=columns, epsilon=EPSILON, delta=DELTA)
    engine.fit(training, table=TableSpec("table", ()), context=None, seed=seed)
    drawn = engine.sample(rows, context=None, given=None, rng=np.random.default_rng(seed))
    return drawn.cast(dict(training.schema)).with_columns(pl.int_range(pl.len()).alias(ENTITY))


def _column(values: pl.Series) -> PrivateColumn:
    known = values.drop_nulls().unique().sort()
    if values.dtype.is_integer():
        low, high = int(known[0]), int(known[-1])
        return PrivateColumn(values.name, Range(low=low, step=1, cells=high - low + 1), pl.Int64(), nullable=True)
    if values.dtype.is_float():
        low, step = float(known[0]), max(float(known[-1]) - float(known[0]), 1e-9) / CELLS
        domain = Range(low=low, step=step, cells=CELLS + 1, continuous=True)
        return PrivateColumn(values.name, domain, pl.Float64(), nullable=True)
    labels = Labels(values=tuple(known.cast(pl.String)), complete=True)
    return PrivateColumn(values.name, labels, values.dtype, nullable=True)


def _noisy(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Numbers of many values moved by about a thousandth of themselves, whole ones by at least 1 up or down, or not."""
    moved = []
    for series in rows.drop(ENTITY):
        if not series.dtype.is_numeric() or series.n_unique() <= 50:
            continue
        values = series.cast(pl.Float64).to_numpy()
        step = 0.001 * np.abs(np.nan_to_num(values))
        if series.dtype.is_integer():
            shift = rng.integers(-1, 2, len(values)) * np.maximum(1, np.round(2 * step))
        else:
            shift = step * rng.normal(size=len(values))
        moved.append(pl.Series(series.name, values + shift, nan_to_null=True).cast(series.dtype))
    return rows.with_columns(moved)


def _rare(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with a rare category or with one of the 0.5 % extremes at either end."""
    conditions = [pl.lit(value=False)]
    for series in rows.drop(ENTITY):
        column = pl.col(series.name)
        if not series.dtype.is_numeric():
            conditions.append(pl.len().over(column) < MIN_GROUP)
        elif series.n_unique() > 50:
            conditions.append((column <= column.quantile(0.005)) | (column >= column.quantile(0.995)))
    return rows.filter(pl.any_horizontal(conditions).fill_null(value=False))
