"""The whole chain out of a real database of which only SQLAlchemy's dialect is known, into it and into PostgreSQL."""

from pathlib import Path

import psycopg
import sqlalchemy

from synth_assets.publish.authorize import authorize
from synth_assets.publish.publish import history
from synth_assets.refresh import Refresh
from tests.faults.refreshes import LOOSE
from tests.publish.firebird_shop import CUSTOMERS, ORDERS, SHOP, fill_shop
from tests.publish.parts import settings
from tests.servers import FirebirdServer, PostgresServer
from tests.zoo import zoo_project

PLAN = {
    "dataset": "shop",
    "source": "production",
    "targets": ["staging", "test"],
    "tables": {"products": {"mode": "reference", "because": "a public list"}},
    "gate": LOOSE,
}
JOINED = """SELECT count(*) FROM "Order Lines" l
  JOIN orders o ON o.id = l.order_id JOIN customers c ON c.id = o.customer_id
  JOIN products p ON p.code = l.code AND p.variant = l.variant"""


def test_from_firebird_into_it_and_into_postgresql(
    tmp_path: Path, firebird: FirebirdServer, postgres: PostgresServer
) -> None:
    urls = {
        "production": firebird.create_database(*SHOP),
        "staging": firebird.create_database(),
        "test": postgres.create_database(),
    }
    fill_shop(firebird, urls["production"])
    before = firebird.rows(urls["production"], "SELECT * FROM customers ORDER BY id")
    for target in PLAN["targets"]:
        authorize(target, settings(), urls[target], {"production": urls["production"]})
    Refresh(zoo_project(tmp_path, plan=PLAN, urls=urls), "shop", refresh="first").run(["staging", "test"])
    assert firebird.rows(urls["production"], "SELECT * FROM customers ORDER BY id") == before
    lines = firebird.rows(urls["staging"], 'SELECT count(*) FROM "Order Lines"')
    assert firebird.rows(urls["staging"], JOINED) == lines
    with psycopg.connect(
        sqlalchemy.make_url(urls["test"]).set(drivername="postgresql").render_as_string(False)
    ) as there:
        assert there.execute(JOINED).fetchall() == lines
        assert there.execute("SELECT count(*), bool_and(doubled = balance * 2) FROM customers").fetchall() == [
            (CUSTOMERS, True)
        ]
        types = there.execute(
            "SELECT data_type FROM information_schema.columns WHERE table_name = 'customers' "
            "AND column_name IN ('id', 'points', 'best_order') ORDER BY column_name"
        )
        assert types.fetchall() == [("bigint",), ("integer",), ("bigint",)]
    for target in ("staging", "test"):
        entry = history(target, urls[target])[0]
        assert (entry.refresh, entry.counts["customers"], entry.counts["orders"]) == ("first", CUSTOMERS, ORDERS)
