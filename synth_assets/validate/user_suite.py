"""The user's own suites: expectations/<dataset>/<table>.json, in Great Expectations' own JSON."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from synth_assets.validate.errors import ExpectationsRefused
from synth_assets.validate.expectations import Expected
from synth_assets.validate.great_expectations_runtime import expectation_class, known_types
from synth_assets.validate.user_rules import UserRule, read_rules, suite_files

_REMEDY = "This is a rule of your own: look at the rows that break it, at the rule, or at the columns' treatments."


def read_user_suites(folder: Path | None, tables: Iterable[str]) -> dict[str, list[Expected]]:
    """The user's expectations by table; tables without a file have none.

    Raises:
        ExpectationsRefused: A file is no suite, names an unknown expectation, or is of no published table.
    """
    return {table: read_user_suite(file) for table, file in suite_files(folder, tables).items()}


def read_user_suite(file: Path) -> list[Expected]:
    """The expectations of one file.

    Raises:
        ExpectationsRefused: It is no suite, or an expectation in it is none.
    """
    return [_expected(file, rule) for rule in read_rules(file)]


def _expected(file: Path, rule: UserRule) -> Expected:
    def refuse(problem: str, next_step: str = "") -> ExpectationsRefused:
        return ExpectationsRefused(file, problem, expectation=rule.number, next_step=next_step)

    implementation = expectation_class(rule.type)
    if implementation is None:
        nearest = difflib.get_close_matches(rule.type, known_types(), n=1)
        raise refuse(f"Great Expectations knows no {rule.type}.", f"Did you mean {nearest[0]}?" if nearest else "")
    try:
        implementation(**rule.kwargs)
    except (ValueError, TypeError) as error:
        raise refuse(f"the kwargs of {rule.type} do not fit: {_problems(error)}.") from error
    return Expected(
        name=rule.name,
        type=rule.type,
        kwargs=rule.kwargs,
        description=f"Your own rule: {rule.description}",
        column=rule.column,
        severity=rule.severity,
        remedy=_REMEDY,
        meta=rule.meta,
    )


def _problems(error: Exception) -> str:
    """What pydantic found wrong, without the values that it found."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return type(error).__name__
    return "; ".join(f"{'.'.join(str(p) for p in e['loc'] if p != '__root__')} {e['msg']}".strip() for e in errors())
