"""Which suites a target is asked once more, over the rows that were loaded into it: those of big tables."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from synth_assets.store.store import Store
from synth_assets.store.tables import TableRows
from synth_assets.store.verdict import CheckResult, Severity, dataset_fingerprint
from synth_assets.store.verdicts import judged_suites

if TYPE_CHECKING:
    from pydantic import JsonValue

    from synth_assets.publish.staged_suites import Suite


def suites_in_target(
    store: Store, *, dataset: str, tables: Mapping[str, TableRows], above: int | None
) -> "dict[str, Suite]":
    """The suites by which tables of more than `above` rows were judged, by table; None asks none."""
    if above is None:
        return {}
    fingerprint = dataset_fingerprint({name: rows.fingerprint for name, rows in tables.items()})
    kept = judged_suites(store, dataset=dataset, fingerprint=fingerprint)
    return {
        name: partial(_ask, name, kept[name]) if name in kept else partial(_not_kept, name)
        for name, rows in tables.items()
        if rows.rows > above
    }


def _ask(table: str, suite: "JsonValue", **database: Any) -> Sequence[CheckResult]:
    # Great Expectations takes seconds to import: only a big table is worth them.
    from synth_assets.validate.suite_in_database import run_in_database
    from synth_assets.validate.suites import from_json

    return run_in_database(table, from_json(suite), **database)


def _not_kept(table: str, **database: Any) -> Sequence[CheckResult]:
    del database
    said = "The verdict was made before suites were kept beside it: they were not asked of the target."
    return [
        CheckResult(
            name="suite_kept",
            table=table,
            family="expectations",
            passed=False,
            severity=Severity.WARN,
            description=said,
        )
    ]
