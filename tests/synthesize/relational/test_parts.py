"""The small pieces of the relational layer, one by one."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from synth_assets.catalog.model import Branch, Check, Column, DataType, ForeignKey, Kind, Table
from synth_assets.statistics.references import match_rows
from synth_assets.synthesize.relational.counts import CountDistribution, add_up_to, round_randomly
from synth_assets.synthesize.relational.families.arranged import LAST, POSITION, Arranged
from synth_assets.synthesize.relational.families.history import contexts_before, first_rows, step_rows
from synth_assets.synthesize.relational.families.order import FamilyOrder, learn_order
from synth_assets.synthesize.relational.families.walking import order_column, pull_in, worth_following
from synth_assets.synthesize.relational.further.partition import Partition
from synth_assets.synthesize.relational.gaps import Gaps, common_unit
from synth_assets.synthesize.relational.hierarchy import levels, parent_levels
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.keeping.uniqueness import find_ordinal, repeated
from synth_assets.synthesize.relational.matching import NO_ROW, gather, group_numbers, rank_within


def test_rows_match_by_composite_keys_and_nulls_match_nothing() -> None:
    child = pl.DataFrame({"a": [1, 1, None, 9], "b": ["x", "y", "x", "x"]})
    parent = pl.DataFrame({"p": [1, 1], "q": ["y", "x"]})
    key = ForeignKey(columns=("a", "b"), parent="t", parent_columns=("p", "q"))
    assert match_rows(child, key, parent).tolist() == [1, 0, NO_ROW, NO_ROW]


def test_a_branch_concerns_the_rows_of_its_labels_only() -> None:
    child = pl.DataFrame({"id": [1, 1, 2, 1], "type": ["Post", "Photo", "Article", None]})
    branch = Branch(column="type", labels=("Post", "Article"))
    key = ForeignKey(columns=("id",), parent="posts", parent_columns=("id",), branch=branch)
    assert match_rows(child, key, pl.DataFrame({"id": [2, 1]})).tolist() == [1, NO_ROW, 0, NO_ROW]


def test_gather_gives_nulls_for_no_row() -> None:
    frame = pl.DataFrame({"a": [10, 20]})
    assert gather(frame, np.array([1, NO_ROW, 0]))["a"].to_list() == [20, None, 10]


def test_groups_are_numbered_over_both_frames() -> None:
    left, right = group_numbers([pl.DataFrame({"a": [1, 2, None]}), pl.DataFrame({"b": [2, 3]})])
    assert left[1] == right[0]
    assert left[2] == NO_ROW
    assert len({left[0], left[1], right[1]}) == 3


def test_rank_within_counts_in_order_of_appearance() -> None:
    assert rank_within(np.array([5, 3, 5, 5, 3])).tolist() == [0, 0, 1, 2, 1]


def test_counts_keep_their_distribution_and_the_drawn_order() -> None:
    real = np.random.default_rng(0).poisson(3, 5000)
    distribution = CountDistribution.of(real, min_group=10)
    drawn = np.random.default_rng(1).random(5000) * 100
    restored = distribution.restore(drawn, factor=1.0, rng=np.random.default_rng(2))
    assert abs(restored.mean() - real.mean()) < 0.02
    assert np.corrcoef(np.argsort(np.argsort(drawn)), restored)[0, 1] > 0.9
    assert max(np.abs(np.bincount(restored, minlength=12)[:6] - np.bincount(real, minlength=12)[:6])) < 15


def test_who_was_drawn_to_have_no_children_has_none() -> None:
    distribution = CountDistribution.of(np.repeat([0, 2, 4], 100), min_group=10)
    drawn = np.repeat([0.0, 1.0, 5.0], [80, 10, 10])
    counts = distribution.restore_positive(drawn, rng=np.random.default_rng(0))
    assert counts[:80].max() == 0
    assert counts[80:].tolist() == [2] * 10 + [4] * 10


def test_extreme_counts_come_out_as_the_mean_of_a_group_only() -> None:
    real = np.r_[np.ones(1000, dtype=np.int64), [5000, 8000]]
    points = CountDistribution.of(real, min_group=10).points
    assert sum(points) == pytest.approx(real.sum())
    assert max(points) == pytest.approx((13_000 + 8) / 10)


@pytest.mark.parametrize(("total", "most"), [(10, None), (40, None), (4, None), (9, 3), (4, 1)])
def test_counts_are_made_to_add_up(total: int, most: int | None) -> None:
    counts = add_up_to(np.array([4, 0, 3, 9]), total, most=most, rng=np.random.default_rng(0))
    assert counts.sum() == total
    assert most is None or counts.max() <= most


def test_rounding_keeps_the_mean() -> None:
    assert round_randomly(np.full(20_000, 1.3), np.random.default_rng(0)).mean() == pytest.approx(1.3, abs=0.02)


def test_levels_of_a_hierarchy_with_a_cycle() -> None:
    parents = np.array([NO_ROW, 0, 1, 1, 5, 4, 5, 7])
    assert levels(parents).tolist() == [0, 1, 2, 2, -1, -1, -1, 0]
    assert parent_levels(np.array([0, 1, 2, -1])).tolist() == [-2, 0, 1, -1]


def test_later_dates_become_gaps_and_come_back() -> None:
    rng = np.random.default_rng(0)
    start = [date(2024, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 300, 200)]
    shipped = [
        s + timedelta(weeks=int(w)) if w < 90 else None for s, w in zip(start, rng.integers(1, 100, 200), strict=True)
    ]
    rows = pl.DataFrame({"shipped": shipped, "ordered": start, "n": range(200)})
    gaps = Gaps.find(rows, min_group=1)
    assert [(g.column, g.since, g.unit) for g in gaps.steps] == [("shipped", "ordered", 7)]
    encoded = gaps.encode(rows)
    assert encoded["shipped"].min() == 1
    assert gaps.decode(encoded, rows.schema).equals(rows)
    protected = Gaps.find(rows, min_group=10)
    decoded = protected.decode(protected.encode(rows), rows.schema)
    made, real = decoded["shipped"].drop_nulls().sort(), rows["shipped"].drop_nulls().sort()
    assert real[0] < real[9] <= made[0] and made[-1] <= real[-10] < real[-1]
    # What was whole weeks stays whole weeks where it gives way to the range.
    assert ((decoded["shipped"] - decoded["ordered"]).drop_nulls().dt.total_days() % 7 == 0).all()


@pytest.mark.parametrize(("ended", "last"), [(80, None), (100, date(2024, 4, 9))])
def test_what_begins_later_than_all_that_ended_has_not_ended(ended: int, last: date | None) -> None:
    start = [date(2024, 1, 1) + timedelta(days=day) for day in range(100)]
    end = [day + timedelta(days=1) if at < ended else None for at, day in enumerate(start)]
    rows = pl.DataFrame({"start": start, "end": end})
    late = pl.DataFrame({"start": [date(2024, 4, 9), date(2024, 1, 30), date(2024, 4, 9)], "end": [3, 3, None]})
    made = Gaps.find(rows, min_group=5).decode(late, rows.schema)["end"].to_list()
    assert made == [last, date(2024, 2, 2), None]


def test_a_day_that_stands_for_not_yet_comes_back_as_it_is() -> None:
    rng = np.random.default_rng(0)
    start = [date(2024, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 300, 200)]
    end = [
        day + timedelta(days=int(n)) if n < 60 else date(9999, 12, 31)
        for day, n in zip(start, rng.integers(0, 90, 200), strict=True)
    ]
    rows = pl.DataFrame({"start": start, "end": end})
    gaps = Gaps.find(rows, min_group=10)
    assert gaps.least("end") == -1
    encoded = gaps.encode(rows)
    assert encoded.filter(pl.col("end") == -1).height == rows.filter(pl.col("end").dt.year() == 9999).height > 20
    made = gaps.decode(encoded, rows.schema)["end"]
    assert made.filter(rows["end"].dt.year() == 9999).unique().to_list() == [date(9999, 12, 31)]
    assert made.filter(rows["end"].dt.year() < 9999).dt.year().max() < 2026


def test_a_day_is_not_before_a_time_of_that_day() -> None:
    rng = np.random.default_rng(0)
    begun = [datetime(2024, 1, 1) + timedelta(minutes=int(m)) for m in rng.integers(0, 500_000, 300)]  # noqa: DTZ001
    waits = rng.integers(0, 40, 300)
    days = [time.date() + timedelta(days=int(n)) for time, n in zip(begun, waits, strict=True)]
    gaps = Gaps.find(rows := pl.DataFrame({"begun": begun, "day": days}), min_group=1)
    assert [(gap.column, gap.since) for gap in gaps.steps] == [("day", "begun")]
    assert gaps.encode(rows)["day"].to_list() == waits.tolist()
    assert gaps.decode(gaps.encode(rows), rows.schema)["day"].to_list() == days


def test_a_birth_says_nothing_of_an_order() -> None:
    rng = np.random.default_rng(0)
    born = [date(1950, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 15_000, 200)]
    ordered = [date(2024, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 300, 200)]
    assert Gaps.find(pl.DataFrame({"born": born, "ordered": ordered}), min_group=1).steps == ()


def test_dates_in_any_order_are_no_gap() -> None:
    rng = np.random.default_rng(0)
    days = [date(2024, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 300, 400)]
    assert Gaps.find(pl.DataFrame({"a": days[:200], "b": days[200:]}), min_group=1).steps == ()


def test_common_unit() -> None:
    assert common_unit(pl.Series([0, 86_400, None, 172_800])) == 86_400
    assert common_unit(pl.Series([], dtype=pl.Int64)) == 1


def test_siblings_are_ordered_by_what_tells_them_apart() -> None:
    families = np.repeat(np.arange(300), 3)
    rows = pl.DataFrame({"began": families * 7, "version": np.tile([1, 2, 3], 300), "empty": [None, *[1] * 899]})
    assert order_column(rows, ["empty", "began", "version"], families) == "version"
    assert order_column(rows, ["began"], families) == "began"
    # Rows without siblings tell nothing.
    assert order_column(rows, ["began", "version"], -1 - np.arange(900)) == "began"


def test_siblings_know_the_ones_before() -> None:
    parents = np.repeat(np.arange(300), 3)
    year = np.tile([2003, 2001, 2002], 300)
    rows = pl.DataFrame({"year": year, "hits": np.tile([30.0, 10.0, 20.0], 300)})
    assert worth_following(parents, rows, rows["year"])
    assert order_column(rows, ["year"], None) == "year"
    arranged = Arranged.by(parents, rows["year"])
    order = learn_order(rows, None, arranged, column="year", min_group=10)
    at, steps = step_rows(rows, arranged, order, np.ones(rows.height, dtype=np.bool_))
    context = contexts_before(rows, None, arranged, order)[at]
    assert steps["year"].unique().to_list() == [1]
    first, second = context[:2].to_dicts()
    assert (first["previous hits"], first["mean hits"], first["#position"]) == (10.0, 10.0, 1)
    assert (second["previous hits"], second["mean hits"], second["#position"]) == (20.0, 15.0, 2)
    assert rows["hits"][int(at[0])] == 20.0


def test_few_long_families_are_followed_only_where_their_rows_go_on() -> None:
    rng = np.random.default_rng(0)
    parents = np.repeat(np.arange(12), 400)
    day = pl.Series("day", np.tile(np.arange(400), 12))
    noise = pl.DataFrame({"day": day, "height": rng.normal(0, 1, 4_800)})
    walk = pl.DataFrame({"day": day, "height": rng.normal(0, 1, (12, 400)).cumsum(axis=1).ravel()})
    assert not worth_following(parents, noise, day)
    assert not worth_following(parents, walk, None)
    assert worth_following(parents, walk, day)
    many = np.repeat(np.arange(150), 400)
    assert worth_following(many, pl.DataFrame({"height": rng.normal(0, 1, len(many))}), None)


def test_rows_whose_forerunner_is_held_out_are_no_steps() -> None:
    rows = pl.DataFrame({"year": [2001, 2003, 2004, 2001, 2002]})
    arranged = Arranged.by(np.array([0, 0, 0, 1, 1]), rows["year"])
    continuous = np.array([True, False, True, True, True])
    order = FamilyOrder(column="year")
    at, steps = step_rows(rows, arranged, order, continuous)
    assert (at.tolist(), steps["year"].to_list()) == ([2, 4], [1, 1])
    assert first_rows(arranged, continuous)[0].tolist() == [0, 2, 3, 4]


def test_text_that_stays_is_learned_as_staying() -> None:
    parents = np.repeat(np.arange(40), 8)
    team = np.repeat([f"T{number}" for number in range(20)], 16).reshape(20, 16)
    team[:, 12:] = "T0"
    rows = pl.DataFrame({"team": team.ravel(), "mood": np.tile(["up", "down"], 160)})
    arranged = Arranged.by(parents, pl.Series(np.arange(len(parents))))
    order = learn_order(rows, None, arranged, column=None, min_group=10)
    assert order.staying == ("team",)
    before = contexts_before(rows, None, arranged, order)
    assert order.stays_as == {"team": "previous team"}
    assert set(order.told) == set(before.columns) - {POSITION, LAST}


def test_text_is_known_of_siblings_unless_what_is_made_earlier_tells_it_better() -> None:
    """A club's name is told by its code but for the years before it was renamed: it does not go back and forth."""
    parents = np.repeat(np.arange(40), 20)
    code = np.repeat([f"T{number}" for number in range(40)], 20)
    name = [
        f"{club} {'old' if year < 3 else 'new'}" for club, year in zip(code, np.tile(np.arange(20), 40), strict=True)
    ]
    known, arranged = pl.DataFrame({"code": code}), Arranged.by(parents, pl.Series(np.arange(800)))
    renamed = learn_order(pl.DataFrame({"name": name}), known, arranged, column=None, min_group=10)
    assert renamed.staying == ("name",)
    same = learn_order(pl.DataFrame({"name": code}), known, arranged, column=None, min_group=10)
    assert "name" not in same.previous


