"""The user's own rules as they stand in expectations/<dataset>/<table>.json, read without Great Expectations.

What a rule's expectation must look like, Great Expectations knows: see `user_suite`.
"""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import JsonValue

from synth_assets.validate.errors import ExpectationsRefused
from synth_assets.validate.results import name_part, numbered

RuleSeverity: TypeAlias = Literal["critical", "warning", "info"]
SEVERITIES: tuple[RuleSeverity, ...] = ("critical", "warning", "info")
_PREFIX = "rule_"


@dataclass(frozen=True)
class UserRule:
    """One expectation of a suite.

    Attributes:
        name: Of its check, unique within the table.
        number: Its place in the file, counted from 1.
        type: The expectation's name in Great Expectations, in snake case.
        column: The one column that it is of; None for one of several columns or of the table.
        description: What must hold, in the user's words where there are any.
    """

    name: str
    number: int
    type: str
    kwargs: dict[str, JsonValue]
    column: str | None
    severity: RuleSeverity
    description: str
    meta: dict[str, JsonValue]


def suite_files(folder: Path | None, tables: Iterable[str]) -> dict[str, Path]:
    """The files of the user's suites by table; tables without a file have none.

    Raises:
        ExpectationsRefused: A file is of no published table.
    """
    if folder is None or not folder.is_dir():
        return {}
    names = set(tables)
    files = {}
    for file in sorted(folder.glob("*.json")):
        if file.stem not in names:
            nearest = difflib.get_close_matches(file.stem, sorted(names), n=1)
            raise ExpectationsRefused(
                file,
                f"there is no published table {file.stem}.",
                next_step=f"Name it {nearest[0]}.json." if nearest else "Name it after a table, or remove it.",
            )
        files[file.stem] = file
    return files


def read_rules(file: Path) -> tuple[UserRule, ...]:
    """The rules of one file.

    Raises:
        ExpectationsRefused: It is no suite, or an entry of it is no expectation.
    """
    try:
        suite = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ExpectationsRefused(file, f"it is not JSON: line {error.lineno}, {error.msg}.") from error
    except UnicodeDecodeError as error:
        raise ExpectationsRefused(file, "it is not UTF-8 text.") from error
    if not isinstance(suite, dict) or not isinstance(suite.get("expectations"), list):
        raise ExpectationsRefused(file, 'it is no suite: wanted {"name": ..., "expectations": [...]}.')
    entries = [_checked(file, number, entry) for number, entry in enumerate(suite["expectations"], start=1)]
    names = numbered([_name(entry) for entry in entries])
    return tuple(_rule(number, *named) for number, named in enumerate(zip(names, entries, strict=True), start=1))


def _checked(file: Path, number: int, entry: JsonValue) -> dict[str, JsonValue]:
    def refuse(problem: str) -> ExpectationsRefused:
        return ExpectationsRefused(file, problem, expectation=number)

    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise refuse('it has no "type".')
    if not isinstance(entry.get("kwargs", {}), dict) or not isinstance(entry.get("meta") or {}, dict):
        raise refuse(f'"kwargs" and "meta" of {entry["type"]} must be objects.')
    if (entry.get("severity") or "critical") not in SEVERITIES:
        raise refuse(f"the severity of {entry['type']} must be one of {', '.join(SEVERITIES)}.")
    return entry


def _name(entry: dict[str, JsonValue]) -> str:
    parts = [str(entry["type"]).removeprefix("expect_"), *_columns(entry)]
    return _PREFIX + "_".join(name_part(part) for part in parts)


def _columns(entry: dict[str, JsonValue]) -> list[str]:
    """The columns that an expectation names."""
    kwargs = _object(entry, "kwargs")
    named = [str(kwargs[key]) for key in ("column", "column_A", "column_B") if key in kwargs]
    lists = [kwargs.get(key) for key in ("column_list", "column_set")]
    return named + [str(column) for columns in lists if isinstance(columns, list) for column in columns]


def _rule(number: int, name: str, entry: dict[str, JsonValue]) -> UserRule:
    kind, columns = str(entry["type"]), _columns(entry)
    said = ". ".join(text.rstrip(".") for text in (str(entry.get("description") or ""), _notes(entry)) if text)
    column = _object(entry, "kwargs").get("column")
    return UserRule(
        name=name,
        number=number,
        type=kind,
        kwargs=_object(entry, "kwargs"),
        column=column if isinstance(column, str) else None,
        severity=next(known for known in SEVERITIES if known == (entry.get("severity") or "critical")),
        description=said or f"{kind} holds" + (f" for {', '.join(columns)}" if columns else "") + _bounds(entry),
        meta=_object(entry, "meta"),
    )


def _bounds(entry: dict[str, JsonValue]) -> str:
    """The numbers that a rule names, such as min_value; its lists of values are left to the file."""
    numbers = {
        name: value
        for name, value in _object(entry, "kwargs").items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    said = " and ".join(f"{name} {value}" for name, value in numbers.items())
    return f", with {said}" if said else ""


def _notes(entry: dict[str, JsonValue]) -> str:
    """What people wrote beside a rule: Great Expectations has `notes`, and had `meta.notes` before."""
    found = entry.get("notes") or _object(entry, "meta").get("notes")
    if isinstance(found, dict):
        found = found.get("content")
    return " ".join(map(str, found)) if isinstance(found, list) else str(found or "")


def _object(entry: dict[str, JsonValue], key: str) -> dict[str, JsonValue]:
    found = entry.get(key)
    return found if isinstance(found, dict) else {}
