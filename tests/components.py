"""A Dagster project for every test, and a synthetic database in it."""

import copy
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster.components.testing import DefsFolderSandbox, create_defs_folder_sandbox

from synth_assets import SyntheticDatabase
from synth_assets.catalog.files import write_catalog
from synth_assets.catalog.model import Catalog

TYPE = "synth_assets.SyntheticDatabase"
SOURCE = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, points INTEGER);
CREATE TABLE "Order Details" (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers (id), total REAL);
"""
ATTRIBUTES: Mapping[str, Any] = {
    "dataset": "shop",
    "source": "production",
    "targets": "staging",
    "schedule": "0 3 * * *",
    "time_zone": "Europe/Berlin",
    "tables": {"customers": {"columns": {"name": {"fake": "full_name"}, "points": "learn"}}},
    "gate": {
        "fidelity": {"shape": 0.3, "trend": 0.3, "cardinality": 0.1, "pairs_across_keys": 0.1, "two_sample": 1.0},
        "privacy": {"membership_auc": 1.0, "copies": 1.0, "closer_share": 1.0},
    },
    "databases": {
        "production": {"role": "source", "url": {"env": "PRODUCTION_DATABASE_URL"}},
        "staging": {"role": "target", "environment": "staging", "url": {"env": "STAGING_DATABASE_URL"}},
    },
}


def attributes(**changes: Any) -> dict[str, Any]:
    """The attributes of a small component, some of them changed."""
    return {**copy.deepcopy(dict(ATTRIBUTES)), **changes}


def make_source(path: Path) -> None:
    """A source of 200 customers with 400 orders."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SOURCE)
        customers = [(at, f"Person {at}", at % 50) for at in range(1, 201)]
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", customers)
        orders = [(at, at % 200 + 1, at % 97 + 0.5) for at in range(1, 401)]
        connection.executemany('INSERT INTO "Order Details" VALUES (?, ?, ?)', orders)


@contextmanager
def loaded(
    written: Mapping[str, Any], catalog: Catalog | None = None, **more: Any
) -> Iterator[tuple[SyntheticDatabase, dg.Definitions]]:
    """A component of these attributes in a project of its own, with its definitions.

    Args:
        catalog: The state that was refreshed before; none unless given.
        more: Other keys of the YAML file.
    """
    with create_defs_folder_sandbox() as sandbox:
        folder = sandbox.scaffold_component(
            SyntheticDatabase, "shop", defs_yaml_contents={"type": TYPE, "attributes": dict(written), **more}
        )
        if catalog:
            write_catalog(state_path(sandbox), catalog)
        with sandbox.load_component_and_build_defs(folder) as (component, defs):
            assert isinstance(component, SyntheticDatabase)
            yield component, defs


def state_path(sandbox: DefsFolderSandbox, dataset: str = "shop") -> Path:
    return sandbox.defs_folder_path / ".local_defs_state" / f"SyntheticDatabase__{dataset}__" / "state"


def asset_keys(defs: dg.Definitions) -> set[str]:
    return {key.to_user_string() for key in defs.get_repository_def().asset_graph.get_all_asset_keys()}
