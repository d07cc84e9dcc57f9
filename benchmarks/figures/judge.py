"""All figures of a case: by table, by foreign key, and in short."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.cases.case import Case, Frames
from benchmarks.dataset import foreign_keys_of, typed_frames
from benchmarks.figures.columns import compared_columns
from benchmarks.figures.fidelity import Quality, quality, two_sample
from benchmarks.figures.keys import KeyFigures, duplicate_keys, key_figures
from benchmarks.figures.privacy import Distances, Privacy, privacy
from benchmarks.figures.usefulness import usefulness

Figure = float | None


@dataclass(frozen=True)
class TableFigures:
    """One table."""

    quality: Quality
    c2st: Figure
    privacy: Privacy
    duplicate_keys: int


@dataclass(frozen=True)
class Figures:
    """A whole case.

    Attributes:
        keys: By "table (columns) to parent".
        usefulness: See Case.prediction.
        relations: Share of the rows that obey each relation, by "table: relation"; None if no row says anything.
    """

    tables: Mapping[str, TableFigures]
    keys: Mapping[str, KeyFigures]
    usefulness: Figure
    relations: Mapping[str, Figure]

    def summary(self) -> dict[str, Figure]:
        """Means over tables and over keys, sums of what must be 0, and the least of what must be 1."""
        tables, keys = self.tables.values(), self.keys.values()

        def of_tables(figure: Callable[[TableFigures], Figure]) -> Figure:
            return _mean(map(figure, tables))

        def of_distances(figure: Callable[[Distances], Figure]) -> Figure:
            return _mean(figure(t.privacy.distances) for t in tables if t.privacy.distances)

        held = [share for share in self.relations.values() if share is not None]
        return {
            "shape": of_tables(lambda t: t.quality.shape),
            "trend": of_tables(lambda t: t.quality.trend),
            "c2st": of_tables(lambda t: t.c2st),
            "c2st_holdout": of_tables(lambda t: t.privacy.c2st_holdout),
            "dcr_share": of_distances(lambda d: d.dcr_share),
            "mia_auc": of_distances(lambda d: d.mia_auc),
            "tpr_1fpr": of_distances(lambda d: d.tpr_1fpr),
            "copies": of_tables(lambda t: t.privacy.copies),
            "copies_holdout": of_tables(lambda t: t.privacy.copies_holdout),
            "cardinality": _mean(k.cardinality for k in keys),
            "trend_1hop": _mean(k.trend_1hop for k in keys),
            "c2st_agg": _mean(k.c2st_agg for k in keys),
            "orphans": float(sum(k.orphans for k in keys)) if keys else None,
            "duplicate_keys": float(sum(t.duplicate_keys for t in tables)),
            "usefulness": self.usefulness,
            "exact": min(held, default=None),
        }


def judge(case: Case, synthetic: Frames, *, seed: int = 0) -> Figures:
    """All figures of synthetic rows of a case; samples and folds are drawn from the seed."""
    real, held_out = typed_frames(case.frames, case.schema), None
    if case.held_out:
        held_out = typed_frames(case.held_out, case.schema)
    tables: dict[str, TableFigures] = {}
    keys: dict[str, KeyFigures] = {}
    for table, spec in case.schema["tables"].items():
        rng = np.random.default_rng([seed, len(tables)])
        kinds = compared_columns(case.schema, table)
        left, right = real[table], synthetic[table]
        tables[table] = TableFigures(
            quality=quality(left, right, kinds, rng=rng),
            c2st=two_sample(left, right, kinds, rng=rng),
            privacy=privacy(left, held_out[table] if held_out else None, right, kinds, rng=rng),
            duplicate_keys=duplicate_keys(right, spec["primary_key"]),
        )
    for table, foreign in foreign_keys_of(case.schema).items():
        for key in foreign:
            rng = np.random.default_rng([seed, len(tables), len(keys)])
            name = f"{table} ({', '.join(key.columns)}) to {key.parent}"
            keys[name] = key_figures(table, key, real, synthetic, case.schema, rng=rng)
    return Figures(tables, keys, _usefulness(case, synthetic), relations_held(case, synthetic))


def relations_held(case: Case, frames: Frames) -> dict[str, Figure]:
    """The share of rows that obey each of the case's relations, of those that say something about it."""
    return {
        f"{relation.table}: {relation.name}": frames[relation.table]
        .select(relation.holds.cast(pl.Float64).mean())
        .item()
        for relation in case.relations
    }


def _usefulness(case: Case, synthetic: Frames) -> Figure:
    asked = case.prediction
    if asked is None:
        return None
    kinds = compared_columns(case.schema, asked.table)
    return usefulness(synthetic[asked.table], case.held_out[asked.table], kinds, asked)


def _mean(figures: Iterable[Figure]) -> Figure:
    known = [figure for figure in figures if figure is not None]
    return float(np.mean(known)) if known else None
