"""Which expectations mean the same in a database's SQL as over the rows that were judged, and how they are said there.

What does not stays with the verdict alone: a rule that held over the rows must not stop a publication only because the
database counts, cuts or compares in another way.
"""

import dataclasses
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from synth_assets.validate.expectations import Expected

# Single rows, least and greatest values, counts, sums and means. Quantiles, deviations and tests of distributions are
# computed in other ways by every database, and the names of types are its own.
_ALIKE = frozenset(
    {
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_distinct_values_to_contain_set",
        "expect_column_distinct_values_to_equal_set",
        "expect_column_max_to_be_between",
        "expect_column_mean_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_pair_values_a_to_be_greater_than_b",
        "expect_column_pair_values_to_be_equal",
        "expect_column_pair_values_to_be_in_set",
        "expect_column_proportion_of_non_null_values_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_sum_to_be_between",
        "expect_column_to_exist",
        "expect_column_unique_value_count_to_be_between",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_null",
        "expect_column_values_to_be_unique",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_not_be_null",
        "expect_compound_columns_to_be_unique",
        "expect_multicolumn_sum_to_equal",
        "expect_select_column_values_to_be_unique_within_record",
        "expect_table_column_count_to_be_between",
        "expect_table_column_count_to_equal",
        "expect_table_columns_to_match_ordered_list",
        "expect_table_columns_to_match_set",
        "expect_table_row_count_to_be_between",
        "expect_table_row_count_to_equal",
    }
)
# MySQL's LENGTH, which Great Expectations asks for, counts bytes.
_LENGTHS = frozenset({"expect_column_value_lengths_to_be_between", "expect_column_value_lengths_to_equal"})
_COUNTS_BYTES = frozenset({"mysql", "mariadb"})
_PATTERNS = frozenset(
    {
        "expect_column_values_to_match_regex",
        "expect_column_values_to_match_regex_list",
        "expect_column_values_to_not_match_regex",
        "expect_column_values_to_not_match_regex_list",
    }
)
# Plain characters, classes of ASCII characters, groups and repetitions: what all regular expressions have in common.
# What stands for letters, digits or spaces of any script, or for any character but one, is another set in each.
_COMMON_PATTERN = re.compile(
    r"\^?(?:[A-Za-z0-9 _@#%&=:;,<>~\"'!/-]|\\[-.+*?()\[\]{}|^$/ #&~@]|\[\^?[A-Za-z0-9 _@.,:;/+-]+\]"
    r"|[()|*+?]|\{[0-9]+(?:,[0-9]*)?\})*\$?"
)
# Great Expectations writes names of columns between quotes, into conditions that it then cannot read.
_QUOTES = re.compile(r"[\"'\\]")
_NAMING = ("column", "column_A", "column_B", "column_list", "column_set")
_BOUNDS = ("min_value", "max_value")
_CONDITION = "row_condition"


def in_sql(expected: Expected, schema: pl.Schema, *, dialect: str) -> Expected | None:
    """The expectation as it is asked of a database; None if that would not be the same question.

    Args:
        schema: The kinds of values of the table's columns, as they were judged.
        dialect: SQLAlchemy's name of it.
    """
    if not _is_alike(expected, dialect):
        return None
    times = {name for name, dtype in schema.items() if dtype in (pl.Date, pl.Datetime)}
    if _has_condition_on(expected, times):
        return None
    column = expected.kwargs.get("column")
    if column in times:
        kwargs = _timed(expected.kwargs, dialect)
        return None if kwargs is None else dataclasses.replace(expected, kwargs=kwargs)
    return expected


def plain_names(names: Iterable[str]) -> dict[str, str]:
    """Other names for those columns whose own Great Expectations cannot read."""
    known = set(names)
    free = (name for number in itertools.count() if (name := f"synth_assets_column_{number}") not in known)
    return {name: next(free) for name in names if _QUOTES.search(name)}


def renamed(expected: Expected, names: Mapping[str, str]) -> Expected | None:
    """The expectation by other names of columns; None if a condition in it has one of them."""
    if _has_condition_on(expected, names):
        return None
    kwargs = dict(expected.kwargs)
    for key in _NAMING:
        said = kwargs.get(key)
        if isinstance(said, str):
            kwargs[key] = names.get(said, said)
        elif isinstance(said, list):
            kwargs[key] = [names.get(str(name), name) for name in said]
    return dataclasses.replace(expected, kwargs=kwargs)


def _has_condition_on(expected: Expected, names: Iterable[str]) -> bool:
    """Whether an expectation is of the rows for which one of these columns has a certain value."""
    condition = json.dumps(expected.kwargs.get(_CONDITION), ensure_ascii=False)
    return any(json.dumps(name, ensure_ascii=False)[1:-1] in condition for name in names)


def _is_alike(expected: Expected, dialect: str) -> bool:
    if expected.type in _LENGTHS:
        return dialect not in _COUNTS_BYTES
    if expected.type in _PATTERNS:
        # SQLite has no regular expressions of its own: there they are Python's.
        return dialect == "sqlite" or all(_COMMON_PATTERN.fullmatch(pattern) for pattern in _patterns(expected.kwargs))
    return expected.type in _ALIKE


def _patterns(kwargs: Mapping[str, Any]) -> Iterator[str]:
    yield from filter(None, [kwargs.get("regex"), *(kwargs.get("regex_list") or ())])


def _timed(kwargs: Mapping[str, Any], dialect: str) -> dict[str, Any] | None:
    """The kwargs of an expectation on a column of times, with times for texts; None if one of them is no time."""
    found = dict(kwargs)
    try:
        for name in _BOUNDS:
            if isinstance(found.get(name), str):
                found[name] = _time(found[name], dialect, is_least=name == "min_value")
        if found.get("value_set") is not None:
            found["value_set"] = [_time(value, dialect) for value in found["value_set"]]
    except ValueError:
        return None
    return found


def _time(value: str, dialect: str, *, is_least: bool = False) -> datetime | str:
    """A moment as the database compares it.

    Args:
        is_least: Begin with its second: a column may keep no fractions of one.
    """
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    if is_least:
        moment = moment.replace(microsecond=0)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") if dialect == "sqlite" else moment
