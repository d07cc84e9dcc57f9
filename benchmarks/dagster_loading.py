"""How long the definitions of a project of many tables take to load, and on what.

    python -m benchmarks.dagster_loading --tables 300

A process of its own loads them as a code server does. Its parts are told in seconds of its processor, which other
processes on the machine change little.
"""

import argparse
import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth_assets.project import Project

_LIMIT = 3.0
_ROWS = 5


def main() -> int:
    """Load, print the breakdown; 1 if it took too long."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dagster_loading", description=__doc__)
    parser.add_argument("--tables", type=int, default=300)
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        return load(options.load, tables=options.tables)
    from benchmarks.dagster_overhead import make_project

    with tempfile.TemporaryDirectory(prefix="dagster-loading-") as folder:
        root = Path(folder) / "project"
        os.environ["SYNTH_STORE_KEY"] = base64.b64encode(os.urandom(32)).decode()
        make_project(root, tables=options.tables, rows=_ROWS)
        command = [sys.executable, "-m", "benchmarks.dagster_loading"]
        return subprocess.run([*command, "--tables", str(options.tables), "--load", str(root)], check=False).returncode


def load(root: Path, *, tables: int) -> int:
    """What synth_assets/definitions.py does, with a clock; 1 if it takes longer than it may."""
    parts = {"import dagster": _seconds(_import_dagster), "import synth_assets": _seconds(_import_package)}
    from synth_assets.assets import build_definitions
    from synth_assets.assets.executor import build_jobs
    from synth_assets.project import load_project

    project: list[Project] = []
    parts["project"] = _seconds(lambda: project.append(load_project(root)))
    definitions = []
    parts["definitions"] = _seconds(lambda: definitions.append(build_definitions(project[0])))
    parts["jobs"] = _seconds(lambda: build_jobs(definitions[0]))
    total = sum(parts.values())
    print(f"{tables} tables\n\n| part | processor s |\n| --- | --- |")
    for part, seconds in [*parts.items(), ("total", total)]:
        print(f"| {part} | {seconds:.2f} |")
    print(f"\nAt most {_LIMIT:.0f} s.")
    return int(total > _LIMIT)


def _seconds(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began


def _import_dagster() -> None:
    import dagster  # noqa: F401


def _import_package() -> None:
    import synth_assets.assets.build
    import synth_assets.assets.executor  # noqa: F401


if __name__ == "__main__":
    sys.exit(main())
