"""Numbers that never exceed others of their row: drawn within what those leave, not brought into order afterwards.

Two numbers that change places wherever they come out in the wrong order lose what lies at their ends: the newest
houses are older than their sale in all rows, so that hardly one is left of those that were drawn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.columns import ColumnCodes
from synth_assets.synthesize.trees.leaves import Leaves
from synth_assets.synthesize.trees.scale import Codes

_HIGHEST = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class Limit:
    """The codes that a part may have by that of an earlier one.

    Attributes:
        place: The earlier part.
        codes: For each code of it the highest, or lowest, that the part may have.
        at_most: Whether it is the highest.
    """

    place: int
    codes: Codes
    at_most: bool

    @classmethod
    def of(cls, column: ColumnCodes, other: ColumnCodes, place: int, *, at_most: bool) -> "Limit | None":
        """The limit that another column, which has this place, sets to a column; None if they have no such codes."""
        own, its = column.spans(), other.spans()
        if own is None or its is None:
            return None
        if at_most:
            codes = np.maximum(np.searchsorted(own[0], its[1], side="right"), 1)
        else:
            codes = np.minimum(np.searchsorted(own[1], its[0], side="left") + 1, len(own[0]))
        unknown = _HIGHEST if at_most else 0
        return cls(place, np.r_[unknown, codes].astype(np.uint16), at_most)


def limits_of(
    columns: Sequence[ColumnCodes], places: Sequence[int], orders: Iterable[tuple[str, str]]
) -> dict[int, tuple[Limit, ...]]:
    """What limits the parts at some places, each by any other.

    Args:
        columns: The learned columns.
        places: Where the first part of each is.
        orders: Names of columns of which the first never exceeds the second.
    """
    known = {column.name: (column, place) for column, place in zip(columns, places, strict=True)}
    found: dict[int, tuple[Limit, ...]] = {}
    for lower, upper in orders:
        if lower not in known or upper not in known:
            continue
        (less, below), (more, above) = known[lower], known[upper]
        for place, limit in (
            (below, Limit.of(less, more, above, at_most=True)),
            (above, Limit.of(more, less, below, at_most=False)),
        ):
            found[place] = (*found.get(place, ()), limit) if limit else found.get(place, ())
    return found


def of_places(limits: Iterable[Limit], to: npt.NDArray[np.intp]) -> tuple[Limit, ...]:
    """The same where the parts have other places."""
    return tuple(replace(limit, place=int(to[limit.place])) for limit in limits)


def within(
    limits: Iterable[Limit],
    codes: Codes,
    leaf: npt.NDArray[np.intp],
    matrix: Codes,
    leaves: Leaves,
    rng: np.random.Generator,
) -> Codes:
    """The codes of rows in these leaves, those beyond a limit drawn again from what their leaf has within it.

    Where it has nothing there, it is the code that lies nearest. What is NULL stays so.
    """
    least, most = np.zeros(len(codes), np.uint16), np.full(len(codes), _HIGHEST, np.uint16)
    for limit in limits:
        bound = limit.codes[matrix[limit.place]]
        if limit.at_most:
            most = np.minimum(most, bound)
        else:
            least = np.maximum(least, bound)
    beyond = np.flatnonzero((codes > 0) & ((codes < least) | (codes > most)) & (least <= most))
    if not len(beyond):
        return codes
    least, most = np.maximum(least[beyond], 1), most[beyond]
    drawn = leaves.draw_between(leaf[beyond], least, most, rng.random(len(beyond)))
    out = codes.copy()
    out[beyond] = np.where(drawn > 0, drawn, np.clip(codes[beyond], least, most))
    return out
