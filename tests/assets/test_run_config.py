"""What people may ask of a run: some tables, another scale, a dry run; to go on where it failed, and to stop."""

import shutil
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError

from synth_assets.assets import build_definitions
from synth_assets.assets.cleanup import remove_snapshots
from synth_assets.assets.refreshing import RefreshResource
from synth_assets.project import Project
from synth_assets.refresh import Refresh, open_store
from synth_assets.refresh.chosen_tables import TablesRefused
from tests.assets.events import (
    failures,
    materialize,
    materialized,
    metadata,
    re_execute,
    refresh_in_process,
    started_steps,
)
from tests.assets.projects import DATASET, expect_the_impossible, rows_in_target


def run(project: Project, instance: dg.DagsterInstance, **config: object) -> dg.ExecuteInProcessResult:
    job = build_definitions(project).resolve_job_def(f"refresh_{DATASET}")
    settings = {"resources": {f"{DATASET}_refresh": {"config": config}}}
    return job.execute_in_process(instance=instance, raise_on_error=False, run_config=settings)


def logged(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    return [entry.user_message for entry in instance.all_logs(run_id) if not entry.is_dagster_event]


def test_the_launchpad_says_what_can_be_set() -> None:
    fields = RefreshResource.model_fields
    assert set(fields) == {"seed", "scale", "tables", "targets", "dry_run"}
    assert all(field.description for field in fields.values())


def test_some_tables_at_another_scale_without_publishing(generated: Project, instance: dg.DagsterInstance) -> None:
    assert materialize(generated, instance, "verdict").success
    before = Refresh(generated, DATASET, refresh="look").synthetic_rows
    result = run(generated, instance, tables=["orders", "Order Details"], scale=2, dry_run=True)
    assert result.success, failures(result)
    orders = metadata(result, DATASET, "synthetic", "orders")
    assert (orders["dagster/row_count"], orders["reused"]) == (1200, False)
    customers = metadata(result, DATASET, "synthetic", "customers")
    assert (customers["reused"], customers["fingerprint"]) == (True, before["customers"].fingerprint)
    assert metadata(result, DATASET, "verdict")["passed"] is True
    assert not any("/staging/" in key for key in materialized(result))
    assert rows_in_target(generated) == {}
    said = logged(instance, result.run_id)
    assert "Nothing is published into staging: this is a dry run." in said
    assert "Reused the synthetic rows of customers that the refresh prepared made." in said
    assert any(
        text.startswith("Made the synthetic rows of orders in ") and text.endswith("1,200 rows.") for text in said
    )
    assert any(text.startswith("Profiling teams, ") for text in said)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"scale": -1.0}, "`scale` in the run's config is -1.0; it is more than 0 and at most 1,000. No row was read"),
        ({"scale": 5000.0}, "`scale` in the run's config is 5000.0; it is more than 0 and at most 1,000. No row was"),
        ({"seed": -7}, "`seed` in the run's config is -7; it is a whole number of 0 or more. No row was read"),
        ({"targets": ["xy"]}, "'xy' is not a target of 'small'; known: staging. No row was read"),
    ],
)
def test_what_no_refresh_can_go_by_is_refused(
    project: Project, instance: dg.DagsterInstance, config: dict[str, object], told: str
) -> None:
    result = run(project, instance, **config)
    assert not result.success
    (failed,) = failures(result).values()
    assert told in failed
    assert open_store(project).artifacts(DATASET) == []


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        (["orders"], "Order Details refers to orders, whose keys are made anew"),
        (["ordres"], "no published table is named 'ordres'; did you mean 'orders'?"),
        (["teams", "members"], "the rows of the other tables have never been checked"),
    ],
)
def test_tables_that_cannot_be_refreshed_alone_are_refused(generated: Project, tables: list[str], reason: str) -> None:
    left = len(open_store(generated).artifacts(DATASET))
    with pytest.raises(TablesRefused) as refused:
        Refresh(generated, DATASET, refresh="some", tables=tables).snapshot()
    assert reason in refused.value.failed
    assert refused.value.next_step
    assert len(open_store(generated).artifacts(DATASET)) == left


def test_tables_beside_rows_that_failed_are_refused(generated: Project, instance: dg.DagsterInstance) -> None:
    expect_the_impossible(generated)
    materialize(generated, instance, "verdict")
    with pytest.raises(TablesRefused, match="the rows that the other tables would keep have no passing verdict"):
        Refresh(generated, DATASET, refresh="some", tables=["members", "teams"]).snapshot()


def test_a_failed_run_goes_on_where_it_failed(generated: Project, tmp_path: Path) -> None:
    root = str(generated.root)
    expect_the_impossible(generated)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        first = dg.execute_job(refresh_in_process(root), instance)
        assert not first.success
        # The sensor leaves it what it goes on with.
        assert remove_snapshots(instance, generated, DATASET) == set()
        shutil.rmtree(generated.expectations_folder(DATASET))
        second = re_execute(root, first, instance)
        assert second.success
    assert started_steps(second) == {"small__verdict", "small__staging"}
    assert rows_in_target(generated)["customers"] == 300
    assert open_store(generated).artifacts(DATASET, stage="snapshot") == []


@pytest.mark.parametrize(
    "at_work", ["synth_assets.profile.profile.save_profile", "synth_assets.publish.sqlite.SqlitePublisher.audit"]
)
def test_a_canceled_run_leaves_nothing_behind(
    generated: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, at_work: str
) -> None:
    def stopped(*_: object, **__: object) -> None:
        (mine,) = instance.get_runs()
        instance.report_run_canceling(mine)
        raise DagsterExecutionInterruptedError

    shutil.rmtree(generated.root / ".synth" / DATASET / "profile")
    there = {path.name for path in generated.root.iterdir()}
    monkeypatch.setattr(at_work, stopped)
    run(generated, instance)
    (record,) = instance.get_run_records()
    assert record.dagster_run.status is dg.DagsterRunStatus.CANCELED
    remove_snapshots(instance, generated, DATASET)
    store = open_store(generated)
    assert store.artifacts(DATASET, stage="snapshot") == []
    in_store = set((generated.root / ".synth").rglob("*"))
    store.remove_leftovers(DATASET, older_than=timedelta(0))
    assert set((generated.root / ".synth").rglob("*")) == in_store
    # The publisher's empty lock stays: whoever removed it could take it from another publication.
    left = {path.name for path in generated.root.iterdir() if path.suffix != ".lock"}
    assert left == there
    assert rows_in_target(generated) == {}