def test_what_is_made_earlier_is_known_of_siblings_too() -> None:
    parents, year = np.repeat(np.arange(100), 3), np.tile([1, 2, 2], 100)
    known = pl.DataFrame({"year": year, "club": np.tile(["a", "a", "b"], 100)})
    rows = pl.DataFrame({"hits": np.tile([10.0, 20.0, 30.0], 100)})
    arranged = Arranged.by(parents, known["year"])
    order = learn_order(rows, known, arranged, column=None, min_group=10)
    first, second, third = contexts_before(rows, known, arranged, order)[:3].to_dicts()
    assert [row["same club"] for row in (first, second, third)] == [False, True, False]
    assert [row["previous year"] for row in (first, second, third)] == [None, 1, 2]
    assert [row["mean hits"] for row in (first, second, third)] == [None, 10.0, 15.0]


def test_a_group_that_is_chosen_anyhow_needs_no_leaf() -> None:
    rng = np.random.default_rng(0)
    parent = pl.DataFrame({"year": np.repeat(np.arange(50), 4), "rich": np.tile([0, 0, 1, 1], 50)})
    rows = rng.integers(0, 200, 4000)
    year, rich = parent["year"].to_numpy()[rows], parent["rich"].to_numpy()[rows]
    outcomes = pl.DataFrame({"price": 100.0 * year + 5.0 * rich + rng.random(4000)})
    apart = Partition.fit(parent, rows, outcomes, groups=year, min_group=10, most_leaves=2, seed=0).apply(parent)
    assert set(apart[parent["rich"].to_numpy() == 1]).isdisjoint(apart[parent["rich"].to_numpy() == 0])


