"""What `make demo` does: the demo's production database becomes a staging database that passes the default gate."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from demo.shop.database import build
from synth_assets.cli import main
from synth_assets.project import load_project
from synth_assets.refresh import Refresh
from tests.synthesize.model_files import files_of

ROOT = Path(__file__).parents[2]


def test_the_demo_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("plans", "resources", "expectations", "catalogs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    resources = tmp_path / "resources" / "local.yaml"
    resources.write_text(resources.read_text().replace("keep_snapshots: 0", "keep_snapshots: 1"))
    (tmp_path / "demo").mkdir()
    build(tmp_path / "demo" / "production.db")
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    for command in (["init", "--key-only"], ["authorize", "staging"], ["refresh", "--dataset", "shop"]):
        result = runner.invoke(main, command)
        assert result.exit_code == 0, result.output
    assert "published 14 tables" in result.output
    assert_models_are_smaller_than_their_rows(Refresh(load_project(tmp_path), "shop", refresh="looked at"))


def assert_models_are_smaller_than_their_rows(refresh: Refresh) -> None:
    """In all, even though both are compressed."""
    sizes = dict.fromkeys(("snapshot", "synthesizer"), 0)
    for stage in sizes:
        for artifact in refresh.store.artifacts("shop", stage=stage):
            sizes[stage] += sum(len(folder.read_bytes(path[-1])) for path, folder in files_of(artifact.folder))
    assert 0 < sizes["synthesizer"] < sizes["snapshot"]
