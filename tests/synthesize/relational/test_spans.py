"""Times that never leave a span of their parents."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.gridded import Gridded
from synth_assets.synthesize.relational.spans import Spans

ROWS = 600
RNG = np.random.default_rng(5)


def times(start: datetime, minutes: np.ndarray[tuple[int], np.dtype[np.int64]], name: str) -> pl.Series:
    return pl.Series(name, [start + timedelta(minutes=int(m)) for m in minutes], dtype=pl.Datetime("us"))


FIRST = datetime(2020, 1, 1)  # noqa: DTZ001 (a column without time zone)
ADMITTED = RNG.integers(0, 1_000_000, ROWS)
LEFT = ADMITTED + RNG.integers(600, 20_000, ROWS)
TAKEN = ADMITTED + ((LEFT - ADMITTED) * RNG.random(ROWS)).astype(np.int64)
CONTEXT = pl.DataFrame([times(FIRST, ADMITTED, "stays.admitted"), times(FIRST, LEFT, "stays.left")])


def found(rows: pl.DataFrame, context: pl.DataFrame, *, order_by: str | None = None, families: int = 0) -> Spans:
    return Spans.find(
        rows,
        context,
        among=rows.columns,
        gaps=Gaps.find(rows, min_group=10),
        gridded=Gridded(),
        order_by=order_by,
        families=families,
        min_group=10,
    )


def test_a_short_span_is_learned_as_the_share_that_is_over() -> None:
    rows = times(FIRST, TAKEN, "taken").to_frame()
    spans = found(rows, CONTEXT)
    assert [(one.begin, one.until, one.learned) for one in spans.steps] == [("stays.admitted", "stays.left", "share")]
    encoded = spans.encode(rows, CONTEXT)
    again = spans.decode(encoded, CONTEXT, rows.schema, begins="parents", families=None)
    # Ten rows at either end of all times are nobody's to tell.
    assert (again["taken"] == rows["taken"]).mean() > 0.95
    other = CONTEXT.select(pl.all().shuffle(seed=1)).with_columns(
        pl.max_horizontal("stays.admitted", "stays.left").alias("stays.left"),
        pl.min_horizontal("stays.admitted", "stays.left").alias("stays.admitted"),
    )
    moved = spans.decode(encoded, other, rows.schema, begins="parents", families=None)["taken"]
    assert (moved.is_between(other["stays.admitted"], other["stays.left"])).all()


def test_times_that_leave_the_span_once_are_no_span() -> None:
    outside = TAKEN.copy()
    outside[17] = LEFT[17] + 1
    assert not found(times(FIRST, outside, "taken").to_frame(), CONTEXT).steps


def test_chance_is_no_span() -> None:
    late = CONTEXT.with_columns(pl.col("stays.left") + pl.duration(days=9_000))
    assert not found(times(FIRST, TAKEN, "taken").to_frame(), late).steps


def test_a_span_may_begin_with_a_time_of_the_row() -> None:
    ended = TAKEN + ((LEFT - TAKEN) * RNG.random(ROWS)).astype(np.int64)
    rows = pl.DataFrame([times(FIRST, TAKEN, "started"), times(FIRST, ended, "ended")])
    spans = found(rows, CONTEXT)
    assert [(one.column, one.begin, one.begins) for one in spans.steps] == [
        ("started", "stays.admitted", "parents"),
        ("ended", "started", "row"),
    ]


def test_in_long_spans_times_stay_but_for_those_that_come_out_late() -> None:
    until = ADMITTED + RNG.integers(300_000, 900_000, ROWS)
    taken = ADMITTED + ((until - ADMITTED) * RNG.random(ROWS)).astype(np.int64)
    context = pl.DataFrame([times(FIRST, ADMITTED, "stays.admitted"), times(FIRST, until, "stays.left")])
    rows = times(FIRST, taken, "taken").to_frame()
    spans = found(rows, context)
    assert [one.learned for one in spans.steps] == ["time"]
    late = taken.copy()
    late[:50] = until[:50] + 77
    drawn = pl.concat([context, times(FIRST, late, "taken").to_frame()], how="horizontal")
    moved = spans.moved(drawn, np.random.default_rng(0), besides=None)["taken"]
    assert moved[50:].equals(rows["taken"][50:])
    assert moved[:50].is_between(context["stays.admitted"][:50], context["stays.left"][:50]).all()


def test_families_that_begin_with_their_parent_are_learned_by_the_time_since_then() -> None:
    families = np.repeat(np.arange(ROWS // 4), 4)
    after = np.tile([0, 1, 2, 3], ROWS // 4) * RNG.integers(1, 90_000, ROWS // 4)[families]
    opened = CONTEXT.select("stays.admitted")[families]
    rows = times(FIRST, ADMITTED[families] + after, "at").to_frame()
    spans = found(rows, opened, order_by="at", families=ROWS // 4)
    assert [(one.until, one.learned) for one in spans.steps] == [(None, "units")]
    again = spans.decode(spans.encode(rows, opened), opened, rows.schema, begins="parents", families=families)
    at_once = after == 0
    assert (
        again["at"].filter(pl.Series(at_once)).equals(opened["stays.admitted"].filter(pl.Series(at_once)).alias("at"))
    )
    assert again["at"].max() <= rows["at"].max()


def test_what_is_null_stays_null() -> None:
    rows = times(FIRST, TAKEN, "taken").set(pl.Series(TAKEN % 7 == 0), None).to_frame()
    spans = found(rows, CONTEXT)
    again = spans.decode(spans.encode(rows, CONTEXT), CONTEXT, rows.schema, begins="parents", families=None)
    assert again["taken"].is_null().equals(rows["taken"].is_null())


def test_whole_days_after_a_time_are_no_share() -> None:
    days = np.minimum(RNG.integers(0, 14, ROWS), (LEFT - ADMITTED) // 1_440)
    assert not found(times(FIRST, ADMITTED + days * 1_440, "due").to_frame(), CONTEXT).steps
