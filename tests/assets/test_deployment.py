"""The real daemon and web server: the schedule fires, the run succeeds, and everything can be seen over GraphQL."""

from pathlib import Path
from typing import Any

import pytest

from synth_assets.project import Project
from synth_assets.refresh import open_store
from tests.assets.deployment import Deployment, deployed, wait_for
from tests.assets.homes import files_with
from tests.assets.projects import DATASET, MARK, TABLES, rows_in_target

SELECTOR = {"repositoryName": "__repository__", "repositoryLocationName": "synthetic_data"}
SCHEDULE = {**SELECTOR, "scheduleName": "refresh_small_schedule"}

LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
  __typename ... on PythonError { message } } } } } }
"""
SCHEDULES = """
query ($selector: ScheduleSelector!) { scheduleOrError(scheduleSelector: $selector) {
  ... on Schedule { cronSchedule executionTimezone scheduleState { id status } } } }
"""
SENSORS = """
query ($selector: RepositorySelector!) { sensorsOrError(repositorySelector: $selector) {
  ... on Sensors { results { name sensorState { status } } } } }
"""
START = """
mutation ($selector: ScheduleSelector!) { startSchedule(scheduleSelector: $selector) {
  __typename ... on ScheduleStateResult { scheduleState { status } } ... on PythonError { message } } }
"""
STOP = "mutation ($id: String!) { stopRunningSchedule(id: $id) { __typename } }"
RUNS = """
{ runsOrError(limit: 5) { ... on Runs { results { runId status jobName tags { key value } } } } }
"""
ASSET = """
query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
  groupName kinds
  assetMaterializations(limit: 1) { runId metadataEntries {
    label ... on IntMetadataEntry { intValue } ... on FloatMetadataEntry { floatValue }
    ... on MarkdownMetadataEntry { mdStr } ... on TextMetadataEntry { text } ... on BoolMetadataEntry { boolValue }
    ... on TableSchemaMetadataEntry { schema { columns { name type } } } } }
  assetChecksOrError { ... on AssetChecks { checks { name blocking executionForLatestMaterialization {
    status evaluation { severity success metadataEntries { label } } } } } }
} } }
"""


def asset(deployment: Deployment, *path: str) -> dict[str, Any]:
    found: dict[str, Any] = deployment.ask(ASSET, key={"path": [DATASET, *path]})["assetNodeOrError"]
    return found


def metadata(found: dict[str, Any]) -> dict[str, Any]:
    (materialization,) = found["assetMaterializations"]
    return {
        entry["label"]: next((value for name, value in entry.items() if name != "label"), None)
        for entry in materialization["metadataEntries"]
    }


@pytest.mark.timeout(600)
def test_the_schedule_fires_and_everything_can_be_seen(project: Project, tmp_path: Path) -> None:
    with deployed(project.root, tmp_path / "dagster_home") as deployment:

        def loaded() -> bool:
            entries = deployment.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
            found = {entry["name"]: entry["locationOrLoadError"] for entry in entries}
            location = found.get("synthetic_data") or {}
            assert location.get("__typename") != "PythonError", location["message"]
            return location.get("__typename") == "RepositoryLocation"

        wait_for(loaded, "the code location to load", deployment, seconds=120)
        schedule = deployment.ask(SCHEDULES, selector=SCHEDULE)["scheduleOrError"]
        assert (schedule["cronSchedule"], schedule["executionTimezone"]) == ("* * * * *", "Europe/Berlin")
        assert schedule["scheduleState"]["status"] == "STOPPED"
        assert deployment.ask(START, selector=SCHEDULE)["startSchedule"]["scheduleState"]["status"] == "RUNNING"

        def runs() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = deployment.ask(RUNS)["runsOrError"]["results"]
            return found

        wait_for(runs, "the schedule to fire", deployment, seconds=150)
        running = deployment.ask(SCHEDULES, selector=SCHEDULE)["scheduleOrError"]["scheduleState"]["id"]
        assert deployment.ask(STOP, id=running)["stopRunningSchedule"]["__typename"] == "ScheduleStateResult"

        def ended() -> dict[str, Any] | None:
            (run,) = runs()
            assert run["status"] not in ("FAILURE", "CANCELED"), deployment.logs()
            return run if run["status"] == "SUCCESS" else None

        run = wait_for(ended, "the run to succeed", deployment, seconds=300)
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        assert run["jobName"] == "refresh_small"
        assert tags["dagster/schedule_name"] == "refresh_small_schedule"
        assert tags["synth_assets/dataset"] == DATASET

        synthetic = asset(deployment, "synthetic", "customers")
        assert synthetic["groupName"] == "small_synthetic"
        assert synthetic["assetMaterializations"][0]["runId"] == run["runId"]
        told = metadata(synthetic)
        assert told["dagster/row_count"] == 300
        assert told["preview"].startswith("| id | name |")
        assert {"name": "email", "type": "TEXT"} in told["dagster/column_schema"]["columns"]
        checks = {check["name"]: check for check in synthetic["assetChecksOrError"]["checks"]}
        columns = {"column_email", "column_name", "column_notes"}
        assert set(checks) == {"expectations", "integrity", "fidelity", "privacy"} | columns
        for check in checks.values():
            assert check["executionForLatestMaterialization"]["status"] == "SUCCEEDED"
        shown = checks["integrity"]["executionForLatestMaterialization"]["evaluation"]["metadataEntries"]
        assert "results" in {entry["label"] for entry in shown}

        verdict = asset(deployment, "verdict")
        (gate,) = verdict["assetChecksOrError"]["checks"]
        assert gate["blocking"]
        assert gate["executionForLatestMaterialization"]["evaluation"]["success"]
        assert metadata(verdict)["passed"] is True
        assert metadata(asset(deployment, "staging", "Order_x20_Details"))["dagster/row_count"] > 0

        sensors = deployment.ask(SENSORS, selector=SELECTOR)["sensorsOrError"]["results"]
        assert {sensor["name"]: sensor["sensorState"]["status"] for sensor in sensors} == {
            "small_snapshot_cleanup": "RUNNING",
            "small_source_schema": "STOPPED",
        }

    assert set(rows_in_target(project)) == set(TABLES)
    # The next tick may have begun a run of its own by now.
    left = open_store(project).artifacts(DATASET, stage="snapshot")
    assert [artifact.key for artifact in left if artifact.refresh == run["runId"]] == []
    assert files_with(deployment.home, "small__verdict")
    assert files_with(deployment.home, MARK) == []
