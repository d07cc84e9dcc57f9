"""What `make demo` does: the demo's production database becomes a staging database that passes the default gate."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from demo.shop.database import build
from synth_assets.cli import main

ROOT = Path(__file__).parents[2]


def test_the_demo_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("plans", "resources", "expectations", "catalogs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "demo").mkdir()
    build(tmp_path / "demo" / "production.db")
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    for command in (["init", "--key-only"], ["authorize", "staging"], ["refresh", "--dataset", "shop"]):
        result = runner.invoke(main, command)
        assert result.exit_code == 0, result.output
    assert "published 14 tables" in result.output
