"""A Dagster project as its makers scaffold one, with the component added: checked, refreshed, published."""

import base64
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.components import ATTRIBUTES, make_source

BIN = Path(sys.executable).parent
COMPONENT = "synth_assets.SyntheticDatabase"


class FreshProject:
    """A project in a folder of its own, and the commands that people give in it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "fresh"
        self._environment = os.environ | {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(self.root / "src"), *sys.path]),
            "DAGSTER_HOME": str(folder / "home"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "DAGSTER_DG_UPDATE_CHECK_ENABLED": "0",
            "GX_ANALYTICS_ENABLED": "false",
        }
        (folder / "home").mkdir()
        self.run("create-dagster", "project", str(self.root), "--no-uv-sync", at=folder)

    @property
    def component(self) -> Path:
        return self.root / "src" / "fresh" / "defs" / "shop" / "defs.yaml"

    def run(self, *command: str, fails: bool = False, at: Path | None = None) -> str:
        """What a command says; it must succeed unless it is to fail."""
        ran = subprocess.run(
            [BIN / command[0], *command[1:]],
            cwd=at or self.root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said = ran.stdout + ran.stderr
        assert bool(ran.returncode) is fails, said
        return said

    def change(self, before: str, after: str) -> None:
        text = self.component.read_text()
        assert before in text
        self.component.write_text(text.replace(before, after))


@pytest.mark.timeout(900)
def test_a_fresh_project_gets_a_synthetic_database(tmp_path: Path) -> None:
    project = FreshProject(tmp_path)
    assert COMPONENT in project.run("dg", "list", "components")

    project.run("dg", "scaffold", "defs", COMPONENT, "shop")
    assert "loaded successfully" in project.run("dg", "check", "defs")

    project.change("targets: [staging]", "targets: [stagng]\n  on_new_colum: hold")
    told = project.run("dg", "check", "yaml", fails=True)
    wrong = next(at for at, line in enumerate(project.component.read_text().splitlines(), 1) if "colum:" in line)
    assert f"defs.yaml:{wrong}" in told
    project.change("targets: [stagng]\n  on_new_colum: hold", "targets: [staging]")

    make_source(project.root / "production.db")
    (project.root / ".env").write_text(
        f"SYNTH_STORE_KEY={base64.b64encode(bytes(range(32))).decode()}\n"
        "PRODUCTION_DATABASE_URL=sqlite:///production.db\nSTAGING_DATABASE_URL=sqlite:///staging.db\n"
    )
    project.change("time_zone: UTC", f"time_zone: UTC\n  gate: {json.dumps(ATTRIBUTES['gate'])}")
    project.run("dg", "utils", "refresh-defs-state")
    project.run("synth-assets", "authorize", "staging", "--project", str(project.component.parent))
    project.run("dg", "check", "defs")
    project.run("dg", "launch", "--job", "refresh_shop")

    with closing(sqlite3.connect(project.root / "staging.db")) as target:
        assert target.execute("SELECT count(*) FROM customers").fetchone() == (200,)
        assert target.execute('SELECT count(*) FROM "Order Details"').fetchone()[0] > 0
