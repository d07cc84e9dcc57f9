"""A refresh whose process is killed: what it leaves is unreadable, and the next refresh removes it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from tests.zoo import build_zoo, zoo_project

REAL = (b"real.example", b"Real Street")


def killed(root: Path, *arguments: str) -> None:
    """Run a refresh in a process of its own that is killed at work."""
    (root / "temporary").mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "tests.refresh.killed", str(root), *arguments],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"TMPDIR": str(root / "temporary"), "GX_ANALYTICS_ENABLED": "false"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == -9, ran.stderr[-2000:]


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("at", [("snapshot", "orders"), ("profile",)])
def test_the_next_refresh_removes_what_a_killed_one_left(tmp_path: Path, at: tuple[str, ...]) -> None:
    build_zoo(tmp_path / "production.db", customers=60)
    assert any(real in (tmp_path / "production.db").read_bytes() for real in REAL)
    staging = zoo_project(tmp_path).resources.databases["staging"]
    authorize("staging", staging, staging.resolve_url({}), {})
    killed(tmp_path, *at)
    snapshots = tmp_path / "store" / "zoo" / "snapshot"
    left = files(snapshots)
    assert left
    for path in [*files(tmp_path / "store"), *files(tmp_path / "temporary")]:
        assert path.stat().st_mode & 0o777 == 0o600, path
        assert not any(real in path.read_bytes() for real in REAL), path
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "store").rglob("*") if path.is_dir()} == {0o700}
    again = Refresh(zoo_project(tmp_path), "zoo", refresh="again")
    again.snapshot()
    assert {path.name for path in left if path.exists()} <= {"latest"}
    again.finish()
    assert files(snapshots) == []
