"""Rows that refer to whom a sibling before them referred to: the same doctor, the same shop, the club of last year.

Groups of like parents (see partition) say what doctor a patient sees, not that it is the one of last time. So each row
knows, as one more hidden category, whether it returns: to the parent of the sibling before, or to that of one before
that. Who does not return chooses; who returns takes over. By a key that holds more than whom it is about, such as the
year of a club, it is the same one where all else but what the row carries is the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, group_numbers, rank_within
from synth_assets.synthesize.relational.structure import Reference, TableStructure

Choose = Callable[[Rows, Rows], Rows]

_BEFORE, _EARLIER = "before", "earlier"
_OFTEN = 0.05  # of later siblings, beyond what chance makes
_FEWEST_ROWS = 200  # that have a sibling before them


@dataclass(frozen=True)
class Returning:
    """Which generated rows take over the parents of which.

    Attributes:
        heads: For each row the one whose parent it takes over: itself, if it does not return.
        identity: Whom each parent is about.
        sizes: How many rows take over the parent of each row; 1 for each where what they carry parts them.
    """

    heads: Rows
    identity: Rows
    sizes: Rows

    @classmethod
    def drawn(
        cls,
        reference: Reference,
        structure: TableStructure,
        parent: pl.DataFrame,
        hidden: pl.DataFrame,
        *,
        families: Rows,
        rng: np.random.Generator,
    ) -> Self | None:
        """As the rows were drawn to; None by a key by which nobody returns.

        Args:
            reference: The key.
            structure: The child's.
            parent: The rows of the parent.
            hidden: The child's hidden columns.
            families: The family of each child; siblings stand in their order.
            rng: Decides to which of the siblings before.
        """
        returns = returning_name(reference.name)
        identity = identities(reference, structure, parent) if returns in hidden.columns else None
        if identity is None:
            return None
        of_heads = heads(hidden[returns], families, rng)
        # Of a carried value each row has its own, and so each takes a place of another parent.
        sizes = np.ones(len(of_heads), dtype=np.int64) if reference.carried else np.bincount(of_heads)
        return cls(of_heads, identity, sizes)

    def chosen(
        self, wanted: Rows, degrees: Rows, choose: Choose, *, groups: tuple[Rows, Rows], apart: Sequence[Rows]
    ) -> Rows:
        """The parent of every row, NO_ROW for those that are not `wanted`, or find none.

        Args:
            wanted: The rows that refer to some parent.
            degrees: The number of children that each parent should get.
            choose: Gives the parent of every row of the table for some of them and the places of each parent.
            groups: That of each child, and of each parent: a child's parent must come from its group.
            apart: Parents that each child must not refer to, negative for none.
        """
        first = wanted[self.heads[wanted] == wanted]
        chosen = taken_over(
            chosen_by_size(first, self.sizes[first], degrees, choose),
            self.heads,
            child_groups=groups[0],
            parent_groups=groups[1],
            identity=self.identity,
        )
        for other in apart:
            chosen = np.where(chosen == other, NO_ROW, chosen)
        left = wanted[(chosen[wanted] == NO_ROW) & (self.heads[wanted] != wanted)]
        return np.where(chosen == NO_ROW, choose(left, degrees), chosen)


def returning_name(reference: str) -> str:
    """The hidden column that says whether a row returns; NULL for one that does not."""
    return f"returns {reference}"


def identities(reference: Reference, structure: TableStructure, parent: pl.DataFrame) -> Rows | None:
    """For each row of a key's parent whom it is about, a number; None where nothing is left to tell it by.

    Args:
        reference: The key.
        structure: The child's.
        parent: The rows of the parent.
    """
    driving = structure.driving.key.columns if structure.driving else ()
    of_row = {*reference.carried, *driving}
    key = reference.key
    left = [other for column, other in zip(key.columns, key.parent_columns, strict=True) if column not in of_row]
    return group_numbers([parent.select(left)])[0] if left else None


def find_returning(
    referred: Rows, families: Rows, order_by: pl.Series, alike: Rows, *, name: str, seed: int
) -> pl.Series | None:
    """Whether each row returns, as text; None where siblings return no more often than chance makes them.

    Args:
        referred: Whom each row refers to, NO_ROW for nobody.
        families: The family of each row.
        order_by: Values in whose order siblings stand.
        alike: The group of rows among which parents may be exchanged, to see what chance makes.
        name: Of the column.
        seed: Of the exchange.
    """
    arranged = Arranged.by(families, order_by)
    later = arranged.position > 0
    known = later & (referred[arranged.order] >= 0)
    if known.sum() < _FEWEST_ROWS:
        return None
    returns = _returns(referred, families, arranged)
    exchanged = np.empty_like(referred)
    exchanged[np.argsort(alike, kind="stable")] = referred[
        np.lexsort((np.random.default_rng(seed).random(len(alike)), alike))
    ]
    often = float((returns.gather(arranged.order).is_not_null().to_numpy() & known).sum() / known.sum())
    by_chance = _returns(exchanged, families, arranged).gather(arranged.order).is_not_null().to_numpy()
    chance = float((by_chance & known).sum() / known.sum())
    return returns.alias(name) if often >= chance + _OFTEN else None


def heads(returns: pl.Series, families: Rows, rng: np.random.Generator) -> Rows:
    """For each row the one whose parent it takes over: itself, if it does not return.

    Args:
        returns: Whether it does.
        families: The family of each row; siblings stand in their order.
        rng: Decides to which of the siblings before.
    """
    order = np.argsort(families, kind="stable")
    position = rank_within(families[order])
    said = returns.gather(order)
    earlier = said.eq(_EARLIER).fill_null(value=False).to_numpy()
    back: npt.NDArray[np.int64] = said.eq(_BEFORE).fill_null(value=False).to_numpy().astype(np.int64)
    back[earlier] = 2 + np.floor(rng.random(int(earlier.sum())) * np.maximum(position[earlier] - 1, 0)).astype(np.int64)
    to = np.arange(len(order)) - np.minimum(back, position)
    while not np.array_equal(to[to], to):
        to = to[to]
    found = np.empty_like(to)
    found[order] = order[to]
    return found


def chosen_by_size(looking: Rows, sizes: Rows, degrees: Rows, choose: Choose) -> Rows:
    """The parents of rows, each of which brings as many children with it, the largest first.

    Who brings four takes a parent that has four places left: else parents of a single child would all have several.

    Args:
        looking: The rows.
        sizes: How many children each brings, itself included.
        degrees: The number of children that each parent should get.
        choose: Gives the parent of every row of the table for some of them and the places of each parent.
    """
    left, chosen = degrees, choose(looking[:0], degrees)
    for size in np.unique(sizes)[::-1].tolist():
        part, room = looking[sizes == size], left // size
        found = choose(part, room if room.any() else degrees)
        chosen = np.where(found == NO_ROW, chosen, found)
        taken = np.bincount(found[found >= 0], minlength=len(degrees))
        left = np.maximum(left - size * taken, 0)
    return chosen


def taken_over(chosen: Rows, of_heads: Rows, *, child_groups: Rows, parent_groups: Rows, identity: Rows) -> Rows:
    """The parents with those that rows take over; NO_ROW where whom it is about has no row that the child may refer to.

    Args:
        chosen: The parent of each row, NO_ROW for those that return.
        of_heads: As `heads` gives them.
        child_groups, parent_groups: A child's parent must come from its group.
        identity: Whom each parent is about.
    """
    returning = np.flatnonzero(of_heads != np.arange(len(of_heads)))
    known = returning[chosen[of_heads[returning]] >= 0]
    wanted = identity[chosen[of_heads[known]]]
    width = int(identity.max(initial=0)) + 2
    cells = parent_groups * width + identity
    order = np.argsort(cells, kind="stable")
    at = np.searchsorted(cells[order], child_groups[known] * width + wanted)
    found = order[np.minimum(at, len(order) - 1)] if len(order) else np.full(len(known), NO_ROW)
    same = (
        (cells[found] == child_groups[known] * width + wanted) if len(order) else np.zeros(len(known), dtype=np.bool_)
    )
    result = chosen.copy()
    result[known] = np.where(same, found, NO_ROW)
    return result


def _returns(referred: Rows, families: Rows, arranged: Arranged) -> pl.Series:
    rows = pl.DataFrame({"family": families[arranged.order], "to": referred[arranged.order]})
    same = (pl.col("to") == pl.col("to").shift(1)) & pl.Series(arranged.position > 0)
    earlier = pl.col("to").cum_count().over("family", "to") > 1
    said = rows.select(
        pl.when(pl.col("to") < 0).then(None).when(same).then(pl.lit(_BEFORE)).when(earlier).then(pl.lit(_EARLIER))
    ).to_series()
    back = np.empty(len(arranged.order), dtype=np.int64)
    back[arranged.order] = np.arange(len(arranged.order))
    return said.gather(back)
