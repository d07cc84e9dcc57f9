"""Reading real servers of MariaDB and MySQL: one instant, every value, or a refusal."""

import datetime
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import polars as pl
import pymysql
import pytest

from synth_assets.catalog.errors import TableMissing
from synth_assets.extract.errors import SourceChanged, SourceUnreadable
from synth_assets.extract.mariadb import MariadbSource, open_mariadb
from tests.extract.snapshots import Snapshots
from tests.servers import MysqlFamilyServer


@contextmanager
def opened(url: str, snapshots: Snapshots) -> Iterator[tuple[MariadbSource, Any]]:
    catalog = snapshots.catalog(url)
    with open_mariadb(url, catalog, catalog.table_names) as source:
        yield source, catalog


def frame(source: MariadbSource, catalog: Any, name: str) -> pl.DataFrame:
    stream = source.read(catalog.table(name))
    return pl.concat([pl.DataFrame(schema=stream.schema), *stream.batches])


def database_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_values_have_the_types_of_frames(mysql_family: MysqlFamilyServer, snapshots: Snapshots) -> None:
    url = mysql_family.create_database(
        """CREATE TABLE t (i bigint unsigned, d decimal(9,2), f float, day date, at datetime(6), ts timestamp(6) NULL,
             h time, hs time, zero date, e enum('a'), b varbinary(3), y year, bit1 bit(1));
           SET time_zone = '+00:00', sql_mode = '';
           INSERT INTO t VALUES (18446744073709551615, 1.10, 0.1, '2024-02-29', '2024-01-01 00:00:00.000001',
             '2024-03-31 02:30:00', '23:59:59', '25:00:00', '0000-00-00', 'a', 0x00ff, 2024, 1);
           INSERT INTO t VALUES (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"""
    )
    with opened(url, snapshots) as (source, catalog):
        found = frame(source, catalog, "t")
    assert found.dtypes == [
        pl.UInt64,
        pl.Decimal(9, 2),
        pl.Float32,
        pl.Date,
        pl.Datetime("us"),
        pl.Datetime("us", "UTC"),
        pl.Time,
        pl.String,
        pl.String,
        pl.String,
        pl.Binary,
        pl.Int64,
        pl.Boolean,
    ]
    assert found.rows()[0] == (
        2**64 - 1,
        Decimal("1.10"),
        pytest.approx(0.1),
        datetime.date(2024, 2, 29),
        datetime.datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=datetime.UTC).replace(tzinfo=None),
        datetime.datetime(2024, 3, 31, 2, 30, tzinfo=datetime.UTC),
        datetime.time(23, 59, 59),
        "25:00:00",
        "0000-00-00",
        "a",
        b"\x00\xff",
        2024,
        True,
    )
    assert set(found.rows()[1]) == {None}


def test_all_tables_are_of_one_instant(mysql_family: MysqlFamilyServer, snapshots: Snapshots) -> None:
    """Rows move between tables all the while; what is read has each of them once."""
    url = mysql_family.create_database(
        """CREATE TABLE a (id int PRIMARY KEY);
           CREATE TABLE b (id int PRIMARY KEY);
           INSERT INTO a WITH RECURSIVE seq AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM seq WHERE n < 200)
           SELECT n FROM seq"""
    )
    stop = threading.Event()

    def move() -> None:
        with mysql_family.connect(database_of(url), autocommit=False) as connection, connection.cursor() as cursor:
            turn = 0
            while not stop.is_set():
                turn += 1
                source, destination = ("a", "b") if turn // 200 % 2 == 0 else ("b", "a")
                cursor.execute(f"INSERT IGNORE INTO {destination} SELECT id FROM {source} WHERE id = {turn % 200 + 1}")
                cursor.execute(f"DELETE FROM {source} WHERE id = {turn % 200 + 1}")
                connection.commit()

    mover = threading.Thread(target=move)
    mover.start()
    try:
        halves = []
        for _ in range(10):
            with opened(url, snapshots) as (source, catalog):
                held = [frame(source, catalog, name)["id"].to_list() for name in ("b", "a")]
            assert sorted(held[0] + held[1]) == list(range(1, 201))
            halves.append(len(held[0]))
    finally:
        stop.set()
        mover.join()
    assert len(set(halves)) > 1


def test_no_table_can_be_altered_while_it_is_read(mysql_family: MysqlFamilyServer, snapshots: Snapshots) -> None:
    url = mysql_family.create_database("CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\nCREATE TABLE u (a int)")
    with opened(url, snapshots) as (source, catalog):
        with mysql_family.connect(database_of(url)) as other, other.cursor() as cursor:
            cursor.execute("SET lock_wait_timeout = 0")
            for change in ("ALTER TABLE u ADD b int", "DROP TABLE t", "TRUNCATE u", "RENAME TABLE t TO x"):
                with pytest.raises(pymysql.OperationalError, match="1205"):
                    cursor.execute(change)
            cursor.execute("INSERT INTO t VALUES (2)")
            # The first row that is read fixes the instant; in MySQL the catalog's rows are such, too.
            first = frame(source, catalog, "t")["a"].to_list()
            assert first == ([1, 2] if mysql_family.dialect == "mariadb" else [1])
            cursor.execute("INSERT INTO t VALUES (3)")
        assert frame(source, catalog, "t")["a"].to_list() == first


def test_changes_since_the_catalog_are_refused(mysql_family: MysqlFamilyServer, snapshots: Snapshots) -> None:
    url = mysql_family.create_database("CREATE TABLE t (a int);\nCREATE TABLE u (a int)")
    catalog = snapshots.catalog(url)
    mysql_family.run(database_of(url), "ALTER TABLE t MODIFY a bigint")
    with (
        open_mariadb(url, catalog, ["t"]) as source,
        pytest.raises(SourceChanged, match="column 'a' has another type"),
    ):
        source.read(catalog.table("t"))
    mysql_family.run(database_of(url), "DROP TABLE u")
    with pytest.raises(TableMissing, match="'u'"), open_mariadb(url, catalog, ["t", "u"]):
        pass


def test_an_engine_without_transactions_is_refused_with_the_line_to_run(
    mysql_family: MysqlFamilyServer, snapshots: Snapshots
) -> None:
    url = mysql_family.create_database("CREATE TABLE t (a int) ENGINE=MyISAM")
    with pytest.raises(SourceUnreadable, match="engine MyISAM") as refused, opened(url, snapshots):
        pass
    assert "ALTER TABLE t ENGINE = InnoDB" in refused.value.next_step


def test_a_missing_right_is_told_without_touching_anything(
    mysql_family: MysqlFamilyServer, snapshots: Snapshots
) -> None:
    url = mysql_family.create_database("CREATE TABLE t (a int);\nCREATE TABLE u (a int)")
    name = database_of(url)
    mysql_family.run(
        name,
        f"CREATE USER weak@'127.0.0.1' IDENTIFIED BY 'w';\nGRANT SELECT ON {name}.t TO weak@'127.0.0.1'",
    )
    catalog = snapshots.catalog(url)
    with (
        pytest.raises((SourceUnreadable, TableMissing)),
        open_mariadb(mysql_family.url(name, user="weak", password="w"), catalog, ["t", "u"]),
    ):
        pass
    with open_mariadb(mysql_family.url(name, user="weak", password="w"), catalog, ["t"]) as source:
        assert frame(source, catalog, "t").height == 0
    mysql_family.run(name, "DROP USER weak@'127.0.0.1'")
