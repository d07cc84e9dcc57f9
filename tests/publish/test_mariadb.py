"""Publishing into real servers of MariaDB and MySQL."""

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
import sqlalchemy

from synth_assets.catalog.drift import compare
from synth_assets.catalog.model import Catalog
from synth_assets.publish.authorize import authorize, authorize_if_empty
from synth_assets.publish.errors import DatabaseFailed, NothingToRollBack, PreflightFailed, RowsRefused, TargetRefused
from synth_assets.publish.publish import history, rollback
from tests.publish.mariadb_shop import SHOPS, own_databases, rows_of, shop_frames
from tests.publish.parts import catalog_of, dataset, settings
from tests.servers import MysqlFamilyServer


@pytest.fixture(scope="module")
def source(mysql_family: MysqlFamilyServer) -> str:
    return mysql_family.create_database(SHOPS[mysql_family.dialect])


@pytest.fixture(scope="module")
def catalog(source: str) -> Catalog:
    return catalog_of(source)


def authorized(server: MysqlFamilyServer) -> str:
    url = server.create_database()
    authorize("staging", settings(), url, {})
    return url


def publish_one(server: MysqlFamilyServer, target: str, script: str, frame: pl.DataFrame) -> Any:
    """Publish one table, defined by a script, into a target on the server."""
    made = catalog_of(server.create_database(script))
    (name,) = made.table_names
    return dataset(made, {name: frame}).publish(target)


@pytest.fixture
def target(mysql_family: MysqlFamilyServer) -> str:
    return authorized(mysql_family)


@pytest.fixture
def publish_table(mysql_family: MysqlFamilyServer, target: str) -> Callable[..., Any]:
    """A function that publishes one table, defined by a script, into the target."""
    return lambda script, frame: publish_one(mysql_family, target, script, frame)


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_tables_are_defined_as_in_the_source_to_the_letter(catalog: Catalog, source: str, target: str) -> None:
    published = dataset(catalog, shop_frames(1)).publish(target)
    assert published.notes == ()
    assert {table.name: table.rows for table in published.tables} == {
        "customers": 200,
        "nothing": 0,
        "order lines": 200,
        "orders": 200,
    }
    for name in catalog.table_names:
        shown = [rows_of(url, f"SHOW CREATE TABLE `{name}`")[0][1] for url in (source, target)]
        assert shown[0] == re.sub(r" AUTO_INCREMENT=\d+", "", shown[1])
    assert compare(catalog, catalog_of(target)).changes == ()
    # MariaDB keeps the text of JSON, MySQL its value.
    extra = '{"a": 1.10}' if catalog.dialect == "mariadb" else '{"a": 1.1}'
    assert rows_of(target, "SELECT mood, moods, seen, extra, ref, HEX(photo) FROM customers ORDER BY id LIMIT 2") == [
        ("it's ok", "a,b", shop_frames(1)["customers"]["seen"][0].replace(tzinfo=None), extra,
         "7f000000-0000-4000-8000-000000000001", "00FF"),
        (None, "a,b", shop_frames(1)["customers"]["seen"][0].replace(tzinfo=None), extra,
         "7f000000-0000-4000-8000-000000000001", ""),
    ]  # fmt: skip
    assert rows_of(target, "SELECT tax FROM orders WHERE id = 1") == [(Decimal("0.050"),)]
    assert own_databases(target) == []


