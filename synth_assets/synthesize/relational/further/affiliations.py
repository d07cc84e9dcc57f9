"""Rows of a table that nearly always go with one and the same row of another: the airline that a plane belongs to.

Nothing in the plane's own row says it, only the flights that refer to both. Where the airlines are roles, each plane
has the role that most of its flights have as a hidden column, learned and drawn with its own columns. Flights then
choose among the planes of their airline.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.statistics.labels import shared_labels
from synth_assets.synthesize.relational.further.belonging import Belonging
from synth_assets.synthesize.relational.further.tendencies import knows_tendencies
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, of_parents
from synth_assets.synthesize.relational.structure import Reference
from synth_assets.synthesize.relational.tables import SourceTables

RolesBy = Callable[[Reference], Rows | None]

_MARK = "& "
_FEWEST_PARENTS = 30
_FEWEST_ROWS = 200  # that have a sibling
_MOSTLY = 0.7  # of siblings that have the same role
_MOST_BY_CHANCE = 0.5  # of that share
_DIGITS = 3


@dataclass(frozen=True)
class Affiliation:
    """What the rows of one key's parent belong to.

    Attributes:
        belonging: What rows that refer to them are told.
        labels: The role of each row of the parent as text, NULL for a rare one and where no row tells it.
        of_children: The role of each row of the child, NO_ROW for none.
    """

    belonging: Belonging
    labels: pl.Series
    of_children: Rows


def is_affiliation(name: str) -> bool:
    """Whether a hidden column or feature is one."""
    return name.startswith(_MARK)


def find_affiliation(
    reference: Reference, source: SourceTables, *, roles_by: RolesBy, min_group: int
) -> Affiliation | None:
    """The closest one of a further key's parent, by the child's other keys whose parents are roles.

    None where nothing is told, or where the parent's rows are roles themselves.

    Args:
        reference: The key.
        source: Real rows; only those of training count.
        roles_by: What `find_roles` gives for a further key.
        min_group: Fewest rows of the parent that must share a role.
    """
    if not knows_tendencies(reference, source.structures) or roles_by(reference) is not None:
        return None
    trained = source.training(reference.child)
    parents = source.parents(reference.child, reference.key)
    best: tuple[float, Reference, Rows, pl.DataFrame] | None = None
    for other, roles in _roles_beside(reference, source, roles_by):
        pairs = pl.DataFrame({"parent": parents[trained], "role": roles[trained]})
        counts = pairs.filter((pl.col("parent") >= 0) & (pl.col("role") >= 0)).group_by("parent", "role").len("rows")
        same = _same(counts)
        if same and (best is None or same > best[0]):
            best = same, other, roles, counts
    if best is None:
        return None
    same, other, roles, counts = best
    most = counts.sort("rows", "role", descending=[True, False]).unique("parent", keep="first")
    numbers = np.full(source.frame(reference.key.parent).height, NO_ROW, dtype=np.int64)
    numbers[most["parent"].to_numpy()] = most["role"].to_numpy()
    feature = f"{_MARK}{reference.name}: {other.name}"
    labels = pl.Series(feature, numbers).set(pl.Series(numbers < 0), None).cast(pl.String)
    labels = labels.set(~labels.is_in(shared_labels(labels, min_group)), None)
    # Two rows of one parent have the same role where both have the parent's.
    belonging = Belonging(feature=feature, other=other.name, share=round(float(np.sqrt(same)), _DIGITS))
    return Affiliation(belonging, labels, roles)


def _roles_beside(reference: Reference, source: SourceTables, roles_by: RolesBy) -> Iterator[tuple[Reference, Rows]]:
    """The child's other keys whose parents are roles, with the role of each of the child's rows, NO_ROW for none."""
    child = source.structures[reference.child]
    for other in child.further:
        if other.name == reference.name or other not in child.referring_first:
            continue
        roles = roles_by(other)
        if roles is not None:
            yield other, of_parents(roles, source.parents(child.name, other.key))


def _same(counts: pl.DataFrame) -> float:
    """The share of rows of one parent that have the same role as another of them, 0 where chance may be it."""
    siblings = counts.with_columns(pl.col("rows").sum().over("parent").alias("all")).filter(pl.col("all") > 1)
    rows = int(siblings["rows"].sum())
    if rows < _FEWEST_ROWS or siblings["parent"].n_unique() < _FEWEST_PARENTS:
        return 0.0
    same = float(siblings.select((pl.col("rows") * (pl.col("rows") - 1) / (pl.col("all") - 1)).sum()).item()) / rows
    shares = counts.group_by("role").agg(pl.col("rows").sum())["rows"] / counts["rows"].sum()
    return same if same >= _MOSTLY and float((shares**2).sum()) <= _MOST_BY_CHANCE * same else 0.0