def test_a_partition_tells_parents_apart_by_what_their_children_look_like() -> None:
    rng = np.random.default_rng(0)
    parent = pl.DataFrame({"kind": ["cheap", "dear"] * 50, "noise": rng.random(100)})
    rows = rng.integers(0, 100, 4000)
    price = np.where(rows % 2 == 0, 1.0, 100.0) + rng.random(4000)
    partition = Partition.fit(parent, rows, pl.DataFrame({"price": price}), min_group=10, most_leaves=4, seed=0)
    leaves = partition.apply(parent)
    assert set(leaves[::2]).isdisjoint(set(leaves[1::2]))


def test_an_order_line_number_is_an_ordinal_and_a_year_is_not() -> None:
    rows = pl.DataFrame({"order": [1, 1, 2, 2, 2], "line": [1, 2, 1, 3, 2], "year": [2001, 2003, 2001, 2002, 2005]})
    ordinal = find_ordinal(rows, ("order", "line"), ["line"], min_group=1)
    assert ordinal is not None
    assert (ordinal.column, ordinal.within, ordinal.first, ordinal.most) == ("line", ("order",), 1, 3)
    assert find_ordinal(rows, ("order", "year"), ["year"], min_group=1) is None
    made = ordinal.apply(rows.select("order", pl.lit(0).alias("line")))
    assert made["line"].to_list() == [1, 2, 1, 2, 3]


