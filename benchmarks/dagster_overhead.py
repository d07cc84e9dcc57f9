"""How much of a refresh in Dagster is not the product's own work: starting steps, and writing the event log.

    python -m benchmarks.dagster_overhead --tables 30 --rows 2000

A made-up dataset in SQLite is refreshed by its job, every step in a process of its own; the event log then tells when
each step was asked for, began, had its results, and ended. The times of all steps are added up, however many of them
ran side by side.
"""

import argparse
import base64
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import numpy as np

from synth_assets.project import load_project
from synth_assets.refresh.authorizing import authorize_target
from synth_assets.refresh.source_catalog import save_catalog

DATASET = "thirty"
_LIMIT = 0.25
# Rows like these have nothing to be told apart by: figures of nearness and privacy would be chance.
_PLAN = f"""
dataset: {DATASET}
source: production
targets: [staging]
gate:
  fidelity: {{shape: 0.3, trend: 0.3, cardinality: 0.1, pairs_across_keys: 0.1, two_sample: 1.0}}
  privacy: {{membership_auc: 1.0, copies: 1.0, closer_share: 1.0}}
"""
_RESOURCES = """
databases:
  production: {role: source, url: "sqlite:///production.db"}
  staging: {role: target, environment: staging, url: "sqlite:///staging.db"}
"""
_RESULTS = ("STEP_OUTPUT", "ASSET_OBSERVATION", "ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION")


@dataclass(frozen=True)
class StepTimes:
    """Seconds of one step.

    Attributes:
        starting: From being asked for until it began: a process, the definitions, resources.
        work: Until it had its first result: the stage itself.
        events: Until it ended: results and metadata into the event log.
    """

    step: str
    starting: float
    work: float
    events: float


def main() -> int:
    """Refresh, print the breakdown; 1 if the run failed or too much was outside the product's own work."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dagster_overhead", description=__doc__)
    parser.add_argument("--tables", type=int, default=30)
    parser.add_argument("--rows", type=int, default=2000, help="Rows of each table.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dagster-overhead-") as folder:
        root, home = Path(folder) / "project", Path(folder) / "home"
        environment = os.environ | {
            "SYNTH_STORE_KEY": base64.b64encode(os.urandom(32)).decode(),
            "DAGSTER_HOME": str(home),
            "GX_ANALYTICS_ENABLED": "false",
        }
        home.mkdir()
        make_project(root, tables=options.tables, rows=options.rows)
        ran = refresh(root, environment)
        if ran.returncode:
            print(ran.stderr[-4000:], file=sys.stderr)
            return 1
        with dg.DagsterInstance.from_config(str(home)) as instance:
            steps = step_times(instance)
    return show(steps, tables=options.tables, rows=options.rows)


def make_project(root: Path, *, tables: int, rows: int) -> None:
    """A project whose tables each refer to an earlier one."""
    for folder in ("plans", "resources"):
        (root / folder).mkdir(parents=True)
    (root / "plans" / f"{DATASET}.yaml").write_text(_PLAN)
    (root / "resources" / "local.yaml").write_text(_RESOURCES)
    rng = np.random.default_rng(7)
    with closing(sqlite3.connect(root / "production.db")) as connection, connection:
        for at in range(tables):
            parent = f"table_{(at - 1) // 3:02}"
            reference = f" REFERENCES {parent} (id)" if at else ""
            connection.execute(
                f"CREATE TABLE table_{at:02} (id INTEGER PRIMARY KEY, parent INTEGER{reference}, "
                "status TEXT NOT NULL, amount REAL NOT NULL, placed DATE NOT NULL, flag INTEGER NOT NULL)"
            )
            connection.executemany(
                f"INSERT INTO table_{at:02} VALUES (?, ?, ?, ?, ?, ?)", _rows(rng, rows, parents=rows if at else 0)
            )
    project = load_project(root)
    save_catalog(project, DATASET)
    authorize_target(project, "staging")


def _rows(rng: np.random.Generator, rows: int, *, parents: int) -> Iterable[tuple[object, ...]]:
    for at in range(1, rows + 1):
        yield (
            at,
            int(rng.integers(1, parents + 1)) if parents else None,
            str(rng.choice(["new", "paid", "sent"], p=[0.2, 0.5, 0.3])),
            round(float(rng.gamma(2.0, 40.0)), 2),
            f"2024-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}",
            int(rng.random() < 0.3),
        )


def refresh(root: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """One run of the dataset's job with the product's own executor."""
    dagster = Path(sys.executable).with_name("dagster")
    command = [dagster, "job", "execute", "-m", "synth_assets.definitions", "-a", "defs", "-j", f"refresh_{DATASET}"]
    return subprocess.run(command, cwd=root, env=dict(environment), capture_output=True, text=True, check=False)


def step_times(instance: dg.DagsterInstance) -> list[StepTimes]:
    """The times of every step of the instance's only run."""
    (record,) = instance.get_run_records()
    times: dict[str, dict[str, float]] = {}
    for entry in instance.all_logs(record.dagster_run.run_id):
        if entry.step_key and entry.dagster_event:
            kind = entry.dagster_event.event_type_value
            times.setdefault(entry.step_key, {}).setdefault("RESULT" if kind in _RESULTS else kind, entry.timestamp)
    return [
        StepTimes(
            step,
            at["STEP_START"] - at["STEP_WORKER_STARTING"],
            at["RESULT"] - at["STEP_START"],
            at["STEP_SUCCESS"] - at["RESULT"],
        )
        for step, at in times.items()
        if "STEP_SUCCESS" in at
    ]


def show(steps: list[StepTimes], *, tables: int, rows: int) -> int:
    """Print the breakdown; 1 if more than a quarter is not the product's own work."""
    by_stage: dict[str, list[StepTimes]] = {}
    for step in steps:
        by_stage.setdefault(step.step.split("__")[1], []).append(step)
    print(f"{tables} tables of {rows:,} rows, {len(steps)} steps\n")
    print("| stage | steps | starting s | work s | event log s |")
    print("| --- | --- | --- | --- | --- |")
    for stage, found in [*by_stage.items(), ("all", steps)]:
        starting, work, events = (sum(getattr(one, part) for one in found) for part in ("starting", "work", "events"))
        print(f"| {stage} | {len(found)} | {starting:.1f} | {work:.1f} | {events:.1f} |")
    share = 1 - work / (starting + work + events)
    print(f"\nOutside the product's own work: {share:.0%} (at most {_LIMIT:.0%}).")
    return int(share > _LIMIT)


if __name__ == "__main__":
    sys.exit(main())
