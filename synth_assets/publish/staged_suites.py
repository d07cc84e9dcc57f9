"""The suites of big tables, asked of the staged rows by SQL: what is broken stops the publication."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl
import sqlalchemy

from synth_assets.publish.protocol import Publisher
from synth_assets.store.verdict import CheckResult, Severity


class Suite(Protocol):
    """The expectations of one table, ready to be asked of a database."""

    def __call__(
        self, *, engine: sqlalchemy.Engine, rows: sqlalchemy.Select[Any], schema: pl.Schema, dialect: str
    ) -> Sequence[CheckResult]:
        """One result for each expectation: see `synth_assets.validate.suite_in_database.run_in_database`."""
        ...


@dataclass(frozen=True)
class SuitesFound:
    """What came of the suites.

    Attributes:
        broken: Critical expectations that do not hold, a line each: the rows must not become live.
        notes: What people should know, a line each: warnings, and what was left to the verdict alone.
        held: Expectations that hold, by table.
    """

    broken: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    held: Mapping[str, int] | None = None


def run_suites(publisher: Publisher, suites: Mapping[str, Suite]) -> SuitesFound:
    """Ask the staged tables what their suites expect.

    Args:
        suites: By table; a table without one is not asked.

    Raises:
        DatabaseFailed: The connection was lost meanwhile, whatever the results say.
    """
    if not suites:
        return SuitesFound()
    broken: list[str] = []
    notes: list[str] = []
    held: dict[str, int] = {}
    with publisher.staged_rows() as staged:
        if staged is None:
            names = ", ".join(suites)
            return SuitesFound(
                notes=(f"{names}: expectations stay with the verdict; this dialect's SQL is not known.",)
            )
        for table, suite in suites.items():
            results = suite(
                engine=staged.engine, rows=staged.select(table), schema=staged.schema(table), dialect=staged.dialect
            )
            failed = [result for result in results if not result.passed]
            broken += [_line(table, result) for result in failed if result.severity is Severity.ERROR]
            notes += [f"{_line(table, result)} (a warning)" for result in failed if result.severity is Severity.WARN]
            left = [result.name for result in results if result.facts.get("applicable") is False]
            if left:
                notes.append(f"{table}: {len(left)} expectations stay with the verdict: {', '.join(left)}.")
            held[table] = len(results) - len(failed) - len(left)
    return SuitesFound(tuple(broken), tuple(notes), held)


def _line(table: str, result: CheckResult) -> str:
    return f"{table}: {result.name}: {result.description}"
