"""The component: what its YAML may say, what its assets are called, and that nothing is asked while it loads."""

import gc
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import jsonschema
import pytest
import yaml
from dagster.components.testing import create_defs_folder_sandbox

import synth_assets
from synth_assets import StageAsset, SyntheticDatabase, SyntheticDatabaseTranslator
from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.files import write_catalog
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect
from synth_assets.component import SyntheticDatabaseAttributes
from synth_assets.component_settings import load_component
from synth_assets.plan.yaml_source import SettingsInvalid
from tests.assets.test_definitions import wide_catalog
from tests.components import TYPE, asset_keys, attributes, loaded, make_source, state_path

KEYS = {f"shop/{stage}/{table}" for stage in ("source", "snapshot", "profile", "synthesizer", "synthetic", "staging")
        for table in ("customers", "Order_x20_Details")} | {"shop/verdict"}  # fmt: skip


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    path = tmp_path_factory.mktemp("source") / "production.db"
    make_source(path)
    return reflect(open_engine(f"sqlite:///{path}"))


def test_what_is_scaffolded_loads_as_it_is() -> None:
    """No environment variable is set, no database is there, and the catalog was never read."""
    for scaffold_format in ("yaml", "python"):
        with create_defs_folder_sandbox() as sandbox:
            folder = sandbox.scaffold_component(SyntheticDatabase, "Web-Shop", scaffold_format=scaffold_format)  # type: ignore[arg-type]
            with sandbox.build_all_defs() as defs:
                job = defs.resolve_job_def("refresh_web_shop")
                assert "dg utils refresh-defs-state" in (job.description or "")
            if scaffold_format == "yaml":
                project = load_component(folder / "defs.yaml")
                assert project.dataset("web_shop").target_names == ("staging",)
                assert project.root == sandbox.project_root.resolve()


def test_what_the_scaffolded_comments_offer_is_valid() -> None:
    with create_defs_folder_sandbox() as sandbox:
        folder = sandbox.scaffold_component(SyntheticDatabase, "shop")
        file = folder / "defs.yaml"
        text = file.read_text()
        assert f"--project {folder.relative_to(sandbox.project_root).as_posix()}" in text
        offered = re.sub(r"^  # (?=( *)[a-z_]+: )|^  # (?=( *)[a-z_]+:$)", "  ", text, flags=re.MULTILINE)
        written = yaml.safe_load(offered)["attributes"]
        assert len(written) > len(yaml.safe_load(text)["attributes"]) + 8
        validator = jsonschema.Draft202012Validator(SyntheticDatabaseAttributes.model_json_schema())
        assert not list(validator.iter_errors(written))
        # The state's other place is one of the instance's, of which there is none here.
        file.write_text(offered.replace("  defs_state:", "  # defs_state:"))
        with sandbox.build_all_defs() as defs:
            assert defs.resolve_job_def("refresh_shop")


def test_a_catalog_gives_the_assets(catalog: Catalog) -> None:
    with loaded(attributes(), catalog) as (component, defs):
        assert asset_keys(defs) == KEYS
        assert defs.resolve_schedule_def("refresh_shop_schedule").execution_timezone == "Europe/Berlin"
        assert component.settings.plan.table("customers").columns["name"].options == {"kind": "full_name"}


