"""What runs by itself and what it is held back by: schemas watched, failures told, freshness, pools, tags."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import dagster as dg
import pytest

from synth_assets.assets import build_definitions
from synth_assets.assets.alerts import WebhookFailed, failure_sensor
from synth_assets.assets.dataset import Dataset, read_dataset
from synth_assets.assets.freshness import longest_gap
from synth_assets.assets.source_schema import schema_check, schema_sensor
from synth_assets.project import Project, load_project
from tests.assets.events import materialize
from tests.assets.projects import DATASET, MARK, expect_the_impossible

VARIABLE = "ALERT_WEBHOOK_URL"


def change_source(project: Project, statement: str) -> None:
    with closing(sqlite3.connect(project.root / "production.db")) as connection, connection:
        connection.execute(statement)


def with_settings(project: Project, *, plan: str = "", resources: str = "") -> Project:
    """The project with more lines in its files."""
    for path, more in ((f"plans/{DATASET}.yaml", plan), ("resources/local.yaml", resources)):
        file = project.root / path
        file.write_text(f"{file.read_text()}\n{more}\n")
    return load_project(project.root)


def test_a_changed_source_opens_a_failed_check_once(project: Project, instance: dg.DagsterInstance) -> None:
    sensor = schema_sensor(read_dataset(project, DATASET))
    first = sensor(dg.build_sensor_context(instance))
    assert all(event.passed for event in first.asset_events)
    cursor = first.cursor
    assert not sensor(dg.build_sensor_context(instance, cursor=cursor)).asset_events

    change_source(project, "ALTER TABLE orders ADD COLUMN coupon TEXT")
    changed = sensor(dg.build_sensor_context(instance, cursor=cursor))

    by_table = {event.asset_key.path[-1]: event for event in changed.asset_events}
    assert [name for name, event in by_table.items() if not event.passed] == ["orders"]
    assert "coupon" in by_table["orders"].description
    assert "synth-assets plan --dataset small" in by_table["orders"].description
    assert not sensor(dg.build_sensor_context(instance, cursor=changed.cursor)).asset_events


def test_a_table_that_came_is_told_of_every_table(project: Project, instance: dg.DagsterInstance) -> None:
    change_source(project, "CREATE TABLE refunds (id INTEGER PRIMARY KEY)")
    dataset = read_dataset(project, DATASET)
    found = run_check(dataset, instance).get_asset_check_evaluations()
    assert {evaluation.asset_key.path[1] for evaluation in found} == {"source"}
    assert len(found) == len(dataset.extracted)
    assert not any(evaluation.passed for evaluation in found)
    assert all("refunds" in (evaluation.description or "") for evaluation in found)


def run_check(dataset: Dataset, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    check = schema_check(dataset)
    job = dg.define_asset_job("look", selection=dg.AssetSelection.checks(check))
    return (
        dg.Definitions(asset_checks=[check], jobs=[job]).resolve_job_def("look").execute_in_process(instance=instance)
    )


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The url of a server that answers with a status, and what it was sent."""
    sent: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Not to the tests' output."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/secret-path", sent
    finally:
        server.shutdown()
        server.server_close()


def failed_run(project: Project, instance: dg.DagsterInstance) -> tuple[Any, dg.RunFailureSensorContext]:
    """The sensor, and what it is told of a refresh whose source is gone."""
    (project.root / "production.db").write_text(f"no database: {MARK}")
    job = build_definitions(project).resolve_job_def("refresh_small")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    context = dg.build_run_status_sensor_context(
        "small_failure_webhook", result.get_run_failure_event(), instance, result.dagster_run
    ).for_run_failure()
    return failure_sensor(project, DATASET, job), context


