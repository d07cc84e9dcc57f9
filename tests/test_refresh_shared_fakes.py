"""The whole chain with fakes that tables have in common: along foreign keys, and of the same real value."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from tests.zoo import zoo_project

SCHEMA = """
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, email TEXT UNIQUE, sponsor_id INTEGER REFERENCES customers (id),
  sponsor_email TEXT
);
CREATE TABLE accounts (customer_id INTEGER PRIMARY KEY REFERENCES customers (id), email TEXT UNIQUE);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), customer_email TEXT,
  customer_name TEXT NOT NULL, label TEXT
);
CREATE TABLE payments (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id), payer_email TEXT);
CREATE TABLE messages (
  id INTEGER PRIMARY KEY, sender_id INTEGER NOT NULL REFERENCES customers (id),
  receiver_id INTEGER NOT NULL REFERENCES customers (id), receiver_email TEXT
);
CREATE TABLE members (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, email TEXT UNIQUE, grade INTEGER);
CREATE TABLE visits (
  id INTEGER PRIMARY KEY, member_id INTEGER, who TEXT, email VARCHAR(60), door INTEGER NOT NULL
);
CREATE TABLE letters (
  id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL REFERENCES members (id), addressee TEXT, weight INTEGER NOT NULL
);
"""
BY_MEMBER = {"consistent": "member_id"}
TABLES: dict[str, object] = {
    "customers": {
        "columns": {
            "full_name": {"fake": "full_name"},
            "email": {"fake": "email"},
            "sponsor_email": {"fake": {"same_as": "customers.email"}},
        }
    },
    "accounts": {"columns": {"email": {"fake": {"same_as": "customers.email"}}}},
    "orders": {
        "columns": {
            "customer_email": {"fake": {"same_as": "customers.email"}},
            "customer_name": {"fake": {"same_as": "customers.full_name"}},
            "label": {"derive": "customer_name || '!'"},
        }
    },
    "payments": {"columns": {"payer_email": {"fake": {"same_as": "orders.customer_email"}}}},
    "messages": {"columns": {"receiver_email": {"fake": {"same_as": "customers.email", "by": "receiver_id"}}}},
    "members": {
        "mode": "partial",
        "because": "a test",
        "columns": {
            "first_name": {"fake": {"kind": "first_name", "consistent": "id"}},
            "last_name": {"fake": {"kind": "last_name", "consistent": "id"}},
            "email": {"fake": {"kind": "email", "consistent": "id"}},
        },
    },
    "visits": {
        "mode": "partial",
        "because": "a test",
        "columns": {
            "who": {"fake": {"kind": "full_name", **BY_MEMBER}},
            "email": {"fake": {"kind": "email", **BY_MEMBER}},
        },
    },
    "letters": {
        "mode": "partial",
        "because": "a test",
        "columns": {"addressee": {"fake": {"same_as": "members.last_name"}}},
    },
}
GATE = {"fidelity": {"shape": 0.5, "trend": 0.4, "cardinality": 0.4, "pairs_across_keys": 0.2}}
PEOPLE, MEMBERS = 400, 500


def build(path: Path) -> None:
    source = sqlite3.connect(path)
    source.executescript(SCHEMA)
    for i in range(1, PEOPLE + 1):
        mail = None if i % 11 == 0 else f"real{i}@real.test"
        sponsor = i // 2 or None if i % 3 else None
        told = f"real{sponsor}@real.test" if sponsor and sponsor % 11 else None
        source.execute("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", (i, f"Zoltan Quib{i}", mail, sponsor, told))
        if i % 2:
            source.execute("INSERT INTO accounts VALUES (?, ?)", (i, mail))
    for i in range(1, 901):
        who = None if i % 9 == 0 else (i * 7) % PEOPLE + 1
        mail = None if i % 5 == 0 else f"real{who or 9000 + i}@real.test"
        source.execute("INSERT INTO orders VALUES (?, ?, ?, ?, 'secret')", (i, who, mail, f"Zoltan Quib{who or i}"))
        source.execute("INSERT INTO payments VALUES (?, ?, ?)", (i, i, mail))
        pair = (i % PEOPLE + 1, (i * 13) % PEOPLE + 1)
        source.execute("INSERT INTO messages VALUES (?, ?, ?, ?)", (i, *pair, f"real{pair[1]}@real.test"))
    for i in range(1, MEMBERS + 1):
        row = (i, "Zoltan", f"Quib{i}", f"real{i}@real.test", i % 4)
        source.execute("INSERT INTO members VALUES (?, ?, ?, ?, ?)", row)
    for i in range(1, 1_201):
        who = i % MEMBERS + 1
        row = (i, who, f"Zoltan Quib{who}", None if i % 7 == 0 else f"REAL{who}@real.test", i % 5)
        source.execute("INSERT INTO visits VALUES (?, ?, ?, ?, ?)", row)
        source.execute("INSERT INTO letters VALUES (?, ?, ?, ?)", (i, who, f"Quib{who}", i % 5))
    source.commit()
    source.close()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database that a refresh has published."""
    root = tmp_path_factory.mktemp("shared")
    build(root / "production.db")
    plan = {"dataset": "shop", "source": "production", "targets": ["staging"], "gate": GATE, "tables": TABLES}
    project = zoo_project(root, plan=plan)
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": project.source("shop").resolve_url({})})
    verdict = Refresh(project, "shop", refresh="first").run(["staging"]).verdict
    assert verdict.passed
    return root / "staging.db"


