"""What synthetic rows disclose of the rows that were learned, with held-out rows as the control."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.statistics.advantage import Advantage, Attempts, advantage
from synth_assets.statistics.attribute_inference import guess
from synth_assets.statistics.combinations import Coarse, choose, copied, reidentify
from synth_assets.statistics.distances import Membership, membership_of, row_matrix
from synth_assets.statistics.encoding import Array, Scale, Side, encode
from synth_assets.statistics.neighbours import Neighbours

ROWS_ATTACKED = 1_500
ROWS_GUESSED = 1_000
COLUMNS_GUESSED = 8
CLASSES = 50


@dataclass(frozen=True)
class Disclosure:
    """Attacks on training rows against the same attacks on held-out rows; None for what concerns no row.

    Attributes:
        identity: Finding people by a few columns known of them.
        attribute: Guessing a column from all others.
        by_column: The same for each guessed column.
        density: Membership by the density of synthetic rows.
        ratio: Membership by the ratio of distances to the nearest two synthetic rows.
        near_copies, rare_near_copies: Rows that came out nearly as they are; of rows that stand apart.
        combinations: Rare combinations of columns that came out.
    """

    identity: Advantage | None
    attribute: Advantage | None
    by_column: dict[str, Advantage | None]
    density: Membership
    ratio: Membership
    near_copies: Advantage | None
    rare_near_copies: Advantage | None
    combinations: Advantage | None


@dataclass(frozen=True)
class Attacked:
    """Both sides of the source and the synthetic rows, column by column as vectors.

    Attributes:
        vectors: For training, held-out and synthetic rows: one array of shape (rows, places) for each column.
        codes: The same as whole numbers, int64 of shape (rows, columns).
        tolerance: By column, how far codes may be off and count as the same.
        entities: Of training and held-out rows: rows of one entity count as one draw.
    """

    columns: tuple[str, ...]
    vectors: tuple[list[Array], list[Array], list[Array]]
    codes: tuple[Array, Array, Array]
    tolerance: Array
    entities: tuple[Array, Array]

    @classmethod
    def of(
        cls,
        training: pl.DataFrame,
        held_out: pl.DataFrame,
        synthetic: pl.DataFrame,
        *,
        columns: Sequence[str],
        entities: tuple[Array, Array],
    ) -> "Attacked":
        """From frames that have the columns; at least one row each."""
        everything = pl.concat([training.select(columns), held_out.select(columns)], how="vertical_relaxed")
        # An attacker knows every category, however rare.
        coding = encode(everything, synthetic, columns=columns, kept=frozenset(columns), min_group=1)
        split = training.height
        vectors: tuple[list[Array], list[Array], list[Array]] = ([], [], [])
        codes, tolerance = [], []
        for place, scale in enumerate(coding.scales):
            sides = [Side((side.values[place],), side.rows) for side in (coding.source, coding.synthetic)]
            source, made = row_matrix((scale,), sides[0], sides)
            for part, rows in zip(vectors, (source[:split], source[split:], made), strict=True):
                part.append(rows)
            numbers = scale is Scale.NUMBER
            codes.append([_classes(m) for m in (source, made)] if numbers else [s.values[0] for s in sides])
            tolerance.append(1 if numbers else 0)
        source_codes, made_codes = (np.column_stack(side) for side in zip(*codes, strict=True))
        return cls(
            tuple(columns),
            vectors,
            (source_codes[:split], source_codes[split:], made_codes),
            np.array(tolerance),
            entities,
        )


def measure_disclosure(
    rows: Attacked,
    *,
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str],
    min_group: int,
    rng: np.random.Generator,
) -> Disclosure:
    """All attacks.

    Args:
        quasi_identifiers: What an attacker knows of a person; empty: 12 to 60 sets of three columns, drawn at random.
        sensitive: What must not be guessed; empty: up to eight columns, drawn at random.
    """
    density, ratio, near, rare_near = neighbourhood(rows, rng=rng)
    attribute, by_column = _attribute(rows, sensitive, rng)
    identity, combined = _combined(rows, quasi_identifiers, min_group, rng)
    return Disclosure(identity, attribute, by_column, density, ratio, near, rare_near, combined)


def neighbourhood(
    rows: Attacked, *, rng: np.random.Generator
) -> tuple[Membership, Membership, Advantage | None, Advantage | None]:
    """Attacks by density and by the ratio of distances; near copies, of all rows and of those that stand apart."""
    chosen, entities = _sample(rows, ROWS_ATTACKED, rng)
    training, held_out, synthetic = (np.hstack(side) for side in rows.vectors)
    attacked = np.vstack([training[chosen[0]], held_out[chosen[1]]])
    found = Neighbours.of(attacked, np.vstack([training, held_out]), synthetic, rng=rng)
    split = len(chosen[0])
    attacks = [
        membership_of(scores[:split], scores[split:], entities=entities, rng=rng)
        for scores in (found.density, found.ratio)
    ]
    near = [
        _of_sides(attempts, split, entities, rng)
        for attempts in (found.near_copies(), found.near_copies_of_rare_rows())
    ]
    return attacks[0], attacks[1], near[0], near[1]


def _attribute(
    rows: Attacked, sensitive: Sequence[str], rng: np.random.Generator
) -> tuple[Advantage | None, dict[str, Advantage | None]]:
    count = len(rows.columns)
    if count < 2:
        return None, {}
    if sensitive:
        asked = [rows.columns.index(name) for name in sensitive]
    else:
        asked = sorted(rng.choice(count, min(count, COLUMNS_GUESSED), replace=False).tolist())
    chosen, entities = _sample(rows, ROWS_GUESSED, rng)
    attacked = [
        np.vstack([training[chosen[0]], held_out[chosen[1]]])
        for training, held_out in zip(rows.vectors[0], rows.vectors[1], strict=True)
    ]
    attempts = guess(attacked, rows.vectors[2], asked, rng=rng)
    split = len(chosen[0])
    by_column = {
        rows.columns[column]: _of_sides(attempt, split, entities, rng)
        for column, attempt in zip(asked, attempts, strict=True)
    }
    return _of_sides(Attempts.together(attempts), split, entities, rng), by_column


def _combined(
    rows: Attacked, quasi_identifiers: Sequence[str], min_group: int, rng: np.random.Generator
) -> tuple[Advantage | None, Advantage | None]:
    split, source = len(rows.codes[0]), np.vstack(rows.codes[:2])
    drawn = choose(len(rows.columns), rows=len(source), rng=rng)
    if not drawn:
        return None, None
    named = tuple(rows.columns.index(name) for name in quasi_identifiers)
    coarse = Coarse(source, rows.codes[2], rows.tolerance)
    found = [
        _of_sides(attempts, split, rows.entities, rng)
        for attempts in (reidentify(coarse, [named] if named else drawn), copied(coarse, drawn, min_group=min_group))
    ]
    return found[0], found[1]


def _sample(rows: Attacked, most: int, rng: np.random.Generator) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Row numbers of at most so many training and held-out rows, and their entities."""
    first, second = (
        np.sort(rng.choice(len(entities), min(len(entities), most), replace=False)) for entities in rows.entities
    )
    return (first, second), (rows.entities[0][first], rows.entities[1][second])


def _of_sides(
    attempts: Attempts, split: int, entities: tuple[Array, Array], rng: np.random.Generator
) -> Advantage | None:
    every = np.arange(len(attempts.gains))
    return advantage(attempts.take(every[:split]), attempts.take(every[split:]), entities, rng=rng)


def _classes(ranks: Array) -> Array:
    """Ranks in one of fifty classes; NULL, at -0.5, far from all of them."""
    classes: Array = np.where(ranks[:, 0] < 0, -CLASSES, np.floor(ranks[:, 0] * CLASSES)).astype(np.int64)
    return classes
