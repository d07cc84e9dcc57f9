"""The suites of big tables, asked of what was loaded into a target of every family before it is made live."""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl
import pytest
import sqlalchemy
from sqlalchemy import exc

from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import DatabaseFailed, ExpectationsBroken
from synth_assets.publish.publication import Publication
from synth_assets.store.verdict import CheckResult
from synth_assets.validate.expectations import Expected
from synth_assets.validate.suite_in_database import run_in_database
from tests.publish.databases import databases_of
from tests.publish.parts import dataset, settings

TABLE = 'we"ird %s:x ü'
SHOP = """
CREATE TABLE {table} (
  id integer PRIMARY KEY, {Or"der} varchar(40), {%(n)s} integer, price decimal(10,2), share double precision,
  is_paid boolean, born date, {seen At} timestamp NULL)
"""
ROWS = pl.DataFrame(
    {
        "id": [1, 2, 3, 4],
        'Or"der': ["A-1", "a-1", "ü😀 ", None],
        "%(n)s": [10, 20, None, 40],
        "price": pl.Series([Decimal("0.10"), Decimal("9.99"), None, Decimal("5.00")], dtype=pl.Decimal(10, 2)),
        "share": [0.1, 0.5, None, 1.0],
        "is_paid": [True, False, None, True],
        "born": [datetime.date(1980, 1, 1), datetime.date(1999, 12, 31), None, datetime.date(2001, 2, 3)],
        "seen At": [
            datetime.datetime.fromisoformat("2024-01-02T03:04:05.006000"),
            datetime.datetime.fromisoformat("2024-01-03"),
            None,
            None,
        ],
    }
)
HOLD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("expect_column_values_to_be_unique", {"column": 'Or"der'}),  # by every character, and every space
    ("expect_column_values_to_be_in_set", {"column": 'Or"der', "value_set": ["A-1", "a-1", "ü😀 "]}),
    ("expect_column_values_to_be_between", {"column": "%(n)s", "min_value": 10, "max_value": 40}),
    ("expect_column_values_to_be_between", {"column": "price", "min_value": 0.1, "max_value": 9.99}),
    ("expect_column_values_to_be_in_set", {"column": "share", "value_set": [0.1, 0.5, 1.0]}),
    ("expect_column_values_to_be_in_set", {"column": "is_paid", "value_set": [True, False]}),
    (
        "expect_column_values_to_be_between",
        {"column": "born", "min_value": "1980-01-01T00:00:00", "max_value": "2001-02-03"},
    ),
    (
        "expect_column_values_to_be_between",
        {"column": "seen At", "min_value": "2024-01-02T03:04:05.006", "max_value": "2024-01-03T00:00:00Z"},
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "seen At", "column_B": "born", "ignore_row_if": "either_value_is_missing"},
    ),
    (
        "expect_compound_columns_to_be_unique",
        {"column_list": ["%(n)s", 'Or"der'], "ignore_row_if": "any_value_is_missing"},
    ),
    ("expect_column_mean_to_be_between", {"column": "%(n)s", "min_value": 23, "max_value": 24}),
    ("expect_table_row_count_to_equal", {"value": 4}),
    ("expect_table_columns_to_match_set", {"column_set": ROWS.columns, "exact_match": True}),
    (
        "expect_column_values_to_be_null",
        {
            "column": "price",
            "row_condition": {"type": "nullity", "column": {"name": "share"}, "is_null": True},
            "condition_parser": "great_expectations",
        },
    ),
)
BROKEN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("expect_column_values_to_be_in_set", {"column": 'Or"der', "value_set": ["A-1", "ü😀"]}),
    ("expect_column_values_to_be_between", {"column": "%(n)s", "min_value": 11}),
    ("expect_column_values_to_be_between", {"column": "price", "max_value": 9.98}),
    ("expect_column_values_to_be_in_set", {"column": "is_paid", "value_set": [True]}),
    ("expect_column_values_to_be_between", {"column": "born", "max_value": "2001-02-02T00:00:00"}),
    ("expect_column_values_to_be_between", {"column": "seen At", "min_value": "2024-01-02T03:04:06"}),
    ("expect_column_values_to_not_be_null", {"column": "share"}),
    ("expect_table_row_count_to_equal", {"value": 5}),
)
# Whose answer differs from one database to the next, or that no database gives.
LEFT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("expect_column_values_to_be_of_type", {"column": "id", "type_": "int64"}),
    ("expect_column_stdev_to_be_between", {"column": "%(n)s", "min_value": 0, "max_value": 99}),
    ("expect_column_values_to_be_json_parseable", {"column": 'Or"der'}),
    (
        "expect_column_values_to_be_null",
        {
            "column": "price",
            "row_condition": 'col("born") > "2001-01-01"',
            "condition_parser": "great_expectations",
            "mostly": 0.0,
        },
    ),
)


def quoted(name: str, family: str) -> str:
    return f"`{name}`" if family in ("mariadb", "mysql") else '"' + name.replace('"', '""') + '"'


def script(family: str) -> str:
    names = {"{table}": TABLE, **{f"{{{name}}}": name for name in ROWS.columns}}
    made = SHOP
    for place, name in names.items():
        made = made.replace(place, quoted(name, family))
    return made


def suite_of(expectations: Sequence[tuple[str, dict[str, Any]]], *, severity: Any = "critical") -> partial[Any]:
    suite = [
        Expected(f"rule_{number}", kind, kwargs, f"Rule {number}", severity=severity)
        for number, (kind, kwargs) in enumerate(expectations)
    ]
    return partial(run_in_database, TABLE, suite)


