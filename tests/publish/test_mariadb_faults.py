"""MariaDB and MySQL targets under readers, failures and kills."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymysql
import pytest

from synth_assets.catalog.model import Catalog
from synth_assets.publish import mariadb as module
from synth_assets.publish import server as publisher
from synth_assets.publish.authorize import authorize
from synth_assets.publish.errors import DatabaseFailed, PublishError, TargetBusy
from synth_assets.publish.mariadb import MariadbPublisher
from synth_assets.publish.publish import history
from tests.publish.mariadb_shop import SHOPS, connected, own_databases, rows_of, shop_frames
from tests.publish.parts import catalog_of, dataset, publish_and_be_killed, settings
from tests.servers import MYSQL_FAMILY, MysqlFamilyServer, restart

# What the fixture's server leaves out for speed decides what a crash leaves behind.
DURABLE = {"innodb-flush-log-at-trx-commit": "1", "innodb-doublewrite": "ON", "innodb-flush-method": "fsync"}
LIVE = "SELECT DISTINCT note FROM orders"


def _kill_after(server: MysqlFamilyServer, delay: float) -> Callable[..., None]:
    real = module.swap

    def swap_and_kill(connection: Any, planned: Any, **arguments: Any) -> None:
        killer = threading.Timer(delay, os.kill, (server.process, signal.SIGKILL))
        killer.start()
        real(connection, planned, **arguments)
        killer.join()
        # Killed after the answer: the next statement finds out.
        connection.run("DO SLEEP(5)", step="swap")

    return swap_and_kill


@pytest.fixture(scope="module")
def catalog(mysql_family: MysqlFamilyServer) -> Catalog:
    return catalog_of(mysql_family.create_database(SHOPS[mysql_family.dialect]))


@pytest.fixture
def target(mysql_family: MysqlFamilyServer, catalog: Catalog) -> str:
    """A target in which refresh 1 is live."""
    url = mysql_family.create_database()
    authorize("staging", settings(), url, {})
    dataset(catalog, shop_frames(1)).publish(url)
    return url


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_readers_see_one_refresh_only(catalog: Catalog, target: str, isolation: str) -> None:
    """Joins in one statement, and the tables one after the other in one transaction."""
    stop = threading.Event()
    seen: set[str] = set()
    problems: list[str] = []
    stalls: list[float] = []

    def hammer() -> None:
        with connected(target) as connection, connection.cursor() as cursor:
            while not stop.is_set():
                began = time.monotonic()
                try:
                    cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
                    cursor.execute("START TRANSACTION")
                    cursor.execute(
                        "SELECT DISTINCT substr(o.note, 9), substring_index(l.sku, '-', 1), "
                        "substring_index(substring_index(c.email, '@', -1), '.', 1) FROM orders o "
                        "JOIN `order lines` l ON l.order_id = o.id JOIN customers c ON c.id = o.customer_id"
                    )
                    found = {tuple(word.strip() for word in row) for row in cursor.fetchall()}
                    cursor.execute("SELECT DISTINCT substring_index(sku, '-', 1) FROM `order lines`")
                    found |= {(one, one, one) for (one,) in cursor.fetchall()}
                    cursor.execute("COMMIT")
                except pymysql.MySQLError as error:
                    problems.append(repr(error))
                    continue
                stalls.append(time.monotonic() - began)
                if len(found) != 1 or len(set(next(iter(found)))) != 1:
                    problems.append(repr(found))
                else:
                    seen.add(next(iter(found))[0])

    readers = [threading.Thread(target=hammer) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(2, 5):
        dataset(catalog, shop_frames(number), refresh=f"r{number}").publish(target, patience=30.0)
    stop.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert len(seen) > 1
    assert max(stalls) < 3.0


def test_an_old_snapshot_never_finds_the_new_tables_empty(catalog: Catalog, target: str) -> None:
    with connected(target) as reader, reader.cursor() as cursor:
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
        for table in ("orders", "customers", "`order lines`"):
            with pytest.raises(pymysql.MySQLError, match="retry transaction"):
                cursor.execute(f"SELECT count(*) FROM {table}")


def test_a_reader_that_stays_blocks_for_the_patience_only(catalog: Catalog, target: str) -> None:
    waits: list[float] = []
    stop = threading.Event()

    def other() -> None:
        with connected(target) as connection, connection.cursor() as cursor:
            while not stop.is_set():
                began = time.monotonic()
                cursor.execute("SELECT count(*) FROM customers")
                waits.append(time.monotonic() - began)

    with connected(target) as reader, reader.cursor() as cursor:
        cursor.execute("START TRANSACTION")
        cursor.execute("SELECT count(*) FROM orders")
        thread = threading.Thread(target=other)
        thread.start()
        with pytest.raises(TargetBusy, match=r"synth \(connection \d+, sleep\)"):
            dataset(catalog, shop_frames(2), refresh="r2").publish(target, patience=1.0)
        stop.set()
        thread.join()
    assert max(waits) < 2.5
    assert rows_of(target, LIVE) == [("refresh 1",)]
    assert own_databases(target) == []


@pytest.mark.parametrize("step", ["stage", "audit", "swap"])
def test_a_failure_before_the_swap_leaves_the_target_as_it_was(
    catalog: Catalog, target: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("injected")

    with monkeypatch.context() as patch:
        patch.setattr(MariadbPublisher, step, fail)
        with pytest.raises(OSError, match="injected"):
            dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert rows_of(target, LIVE) == [("refresh 1",)]
    assert own_databases(target) == []
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
    assert rows_of(target, LIVE) == [("refresh 3",)]


def test_a_killed_publication_leaves_the_old_rows_and_its_leftovers_go_next_time(
    catalog: Catalog, target: str, tmp_path: Path
) -> None:
    publish_and_be_killed(catalog, target, shop="tests.publish.mariadb_shop", folder=tmp_path)
    assert own_databases(target) == ["stage"]
    assert rows_of(target, LIVE) == [("refresh 1",)]
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
    assert own_databases(target) == ["previous"]
    assert [entry.refresh for entry in history("staging", target)] == ["r3", "r1"]


@pytest.mark.parametrize("late", [False, True])
def test_a_connection_lost_in_the_swap_is_settled_by_the_ledger(
    catalog: Catalog, target: str, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """Killed by the server before the RENAME, or after it and before its answer."""
    real = module.swap

    def lose(connection: Any, planned: Any, **arguments: Any) -> None:
        if late:
            real(connection, planned, **arguments)
        with connected(target) as other, other.cursor() as cursor:
            cursor.execute(f"KILL {connection.value('SELECT CONNECTION_ID()', step='swap')}")
        real(connection, planned, **arguments)

    with monkeypatch.context() as patch:
        patch.setattr(module, "swap", lose)
        if late:
            assert dataset(catalog, shop_frames(2), refresh="r2").publish(target).previous == "r1"
        else:
            with pytest.raises(DatabaseFailed, match="lost"):
                dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    live = 2 if late else 1
    assert rows_of(target, LIVE) == [(f"refresh {live}",)]
    assert history("staging", target)[0].refresh == f"r{live}"
    again = dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert rows_of(target, LIVE) == [("refresh 2",)]
    assert [entry.refresh for entry in history("staging", target)] == ["r2", "r1"]
    assert again.already_live is False or late
    assert own_databases(target) == ["previous"]


def test_a_server_killed_around_the_swap_comes_back_with_the_old_or_the_new(catalog: Catalog) -> None:
    """kill -9 of the server at moments around its RENAME; started again on the same files, a rerun converges."""
    server: MysqlFamilyServer = MYSQL_FAMILY[catalog.dialect](settings=DURABLE)
    try:
        url = server.create_database()
        authorize("staging", settings(), url, {})
        dataset(catalog, shop_frames(1), refresh="r1").publish(url)
        outcomes = set()
        for turn, delay in enumerate((0.0, 0.002, 0.008), start=2):
            made = dataset(catalog, shop_frames(turn), refresh=f"r{turn}")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(publisher, "SETTLE_SECONDS", 0.5)
                patch.setattr(module, "swap", _kill_after(server, delay))
                with pytest.raises(PublishError):
                    made.publish(url)
            server = restart(server)
            if catalog.dialect == "mysql":
                # It comes back without the tables that it was moving, where their names are none of files (a space in
                # `order lines`), until it is started once more.
                os.kill(server.process, signal.SIGTERM)
                server = restart(server)
            live = history("staging", url)[0].refresh
            assert live in (f"r{turn - 1}", f"r{turn}")
            assert rows_of(url, LIVE) == [(f"refresh {live[1:]}",)]
            assert rows_of(url, "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id") == [(200,)]
            outcomes.add(live == f"r{turn}")
            made.publish(url)
            assert rows_of(url, LIVE) == [(f"refresh {turn}",)]
            assert own_databases(url) == ["previous"]
        assert False in outcomes
    finally:
        server.stop()


def test_a_second_publication_of_a_dataset_waits_and_gives_up(catalog: Catalog, target: str) -> None:
    with MariadbPublisher("staging", target, namespace=None) as first:
        first.lock("shop", patience=1.0)
        with pytest.raises(TargetBusy, match="another publication"):
            dataset(catalog, shop_frames(2), refresh="r2").publish(target, patience=0.5)
        # Its leftovers are those of one that lives.
        assert MariadbPublisher("staging", target, namespace=None).clean() == []
    dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert rows_of(target, LIVE) == [("refresh 2",)]
