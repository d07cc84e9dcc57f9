"""Columns that say what another column of the row before or after says: a validity ends where the next one begins.

Histories of versions (slowly changing dimensions of type 2, Kimball and Ross 2013) and of changes are full of them:
`valid_to` is the next row's `valid_from`, perhaps less a day, `old_status` is the `status` before. They are set when
all rows of a family are there, so that they agree.
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.chance import may_be_chance
from synth_assets.synthesize.relational.families.alike import is_counted, most_alike
from synth_assets.synthesize.relational.families.arranged import Arranged

FEWEST_STEPS = 200
_LOOKED_AT = 20_000
_HOLDS = 0.9  # share of rows
_GLANCE = 64  # rows that show that most pairs of columns have nothing to do with each other
_FEWER_ERRORS = 0.5  # of those made by saying that neighbours, or a row's two columns, are alike


class Link(Value):
    """`column` is what `of` is in the sibling before, or after, plus `offset` physical units.

    Attributes:
        later: The sibling after the row counts, not the one before.
        offset: 0 for text.
        share: How many of the rows with such a sibling keep to it.
    """

    column: str
    of: str
    later: bool
    offset: int
    share: float


def find_links(
    rows: pl.DataFrame, arranged: Arranged, *, follows: npt.NDArray[np.bool_], among: Collection[str]
) -> tuple[Link, ...]:
    """The columns that other columns of their neighbours in a family give.

    Args:
        rows: The table's columns as they are in the table.
        arranged: The order of siblings.
        follows: For each row in that order, whether the one before it is its sibling.
        among: Columns that may be set.
    """
    steps = np.flatnonzero(follows)
    if len(steps) < FEWEST_STEPS:
        return ()
    steps = steps[np.linspace(0, len(steps) - 1, min(len(steps), _LOOKED_AT)).astype(np.intp)]
    first, second = rows[arranged.order[steps - 1]], rows[arranged.order[steps]]
    found: list[Link] = []
    glance = np.linspace(0, len(steps) - 1, min(len(steps), _GLANCE)).astype(np.intp)
    for later in (False, True):
        own, others = (first, second) if later else (second, first)
        near = most_alike(own[glance], others[glance]) >= _HOLDS / 2
        for column in (name for name in rows.columns if name in among):
            used = {name for link in found for name in (link.column, link.of)}
            if column not in used:
                linked = {link.column for link in found}
                alike = zip(rows.columns, near[rows.columns.index(column)].tolist(), strict=True)
                candidates = [of for of, is_near in alike if is_near and of != column and of not in linked]
                found += _closest(column, candidates, own, others, later=later)[:1]
    return tuple(found)


def linked(rows: pl.DataFrame, arranged: Arranged, links: Collection[Link], rng: np.random.Generator) -> pl.DataFrame:
    """Rows whose linked columns are what their siblings say."""
    inside = arranged.position[1:] > 0
    for link in links:
        before, after = arranged.order[:-1], arranged.order[1:]
        own, others = (before, after) if link.later else (after, before)
        steps = inside & (rng.random(len(own)) < link.share)
        said = _shifted(rows[link.of].gather(others[steps]), link.offset)
        rows = rows.with_columns(rows[link.column].scatter(own[steps], said))
    return rows


def _closest(
    column: str, candidates: Collection[str], own: pl.DataFrame, others: pl.DataFrame, *, later: bool
) -> list[Link]:
    """The links of a column to one of its neighbours' that hold in enough rows, the surest first."""
    values = own[column]
    found = []
    for of in candidates:
        offset = _offset(values, others[of])
        share = _share_alike(values, _shifted(others[of], offset))
        if share < _HOLDS:
            continue
        simpler = max(_share_alike(values, others[column]), _share_alike(values, _shifted(own[of], offset)))
        tells = simpler < 1 and 1 - share <= _FEWER_ERRORS * (1 - simpler)
        if tells and not may_be_chance(int(share * len(values)), values, tried=own.width**2):
            found.append(Link(column=column, of=of, later=later, offset=offset, share=share))
    return sorted(found, key=lambda link: -link.share)


def _offset(values: pl.Series, others: pl.Series) -> int:
    """The most frequent difference of whole numbers and times."""
    if not is_counted(values.dtype):
        return 0
    off = (values.to_physical().cast(pl.Int64) - others.to_physical().cast(pl.Int64)).drop_nulls()
    return int(off.mode().sort()[0]) if len(off) else 0


def _shifted(values: pl.Series, offset: int) -> pl.Series:
    if not offset:
        return values
    shifted = values.to_physical().cast(pl.Int64) + offset
    return shifted.cast(values.to_physical().dtype, strict=False).cast(values.dtype)


def _share_alike(values: pl.Series, others: pl.Series) -> float:
    return float(values.eq_missing(others).to_numpy().mean()) if len(values) else 0.0
