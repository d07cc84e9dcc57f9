"""How a figure becomes a CheckResult, and a crash a failed one."""

import math
import re
from collections.abc import Callable, Iterable

from pydantic import JsonValue

from synth_assets.catalog.model import ForeignKey
from synth_assets.store.verdict import CheckResult, Severity

_NOT_A_NAME = re.compile(r"[^A-Za-z0-9]+")


def name_part(identifier: str) -> str:
    """An identifier of any database as a part of a check's name: ASCII letters, digits, underscores."""
    return _NOT_A_NAME.sub("_", identifier).strip("_").lower() or "column"


def key_name(key: ForeignKey) -> str:
    """A foreign key as a part of a check's name; a branch of a polymorphic key with the table that it leads to."""
    return "_".join(name_part(c) for c in (*key.columns, *((key.parent,) if key.branch else ())))


def numbered(names: Iterable[str]) -> list[str]:
    """The names, with numbers after those that occur more than once."""
    seen: dict[str, int] = {}
    taken: dict[str, None] = {}
    for name in names:
        unique = name
        while unique in taken:
            seen[name] = seen.get(name, 1) + 1
            unique = f"{name}_{seen[name]}"
        taken[unique] = None
    return list(taken)


def unique_names(checks: Iterable[CheckResult]) -> list[CheckResult]:
    """The checks, with numbers after names that occur more than once in a table."""
    found = list(checks)
    by_table: dict[str | None, list[int]] = {}
    for at, check in enumerate(found):
        by_table.setdefault(check.table, []).append(at)
    for places in by_table.values():
        for at, name in zip(places, numbered(found[at].name for at in places), strict=True):
            if name != found[at].name:
                found[at] = found[at].model_copy(update={"name": name})
    return found


def not_applicable(*, name: str, table: str | None, family: str, why: str, column: str | None = None) -> CheckResult:
    """A figure that a stated rule excuses: passed, and saying so."""
    return CheckResult(
        name=name,
        table=table,
        column=column,
        family=family,
        passed=True,
        description=f"Not applicable: {why}.",
        facts={"applicable": False, "why": why},
    )


def figure(
    *,
    name: str,
    table: str | None,
    family: str,
    value: float | None,
    threshold: float,
    passed: bool,
    severity: Severity,
    description: str,
    remedy: str,
    facts: dict[str, JsonValue] | None = None,
) -> CheckResult:
    """A check of a figure; one that is missing or not a number fails whatever `passed` says."""
    computed = value is not None and math.isfinite(value)
    return CheckResult(
        name=name,
        table=table,
        family=family,
        passed=passed and computed,
        severity=severity,
        value=value if computed else None,
        threshold=threshold,
        description=description if computed else f"The figure {name} could not be computed, so it is not passed.",
        remedy="" if passed and computed else remedy,
        facts=(facts or {}) | {"applicable": True},
    )


def guarded(
    run: Callable[[], Iterable[CheckResult]],
    *,
    name: str,
    table: str | None,
    family: str,
    column: str | None = None,
    severity: Severity = Severity.ERROR,
) -> list[CheckResult]:
    """The checks that `run` makes; one failed check if it crashes.

    The failed check names the exception's type only: the text of an exception may quote a row.
    """
    try:
        return list(run())
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a check, the gate must say so and stay shut
        return [
            CheckResult(
                name=name,
                table=table,
                column=column,
                family=family,
                passed=False,
                severity=severity,
                description=f"The check crashed with {type(error).__name__}: nothing was shown, so it is not passed.",
                remedy="Report this with the name of the check and the exception's type; nothing was published.",
                facts={"crashed": type(error).__name__},
            )
        ]
