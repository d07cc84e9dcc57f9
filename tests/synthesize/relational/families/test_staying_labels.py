"""Labels that are mostly those of the sibling before, and what they become when they change."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.families.arranged import Arranged
from synth_assets.synthesize.relational.families.order import learn_order
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.training import Siblings, Surroundings, Training
from synth_assets.synthesize.relational.values import ValueModel

CLUBS, SEASONS, SINCE = 60, 40, 15


def _seasons() -> tuple[pl.DataFrame, pl.DataFrame, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """(rows, context, families): divisions exist since the 15th year, and which is a club's hangs on its region."""
    families = np.repeat(np.arange(CLUBS), SEASONS)
    year = np.tile(np.arange(1900, 1900 + SEASONS), CLUBS)
    region = np.array(["north", "south", "east", "west"])[families % 4]
    division = np.where(np.isin(region, ["north", "east"]), "E", "W")
    division = np.where((region == "north") & (year >= 1930), "C", division)
    rows = pl.DataFrame({"division": division, "won": np.random.default_rng(0).integers(40, 100, len(year))})
    rows = rows.with_columns(division=pl.when(pl.Series(year) >= 1900 + SINCE).then("division"))
    return rows, pl.DataFrame({"clubs.region": region, "year": year}), families


def test_few_labels_stay_if_nearly_all_do_where_there_are_any() -> None:
    rows, _, families = _seasons()
    rng = np.random.default_rng(0)
    rows = rows.with_columns(weather=pl.Series(rng.choice(["sun", "rain", "snow"], len(families))))
    order = learn_order(
        rows, None, Arranged.by(families, pl.int_range(len(families), eager=True)), column=None, min_group=10
    )
    assert order.staying == ("division",)


def test_what_they_become_is_told_by_all_rows() -> None:
    rows, context, families = _seasons()
    siblings = Siblings(families, context["year"], None, follow=True, continuous=np.ones(len(families), np.bool_))
    model = ValueModel.fit(
        Training(rows, context=context.select("clubs.region"), known=context.select("year"), siblings=siblings),
        table="seasons",
        synthesizer="trees",
        options={},
        checks=RowChecks(expressions=(), columns=()),
        min_group=10,
        seed=0,
    )
    around = Surroundings(
        len(families), context.select("clubs.region"), known=context.select("year"), families=families
    )
    made = model.sample(around, np.random.default_rng(0))
    assert made["division"].is_null().equals(context["year"] < 1900 + SINCE)
    agree = (made["division"] == rows["division"]).drop_nulls()
    assert float(agree.mean()) > 0.95  # type: ignore[arg-type]