def test_repeated_rows_leave_nulls_alone() -> None:
    rows = pl.DataFrame({"a": [1, 1, None, None], "b": [2, 2, 2, 2]})
    assert repeated(rows, ("a", "b")).tolist() == [False, True, False, False]


def check_table(*expressions: str) -> Table:
    integer = DataType(kind=Kind.INTEGER, native="integer")
    return Table(
        name="t",
        columns=tuple(Column(name=name, type=integer) for name in ("low", "high", "other")),
        checks=tuple(Check(expression=expression) for expression in expressions),
    )


def test_checks_find_the_rows_that_break_them() -> None:
    checks = RowChecks.of(check_table("low <= high", "low = ANY (ARRAY[1, 2])"), ["low", "high"])
    rows = pl.DataFrame({"low": [1, 2, 3, None], "high": [1, 1, 9, 0]})
    assert checks.violated(rows).tolist() == [False, True, True, False]


def test_checks_that_name_other_columns_or_cannot_be_read_are_left_out() -> None:
    table = check_table("low <= other", "no_such_function(low) > 0")
    assert RowChecks.of(table, ["low", "high"]).expressions == ()


def test_families_that_run_too_late_move_to_earlier() -> None:
    order = FamilyOrder(column="year", unit=1, earliest=1990, latest=2000)
    rows = pl.DataFrame({"year": [1998, 1999, 2001, 1995, 2000, 1990, 1991, 2010]})
    parents = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    made = pull_in(rows, parents, order, np.random.default_rng(0))["year"].to_list()
    assert made[:3] in ([1997, 1998, 2000], [1996, 1997, 1999])
    assert made[3:6] == [1995, 2000, 1990]
    assert 1990 <= made[6] <= made[7] <= 2000


