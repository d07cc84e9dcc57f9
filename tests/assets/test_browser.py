"""What people see and click in Dagster's UI, in a real browser: graph, run, checks that block, metadata, schedule."""

from pathlib import Path
from typing import Any

import pytest

from synth_assets.project import Project
from tests.assets.deployment import Deployment, deployed, wait_for
from tests.assets.projects import DATASET, expect_the_impossible, rows_in_target
from tests.browser import Visit, visiting

REPOSITORY = Path(__file__).parents[2]
LOCATION = "synthetic_data"
STAGES = ("source", "snapshot", "profile", "synthesizer", "synthetic", "verdict", "staging")
RUNS = "{ runsOrError(limit: 5) { ... on Runs { results { runId status } } } }"
SCHEDULE = """
{ scheduleOrError(scheduleSelector: {repositoryName: "__repository__", repositoryLocationName: "synthetic_data",
  scheduleName: "refresh_small_schedule"}) { ... on Schedule { scheduleState { status } } } }
"""


@pytest.mark.timeout(1200)
def test_people_refresh_a_dataset_in_the_ui(generated: Project, tmp_path: Path) -> None:
    plan = generated.root / "plans" / f"{DATASET}.yaml"
    plan.write_text(plan.read_text().replace('"* * * * *"', '"0 3 * * *"'))
    expect_the_impossible(generated)
    with deployed(generated.root, tmp_path / "dagster_home") as deployment:
        server = f"http://127.0.0.1:{deployment.port}"
        with visiting(server, tmp_path / "screenshots") as visit:
            see_the_graph(visit)
            materialize(visit, deployment)
            see_what_blocks(visit)
            see_the_metadata(visit)
            switch_the_schedule_on(visit, deployment)
        assert visit.errors == []
    assert rows_in_target(generated) == {}


def see_the_graph(visit: Visit) -> None:
    visit.open("/asset-groups")
    visit.see(*(f"{DATASET}_{stage}" for stage in STAGES))
    visit.keep("dagster-graph")


def materialize(visit: Visit, deployment: Deployment) -> None:
    """The job's button; the run must end at the gate."""
    visit.open(f"/locations/{LOCATION}/jobs/refresh_{DATASET}")
    visit.see("Nothing is published unless every check has passed.")
    visit.page.get_by_role("button", name="Materialize all").click()

    def ended() -> dict[str, Any] | None:
        found = deployment.ask(RUNS)["runsOrError"]["results"]
        return next((run for run in found if run["status"] in ("SUCCESS", "FAILURE", "CANCELED")), None)

    run = wait_for(ended, "the run to end", deployment, seconds=480)
    assert run["status"] == "FAILURE"
    visit.open(f"/runs/{run['runId']}")
    visit.see("small__verdict", "Failure")
    visit.keep("dagster-run")


def see_what_blocks(visit: Visit) -> None:
    visit.open(f"/assets/{DATASET}/verdict?view=checks")
    visit.see("gate", "Failed", "This is a", "Nothing is published.", "rule_column_values_to_be_between_points")
    visit.keep("dagster-gate")
    visit.open(f"/assets/{DATASET}/synthetic/customers?view=checks")
    visit.see("expectations", "1 of 12 failed", "holds for points", "look at the rows that break it")
    visit.keep("dagster-checks")
    visit.open(f"/assets/{DATASET}/staging/customers")
    visit.see("The table customers in staging.", "No materializations")


def see_the_metadata(visit: Visit) -> None:
    visit.open(f"/assets/{DATASET}/synthetic/customers")
    visit.see("Row count", "300", "fake email", "preview", "made_by_refresh", "treatment: learn", "seconds")
    visit.keep("dagster-asset")


def switch_the_schedule_on(visit: Visit, deployment: Deployment) -> None:
    def status() -> str:
        found: str = deployment.ask(SCHEDULE)["scheduleOrError"]["scheduleState"]["status"]
        return found

    assert status() == "STOPPED"
    visit.open(f"/locations/{LOCATION}/schedules/refresh_{DATASET}_schedule")
    visit.see("At 03:00 AM")
    visit.page.locator("label:has(input[type=checkbox])").first.click()
    wait_for(lambda: status() == "RUNNING", "the schedule to be on", deployment, seconds=60)
    visit.keep("dagster-schedule")


@pytest.mark.parametrize("name", ["dagster-graph", "dagster-gate", "dagster-asset"])
def test_the_readers_screenshots_are_there_and_small(name: str) -> None:
    picture = REPOSITORY / "docs" / f"{name}.png"
    assert picture.stat().st_size < 150_000
    assert f"{name}.png" in (REPOSITORY / "docs" / "dagster.md").read_text()
