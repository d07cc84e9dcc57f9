"""Combinations of a few columns that tell rows apart: who is found by them, and which rare ones came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from synth_assets.statistics.advantage import Attempts
from synth_assets.statistics.encoding import Array
from synth_assets.statistics.row_keys import times

COLUMNS_TOGETHER = 3
# As many as time allows: few sets of many possible ones are an accident of the draw.
COMBINATIONS = (12, 60)
ROWS_COMPARED = 600_000
MATCHES_LOOKED_AT = 5
# Of the columns that the attacker did not know, as many must be right for a match to tell who it is.
RIGHT = 0.75


def choose(columns: int, *, rows: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Up to 60 different sets of three columns, by number; of fewer than four columns, all but one of them.

    Of more than 10,000 rows fewer sets, down to 12 from 50,000 rows on.
    """
    size = min(COLUMNS_TOGETHER, columns - 1)
    if size < 1:
        return []
    every = list(combinations(range(columns), size))
    most = int(np.clip(ROWS_COMPARED // max(rows, 1), *COMBINATIONS))
    return [every[at] for at in rng.choice(len(every), min(len(every), most), replace=False)]


@dataclass(frozen=True)
class Coarse:
    """Rows as whole numbers: categories by code, numbers by one of fifty classes.

    Attributes:
        source, synthetic: int64 of shape (rows, columns).
        tolerance: How far each column's value may be off and still be right, of shape (columns,).
    """

    source: Array
    synthetic: Array
    tolerance: Array


def reidentify(rows: Coarse, known: Sequence[tuple[int, ...]]) -> Attempts:
    """Find source rows that are the only ones with their values of the known columns.

    One is found if a synthetic row has the same values and at least three quarters of the other columns right. The
    idea is that of El Emam, Mosquera and Bass, "Evaluating identity disclosure risk in fully synthetic health data"
    (2020).
    """
    attacks = []
    for columns in known:
        source, made = _keys(rows.source, columns), _keys(rows.synthetic, columns)
        claims = times(source, source) == 1
        rest = [c for c in range(rows.source.shape[1]) if c not in columns]
        hits = np.zeros(len(source), dtype=np.bool_)
        asked = np.flatnonzero(claims)
        hits[asked] = _found(rows, source[asked], made, asked, rest)
        attacks.append(Attempts(hits.astype(np.float64), claims.astype(np.float64)))
    return Attempts.together(attacks)


def copied(rows: Coarse, known: Sequence[tuple[int, ...]], *, min_group: int) -> Attempts:
    """Combinations that fewer than min_group source rows share, and whether a synthetic row has them, too."""
    attacks = []
    for columns in known:
        source, made = _keys(rows.source, columns), _keys(rows.synthetic, columns)
        shared = times(source, source)
        claims = np.where(shared < min_group, 1.0 / shared, 0.0)
        attacks.append(Attempts(np.where(times(source, made) > 0, claims, 0.0), claims))
    return Attempts.together(attacks)


def _found(rows: Coarse, source: Array, made: Array, asked: Array, rest: list[int]) -> Array:
    order = np.argsort(made, kind="stable")
    first, end = (np.searchsorted(made[order], source, side=side) for side in ("left", "right"))
    found = np.zeros(len(source), dtype=np.bool_)
    for offset in range(MATCHES_LOOKED_AT):
        there = np.flatnonzero(first + offset < end)
        match = order[first[there] + offset]
        off = np.abs(rows.source[asked[there]][:, rest] - rows.synthetic[match][:, rest])
        found[there] |= (off <= rows.tolerance[rest]).mean(axis=1) >= RIGHT
    return found


def _keys(rows: Array, columns: Sequence[int]) -> Array:
    """Equal keys for rows that are equal in these columns, uint64 of shape (rows,)."""
    keys = np.zeros(len(rows), dtype=np.uint64)
    for column in columns:
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + (
            rows[:, column].astype(np.uint64) ^ np.uint64(0xBF58476D1CE4E5B9)
        )
    return keys