@pytest.fixture
def staging(published: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(published)
    yield connection
    connection.close()


def count(staging: sqlite3.Connection, rows: str) -> int:
    ((found,),) = staging.execute(f"SELECT count(*) FROM {rows}")
    return int(found)


@pytest.mark.parametrize(
    ("child", "fake", "parent", "origin", "least"),
    [
        ("orders.customer_id", "customer_email", "customers.id", "email", 500),
        ("orders.customer_id", "customer_name", "customers.id", "full_name", 600),
        ("payments.order_id", "payer_email", "orders.id", "customer_email", 500),
        ("messages.receiver_id", "receiver_email", "customers.id", "email", 600),
        ("customers.sponsor_id", "sponsor_email", "customers.id", "email", 100),
        ("accounts.customer_id", "email", "customers.id", "email", 100),
        ("letters.member_id", "addressee", "members.id", "last_name", 1_000),
    ],
)
def test_a_row_repeats_the_fake_of_the_row_that_it_refers_to(
    staging: sqlite3.Connection, child: str, fake: str, parent: str, origin: str, least: int
) -> None:
    (table, key), (above, its_key) = child.split("."), parent.split(".")
    joined = f"{table} c JOIN {above} p ON c.{key} = p.{its_key} WHERE c.{fake} IS NOT NULL"
    assert count(staging, f"{joined} AND c.{fake} = p.{origin}") >= least
    assert count(staging, f"{joined} AND c.{fake} IS NOT p.{origin}") == 0


def test_rows_that_refer_to_nobody_have_fakes_of_their_own(staging: sqlite3.Connection) -> None:
    lonely = "orders WHERE customer_id IS NULL AND customer_email IS NOT NULL"
    assert count(staging, lonely) > 20
    assert count(staging, f"{lonely} AND customer_email IN (SELECT email FROM customers)") == 0
    # What is computed from a repeated fake is computed last.
    assert count(staging, "orders WHERE label IS NOT customer_name || '!'") == 0
    assert count(staging, "orders WHERE customer_name LIKE '%Quib%' OR customer_email LIKE '%real.test'") == 0


def test_the_same_real_value_has_the_same_fake_in_tables_that_no_key_connects(staging: sqlite3.Connection) -> None:
    same = "visits v JOIN members m ON v.member_id = m.id"
    assert count(staging, f"{same} WHERE v.who = m.first_name || ' ' || m.last_name") == 1_200
    assert count(staging, f"{same} WHERE v.email = m.email") == count(staging, "visits WHERE email IS NOT NULL") > 1_000
    assert count(staging, "(SELECT DISTINCT email FROM members)") == MEMBERS
    assert count(staging, "visits WHERE who LIKE '%Quib%' OR email LIKE '%real.test'") == 0
