"""Choosing a further parent for every child row: degrees kept, groups kept, pairs of attributes kept."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.relational.matching import NO_ROW, Rows, rank_within

_MOST_MOVED = 0.05  # of the rows


@dataclass(frozen=True)
class Side:
    """The child rows that look for a parent, or the parents that wait for children.

    Attributes:
        groups: The group of each row; a child's parent must come from the same group.
        leaves: The partition's leaf of each row.
        nearby: Whom each row is near, within its group: a child takes a parent near it if there is one. Negative for
            children who do not care; None if nobody does.
    """

    groups: Rows
    leaves: Rows
    nearby: Rows | None = None


def choose_parents(
    children: Side, parents: Side, *, degrees: npt.NDArray[np.int64], strict: bool, rng: np.random.Generator
) -> Rows:
    """A parent row for each child row.

    Every parent offers as many places as its degree. Those who care take places near them first, in their own leaf if
    they can. Then children take places in their own group and leaf, then in their own group; who finds none gets a
    parent of the group at random by degree, and if the group has no parent at all (unless `strict`) any parent.

    Args:
        children: The rows to place.
        parents: The rows to choose from.
        degrees: Children that each parent should get; scaled to the number of child rows.
        strict: No parent from another group: NO_ROW instead.
        rng: Source of randomness.

    Returns:
        Parent row numbers, NO_ROW for a child whose group has no parent at all (or if there is no parent).
    """
    chosen = np.full(len(children.groups), NO_ROW, dtype=np.int64)
    if not len(parents.groups) or not len(chosen):
        return chosen
    places = rng.permutation(np.repeat(np.arange(len(degrees)), scaled(degrees, len(chosen), rng)))
    waiting = rng.permutation(len(chosen))
    most_leaves = int(max(children.leaves.max(initial=0), parents.leaves.max(initial=0))) + 2
    cells = [(children.groups, parents.groups)]
    if children.nearby is not None and parents.nearby is not None:
        most_near = int(max(children.nearby.max(initial=0), parents.nearby.max(initial=0))) + 1
        care = (children.groups >= 0) & (children.nearby >= 0)
        there = (parents.groups >= 0) & (parents.nearby >= 0)
        # No parent is where those are who do not care.
        of_child = np.where(care, children.groups * most_near + children.nearby, -1)
        of_parent = np.where(there, parents.groups * most_near + parents.nearby, -2)
        cells.insert(0, (of_child, of_parent))
    for of_child, of_parent in cells:
        with_leaf = of_child * most_leaves + children.leaves, of_parent * most_leaves + parents.leaves
        waiting, places = _match(chosen, waiting, places, *with_leaf)
        waiting, places = _match(chosen, waiting, places, of_child, of_parent)
    if len(waiting):
        chosen[waiting] = _anyone(children.groups[waiting], parents.groups, degrees, strict, rng)
    return chosen


def nearly_known(
    found: npt.NDArray[np.int64], degrees: npt.NDArray[np.int64], wanted: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Degrees in the order of those found; as they are known to be, where a few rows that go elsewhere are enough.

    Args:
        found: Of each parent, adding up to `wanted`.
        degrees: The known ones of the same parents.
        wanted: Child rows.
        rng: Source of randomness.
    """
    as_known, order = np.sort(scaled(degrees, wanted, rng)), np.argsort(found, kind="stable")
    if np.abs(as_known - found[order]).sum() > 2 * _MOST_MOVED * wanted:
        return found
    known = np.empty_like(found)
    known[order] = as_known
    return known


def scaled(degrees: npt.NDArray[np.int64], wanted: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Degrees that add up to `wanted`: places are added or taken away at random, in proportion to the degree."""
    total = int(degrees.sum())
    if not total:
        return np.bincount(rng.integers(0, len(degrees), wanted), minlength=len(degrees))
    if total > wanted:
        places = np.repeat(np.arange(len(degrees)), degrees)
        return np.bincount(rng.choice(places, wanted, replace=False), minlength=len(degrees))
    more = rng.choice(len(degrees), wanted - total, p=degrees / total)
    return degrees + np.bincount(more, minlength=len(degrees))


def _match(chosen: Rows, waiting: Rows, places: Rows, of_child: Rows, of_parent: Rows) -> tuple[Rows, Rows]:
    """Give the i-th waiting child of a cell the i-th free place of that cell; what is left of both comes back."""
    child_cell, place_cell = of_child[waiting], of_parent[places]
    child_rank, place_rank = rank_within(child_cell), rank_within(place_cell)
    both = np.concatenate([child_cell, place_cell])
    _, coded = np.unique(both, return_inverse=True)
    width = int(max(child_rank.max(initial=0), place_rank.max(initial=0))) + 1
    child_key = coded[: len(waiting)].astype(np.int64) * width + child_rank
    place_key = coded[len(waiting) :].astype(np.int64) * width + place_rank
    _, at_child, at_place = np.intersect1d(child_key, place_key, assume_unique=True, return_indices=True)
    chosen[waiting[at_child]] = places[at_place]
    return np.delete(waiting, at_child), np.delete(places, at_place)


def _anyone(
    groups: Rows, parent_groups: Rows, degrees: npt.NDArray[np.int64], strict: bool, rng: np.random.Generator
) -> Rows:
    """A parent of the same group, drawn by degree; where the group has none: any parent, or NO_ROW if strict."""
    weight = degrees + 0.1 * max(float(degrees.mean()), 0.1)
    order = np.argsort(parent_groups, kind="stable")
    ordered, cumulative = parent_groups[order], np.cumsum(weight[order])
    start = np.searchsorted(ordered, groups, side="left")
    end = np.searchsorted(ordered, groups, side="right")
    low = np.where(start > 0, cumulative[np.maximum(start, 1) - 1], 0.0)
    high = np.where(end > 0, cumulative[np.maximum(end, 1) - 1], 0.0)
    point = low + rng.random(len(groups)) * (high - low)
    inside = np.clip(np.searchsorted(cumulative, point, side="right"), start, np.maximum(end - 1, start))
    found = order[np.minimum(inside, len(order) - 1)]
    fallback = np.full(len(groups), NO_ROW, dtype=np.int64)
    if not strict:
        fallback = rng.choice(len(degrees), len(groups), p=weight / weight.sum())
    return np.where(end > start, found, fallback)
