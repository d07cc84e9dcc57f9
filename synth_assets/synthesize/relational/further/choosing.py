"""Filling the columns of a further key: which row of its parent each row refers to."""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.frames import polars_type
from synth_assets.statistics.references import refers
from synth_assets.synthesize.relational.counts import add_up_to
from synth_assets.synthesize.relational.features import count_name
from synth_assets.synthesize.relational.further.apart import parents_apart
from synth_assets.synthesize.relational.further.belonging import belonging_groups, degrees_of_groups
from synth_assets.synthesize.relational.further.fitting import leaf_name
from synth_assets.synthesize.relational.further.in_time import in_time
from synth_assets.synthesize.relational.further.pairing import Side, choose_parents
from synth_assets.synthesize.relational.further.returning import Returning
from synth_assets.synthesize.relational.further.roles import Given
from synth_assets.synthesize.relational.hierarchy import level_name, parent_levels
from synth_assets.synthesize.relational.key_columns import key_columns
from synth_assets.synthesize.relational.matching import NO_ROW, Rows, gather, group_numbers
from synth_assets.synthesize.relational.model import FurtherModel
from synth_assets.synthesize.relational.structure import Reference, TableStructure, may_be_null
from synth_assets.synthesize.relational.tables import LinkedTables


def fill_reference(
    reference: Reference,
    model: FurtherModel,
    *,
    tables: LinkedTables,
    structure: TableStructure,
    features: pl.DataFrame,
    hidden: pl.DataFrame,
    families: Rows,
    roles: Rows | None = None,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """The child's rows with the key's columns filled.

    A parent comes from the same group: it agrees in the columns that are already there (shared with another key, or
    carried), in the ancestor that the two always share, and lies one level up in a hierarchy. Within the group it is
    picked by leaf and degree. A carried value that no parent has gives way to the nearest one that some parent has.
    A child whose group has no parent refers to none if it may, else to any parent.

    Args:
        reference: The key.
        model: What was learned of it.
        tables: Rows of all tables concerned.
        structure: The child's structure.
        features: The parent's features.
        hidden: The child's hidden columns.
        families: The family of each child; siblings stand in their order.
        roles: What each child has by the key that parents belong somewhere by; None where they do not.
        rng: Source of randomness.
    """
    key = reference.key
    parent = tables.frame(key.parent)
    rows = _near(tables.frame(reference.child), parent, reference)
    optional = may_be_null(structure.table, key)
    may_refer = refers(rows, key)
    wanted = np.flatnonzero(may_refer & (_drawn(reference, hidden, rows.height) | model.always | (not optional)))
    # Where a branch of a polymorphic key is filled, others have filled the same column for other rows.
    fixed = [
        (column, other)
        for column, other in zip(key.columns, key.parent_columns, strict=True)
        if column in rows.columns and not key.branch
    ]
    belonging = None
    if model.belonging and roles is not None:
        belonging = belonging_groups(model.belonging, roles, features, rng)
    child_group, parent_group = _groups(reference, model, tables, rows, parent, fixed, hidden, belonging)
    nearby = _nearby(reference, model, tables, rng)
    partition = model.tree()
    leaves = partition.apply(features) if features.height else np.array([], dtype=np.int64)
    degrees = _degrees(reference, model, features, rng)
    first, given = partition.leaves, roles_given(reference, model, features)
    if given:
        leaves = np.where(given.of_parent >= 0, first + given.of_parent, leaves)
    beyond = first + len(model.roles.groups if model.roles else ())
    once = any(set(unique) <= set(key.columns_read) for unique in structure.table.unique_sets)
    apart = parents_apart(model.apart, reference, structure, tables)

    def chosen_for(looking: Rows, places: Rows) -> Rows:
        """The parents of these rows, NO_ROW for all others; each has so many places for them."""
        looked_for = _leaf_numbers(reference, hidden, looking, beyond=beyond)
        if given:
            looked_for = np.where(looked_for < first, looked_for, _with_stand_ins(looked_for, given, first))
            places = given.degrees(looked_for - first, places, rng)
        if belonging:
            places = degrees_of_groups(places, belonging[0][looking], belonging[1], rng)
        if once:
            places = add_up_to(places, len(looking), most=1, rng=rng)
        found = np.full(rows.height, NO_ROW, dtype=np.int64)
        found[looking] = choose_parents(
            Side(child_group[looking], looked_for, nearby[0][looking] if nearby else None),
            Side(parent_group, leaves, nearby[1] if nearby else None),
            degrees=places,
            strict=optional or reference.to_itself,
            rng=rng,
        )
        care = nearby[0] if nearby else None
        return _exchanged(found, model, rows, parent, child_group, leaves, rng, nearby=care, apart=apart)

    returning = Returning.drawn(reference, structure, parent, hidden, families=families, rng=rng)
    if returning:
        chosen = returning.chosen(wanted, degrees, chosen_for, groups=(child_group, parent_group), apart=apart)
    else:
        chosen = chosen_for(wanted, degrees)
    if reference.to_itself and not optional:
        chosen = np.where(may_refer & (chosen == NO_ROW), np.arange(len(chosen)), chosen)
    if key.branch:
        referred = gather(parent.select(key.parent_columns), chosen)
        return _with_branch(rows, referred.to_series(), key.columns[0], may_refer, structure)
    filled = key_columns(key, structure.table, parent, chosen, rng)
    if optional and fixed:
        free = [values for values in filled if values.name not in dict(fixed)]
        if any(structure.table.column(values.name).nullable for values in free):
            filled = free
    return rows.with_columns(filled)


def roles_given(reference: Reference, model: FurtherModel, features: pl.DataFrame) -> Given | None:
    """The roles that generated parents with these features have; None if there are none."""
    if not model.roles or not features.height:
        return None
    degrees = features[count_name(reference.name)].cast(pl.Int64).fill_null(0).to_numpy()
    return model.roles.give_out(model.tree().apply(features), degrees)


def _with_stand_ins(looked_for: Rows, given: Given, first: int) -> Rows:
    """The numbers of roles that are there, instead of those that no parent has."""
    numbers: Rows = np.r_[given.stand_in + first, first + len(given.stand_in)]  # the last: without a parent
    return numbers[np.clip(looked_for - first, 0, len(numbers) - 1)]


def _exchanged(
    chosen: Rows,
    model: FurtherModel,
    rows: pl.DataFrame,
    parent: pl.DataFrame,
    groups: Rows,
    leaves: Rows,
    rng: np.random.Generator,
    *,
    nearby: Rows | None,
    apart: list[Rows],
) -> Rows:
    """The parents, exchanged among rows of one group and parents of one leaf so that none comes after its child.

    Nor is any the one that another key must differ from.
    """
    bounds = [
        (one.child_times(rows[one.column]), one.parent_times(parent[one.parent_column], rows.schema[one.column]))
        for one in model.not_before
        if one.column in rows.columns
    ]
    if not bounds and not apart:
        return chosen
    leaf = np.where(chosen >= 0, leaves[chosen], -1) if len(leaves) else np.full(len(chosen), -1)
    near = np.zeros(len(chosen), dtype=np.int64) if nearby is None else nearby
    told = pl.DataFrame({"group": groups, "near": near, "leaf": leaf})
    # Where parents of one leaf are not enough, those of others serve, and last those elsewhere: being born first counts
    # more.
    for names in (told.columns, ["group", "near"], ["group"])[: 2 if nearby is None else 3]:
        alike = told.select(pl.struct(names).rank("dense")).to_series().to_numpy()
        chosen = in_time(chosen, alike, bounds, rng, apart=apart)
    return chosen


def any_parents(rows: int, parents: int, *, once: bool, rng: np.random.Generator) -> Rows:
    """A parent for each row, whichever; NO_ROW where there is none.

    Args:
        once: No parent may be chosen twice.
    """
    chosen = np.full(rows, NO_ROW, dtype=np.int64)
    if once:
        there = min(rows, parents)
        chosen[:there] = rng.permutation(parents)[:there]
        return chosen
    return rng.integers(0, parents, rows) if parents else chosen


def _with_branch(
    rows: pl.DataFrame, referred: pl.Series, column: str, may_refer: npt.NDArray[np.bool_], structure: TableStructure
) -> pl.DataFrame:
    """The rows with a polymorphic key filled where they refer by this branch."""
    dtype = polars_type(structure.table.column(column).type)
    before = rows[column] if column in rows.columns else pl.repeat(None, rows.height, dtype=dtype, eager=True)
    return rows.with_columns(referred.cast(dtype, strict=False).zip_with(pl.Series(may_refer), before).alias(column))


def _drawn(reference: Reference, hidden: pl.DataFrame, height: int) -> npt.NDArray[np.bool_]:
    """Whether each row was drawn to refer to a parent."""
    name = leaf_name(reference.name)
    if name not in hidden.columns:
        return np.ones(height, dtype=np.bool_)
    return hidden[name].is_not_null().to_numpy()


def _leaf_numbers(reference: Reference, hidden: pl.DataFrame, rows: Rows, *, beyond: int) -> Rows:
    """The leaf in which each row looks for its parent; `beyond`, where nobody is, if it was drawn without one."""
    numbers = hidden[leaf_name(reference.name)].cast(pl.Int64, strict=False).fill_null(beyond)
    return numbers.to_numpy()[rows]


def _groups(
    reference: Reference,
    model: FurtherModel,
    tables: LinkedTables,
    rows: pl.DataFrame,
    parent: pl.DataFrame,
    fixed: list[tuple[str, str]],
    hidden: pl.DataFrame,
    belonging: tuple[Rows, Rows] | None,
) -> tuple[Rows, Rows]:
    of_child, of_parent = [], []
    if belonging:
        of_child.append(pl.Series(belonging[0]))
        of_parent.append(pl.Series(belonging[1]))
    for column, other in fixed:
        of_child.append(rows[column])
        of_parent.append(parent[other])
    if model.agreement and model.agreement.always:
        of_child.append(pl.Series(tables.along(reference.child, model.agreement.child_path)))
        of_parent.append(pl.Series(tables.along(reference.key.parent, model.agreement.parent_path)))
    if reference.to_itself:
        own = hidden[level_name(reference.name)].cast(pl.Int64).fill_null(0).to_numpy()
        if reference.key.branch:
            own = np.where(refers(rows, reference.key), np.where(own == 0, 1, own), 0)
        of_child.append(pl.Series(parent_levels(own)))
        of_parent.append(pl.Series(own))
    if not of_child:
        return np.zeros(rows.height, dtype=np.int64), np.zeros(parent.height, dtype=np.int64)
    left = pl.DataFrame([values.alias(str(at)) for at, values in enumerate(of_child)])
    right = pl.DataFrame([values.alias(str(at)) for at, values in enumerate(of_parent)])
    child_group, parent_group = group_numbers([left, right])
    return child_group, parent_group


def _nearby(
    reference: Reference, model: FurtherModel, tables: LinkedTables, rng: np.random.Generator
) -> tuple[Rows, Rows] | None:
    """The ancestor that each child shares with its parent, negative for those drawn not to, and that of each parent."""
    agreement = model.agreement
    if agreement is None or agreement.always:
        return None
    of_child = tables.along(reference.child, agreement.child_path)
    shares = rng.random(len(of_child)) < agreement.share
    return np.where(shares, of_child, NO_ROW), tables.along(reference.key.parent, agreement.parent_path)


def _degrees(
    reference: Reference, model: FurtherModel, features: pl.DataFrame, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    name = count_name(reference.name)
    if name in features.columns:
        return features[name].cast(pl.Int64).fill_null(0).to_numpy()
    return model.degree_distribution.restore(rng.random(features.height), factor=1.0, rng=rng)


def _near(rows: pl.DataFrame, parent: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """Rows whose carried values are replaced by the nearest that a parent has."""
    others = dict(zip(reference.key.columns, reference.key.parent_columns, strict=True))
    for column in reference.carried:
        known = parent[others[column]].drop_nulls().unique().sort()
        if not len(known):
            continue
        physical = known.to_physical().cast(pl.Float64).to_numpy()
        values = rows[column]
        wanted = values.to_physical().cast(pl.Float64).fill_null(0).to_numpy()
        after = np.clip(np.searchsorted(physical, wanted), 0, len(physical) - 1)
        before = np.maximum(after - 1, 0)
        nearest = np.where(wanted - physical[before] < physical[after] - wanted, before, after)
        near = known.gather(nearest).cast(values.dtype)
        rows = rows.with_columns(near.set(values.is_null(), None).alias(column))
    return rows
