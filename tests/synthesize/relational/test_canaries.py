"""Where canaries are planted, and that the gate finds those that come out."""

import numpy as np
import polars as pl

from synth_assets.store.verdict import CheckResult
from synth_assets.synthesize.relational.canaries import CANARIES, plant
from synth_assets.validate.canaries import canary_checks
from synth_assets.validate.subject import Subject
from tests.validate.samples import CUSTOMERS, PLAN, MemoryRows, make_shop

AMONG = ("region", "age", "income", "spent")


def rows(count: int = 2000) -> pl.DataFrame:
    return make_shop(count, 0, mail="m")["customers"]


def test_canaries_are_new_values_in_rows_that_stay_where_they_are() -> None:
    source = rows()
    planted = plant(source, among=AMONG, table="customers", min_group=10, seed=0)
    assert planted.canaries.columns == ["region", "income", "spent"]  # ages are too few to tell
    assert planted.canaries.height == CANARIES
    assert planted.rows.select("id", "email", "age").equals(source.select("id", "email", "age"))
    assert planted.rows["region"].null_count() == source["region"].null_count()
    changed = (planted.rows["income"] != source["income"]).to_numpy()
    assert changed.sum() == CANARIES
    for name in planted.canaries.columns:
        assert not planted.canaries[name].drop_nulls().is_in(source[name].implode()).any()
    low, high = source["income"].min(), source["income"].max()
    assert planted.canaries["income"].is_between(low, high).all()
    again = plant(source, among=AMONG, table="customers", min_group=10, seed=0)
    assert again.canaries.equals(planted.canaries)


def test_nothing_is_planted_where_it_would_weigh_or_may_come_out() -> None:
    for found in (
        plant(rows(999), among=AMONG, table="t", min_group=10, seed=0),
        plant(rows(), among=AMONG, table="t", min_group=1, seed=0),
        plant(rows(), among=("age",), table="t", min_group=10, seed=0),
    ):
        assert found.canaries.height == 0


def checked(synthetic: pl.DataFrame, planted: dict[str, pl.DataFrame]) -> CheckResult:
    subject = Subject(CUSTOMERS, PLAN.table("customers"), MemoryRows(synthetic), MemoryRows(rows()), None, 10)
    (check,) = canary_checks({"customers": subject}, planted)
    return check


def test_a_canary_that_comes_out_fails() -> None:
    planted = plant(rows(), among=AMONG, table="customers", min_group=10, seed=0)
    made = make_shop(2000, 500, mail="fake")["customers"]
    of = {"customers": planted.canaries}
    honest = checked(made, of)
    assert honest.passed
    assert honest.value == 0.0
    assert checked(planted.rows, of).value == CANARIES
    # Its numbers alone tell, in whatever row, and its label alone does.
    there = planted.canaries["region"].is_not_null().arg_true()[0]
    label = np.where(np.arange(made.height) == 5, planted.canaries["region"][there], made["region"].to_numpy())
    assert checked(made.with_columns(region=pl.Series(label, dtype=pl.String)), of).value == 1.0
    numbers = [
        pl.when(pl.int_range(pl.len()) == 5).then(planted.canaries[n][2]).otherwise(pl.col(n)).alias(n)
        for n in ("income", "spent")
    ]
    found = checked(made.with_columns(numbers), of)
    assert found.value == 1.0
    assert not found.passed
    one_of_two = checked(made.with_columns(numbers[0]), of)
    assert one_of_two.passed


def test_canaries_that_are_not_known_leave_the_figure_uncomputed() -> None:
    made = make_shop(2000, 500, mail="fake")["customers"]
    missing = checked(made, {})
    assert not missing.passed
    assert missing.value is None
    assert checked(made, {"customers": pl.DataFrame()}).facts["applicable"] is False
