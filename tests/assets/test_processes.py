"""Every step in a process of its own, as a deployment runs them."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from synth_assets.project import Project
from tests.assets.homes import files_with
from tests.assets.projects import MARK, TABLES, rows_in_target


def test_a_run_over_many_processes(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "dagster_home"
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    arguments = ["job", "execute", "-m", "synth_assets.definitions", "-a", "defs", "-j", "refresh_small"]
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("dagster")), *arguments],
        cwd=project.root,
        env={name: value for name, value in os.environ.items() if name != "SYNTH_STORE_KEY"},  # the .env has it
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert set(rows_in_target(project)) == set(TABLES)
    assert MARK.lower() not in (ran.stdout + ran.stderr).lower()
    assert files_with(home, "small__verdict")
    assert files_with(home, MARK) == []
    with dg.DagsterInstance.get() as instance:
        (record,) = instance.get_run_records()
        log = instance.all_logs(record.dagster_run.run_id)
    times = {
        (entry.step_key, entry.dagster_event.event_type_value): entry.timestamp for entry in log if entry.dagster_event
    }
    began = [
        times[step, "STEP_START"] - times[step, "STEP_WORKER_STARTING"]
        for step, kind in times
        if kind == "STEP_START" and step != "small__snapshot"
    ]
    assert len(began) == 3 + 7 + 6 - 1 + 1
    # The first step waits for the fork server to load everything; the others are forked from it.
    median = sorted(began)[len(began) // 2]
    # 0.4 s where nothing else runs, ten times as much without the fork server; a busy machine gets some leeway.
    assert median < 8.0, f"a step took {median:.2f} s to start"