def test_keys_bind_and_numbers_go_on(mysql_family: MysqlFamilyServer, catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    mysql_family.run(name_of(target), "INSERT INTO orders (customer_id) VALUES (7)")
    assert rows_of(target, "SELECT max(id) FROM orders") == [(201,)]
    with pytest.raises(Exception, match="foreign key constraint fails"):
        mysql_family.run(name_of(target), "INSERT INTO orders (customer_id) VALUES (999)")
    mysql_family.run(name_of(target), "DELETE FROM `order lines`;\nUPDATE orders SET parent_id = NULL")
    mysql_family.run(name_of(target), "DELETE FROM customers WHERE id = 7")
    assert rows_of(target, "SELECT count(*) FROM orders WHERE customer_id = 7") == [(0,)]


def test_second_publication_keeps_rights_views_and_what_is_not_ours(
    mysql_family: MysqlFamilyServer, catalog: Catalog, target: str
) -> None:
    name = name_of(target)
    mysql_family.run(name, "CREATE TABLE mine (x int);\nINSERT INTO mine VALUES (7)")
    dataset(catalog, shop_frames(1)).publish(target)
    mysql_family.run(
        name,
        f"CREATE USER app@'127.0.0.1' IDENTIFIED BY 'w';\nGRANT SELECT (id, note) ON {name}.orders TO "
        "app@'127.0.0.1';\nCREATE VIEW notes AS SELECT DISTINCT note FROM orders",
    )
    second = dataset(catalog, shop_frames(2, rows=150), refresh="r2").publish(target)
    assert second.previous == "r1"
    assert rows_of(target, "SELECT note FROM notes") == [("refresh 2",)]
    as_app = mysql_family.url(name, user="app", password="w")
    assert rows_of(as_app, "SELECT count(*), min(note) FROM orders") == [(150, "refresh 2")]
    assert rows_of(target, "SELECT x FROM mine") == [(7,)]
    assert own_databases(target) == ["previous"]
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
    assert own_databases(target) == ["previous"]
    entries = history("staging", target)
    assert [(entry.refresh, entry.previous) for entry in entries] == [("r3", "r2"), ("r2", "r1"), ("r1", None)]
    mysql_family.run(name, "DROP USER app@'127.0.0.1'")


def test_rollback_swaps_the_last_two_refreshes(catalog: Catalog, target: str) -> None:
    there = {"target": "staging", "database": settings(), "url": target, "sources": {}, "dataset": "shop"}
    dataset(catalog, shop_frames(1)).publish(target)
    with pytest.raises(NothingToRollBack):
        rollback(**there)
    dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    entry = rollback(**there)
    assert (entry.refresh, entry.previous, entry.action) == ("r1", "r2", "rollback")
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    assert compare(catalog, catalog_of(target)).changes == ()
    rollback(**there)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 2",)]
    # A publication after a rollback keeps the refresh that was rolled back to.
    rollback(**there)
    assert dataset(catalog, shop_frames(3), refresh="r3").publish(target).previous == "r1"
    rollback(**there)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]


def test_two_datasets_share_a_database(mysql_family: MysqlFamilyServer, catalog: Catalog, target: str) -> None:
    other = catalog_of(mysql_family.create_database("CREATE TABLE small (a int)"))
    dataset(catalog, shop_frames(1)).publish(target)
    dataset(other, {"small": pl.DataFrame({"a": [1]})}, name="other").publish(target)
    dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert rows_of(target, "SELECT a FROM small") == [(1,)]
    assert [(entry.dataset, entry.refresh) for entry in history("staging", target)] == [
        ("shop", "r2"),
        ("other", "r1"),
        ("shop", "r1"),
    ]
    with pytest.raises(TargetRefused, match="dataset other published"):
        dataset(other, {"small": pl.DataFrame({"a": [2]})}, name="third").publish(target)


def test_a_source_that_replicates_the_target_is_refused(
    mysql_family: MysqlFamilyServer, catalog: Catalog, source: str, target: str
) -> None:
    made = dataset(catalog, shop_frames(1))
    # What a replica of the target, which has a server's identity of its own, holds as soon as the target is marked.
    marked, replica = (str(sqlalchemy.make_url(url).database) for url in (target, source))
    mysql_family.run(replica, f"CREATE TABLE synth_assets_target AS SELECT * FROM {marked}.synth_assets_target")
    with pytest.raises(TargetRefused, match="a read replica or a copy of it"):
        made.publish(target, sources={"production": source})
    mysql_family.run(replica, "DROP TABLE synth_assets_target")
    made.publish(target, sources={"production": source})


def test_the_guard(mysql_family: MysqlFamilyServer, catalog: Catalog, source: str, target: str) -> None:
    made = dataset(catalog, shop_frames(1))
    with pytest.raises(TargetRefused, match="not been authorized"):
        made.publish(mysql_family.create_database())
    by_alias = source.replace("mariadb://", "mysql+pymysql://").replace("127.0.0.1", "localhost")
    with pytest.raises(TargetRefused, match="same database as source production"):
        authorize("staging", settings(), source, {"production": by_alias})
    with pytest.raises(TargetRefused, match="same database as source production"):
        made.publish(target, sources={"production": target})
    with pytest.raises(TargetRefused, match="tables that no refresh made"):
        authorize_if_empty("staging", settings(), source, {})
    # A copy of the marked database is not marked.
    copy = mysql_family.create_database()
    mysql_family.run(
        name_of(copy), f"CREATE TABLE synth_assets_target AS SELECT * FROM {name_of(target)}.synth_assets_target"
    )
    with pytest.raises(TargetRefused, match="copy"):
        made.publish(copy)


