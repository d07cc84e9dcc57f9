"""Cases: what is invented is the same every time, and what was said of real rows is so."""

import datetime as dt

import polars as pl
import pytest

from benchmarks.cases.adult import adult
from benchmarks.cases.case import Case, CaseUnavailable, Places
from benchmarks.cases.nycflights13 import SCHEMA, relations, with_missing_parents
from benchmarks.cases.scale import sales
from benchmarks.cases.shop import shop
from benchmarks.cases.wide import rows
from benchmarks.dataset import dataset_of
from benchmarks.figures.judge import relations_held

HOUR = dt.datetime(2013, 1, 1, 10)  # noqa: DTZ001 (as the column holds it)
FLIGHT = {
    "year": 2013,
    "month": 1,
    "day": 1,
    "hour": 5,
    "minute": 50,
    "time_hour": HOUR,
    "sched_dep_time": 550,
    "dep_delay": 15,
    "dep_time": 605,
    "sched_arr_time": 2350,
    "arr_delay": 20,
    "arr_time": 10,
    "air_time": 100,
    "tailnum": "N1",
    "origin": "EWR",
    "dest": "SJU",
}


def test_invented_rows_come_from_their_seed() -> None:
    assert sales(500, seed=1).equals(sales(500, seed=1))
    assert not sales(500, seed=1).equals(sales(500, seed=2))
    assert rows(100, seed=1).equals(rows(100, seed=1))


def test_sales_have_structure() -> None:
    made = sales(20_000, seed=1)
    assert made.width == 13
    assert (made["total"] - made["unit_price"] * made["quantity"]).abs().max() == pytest.approx(0, abs=0.006)
    assert made.filter(channel="store")["delivery_days"].null_count() == made.filter(channel="store").height
    assert made["quantity"].max() > 20 * made["quantity"].median()  # type: ignore[operator]


def test_wide_rows_have_200_columns() -> None:
    assert rows(50, seed=1).width == 200


def test_the_shop_can_be_planned() -> None:
    case = shop(Places())
    dataset = dataset_of(case.frames, case.schema)
    assert dataset.frames["orders"].schema["ordered_at"] == pl.Datetime("us")
    assert len(dataset.plan.foreign_keys["orders"]) == 3


def test_a_case_whose_rows_are_not_here_says_how_to_get_them() -> None:
    with pytest.raises(CaseUnavailable, match="--adult"):
        adult(Places())


def test_parents_that_flights_point_to_are_added_once() -> None:
    frames = {
        "flights": pl.DataFrame([FLIGHT, FLIGHT]),
        "planes": pl.DataFrame({"tailnum": ["N2"], "seats": [100]}),
        "airports": pl.DataFrame({"faa": ["EWR"], "tz": [-5]}),
        "weather": pl.DataFrame(
            {
                "origin": ["LGA"],
                "time_hour": [HOUR],
                **{part: [FLIGHT[part]] for part in ("year", "month", "day", "hour")},
            }
        ),
    }
    complete, notes = with_missing_parents(frames)
    assert complete["planes"].rows() == [("N2", 100), ("N1", None)]
    assert complete["airports"].rows() == [("EWR", -5), ("SJU", None)]
    assert complete["weather"].row(1) == ("EWR", HOUR, 2013, 1, 1, 5)
    assert complete["flights"].equals(frames["flights"])
    assert notes[0] == "planes: 1 rows added that 2 flights point to"


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({"dep_delay": 16}, "dep_time = sched_dep_time + dep_delay"),
        ({"arr_time": 11}, "arr_time = sched_arr_time + arr_delay"),
        ({"minute": 51}, "sched_dep_time = 100 hour + minute"),
        ({"dep_time": 565}, "clock times are of the clock"),
        ({"day": 2}, "year, month, day, hour are those of time_hour"),
        ({"dep_delay": None}, "no departure, no delay"),
        ({"air_time": None}, "no air time, no arrival delay"),
        ({"dep_time": None}, "no departure, no arrival"),
        ({"arr_time": None}, "no arrival, no air time"),
    ],
)
def test_relations_of_flights_hold_until_a_row_breaks_them(changed: dict[str, object], broken: str) -> None:
    flights_only = tuple(relation for relation in relations() if relation.table == "flights")
    good = Case("flights", {}, SCHEMA, relations=flights_only)
    sound = {"flights": pl.DataFrame([FLIGHT])}
    wrong = {"flights": pl.DataFrame([FLIGHT | changed], schema=sound["flights"].schema)}
    assert set(relations_held(good, sound).values()) == {1.0}
    assert relations_held(good, wrong)[f"flights: {broken}"] == 0.0
