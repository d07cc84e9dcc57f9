"""The Great Expectations suite of a table, derived from catalog, plan and profile."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import polars as pl
from pydantic import JsonValue

from synth_assets.catalog.model import Column, Kind
from synth_assets.plan.resolved import ColumnDecision, Mode, Role, Treatment
from synth_assets.store.profile import ColumnProfile
from synth_assets.store.verdict import Severity
from synth_assets.validate.results import name_part
from synth_assets.validate.subject import Subject

AGAIN = "Generate the table again; if it comes back, report it with the names of table and column."
# Numbers of children vary at random, and so do the rows of a table that hangs on others.
ROW_COUNT_TOLERANCE = 0.5
ROW_COUNT_SLACK = 20
# A profile lists at most 50 frequent values: with fewer, it lists every category that may come out.
MOST_FREQUENT = 50

_SECONDS_OF_DAY = 86_400

_FAKE_FORMATS = {
    "email": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "uuid": r"^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$",
    "ip_address": r"^\d{1,3}(\.\d{1,3}){3}(/\d+)?$",
    "mac_address": r"^([0-9a-fA-F]{2}[:-]?){5,7}[0-9a-fA-F]{2}$",
    "iban": r"^[A-Z]{2}\d{2}[A-Z0-9 ]{8,36}$",
    "url": r"^\w+://\S+$",
    "phone": r"^[-+0-9 ()./x]+$",
}


@dataclass(frozen=True)
class Expected:
    """One expectation, ready for Great Expectations, and what to say of it.

    Attributes:
        type: Its name in Great Expectations, in snake case.
        description: What is expected, in plain words; never a real value.
    """

    name: str
    type: str
    kwargs: dict[str, JsonValue]
    description: str
    column: str | None = None
    severity: Literal["critical", "warning", "info"] = "critical"
    remedy: str = AGAIN
    meta: dict[str, JsonValue] = field(default_factory=dict)

    @property
    def gates_with(self) -> Severity:
        return Severity.ERROR if self.severity == "critical" else Severity.WARN


def derive(subject: Subject, *, dialect: str) -> list[Expected]:
    """Everything that catalog, plan and profile promise of a table's rows."""
    columns = [c for c in subject.columns if c.name in subject.synthetic.schema]
    found = [*_of_table(subject), *_of_keys(subject)]
    for column in columns:
        decision = subject.column_decision(column.name)
        found += _of_catalog(column, subject, dialect)
        if decision is not None and (subject.decision.is_generated or subject.decision.mode is Mode.PARTIAL):
            found += _of_plan(column, decision, subject)
            found += _of_profile(column, decision, subject)
    return found


def _of_table(subject: Subject) -> Iterator[Expected]:
    names: list[JsonValue] = [c.name for c in subject.columns]
    yield Expected(
        "expect_columns",
        "expect_table_columns_to_match_set",
        {"column_set": names, "exact_match": True},
        "The table has the columns of the catalog and no others",
    )
    mode, rows = subject.decision.mode, subject.source_rows
    if mode is Mode.EMPTY or mode in (Mode.REFERENCE, Mode.PARTIAL):
        exact = 0 if mode is Mode.EMPTY else rows
        yield Expected(
            "expect_row_count",
            "expect_table_row_count_to_equal",
            {"value": exact},
            f"The table has {exact} rows, as its mode {mode.value} promises",
        )
        return
    if subject.decision.private:
        return  # how many rows its source has is not looked at
    expected = rows * subject.decision.scale
    low = max(0, math.floor(expected * (1 - ROW_COUNT_TOLERANCE)) - ROW_COUNT_SLACK)
    high = math.ceil(expected * (1 + ROW_COUNT_TOLERANCE)) + ROW_COUNT_SLACK
    yield Expected(
        "expect_row_count",
        "expect_table_row_count_to_be_between",
        {"min_value": low, "max_value": high},
        f"The table has {low} to {high} rows: {rows} source rows times {subject.decision.scale:g}, give or take",
        severity="warning",
        remedy="Look at the table's scale and at those of the tables that it hangs on.",
    )
    if expected > ROW_COUNT_SLACK:
        yield Expected(
            "expect_rows",
            "expect_table_row_count_to_be_between",
            {"min_value": 1},
            "The table has rows, as its source has",
        )


