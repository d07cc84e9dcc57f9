"""Exact copies: source rows that few share and that came out again, against what no engine can help."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.statistics.bounds import ONE_SIDED_999, wilson
from synth_assets.statistics.encoding import Array
from synth_assets.statistics.exchange import exchange_test
from synth_assets.statistics.row_keys import Families, column_keys, row_keys, times

# The estimates of coincidence are rough: only what exceeds them this many times over shows that rows were kept.
ROUGHLY = 3.0
ROWS_COUNTED, ROWS_ESTIMATED = 20_000, 2_000
# Where more rows are rare, how likely each comes out by coincidence takes long to estimate, and is not needed.
ROWS_WEIGHED = 100_000
# No estimate is so good that a row below it would tell still more.
LEAST_LIKELY = 0.02


@dataclass(frozen=True)
class Copies:
    """How many of the source's rare rows (combinations that fewer than min_group source rows share) came out again.

    Attributes:
        share: Of the synthetic rows, those that equal a rare training row.
        training: Of the distinct rare training rows, those that came out.
        chance: What would have come out of them by chance: the share of the distinct rare held-out rows that did;
            without enough of these, an estimate (`coincidence`).
        by_held_out: Whether `chance` was counted on held-out rows.
        excess: Lower bound of training - chance, wrong for one honest engine in a thousand; rows count by how
            unlikely they are to come out by coincidence.
    """

    share: float
    training: float
    chance: float
    by_held_out: bool
    excess: float


def count_copies(
    training: pl.DataFrame,
    held_out: pl.DataFrame,
    synthetic: pl.DataFrame,
    *,
    columns: Sequence[str],
    entities: tuple[Array, Array],
    min_group: int,
    rng: np.random.Generator,
) -> Copies:
    """Compare whole rows over `columns`, NULL equal to NULL.

    How many synthetic rows are copies says little: where few combinations are possible, or where each occurs just once
    in the source (one award a year and league), everything that can come out is in the source. What tells is
    whether training rows come out more readily than held-out rows. Each distinct rare combination counts once; one
    that is on both sides counts for each as much as it has rows there. And the more readily a row comes out by
    coincidence, the less it counts: by the inverse of that probability, the best weight for a leak that takes rows
    alike. Where a third of a table's rows is met by chance, the rest would not be heard otherwise. The weights know
    nothing of who was held out, so that the test stays exact however rough they are.

    With a hold-out of one in ten, one needs some 66 rows to come out, and none of the held-out ones, for the difference
    to be certain (0.9 ** 66 is a thousandth). So tables in which coincidence is next to impossible have a second bound:
    what came out against several times the most that held-out rows, the source's own twins and `coincidence` give.

    Args:
        entities: Of training and held-out rows: rows of one entity count as one draw.
    """
    values = column_keys([training, held_out, synthetic], columns)
    known, unseen, made = (row_keys(v) for v in values)
    source, entity = np.concatenate([known, unseen]), _apart(entities)
    weights = _weights(np.hstack(values[:2]), source, entity, synthetic_rows=len(made), min_group=min_group, rng=rng)
    found = _compared(known, unseen, made, weights=weights, entities=entities, min_group=min_group, rng=rng)
    targets = round(found.rare)
    if not found.training:
        return found.copies(0.0)
    met = coincidence(
        np.hstack(values[:2]), entity, np.flatnonzero(found.is_rare[: len(known)]), synthetic_rows=len(made), rng=rng
    )
    twins = _twins(source, entity, found.is_rare) * min(1.0, len(made) / len(source))
    bar = max(ROUGHLY * max(met, twins, found.held_out), 1.0 / targets)
    least = wilson(round(found.training * targets), targets, z=ONE_SIDED_999)[0]
    return found.copies(max(met, twins), or_above=least - bar)


def count_copied_families(
    training: Families, held_out: Families, synthetic: Families, *, min_group: int, rng: np.random.Generator
) -> Copies | None:
    """Compare families (all children of a parent, in any order) of two rows and more; None without held-out families.

    Children that nobody could be told by may tell of their parent when they come together.
    """
    sides = [f.of_several() for f in (training, held_out, synthetic)]
    entities = sides[0].entities, sides[1].entities
    found = _compared(
        *(s.keys for s in sides),
        weights=None,
        entities=entities,
        parts=sides[1].rows,
        min_group=min_group,
        rng=rng,
    )
    return found.copies(0.0) if found.by_held_out else None


@dataclass(frozen=True)
class _Compared:
    share: float
    rare: float
    is_rare: Array
    training: float
    held_out: float
    by_held_out: bool
    excess: float

    def copies(self, estimate: float, *, or_above: float = -1.0) -> Copies:
        chance = self.held_out if self.by_held_out else estimate
        return Copies(self.share, self.training, chance, self.by_held_out, max(self.excess, or_above))


def _compared(
    known: Array,
    unseen: Array,
    made: Array,
    *,
    weights: Array | None,
    entities: tuple[Array, Array],
    parts: Array | None = None,
    min_group: int,
    rng: np.random.Generator,
) -> _Compared:
    """How much of the training and of the held-out keys came out again.

    Args:
        parts: Rows behind each held-out key; None: one.
        weights: How much each training key, then each held-out key counts for the excess; None: all alike.
    """
    source, split = np.concatenate([known, unseen]), len(known)
    rows = times(source, source)
    rare = rows < min_group
    claims = np.where(rare, 1.0 / rows, 0.0)
    gains = np.where(times(source, made) > 0, claims, 0.0)
    gained, claimed = (gains, claims) if weights is None else (gains * weights, claims * weights)
    test = exchange_test((gained[:split], gained[split:]), (claimed[:split], claimed[split:]), entities, rng=rng)
    met = gains[split:]
    several = float(np.average(parts, weights=met)) if parts is not None and met.any() else 1.0
    targets, unseen_targets = float(claims[:split].sum()), float(claims[split:].sum())
    return _Compared(
        share=float((times(made, known[rare[:split]]) > 0).mean()) if len(made) else 0.0,
        rare=targets,
        is_rare=rare,
        training=float(gains[:split].sum()) / targets if targets else 0.0,
        held_out=float(gains[split:].sum()) / unseen_targets if test else 0.0,
        by_held_out=test is not None,
        excess=test.training - test.held_out - test.by_chance - own_part(test.held_out, min_group, several)
        if test
        else -1.0,
    )


def own_part(chance: float, min_group: int, parts: float = 1.0) -> float:
    """How much more readily a row comes out because it was one of the min_group rows that something was learned from.

    Whatever an engine gives must be shared by as many rows. Of what one of them shares, it has made one part in
    min_group, so it is to be expected min_group / (min_group - 1) times as often as a row that was not learned. Where
    no row comes out by coincidence, that is nothing. A family must have all its rows come out: so much more each.

    Args:
        chance: The share of rows that come out though they were not learned.
        parts: How many rows must come out together.
    """
    unmet = 1.0 - chance
    return float(unmet - unmet ** ((min_group / max(min_group - 1, 1)) ** parts))


def _apart(entities: tuple[Array, Array]) -> Array:
    """Entities of both sides with no number on both."""
    return np.concatenate([entities[0], entities[1] + (1 << 62)])


def coincidence(
    values: Array, entities: Array, targets: Array, *, synthetic_rows: int, rng: np.random.Generator
) -> float:
    """Share of the target rows that come out by chance, as `likelihoods` has it, of a sample."""
    if not len(targets):
        return 0.0
    asked = rng.choice(targets, min(ROWS_ESTIMATED, len(targets)), replace=False)
    return float(likelihoods(values, entities, asked, synthetic_rows=synthetic_rows, rng=rng).mean())


def likelihoods(
    values: Array, entities: Array, asked: Array, *, synthetic_rows: int, rng: np.random.Generator
) -> Array:
    """How likely each of some rows comes out by chance from an engine that knows what goes with what.

    Such an engine may take any other entity's row and put in, for one column, a value of any other entity's: a row is
    met so as often as rows agree with it in all columns but one, times how often that column has its value. What
    occurs in the row's own entity alone counts for nothing. Rows of the source are counted in a sample.

    Args:
        values: Keys of the source's values, uint64 of shape (columns, rows).
        entities: Of the source's rows.
        asked: Places of the rows in question.

    Returns:
        Probabilities, float64 of shape (rows asked,).
    """
    chosen = rng.choice(values.shape[1], min(ROWS_COUNTED, values.shape[1]), replace=False)
    own, others = entities[asked], entities[chosen]
    whole, among = row_keys(values[:, asked]), row_keys(values[:, chosen])
    likely = np.zeros(len(asked))
    for column in values:
        rest = _elsewhere(whole - column[asked], own, among - column[chosen], others)
        value = _elsewhere(column[asked], own, column[chosen], others)
        likely = np.maximum(likely, rest / len(chosen) * value / len(chosen))
    likelihood: Array = -np.expm1(-synthetic_rows * likely)
    return likelihood


def _weights(
    values: Array, keys: Array, entities: Array, *, synthetic_rows: int, min_group: int, rng: np.random.Generator
) -> Array | None:
    """How much each source row counts; None: all alike."""
    rare = np.flatnonzero(times(keys, keys) < min_group)
    if len(rare) > ROWS_WEIGHED:
        return None
    weights = np.zeros(len(keys))
    likely = likelihoods(values, entities, rare, synthetic_rows=synthetic_rows, rng=rng)
    weights[rare] = 1 / np.maximum(likely, LEAST_LIKELY)
    return weights


def _elsewhere(keys: Array, own: Array, among: Array, others: Array) -> Array:
    """How often each key occurs in other entities than its own."""
    return times(keys, among) - times(_with_entity(keys, own), _with_entity(among, others))


def _twins(keys: Array, entities: Array, rare: Array) -> float:
    """Share of the rare source rows that another entity has, too."""
    if not rare.any():
        return 0.0
    pairs = np.unique(np.column_stack([keys, entities.astype(np.uint64)]), axis=0)
    return float((times(keys[rare], pairs[:, 0]) > 1).mean())


def _with_entity(keys: Array, entities: Array) -> Array:
    mixed: Array = keys ^ (entities.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    return mixed
