"""Catalogs as values."""

import pytest

from synth_assets.catalog.model import Catalog, Index, Table


def test_a_copy_knows_nothing_of_the_tables_that_it_lacks() -> None:
    whole = Catalog(dialect="sqlite", tables=(Table(name="a", columns=()), Table(name="b", columns=())))
    assert whole.table("b").name == "b"
    part = whole.model_copy(update={"tables": whole.tables[:1]})
    assert part.table("a") == whole.table("a")
    with pytest.raises(KeyError):
        part.table("b")


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ("CREATE UNIQUE INDEX u ON t USING btree (lower(name))", ("name",)),
        ("CREATE UNIQUE INDEX u ON t USING btree (upper(name::text))", ("name",)),
        ('CREATE UNIQUE INDEX u ON t USING btree (lower(("na""me")::text))', ('na"me',)),
        ("CREATE UNIQUE INDEX u ON t (LOWER(name))", ("name",)),
        ("CREATE UNIQUE INDEX u ON t USING btree (lower(name), id)", ()),
        ("CREATE UNIQUE INDEX u ON t USING btree (lower(name || id))", ()),
        ("CREATE UNIQUE INDEX u ON t USING btree (md5(name))", ()),
    ],
)
def test_a_text_that_may_occur_once_in_any_case_may_occur_once(definition: str, told: tuple[str, ...]) -> None:
    index = Index(name="u", columns=(), unique=True, definition=definition)
    assert index.unique_set == told
    assert index.model_copy(update={"unique": False}).unique_set == ()
    assert index.model_copy(update={"where": "id > 3"}).unique_set == ()
