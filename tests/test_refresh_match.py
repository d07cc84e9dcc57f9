"""The whole chain into targets that are ahead of the source and behind it, in every family at once."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import PreflightFailed
from synth_assets.publish.publish import rollback
from synth_assets.refresh import Refresh
from tests.publish.databases import Database
from tests.servers import MariadbServer, MysqlServer, PostgresServer
from tests.zoo import zoo_project

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, segment VARCHAR(10) NOT NULL, fax VARCHAR(20), points INTEGER NOT NULL);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), total NUMERIC(8,2) NOT NULL);
"""
MIGRATIONS = """
ALTER TABLE customers ADD COLUMN tier varchar(10) DEFAULT 'basic' NOT NULL;
ALTER TABLE customers ADD COLUMN remark varchar(20);
ALTER TABLE orders ADD COLUMN cents bigint;
ALTER TABLE customers DROP COLUMN fax;
CREATE INDEX by_tier ON customers (tier);
CREATE TABLE wishes (id int PRIMARY KEY);
INSERT INTO wishes VALUES (1)
"""
CENTS = {"orders": {"columns": {"cents": {"derive": "CAST(total * 100 AS BIGINT)"}}}}
GATE = {"fidelity": {"shape": 0.5, "trend": 0.4, "cardinality": 0.4, "pairs_across_keys": 0.2}}
OF_ORDERS = "SELECT count(*), sum(total), sum(cents) FROM orders"


def build_shop(path: Path) -> None:
    chance = random.Random(7)
    connection = sqlite3.connect(path)
    connection.executescript(SHOP)
    for number in range(1, 201):
        segment = chance.choice(["private", "business"])
        connection.execute("INSERT INTO customers VALUES (?, ?, '0', ?)", (number, segment, chance.randint(0, 500)))
        for order in range(chance.randint(0, 3)):
            total = round(chance.uniform(1, 900), 2)
            connection.execute("INSERT INTO orders VALUES (?, ?, ?)", (number * 10 + order, number, total))
    connection.commit()
    connection.close()


@pytest.fixture
def targets(
    postgres: PostgresServer, mariadb: MariadbServer, mysql: MysqlServer, sqlite_database: Callable[..., str]
) -> dict[str, Database]:
    servers = {"postgres": postgres, "mariadb": mariadb, "mysql": mysql}
    urls = {name: server.create_database() for name, server in servers.items()} | {"file": sqlite_database()}
    return {name: Database(url) for name, url in urls.items()}


def test_migrations_of_the_targets_stay(tmp_path: Path, targets: dict[str, Database]) -> None:
    build_shop(tmp_path / "production.db")
    urls = {"production": f"sqlite:///{tmp_path}/production.db"} | {name: one.url for name, one in targets.items()}

    def refresh(name: str, **said: Any) -> Refresh:
        planned = [{"name": target, **said} for target in targets]
        plan = {"dataset": "shop", "source": "production", "targets": planned, "gate": GATE, "seed": len(name)}
        return Refresh(zoo_project(tmp_path, plan=plan, urls=urls), "shop", refresh=name)

    databases = refresh("none").project.resources.databases
    for name, target in targets.items():
        authorize(name, databases[name], target.url, {"production": urls["production"]})
    refresh("a").run(list(targets))
    for target in targets.values():
        target.run(MIGRATIONS)
    ahead = {name: target.catalog for name, target in targets.items()}

    undoing = refresh("ab")
    with pytest.raises(PreflightFailed, match=r"customers.tier: somebody has altered the live table"):
        undoing.run(list(targets))
    assert undoing.store.latest("shop", "snapshot", "customers") is None
    assert set(undoing.preflight(list(targets))) == set(targets)

    seen = []
    for name in ("abc", "abcd"):
        matching = refresh(name, ddl="match", tables=CENTS)
        assert matching.preflight(list(targets)) == {}
        result = matching.run(list(targets))
        for publication in result.publications:
            assert "customers: fax is not in the target: left out." in publication.notes
        assert {place: target.catalog for place, target in targets.items()} == ahead
        counts = {name: target.rows(OF_ORDERS)[0] for name, target in targets.items()}
        assert len({tuple(round(float(value), 2) for value in row) for row in counts.values()}) == 1
        rows, total, cents = counts["postgres"]
        assert rows > 0
        assert cents == pytest.approx(float(total) * 100, abs=1)
        for target in targets.values():
            assert target.rows("SELECT DISTINCT tier, remark FROM customers") == [("basic", None)]
            assert target.rows("SELECT id FROM wishes") == [(1,)]
        seen.append(counts)
    assert seen[0] != seen[1]

    for name, target in targets.items():
        entry = rollback(target=name, database=databases[name], url=target.url, sources={}, dataset="shop")
        assert entry.refresh == "abc"
        assert target.rows(OF_ORDERS)[0] == seen[0][name]
        assert target.catalog == ahead[name]
