"""What only MySQL has, in the catalog of a real database of it."""

import pytest

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.model import Catalog, Check, Index
from synth_assets.catalog.reflect import reflect
from tests.servers import MysqlServer

SCRIPT = r"""
CREATE TABLE x (
  id int PRIMARY KEY, doc json DEFAULT (json_object('a', 'it''s \\ é\n')), note text DEFAULT ('it''s, "so"'),
  n int DEFAULT (1 + 2), key_of binary(16) DEFAULT (uuid_to_bin(uuid())), place point SRID 4326 NOT NULL,
  hidden varchar(20) INVISIBLE, made varchar(30) AS (concat(hidden, '-é', 'it''s')) STORED NOT NULL,
  bytes varbinary(4) DEFAULT 0x00ff, price decimal(4,2) DEFAULT -1.5, made_at datetime DEFAULT (now()),
  tomorrow datetime DEFAULT (now() + INTERVAL 1 DAY), told varchar(9) DEFAULT 'DEFAULT' COMMENT 'x DEFAULT (1), y',
  KEY lowered ((lower(hidden))), UNIQUE KEY next_n ((n + 1), hidden), SPATIAL KEY places (place),
  CONSTRAINT no_latin CHECK (hidden <> _latin1'a' AND hidden NOT LIKE 'a\\%' AND hidden <> ''),
  CONSTRAINT not_yet CHECK (n IN (1, 2)) NOT ENFORCED)
"""


@pytest.fixture(scope="module")
def catalog(mysql: MysqlServer) -> Catalog:
    return reflect(open_engine(mysql.create_database(SCRIPT)))


def test_defaults_are_exact(catalog: Catalog) -> None:
    """information_schema cuts `bytes` at its zero byte."""
    assert {column.name: column.default for column in catalog.table("x").columns if column.default} == {
        "doc": r"json_object('a','it''s \\ é\n')",
        "note": "('it''s, \"so\"')",
        "n": "1 + 2",
        "key_of": "uuid_to_bin(uuid())",
        "bytes": "0x00FF",
        "price": "-1.50",
        "made_at": "(now())",
        "tomorrow": "now() + interval 1 day",
        "told": "'DEFAULT'",
    }
    assert catalog.table("x").column("told").comment == "x DEFAULT (1), y"


def test_expressions_are_exact(catalog: Catalog) -> None:
    """information_schema garbles the letters of `made`."""
    table = catalog.table("x")
    assert table.column("made").generated == "concat(\"hidden\",'-é','it''s')"
    assert table.checks == (
        Check(
            name="no_latin",
            expression="(\"hidden\" <> _latin1'a') and (not((\"hidden\" like 'a\\\\%'))) and (\"hidden\" <> '')",
        ),
    )
    assert set(table.indexes) == {
        Index(name="lowered", columns=(), definition='KEY "lowered" ((lower(`hidden`)))'),
        Index(name="next_n", columns=(), unique=True, definition='UNIQUE KEY "next_n" (((`n` + 1)),"hidden")'),
        Index(name="places", columns=(), definition='SPATIAL KEY "places" ("place")'),
    }


def test_types_hold_what_only_mysql_says_of_them(catalog: Catalog) -> None:
    table = catalog.table("x")
    assert table.column("place").type.native == "point SRID 4326"
    assert table.column("hidden").type.native == "varchar(20) INVISIBLE"