def test_a_failed_refresh_is_posted(
    project: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = with_settings(project, resources=f"alerts: {{webhook: {{env: {VARIABLE}}}}}")
    sensor, context = failed_run(project, instance)
    with webhook() as (url, sent):
        monkeypatch.setenv(VARIABLE, url)
        sensor(context)
    (told,) = sent
    assert (told["dataset"], told["job"], told["run"]) == (DATASET, "refresh_small", context.dagster_run.run_id)
    assert set(told["failed_steps"]) == {"small__snapshot"}
    assert "small__snapshot: " in told["text"]
    assert MARK not in json.dumps(told)


def test_a_closed_gate_says_in_the_alert_what_closed_it(
    generated: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated = with_settings(generated, resources=f"alerts: {{webhook: {{env: {VARIABLE}}}}}")
    expect_the_impossible(generated)
    result = materialize(generated, instance, "verdict")
    job = build_definitions(generated).resolve_job_def("refresh_small")
    context = dg.build_run_status_sensor_context(
        "small_failure_webhook", result.get_run_failure_event(), instance, result.dagster_run
    ).for_run_failure()
    with webhook() as (url, sent):
        monkeypatch.setenv(VARIABLE, url)
        failure_sensor(generated, DATASET, job)(context)
    (told,) = sent
    assert "Nothing is published: one check of severity error failed, in customers" in told["text"]
    assert "What to do: " in told["failed_steps"]["small__verdict"]


def test_a_webhook_that_refuses_is_told_without_its_url(
    project: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = with_settings(project, resources=f"alerts: {{webhook: {{env: {VARIABLE}}}}}")
    sensor, context = failed_run(project, instance)
    with webhook(status=500) as (url, _):
        monkeypatch.setenv(VARIABLE, url)
        with pytest.raises(Exception, match="answered with 500") as caught:
            sensor(context)
    found = caught.value if isinstance(caught.value, WebhookFailed) else caught.value.__cause__
    assert isinstance(found, WebhookFailed)
    assert "secret-path" not in str(found)


def test_published_tables_tell_when_they_are_too_old(project: Project) -> None:
    assert longest_gap("0 3 * * 1-5", "Europe/Berlin") == timedelta(days=3)
    graph = build_definitions(project).get_repository_def().asset_graph
    policy = graph.get(dg.AssetKey([DATASET, "staging", "orders"])).freshness_policy
    assert policy == dg.FreshnessPolicy.time_window(fail_window=timedelta(minutes=2), warn_window=timedelta(seconds=75))
    assert graph.get(dg.AssetKey([DATASET, "synthetic", "orders"])).freshness_policy is None


def test_pools_and_tags_are_those_of_the_plan(project: Project) -> None:
    tagged = with_settings(project, plan="tags: {dagster/priority: 3, team: data}")
    job = build_definitions(tagged).resolve_job_def("refresh_small")
    assert {name: job.tags[name] for name in ("dagster/priority", "team")} == {"dagster/priority": "3", "team": "data"}
    pools = {node.name: node.definition.pool for node in job.graph.nodes}
    assert pools["small__staging"] == "synth_assets_publish_staging"
    assert pools["small__synthesizer__orders"] == pools["small__synthesizer__teams"] == "synth_assets_training"
    assert pools["small__snapshot"] is None


def test_a_source_whose_data_changes_is_refreshed_once(project: Project, instance: dg.DagsterInstance) -> None:
    definitions = build_definitions(with_settings(project, plan="refresh_on_change: true"))
    orders = dg.AssetKey([DATASET, "source", "orders"])

    def filled(version: str) -> None:
        instance.report_runless_asset_event(dg.AssetMaterialization(orders, tags={"dagster/data_version": version}))

    filled("monday")
    first = dg.evaluate_automation_conditions(defs=definitions, instance=instance)
    assert first.total_requested == 0
    filled("tuesday")
    changed = dg.evaluate_automation_conditions(defs=definitions, instance=instance, cursor=first.cursor)
    # The snapshot of orders stands for its step, which makes those of all tables.
    assert changed.total_requested == 1 + 6 + 3 * 7 + 1
    filled("tuesday")
    after = dg.evaluate_automation_conditions(defs=definitions, instance=instance, cursor=changed.cursor)
    assert after.total_requested == 0
    (sensor,) = [one for one in definitions.sensors or () if one.name == "small_source_data"]
    assert isinstance(sensor, dg.AutomationConditionSensorDefinition)
    assert sensor.run_tags["synth_assets/dataset"] == DATASET


def test_without_that_setting_nothing_runs_when_data_changes(project: Project) -> None:
    graph = build_definitions(project).get_repository_def().asset_graph
    assert not any(graph.get(key).automation_condition for key in graph.get_all_asset_keys())
