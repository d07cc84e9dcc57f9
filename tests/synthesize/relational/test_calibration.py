"""Children fall to their parents' values as in the source."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.calibration import Calibration, Counts, calibrated, find_calibrations

LARGE, SMALL = 40, 2  # children of a rodent, of another animal


def animals(rows: int) -> tuple[pl.DataFrame, Counts]:
    """Every other row is a rodent, and these have nearly all children; young rows have twice as many as old ones."""
    number = np.arange(rows)
    taxa = np.where(number % 2 == 0, "rodent", "bird")
    counts = np.where(number % 2 == 0, LARGE, SMALL) * np.where(number < rows // 2, 2, 1)
    return pl.DataFrame({"taxa": taxa, "weight": number.astype(np.float64)}), counts.astype(np.int64)


def share_of(rows: pl.DataFrame, counts: Counts, what: pl.Expr) -> float:
    return float(counts[rows.select(what).to_series().to_numpy()].sum() / counts.sum())


def test_numbers_are_exchanged_until_the_shares_are_those_of_the_source() -> None:
    rows, counts = animals(100)
    drawn = np.random.default_rng(1).permutation(counts)
    assert abs(share_of(rows, drawn, pl.col("taxa") == "rodent") - 0.95) > 0.2
    made = Calibration.of(rows, counts, min_group=10).apply(drawn, rows, rng=np.random.default_rng(2))
    assert abs(share_of(rows, made, pl.col("taxa") == "rodent") - LARGE / (LARGE + SMALL)) < 0.02
    assert abs(share_of(rows, made, pl.col("weight") < 50) - 2 / 3) < 0.02
    assert sorted(made.tolist()) == sorted(counts.tolist())


def test_rows_exchange_within_their_group_only() -> None:
    rows, counts = animals(100)
    among = np.arange(100) // 20
    drawn = np.random.default_rng(1).permutation(counts)
    made = Calibration.of(rows, counts, min_group=10).apply(drawn, rows, among=among, rng=np.random.default_rng(2))
    for group in range(5):
        assert sorted(made[among == group].tolist()) == sorted(drawn[among == group].tolist())


def test_no_cell_is_of_fewer_parents_than_a_group() -> None:
    rows, counts = animals(100)
    taxa = pl.Series("taxa", [f"rare {at % 2}" for at in range(18)] + rows["taxa"].to_list()[18:])
    of_taxa, of_weight = Calibration.of(rows.with_columns(taxa), counts, min_group=10).margins
    assert of_taxa.labels == ("rodent", "bird")
    assert np.bincount(of_weight.cells(rows["weight"]))[2:].min() >= 10
    assert not set(of_weight.edges) & set(rows["weight"].to_list())


def test_what_is_left_of_a_column_is_not_of_fewer_parents_than_a_group_either() -> None:
    rows, counts = animals(100)
    rare = rows.with_columns(pl.Series("taxa", ["rare"] * 9 + rows["taxa"].to_list()[9:]))
    assert Calibration.of(rare, counts, min_group=10).margins[0].labels == ("rodent",)
    number = np.arange(100)
    seldom = pl.DataFrame({"taxa": np.where(number < 9, "rare", None), "weight": np.where(number < 9, 1.0, np.nan)})
    assert Calibration.of(seldom.fill_nan(None), counts, min_group=10) == Calibration()


def test_a_few_without_a_value_are_of_another_cell() -> None:
    rows, counts = animals(100)
    few = rows.with_columns(pl.when(pl.col("weight").is_between(30, 32)).then(None).otherwise(pl.all()).name.keep())
    of_taxa, of_weight = Calibration.of(few, counts, min_group=10).margins
    assert of_taxa.labels == ("rodent",)
    for margin in (of_taxa, of_weight):
        assert margin.share[1] == 0
        assert sum(margin.share) == 1
    drawn = np.random.default_rng(1).permutation(counts)
    made = Calibration.of(few, counts, min_group=10).apply(drawn, few, rng=np.random.default_rng(2))
    rodents = (pl.col("taxa") == "rodent").fill_null(value=False)
    assert abs(share_of(few, drawn, rodents) - share_of(few, counts, rodents)) > 0.2
    assert abs(share_of(few, made, rodents) - share_of(few, counts, rodents)) < 0.02


def test_too_few_parents_with_children_say_nothing() -> None:
    rows, _ = animals(100)
    counts = np.r_[np.ones(19, np.int64), np.zeros(81, np.int64)]
    assert Calibration.of(rows, counts, min_group=10) == Calibration()
    assert find_calibrations(rows, {"a": counts}, min_group=10) == {}


def test_a_value_of_rows_without_children_stays_without() -> None:
    rows, counts = animals(100)
    gone = pl.when(pl.col("weight") % 10 < 2).then(None).otherwise(pl.col("weight")).alias("weight")
    rows = rows.with_columns(gone)
    counts = np.where(rows["weight"].is_null().to_numpy(), 0, counts)
    drawn = np.random.default_rng(3).permutation(counts)
    made = Calibration.of(rows, counts, min_group=5).apply(drawn, rows, rng=np.random.default_rng(4))
    assert share_of(rows, drawn, pl.col("weight").is_null()) > 0.1
    assert share_of(rows, made, pl.col("weight").is_null()) == 0


def test_a_column_without_values_where_children_are_sets_no_margin_but_null() -> None:
    rows, counts = animals(100)
    counts = np.where(np.arange(100) < 50, counts, 0)
    rows = rows.with_columns(pl.when(pl.col("weight") < 50).then(None).otherwise(pl.col("weight")).alias("weight"))
    of_weight = Calibration.of(rows, counts, min_group=10).margins[1]
    assert of_weight.edges == ()
    assert of_weight.share == (0, 1, 0)


def test_children_of_one_kind_fall_to_those_who_have_another_kind() -> None:
    rows = pl.DataFrame({"height": np.random.default_rng(5).normal(size=400)})
    seasons = np.where(np.arange(400) % 4 == 0, 3, 0)
    awards = np.where(np.arange(400) % 8 == 0, 1, 0)
    children = {"seasons": seasons, "awards": awards}
    calibrations = find_calibrations(rows, children, min_group=10)
    drawn = {"seasons": seasons, "awards": np.random.default_rng(6).permutation(awards)}
    made = calibrated(calibrations, rows, drawn, dict.fromkeys(children), np.random.default_rng(7))
    assert drawn["awards"][seasons == 0].sum() > 10
    assert made["awards"][made["seasons"] == 0].sum() == 0
