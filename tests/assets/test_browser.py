"""What people see and click, in a real browser: graph, a run that is blocked, the same one published, metadata,
pictures, schedule; and the report, on a desk and on a phone.
"""

from pathlib import Path
from typing import Any

import pytest

from synth_assets.project import Project
from synth_assets.refresh.reports import kept_report
from tests.assets.deployment import Deployment, deployed, wait_for
from tests.assets.projects import DATASET, expect_the_impossible, expect_the_possible, rows_in_target
from tests.browser import Visit, visiting

REPOSITORY = Path(__file__).parents[2]
LOCATION = "synthetic_data"
STAGES = ("source", "snapshot", "profile", "synthesizer", "synthetic", "verdict", "staging")
RUNS = "{ runsOrError(limit: 5) { ... on Runs { results { runId status } } } }"
RULE = "rule_column_values_to_be_between_points"
ENDED = ("SUCCESS", "FAILURE", "CANCELED")
DESK, PHONE = 1280, 390
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
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
            blocked = materialize(visit, deployment)
            see_what_blocks(visit)
            assert rows_in_target(generated) == {}
            expect_the_possible(generated)
            go_on_from_failure(visit, deployment, blocked)
            see_what_is_published(visit)
            assert rows_in_target(generated)["customers"] == 300
            see_the_metadata(visit)
            switch_the_schedule_on(visit, deployment)
            for width in (DESK, PHONE):
                read_the_report(visit, kept_report(generated, DATASET, blocked), width=width)
        assert visit.errors == []


def see_the_graph(visit: Visit) -> None:
    visit.open("/asset-groups")
    visit.page.get_by_text("Hide navigation").click()
    visit.open("/asset-groups")
    visit.see(*(f"{DATASET}_{stage}" for stage in STAGES))
    visit.keep("dagster-graph", height=600)


def materialize(visit: Visit, deployment: Deployment) -> str:
    """The job's button; the run, which must end at the gate."""
    visit.open(f"/locations/{LOCATION}/jobs/refresh_{DATASET}")
    visit.see("Nothing is published unless every check has passed.")
    visit.page.get_by_role("button", name="Materialize all").click()
    run, status = ended(visit, deployment)
    assert status == "FAILURE"
    visit.open(f"/runs/{run}")
    visit.see("small__verdict", "Failure")
    visit.keep("dagster-run")
    return run


def ended(visit: Visit, deployment: Deployment, *, but: str = "") -> tuple[str, str]:
    """The run that was asked for, once it has ended, and its status.

    Args:
        but: A run that had ended before.
    """

    def begun() -> dict[str, Any] | None:
        runs = deployment.ask(RUNS)["runsOrError"]["results"]
        return next((run for run in runs if run["runId"] != but), None)

    def found() -> dict[str, Any] | None:
        run = begun()
        return run if run and run["status"] in ENDED else None

    wait_for(begun, "the run to begin", deployment, seconds=120)
    visit.leave()
    run = wait_for(found, "the run to end", deployment, seconds=480)
    return run["runId"], run["status"]


def see_what_blocks(visit: Visit) -> None:
    visit.open(f"/assets/{DATASET}/verdict?view=checks")
    visit.see("gate", "Failed", "This is a", "Nothing is published:", RULE)
    visit.keep("dagster-gate")
    visit.open(f"/assets/{DATASET}/synthetic/customers?view=checks&checkDetail={RULE}")
    visit.see(
        "column_email", "expectations", "privacy", "threshold 0", "holds for points", "look at the rows that break it"
    )
    visit.keep("dagster-checks")
    visit.open(f"/assets/{DATASET}/staging/customers")
    visit.see("The table customers in staging, as it is live", "No materializations")


def go_on_from_failure(visit: Visit, deployment: Deployment, failed: str) -> None:
    """The run's menu: what went well is not done again."""
    visit.open(f"/runs/{failed}")
    visit.page.get_by_role("button", name="Re-execute all").locator("xpath=following::button[1]").click()
    visit.page.get_by_text("From failure").first.click()
    run, status = ended(visit, deployment, but=failed)
    assert status == "SUCCESS"
    visit.open(f"/runs/{run}")
    visit.see("small__staging", "Success")
    assert not visit.page.get_by_text("small__snapshot").count()
    visit.keep("dagster-success")


def see_what_is_published(visit: Visit) -> None:
    visit.open(f"/assets/{DATASET}/staging/customers")
    visit.see("Latest materialization", "Row count", "300", "already_live", "seconds_by_step", "report.html")
    visit.keep("dagster-published")
    visit.open(f"/assets/{DATASET}/verdict?view=checks")
    visit.see("gate", "Passed", "these rows may be published.")


def see_the_metadata(visit: Visit) -> None:
    visit.open(f"/assets/{DATASET}/synthetic/customers")
    visit.see("Row count", "300", "fake email", "preview", "made_by_refresh", "treatment: learn", "seconds")
    visit.keep("dagster-asset")
    visit.open(f"/assets/{DATASET}/synthetic/customers?view=events")
    visit.see("Observed")
    visit.page.get_by_text("Observed").first.click()
    visit.see("distributions", "fidelity_shape")
    visit.page.get_by_text("Show Markdown").first.click()
    visit.page.locator("img[src^='data:image']").first.wait_for()
    visit.keep("dagster-pictures")


def read_the_report(visit: Visit, report: Path, *, width: int) -> None:
    """It fits, however narrow the screen is."""
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.page.goto(report.as_uri())
    visit.see("Passed", "Real values", "Since the last refresh", "customers")
    needed, there = visit.page.evaluate(WIDTHS)
    assert needed <= there == width
    visit.keep(f"report-{width}")


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
