"""A re-execution whose real rows are gone: it reads them again, once, and nothing is made of two snapshots."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.job_execution_result import JobExecutionResult

from synth_assets.assets.cleanup import remove_snapshots
from synth_assets.project import Project
from synth_assets.refresh import Refresh, open_store
from synth_assets.store.files import LocalFiles
from synth_assets.synthesize.auto.table import fit_table
from tests.assets.events import log_lines, re_execute, refresh_in_process, started_steps
from tests.assets.projects import DATASET, rows_in_target

READ_AGAIN = "All tables are read again"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance that keeps its runs on disk, as a re-execution needs it."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def test_learning_that_failed_goes_on_with_rows_read_again(
    project: Project, home: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = failed_run(project, home, monkeypatch)
    customers = learned(project, "customers")
    second = re_execute(str(project.root), first, home)
    assert second.success
    assert "small__synthesizer__orders" in started_steps(second)
    assert not started_steps(second) & {"small__snapshot", "small__profile", "small__synthesizer__customers"}
    assert sum(READ_AGAIN in line for line in log_lines(second, home)) == 1
    assert learned(project, "customers") == customers
    assert rows_in_target(project)["customers"] == 300
    assert open_store(project).artifacts(DATASET, stage="snapshot") == []


def test_what_has_changed_since_is_learned_again(
    project: Project, home: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = failed_run(project, home, monkeypatch)
    customers, teams = learned(project, "customers"), learned(project, "teams")
    with closing(sqlite3.connect(project.root / "production.db")) as connection, connection:
        connection.execute("DELETE FROM members WHERE level = 1")
    second = re_execute(str(project.root), first, home)
    assert second.success
    assert learned(project, "teams") != teams
    assert learned(project, "customers") == customers


def test_a_renewal_that_was_killed_is_begun_anew(
    project: Project, home: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = failed_run(project, home, monkeypatch)
    with monkeypatch.context() as once:
        once.setattr("synth_assets.refresh.refresh.Refresh.profile", killed)
        second = re_execute(str(project.root), first, home)
    assert not second.success
    assert not Refresh(project, DATASET, refresh=first.run_id).has_snapshot
    third = re_execute(str(project.root), second, home)
    assert third.success
    assert any(READ_AGAIN in line for line in log_lines(third, home))
    assert open_store(project).artifacts(DATASET, stage="renewal") == []


def test_a_store_without_locks_says_what_to_do(
    project: Project, home: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = failed_run(project, home, monkeypatch)
    monkeypatch.setattr(LocalFiles, "has_locks", False)
    second = re_execute(str(project.root), first, home)
    (failure,) = [event for event in second.all_events if event.is_step_failure]
    assert failure.step_failure_data.error is not None
    assert "Real rows are removed when a refresh ends, also when it fails" in failure.step_failure_data.error.message


def test_a_refresh_does_not_publish_the_rows_of_a_newer_one_as_its_own(
    project: Project, home: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = refresh_in_process(str(project.root))
    with monkeypatch.context() as once:
        once.setattr("synth_assets.publish.sqlite.SqlitePublisher.audit", killed)
        first = dg.execute_job(job, home)
    seed = {"resources": {f"{DATASET}_refresh": {"config": {"seed": 7}}}}
    newer = dg.execute_job(job, home, run_config=seed)
    assert (first.success, newer.success) == (False, True)
    again = re_execute(str(project.root), first, home)
    (failure,) = [event for event in again.all_events if event.is_step_failure]
    assert failure.step_failure_data.error is not None
    told = failure.step_failure_data.error.message
    assert "a later refresh has made others. The target staging was not touched." in told
    with closing(sqlite3.connect(project.root / "staging.db")) as target:
        assert target.execute("SELECT refresh FROM synth_assets_ledger").fetchall() == [(newer.run_id,)]


def failed_run(project: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> JobExecutionResult:
    """A run that could not learn the orders, and whose snapshot is gone."""
    with monkeypatch.context() as once:
        once.setattr("synth_assets.synthesize.auto.table.fit_table", fails_for("orders"))
        result = dg.execute_job(refresh_in_process(str(project.root)), instance)
    assert [event.step_key for event in result.all_events if event.is_step_failure] == ["small__synthesizer__orders"]
    assert remove_snapshots(instance, project, DATASET) == {result.run_id}
    return result


def fails_for(table: str) -> Callable[..., Any]:
    """What learns tables, all but this one."""

    def fit(name: str, *given: Any, **named: Any) -> Any:
        if name == table:
            raise RuntimeError("No memory is left.")
        return fit_table(name, *given, **named)

    return fit


def killed(*_: object, **__: object) -> None:
    raise RuntimeError("Nothing comes after this.")


def learned(project: Project, table: str) -> str:
    """Which artifact is a table's synthesizer."""
    found = open_store(project).latest(DATASET, "synthesizer", table)
    assert found is not None
    return found.key.inputs
