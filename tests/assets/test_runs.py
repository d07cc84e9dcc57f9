"""Whole runs in process: what the assets tell, what is reused, how a source that has changed is met."""

import base64
import re
import sqlite3
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData
from dagster._core.events import DagsterEvent, DagsterEventType

from synth_assets.assets import build_definitions
from synth_assets.assets.cleanup import remove_snapshots
from synth_assets.project import Project, load_project
from synth_assets.refresh import open_store
from tests.assets.events import checks, failures, materialized, metadata
from tests.assets.projects import DATASET, KEY, MARK, TABLES, copy_project, make_project, rows_in_target


@dataclass
class Run:
    project: Project
    instance: dg.DagsterInstance
    result: dg.ExecuteInProcessResult


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A project after one run of its job."""
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        patch.setenv("SYNTH_STORE_KEY", KEY)
        project = make_project(tmp_path_factory.mktemp("refreshed") / "project")
        job = build_definitions(project).resolve_job_def("refresh_small")
        yield Run(project, instance, job.execute_in_process(instance=instance))


def execute(project: Project, instance: dg.DagsterInstance, **named: object) -> dg.ExecuteInProcessResult:
    job = build_definitions(project).resolve_job_def("refresh_small")
    return job.execute_in_process(instance=instance, raise_on_error=False, **named)


def test_everything_is_materialized_and_published(refreshed: Run) -> None:
    assert len(materialized(refreshed.result)) == 2 * 6 + 3 * 7 + 1
    rows = rows_in_target(refreshed.project)
    assert set(rows) == set(TABLES)
    assert (rows["audit"], rows["regions"], rows["customers"]) == (0, 4, 300)


def test_every_table_has_a_check_of_each_family(refreshed: Run) -> None:
    found = checks(refreshed.result)
    families = {"expectations", "integrity", "fidelity", "privacy"}
    expected = {(f"small/synthetic/{name.replace(' ', '_x20_')}", f) for name in TABLES for f in families}
    of_tables = {(asset, name) for asset, name in found if not name.startswith("column_")}
    assert of_tables == expected | {("small/verdict", "gate")}
    integrity = found["small/synthetic/orders", "integrity"].metadata
    assert integrity["checks"].value > 0
    assert {"outcome", "check", "figure", "what it says"} == set(integrity["results"].records[0].data)


def test_assets_tell_rows_time_fingerprint_and_columns(refreshed: Run) -> None:
    for stage in ("snapshot", "synthetic"):
        told = metadata(refreshed.result, DATASET, stage, "orders")
        assert told["dagster/row_count"] == 600
        assert told["seconds"] >= 0
        assert told["reused"] is False
        assert len(told["fingerprint"]) == 64
    for stage in ("profile", "synthesizer", "synthetic", "staging"):
        schema = metadata(refreshed.result, DATASET, stage, "customers")["dagster/column_schema"]
        treatments = {column.name: column.tags["treatment"] for column in schema.columns}
        assert treatments["email"] == "fake"
        assert treatments["points"] == "learn"
        assert treatments["id"] == "made_anew"
    published = metadata(refreshed.result, DATASET, "staging", "orders")
    assert (published["dagster/row_count"], published["target"]) == (600, "staging")
    assert metadata(refreshed.result, DATASET, "verdict")["passed"] is True
    assert isinstance(metadata(refreshed.result, DATASET, "verdict")["shape"], float)
    for asset in ((DATASET, "verdict"), (DATASET, "staging", "orders")):
        told = metadata(refreshed.result, *asset)
        assert all(Path(told[page]).is_file() for page in ("report", "data_docs"))
        assert told["peak_memory_mb"] > 50
    assert published["dagster/uri"] == f"sqlite:///{refreshed.project.root}/staging.db"


def test_assets_tell_what_holds_between_columns(refreshed: Run) -> None:
    assert (
        "`status -> total IS NULL (declared" in metadata(refreshed.result, DATASET, "profile", "orders")["dependencies"]
    )
    kept = metadata(refreshed.result, DATASET, "synthesizer", "orders")["kept_dependencies"]
    assert "- `status -> total IS NULL`" in kept.splitlines()
    assert "kept_dependencies" not in metadata(refreshed.result, DATASET, "synthesizer", "regions")


def test_columns_know_where_they_come_from(refreshed: Run) -> None:
    def lineage(stage: str, table: str, column: str) -> set[tuple[str, str]]:
        found = metadata(refreshed.result, DATASET, stage, table)["dagster/column_lineage"].deps_by_column
        return {(dep.asset_key.to_user_string(), dep.column_name) for dep in found.get(column, [])}

    assert lineage("snapshot", "orders", "status") == {("small/source/orders", "status")}
    assert lineage("synthetic", "orders", "status") == {("small/snapshot/orders", "status")}
    assert lineage("synthetic", "orders", "customer_id") == {("small/synthetic/customers", "id")}
    assert lineage("synthetic", "customers", "email") == set()
    assert lineage("staging", "orders", "total") == {("small/synthetic/orders", "total")}


def test_the_log_says_in_sentences_how_far_it_is(refreshed: Run) -> None:
    entries = refreshed.instance.all_logs(refreshed.result.run_id)
    said = {entry.user_message for entry in entries if not entry.is_dagster_event}
    assert {
        "Profiling customers, 2 of 6.",
        "Learning customers.",
        "Checking the values of customers, 3 of 14.",
        "Comparing customers with the source, 10 of 14.",
        "Writing the report on the whole dataset.",
        "Publishing into staging.",
        "Loading customers beside the live tables, 300 rows so far.",
    } <= said
    assert any(re.fullmatch(r"Made the synthetic rows of customers in \d+\.\d s, 300 rows\.", text) for text in said)
    assert any(text.startswith("Published 7 tables, ") for text in said)


def test_a_page_says_what_its_asset_is(refreshed: Run) -> None:
    graph = build_definitions(refreshed.project).get_repository_def().asset_graph

    def said(*path: str) -> str:
        return graph.get(dg.AssetKey([DATASET, *path])).description or ""

    assert "which is only read" in said("source", "customers")
    assert "They are real" in said("snapshot", "customers")
    assert "Nothing that fewer than 10 rows share" in said("profile", "customers")
    assert "What the engine trees has learned of customers" in said("synthesizer", "customers")
    assert "Nothing is learned of regions" in said("synthesizer", "regions")
    assert "none is a row of the source" in said("synthetic", "customers")
    assert "The rows of the source as they are" in said("synthetic", "regions")
    figure = "- `membership_auc`: how well an attack tells who was learned from; the lower the better"
    assert figure in said("verdict")
    assert "`synth-assets rollback --target staging`" in said("staging", "customers")


def test_scores_are_observed_on_the_tables(refreshed: Run) -> None:
    key = dg.AssetKey([DATASET, "synthetic", "orders"])
    (record,) = refreshed.instance.fetch_observations(key, limit=1).records
    observed = record.asset_observation.metadata
    assert 0 < observed["fidelity_shape"].value <= 1


def test_tables_show_small_pictures_of_both_sides(refreshed: Run) -> None:
    key = dg.AssetKey([DATASET, "synthetic", "orders"])
    (record,) = refreshed.instance.fetch_observations(key, limit=1).records
    observed = record.asset_observation.metadata
    for group in ("distributions", "pairs", "children"):
        text = observed[group].value
        found = re.findall(r"!\[([^\]]+)\]\(data:image/svg\+xml;base64,([^)]+)\)", text)
        assert found, group
        for words, content in found:
            svg = base64.b64decode(content).decode()
            assert ElementTree.fromstring(svg).tag.endswith("svg")
            assert len(words) > 20
            assert MARK.lower() not in (svg + words).lower()
        assert len(text) < 40_000
    assert Path(observed["report"].value).is_file()


def test_previews_show_synthetic_rows_only(refreshed: Run) -> None:
    preview = metadata(refreshed.result, DATASET, "synthetic", "customers")["preview"]
    assert preview.splitlines()[0].startswith("| id | name | email |")
    assert MARK.lower() not in preview.lower()
    # A copied table has no synthetic rows.
    assert "preview" not in metadata(refreshed.result, DATASET, "synthetic", "regions")


def test_nothing_real_is_in_the_event_log(refreshed: Run) -> None:
    assert MARK.lower() not in str(refreshed.result.all_events).lower()


def test_the_snapshot_is_gone_when_the_verdict_is_there(refreshed: Run) -> None:
    assert open_store(refreshed.project).artifacts(DATASET, stage="snapshot") == []


def test_unchanged_inputs_are_reused_with_the_same_data_version(refreshed: Run, tmp_path: Path) -> None:
    again = copy_project(refreshed.project, tmp_path / "again")
    with dg.DagsterInstance.ephemeral() as instance:
        result = execute(again, instance)
    assert result.success, failures(result)
    for stage in ("profile", "synthesizer", "synthetic"):
        before = metadata(refreshed.result, DATASET, stage, "orders")
        after = metadata(result, DATASET, stage, "orders")
        assert after["reused"] is True
        assert after["fingerprint"] == before["fingerprint"]


def test_another_seed_makes_other_rows(refreshed: Run, tmp_path: Path) -> None:
    again = copy_project(refreshed.project, tmp_path / "again")
    with dg.DagsterInstance.ephemeral() as instance:
        result = execute(again, instance, run_config={"resources": {"small_refresh": {"config": {"seed": 11}}}})
    assert result.success, failures(result)
    before = metadata(refreshed.result, DATASET, "synthetic", "orders")
    assert metadata(result, DATASET, "synthetic", "orders")["fingerprint"] != before["fingerprint"]


def change_source(project: Project, statement: str) -> None:
    with closing(sqlite3.connect(project.root / "production.db")) as connection, connection:
        connection.executescript(statement)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TABLE invoices (id INTEGER PRIMARY KEY);", "invoices: the table is new"),
        ("DROP TABLE members; DROP TABLE teams;", "members: the table is gone"),
        (
            "DROP TABLE members; CREATE TABLE members (id INTEGER PRIMARY KEY, team INTEGER NOT NULL, level INTEGER);",
            "members: the foreign key (team) to teams (id) is gone",
        ),
    ],
)
def test_a_source_with_other_tables_is_refused_before_it_is_read(
    project: Project, instance: dg.DagsterInstance, statement: str, said: str
) -> None:
    change_source(project, statement)
    result = execute(project, instance)
    (message,) = failures(result).values()
    assert list(failures(result)) == ["small__snapshot"]
    assert said in message
    assert "synth-assets plan --dataset small" in message
    assert materialized(result) == set()
    assert open_store(project).artifacts(DATASET) == []


def test_a_new_column_is_treated(project: Project, instance: dg.DagsterInstance) -> None:
    change_source(project, f"ALTER TABLE customers ADD COLUMN nickname TEXT DEFAULT '{MARK}';")
    job = build_definitions(project).resolve_job_def("refresh_small")
    result = job.execute_in_process(instance=instance, op_selection=["small__snapshot"])
    schema = metadata(result, DATASET, "snapshot", "customers")["dagster/column_schema"]
    assert "nickname" in {column.name for column in schema.columns}


def test_a_new_column_is_held(project: Project, instance: dg.DagsterInstance) -> None:
    plan = project.root / "plans" / "small.yaml"
    plan.write_text(plan.read_text() + "on_new_column: hold\n")
    change_source(project, "ALTER TABLE customers ADD COLUMN nickname TEXT;")
    result = execute(load_project(project.root), instance)
    assert "customers.nickname: the column is new" in failures(result)["small__snapshot"]


def test_a_second_run_of_the_same_dataset_is_refused(project: Project, instance: dg.DagsterInstance) -> None:
    job = build_definitions(project).resolve_job_def("refresh_small")
    first = instance.create_run_for_job(job, tags=job.tags)
    instance.report_dagster_event(
        DagsterEvent(DagsterEventType.PIPELINE_START.value, job.name, message="at work"), first.run_id
    )
    result = execute(project, instance)
    assert f"The run {first.run_id} is refreshing" in failures(result)["small__snapshot"]


def test_a_run_that_failed_before_all_was_learned_leaves_no_snapshot(
    project: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError(MARK)

    monkeypatch.setattr("synth_assets.profile.profile.profile_table", crash)
    result = execute(project, instance)
    assert list(failures(result)) == ["small__profile"]
    store = open_store(project)
    assert len(store.artifacts(DATASET, stage="snapshot")) == 6
    assert remove_snapshots(instance, project, DATASET) == {result.run_id}
    assert store.artifacts(DATASET, stage="snapshot") == []
    assert remove_snapshots(instance, project, DATASET) == set()


def test_a_run_that_failed_after_all_was_learned_keeps_its_snapshot_for_a_while(
    project: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError(MARK)

    monkeypatch.setattr("synth_assets.refresh.refresh.Refresh.judge", crash)
    result = execute(project, instance)
    assert list(failures(result)) == ["small__verdict"]
    assert remove_snapshots(instance, project, DATASET) == set()
    assert len(open_store(project).artifacts(DATASET, stage="snapshot")) == 6
    assert remove_snapshots(instance, with_store(project, "resume_hours: 0"), DATASET) == {result.run_id}
    assert open_store(project).artifacts(DATASET, stage="snapshot") == []


def with_store(project: Project, setting: str) -> Project:
    """The project with one more setting of its store."""
    resources = project.root / "resources" / "local.yaml"
    resources.write_text(resources.read_text().replace("SYNTH_STORE_KEY}", f"SYNTH_STORE_KEY}}, {setting}", 1))
    return load_project(project.root)


def test_the_sensor_leaves_alone_what_is_not_over(generated: Project, instance: dg.DagsterInstance) -> None:
    # The snapshot of this project is of a refresh that no run of this instance began.
    assert remove_snapshots(instance, generated, DATASET) == set()
    assert len(open_store(generated).artifacts(DATASET, stage="snapshot")) == 6


def test_the_schedule_passes_over_while_a_refresh_is_at_work(project: Project, tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        check_the_schedule(project, instance)


def check_the_schedule(project: Project, instance: dg.DagsterInstance) -> None:
    definitions = build_definitions(project)
    repository = definitions.get_repository_def()
    schedule = repository.get_schedule_def("refresh_small_schedule")

    def tick() -> ScheduleExecutionData:
        context = dg.build_schedule_context(instance=instance, repository_def=repository)
        return schedule.evaluate_tick(context)

    assert len(tick().run_requests or ()) == 1
    job = definitions.resolve_job_def("refresh_small")
    busy = instance.create_run_for_job(job, tags=job.tags)
    instance.report_dagster_event(
        DagsterEvent(DagsterEventType.PIPELINE_START.value, job.name, message="at work"), busy.run_id
    )
    assert not tick().run_requests
    assert busy.run_id in (tick().skip_message or "")
