"""The catalogs of real databases of MariaDB and MySQL."""

import pytest

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.errors import NamespaceMissing
from synth_assets.catalog.identity import server_identity
from synth_assets.catalog.model import Catalog, Check, ForeignKey, Index, Key, Kind
from synth_assets.catalog.reflect import reflect
from tests.servers import MysqlFamilyServer

SCRIPT = r"""
CREATE TABLE p (id int PRIMARY KEY, code varchar(10), part int, KEY (part), UNIQUE KEY both_of (code, part));
CREATE TABLE `a ``b" %s` (
  id int unsigned NOT NULL AUTO_INCREMENT, kind enum('a','it''s','b\\c','d\ne') DEFAULT 'it''s', tags set('x','y'),
  doc json, flag bit(1) DEFAULT b'1', bits bit(5), seen timestamp(3) NOT NULL DEFAULT current_timestamp(3)
  ON UPDATE current_timestamp(3) COMMENT 'it''s \\ seen', name varchar(20) DEFAULT (concat('a','b')),
  latin varchar(9) CHARACTER SET latin1 COLLATE latin1_bin, n int DEFAULT 5 CHECK (n > 0),
  doubled int AS (n * 2) VIRTUAL, kept int AS (n * 3) STORED, price decimal(12,3) unsigned, code varchar(10), part int,
  PRIMARY KEY (id), KEY begins (name(3)), KEY down (n DESC), FULLTEXT KEY words (name), UNIQUE KEY (name, n),
  UNIQUE KEY begin_once (name(5)),
  CONSTRAINT ck CHECK (n < 100 OR name <> 'a'),
  CONSTRAINT fk FOREIGN KEY (code, part) REFERENCES p (code, part) ON DELETE SET NULL ON UPDATE CASCADE
) COMMENT 'it''s ours' ROW_FORMAT=DYNAMIC;
CREATE TABLE parts (id int, at date) PARTITION BY HASH (id) PARTITIONS 2;
CREATE VIEW v AS SELECT 1;
CREATE TABLE synth_assets_target (id int)
"""


@pytest.fixture(scope="module")
def catalog(mysql_family: MysqlFamilyServer) -> Catalog:
    return reflect(open_engine(mysql_family.create_database(SCRIPT)))


def test_tables_without_views_and_our_own(mysql_family: MysqlFamilyServer, catalog: Catalog) -> None:
    assert catalog.dialect == mysql_family.dialect
    assert catalog.table_names == ('a `b" %s', "p", "parts")
    assert catalog.table("parts").options[1] == 'PARTITION BY HASH ("id") PARTITIONS 2'
    table = catalog.table('a `b" %s')
    assert table.comment == "it's ours"
    collation = "utf8mb4_general_ci" if catalog.dialect == "mariadb" else "utf8mb4_0900_ai_ci"
    assert table.options == (f"ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={collation} ROW_FORMAT=DYNAMIC",)


def test_a_user_who_may_only_select_sees_the_same(mysql_family: MysqlFamilyServer) -> None:
    url = mysql_family.create_database(SCRIPT)
    database = url.rpartition("/")[2].partition("?")[0]
    mysql_family.run(database, f"CREATE USER 'only_{database}'@'%' IDENTIFIED BY 'secret'")
    mysql_family.run(database, f"GRANT SELECT ON `{database}`.* TO 'only_{database}'@'%'")
    seen = reflect(open_engine(mysql_family.url(database, user=f"only_{database}", password="secret")))
    assert seen == reflect(open_engine(url))
    assert [key.name for key in seen.table('a `b" %s').foreign_keys] == ["fk"]


def test_columns(catalog: Catalog) -> None:
    table = catalog.table('a `b" %s')
    kind, doc = table.column("kind"), table.column("doc")
    assert kind.type.labels == ("a", "it's", "b\\c", "d\ne")
    assert kind.default == "'it''s'"
    assert (table.column("tags").type.kind, table.column("tags").type.labels) == (Kind.ENUM, ())
    assert (doc.type.kind, doc.collation, doc.default, doc.nullable) == (Kind.JSON, None, None, True)
    assert table.column("id").identity == "autoincrement"
    assert table.column("id").type.unsigned
    assert not table.column("id").nullable
    assert table.column("flag").type.kind is Kind.BOOLEAN
    assert (table.column("bits").type.bits, table.column("bits").type.unsigned) == (8, True)
    seen = table.column("seen")
    assert (seen.type.timezone, seen.comment) == (True, "it's \\ seen")
    assert (seen.default or "").lower() == "current_timestamp(3) on update current_timestamp(3)"
    assert table.column("name").default == "concat('a','b')"
    assert table.column("name").collation is None
    assert table.column("latin").collation == "latin1_bin"
    price = table.column("price").type
    assert (price.precision, price.scale, price.native) == (12, 3, "decimal(12,3) unsigned")
    generated = [(c.name, c.generated, c.generated_stored) for c in table.columns if c.generated]
    assert generated == [("doubled", '"n" * 2', False), ("kept", '"n" * 3', True)]


def test_keys_checks_and_indexes(mysql_family: MysqlFamilyServer, catalog: Catalog) -> None:
    table = catalog.table('a `b" %s')
    assert table.primary_key == Key(columns=("id",))
    assert table.unique_keys == (Key(name="name", columns=("name", "n")),)
    assert table.foreign_keys == (
        ForeignKey(
            name="fk",
            columns=("code", "part"),
            parent="p",
            parent_columns=("code", "part"),
            on_delete="SET NULL",
            on_update="CASCADE",
        ),
    )
    if mysql_family.dialect == "mariadb":
        assert table.checks == (
            Check(name="ck", expression='"n" < 100 or "name" <> \'a\''),
            Check(name="n", expression='"n" > 0'),
        )
    else:
        assert table.checks == (
            Check(name='a `b" %s_chk_1', expression='"n" > 0'),
            Check(name="ck", expression='("n" < 100) or ("name" <> \'a\')'),
        )
    assert table.indexes == (
        Index(name="begin_once", columns=(), unique=True, definition='UNIQUE KEY "begin_once" ("name"(5))'),
        Index(name="begins", columns=(), definition='KEY "begins" ("name"(3))'),
        Index(name="down", columns=(), definition='KEY "down" ("n" DESC)'),
        Index(name="fk", columns=("code", "part"), definition='KEY "fk" ("code","part")'),
        Index(name="words", columns=(), definition='FULLTEXT KEY "words" ("name")'),
    )
    assert table.unique_sets == (("id",), ("name", "n"))


def test_a_database_is_itself_by_whatever_name(mysql_family: MysqlFamilyServer) -> None:
    def identity(url: str) -> object:
        with open_engine(url).connect() as connection:
            return server_identity(connection)

    url, other = mysql_family.create_database(), mysql_family.create_database()
    assert identity(url) == identity(url.replace("mariadb://", "mysql://").replace("127.0.0.1", "localhost"))
    assert identity(url) != identity(other)


def test_no_database_is_refused(mysql_family: MysqlFamilyServer) -> None:
    with pytest.raises(NamespaceMissing, match="names no database"):
        reflect(open_engine(mysql_family.url("")))
    with pytest.raises(NamespaceMissing, match="no database 'nowhere'"):
        reflect(open_engine(mysql_family.create_database()), namespace="nowhere")
