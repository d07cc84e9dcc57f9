"""What a table's suite promises, and how it runs."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pytest

from benchmarks.memory_rows import MemoryRows
from synth_assets.catalog.model import Column, DataType, Key, Kind, Table
from synth_assets.plan.resolved import Mode, Role, TableDecision, Treatment
from synth_assets.store.profile import ColumnProfile, TableProfile
from synth_assets.store.verdict import Severity
from synth_assets.validate import suite_run
from synth_assets.validate.expectations import Expected, derive, format_regex, protected_range
from synth_assets.validate.great_expectations_runtime import as_pandas
from synth_assets.validate.subject import Subject
from synth_assets.validate.suite_run import SuiteRunner
from tests.validate.samples import decide, integer, text

STATE = DataType(kind=Kind.ENUM, native="state", labels=("new", "paid"))
TABLE = Table(
    name='the "orders"',
    columns=(
        integer("id"),
        integer("line"),
        text("card", 9),
        text("note", nullable=True),
        text("kind"),
        Column(name="state", type=STATE),
        Column(name="on day", type=DataType(kind=Kind.DATE, native="date")),
        text("source"),
    ),
    primary_key=Key(columns=("id", "line")),
)
DECISION = TableDecision(
    name=TABLE.name,
    mode=Mode.SYNTHETIC,
    columns=(
        decide("id", Role.KEY),
        decide("line"),
        decide("card", Role.VALUE, Treatment.PSEUDONYMIZE, format="####-####"),
        decide("note", Role.VALUE, Treatment.NULL),
        decide("kind"),
        decide("state"),
        decide("on day"),
        decide("source", Role.VALUE, Treatment.CONSTANT, value="synthetic"),
    ),
)
DAY = 86_400.0
PROFILE = TableProfile(
    table=TABLE.name,
    rows=100,
    columns=(
        ColumnProfile(name="line", rows=100, nulls=0, distinct=9, unique=False, minimum=1.0, maximum=9.0),
        ColumnProfile(name="kind", rows=100, nulls=0, distinct=3, unique=False, frequent=(("web", 60), ("shop", 30))),
        ColumnProfile(
            name="on day", rows=100, nulls=0, distinct=9, unique=False, minimum=19_000 * DAY, maximum=19_100 * DAY
        ),
    ),
)
GOOD = pl.DataFrame(
    {
        "id": list(range(100)),
        "line": [1 + i % 9 for i in range(100)],
        "card": [f"{i:04d}-1234" for i in range(100)],
        "note": [None] * 100,
        "kind": ["web", "shop"] * 50,
        "state": ["new", "paid"] * 50,
        "on day": [date(2022, 1, 8)] * 100,
        "source": ["synthetic"] * 100,
    },
    schema_overrides={"note": pl.String},
)


def subject(frame: pl.DataFrame) -> Subject:
    return Subject(TABLE, DECISION, MemoryRows(frame), MemoryRows(GOOD), PROFILE, 10)


@pytest.fixture(scope="module")
def runner() -> SuiteRunner:
    return SuiteRunner()


def failed(frame: pl.DataFrame, runner: SuiteRunner) -> set[str]:
    rows = subject(frame)
    runner = SuiteRunner()
    return {c.name for c in runner.run(TABLE.name, rows.synthetic, derive(rows, dialect="postgresql")) if not c.passed}


def test_good_rows_keep_every_promise(runner: SuiteRunner) -> None:
    assert failed(GOOD, runner) == set()


@pytest.mark.parametrize(
    ("column", "values", "names"),
    [
        ("line", [99] * 100, {"expect_range_line"}),
        ("id", [None, *range(99)], {"expect_not_null_id"}),
        ("card", ["12345-6789"] * 100, {"expect_format_card", "expect_length_card"}),
        ("note", ["a"] * 100, {"expect_null_note"}),
        ("kind", ["rare"] * 100, {"expect_category_kind"}),
        ("state", ["odd"] * 100, {"expect_label_state"}),
        ("on day", [date(2030, 1, 1)] * 100, {"expect_range_on_day"}),
        ("source", ["other"] * 100, {"expect_constant_source"}),
    ],
)
def test_each_promise_can_be_broken(column: str, values: list[object], names: set[str], runner: SuiteRunner) -> None:
    frame = GOOD.with_columns(pl.Series(column, values, dtype=GOOD.schema[column]))
    assert failed(frame, runner) == names


def test_keys_columns_and_row_counts(runner: SuiteRunner) -> None:
    assert failed(GOOD.with_columns(id=pl.lit(1)), runner) == {"expect_unique_id_line"}
    assert failed(GOOD.drop("source"), runner) == {"expect_columns"}
    assert failed(GOOD[:20], runner) == {"expect_row_count"}
    assert failed(GOOD.clear(), runner) == {"expect_row_count", "expect_rows"}


def test_row_count_warns_and_says_how_much(runner: SuiteRunner) -> None:
    rows = subject(GOOD.with_columns(kind=pl.when(pl.int_range(pl.len()) < 25).then(pl.lit("rare")).otherwise("kind")))
    checks = {c.name: c for c in SuiteRunner().run("t", rows.synthetic, derive(rows, dialect="postgresql"))}
    assert checks["expect_category_kind"].value == 0.25
    assert checks["expect_category_kind"].severity is Severity.ERROR
    assert checks["expect_row_count"].severity is Severity.WARN
    assert "rare" not in checks["expect_category_kind"].description


def test_an_expectation_that_cannot_be_evaluated_fails_without_a_figure() -> None:
    expected = Expected("rule", "expect_column_values_to_not_be_null", {"column": "missing"}, "It is there")
    (check,) = SuiteRunner().run("t", MemoryRows(GOOD), [expected])
    assert (check.passed, check.value) == (False, None)
    assert "could not be evaluated" in check.description


@pytest.mark.parametrize(
    ("side", "days", "passes"),
    [("above", 30_000, True), ("above", 18_000, False), ("below", 18_000, True), ("below", 30_001, False)],
)
def test_what_gives_way_to_another_column_may_lie_as_far_as_that_one(side: str, days: int, passes: bool) -> None:
    stays = ColumnProfile(
        name="since", rows=100, nulls=0, distinct=9, unique=False, minimum=18_000 * DAY, maximum=30_000 * DAY
    )
    others = {"stays": TableProfile(table="stays", rows=100, columns=(stays,))}
    frame = GOOD.with_columns(pl.lit(date(1970, 1, 1) + timedelta(days=days)).alias("on day"))
    rows = MemoryRows(frame, reaches={"on day": [["stays", "since", side], ["gone", "since", side]]})
    judged = Subject(TABLE, DECISION, rows, MemoryRows(GOOD), PROFILE, 10, profiles=others)
    checks = {c.name: c.passed for c in SuiteRunner().run("t", rows, derive(judged, dialect="postgresql"))}
    assert checks["expect_range_on_day"] is passes


def test_long_tables_are_read_in_parts_and_judged_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite_run, "ROWS_AT_ONCE", 30)
    rows = subject(GOOD)
    checks = SuiteRunner().run("t", rows.synthetic, derive(rows, dialect="postgresql"))
    assert all(c.passed for c in checks)
    repeated = GOOD.with_columns(id=pl.int_range(pl.len()) % 50, line=pl.lit(1))  # repeats lie in different parts
    broken = SuiteRunner().run("t", MemoryRows(repeated), derive(subject(repeated), dialect="postgresql"))
    assert {c.name for c in broken if not c.passed} == {"expect_unique_id_line"}
    late = GOOD.with_columns(line=pl.when(pl.int_range(pl.len()) == 99).then(50).otherwise("line").cast(pl.Int64))
    broken = SuiteRunner().run("t", MemoryRows(late), derive(subject(late), dialect="postgresql"))
    assert {c.name for c in broken if not c.passed} == {"expect_range_line"}


def test_ranges_fit_the_type() -> None:
    profile = PROFILE.column("on day")
    assert protected_range(profile, pl.Date()) == ("2022-01-08T00:00:00", "2022-04-18T00:00:00")
    naive = protected_range(profile, pl.Datetime("us"))
    assert naive is not None
    assert str(naive[0]).startswith("2022-01-07T23:59:59.999")
    aware = protected_range(profile, pl.Datetime("us", "UTC"))
    assert aware is not None
    assert str(aware[0]).endswith("+00:00")
    assert protected_range(profile, pl.Time()) is None
    tiny = ColumnProfile(name="x", rows=12, nulls=0, distinct=12, unique=True, minimum=9.0, maximum=3.0)
    assert protected_range(tiny, pl.Int64()) is None
    price = ColumnProfile(name="x", rows=99, nulls=0, distinct=9, unique=False, minimum=1.25, maximum=2.5, decimals=2)
    assert protected_range(price, pl.Float64()) == pytest.approx((1.24, 2.51))


def test_the_range_of_a_unique_column_has_room_for_all_its_values() -> None:
    years = ColumnProfile(
        name="x", rows=150, nulls=0, distinct=150, unique=True, minimum=1880.0, maximum=2010.0, decimals=0
    )
    assert protected_range(years, pl.Int64()) == (1880, 2010)
    # 131 years within: 19 more at either end, and twice the square root of 150.
    assert protected_range(years, pl.Int64(), different=150) == (1880 - 19 - 24, 2010 + 19 + 24)
    assert protected_range(years, pl.Int64(), different=100) == (1880 - 20, 2010 + 20)
    days = years.model_copy(update={"minimum": 0.0, "maximum": 86_400.0 * 8, "decimals": None})
    assert protected_range(days, pl.Date(), different=9) == ("1969-12-26T00:00:00", "1970-01-15T00:00:00")
    assert protected_range(days, pl.Float64(), different=9) == protected_range(days, pl.Float64())


def test_formats_of_the_plan() -> None:
    assert format_regex("%#-?.") == r"^[1-9][0-9]\-[A-Z]\.$"


def test_rows_for_great_expectations_keep_nulls_and_whole_numbers() -> None:
    frame = pl.DataFrame(
        {
            "big": [2**60 + 1, None],
            "flag": [True, None],
            "price": [Decimal("1.5"), None],
            "at": [time(1, 2), None],
            "when": [datetime(2024, 1, 1, tzinfo=UTC), None],
            "raw": [b"a", None],
        }
    )
    seen = as_pandas(frame)
    assert seen["big"][0] == 2**60 + 1
    assert seen.isna().iloc[1].all()
    assert seen["at"][0].startswith("01:02")
    assert seen["when"].dtype.kind == "M"
