"""Parents that each have so many rows that these show what it is like: the airlines of flights.

Groups of like parents (see partition) say what a parent's columns say of the rows that refer to it. What only these
rows show - which airline flies where, under which numbers - is kept by roles: each such parent of the source is one, a
category of the rows that refer to it, learned with all others and known by name as any category that enough rows
share. A generated parent takes a role over; which one is decided by its group and by how many rows refer to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.catalog.driving import LOOKUP_CHILDREN
from synth_assets.catalog.model import Value
from synth_assets.plan.resolved import Mode, TableDecision, Treatment
from synth_assets.synthesize.relational.further.agreement import filled_before, find_agreement
from synth_assets.synthesize.relational.further.pairing import nearly_known, scaled
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, of_parents, rank_within
from synth_assets.synthesize.relational.structure import NATIVE, Reference
from synth_assets.synthesize.relational.tables import SourceTables, references_of
from synth_assets.synthesize.trees.coarse import coarse

_MARK = "@ "
_MOST_ROLES = 400
_FEWEST_ROWS = 20  # of a role
_LEAST_COVERED = 0.9  # of the rows that refer to any parent
_LEAST_TOLD = 0.02  # nats of another column
_ERRORS = 6.0
_MOST_ROWS = 50_000
_CLASSES = 12
_PERSONAL = (Treatment.FAKE, Treatment.PSEUDONYMIZE, Treatment.MASK)


class Roles(Value):
    """The roles of one key.

    Attributes:
        groups: The group of like parents that each role's parent is of; within a group, most children first.
        parents: Rows of the parent's table in the source.
    """

    groups: tuple[int, ...]
    parents: int

    def give_out(self, groups: Rows, degrees: Rows) -> "Given":
        """Every role to a generated parent: of its group if one is left, the one with more children first.

        Where there are several times as many parents as in the source, so many share a role.

        Args:
            groups: The group of each generated parent.
            degrees: The number of children that it is to have.
        """
        times = max(1, round(len(groups) / max(self.parents, 1)))
        wanted = np.repeat(np.arange(len(self.groups)), times)
        of_parent = np.full(len(groups), NO_ROW, dtype=np.int64)
        by_degree = np.argsort(-degrees, kind="stable")
        roles_by_group, left = np.asarray(self.groups)[wanted], np.ones(len(wanted), dtype=np.bool_)
        for group in np.unique(roles_by_group).tolist():
            roles = np.flatnonzero(roles_by_group == group)
            parents = by_degree[groups[by_degree] == group][: len(roles)]
            of_parent[parents] = wanted[roles[: len(parents)]]
            left[roles[: len(parents)]] = False
        free = by_degree[of_parent[by_degree] == NO_ROW]
        rest = wanted[left]
        of_parent[free[: len(rest)]] = rest[: len(free)]
        taken = np.unique(of_parent[of_parent >= 0])
        played_by = np.arange(len(self.groups))
        missing = np.setdiff1d(played_by, taken)
        if len(missing) and len(taken):
            played_by[missing] = taken[np.arange(len(missing)) % len(taken)]
        return Given(of_parent, groups, played_by)


@dataclass(frozen=True)
class Given:
    """Roles as generated parents have them.

    Attributes:
        of_parent: The role of each parent, NO_ROW for none.
        groups: The group of each parent.
        stand_in: For each role the one whose parents its rows refer to: itself, unless there were too few parents.
    """

    of_parent: Rows
    groups: Rows
    stand_in: Rows

    def degrees(self, wanted: Rows, degrees: Rows, rng: np.random.Generator) -> Rows:
        """How many of the rows each parent gets, so that those of a role all find its parents.

        Args:
            wanted: The role that each row wants a parent of, a number below 0 or beyond the roles for none.
            degrees: The number of children that each parent was to have.
            rng: Source of randomness.
        """
        number = len(self.stand_in)
        asked = np.bincount(wanted[(wanted >= 0) & (wanted < number)], minlength=number)
        parents = np.flatnonzero(self.of_parent >= 0)
        roles = self.of_parent[parents]
        sharing = np.bincount(roles, minlength=number)
        turn = rank_within(roles)
        found = np.zeros(len(degrees), dtype=np.int64)
        found[parents] = asked[roles] // sharing[roles] + (turn < asked[roles] % sharing[roles])
        others = np.flatnonzero(self.of_parent < 0)
        others = others if len(others) else parents
        found[others] += scaled(degrees[others], len(wanted) - int(asked.sum()), rng)
        return nearly_known(found, degrees, len(wanted), rng)


def role_name(reference: str) -> str:
    """The feature of a parent that says which role it has for the rows that refer to it, or which group it is of."""
    return f"{_MARK}{reference}"


def is_role(name: str) -> bool:
    """Whether a feature is one, perhaps of an ancestor."""
    return name.startswith(_MARK)


def as_labels(reference: Reference, roles: Rows, groups: Rows) -> pl.Series:
    """What the rows that refer to a parent know of it: its role or, where it has none, its group."""
    known = pl.DataFrame({"role": roles, "group": groups})
    label = pl.when(pl.col("role") >= 0).then(pl.format("{}", "role")).otherwise(pl.format("group {}", "group"))
    return known.select(label.alias(role_name(reference.name))).to_series()


def find_roles(reference: Reference, source: SourceTables, *, min_group: int) -> Rows | None:
    """The role of each row of a further key's parent in the source, NO_ROW for none; None where roles say nothing.

    A role is what many rows of at least `min_group` driving parents share, so that it tells of none of these.
    """
    if not _may_have_roles(reference, source):
        return None
    structure = source.structures[reference.child]
    parents = _trained_parents(reference, source)
    roles = _largest(parents, source.frame(reference.key.parent).height, max(_FEWEST_ROWS, min_group))
    if roles is None:
        return None
    played = of_parents(roles, parents)
    if structure.driving and _fewest_families(played, _trained_parents(structure.driving, source)) < min_group:
        return None
    if not _roles_tell(played, reference, source):
        return None
    # Where rows and parents have an ancestor in common, not all parents are there to choose from.
    chosen = source.parents(reference.child, reference.key)
    filled = filled_before(reference, structure)
    return None if find_agreement(source, reference, chosen, filled=filled) else roles


def find_driving_roles(reference: Reference, source: SourceTables) -> Rows | None:
    """The same for a driving key: the airports of weather.

    Only of tables that are looked up - no column of theirs is personal data, and each row has a hundred children -
    since all that hangs on one row is one entity's.
    """
    decision, parent = source.structures[reference.child].decision, source.structures[reference.key.parent].decision
    personal = any(column.treatment in _PERSONAL for column in parent.columns)
    if personal or parent.private or not _is_learned(decision):
        return None
    parents = _trained_parents(reference, source)
    roles = _largest(parents, source.frame(reference.key.parent).height, LOOKUP_CHILDREN)
    return roles if roles is not None and _roles_tell(of_parents(roles, parents), reference, source) else None


def _trained_parents(reference: Reference, source: SourceTables) -> Rows:
    """The parent of each training row of the child."""
    return source.parents(reference.child, reference.key)[source.training(reference.child)]


def _largest(parents: Rows, height: int, fewest: int) -> Rows | None:
    """Parents by their number of children, most first, if a few with so many at least have nearly all of them."""
    counts = np.bincount(parents[parents >= 0], minlength=height)
    largest = np.argsort(-counts, kind="stable")
    largest = largest[counts[largest] >= fewest]
    if not 2 <= len(largest) <= _MOST_ROLES or counts[largest].sum() < _LEAST_COVERED * counts.sum():
        return None
    roles = np.full(height, NO_ROW, dtype=np.int64)
    roles[largest] = np.arange(len(largest))
    return roles


def _fewest_families(played: Rows, families: Rows) -> int:
    """Of how many driving parents the rows of a role are at least."""
    pairs = pl.DataFrame({"role": played, "family": families}).filter(pl.col("role") >= 0)
    return int(pairs.group_by("role").agg(pl.col("family").n_unique())["family"].to_numpy().min())


def _roles_tell(played: Rows, reference: Reference, source: SourceTables) -> bool:
    """Whether what role a training row's parent has says something of the row."""
    rows = np.flatnonzero(played >= 0)
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_ROWS)).astype(np.intp)]
    looked_at = np.flatnonzero(source.training(reference.child))[rows]
    return any(_tells(played[rows], classes) for classes in _others(reference, source, looked_at))