class Target:
    """An empty target of a family, into which refresh after refresh is published."""

    def __init__(self, family: str, request: pytest.FixtureRequest) -> None:
        databases = databases_of(family, request)
        self._source, self.database = databases(script(family)), databases()
        self._place = quoted(TABLE, family)
        authorize("staging", settings(), self.database.url, {})
        self._refreshes = iter(range(1, 9))

    def publish(self, suite: Any, **options: Any) -> Publication:
        made = dataset(self._source.catalog, {TABLE: ROWS}, refresh=f"r{next(self._refreshes)}")
        return made.publish(self.database.url, suites={TABLE: suite} if suite else {}, **options)

    def remove_a_row(self) -> None:
        self.database.run(f"DELETE FROM {self._place} WHERE id = 4")

    @property
    def rows(self) -> int:
        return int(self.database.rows(f"SELECT count(*) FROM {self._place}")[0][0])


@pytest.fixture(params=["sqlite", "postgres", "mariadb", "mysql", "duckdb"])
def target(request: pytest.FixtureRequest) -> Target:
    return Target(request.param, request)


def test_what_holds_is_published(target: Target) -> None:
    published = target.publish(suite_of(HOLD))
    assert not [note for note in published.notes if "rule_" in note]
    assert published.expectations == {TABLE: len(HOLD)}
    assert "suites" in published.seconds
    assert target.rows == 4


def test_what_is_broken_stops_the_publication_and_says_so_without_a_value(target: Target) -> None:
    target.publish(None)
    target.remove_a_row()
    with pytest.raises(ExpectationsBroken, match="The target is as it was") as failure:
        target.publish(suite_of((*HOLD, *BROKEN)))
    assert [line.split(": ")[1] for line in failure.value.broken] == [
        f"rule_{len(HOLD) + number}" for number in range(len(BROKEN))
    ]
    assert "It is broken by 25.00%." in failure.value.broken[6]
    assert not any(word in str(failure.value) for word in ("A-1", "9.9", "2024", "ü😀"))
    assert target.rows == 3


@pytest.mark.parametrize("family", ["sqlite", "postgres", "mariadb", "mysql", "duckdb"])
def test_a_pattern_is_asked_where_it_means_the_same(request: pytest.FixtureRequest, family: str) -> None:
    kind, column = "expect_column_values_to_match_regex", {"column": 'Or"der', "mostly": 0.6}
    common, letters = {**column, "regex": "^[A-Za-z]-[0-9]{1,2}$"}, {**column, "regex": r"^\w-\d"}
    target = Target(family, request)
    published = target.publish(suite_of([(kind, common), (kind, letters)]))
    assert published.expectations == {TABLE: {"sqlite": 2, "duckdb": 0}.get(family, 1)}
    if family != "duckdb":
        with pytest.raises(ExpectationsBroken, match=r"rule_0: Rule 0. It is broken by 66.67%"):
            target.publish(suite_of([(kind, {**common, "regex": "^[A-Z]-[0-9]$"})]))


def test_a_warning_is_a_note(target: Target) -> None:
    published = target.publish(suite_of((*HOLD, *BROKEN), severity="warning"))
    assert published.expectations == {TABLE: len(HOLD)}
    assert len([note for note in published.notes if note.endswith("(a warning)")]) == len(BROKEN)
    assert target.rows == 4


def test_what_sql_does_not_say_stays_with_the_verdict(target: Target) -> None:
    published = target.publish(suite_of((*HOLD, *LEFT)))
    assert published.expectations == {TABLE: len(HOLD)}
    names = ", ".join(f"rule_{len(HOLD) + number}" for number in range(len(LEFT)))
    assert f"{TABLE}: {len(LEFT)} expectations stay with the verdict: {names}." in published.notes


def test_nothing_is_left_of_it_and_nothing_written(target: Target) -> None:
    """No temporary table, and the session may write again."""
    target.publish(suite_of(HOLD))
    target.publish(suite_of(HOLD))
    assert target.database.catalog.table_names == (TABLE,)


def test_a_suite_may_not_write(target: Target) -> None:
    def write(*, engine: sqlalchemy.Engine, **_: object) -> Sequence[CheckResult]:
        with engine.connect() as connection, pytest.raises(exc.DBAPIError):
            connection.exec_driver_sql("CREATE TABLE written (id integer)")
        return []

    target.publish(write)
    assert target.database.catalog.table_names == (TABLE,)


@pytest.mark.parametrize("family", ["postgres", "mariadb", "mysql"])
def test_a_connection_lost_meanwhile_passes_nothing(request: pytest.FixtureRequest, family: str) -> None:
    target = Target(family, request)
    tries: list[int] = []

    def cut(*, engine: Any, **database: Any) -> Sequence[CheckResult]:
        tries.append(1)
        if len(tries) == 1:
            with engine.connect() as connection:
                (number,) = connection.exec_driver_sql(
                    "SELECT pg_backend_pid()" if family == "postgres" else "SELECT connection_id()"
                ).one()
            target.database.rows(f"SELECT pg_terminate_backend({number})" if family == "postgres" else f"KILL {number}")
        return suite_of(HOLD)(engine=engine, **database)

    with pytest.raises(DatabaseFailed, match=r"was lost|admin shutdown"):
        target.publish(cut)
    tries.clear()
    published = target.publish(cut, retry=(0.0,))
    assert (published.attempts, published.expectations) == (2, {TABLE: len(HOLD)})
