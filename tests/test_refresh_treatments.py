"""The whole chain with treatments that only finished rows show: derived columns, JSON by path, partial tables."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from synth_assets.store.verdict import Verdict
from tests.zoo import zoo_project

SCHEMA = """
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL, display TEXT NOT NULL,
  spent REAL NOT NULL, profile JSON
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), net INTEGER NOT NULL,
  net_words TEXT NOT NULL, label TEXT
);
CREATE TABLE parcels (
  id INTEGER PRIMARY KEY, zone TEXT NOT NULL, weight INTEGER NOT NULL, price INTEGER NOT NULL, carrier TEXT NOT NULL,
  shown TEXT
);
"""
TABLES: dict[str, object] = {
    "customers": {
        "columns": {
            "display": {"derive": "last_name || ', ' || first_name || ' (' || spent || ')'"},
            "profile": {"json": {"$.nick": {"constant": "none"}}},
        },
        "dependencies": ["spent = sum(orders.net)"],
    },
    "orders": {
        "columns": {
            "label": {"derive": "'#' || id || ' of ' || customer_id || ': ' || net_words"},
            "net_words": {"derive": "net || ' EUR'"},
        }
    },
    "parcels": {
        "mode": "partial",
        "because": "printed in the leaflet",
        "columns": {"price": "learn", "carrier": "learn", "shown": {"derive": "zone || ': ' || price"}},
    },
}
# The tables are small on purpose, so that sampling noise is large.
GATE = {"fidelity": {"shape": 0.5, "trend": 0.4, "cardinality": 0.4, "pairs_across_keys": 0.2}}
WORDS = ("Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Pine")
PARCELS = 1_200


def build(path: Path) -> None:
    """Parcels to the south cost 40 more, every unit of weight costs 1 more, and mostly one carrier takes them."""
    rng = np.random.default_rng(4)
    source = sqlite3.connect(path)
    source.executescript(SCHEMA)
    owners, nets = rng.integers(1, 201, 900), rng.integers(10, 99, 900)
    spent = np.bincount(owners, nets, minlength=201)
    for i in range(1, 201):
        first, last = rng.choice(WORDS, 2)
        # Twenty documents share each address, and no column or key is called so in the plan.
        profile = {"contact": {"email": f"real{i % 10}@real.test"}, "theme": ["dark", "light"][i % 2], "nick": first}
        row = (i, first, last, f"{first} {i}", spent[i], json.dumps(profile))
        source.execute("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?)", row)
    for i, (owner, net) in enumerate(zip(owners.tolist(), nets.tolist(), strict=True)):
        source.execute("INSERT INTO orders VALUES (?, ?, ?, 'secret', 'secret')", (i, owner, net))
    for i in range(PARCELS):
        south, weight = bool(rng.random() < 0.4), int(rng.integers(1, 30))
        price = 20 + 40 * south + weight + int(rng.integers(0, 4))
        carrier = "Kite" if south == (rng.random() < 0.9) else "Lark"
        row = (i, "S" if south else "N", weight, price, carrier)
        source.execute("INSERT INTO parcels VALUES (?, ?, ?, ?, ?, 'secret')", row)
    source.commit()
    source.close()


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verdict]:
    """The folder of a refresh that has published, and its verdict."""
    root = tmp_path_factory.mktemp("treatments")
    build(root / "production.db")
    plan = {"dataset": "shop", "source": "production", "targets": ["staging"], "gate": GATE, "tables": TABLES}
    project = zoo_project(root, plan=plan)
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": project.source("shop").resolve_url({})})
    return root, Refresh(project, "shop", refresh="first").run(["staging"]).verdict


@pytest.fixture
def staging(verdict: tuple[Path, Verdict]) -> Iterator[sqlite3.Connection]:
    root, outcome = verdict
    assert outcome.passed
    connection = sqlite3.connect(root / "staging.db")
    connection.execute("ATTACH ? AS source", (str(root / "production.db"),))
    yield connection
    connection.close()


def count(staging: sqlite3.Connection, table: str, condition: str) -> int:
    ((found,),) = staging.execute(f"SELECT count(*) FROM main.{table} WHERE {condition}")
    return int(found)


def test_derived_columns_fit_their_published_rows(staging: sqlite3.Connection) -> None:
    assert count(staging, "orders", "1") > 500
    label = "'#' || id || ' of ' || customer_id || ': ' || net || ' EUR'"
    assert count(staging, "orders", f"label IS NOT {label} OR net_words IS NOT net || ' EUR'") == 0
    # What is added up over the children is settled last, and so is what is computed from it.
    total = "(SELECT total(net) FROM main.orders WHERE customer_id = customers.id)"
    assert count(staging, "customers", f"spent != {total}") == 0
    assert count(staging, "customers", "display IS NOT last_name || ', ' || first_name || ' (' || spent || ')'") == 0
    assert count(staging, "parcels", "shown IS NOT zone || ': ' || price") == 0


def test_personal_data_in_documents_is_invented_though_nobody_names_its_path(staging: sqlite3.Connection) -> None:
    documents = [json.loads(text) for (text,) in staging.execute("SELECT profile FROM main.customers")]
    assert {document["theme"] for document in documents} == {"dark", "light"}
    assert {document["nick"] for document in documents} == {"none"}
    mails = [document["contact"]["email"] for document in documents]
    assert all("@" in mail and "real" not in mail for mail in mails)


def test_columns_of_a_partial_table_are_made_to_fit_the_kept_ones(staging: sqlite3.Connection) -> None:
    kept = "SELECT id, zone, weight FROM {}.parcels ORDER BY id"
    assert staging.execute(kept.format("main")).fetchall() == staging.execute(kept.format("source")).fetchall()
    rows = pl.DataFrame(
        staging.execute(
            "SELECT new.zone, new.weight, new.price, new.carrier, old.price, old.carrier "
            "FROM main.parcels AS new JOIN source.parcels AS old USING (id)"
        ).fetchall(),
        schema=["zone", "weight", "price", "carrier", "real_price", "real_carrier"],
        orient="row",
    )
    assert rows.height == PARCELS
    # A price that fits its own row lies within a few units; one of any other row lies about 20 away.
    expected = rows.select(20 + 40 * (pl.col("zone") == "S") + pl.col("weight") + 1.5).to_series()
    assert (rows["price"] - expected).abs().mean() < 4
    by_chance = rows["price"].shuffle(seed=0)
    assert (by_chance - expected).abs().mean() > 15
    share = rows.select(((pl.col("zone") == "S") == (pl.col("carrier") == "Kite")).mean()).item()
    assert share == pytest.approx(0.9, abs=0.05)
    # And they are not the real ones: what the kept columns leave open is drawn anew.
    assert (rows["price"] == rows["real_price"]).mean() < 0.5
    assert (rows["carrier"] == rows["real_carrier"]).mean() < 0.95


def test_real_values_are_listed_with_their_reasons(verdict: tuple[Path, Verdict]) -> None:
    listed = verdict[1].let_through
    reason = "printed in the leaflet"
    assert f"parcels: real rows but for the treated columns (mode partial): {reason}" in listed
    assert f"parcels.weight: real values (keep): {reason}" in listed
    assert f"parcels.shown: computed from real zone (derive): {reason}" in listed
    assert not any(line.startswith(("parcels.price", "parcels.carrier", "customers", "orders")) for line in listed)
