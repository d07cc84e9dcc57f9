from collections.abc import Callable
from pathlib import Path

import pytest

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.errors import CatalogFileUnreadable, TableMissing
from synth_assets.catalog.files import read_catalog, write_catalog
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect, require_tables


@pytest.fixture
def catalog(sqlite_database: Callable[..., str]) -> Catalog:
    script = """CREATE TABLE orders (id INTEGER PRIMARY KEY, "ü%" NUMERIC(10,2) DEFAULT 'x' CHECK ("ü%" > 0));
    CREATE TABLE "Order Details" (id REFERENCES orders, UNIQUE (id)); CREATE INDEX i ON orders (id) WHERE id > 1;"""
    return reflect(open_engine(sqlite_database(script)))


def test_round_trip(tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "catalogs" / "shop.json"
    write_catalog(path, Catalog(dialect="sqlite", tables=()))
    write_catalog(path, catalog)
    assert read_catalog(path) == catalog
    assert read_catalog(path).fingerprint == catalog.fingerprint
    assert [entry.name for entry in path.parent.iterdir()] == ["shop.json"]


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(CatalogFileUnreadable, match="No such file"):
        read_catalog(tmp_path / "missing.json")
    for content in (
        "",
        "{",
        '{"dialect": "sqlite", "tables": [{"name": "t"}]}',
        '{"dialect": "x", "tables": [], "y": 1}',
    ):
        (tmp_path / "bad.json").write_text(content)
        with pytest.raises(CatalogFileUnreadable, match=r"bad\.json could not be read"):
            read_catalog(tmp_path / "bad.json")


def test_missing_tables_are_named_with_the_nearest(catalog: Catalog) -> None:
    require_tables(catalog, ["orders", "Order Details"])
    with pytest.raises(TableMissing, match="'order' may be 'orders'") as caught:
        require_tables(catalog, ["orders", "order", "xyz"])
    assert caught.value.missing == ("order", "xyz")
    with pytest.raises(TableMissing, match="The tables there: Order Details, orders"):
        require_tables(catalog, ["xyz"])