def _may_have_roles(reference: Reference, source: SourceTables) -> bool:
    """Whether the parent of this key is picked from all rows of its table, for rows that are learned."""
    structure, key = source.structures[reference.child], reference.key
    elsewhere = [
        r for r in references_of(structure) if r.name != reference.name and set(r.key.columns) & {*key.columns}
    ]
    return (
        _is_learned(structure.decision)
        and not source.structures[key.parent].decision.private
        and len(key.columns) == 1
        and not (elsewhere or reference.deferred or reference.to_itself or key.branch)
        and reference in structure.further
    )


def _is_learned(decision: TableDecision) -> bool:
    """Whether all rows of a table are made by the engine that knows their parents."""
    return decision.is_generated and decision.mode is not Mode.HYBRID and decision.synthesizer == NATIVE


def _others(reference: Reference, source: SourceTables, rows: Rows) -> Iterator[Rows]:
    """What else there is of these rows, in a few classes each: their columns, and the parents that they refer to."""
    structure = source.structures[reference.child]
    for name in structure.learned:
        values = source.frame(reference.child)[name].gather(rows)
        codes = values.rank("dense").fill_null(0).to_numpy().astype(np.intp)
        yield coarse(np.bincount(codes), ordered=values.dtype != pl.String, most=_CLASSES)[codes]
    for other in structure.referring_first:
        if other.name != reference.name:
            codes = source.parents(structure.name, other.key)[rows] + 1
            yield coarse(np.bincount(codes), ordered=False, most=_CLASSES)[codes]


def _tells(roles: Rows, classes: Rows) -> bool:
    """Whether roles tell clearly more of the classes than chance would."""
    width = int(classes.max()) + 1
    cells = np.bincount(roles * width + classes, minlength=(int(roles.max()) + 1) * width).reshape(-1, width)
    told = _entropies(cells.sum(axis=1)) + _entropies(cells.sum(axis=0)) - _entropies(cells.ravel())
    free = (np.count_nonzero(cells.sum(axis=1)) - 1) * (np.count_nonzero(cells.sum(axis=0)) - 1)
    # Twice the rows times what chance tells is chi-squared.
    rows = len(roles)
    return bool(told >= _LEAST_TOLD + (free + _ERRORS * np.sqrt(2 * free)) / (2 * rows))


def _entropies(counts: Rows) -> float:
    """The entropy of counts, in nats."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