def test_families_moved_to_earlier_do_not_all_end_at_the_same_time() -> None:
    order = FamilyOrder(column="day", unit=1, earliest=0, latest=10_000)
    days = np.arange(1000)[:, None] + np.array([9_000, 9_100, 10_500])
    rows = pl.DataFrame({"day": days.ravel()})
    made = (
        pull_in(rows, np.repeat(np.arange(1000), 3), order, np.random.default_rng(0))["day"].to_numpy().reshape(-1, 3)
    )
    assert made.max() <= 10_000
    assert len(np.unique(made[:, 2])) > 500
    assert (np.diff(made, axis=1) == np.diff(days, axis=1)).all()


def test_a_time_on_a_grid_is_counted_in_its_points() -> None:
    rng = np.random.default_rng(0)
    signed = pl.Series("signed", 18_000 + rng.integers(0, 900, 400).astype(np.int32)).cast(pl.Date)
    later = pl.Series(rng.integers(0, 5, 400))
    starts = (signed.dt.month_end().dt.offset_by("1d").to_frame("at").with_columns(later.alias("months"))).select(
        pl.col("at").dt.offset_by(pl.col("months").cast(pl.String) + "mo")
    )["at"]
    rows = pl.DataFrame({"signed": signed, "starts": starts.set(pl.Series(np.arange(400) % 7 == 0), None)})
    gaps = Gaps.find(rows, min_group=1)
    assert [(g.column, g.since, g.grid and g.grid.text) for g in gaps.steps] == [
        ("starts", "signed", "starts is the first of a month")
    ]
    encoded = gaps.encode(rows)
    assert set(encoded["starts"].drop_nulls()) <= set(range(6))
    assert gaps.decode(encoded, rows.schema).equals(rows)
    drawn = encoded.with_columns(pl.Series("signed", rng.permutation(signed.to_numpy()), dtype=pl.Date))
    made = gaps.decode(drawn, rows.schema)
    assert (made["starts"].drop_nulls().dt.day() == 1).all()
    assert (made["starts"] >= made["signed"]).drop_nulls().all()


def test_what_begins_long_before_the_first_that_may_come_out_has_not_ended() -> None:
    rng = np.random.default_rng(0)
    issued = pl.Series("issued", 18_000 + np.arange(1_000)).cast(pl.Int32).cast(pl.Date)
    sent = issued.dt.offset_by("1d").alias("sent").set(pl.Series(rng.random(1_000) < 0.8), None)
    rows = pl.DataFrame({"issued": issued, "sent": sent.set(pl.Series(np.arange(1_000) % 2 == 0), None)})
    rows = rows.with_columns((pl.col("sent") + pl.duration(days=pl.lit(rng.integers(0, 3, 1_000)))).cast(pl.Date))
    (gap,) = Gaps.find(rows, min_group=10).steps
    assert (gap.column, gap.since, gap.longest) == ("sent", "issued", 3)
    drawn = rows.with_columns(sent=pl.lit(2, dtype=pl.Int64))
    made = Gaps(steps=(gap,)).decode(drawn, rows.schema)
    late = (made["sent"] - made["issued"]).dt.total_days()
    assert late.drop_nulls().is_between(0, 3).all()
    assert made["sent"].null_count() > 20 and made["sent"][:20].null_count() == 20
    # Where all rows have one, it is late rather than missing.
    filled = Gaps(steps=(gap.model_copy(update={"open": False}),)).decode(drawn, rows.schema)
    assert filled["sent"].null_count() == 0 and filled["sent"].min() == made["sent"].min()
