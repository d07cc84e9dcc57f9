"""A tiny database whose whole refresh takes a second or two, and refreshes of it in processes of their own."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from synth_assets import failpoints
from synth_assets.errors import SynthAssetsError
from synth_assets.failpoints import Failpoint
from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from tests.faults.children import forked
from tests.publish.parts import settings
from tests.zoo import zoo_project

SCRIPT = """
CREATE TABLE regions (code TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, region TEXT NOT NULL REFERENCES regions (code), points INTEGER NOT NULL);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), amount INTEGER NOT NULL);
"""
LOOSE = {
    "fidelity": {"shape": 0.1, "trend": 0.0, "cardinality": 0.1, "pairs_across_keys": 0.0},
}
PLAN: dict[str, Any] = {
    "dataset": "zoo",
    "source": "production",
    "targets": ["staging"],
    "tables": {"regions": {"mode": "reference", "because": "public names"}},
    "gate": LOOSE,
}


def build_source(root: Path) -> None:
    """The source at `root`/production.db."""
    connection = sqlite3.connect(root / "production.db")
    connection.executescript(SCRIPT)
    connection.executemany("INSERT INTO regions VALUES (?, ?)", [(code, f"Region {code}") for code in "NSE"])
    connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", [(n, "NSE"[n % 3], n % 5) for n in range(1, 61)])
    orders = [(n, 1 + n * 7 % 60, n % 4) for n in range(1, 121)]
    connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", orders)
    connection.commit()
    connection.close()


def build(root: Path) -> None:
    """The source and an authorized target at `root`/staging.db."""
    build_source(root)
    authorize("staging", settings(), f"sqlite:///{root}/staging.db", {})


def refresh(
    root: Path, name: str, *, fault: str | None = None, seed: int = 0, plan: dict[str, Any] | None = None
) -> Any:
    """Refresh in a process of its own.

    Returns:
        The failpoints that it reached, or the name of its error; None if it was killed.
    """
    return forked(_refresh, root, name, fault, (plan or PLAN) | {"seed": seed})


def _refresh(root: Path, name: str, fault: str | None, plan: dict[str, Any]) -> Any:
    reached: list[Failpoint] = []
    listener: Callable[[Failpoint], object] = failpoints.injector(fault) if fault else reached.append
    try:
        with failpoints.listening(listener):  # type: ignore[arg-type]
            Refresh(zoo_project(root, plan=plan), "zoo", refresh=name, pages=()).run(["staging"])
    except SynthAssetsError as error:
        return f"{type(error).__name__}: {error}"
    return reached