def _of_keys(subject: Subject) -> Iterator[Expected]:
    published = {c.name for c in subject.columns}
    sets = dict.fromkeys(subject.table.unique_sets)
    sets |= dict.fromkeys((d.name,) for d in subject.decision.columns if d.unique)
    for columns in sets:
        if not published.issuperset(columns):
            continue
        name = f"expect_unique_{'_'.join(name_part(c) for c in columns)}"
        text = f"No two rows share {' + '.join(columns)}"
        if len(columns) == 1:
            kwargs: dict[str, JsonValue] = {"column": columns[0]}
            yield Expected(name, "expect_column_values_to_be_unique", kwargs, text, column=columns[0])
        else:
            kwargs = {"column_list": list(columns), "ignore_row_if": "any_value_is_missing"}
            yield Expected(name, "expect_compound_columns_to_be_unique", kwargs, text)


def _of_catalog(column: Column, subject: Subject, dialect: str) -> Iterator[Expected]:
    part = name_part(column.name)
    primary = subject.table.primary_key.columns if subject.table.primary_key else ()
    if not column.nullable or column.name in primary:
        yield Expected(
            f"expect_not_null_{part}",
            "expect_column_values_to_not_be_null",
            {"column": column.name},
            f"{column.name} is never NULL",
            column=column.name,
        )
    held_as_text = subject.synthetic.schema[column.name] == pl.String
    if column.type.length is not None and column.type.kind is Kind.TEXT and held_as_text:
        yield Expected(
            f"expect_length_{part}",
            "expect_column_value_lengths_to_be_between",
            {"column": column.name, "max_value": column.type.length},
            f"{column.name} has at most {column.type.length} characters",
            column=column.name,
            # SQLite takes longer texts than it declares, so its own rows may be longer.
            severity="warning" if dialect == "sqlite" else "critical",
        )
    if column.type.labels and held_as_text:
        yield Expected(
            f"expect_label_{part}",
            "expect_column_values_to_be_in_set",
            {"column": column.name, "value_set": list(column.type.labels)},
            f"{column.name} holds labels of its enum only",
            column=column.name,
        )


def _of_plan(column: Column, decision: ColumnDecision, subject: Subject) -> Iterator[Expected]:
    part, held_as_text = name_part(column.name), subject.synthetic.schema[column.name] == pl.String
    match decision.treatment:
        case Treatment.NULL:
            yield Expected(
                f"expect_null_{part}",
                "expect_column_values_to_be_null",
                {"column": column.name},
                f"{column.name} is NULL, as the plan says",
                column=column.name,
            )
        case Treatment.LEARN if decision.labels:
            yield Expected(
                f"expect_label_{part}",
                "expect_column_values_to_be_in_set",
                {"column": column.name, "value_set": list(decision.labels)},
                f"{column.name} holds only labels that the plan names",
                column=column.name,
            )
        case Treatment.CONSTANT if column.type.kind in (Kind.TEXT, Kind.INTEGER, Kind.BOOLEAN, Kind.FLOAT, Kind.ENUM):
            yield Expected(
                f"expect_constant_{part}",
                "expect_column_values_to_be_in_set",
                {"column": column.name, "value_set": [decision.options.get("value")]},
                f"{column.name} holds the plan's constant only",
                column=column.name,
            )
        case Treatment.FAKE if held_as_text and str(decision.options.get("kind")) in _FAKE_FORMATS:
            kind = str(decision.options["kind"])
            yield Expected(
                f"expect_format_{part}",
                "expect_column_values_to_match_regex",
                {"column": column.name, "regex": f"^$|{_FAKE_FORMATS[kind]}"},
                f"{column.name} has the form of: {kind}, or is blank",
                column=column.name,
                severity="warning",
                remedy=f"Look at the length of {column.name}: a fake of this kind may not fit into it.",
            )
        case Treatment.PSEUDONYMIZE if held_as_text and decision.options.get("format"):
            yield Expected(
                f"expect_format_{part}",
                "expect_column_values_to_match_regex",
                {"column": column.name, "regex": format_regex(str(decision.options["format"]))},
                f"{column.name} has the format that the plan gives",
                column=column.name,
            )


def format_regex(text: str) -> str:
    """The regular expression of a plan's format: # a digit, % 1 to 9, ? a capital letter, else as it is."""
    return "^" + "".join({"#": "[0-9]", "%": "[1-9]", "?": "[A-Z]"}.get(c, re.escape(c)) for c in text) + "$"