@pytest.mark.parametrize(
    ("column", "values", "codes"),
    [
        ("a tinyint", [1, 70_000], "1264"),
        ("a decimal(6,1)", [4711.25, 2.0], "1265"),
        ("a varchar(3)", ["secret", "x"], "1265"),
        ("a enum('x')", ["secret", "x"], "1265"),
        ("a date", ["2024-13-45", None], "1265"),
        ("a int NOT NULL", [None, 1], "1263"),
        ("a int, CONSTRAINT once UNIQUE (a)", [4711, 4711], "1062"),
        ("a int PRIMARY KEY", [4711, 4711], "1062"),
        ("a int, CONSTRAINT low CHECK (a < 5)", [4711, 1], {"mariadb": "4025", "mysql": "3819"}),
        ("a varchar(9) CHARACTER SET latin1", ["secret 😀", "x"], "1366"),
        ("a json", ["secret{", None], {"mariadb": "4038", "mysql": "3140"}),
        ("a binary(2)", [b"secret", None], {"mariadb": "1265", "mysql": "1265"}),
    ],
)
def test_a_value_that_does_not_fit_names_the_place_and_never_the_value(
    mysql_family: MysqlFamilyServer,
    either_path: MysqlFamilyServer,
    column: str,
    values: list[Any],
    codes: dict[str, str] | str,
) -> None:
    """LOAD DATA LOCAL would bend each of them with a warning only."""
    target = authorized(either_path)
    with pytest.raises(DatabaseFailed) as failure:
        publish_one(either_path, target, f"CREATE TABLE t ({column})", pl.DataFrame({"a": values}))
    text = str(failure.value) + repr(failure.value.__dict__)
    assert failure.value.table == "t"
    if either_path is mysql_family:
        assert failure.value.code == (codes if isinstance(codes, str) else codes[either_path.dialect])
    for word in ("secret", "70000", "4711", "2024-13"):
        assert word not in text
    assert failure.value.__context__ is None or failure.value.__suppress_context__
    assert catalog_of(target).tables == ()
    assert own_databases(target) == []


@pytest.mark.parametrize(
    ("native", "value", "said"),
    [
        ("double", float("nan"), "NaN or an infinite"),
        ("float", float("inf"), "NaN or an infinite"),
        ("int", 0.5, "fraction"),
    ],
)
def test_what_the_server_would_bend_without_a_word_is_refused(
    publish_table: Callable[..., Any], native: str, value: float, said: str
) -> None:
    with pytest.raises(RowsRefused, match=said):
        publish_table(f"CREATE TABLE t (a {native})", pl.DataFrame({"a": [value]}))


def test_fractions_that_a_column_does_not_keep_are_cut_off(either_path: MysqlFamilyServer) -> None:
    target = authorized(either_path)
    moment = datetime.datetime.fromisoformat("2024-12-31 23:59:59.900000")
    frame = pl.DataFrame({"id": [1], "a": [moment], "b": [moment.time()], "c": [moment]})
    publish_one(either_path, target, "CREATE TABLE t (id int PRIMARY KEY, a datetime, b time, c datetime(1))", frame)
    expected = (moment.replace(microsecond=0), datetime.timedelta(hours=23, minutes=59, seconds=59), moment)
    assert rows_of(target, "SELECT a, b, c FROM t") == [expected]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW SET NEW.note = 'x'", "trigger t"),
        ("CREATE TABLE child (o int, CONSTRAINT c FOREIGN KEY (o) REFERENCES orders (id))", "foreign key c of"),
    ],
)
def test_what_hangs_on_the_tables_is_refused_by_name(
    mysql_family: MysqlFamilyServer, catalog: Catalog, target: str, change: str, word: str
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    mysql_family.run(name_of(target), change)
    with pytest.raises(PreflightFailed, match=word):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    assert own_databases(target) == []


def test_a_view_of_a_tables_name_and_missing_rights_are_refused(
    mysql_family: MysqlFamilyServer, catalog: Catalog, target: str
) -> None:
    name = name_of(target)
    mysql_family.run(name, "CREATE VIEW nothing AS SELECT 1")
    with pytest.raises(PreflightFailed, match="view nothing"):
        dataset(catalog, shop_frames(1)).publish(target)
    mysql_family.run(name, "DROP VIEW nothing;\nCREATE USER weak@'127.0.0.1' IDENTIFIED BY 'w'")
    mysql_family.run(name, f"GRANT ALL ON {name}.* TO weak@'127.0.0.1'")
    weak = mysql_family.url(name, user="weak", password="w")
    with pytest.raises(PreflightFailed) as refused:
        dataset(catalog, shop_frames(1)).publish(weak)
    (finding,) = refused.value.findings
    for grant in finding.remedy.rstrip(";").split("; "):
        mysql_family.run(name, grant)
    assert dataset(catalog, shop_frames(1)).publish(weak).refresh == "r1"
    mysql_family.run(name, "DROP USER weak@'127.0.0.1'")
