"""The user's own suites: expectations/<dataset>/<table>.json, in Great Expectations' own JSON."""

import difflib
import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import JsonValue

from synth_assets.validate.errors import ExpectationsRefused
from synth_assets.validate.expectations import Expected
from synth_assets.validate.great_expectations_runtime import expectation_class, known_types
from synth_assets.validate.results import name_part

SEVERITIES = ("critical", "warning", "info")
_REMEDY = "This is a rule of your own: look at the rows that break it, at the rule, or at the columns' treatments."


def read_user_suites(folder: Path | None, tables: Iterable[str]) -> dict[str, list[Expected]]:
    """The user's expectations by table; tables without a file have none.

    Raises:
        ExpectationsRefused: A file is no suite, names an unknown expectation, or is of no published table.
    """
    if folder is None or not folder.is_dir():
        return {}
    names = set(tables)
    suites = {}
    for file in sorted(folder.glob("*.json")):
        if file.stem not in names:
            nearest = difflib.get_close_matches(file.stem, sorted(names), n=1)
            raise ExpectationsRefused(
                file,
                f"there is no published table {file.stem}.",
                next_step=f"Name it {nearest[0]}.json." if nearest else "Name it after a table, or remove it.",
            )
        suites[file.stem] = read_user_suite(file)
    return suites


def read_user_suite(file: Path) -> list[Expected]:
    """The expectations of one file.

    Raises:
        ExpectationsRefused: It is no suite, or an expectation in it is none.
    """
    try:
        suite = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ExpectationsRefused(file, f"it is not JSON: line {error.lineno}, {error.msg}.") from error
    except UnicodeDecodeError as error:
        raise ExpectationsRefused(file, "it is not UTF-8 text.") from error
    if not isinstance(suite, dict) or not isinstance(suite.get("expectations"), list):
        raise ExpectationsRefused(file, 'it is no suite: wanted {"name": ..., "expectations": [...]}.')
    return [_expected(file, i, entry) for i, entry in enumerate(suite["expectations"], start=1)]


def _expected(file: Path, number: int, entry: JsonValue) -> Expected:
    def refuse(problem: str, next_step: str = "") -> ExpectationsRefused:
        return ExpectationsRefused(file, problem, expectation=number, next_step=next_step)

    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise refuse('it has no "type".')
    kind = str(entry["type"])
    kwargs, meta = entry.get("kwargs", {}), entry.get("meta") or {}
    severity = entry.get("severity") or "critical"
    if not isinstance(kwargs, dict) or not isinstance(meta, dict):
        raise refuse(f'"kwargs" and "meta" of {kind} must be objects.')
    if severity not in SEVERITIES:
        raise refuse(f"the severity of {kind} must be one of {', '.join(SEVERITIES)}.")
    implementation = expectation_class(kind)
    if implementation is None:
        nearest = difflib.get_close_matches(kind, known_types(), n=1)
        raise refuse(f"Great Expectations knows no {kind}.", f"Did you mean {nearest[0]}?" if nearest else "")
    try:
        implementation(**kwargs)
    except (ValueError, TypeError) as error:
        raise refuse(f"the kwargs of {kind} do not fit: {_problems(error)}.") from error
    column = kwargs.get("column")
    named = [str(kwargs[k]) for k in ("column", "column_A", "column_B") if k in kwargs]
    lists = [kwargs.get(k) for k in ("column_list", "column_set")]
    named += [str(c) for columns in lists if isinstance(columns, list) for c in columns]
    parts = [kind.removeprefix("expect_"), *named]
    described = entry.get("description")
    text = str(described) if described else f"{kind} holds" + (f" for {', '.join(named)}" if named else "")
    return Expected(
        name="rule_" + "_".join(name_part(p) for p in parts),
        type=kind,
        kwargs=kwargs,
        description=f"Your own rule: {text}",
        column=column if isinstance(column, str) else None,
        severity=severity,  # type: ignore[arg-type]
        remedy=_REMEDY,
        meta=meta,
    )


def _problems(error: Exception) -> str:
    """What pydantic found wrong, without the values that it found."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return type(error).__name__
    return "; ".join(f"{'.'.join(str(p) for p in e['loc'] if p != '__root__')} {e['msg']}".strip() for e in errors())
