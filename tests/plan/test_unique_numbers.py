from collections.abc import Callable

import pytest

from synth_assets.catalog.model import Catalog, Check, Column, DataType, Kind
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import Role, Treatment
from synth_assets.plan.settings import DatasetSettings
from synth_assets.plan.unique_numbers import names_its_row

Settings = Callable[..., DatasetSettings]
CatalogOf = Callable[[str], Catalog]
INTEGER = DataType(kind=Kind.INTEGER, native="integer", bits=32)
SCHEMA = """
CREATE TABLE parks (code TEXT PRIMARY KEY, id INTEGER UNIQUE, yearID INTEGER UNIQUE, opened DATE UNIQUE,
    "rank" INTEGER NOT NULL UNIQUE CHECK ("rank" BETWEEN 1 AND 500), position INTEGER UNIQUE CHECK (position > 0),
    size NUMERIC(8, 2) UNIQUE, seats INTEGER);
CREATE TABLE games (id INTEGER PRIMARY KEY, park INTEGER REFERENCES parks (id));
CREATE TABLE lines (game INTEGER, line INTEGER UNIQUE, PRIMARY KEY (game, line));
"""


@pytest.mark.parametrize(
    ("table", "column", "role"),
    [
        ("parks", "id", Role.KEY),
        ("parks", "position", Role.KEY),
        ("parks", "rank", Role.VALUE),  # within its bounds there may be no room for 1 to n
        ("parks", "yearID", Role.VALUE),
        ("parks", "opened", Role.VALUE),
        ("parks", "size", Role.VALUE),
        ("parks", "seats", Role.VALUE),
        ("games", "park", Role.REFERENCE),
        ("lines", "line", Role.VALUE),  # part of the primary key
    ],
)
def test_unique_whole_numbers_are_made_anew_unless_they_measure(
    settings_of: Settings, catalog_of: CatalogOf, table: str, column: str, role: Role
) -> None:
    decision = resolve(settings_of(), catalog_of(SCHEMA)).table(table).column(column)
    assert (decision.role, decision.treatment) == (role, Treatment.LEARN)


def test_the_plan_may_learn_a_unique_number_and_a_partial_table_keeps_it(
    settings_of: Settings, catalog_of: CatalogOf
) -> None:
    catalog = catalog_of(SCHEMA)
    learned = settings_of(tables={"parks": {"columns": {"id": "learn"}}})
    decision = resolve(learned, catalog).table("parks").column("id")
    assert (decision.role, decision.unique) == (Role.VALUE, True)
    kept = settings_of(tables={"parks": {"mode": "partial", "because": "tests"}, "games": {"mode": "empty"}})
    assert resolve(kept, catalog).table("parks").column("id").treatment is Treatment.KEEP


def test_a_number_that_the_plan_calls_unique_is_made_anew(settings_of: Settings, catalog_of: CatalogOf) -> None:
    called = settings_of(tables={"parks": {"columns": {"seats": {"unique": True}}}})
    decision = resolve(called, catalog_of(SCHEMA)).table("parks").column("seats")
    assert (decision.role, decision.unique) == (Role.KEY, True)


@pytest.mark.parametrize(
    ("expression", "made_anew"),
    [
        ("number > 0", True),
        ('(("Number" >= 1))', True),
        ("number <> 0", True),
        ("number > 10", False),
        ("number < 100", False),
        ("number > 0 AND number < 100", False),
        ("number % 2 = 0", False),
        ("number > other", False),
        ("0 < number", False),  # not understood: learned, which keeps it if the source does
        ("other < 5", True),
    ],
)
def test_a_check_lets_counting_by_or_not(expression: str, *, made_anew: bool) -> None:
    column = Column(name="number", type=INTEGER)
    assert names_its_row(column, [Check(expression=expression)]) is made_anew


@pytest.mark.parametrize(
    ("data_type", "made_anew"),
    [
        (INTEGER.model_copy(update={"domain": "AS integer CHECK (VALUE > 0)"}), True),
        (INTEGER.model_copy(update={"domain": "AS integer CHECK (VALUE > 0) CHECK (VALUE < 100)"}), False),
        (INTEGER.model_copy(update={"domain": "AS integer NOT NULL"}), True),
        (DataType(kind=Kind.DECIMAL, native="numeric(12,0)", precision=12, scale=0), True),
        (DataType(kind=Kind.DECIMAL, native="numeric(12,2)", precision=12, scale=2), False),
        (DataType(kind=Kind.FLOAT, native="real"), False),
    ],
)
def test_types_of_numbers_that_tell_rows_apart(data_type: DataType, *, made_anew: bool) -> None:
    assert names_its_row(Column(name="number", type=data_type), []) is made_anew
