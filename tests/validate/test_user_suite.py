"""Suites of the user's: what is read, and how what cannot be read is refused."""

import json
from pathlib import Path

import pytest

from synth_assets.validate.errors import ExpectationsRefused
from synth_assets.validate.user_suite import read_user_suite, read_user_suites


def write(folder: Path, content: object, name: str = "orders") -> Path:
    file = folder / f"{name}.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def suite(*expectations: object) -> dict[str, object]:
    return {"name": "orders", "expectations": list(expectations)}


def test_severities_and_names(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        suite(
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "total"}, "severity": "info"},
            {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}, "meta": {"owner": "sales"}},
        ),
    )
    first, second = read_user_suite(file)
    assert (first.name, first.severity, first.column) == ("rule_column_values_to_not_be_null_total", "info", "total")
    assert (second.severity, second.meta) == ("critical", {"owner": "sales"})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"notes": "Nobody pays twice."}, "Your own rule: Nobody pays twice"),
        ({"notes": ["Nobody pays", "twice."]}, "Your own rule: Nobody pays twice"),
        (
            {"meta": {"notes": {"format": "markdown", "content": ["Nobody pays twice"]}}},
            "Your own rule: Nobody pays twice",
        ),
        (
            {"description": "One payment.", "notes": "Nobody pays twice."},
            "Your own rule: One payment. Nobody pays twice",
        ),
        ({}, "Your own rule: expect_column_values_to_be_unique holds for order_id"),
    ],
)
def test_a_rule_is_described_by_what_people_wrote_beside_it(tmp_path: Path, more: dict[str, object], told: str) -> None:
    entry = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "order_id"}, **more}
    (rule,) = read_user_suite(write(tmp_path, suite(entry)))
    assert rule.description == told


def test_a_rule_without_words_names_its_bounds_and_no_values(tmp_path: Path) -> None:
    kwargs = {"column": "points", "min_value": 0, "max_value": 9.5, "mostly": 0.99, "strict_max": True}
    between = {"type": "expect_column_values_to_be_between", "kwargs": kwargs}
    among = {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "state", "value_set": ["new", 7]}}
    first, second = read_user_suite(write(tmp_path, suite(between, among)))
    assert first.description == (
        "Your own rule: expect_column_values_to_be_between holds for points, "
        "with min_value 0 and max_value 9.5 and mostly 0.99"
    )
    assert second.description == "Your own rule: expect_column_values_to_be_in_set holds for state"


@pytest.mark.parametrize(
    ("content", "number", "says"),
    [
        ("{not json", None, "not JSON"),
        ({"expectation": []}, None, "no suite"),
        (suite({"kwargs": {}}), 1, '"type"'),
        (suite({"type": "expect_column_values_to_be_nul", "kwargs": {"column": "a"}}), 1, "knows no"),
        (suite({"type": "expect_column_values_to_be_null", "kwargs": {"colum": "a"}}), 1, "column field required"),
        (
            suite({"type": "expect_column_values_to_be_null", "kwargs": {"column": "a"}, "severity": "bad"}),
            1,
            "severity",
        ),
    ],
)
def test_what_cannot_be_read_names_file_and_expectation(
    tmp_path: Path, content: object, number: int | None, says: str
) -> None:
    file = write(tmp_path, content)
    with pytest.raises(ExpectationsRefused, match=says) as refused:
        read_user_suite(file)
    assert (refused.value.file, refused.value.expectation) == (file, number)


def test_an_unknown_expectation_is_told_its_nearest_name(tmp_path: Path) -> None:
    file = write(tmp_path, suite({"type": "expect_column_values_to_be_nul", "kwargs": {"column": "a"}}))
    with pytest.raises(ExpectationsRefused, match="expect_column_values_to_be_null"):
        read_user_suite(file)


def test_a_file_of_no_table_is_refused(tmp_path: Path) -> None:
    write(tmp_path, suite(), "order")
    with pytest.raises(ExpectationsRefused, match=r"Name it orders\.json"):
        read_user_suites(tmp_path, ["orders"])


def test_no_folder_is_no_rules(tmp_path: Path) -> None:
    assert read_user_suites(None, ["orders"]) == {}
    assert read_user_suites(tmp_path / "missing", ["orders"]) == {}
