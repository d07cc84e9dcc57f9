"""Reading a real database of which only SQLAlchemy's dialect is known, and whose dialect sets no isolation level."""

import polars as pl
import pytest

from synth_assets.catalog.model import Catalog, Kind
from synth_assets.extract.generic import open_generic
from tests.publish.firebird_shop import CUSTOMERS, ORDERS, SHOP, fill_shop
from tests.publish.parts import catalog_of
from tests.servers import FirebirdServer


@pytest.fixture(scope="module")
def shop(firebird: FirebirdServer) -> str:
    url = firebird.create_database(*SHOP)
    fill_shop(firebird, url)
    return url


def frames(url: str, catalog: Catalog) -> dict[str, pl.DataFrame]:
    with open_generic(url, catalog, catalog.table_names) as source:
        streams = {table.name: source.read(table) for table in catalog.tables}
        return {name: pl.concat([pl.DataFrame(schema=s.schema), *s.batches]) for name, s in streams.items()}


def test_the_catalog(shop: str) -> None:
    catalog = catalog_of(shop)
    assert catalog.table_names == ("Order Lines", "customers", "orders", "products")
    customers, orders, lines = (catalog.table(name) for name in ("customers", "orders", "Order Lines"))
    assert {column.name: column.type.kind for column in customers.columns} == {
        "id": Kind.INTEGER,
        "name": Kind.TEXT,
        "e-mail": Kind.TEXT,
        "vip": Kind.BOOLEAN,
        "balance": Kind.DECIMAL,
        "born": Kind.DATE,
        "wakes": Kind.TIME,
        "seen": Kind.DATETIME,
        "score": Kind.FLOAT,
        "points": Kind.INTEGER,
        "note": Kind.TEXT,
        "photo": Kind.BINARY,
        "doubled": Kind.DECIMAL,
        "referrer": Kind.INTEGER,
        "best_order": Kind.INTEGER,
    }
    assert (customers.column("id").type.bits, customers.column("points").type.bits) == (32, 64)
    assert lines.column("variant").type.bits == 16
    assert customers.column("id").identity == "by default"
    assert customers.column("doubled").generated == "(balance * 2)"
    assert customers.unique_sets == (("id",), ("e-mail",))
    assert {key.parent for key in customers.foreign_keys} == {"customers", "orders"}
    assert lines.primary_key is not None
    assert lines.primary_key.columns == ("order_id", "no")
    assert ("code", "variant") in {key.columns for key in lines.foreign_keys}
    assert orders.foreign_keys[0].on_delete == "CASCADE"
    assert [check.expression for check in orders.checks] == ["status IN ('new', 'sent', 'it''s')"]


def test_values_survive(firebird: FirebirdServer, shop: str) -> None:
    catalog = catalog_of(shop)
    found = frames(shop, catalog)
    assert {name: frame.height for name, frame in found.items()} == {
        "customers": CUSTOMERS,
        "orders": ORDERS,
        "products": 6,
        "Order Lines": 240,
    }
    for name, frame in found.items():
        table = '"Order Lines"' if name == "Order Lines" else name
        # The columns stand in the table's own order.
        assert frame.rows() == firebird.rows(shop, f"SELECT * FROM {table}"), name


def test_all_tables_are_read_as_of_one_instant(firebird: FirebirdServer, shop: str) -> None:
    """Its dialect sets no level, but its transactions are snapshots: both readings show the same."""
    catalog = catalog_of(shop)
    with open_generic(shop, catalog, catalog.table_names) as source:
        first = pl.concat([*source.read(catalog.table("customers")).batches])
        firebird.run(shop, "UPDATE orders SET status = 'sent'", "UPDATE customers SET name = 'later'")
        orders = pl.concat([*source.read(catalog.table("orders")).batches])
        assert orders["status"].n_unique() == 3
    assert "later" not in first["name"]
