"""What loads without asking a database: the graph, jobs and schedules, in time, and from the same names everywhere."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster_cloud_cli.config.models import load_dagster_cloud_yaml

from synth_assets.assets import build_definitions
from synth_assets.catalog.files import write_catalog
from synth_assets.catalog.model import Catalog, Column, DataType, ForeignKey, Key, Kind, Table
from synth_assets.project import Project, load_project
from tests.assets.projects import DATASET, PLAN, TABLES, make_project

ROOT = Path(__file__).parents[2]
HEAVY = ("sdv", "torch", "great_expectations", "sklearn", "sdmetrics")


def keys(defs: dg.Definitions) -> set[str]:
    graph = defs.get_repository_def().asset_graph
    return {key.to_user_string() for key in graph.get_all_asset_keys()}


def test_every_stage_has_an_asset_for_every_table(project: Project) -> None:
    read = [name.replace(" ", "_x20_") for name in TABLES if name != "audit"]
    published = [*read, "audit"]
    expected = {f"{DATASET}/{stage}/{name}" for stage in ("source", "snapshot", "profile") for name in read}
    expected |= {f"{DATASET}/{stage}/{name}" for stage in ("synthesizer", "synthetic", "staging") for name in published}
    assert keys(build_definitions(project)) == expected | {f"{DATASET}/verdict"}


def test_steps_are_those_of_the_design(project: Project) -> None:
    steps = {node.name for node in build_definitions(project).resolve_job_def("refresh_small").graph.nodes}
    models = {f"small__synthesizer__{name.replace(' ', '_x20_')}" for name in TABLES}
    rows = {f"small__synthetic__{name.replace(' ', '_x20_')}" for name in TABLES if name != "teams"}
    assert steps == {"small__snapshot", "small__profile", "small__verdict", "small__staging"} | models | rows


def test_parents_come_first(project: Project) -> None:
    graph = build_definitions(project).get_repository_def().asset_graph

    def parents(*path: str) -> set[str]:
        return {key.to_user_string() for key in graph.get(dg.AssetKey([DATASET, *path])).parent_keys}

    assert parents("synthetic", "Order_x20_Details") == {
        "small/synthesizer/Order_x20_Details",
        "small/synthesizer/orders",
        "small/synthetic/orders",
    }
    assert parents("synthesizer", "orders") >= {"small/profile/orders", "small/snapshot/customers"}
    assert parents("staging", "orders") == {"small/verdict", "small/synthetic/orders"}


def test_publication_waits_for_everything(project: Project) -> None:
    job = build_definitions(project).resolve_job_def("refresh_small")
    (node,) = [node for node in job.graph.dependencies if node.name == "small__staging"]
    before = {
        found.node
        for definition in job.graph.dependencies[node].values()
        for found in definition.get_node_dependencies()
    }
    rows = {f"small__synthetic__{name.replace(' ', '_x20_')}" for name in TABLES if name != "teams"}
    assert before == {"small__verdict"} | rows


def test_real_names_stay_visible(project: Project) -> None:
    graph = build_definitions(project).get_repository_def().asset_graph
    for stage in ("source", "snapshot", "synthetic", "staging"):
        assert graph.get(dg.AssetKey([DATASET, stage, "Order_x20_Details"])).metadata["dagster/table_name"] == (
            "Order Details"
        )


def test_schedule_follows_the_plan(project: Project) -> None:
    schedule = build_definitions(project).get_schedule_def("refresh_small_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("* * * * *", "Europe/Berlin")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_schedule_runs_by_itself_where_it_is_deployed(project: Project) -> None:
    resources = project.root / "resources"
    (resources / "production.yaml").write_text((resources / "local.yaml").read_text())
    deployed = build_definitions(load_project(project.root, environment="production"))
    assert deployed.get_schedule_def("refresh_small_schedule").default_status is dg.DefaultScheduleStatus.RUNNING


def test_a_dataset_without_catalog_says_so_and_leaves_the_others_alone(tmp_path: Path) -> None:
    make_project(tmp_path, catalog=False)
    (tmp_path / "plans" / "other.yaml").write_text("dataset: other\nsource: production\ntargets: [staging]\n")
    (tmp_path / "catalogs").mkdir()
    orphan = load_project(tmp_path)
    write_catalog(orphan.catalog_path("other"), wide_catalog(2))

    defs = build_definitions(orphan)

    job = defs.resolve_job_def("refresh_small")
    assert "synth-assets plan --dataset small" in (job.description or "")
    assert "other/verdict" in keys(defs)
    assert defs.get_schedule_def("refresh_small_schedule").job_name == "refresh_small"
    result = job.execute_in_process(raise_on_error=False)
    assert not result.success
    assert "its catalog was never saved" in str(result.all_events)


def test_a_plan_that_does_not_fit_its_catalog_says_so(tmp_path: Path) -> None:
    project = make_project(tmp_path, plan=PLAN + "  customer: {mode: empty}\n")
    job = build_definitions(project).resolve_job_def("refresh_small")
    assert "no table 'customer'" in (job.description or "")


def test_a_target_may_be_named_like_a_stage(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    for file in ("plans/small.yaml", "resources/local.yaml"):
        path = tmp_path / file
        path.write_text(path.read_text().replace("[staging]", "[synthetic]").replace("  staging:", "  synthetic:"))
    found = keys(build_definitions(load_project(project.root)))
    assert {"small/synthetic/orders", "small/synthetic_database/orders"} <= found


def test_definitions_load_fast_and_without_the_heavy_libraries(project: Project) -> None:
    code = (
        "import time, sys; began = time.process_time(); import dagster; dagster_done = time.process_time();"
        "import synth_assets.definitions as module; module.defs.get_repository_def(); ended = time.process_time();"
        "import synth_assets; synth_assets.SyntheticDatabase;"
        f"print([name for name in {HEAVY!r} if name in sys.modules], ended - began, ended - dagster_done)"
    )
    environment = os.environ | {"SYNTH_PROJECT": str(project.root)}
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in ran.stderr.splitlines()}
    heavy, _, seconds = ran.stdout.strip().partition("] ")
    whole, ours = map(float, seconds.split())
    assert heavy == "["
    assert imported.isdisjoint(HEAVY)
    assert "dagster" in imported
    # CPU time: a busy machine does not make it longer. Two thirds of it is Dagster's own import.
    assert whole < 3.0, f"definitions took {whole:.2f} s of CPU time, with -X importtime"
    assert ours < 1.0, f"beyond importing Dagster, definitions took {ours:.2f} s of CPU time"


def test_three_hundred_tables_load_in_a_few_seconds(tmp_path: Path) -> None:
    make_project(tmp_path, plan="dataset: small\nsource: production\ntargets: [staging]\n")
    project = load_project(tmp_path)
    write_catalog(project.catalog_path(DATASET), wide_catalog(300))
    code = (
        "import dagster, time; began = time.process_time();"
        "import synth_assets.definitions as module;"
        "repository = module.defs.get_repository_def(); repository.get_job('refresh_small');"
        "print(time.process_time() - began, len(list(repository.asset_graph.get_all_asset_keys())))"
    )
    environment = os.environ | {"SYNTH_PROJECT": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    seconds, assets = ran.stdout.split()
    assert int(assets) == 300 * 6 + 1
    assert float(seconds) < 10  # CPU time, the import of Dagster among it


def wide_catalog(tables: int) -> Catalog:
    """Tables of twelve columns; each but the first refers to the one before."""
    integer, text = DataType(kind=Kind.INTEGER, native="INTEGER"), DataType(kind=Kind.TEXT, native="TEXT")
    return Catalog(
        dialect="sqlite",
        tables=tuple(
            Table(
                name=f"table_{at:03}",
                columns=(
                    Column(name="id", type=integer, nullable=False),
                    Column(name="before", type=integer),
                    *(Column(name=f"value_{n}", type=text) for n in range(10)),
                ),
                primary_key=Key(columns=("id",)),
                foreign_keys=(ForeignKey(columns=("before",), parent=f"table_{at - 1:03}", parent_columns=("id",)),)
                if at
                else (),
            )
            for at in range(tables)
        ),
    )


@pytest.mark.parametrize("folder", [ROOT, ROOT / "synth_assets" / "cli" / "new_project"], ids=["demo", "new project"])
def test_workspace_and_dagster_cloud_agree(folder: Path) -> None:
    (local,) = yaml.safe_load((folder / "workspace.yaml").read_text())["load_from"]
    (cloud,) = yaml.safe_load((folder / "dagster_cloud.yaml").read_text())["locations"]
    module = local["python_module"]
    load_dagster_cloud_yaml((folder / "dagster_cloud.yaml").read_text())  # refuses keys that Dagster+ does not know
    assert cloud["location_name"] == module["location_name"]
    assert cloud["code_source"] == {"module_name": module["module_name"]}
    assert cloud["attribute"] == module["attribute"] == "defs"
    assert cloud["working_directory"] == module["working_directory"] == "."


def test_bare_dagster_dev_finds_the_same_location() -> None:
    (local,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    module = local["python_module"]
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert tool["dagster"]["module_name"] == module["module_name"]
    assert tool["dagster"]["code_location_name"] == module["location_name"]
    assert tool["dg"]["project"]["code_location_name"] == module["location_name"]
    assert module["module_name"].startswith(f"{tool['dg']['project']['root_module']}.")


def test_definitions_validate_as_the_demo_loads_them(tmp_path: Path) -> None:
    environment = os.environ | {"DAGSTER_HOME": str(tmp_path)}
    ran = subprocess.run(
        [Path(sys.executable).with_name("dagster"), "definitions", "validate", "-w", "workspace.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "synthetic_data" in ran.stdout + ran.stderr


def test_metadata_of_definitions_can_be_read_by_others(project: Project) -> None:
    graph = build_definitions(project).get_repository_def().asset_graph
    schema = graph.get(dg.AssetKey([DATASET, "synthetic", "customers"])).metadata["dagster/column_schema"]
    columns = {column.name: column for column in schema.columns}
    assert columns["email"].tags["treatment"] == "fake"
    assert columns["id"].type == "INTEGER"
    assert columns["id"].tags["treatment"] == "made_anew"
    assert columns["id"].description.startswith("The primary key: made anew")


def test_definitions_leave_it_to_the_rows_to_describe_what_a_profile_may_change(project: Project) -> None:
    """Dagster shows a definition's description rather than the materialization's."""
    graph = build_definitions(project).get_repository_def().asset_graph
    for stage in ("synthetic", "staging"):
        schema = graph.get(dg.AssetKey([DATASET, stage, "customers"])).metadata["dagster/column_schema"]
        described = {column.name for column in schema.columns if column.description}
        assert "id" in described
        assert "points" not in described
