"""Targets that are refreshed at other times than the rest of the dataset."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from synth_assets.assets import build_definitions
from synth_assets.project import Project, load_project
from tests.assets.events import failures, materialized
from tests.assets.projects import DATASET, copy_project, make_project, rows_in_target

WEEKLY = '{name: dev, schedule: "0 5 * * 1", time_zone: Asia/Tokyo}'
NIGHTLY, OF_DEV = "refresh_small_schedule", "refresh_small_into_dev_schedule"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    home = tmp_path / "instance"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        yield instance


def with_dev(project: Project, *, more: str = "") -> Project:
    """The project with a second target, which is refreshed weekly."""
    plan, resources = project.root / "plans" / f"{DATASET}.yaml", project.root / "resources" / "local.yaml"
    plan.write_text(plan.read_text().replace("targets: [staging]", f"targets: [staging, {WEEKLY}]{more}"))
    staging = '  staging: {role: target, environment: staging, url: "sqlite:///staging.db"}\n'
    resources.write_text(resources.read_text().replace(staging, staging + staging.replace("staging", "dev")))
    return load_project(project.root)


def tick(project: Project, instance: dg.DagsterInstance, schedule: str) -> Any:
    repository = build_definitions(project).get_repository_def()
    context = dg.build_schedule_context(instance=instance, repository_def=repository)
    return repository.get_schedule_def(schedule).evaluate_tick(context)


def targets_of(request: dg.RunRequest) -> list[str]:
    return list(request.run_config["resources"]["small_refresh"]["config"]["targets"])


def test_each_target_is_refreshed_when_its_schedule_says(project: Project, instance: dg.DagsterInstance) -> None:
    project = with_dev(project)
    schedule = build_definitions(project).get_schedule_def(OF_DEV)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 5 * * 1", "Asia/Tokyo")
    assert schedule.job_name == "refresh_small"
    for name, expected in ((NIGHTLY, ["staging"]), (OF_DEV, ["dev"])):
        (request,) = tick(project, instance, name).run_requests
        assert targets_of(request) == expected


def test_a_run_for_one_target_leaves_the_other_as_it_is(
    generated_project: Project, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    project = with_dev(copy_project(generated_project, tmp_path / "copy"))
    job = build_definitions(project).resolve_job_def("refresh_small")
    (request,) = tick(project, instance, NIGHTLY).run_requests
    result = job.execute_in_process(instance=instance, raise_on_error=False, run_config=request.run_config)
    assert result.success, failures(result)
    published = {key.split("/")[1] for key in materialized(result)} & {"staging", "dev"}
    assert published == {"staging"}
    assert rows_in_target(project)["customers"] == 300
    assert not (project.root / "dev.db").exists()
    said = [entry.user_message for entry in instance.all_logs(result.run_id) if not entry.is_dagster_event]
    assert "Nothing is published into dev: this run is for staging only." in said


def test_a_target_that_the_plan_does_not_name_is_refused_before_a_row_is_read(
    project: Project, instance: dg.DagsterInstance
) -> None:
    job = build_definitions(project).resolve_job_def("refresh_small")
    config = {"resources": {"small_refresh": {"config": {"targets": ["stagin"]}}}}
    result = job.execute_in_process(instance=instance, raise_on_error=False, run_config=config)
    assert set(failures(result)) == {"small__snapshot"}
    assert "did you mean 'staging'?" in failures(result)["small__snapshot"]
    assert materialized(result) == set()


def test_schedules_pass_over_for_their_own_targets_only(project: Project, instance: dg.DagsterInstance) -> None:
    project = with_dev(project)
    job = build_definitions(project).resolve_job_def("refresh_small")
    (weekly,) = tick(project, instance, OF_DEV).run_requests
    at_work = instance.create_run_for_job(job, tags=job.tags, run_config=weekly.run_config)
    instance.report_dagster_event(
        dg.DagsterEvent(dg.DagsterEventType.PIPELINE_START.value, job.name, message="at work"), at_work.run_id
    )
    assert at_work.run_id in tick(project, instance, OF_DEV).skip_message
    assert tick(project, instance, NIGHTLY).run_requests

    by_hand = instance.create_run_for_job(job, tags=job.tags)
    instance.report_dagster_event(
        dg.DagsterEvent(dg.DagsterEventType.PIPELINE_START.value, job.name, message="at work"), by_hand.run_id
    )
    assert by_hand.run_id in tick(project, instance, NIGHTLY).skip_message


def test_freshness_is_that_of_the_target_s_schedule(project: Project) -> None:
    graph = build_definitions(with_dev(project)).get_repository_def().asset_graph

    def policy(target: str) -> dg.FreshnessPolicy | None:
        return graph.get(dg.AssetKey([DATASET, target, "orders"])).freshness_policy

    assert policy("dev") == dg.FreshnessPolicy.time_window(
        fail_window=timedelta(days=14), warn_window=timedelta(days=8, hours=18)
    )
    assert policy("staging") == dg.FreshnessPolicy.time_window(
        fail_window=timedelta(minutes=2), warn_window=timedelta(seconds=75)
    )


def test_a_changed_source_does_not_refresh_a_target_that_has_its_own_times(project: Project) -> None:
    graph = build_definitions(with_dev(project, more="\nrefresh_on_change: true")).get_repository_def().asset_graph
    assert graph.get(dg.AssetKey([DATASET, "staging", "orders"])).automation_condition
    assert graph.get(dg.AssetKey([DATASET, "dev", "orders"])).automation_condition is None


def test_schedules_wait_for_a_catalog_too(tmp_path: Path) -> None:
    project = with_dev(make_project(tmp_path / "project", catalog=False))
    definitions = build_definitions(project)
    assert {NIGHTLY, OF_DEV} <= {schedule.name for schedule in definitions.get_repository_def().schedule_defs}
