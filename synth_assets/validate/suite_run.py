"""Running a table's suite, and Data Docs of all suites."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from synth_assets.store.verdict import CheckResult
from synth_assets.validate.expectations import Expected
from synth_assets.validate.great_expectations_runtime import (
    as_pandas,
    ephemeral_context,
    expectation_class,
    great_expectations,
)
from synth_assets.validate.rows import Rows
from synth_assets.validate.suite_results import COUNTS, NUMBER, as_check, broken_share, is_evaluated

# Longer tables are read a part at a time; expectations of single rows then hold if they hold in every part, and those
# of whole columns (uniqueness, means) get all rows of the columns that they name.
ROWS_AT_ONCE = 1_000_000
_NO_EXCEPTION = {"raised_exception": False, "exception_traceback": None, "exception_message": None}
_WHOLE = ("unique", "increasing", "decreasing", "z_scores", "outliers")
_SITE = "synthetic"


class SuiteRunner:
    """Runs suites in one ephemeral context. Values of rows never get into its results."""

    def __init__(self) -> None:
        self._context = ephemeral_context()
        self._source = self._context.data_sources.add_pandas("synthetic")
        self._ran: dict[str, Any] = {}

    def run(self, table: str, rows: Rows, expected: Sequence[Expected]) -> list[CheckResult]:
        """One check for each expectation of a table, in their order."""
        results: dict[int, Any] = {}
        shares: dict[int, float] = {}
        asset = self._source.add_dataframe_asset(table)
        batches = asset.add_batch_definition_whole_dataframe("rows")
        first: Any = None
        for frame, numbers in _parts(rows, expected):
            batch = batches.get_batch({"dataframe": as_pandas(frame)})
            found = batch.validate(self._suite(table, expected, numbers), result_format="BOOLEAN_ONLY")
            first = first or found
            failed = []
            for result in found.results:
                number = result.expectation_config.meta[NUMBER]
                if number not in results or not result.success:
                    results[number] = result
                if not result.success:
                    failed.append(number)
            if failed:
                counted = batch.validate(self._suite(table, expected, failed), result_format=COUNTS)
                for result in counted.results:
                    if is_evaluated(result):
                        number = result.expectation_config.meta[NUMBER]
                        shares[number] = max(shares.get(number, 0.0), broken_share(result))
        self._keep(table, first, results, shares)
        held = {number for number, result in results.items() if result.success}
        return [as_check(table, e, passed=n in held, share=shares.get(n)) for n, e in enumerate(expected)]

    def build_data_docs(self, folder: Path) -> Path:
        """Static HTML of every suite that ran: its expectations and whether they held. Returns the index page.

        Pages tell expectations by their descriptions, which hold no value of a row, and how many rows broke them; not
        the ranges and categories that they compare with, which come from the source. Great Expectations' templates
        load their styles from public servers: without a network the pages are plain but complete.

        Args:
            folder: Replaced as a whole.
        """
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.resolve())}
        self._context.add_data_docs_site(
            _SITE,
            {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": store,
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            },
        )
        self._context.build_data_docs(site_names=[_SITE])
        return folder / "index.html"

    def _suite(self, table: str, expected: Sequence[Expected], numbers: Sequence[int]) -> Any:
        from great_expectations.core import ExpectationSuite

        great_expectations()
        expectations = []
        for number in numbers:
            e = expected[number]
            build: Any = expectation_class(e.type)
            meta = {**e.meta, NUMBER: number}
            expectations.append(build(**e.kwargs, severity=e.severity, description=e.description, meta=meta))
        return ExpectationSuite(name=table, expectations=expectations)

    def _keep(self, table: str, first: Any, results: dict[int, Any], broken: dict[int, float]) -> None:
        """Put the table's results, with the share of rows that broke them at most, where Data Docs are built from."""
        from great_expectations.core import ExpectationSuite, ExpectationSuiteValidationResult, RunIdentifier
        from great_expectations.data_context.types.resource_identifiers import (
            ExpectationSuiteIdentifier,
            ValidationResultIdentifier,
        )

        if first is None:
            return
        for number, result in results.items():
            is_counted = (result.success or number in broken) and _is_of_rows(result.expectation_config.type)
            result.result = {"unexpected_percent": 100 * broken.get(number, 0.0)} if is_counted else {}
            result.exception_info = dict(_NO_EXCEPTION)
        ordered = [results[n] for n in sorted(results)]
        held = sum(bool(r.success) for r in ordered)
        statistics = {
            "evaluated_expectations": len(ordered),
            "successful_expectations": held,
            "unsuccessful_expectations": len(ordered) - held,
            "success_percent": 100.0 * held / max(len(ordered), 1),
        }
        now = datetime.now(UTC)
        run = RunIdentifier(run_name="refresh", run_time=now)
        whole = ExpectationSuiteValidationResult(
            success=held == len(ordered),
            results=ordered,
            suite_name=table,
            statistics=statistics,
            meta={**first.meta, "run_id": run, "validation_time": now},
        )
        suite_id = ExpectationSuiteIdentifier(name=table)
        self._context.suites.add(
            ExpectationSuite(
                name=table, expectations=[r.expectation_config.to_domain_obj() for r in _without_ids(ordered)]
            )
        )
        self._context.validation_results_store.store_validation_results(
            suite_validation_result=whole,
            suite_validation_result_identifier=ValidationResultIdentifier(
                batch_identifier=table, expectation_suite_identifier=suite_id, run_id=run
            ),
            expectation_suite_identifier=suite_id,
        )


def _without_ids(results: Sequence[Any]) -> Iterator[Any]:
    for result in results:
        result.expectation_config.kwargs.pop("batch_id", None)
        yield result


def _parts(rows: Rows, expected: Sequence[Expected]) -> Iterator[tuple[pl.DataFrame, list[int]]]:
    """Frames to validate, each with the numbers of the expectations that it is for."""
    everything = list(range(len(expected)))
    if rows.rows <= ROWS_AT_ONCE:
        yield rows.read(), everything
        return
    by_row = [n for n in everything if _holds_by_row(expected[n])]
    for batch in rows.batches(rows=ROWS_AT_ONCE):
        yield batch, by_row
    for number in everything:
        if number not in by_row:
            yield rows.read(columns=_named(expected[number], rows)), [number]


def _holds_by_row(expected: Expected) -> bool:
    whole = any(word in expected.type for word in _WHOLE) or expected.kwargs.get("mostly", 1) != 1
    return (not whole and _is_of_rows(expected.type)) or expected.type.startswith("expect_table_columns")


def _is_of_rows(expectation: str) -> bool:
    """Whether single rows keep or break an expectation, so that Great Expectations counts them."""
    great_expectations()
    from great_expectations.expectations.expectation import (
        ColumnMapExpectation,
        ColumnPairMapExpectation,
        MulticolumnMapExpectation,
    )

    kind: Any = expectation_class(expectation)
    return issubclass(kind, (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation))


def _named(expected: Expected, rows: Rows) -> list[str]:
    """The columns that an expectation of whole columns reads; one for a count of rows, else all."""
    named = [expected.kwargs[k] for k in ("column", "column_A", "column_B") if k in expected.kwargs]
    listed = expected.kwargs.get("column_list")
    named += listed if isinstance(listed, list) else []
    names = rows.schema.names()
    if expected.type.startswith("expect_table_row_count"):
        return names[:1]
    return [n for n in names if n in named] or names
