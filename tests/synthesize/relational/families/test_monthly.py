"""Rows of families of which some come at the end of each month, two on one day."""

import numpy as np
import polars as pl

from synth_assets.synthesize.months import days_of, in_month
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.training import Siblings, Surroundings, Training
from synth_assets.synthesize.relational.values import ValueModel

ACCOUNTS, MONTHS = 150, 12


def _transactions() -> tuple[pl.DataFrame, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Interest and a fee on the last day of each month of 2023, and withdrawals in between."""
    rng = np.random.default_rng(0)
    rows = []
    for account in range(ACCOUNTS):
        for month in range(MONTHS):
            begin = int(np.datetime64(f"2023-{month + 1:02}", "M").astype("datetime64[D]").astype(int))
            end = begin + int(in_month(np.array([begin]), "end")[0])
            rows += [(account, begin + int(day), "paid") for day in rng.integers(0, 27, rng.poisson(2.0))]
            rows += [(account, end, "interest"), (account, end, "fee")]
    frame = pl.DataFrame(rows, schema=["account", "day", "kind"], orient="row")
    frame = frame.with_columns(order=pl.int_range(pl.len())).sort("account", "day", "order")
    dates = frame.select(pl.col("day").cast(pl.Int32).cast(pl.Date), "kind")
    return dates, frame["account"].to_numpy()


def _fitted(training: Training) -> ValueModel:
    return ValueModel.fit(
        training,
        table="transactions",
        synthesizer="trees",
        options={},
        checks=RowChecks(expressions=(), columns=()),
        min_group=10,
        seed=0,
    )


def test_each_month_ends_with_its_rows_and_labels_know_by_the_date() -> None:
    rows, families = _transactions()
    sizes = pl.DataFrame({"# transactions": np.bincount(families)[families]})
    continuous = np.ones(len(families), np.bool_)
    dates = _fitted(
        Training(
            rows.select("day"),
            context=sizes,
            siblings=Siblings(families, rows["day"], "day", follow=True, continuous=continuous),
        )
    )
    drawn = dates.sample(Surroundings(len(families), sizes, families=families), np.random.default_rng(0))
    assert drawn["day"].max() <= rows["day"].max()  # type: ignore[operator]
    labels = _fitted(
        Training(
            rows.select("kind"),
            context=sizes,
            known=rows.select("day"),
            siblings=Siblings(families, rows["day"], None, follow=True, continuous=continuous),
        )
    )
    around = Surroundings(len(families), sizes, known=drawn, families=families)
    made = drawn.with_columns(labels.sample(around, np.random.default_rng(1)))
    at_end = in_month(days_of(made["day"]) + 1, "begin") == 1
    real_at_end = in_month(days_of(rows["day"]) + 1, "begin") == 1
    assert abs(at_end.mean() - real_at_end.mean()) < 0.05
    due = made["kind"].is_in(["interest", "fee"]).to_numpy()
    assert (due == at_end).mean() > 0.92
    assert abs((made["kind"] == "interest").sum() - (rows["kind"] == "interest").sum()) < 0.1 * len(rows) / 2


def test_what_comes_in_some_months_only_is_drawn_on_their_days() -> None:
    # Students of a teacher begin with a term; between two of them is half a year or more, nearly always.
    rng = np.random.default_rng(0)
    terms = np.array([f"{year}-{day}" for year in range(1995, 2021) for day in ("01-15", "09-01")], "datetime64[D]")
    begun = [np.sort(rng.choice(len(terms), 14, replace=False)) for _ in range(150)]
    families = np.repeat(np.arange(150), 14)
    rows = pl.DataFrame({"begun": pl.Series(terms[np.concatenate(begun)]).cast(pl.Date)})
    siblings = Siblings(families, rows["begun"], "begun", follow=True, continuous=np.ones(len(families), np.bool_))
    sizes = pl.DataFrame({"# students": np.full(len(families), 14)})
    model = _fitted(Training(rows, context=sizes, siblings=siblings))
    drawn = model.sample(Surroundings(len(families), sizes, families=families), np.random.default_rng(0))
    assert float(drawn["begun"].is_in(terms.tolist()).mean()) > 0.9  # type: ignore[arg-type]