def test_definitions_load_without_asking_the_source_even_in_development(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("synth_assets.refresh.source_catalog.source_catalog", lambda *_: asked.append("asked"))
    monkeypatch.setenv("DAGSTER_IS_DEV_CLI", "1")
    with loaded(attributes(), catalog) as (component, _):
        assert component.defs_state_config.refresh_if_dev is False
    assert not asked


def test_yaml_translates(catalog: Catalog) -> None:
    translation = {
        "key": "ours/{{ stage }}/{{ table or 'all' }}",
        "group_name": "{{ dataset }}_{{ 'published' if stage == 'staging' else 'made' }}",
        "owners": ["team:data"],
        "tags": {"domain": "sales"},
        "kinds": ["gold"],
    }
    with loaded(attributes(translation=translation), catalog) as (_, defs):
        graph = defs.get_repository_def().asset_graph
        assert asset_keys(defs) == {key.replace("shop/", "ours/").replace("verdict", "verdict/all") for key in KEYS}
        node = graph.get(dg.AssetKey(["ours", "staging", "Order_x20_Details"]))
        assert (node.group_name, list(node.owners)) == ("shop_published", ["team:data"])
        assert node.tags["domain"] == "sales"
        assert node.tags["synth_assets/dataset"] == "shop"
        assert "gold" in node.kinds
        assert node.parent_keys == {
            dg.AssetKey(["ours", "verdict", "all"]),
            dg.AssetKey(["ours", "synthetic", "Order_x20_Details"]),
        }
        (check,) = [key for key in graph.asset_check_keys if key.name == "gate"]
        assert check.asset_key == dg.AssetKey(["ours", "verdict", "all"])


def test_a_translation_that_confuses_assets_is_told(catalog: Catalog) -> None:
    with loaded(attributes(translation={"key": "{{ stage }}"}), catalog) as (_, defs):
        description = defs.resolve_job_def("refresh_shop").description or ""
        assert "gives the key 'source' to source Order Details and to source customers" in description


@pytest.mark.parametrize(
    ("translation", "problem"),
    [
        ({"key": "{{ stage }}/{{ tabel or 'all' }}"}, "'tabel' is undefined"),
        ({"key_prefix": ["{{ datset }}"]}, "'datset' is undefined"),
        ({"tags": {"domain": "of_{{ stge }}"}}, "'stge' is undefined"),
        ({"group_name": "{{ table.nme }}"}, "has no attribute 'nme'"),
    ],
)
def test_a_template_that_names_what_there_is_not_is_told(
    catalog: Catalog, translation: dict[str, Any], problem: str
) -> None:
    with loaded(attributes(translation=translation), catalog) as (_, defs):
        description = defs.resolve_job_def("refresh_shop").description or ""
        assert problem in description
        assert "known: dataset, stage, table, spec. Nothing was contacted or changed." in description


class Ours(SyntheticDatabaseTranslator):
    def get_asset_spec(self, data: StageAsset) -> dg.AssetSpec:
        spec = data.spec.replace_attributes(key=data.spec.key.with_prefix("ours"))
        return spec.merge_attributes(tags={"table": data.table.lower().replace(" ", "_")} if data.table else {})


def test_python_makes_the_same_without_yaml_and_merges_with_other_definitions(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_source(tmp_path / "production.db")
    monkeypatch.setenv("PRODUCTION_DATABASE_URL", "sqlite:///production.db")
    written = attributes()
    project = synth_assets.make_project(tmp_path, plans=[written], resources={"databases": written.pop("databases")})
    synth_assets.save_catalog(project, "shop")

    @dg.asset(deps=[dg.AssetKey(["ours", "shop", "staging", "customers"])])
    def tested_app() -> None: ...

    shop = synth_assets.build_synthetic_database(project, "shop", translator=Ours())
    merged = dg.Definitions.merge(dg.Definitions(assets=[tested_app]), shop)

    assert asset_keys(merged) == {f"ours/{key}" for key in KEYS} | {"tested_app"}
    graph = merged.get_repository_def().asset_graph
    assert graph.get(dg.AssetKey(["ours", "shop", "staging", "Order_x20_Details"])).tags["table"] == "order_details"


def test_settings_in_python_are_checked_like_those_in_yaml(tmp_path: Path) -> None:
    written = attributes(targets=["stagin"])
    with pytest.raises(SettingsInvalid, match=r"unknown target 'stagin'.*staging"):
        synth_assets.make_project(tmp_path, plans=[written], resources={"databases": written.pop("databases")})


def test_assets_of_the_source_may_be_those_of_the_project(catalog: Catalog) -> None:
    @dg.asset(key=["shop", "source", "customers"])
    def ingested() -> None: ...

    with loaded(attributes(source_assets=False), catalog) as (_, defs):
        merged = dg.Definitions.merge(dg.Definitions(assets=[ingested]), defs)
        graph = merged.get_repository_def().asset_graph
        assert graph.get(dg.AssetKey(["shop", "source", "customers"])).is_materializable
        assert (
            dg.AssetKey(["shop", "snapshot", "customers"])
            in graph.get(dg.AssetKey(["shop", "source", "customers"])).child_keys
        )


def test_a_project_s_post_processing_reaches_the_assets(catalog: Catalog) -> None:
    processing = {"assets": [{"target": "group:shop_staging", "attributes": {"owners": ["team:qa"]}}]}
    with loaded(attributes(), catalog, post_processing=processing) as (_, defs):
        graph = defs.get_repository_def().asset_graph
        assert list(graph.get(dg.AssetKey(["shop", "staging", "customers"])).owners) == ["team:qa"]


@pytest.mark.parametrize(
    ("changes", "line", "said"),
    [
        ({"tables": {"customers": {"colums": {}}}}, "colums", "unknown key 'colums'.*columns"),
        ({"tables": {"customers": {"columns": {"name": "fakee"}}}}, "fakee", "unknown treatment 'fakee'.*fake"),
        ({"targets": ["production"]}, "targets:", "'production' is a source, not a target"),
        ({"defs_state": {"management_type": "LEGACY_CODE_SERVER_SNAPSHOTS"}}, "management_type", "LEGACY"),
        ({"resources": "resources/local.yaml"}, "attributes:", "leave one"),
    ],
)
def test_wrong_settings_are_told_with_file_and_line(changes: dict[str, Any], line: str, said: str) -> None:
    with create_defs_folder_sandbox() as sandbox:
        folder = sandbox.scaffold_component(
            SyntheticDatabase,
            "shop",
            defs_yaml_contents={"type": "synth_assets.SyntheticDatabase", "attributes": attributes(**changes)},
        )
        lines = (folder / "defs.yaml").read_text().splitlines()
        at = next(number for number, text in enumerate(lines, start=1) if line in text)
        with pytest.raises(Exception, match="shop") as caught, sandbox.build_all_defs():
            pass
    found = caught.value.__cause__ or caught.value
    assert isinstance(found, SettingsInvalid)
    assert found.problems[0].file.endswith("shop/defs.yaml")
    assert found.problems[0].line in (at, at + 1)
    assert re.search(said, str(found))


def test_what_a_schema_asks_for_is_said_in_a_sentence() -> None:
    validator = jsonschema.Draft202012Validator(SyntheticDatabaseAttributes.model_json_schema())
    (error,) = validator.iter_errors(attributes(time_zone="Europe/Berln"))
    assert error.message == "'a time zone such as UTC or Europe/Berlin' was expected"
    (error,) = validator.iter_errors(attributes(schedule="0 25 * * *"))
    assert "hour 0-23" in error.message
    (error,) = validator.iter_errors(attributes(tables={"customers": {"columns": {"name": "lern"}}}))
    assert "'lern' is not one of ['learn', 'fake'," in error.message


def test_a_key_that_is_there_twice_is_refused() -> None:
    with create_defs_folder_sandbox() as sandbox:
        folder = sandbox.scaffold_component(
            SyntheticDatabase, "shop", defs_yaml_contents={"type": TYPE, "attributes": attributes()}
        )
        file = folder / "defs.yaml"
        file.write_text(file.read_text().replace("attributes:\n", "attributes:\n  seed: 1\n  seed: 2\n"))
        with pytest.raises(Exception, match="shop") as caught, sandbox.build_all_defs():
            pass
    found = caught.value.__cause__ or caught.value
    assert isinstance(found, SettingsInvalid)
    assert "the key 'seed' is there already" in str(found)


def test_templates_are_filled_in(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRON", "15 4 * * *")
    with loaded(attributes(schedule="{{ env.CRON }}"), catalog) as (_, defs):
        assert defs.resolve_schedule_def("refresh_shop_schedule").cron_schedule == "15 4 * * *"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"tables": {"customers": {"columns": {"name": {"fakee": "email"}}}}}, ["tables", "customers", "columns"]),
        ({"tables": {"customers": {"columns": {"name": "fakee"}}}}, ["tables", "customers", "columns", "name"]),
        ({"gate": {"fidelity": {"shape": 3}}}, ["gate", "fidelity", "shape"]),
        ({"tables": {"customers": {"columns": {"name": {"fake": "emial"}}}}}, ["tables", "customers", "columns"]),
        ({"tables": {"customers": {"synthesizer": "tres"}}}, ["tables", "customers", "synthesizer"]),
        ({"tables": {"customers": {"synthesizer": {"nam": "trees"}}}}, ["tables", "customers", "synthesizer"]),
        ({"tables": {"customers": {"mode": "reference"}}}, ["tables", "customers"]),
        ({"schedule": "0 3 * *"}, ["schedule"]),
        ({"schedule": "0 25 * * *"}, ["schedule"]),
        ({"schedule": "0 3 * foo *"}, ["schedule"]),
        ({"time_zone": "Europe/Berln"}, ["time_zone"]),
        ({"compute": {"workers": 0}}, ["compute", "workers"]),
        ({"store": {"keep_refreshes": "five"}}, ["store", "keep_refreshes"]),
        ({"translation": {"group": "x"}}, ["translation"]),
        ({"targets": {"name": "staging", "schedule": "0 3 * *"}}, ["targets"]),
        ({"targets": 3}, ["targets"]),
        ({"databases": {"production": {"role": "sauce", "url": "sqlite://"}}}, ["databases", "production", "role"]),
    ],
)
def test_the_schema_that_editors_get_points_at_what_is_wrong(changes: dict[str, Any], place: list[str]) -> None:
    validator = jsonschema.Draft202012Validator(SyntheticDatabaseAttributes.model_json_schema())
    short = {
        "targets": "staging",
        "schedule": "{{ env.CRON }}",
        "tables": {
            "e": {"columns": {"f": {"fake": "email"}, "g": {"fake": "{{ env.KIND }}"}}},
            "a": None,
            "b": {"columns": {"c": None, "d": {"mask": True}}, "synthesizer": "rules"},
        },
        "translation": {"key": "x/{{ stage }}", "owners": ["team:data"]},
        "store": {"url": "file://.synth", "key": {"env": "KEY"}},
    }
    assert not list(validator.iter_errors(attributes(**short)))
    for schedule in ("*/5,3 3-5 * jan mon-FRI", "05 03 1 12 7", "@daily", None):
        assert not list(validator.iter_errors(attributes(schedule=schedule)))
    errors = list(validator.iter_errors(attributes(**changes)))
    assert errors
    assert all(list(error.absolute_path)[: len(place)] == place for error in errors)


