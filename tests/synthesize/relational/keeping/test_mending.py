"""Rows that break one kind because another is kept take what a good row has."""

import numpy as np
import polars as pl

from synth_assets.dependencies.combination import shared_combinations, unknown
from synth_assets.dependencies.null_by import wrongly_null
from synth_assets.plan.dependencies import Combination, NullBy
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.keeping.keeping import Keeping
from synth_assets.synthesize.relational.keeping.mending import donors, tied_together
from synth_assets.synthesize.relational.named_columns import NamedColumns
from synth_assets.synthesize.relational.tables import LinkedTables

ROWS = 2_000


def made(rng: np.random.Generator) -> tuple[pl.DataFrame, list[Combination | NullBy], dict[str, pl.DataFrame]]:
    """Orders with a channel and a state that do not all go together, and a time that only some states have."""
    state = rng.choice(["new", "sent", "done"], ROWS)
    channel = np.where(state == "new", rng.choice(["web", "shop"], ROWS), rng.choice(["web", "phone"], ROWS))
    shipped = pl.Series(rng.integers(1, 99, ROWS)).set(pl.Series(state == "new"), None)
    rows = pl.DataFrame({"state": state, "channel": channel, "shipped": shipped, "price": rng.random(ROWS)})
    combination, null_by = Combination(columns=("channel", "state")), NullBy(by="state", column="shipped")
    return (
        rows,
        [combination, null_by],
        {combination.text: shared_combinations(rows, ["channel", "state"], min_group=1)},
    )


def kept(
    rows: pl.DataFrame,
    rules: list[Combination | NullBy],
    known: dict[str, pl.DataFrame],
    *,
    free: set[str],
    rng: np.random.Generator,
) -> pl.DataFrame:
    keeping = Keeping(
        "orders", rules, (), declared=frozenset(), mostly=(), free=frozenset(free), known=known, gaps=Gaps()
    )
    return keeping.apply(rows, NamedColumns({}, LinkedTables({}, lambda _: rows), lambda _: rows), rng)


def test_a_label_that_another_rule_changes_stays_in_a_known_combination() -> None:
    rng = np.random.default_rng(0)
    rows, rules, known = made(rng)
    combination, null_by = rules
    assert isinstance(combination, Combination) and isinstance(null_by, NullBy)
    # What has not been shipped may not be changed, so the state gives way.
    drawn = rows.with_columns(rows["shipped"].set(pl.Series(rng.random(ROWS) < 0.05), None))
    assert wrongly_null(drawn, null_by).sum() > 20
    result = kept(drawn, rules, known, free={"state", "channel"}, rng=rng)
    assert result["shipped"].equals(drawn["shipped"]) and result["price"].equals(drawn["price"])
    assert not wrongly_null(result, null_by).any()
    assert not unknown(result, known[combination.text], combination.columns).any()
    untouched = ~wrongly_null(drawn, null_by)
    assert result.filter(untouched).equals(drawn.filter(untouched))


def test_columns_have_to_do_with_each_other_over_others() -> None:
    ties = [("a", "b"), ("c", "d"), ("e",), ("d", "a"), ("f", "g")]
    assert set(tied_together(ties)) == {frozenset("abcd"), frozenset("e"), frozenset("fg")}


def test_a_donor_has_the_same_labels_and_breaks_nothing() -> None:
    rng = np.random.default_rng(1)
    rows = pl.DataFrame({"a": rng.choice(["x", "y", None], ROWS).tolist(), "b": rng.integers(0, 3, ROWS)})
    wrong, only = rng.random(ROWS) < 0.1, rows["a"].eq("x").fill_null(value=False).to_numpy()
    at, donor = donors(rows, wrong, ~wrong, alike=["a", "b"], rng=rng)
    assert at.tolist() == np.flatnonzero(wrong).tolist() and not wrong[donor].any()
    assert rows[at].equals(rows[donor])
    at, donor = donors(rows, wrong, only & ~wrong, alike=["a"], rng=rng)
    assert rows[at]["a"].unique().to_list() == ["x"] and len(at) == (wrong & only).sum()
    assert [len(part) for part in donors(rows, wrong, np.zeros(ROWS, dtype=np.bool_), alike=[], rng=rng)] == [0, 0]
