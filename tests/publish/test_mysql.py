"""What only MySQL has: published as it is, between it and MariaDB, and under what its servers may ask for."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.drift import compare
from synth_assets.catalog.errors import UrlInvalid
from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import PreflightFailed
from tests.catalog.test_mysql import SCRIPT
from tests.extract.snapshots import Snapshots
from tests.publish.mariadb_shop import SHOPS, rows_of, shop_frames
from tests.publish.parts import Dataset, catalog_of, dataset, settings
from tests.servers import MariadbServer, MysqlServer, start_mysql

FILL = r"""
INSERT INTO x (id, place, hidden, price) VALUES (1, ST_GeomFromText('POINT(3 4)', 4326), 'é😀', 9.99), (2,
  ST_GeomFromText('POINT(5 6)', 4326), 'b', 0)
"""
ONE = pl.DataFrame({"id": [1], "note": ["a"]})


@pytest.fixture
def strict(mysql: MysqlServer) -> Iterator[MysqlServer]:
    """A server that takes no table without a primary key, and no pattern in the name of a database."""
    server = start_mysql(settings={"sql-require-primary-key": "ON", "partial-revokes": "ON"})
    yield server
    server.stop()


def test_all_of_a_definition_comes_along(mysql: MysqlServer, tmp_path: Path) -> None:
    """But a check that the source does not enforce either."""
    # Whenever MySQL alters a table it writes its checks anew, then with all texts in the column's character set.
    script = SCRIPT.replace("_latin1'a'", "'a'")
    source, target = mysql.create_database(f"{script};\n{FILL}"), mysql.create_database()
    authorize("staging", settings(), target, {"production": source})
    catalog, snapshots = catalog_of(source), Snapshots(tmp_path)
    made = Dataset(catalog, snapshots.rows(source, catalog=catalog), snapshots.store)
    made.judge()
    assert made.publish(target).notes == ()
    shown = [rows_of(url, "SHOW CREATE TABLE x")[0][1] for url in (source, target)]
    assert re.sub(r",\n  CONSTRAINT `not_yet` .*", "", shown[0]) == shown[1]
    assert compare(catalog, catalog_of(target)).changes == ()
    columns = "id, doc, note, n, HEX(key_of), ST_AsText(place), ST_SRID(place), hidden, made, bytes, price, tomorrow"
    rows = [rows_of(url, f"SELECT {columns} FROM x ORDER BY id") for url in (source, target)]
    assert rows[0] == rows[1]
    assert rows[1][0][7:9] == ("é😀", "é😀-éit's")


def test_from_mysql_to_mariadb(mysql: MysqlServer, mariadb: MariadbServer) -> None:
    """Collations that MariaDB has not got have a counterpart; keys on expressions have none."""
    extra = (
        "CREATE TABLE names (id int PRIMARY KEY, a varchar(9) COLLATE utf8mb4_sv_0900_ai_ci, p point SRID 4326, "
        "KEY low ((lower(a))))"
    )
    source, target = mysql.create_database(f"{SHOPS['mysql']};\n{extra}"), mariadb.create_database()
    authorize("staging", settings(), target, {"production": source})
    frames = shop_frames(1) | {"names": pl.DataFrame({"id": [1], "a": ["å"], "p": [None]})}
    notes = dataset(catalog_of(source), frames).publish(target).notes
    assert "names: index low has no counterpart in MariaDB and is left out." in notes
    assert "names: collation utf8mb4_sv_0900_ai_ci of column a is utf8mb4_nopad_bin in the target." in notes
    collation = "collation utf8mb4_0900_ai_ci of the table is utf8mb4_unicode_520_nopad_ci in the target."
    assert {f"{name}: {collation}" for name in frames} < set(notes)
    assert rows_of(target, "SELECT count(*) FROM orders JOIN customers c ON c.id = customer_id") == [(200,)]
    assert rows_of(target, "SELECT a FROM names WHERE a = 'a'") == []


def test_from_mariadb_to_mysql(mysql: MysqlServer, mariadb: MariadbServer) -> None:
    extra = (
        "CREATE TABLE names (a varchar(9) COLLATE utf8mb4_unicode_520_nopad_ci, b varchar(9) COLLATE latin1_nopad_bin)"
    )
    source, target = mariadb.create_database(f"{SHOPS['mariadb']};\n{extra}"), mysql.create_database()
    authorize("staging", settings(), target, {"production": source})
    frames = shop_frames(1) | {"names": pl.DataFrame({"a": ["å"], "b": ["x"]})}
    assert dataset(catalog_of(source), frames).publish(target).notes == (
        "names: collation utf8mb4_unicode_520_nopad_ci of column a is utf8mb4_0900_ai_ci in the target.",
        "names: collation latin1_nopad_bin of column b is latin1_bin in the target.",
    )
    assert rows_of(target, "SELECT ref, extra FROM customers WHERE id = 1") == [
        ("7f000000-0000-4000-8000-000000000001", '{"a": 1.1}')
    ]
    assert rows_of(target, "SELECT a FROM names WHERE a = 'a'") == [("å",)]


def test_a_strict_server_is_published_into_with_the_rights_that_preflight_names(strict: MysqlServer) -> None:
    source = strict.create_database("CREATE TABLE t (id int PRIMARY KEY, note text)")
    database = str(sqlalchemy.make_url(strict.create_database()).database)
    strict.run(database, "CREATE USER u@'%' IDENTIFIED BY 'secret'")
    strict.run(database, f"GRANT ALL ON `{database}`.* TO u@'%'")
    strict.run(database, r"GRANT ALL ON `synth\_assets\_%`.* TO u@'%'")
    target = strict.url(database, user="u", password="secret")
    authorize("staging", settings(), target, {"production": source})
    made = dataset(catalog_of(source), {"t": ONE})
    with pytest.raises(PreflightFailed, match="may not move tables") as refused:
        made.publish(target)
    (finding,) = refused.value.findings
    strict.run(database, finding.remedy)
    for refresh in ("r1", "r2"):
        dataset(catalog_of(source), {"t": ONE}, refresh=refresh).publish(target)
    assert rows_of(target, "SELECT * FROM t") == [(1, "a")]


def test_a_strict_server_refuses_a_table_without_a_primary_key_by_its_name(
    strict: MysqlServer, mysql: MysqlServer
) -> None:
    target = strict.create_database()
    authorize("staging", settings(), target, {})
    source = mysql.create_database("CREATE TABLE bare (id int, note text)")
    with pytest.raises(PreflightFailed, match="bare: its definition: the server takes no table without a primary key"):
        dataset(catalog_of(source), {"bare": ONE}).publish(target)


def test_a_url_of_mariadb_to_mysql_is_refused_with_the_word_to_write(mysql: MysqlServer) -> None:
    with pytest.raises(UrlInvalid, match="is MySQL") as refused:
        open_engine(mysql.create_database().replace("mysql://", "mariadb://"))
    assert refused.value.next_step == "Begin the url with mysql://."
