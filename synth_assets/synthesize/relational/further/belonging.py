"""Choosing among further parents that belong somewhere, as planes to airlines: see affiliations."""

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.synthesize.relational.further.pairing import nearly_known, scaled
from synth_assets.synthesize.relational.matching import NO_ROW, Rows


class Belonging(Value):
    """How the rows that refer by a key choose among parents that belong somewhere.

    Attributes:
        feature: The hidden column of the parents.
        other: The key whose role it is that a parent belongs to.
        share: Of the rows, of those that refer to a parent of their own role.
    """

    feature: str
    other: str
    share: float


def belonging_groups(
    belonging: Belonging, of_children: Rows, features: pl.DataFrame, rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """Within which group each child looks for a parent, and the group of each parent.

    Args:
        belonging: What was learned.
        of_children: The role of each child, NO_ROW for none.
        features: Those of the parents.
        rng: Decides which children look elsewhere.
    """
    of_parents = features[belonging.feature].cast(pl.Int64).fill_null(NO_ROW).to_numpy()
    if not len(of_parents):
        return of_children, of_parents
    elsewhere = (rng.random(len(of_children)) >= belonging.share) | ~np.isin(of_children, of_parents)
    anywhere = of_parents[rng.integers(0, len(of_parents), len(of_children))]
    return np.where(elsewhere, anywhere, of_children), of_parents


def degrees_of_groups(degrees: Rows, of_children: Rows, of_parents: Rows, rng: np.random.Generator) -> Rows:
    """How many of the children each parent gets, so that those of a group all find its parents.

    Args:
        degrees: The number of children that each parent was to have.
        of_children: The group of each child; each is one of some parent.
        of_parents: The group of each parent.
        rng: Source of randomness.
    """
    found = np.zeros(len(degrees), dtype=np.int64)
    for group, wanted in zip(*np.unique(of_children, return_counts=True), strict=True):
        parents = np.flatnonzero(of_parents == group)
        if len(parents):
            found[parents] = scaled(degrees[parents], int(wanted), rng)
    return nearly_known(found, degrees, len(of_children), rng)
