"""Catalogs as values."""

import pytest

from synth_assets.catalog.model import Catalog, Table


def test_a_copy_knows_nothing_of_the_tables_that_it_lacks() -> None:
    whole = Catalog(dialect="sqlite", tables=(Table(name="a", columns=()), Table(name="b", columns=())))
    assert whole.table("b").name == "b"
    part = whole.model_copy(update={"tables": whole.tables[:1]})
    assert part.table("a") == whole.table("a")
    with pytest.raises(KeyError):
        part.table("b")
