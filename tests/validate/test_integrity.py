"""Exact checks over all rows: each finds its breach, and only it."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from benchmarks.memory_rows import MemoryRows
from synth_assets.catalog.check_text import in_sqlite
from synth_assets.catalog.model import Branch, Check, Column, DataType, ForeignKey, Key, Kind, Table
from synth_assets.plan.resolved import Mode, TableDecision
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate.constraints import named_columns, violations
from synth_assets.validate.integrity import duplicates, label_checks, orphans, table_checks
from synth_assets.validate.subject import Subject
from tests.validate.samples import decide


def column(name: str, kind: Kind, *, nullable: bool = True, **facts: object) -> Column:
    return Column(name=name, type=DataType(kind=kind, native=kind.value, **facts), nullable=nullable)  # type: ignore[arg-type]


def subject(table: Table, synthetic: pl.DataFrame, source: pl.DataFrame | None = None) -> Subject:
    decision = TableDecision(name=table.name, mode=Mode.SYNTHETIC, columns=tuple(decide(c) for c in table.column_names))
    real = MemoryRows(source) if source is not None else None
    return Subject(table, decision, MemoryRows(synthetic), real, None, 10)


def failed(checks: list[CheckResult]) -> set[str]:
    return {c.name for c in checks if not c.passed}


KEY = ForeignKey(columns=("a", "b"), parent="p", parent_columns=("x", "y"))


def test_orphans_of_a_composite_key_with_nulls() -> None:
    parent = MemoryRows(pl.DataFrame({"x": [1, 1, 2], "y": ["u", "v", "u"]}))
    child = pl.DataFrame({"a": [1, 1, 2, None, 9], "b": ["u", "v", "v", "w", None]})
    assert orphans(KEY, MemoryRows(child), parent) == 1  # (2, v); what has a NULL in it refers to nothing
    assert orphans(KEY, MemoryRows(child.clear()), parent) == 0


def test_references_of_another_type_are_compared_as_text() -> None:
    parent = MemoryRows(pl.DataFrame({"x": [1, 2], "y": ["u", "v"]}))
    child = MemoryRows(pl.DataFrame({"a": ["1", "3"], "b": ["u", "v"]}))
    assert orphans(KEY, child, parent) == 1


def test_a_branch_of_a_polymorphic_key_is_judged_by_the_rows_of_its_labels() -> None:
    posts, photos = (MemoryRows(pl.DataFrame({"id": ids})) for ids in ([1, 2], [3]))
    rows = pl.DataFrame({"id": [1, 2, 3, 3, 9, 1], "type": ["Post", "Post", "Post", "Photo", None, "Photo"]})
    keys = [
        ForeignKey(columns=("id",), parent=p, parent_columns=("id",), branch=Branch(column="type", labels=(label,)))
        for p, label in (("posts", "Post"), ("photos", "Photo"))
    ]
    assert [orphans(key, MemoryRows(rows), parent) for key, parent in zip(keys, (posts, photos), strict=True)] == [1, 1]


def test_labels_that_lead_nowhere_are_told() -> None:
    table = Table(name="t", columns=(column("type", Kind.TEXT),))
    decision = decide("type").model_copy(update={"labels": ("Post", "Photo")})
    real = MemoryRows(pl.DataFrame({"type": ["Post", "Video", None, "Video"]}))
    judged = Subject(
        table,
        TableDecision(name="t", mode=Mode.SYNTHETIC, columns=(decision,)),
        MemoryRows(real.read()),
        real,
        None,
        10,
    )
    (check,) = label_checks(judged)
    assert (check.passed, check.severity, check.value) == (False, Severity.WARN, 2.0)
    assert "2 of 4 source rows" in check.description
    assert "Video" not in check.description + check.remedy


def test_duplicates_count_no_nulls() -> None:
    rows = MemoryRows(pl.DataFrame({"a": [1, 1, 1, None, None], "b": ["u", "u", "v", "u", "u"]}))
    assert duplicates(rows, ("a", "b")) == 1
    assert duplicates(rows, ("a",)) == 2


TABLE = Table(
    name="t",
    columns=(
        column("id", Kind.INTEGER, nullable=False, bits=16),
        column("code", Kind.TEXT, length=3),
        column("state", Kind.ENUM, labels=("on", "off")),
        column("price", Kind.DECIMAL, precision=5, scale=2),
        column("blob", Kind.BINARY, length=2),
    ),
    primary_key=Key(columns=("id",)),
    unique_keys=(Key(columns=("code",)),),
)
GOOD = pl.DataFrame(
    {
        "id": [1, 2],
        "code": ["abc", "ab"],
        "state": ["on", None],
        "price": [Decimal("999.99"), Decimal("-0.01")],
        "blob": [b"ab", None],
    },
    schema_overrides={"price": pl.Decimal(5, 2)},
)


def test_good_rows_pass() -> None:
    checks = list(table_checks(subject(TABLE, GOOD), dialect="postgresql"))
    assert failed(checks) == set()
    assert {"integrity_length", "integrity_labels", "integrity_digits", "integrity_range"} <= {c.name for c in checks}


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"id": [1, None]}, "integrity_not_null"),
        ({"id": [1, 1]}, "integrity_unique_id"),
        ({"id": [1, 40_000]}, "integrity_range"),
        ({"code": ["abcd", "ab"]}, "integrity_length"),
        ({"code": ["ab", "ab"]}, "integrity_unique_code"),
        ({"state": ["on", "broken"]}, "integrity_labels"),
        ({"blob": [b"abc", None]}, "integrity_length"),
    ],
)
def test_each_breach_is_found(change: dict[str, list[object]], check: str) -> None:
    rows = GOOD.with_columns(pl.Series(name, values, dtype=GOOD.schema[name]) for name, values in change.items())
    assert failed(list(table_checks(subject(TABLE, rows), dialect="postgresql"))) == {check}


def test_digits_beyond_the_column() -> None:
    wide = GOOD.with_columns(price=pl.Series([Decimal("1000.00"), Decimal("1")], dtype=pl.Decimal(8, 2)))
    fine = GOOD.with_columns(price=pl.Series([Decimal("1.001"), Decimal("1")], dtype=pl.Decimal(8, 3)))
    as_text = GOOD.with_columns(price=pl.Series(["12345.6", "0.10"]))
    for rows in (wide, fine, as_text):
        assert "integrity_digits" in failed(list(table_checks(subject(TABLE, rows), dialect="postgresql")))
    held_as_text = GOOD.with_columns(price=pl.Series(["-123.450", "0.10"]))
    assert "integrity_digits" not in failed(list(table_checks(subject(TABLE, held_as_text), dialect="postgresql")))


def test_a_missing_column_and_another_type_are_told() -> None:
    (check,) = [
        c
        for c in table_checks(subject(TABLE, GOOD.drop("blob").with_columns(code=pl.lit(1))), dialect="postgresql")
        if c.name == "integrity_columns"
    ]
    assert not check.passed
    assert check.value == 2


def test_sqlite_itself_keeps_no_lengths_so_they_warn() -> None:
    rows = GOOD.with_columns(code=pl.Series(["abcd", "ab"]))
    (check,) = [c for c in table_checks(subject(TABLE, rows), dialect="sqlite") if c.name == "integrity_length"]
    assert (check.passed, check.severity) == (False, Severity.WARN)


def events(*checks: str) -> Table:
    return Table(
        name="events",
        columns=(
            column("Start", Kind.DATE),
            column("end", Kind.DATE),
            column("state", Kind.TEXT),
            column("price", Kind.DECIMAL, precision=8, scale=2),
        ),
        checks=tuple(Check(name=f"c{i}", expression=e) for i, e in enumerate(checks)),
    )


EVENTS = pl.DataFrame(
    {
        "Start": [date(2024, 1, 1), date(2024, 1, 2), None],
        "end": [date(2024, 1, 3), date(2024, 1, 1), date(2024, 1, 1)],
        "state": ["new", "old", "odd"],
        "price": [Decimal("1.00"), Decimal("-2.50"), None],
    },
    schema_overrides={"price": pl.Decimal(8, 2)},
)


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ('"end" >= "Start"', 1),
        ("((price)::numeric >= (0)::numeric)", 1),
        ("((state)::text = ANY ((ARRAY['new'::character varying, 'old'::character varying])::text[]))", 1),
        ("state <> 'odd' OR price IS NULL", 0),
        ("char_length(state) <= 2", 3),
        ("price > 0 AND state IN ('new', 'old', 'odd')", 1),
    ],
)
def test_checks_of_any_dialect(expression: str, rows: int) -> None:
    (found,) = violations(events(expression), synthetic=MemoryRows(EVENTS), source=None, dialect="postgresql")
    assert found.rows == rows


def test_what_sqlite_cannot_read_is_left_to_the_database() -> None:
    table = events("state ~ '^[a-z]+$'", "jsonb_typeof(state) = 'string'")
    checks = [c for c in table_checks(subject(table, EVENTS), dialect="postgresql") if "integrity_check" in c.name]
    assert [(c.passed, c.severity) for c in checks] == [(False, Severity.WARN)] * 2


def test_an_expression_that_the_source_itself_breaks_is_not_trusted() -> None:
    table = events("price > 0")
    (found,) = violations(table, synthetic=MemoryRows(EVENTS), source=MemoryRows(EVENTS), dialect="sqlite")
    assert found.rows is None
    (found,) = violations(table, synthetic=MemoryRows(EVENTS), source=MemoryRows(EVENTS[:1]), dialect="sqlite")
    assert found.rows == 1


def test_an_expression_may_only_read() -> None:
    table = events("price > 0) ; DROP TABLE events; --", "price > load_extension('x')")
    assert [v.rows for v in violations(table, synthetic=MemoryRows(EVENTS), source=None, dialect="sqlite")] == [
        None
    ] * 2


def test_names_in_texts_are_no_columns() -> None:
    assert named_columns(Check(expression="price > 0 AND 'state' <> ''"), events()) == ("price",)
    assert in_sqlite("a <> ALL (ARRAY['x'::text])") == "a NOT IN ('x')"
    assert in_sqlite("((a)::text = ANY (ARRAY['x'::text, 'y']))") == "((a) IN ('x', 'y'))"
    assert in_sqlite("((a)::text = ANY ((ARRAY['x'::varchar])::text[]))") == "((a) IN ('x'))"
