"""Catalogs for the plan's tests: reflected from real SQLite tables, or written down for types SQLite lacks."""

from collections.abc import Callable

import pytest

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect
from synth_assets.plan.settings import DatasetSettings


@pytest.fixture
def catalog_of(sqlite_database: Callable[..., str]) -> Callable[[str], Catalog]:
    """The catalog of the tables that a script creates."""

    def build(script: str) -> Catalog:
        engine = open_engine(sqlite_database(script))
        try:
            return reflect(engine)
        finally:
            engine.dispose()

    return build


SHOP = """
CREATE TABLE countries (code TEXT PRIMARY KEY, name VARCHAR(60) NOT NULL UNIQUE);
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, email VARCHAR(120) NOT NULL UNIQUE, first_name VARCHAR(40), city VARCHAR(60),
    country_code TEXT REFERENCES countries (code), referred_by INTEGER REFERENCES customers (id),
    birth_date DATE, active BOOLEAN NOT NULL, notes TEXT, photo BLOB, preferences JSON, loyalty_card VARCHAR(9),
    label VARCHAR(3), points INTEGER NOT NULL
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), total NUMERIC(10, 2) NOT NULL,
    status TEXT NOT NULL, total_cents INTEGER GENERATED ALWAYS AS (total * 100) VIRTUAL
);
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price NUMERIC(10, 2));
CREATE TABLE order_lines (
    order_id INTEGER NOT NULL REFERENCES orders (id), line INTEGER NOT NULL,
    product_id INTEGER REFERENCES products (id), remark TEXT, PRIMARY KEY (order_id, line)
);
CREATE TABLE invoices (order_id INTEGER PRIMARY KEY REFERENCES orders (id), number TEXT NOT NULL UNIQUE);
"""


@pytest.fixture
def shop(catalog_of: Callable[[str], Catalog]) -> Catalog:
    """Six tables: a self-reference, a composite key that is also a reference, a one-to-one key, a lookup table."""
    return catalog_of(SHOP)


@pytest.fixture
def settings_of() -> Callable[..., DatasetSettings]:
    """The settings of a dataset `shop` with the sections given, as they stand in YAML."""

    def build(**sections: object) -> DatasetSettings:
        return DatasetSettings.model_validate(
            {"dataset": "shop", "source": "production", "targets": ["staging"], **sections}
        )

    return build
