"""Derived columns of generated rows: what cannot be computed tells no value of a row."""

import polars as pl
import pytest

from synth_assets.catalog.model import Catalog, Column, DataType, Kind, Table
from synth_assets.plan.resolve import resolve
from synth_assets.plan.settings import DatasetSettings
from synth_assets.synthesize.relational.generated import GenerationFailed
from synth_assets.synthesize.relational.keeping.deriving import with_derived_columns
from synth_assets.synthesize.relational.structure import TableStructure, table_structures

TEXT, NUMBER = DataType(kind=Kind.TEXT, native="text"), DataType(kind=Kind.INTEGER, native="integer", bits=64)
PEOPLE = Table(
    name="people",
    columns=(
        Column(name="name", type=TEXT, nullable=True),
        Column(name="shown", type=TEXT, nullable=False),
        Column(name="number", type=NUMBER, nullable=True),
    ),
)


def structure(**expressions: str) -> TableStructure:
    columns = {name: {"derive": expression} for name, expression in expressions.items()}
    plan = {"dataset": "d", "source": "s", "targets": ["t"], "tables": {"people": {"columns": columns}}}
    catalog = Catalog(dialect="postgresql", tables=(PEOPLE,))
    structures, _ = table_structures(catalog, resolve(DatasetSettings.model_validate(plan), catalog), {"people": 2})
    return structures["people"]


def test_derived_columns_are_not_learned_and_not_made_by_rules() -> None:
    found = structure(shown="name || '!'", number="length(shown)")
    assert "shown" not in found.learned
    assert "shown" not in {column.name for column in found.ruled}
    rows = with_derived_columns(pl.DataFrame({"name": ["Ann", "Bo"]}), found)
    assert rows.select("shown", "number").rows() == [("Ann!", 4), ("Bo!", 3)]


@pytest.mark.parametrize(
    ("expressions", "words"),
    [
        ({"number": "CAST(name AS INTEGER)", "shown": "'#' || number"}, "cannot be computed for every row"),
        ({"shown": "name || '!'"}, "people(shown): the column is NOT NULL, and its expression is NULL for some rows"),
    ],
)
def test_an_expression_that_fails_on_rows_tells_none_of_their_values(expressions: dict[str, str], words: str) -> None:
    with pytest.raises(GenerationFailed) as failed:
        with_derived_columns(pl.DataFrame({"name": ["Secretson", None]}), structure(**expressions))
    assert words in str(failed.value)
    assert "Secretson" not in str(failed.value)
    assert failed.value.__suppress_context__ or failed.value.__context__ is None
