"""The whole chain with derived columns, of a synthetic and of a partial table."""

import sqlite3
from pathlib import Path

import numpy as np

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from synth_assets.store.verdict import Verdict
from tests.zoo import zoo_project

SCHEMA = """
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL, display TEXT NOT NULL, spent REAL NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), net INTEGER NOT NULL,
  net_words TEXT NOT NULL, label TEXT
);
CREATE TABLE tariffs (id INTEGER PRIMARY KEY, zone TEXT NOT NULL, price INTEGER NOT NULL, shown TEXT);
"""
TABLES: dict[str, object] = {
    "customers": {
        "columns": {"display": {"derive": "last_name || ', ' || first_name || ' (' || spent || ')'"}},
        "dependencies": ["spent = sum(orders.net)"],
    },
    "orders": {
        "columns": {
            "label": {"derive": "'#' || id || ' of ' || customer_id || ': ' || net_words"},
            "net_words": {"derive": "net || ' EUR'"},
        }
    },
    "tariffs": {
        "mode": "partial",
        "because": "printed in the leaflet",
        "columns": {"price": "learn", "shown": {"derive": "zone || ': ' || price"}},
    },
}
WORDS = ("Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Pine")


def refreshed(root: Path, tables: dict[str, object]) -> Verdict:
    rng = np.random.default_rng(4)
    source = sqlite3.connect(root / "production.db")
    source.executescript(SCHEMA)
    owners = rng.integers(1, 201, 900)
    nets = rng.integers(10, 99, 900)
    spent = np.bincount(owners, nets, minlength=201)
    for i in range(1, 201):
        first, last = rng.choice(WORDS, 2)
        source.execute("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", (i, first, last, f"{first} {i}", spent[i]))
    for i, (owner, net) in enumerate(zip(owners.tolist(), nets.tolist(), strict=True)):
        source.execute("INSERT INTO orders VALUES (?, ?, ?, 'secret', 'secret')", (i, owner, net))
    for i in range(120):
        source.execute("INSERT INTO tariffs VALUES (?, ?, ?, 'secret')", (i, "NS"[i % 2], 10 + i % 5))
    source.commit()
    source.close()
    gate = {"fidelity": {"shape": 0.5, "trend": 0.4, "cardinality": 0.4, "pairs_across_keys": 0.2}}
    plan = {"dataset": "shop", "source": "production", "targets": ["staging"], "gate": gate, "tables": tables}
    project = zoo_project(root, plan=plan)
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": project.source("shop").resolve_url({})})
    return Refresh(project, "shop", refresh="first").run(["staging"]).verdict


def test_derived_columns_fit_their_published_rows(tmp_path: Path) -> None:
    verdict = refreshed(tmp_path, TABLES)
    assert verdict.passed
    staging = sqlite3.connect(tmp_path / "staging.db")

    def count(sql: str) -> int:
        return int(staging.execute(sql).fetchone()[0])

    assert count("SELECT count(*) FROM orders") > 500
    wrong = "label IS NOT '#' || id || ' of ' || customer_id || ': ' || net || ' EUR'"
    assert count(f"SELECT count(*) FROM orders WHERE {wrong}") == 0
    assert count("SELECT count(*) FROM orders WHERE net_words IS NOT net || ' EUR'") == 0
    # What is added up over the children is settled last, and so is what is computed from it.
    spent = "(SELECT total(net) FROM orders WHERE customer_id = customers.id)"
    assert count(f"SELECT count(*) FROM customers WHERE spent != {spent}") == 0
    wrong = "display IS NOT last_name || ', ' || first_name || ' (' || spent || ')'"
    assert count(f"SELECT count(*) FROM customers WHERE {wrong}") == 0
    assert count("SELECT count(*) FROM tariffs WHERE shown IS NOT zone || ': ' || price") == 0
    assert count("SELECT count(*) FROM tariffs") == 120
    assert "tariffs.shown: computed from real zone (derive): printed in the leaflet" in verdict.let_through
