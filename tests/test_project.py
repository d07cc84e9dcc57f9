from pathlib import Path

import pytest

from synth_assets.plan.yaml_source import SettingsInvalid
from synth_assets.project import (
    ProjectNotFound,
    UnknownDataset,
    UnknownEnvironment,
    load_project,
)

RESOURCES = """
databases:
  production: {role: source, url: "sqlite:///production.db"}
  staging: {role: target, environment: staging, url: "sqlite:///staging.db"}
  dev: {role: target, environment: dev, url: {env: DEV_DATABASE_URL}}
"""
PLAN = "dataset: shop\nsource: production\ntargets: [staging, dev]\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "plans").mkdir()
    (tmp_path / "resources").mkdir()
    (tmp_path / "plans" / "shop.yaml").write_text(PLAN)
    (tmp_path / "resources" / "local.yaml").write_text(RESOURCES)
    return tmp_path


def test_a_project_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNTH_ENV", raising=False)
    project = load_project(root)
    assert project.environment == "local"
    assert list(project.datasets) == ["shop"]
    assert project.source("shop").resolve_url({}) == f"sqlite:///{root}/production.db"
    assert list(project.targets("shop")) == ["staging", "dev"]
    assert list(project.sources) == ["production"]
    assert project.expectations_folder("shop") == root / "expectations" / "shop"
    assert project.catalog_path("shop") == root / "catalogs" / "shop.json"


def test_the_environment_is_named_or_that_of_the_variable(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "resources" / "night.yml").write_text(RESOURCES)
    monkeypatch.setenv("SYNTH_ENV", "night")
    assert load_project(root).environment == "night"
    assert load_project(root, environment="local").environment == "local"
    with pytest.raises(UnknownEnvironment, match=r"resources/nigth\.yaml; did you mean 'night'\?"):
        load_project(root, environment="nigth")


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectNotFound, match="is not a project"):
        load_project(tmp_path)


def test_an_unknown_dataset_is_told_the_nearest(root: Path) -> None:
    with pytest.raises(UnknownDataset, match="did you mean 'shop'"):
        load_project(root, environment="local").dataset("shp")


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("dataset: shop\nsource: prodction\ntargets: []\n", "line 2: unknown source 'prodction'; did you mean"),
        ("dataset: shop\nsource: production\ntargets: [a]\n", "line 3: unknown target 'a'; known: staging, dev"),
        (
            "dataset: shop\nsource: production\ntargets:\n  - dev\n  - production\n",
            "line 5: 'production' is a source, not a target; known: staging, dev",
        ),
        ("dataset: shop\nsource: dev\ntargets: dev\n", "line 2: 'dev' is a target, not a source"),
    ],
)
def test_databases_that_the_environment_lacks(root: Path, plan: str, said: str) -> None:
    (root / "plans" / "shop.yaml").write_text(plan)
    with pytest.raises(SettingsInvalid) as refused:
        load_project(root, environment="local")
    assert f"plans/shop.yaml, {said}" in str(refused.value)


def test_two_plans_of_one_dataset(root: Path) -> None:
    (root / "plans" / "twin.yaml").write_text(PLAN)
    with pytest.raises(SettingsInvalid, match=r"plans/twin\.yaml, line 1: the dataset 'shop' has a plan already, in"):
        load_project(root, environment="local")


def test_the_problems_of_all_files_are_told_together(root: Path) -> None:
    (root / "plans" / "shop.yaml").write_text("dataset: shop\nsorce: production\n")
    (root / "resources" / "local.yaml").write_text("databases: {a: {role: target, url: 'sqlite:///a'}}\nstor: {}\n")
    with pytest.raises(SettingsInvalid) as refused:
        load_project(root, environment="local")
    assert {problem.file for problem in refused.value.problems} == {"plans/shop.yaml", "resources/local.yaml"}
    assert len(refused.value.problems) == 5
