"""A small project on SQLite, with what makes the asset graph interesting: names, a cycle, an empty table, a look-up."""

import base64
import json
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from synth_assets.project import Project, load_project
from synth_assets.refresh.authorizing import authorize_target
from synth_assets.refresh.source_catalog import save_catalog

DATASET = "small"
KEY = base64.b64encode(bytes(range(32))).decode()
# Nothing of the source that has it in it may come out anywhere.
MARK = "Zanzibarquux"
TABLES = ("Order Details", "audit", "customers", "members", "orders", "regions", "teams")

_SCHEMA = """
CREATE TABLE regions (code TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, notes TEXT,
    region TEXT NOT NULL REFERENCES regions (code), referred_by INTEGER REFERENCES customers (id), points INTEGER
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), placed DATE NOT NULL,
    status VARCHAR(10) NOT NULL, total DECIMAL(8, 2)
);
CREATE TABLE "Order Details" (
    order_id INTEGER NOT NULL REFERENCES orders (id), line INTEGER NOT NULL, quantity INTEGER NOT NULL,
    PRIMARY KEY (order_id, line)
);
CREATE TABLE teams (id INTEGER PRIMARY KEY, budget INTEGER, lead INTEGER REFERENCES members (id));
CREATE TABLE members (id INTEGER PRIMARY KEY, team INTEGER NOT NULL REFERENCES teams (id), level INTEGER);
CREATE TABLE audit (id INTEGER PRIMARY KEY, entry TEXT);
"""

_LENIENT_GATE = """
gate:
  fidelity: {shape: 0.3, trend: 0.3, cardinality: 0.1, pairs_across_keys: 0.1, two_sample: 1.0}
  privacy: {membership_auc: 1.0, copies: 1.0, closer_share: 1.0}
"""

ORDERS = "  orders: {dependencies: [status -> total is null]}\n"
PLAN = f"""
dataset: {DATASET}
source: production
targets: [staging]
schedule: "* * * * *"
time_zone: Europe/Berlin
tables:
  regions: {{mode: reference, because: a public list}}
  audit: {{mode: empty}}
{ORDERS}"""


def make_project(folder: Path, *, plan: str = PLAN + _LENIENT_GATE, catalog: bool = True) -> Project:
    """A project whose target is authorized; its catalog is saved unless told otherwise."""
    for name in ("plans", "resources"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "plans" / f"{DATASET}.yaml").write_text(plan)
    (folder / "resources" / "local.yaml").write_text(
        "databases:\n"
        '  production: {role: source, url: "sqlite:///production.db"}\n'
        '  staging: {role: target, environment: staging, url: "sqlite:///staging.db"}\n'
        'store: {url: "file://.synth", key: {env: SYNTH_STORE_KEY}}\n'
    )
    (folder / ".env").write_text(f"SYNTH_STORE_KEY={KEY}\n")
    make_source(folder / "production.db")
    project = load_project(folder)
    if catalog:
        save_catalog(project, DATASET)
    authorize_target(project, "staging")
    return project


def make_source(path: Path) -> None:
    rng = random.Random(7)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA)
        fill = connection.executemany
        fill("INSERT INTO regions VALUES (?, ?)", [(code, f"Region {code}") for code in "NSEW"])
        fill("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?)", [_customer(at, rng) for at in range(1, 301)])
        orders = [
            (
                at,
                rng.randint(1, 300),
                f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
                rng.choice(["new", "paid", "sent"]),
                round(rng.uniform(5, 900), 2),
            )
            for at in range(1, 601)
        ]
        fill("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", orders)
        lines = [(order, line, rng.randint(1, 9)) for order in range(1, 601) for line in range(1, rng.randint(2, 4))]
        fill('INSERT INTO "Order Details" VALUES (?, ?, ?)', lines)
        fill("INSERT INTO teams VALUES (?, ?, NULL)", [(at, rng.randint(1, 50)) for at in range(1, 31)])
        members = [(at, rng.randint(1, 30), rng.randint(1, 5)) for at in range(1, 251)]
        fill("INSERT INTO members VALUES (?, ?, ?)", members)
        connection.execute("UPDATE teams SET lead = (SELECT min(id) FROM members WHERE team = teams.id)")
        fill("INSERT INTO audit VALUES (?, ?)", [(at, f"{MARK} logged in") for at in range(1, 20)])


def _customer(at: int, rng: random.Random) -> tuple[object, ...]:
    return (
        at,
        f"{MARK}{at} Smith",
        f"{MARK.lower()}{at}@example.org",
        f"called about {MARK}{rng.randint(1, 10_000)}",
        rng.choice("NSEW"),
        rng.randint(1, at - 1) if at > 1 and rng.random() < 0.5 else None,
        rng.randint(0, 100),
    )


def rows_in_target(project: Project) -> dict[str, int]:
    """Rows by table of the target; none for a target without a dataset."""
    with closing(sqlite3.connect(project.root / "staging.db")) as connection:
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in TABLES if name in found
        }


def copy_project(project: Project, folder: Path) -> Project:
    """The project with its store and catalog in another folder, its target authorized anew."""
    shutil.copytree(project.root, folder)
    copy = load_project(folder)
    authorize_target(copy, "staging")
    return copy


def expect_the_impossible(project: Project) -> None:
    """A business rule that no rows meet."""
    _expect_points_between(project, 5000, 6000)


def expect_the_possible(project: Project) -> None:
    """That rule, corrected."""
    _expect_points_between(project, 0, 6000)


def _expect_points_between(project: Project, least: int, most: int) -> None:
    folder = project.expectations_folder(DATASET)
    folder.mkdir(parents=True, exist_ok=True)
    rule = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "points", "min_value": least, "max_value": most},
        "severity": "critical",
        "meta": {},
    }
    (folder / "customers.json").write_text(json.dumps({"name": "customers", "expectations": [rule], "meta": {}}))