def _of_profile(column: Column, decision: ColumnDecision, subject: Subject) -> Iterator[Expected]:
    """The protected range and the categories that may come out: what fewer than min_group source rows share may not."""
    learned = decision.treatment is Treatment.LEARN and decision.role is Role.VALUE
    if not learned or decision.labels or decision.real_in_real_rows:
        return
    if subject.profile is None or column.name not in {c.name for c in subject.profile.columns}:
        return
    profile, held_as = with_reach(column.name, subject), subject.synthetic.schema[column.name]
    part = name_part(column.name)
    bounds = protected_range(profile, held_as, different=subject.synthetic.rows if decision.unique else 0)
    # What is computed from synthetic values may lie beyond: it is no value of a real row.
    if bounds is not None and column.name not in subject.synthetic.computed:
        around = " or so near to it as different values must be" if decision.unique else ""
        yield Expected(
            f"expect_range_{part}",
            "expect_column_values_to_be_between",
            {"column": column.name, "min_value": bounds[0], "max_value": bounds[1]},
            f"{column.name} stays within the range that at least {subject.min_group} source rows reach at either end"
            f"{around}",
            column=column.name,
            remedy="Choose a synthesizer that keeps to the protected range (trees), or treat the column as fake.",
        )
    categories = [value for value, _ in profile.frequent if isinstance(value, str)]
    if held_as == pl.String and categories and len(profile.frequent) < MOST_FREQUENT:
        yield Expected(
            f"expect_category_{part}",
            "expect_column_values_to_be_in_set",
            {"column": column.name, "value_set": list(categories)},
            f"{column.name} holds only categories that at least {subject.min_group} source rows share",
            column=column.name,
            remedy="Choose a synthesizer that keeps to min_group (trees), or treat the column as fake.",
        )


def with_reach(name: str, subject: Subject) -> ColumnProfile:
    """What is known of a column, its range widened to those of the columns that it never lies before, or beyond.

    What begins with the last of its parents is later than any other of its kind, and no real row has its value.
    """
    profile = subject.profile.column(name) if subject.profile else None
    if profile is None:
        raise KeyError(name)
    low, high = profile.minimum, profile.maximum
    for table, other, side in subject.synthetic.reaches.get(name, ()):
        known = subject.profiles.get(table)
        column = next((one for one in known.columns if one.name == other), None) if known else None
        if column is None or column.minimum is None or column.maximum is None or low is None or high is None:
            continue
        low, high = (low, max(high, column.maximum)) if side == "above" else (min(low, column.minimum), high)
    return profile.model_copy(update={"minimum": low, "maximum": high})


def protected_range(
    profile: ColumnProfile, held_as: pl.DataType, *, different: int = 0
) -> tuple[JsonValue, JsonValue] | None:
    """The protected range as Great Expectations compares it with values of a type; None if it has none.

    Widened by what rounding to the column's digits may add.

    Args:
        different: How many values must all differ; the range is widened to where there is room for them. 0: none.
    """
    low, high = profile.minimum, profile.maximum
    if low is None or high is None or low > high:
        return None
    beyond = _room_beyond(profile, held_as, high - low, different)
    low, high = low - beyond, high + beyond
    if held_as.is_integer():
        return math.floor(low), math.ceil(high)
    if held_as.is_numeric():
        relative = 1e-6 if held_as == pl.Float32 else 1e-9
        step = 10.0**-profile.decimals if profile.decimals else 0.0
        slack = max(step, relative * max(abs(low), abs(high)))
        return low - slack, high + slack
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    if isinstance(held_as, pl.Date):
        # With a time of day: pandas holds dates as timestamps, which do not compare with dates.
        return (
            f"{_day(math.floor(low / _SECONDS_OF_DAY))}T00:00:00",
            f"{_day(math.ceil(high / _SECONDS_OF_DAY))}T00:00:00",
        )
    if isinstance(held_as, pl.Datetime):
        zone = UTC if held_as.time_zone else None
        ends = (epoch + timedelta(milliseconds=m) for m in (math.floor(low * 1000) - 1, math.ceil(high * 1000) + 1))
        first, last = (end.replace(tzinfo=zone).isoformat() for end in ends)
        return first, last
    return None


def _room_beyond(profile: ColumnProfile, held_as: pl.DataType, width: float, different: int) -> float:
    """How far beyond either end values stand that must all differ, on a grid of whole numbers, days or last digits.

    What finds no room within must stand outside; and where there is just room, values drawn at random and moved to
    free places near by drift by about the square root of their number: less than twice as far but once in 3,000 times
    (the limit of Kolmogorov and Smirnov, exp(-2 * 2**2)).
    """
    if isinstance(held_as, pl.Date):
        step = float(_SECONDS_OF_DAY)
    elif held_as.is_numeric() and profile.decimals is not None:
        step = 10.0**-profile.decimals
    else:
        return 0.0
    lacking = max(0, different - (round(width / step) + 1))
    return (lacking + 2 * math.isqrt(different)) * step


def _day(days: int) -> date:
    return date(1970, 1, 1) + timedelta(days=days)
