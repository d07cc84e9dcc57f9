"""Real rows of a partial table, with the treated columns replaced and all others as they are."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from synth_assets.catalog.model import Table
from synth_assets.plan.resolved import ColumnDecision, Role, Treatment
from synth_assets.store.profile import TableProfile
from synth_assets.synthesize.rules.blanks import is_blank, with_blanks
from synth_assets.synthesize.rules.consistent import ConsistentFakes
from synth_assets.synthesize.rules.decisions import check_mask, is_consistent, targets
from synth_assets.synthesize.rules.errors import CapacityTooSmall
from synth_assets.synthesize.rules.masks import Mask
from synth_assets.synthesize.rules.pseudonyms import pseudonyms
from synth_assets.synthesize.rules.rules import Rules, derive_key
from synth_assets.synthesize.rules.target import Target
from synth_assets.synthesize.rules.uniqueness import duplicates

DEFAULT_MIN_GROUP = 10

_FRESH = (Treatment.FAKE, Treatment.NULL, Treatment.CONSTANT)
_FROM_VALUE = (Treatment.PSEUDONYMIZE, Treatment.MASK)


def transform(
    rows: pl.DataFrame,
    *,
    table: Table,
    columns: Sequence[ColumnDecision],
    profile: TableProfile,
    key: bytes,
    rng: np.random.Generator,
    consistent: ConsistentFakes,
    min_group: int = DEFAULT_MIN_GROUP,
) -> pl.DataFrame:
    """Replace fake, pseudonymize, mask, null and constant columns, and JSON documents that are made anew by path.

    NULL stays NULL, but for constants, and fakes stay blank where the real text is.

    A pseudonym and a mask are made from the real value: under one key the same value has the same pseudonym in every
    table and refresh. Fakes are fresh and agree with each other within a row, but for those that the plan wants
    consistent: they follow from real values, too.

    Args:
        consistent: What makes them, of the whole dataset.

    Raises:
        ColumnRefused: A column cannot be made as decided.
        CapacityTooSmall: Different values of a unique column became the same.
    """
    present = [decision for decision in columns if decision.name in rows.columns]
    made = targets(present, table=table, schema=rows.schema)
    fresh = [decision for decision in present if _is_fresh(decision)]
    replaced: list[pl.Series] = []
    if fresh:
        source = rows.select([decision.name for decision in fresh])
        beside = rows.drop([decision.name for decision in present])
        rules = Rules.fit(
            source, table=table, columns=fresh, profile=profile, key=key, min_group=min_group, beside=beside
        )
        kept_null = [decision.name for decision in fresh if decision.treatment in (Treatment.FAKE, Treatment.LEARN)]
        nulls = {name: rows[name].is_null().to_numpy() for name in kept_null}
        blank = {d.name: is_blank(rows[d.name]) for d in fresh if d.treatment is Treatment.FAKE}
        replaced += rules.sample(len(rows), rng=rng, nulls=nulls, blank=blank, beside=beside).get_columns()
    for decision in present:
        if decision.treatment in _FROM_VALUE:
            replaced.append(_from_value(rows[decision.name], decision, made[decision.name], key))
        elif is_consistent(decision):
            fakes = consistent.of(rows, decision, made[decision.name])
            replaced.append(with_blanks(fakes, is_blank(rows[decision.name])))
    return rows.with_columns(replaced)


def _is_fresh(decision: ColumnDecision) -> bool:
    """Whether values are made anew, whatever the real ones are."""
    if is_consistent(decision):
        return False
    return decision.treatment in _FRESH or (decision.treatment is Treatment.LEARN and decision.role is Role.TEXT)


def _from_value(values: pl.Series, decision: ColumnDecision, target: Target, key: bytes) -> pl.Series:
    if decision.treatment is Treatment.MASK:
        check_mask(target)
        return Mask.of(decision.options).apply(values).alias(values.name)
    replaced = pseudonyms(decision, target, derive_key(key)).of(values)
    if target.unique and duplicates(replaced).any() and not duplicates(values).any():
        raise CapacityTooSmall(
            table=target.table,
            column=target.column,
            needed=values.n_unique(),
            capacity=replaced.n_unique(),
            remedy=f"Give {target.column} a longer format, or none, in the plan.",
        )
    return replaced.alias(values.name)