@pytest.mark.parametrize("translation", [None, {"key_prefix": ["ours"], "group_name": "{{ dataset }}"}])
def test_three_hundred_tables_load_quickly(translation: dict[str, Any] | None) -> None:
    """Dagster alone, of the same graph, is the measure: it takes about 1.5 s of CPU time, more on a busy machine."""
    with create_defs_folder_sandbox() as sandbox:
        written = {"type": TYPE, "attributes": attributes(tables={}, translation=translation)}
        folder = sandbox.scaffold_component(SyntheticDatabase, "shop", defs_yaml_contents=written)
        write_catalog(state_path(sandbox), wide_catalog(300))

        def load() -> dg.Definitions:
            with sandbox.load_component_and_build_defs(folder) as (_, defs):
                defs.get_repository_def().get_job("refresh_shop")
                return defs

        defs = load()
        assert len(asset_keys(defs)) == 300 * 6 + 1
        ours, dagster = seconds_of(load), seconds_of(lambda: same_graph_without_us(defs))
    assert ours < 3 * dagster, f"300 tables: {ours:.2f} s, Dagster alone {dagster:.2f} s"


def seconds_of(work: Callable[[], object]) -> float:
    """CPU time, without what the collection of other tests' garbage takes."""
    gc.collect()
    gc.freeze()
    began = time.process_time()
    work()
    seconds = time.process_time() - began
    gc.unfreeze()
    return seconds


