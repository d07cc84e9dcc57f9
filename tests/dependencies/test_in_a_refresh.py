"""The whole chain on a database in which every kind of dependency holds: they hold in what is published, too."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from tests.dependencies.shop import broken_rows, build_shop
from tests.zoo import zoo_project

# The tables are small on purpose, so that sampling noise is large.
GATE = {
    "fidelity": {"shape": 0.6, "trend": 0.5, "cardinality": 0.5, "pairs_across_keys": 0.3},
    "privacy": {"membership_auc": 1, "copies": 1, "closer_share": 1},
}


def refresh_of(root: Path, tables: Mapping[str, object], *, seed: int = 0) -> Refresh:
    said = {"dataset": "shop", "source": "production", "targets": ["staging"], "tables": tables, "gate": GATE}
    return Refresh(zoo_project(root, plan=said), "shop", refresh="r", seed=seed)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    build_shop(folder / "production.db")
    project = zoo_project(folder)
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": f"sqlite:///{folder}/production.db"})
    return folder


def test_the_source_keeps_them(root: Path) -> None:
    assert set(broken_rows(root / "production.db").values()) == {0}


@pytest.mark.parametrize("seed", [0, 1])
def test_every_kind_holds_in_every_published_row(root: Path, seed: int) -> None:
    refresh_of(root, {}, seed=seed).run(["staging"])
    assert {name: rows for name, rows in broken_rows(root / "staging.db").items() if rows} == {}
