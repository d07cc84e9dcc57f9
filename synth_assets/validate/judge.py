"""Judging a dataset: every check of every table and key, and the verdict that they make."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import polars as pl

from synth_assets.catalog.driving import driving_keys
from synth_assets.catalog.model import Catalog
from synth_assets.plan.resolved import ResolvedPlan
from synth_assets.store.profile import TableProfile
from synth_assets.store.verdict import CheckResult, Severity, Verdict, dataset_fingerprint
from synth_assets.validate import dependencies, fidelity, integrity, privacy, promises
from synth_assets.validate.bias import bias_checks
from synth_assets.validate.canaries import canary_checks
from synth_assets.validate.entities import Entities
from synth_assets.validate.entity_checks import entity_checks
from synth_assets.validate.errors import RowsMissing
from synth_assets.validate.expectations import Expected
from synth_assets.validate.gate import figures, let_through, passes
from synth_assets.validate.results import guarded, unique_names
from synth_assets.validate.reweighted import with_reweighted
from synth_assets.validate.rows import Rows, Signer
from synth_assets.validate.subject import Subject, subjects
from synth_assets.validate.suite_results import FAMILY as EXPECTATIONS
from synth_assets.validate.suite_run import SuiteRunner
from synth_assets.validate.suites import suite_of
from synth_assets.validate.user_suite import read_user_suites

TABLES_AT_ONCE = 2
BY_ITSELF, WITH_SOURCE = "expectations", "comparison"

Progress: TypeAlias = Callable[[str, str, int, int], None]
"""Told of a part of judging, the table, how many steps are done and how many there are: one a table in each part."""


def judge(
    *,
    dataset: str,
    refresh: str,
    catalog: Catalog,
    plan: ResolvedPlan,
    profiles: Mapping[str, TableProfile],
    snapshot: Mapping[str, Rows],
    synthetic: Mapping[str, Rows],
    expectations: Path | None,
    store: Signer,
    data_docs: Path | None = None,
    canaries: Mapping[str, pl.DataFrame] | None = None,
    spent_epsilon: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Verdict:
    """The signed verdict on exactly these synthetic rows; it is not saved yet.

    Args:
        snapshot: The source's rows of every table that was extracted, with the rows held out of training.
        synthetic: The rows that are to be published, of every table that the plan publishes.
        expectations: The folder of the user's own suites, one JSON file a table.
        data_docs: Where Great Expectations' Data Docs are built; None builds none.
        canaries: By table, what was planted into the rows that its synthesizer learned; looked for where the plan asks.
        spent_epsilon: What learning private tables has spent in all; None where the plan has no budget.
        seed: Of every sample that a check draws: the same rows and seed give the same verdict.
        progress: Told what is at work.

    Raises:
        ExpectationsRefused: A suite of the user's cannot be read.
        RowsMissing: A published table has no rows in `synthetic`.
    """
    missing = tuple(t.name for t in plan.published if t.name not in synthetic)
    if missing:
        raise RowsMissing(missing)
    judged = subjects(catalog, plan, profiles, snapshot, synthetic)
    suites = read_user_suites(expectations, judged)
    tell = progress or (lambda *_: None)
    checks = unique_names(
        [
            *_expectation_checks(judged, suites, dialect=catalog.dialect, data_docs=data_docs, tell=tell),
            *_other_checks(judged, catalog, plan, snapshot, seed, tell=tell),
            *(canary_checks(judged, canaries or {}) if plan.canaries else ()),
            *promises.budget_checks(plan.budget, spent_epsilon),
        ]
    )
    verdict = Verdict(
        dataset=dataset,
        refresh=refresh,
        fingerprint=dataset_fingerprint({name: s.synthetic.fingerprint for name, s in judged.items()}),
        passed=passes(checks),
        checks=tuple(checks),
        figures=figures(checks),
        let_through=let_through(plan),
    )
    return verdict.model_copy(update={"signature": store.sign(verdict.signed_content())})


def _expectation_checks(
    judged: Mapping[str, Subject],
    suites: Mapping[str, list[Expected]],
    *,
    dialect: str,
    data_docs: Path | None,
    tell: Progress,
) -> Iterator[CheckResult]:
    runner = SuiteRunner()
    for done, (name, subject) in enumerate(judged.items()):
        tell(BY_ITSELF, name, done, 2 * len(judged))

        def run(name: str = name, subject: Subject = subject) -> list[CheckResult]:
            return runner.run(name, subject.synthetic, suite_of(subject, suites, dialect=dialect))

        yield from guarded(run, name="great_expectations", table=name, family=EXPECTATIONS)
    if data_docs is not None:

        def build(folder: Path = data_docs) -> list[CheckResult]:
            runner.build_data_docs(folder)
            return []

        yield from guarded(build, name="data_docs", table=None, family=EXPECTATIONS, severity=Severity.WARN)


def _other_checks(
    judged: Mapping[str, Subject],
    catalog: Catalog,
    plan: ResolvedPlan,
    snapshot: Mapping[str, Rows],
    seed: int,
    *,
    tell: Progress,
) -> list[CheckResult]:
    rows = {name: table.rows for name, table in snapshot.items()}
    driving = driving_keys((catalog.table(name) for name in rows), plan.foreign_keys, rows)
    hangs_on = {name: key for name, key in driving.items() if key is not None}
    entities = Entities(snapshot, hangs_on)
    judged = with_reweighted(judged, hangs_on, seed=seed)

    def check(subject: Subject) -> list[CheckResult]:
        return list(_checks_of_table(subject, judged, catalog, plan, entities, seed))

    of_tables: list[CheckResult] = []
    with ThreadPoolExecutor(max_workers=TABLES_AT_ONCE) as pool:
        found = pool.map(check, judged.values())
        # Told in this thread, which waits for them one after the other.
        for done, name in enumerate(judged, start=len(judged)):
            tell(WITH_SOURCE, name, done, 2 * len(judged))
            of_tables += next(found)
    return [
        *of_tables,
        *entity_checks(judged, entities, hangs_on, gate=plan.gate.privacy, seed=seed),
        *bias_checks(plan.bias, judged, entities, hangs_on, gate=plan.gate.bias),
    ]


def _checks_of_table(
    subject: Subject,
    judged: Mapping[str, Subject],
    catalog: Catalog,
    plan: ResolvedPlan,
    entities: Entities,
    seed: int,
) -> Iterator[CheckResult]:
    keys = plan.foreign_keys.get(subject.name, ())
    yield from integrity.table_checks(subject, dialect=catalog.dialect)
    yield from dependencies.table_checks(subject, judged, keys=plan.foreign_keys)
    yield from integrity.label_checks(subject)
    for key in keys:
        yield from integrity.key_check(key, subject, judged)
    yield from fidelity.table_checks(subject, gate=plan.gate.fidelity, entities=entities, seed=seed)
    for key in keys:
        yield from fidelity.key_checks(key, subject, judged, gate=plan.gate.fidelity, seed=seed)
    yield from promises.table_checks(subject)
    yield from privacy.table_checks(
        subject, gate=plan.gate.privacy, hold_out=plan.hold_out, entities=entities, seed=seed
    )