def same_graph_without_us(defs: dg.Definitions) -> None:
    """The same steps and assets with the same dependencies; the steps do nothing."""

    def step(made: dg.AssetsDefinition) -> dg.AssetsDefinition:
        specs = [dg.AssetSpec(spec.key, deps=spec.deps, tags=spec.tags, metadata=spec.metadata) for spec in made.specs]
        checks = list(made.check_specs)

        @dg.multi_asset(name=made.op.name, specs=specs, check_specs=checks, allow_arbitrary_check_specs=bool(checks))
        def nothing() -> Iterator[dg.MaterializeResult[Any]]:
            yield from ()

        return nothing

    found = [made for made in defs.get_repository_def().assets_defs_by_key.values() if made.is_executable]
    steps = [step(made) for made in {id(made): made for made in found}.values()]
    job = dg.define_asset_job("refresh", dg.AssetSelection.assets(*steps))
    dg.Definitions(assets=steps, jobs=[job]).get_repository_def().get_job("refresh")


def test_what_keeps_a_dataset_from_being_ready_is_logged(catalog: Catalog, caplog: pytest.LogCaptureFixture) -> None:
    with loaded(attributes(tables={"custmers": {"mode": "empty"}}), catalog) as (_, defs):
        assert "Not ready" in (defs.resolve_job_def("refresh_shop").description or "")
    told = caplog.text
    assert "the source has no table 'custmers'; did you mean 'customers'?" in told
    assert "the attributes of its component" in told
