"""PostgreSQL targets under readers, failures, kills and whatever hangs on their tables."""

import threading
import time
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from synth_assets.catalog.model import Catalog
from synth_assets.publish.errors import DatabaseFailed, PreflightFailed, TargetBusy
from synth_assets.publish.postgres import PostgresPublisher
from synth_assets.publish.publish import history
from tests.publish.parts import dataset, publish_and_be_killed
from tests.publish.postgres_shop import connected, own_schemas, rows_of, run_in, shop_frames


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_readers_see_one_refresh_only(catalog: Catalog, target: str, isolation: str) -> None:
    """Joins in one statement, and the tables one after the other in one transaction."""
    dataset(catalog, shop_frames(0), refresh="r0").publish(target)
    stop = threading.Event()
    seen: set[object] = set()
    problems: list[str] = []
    stalls: list[float] = []

    def hammer() -> None:
        with connected(target) as connection:
            while not stop.is_set():
                began = time.monotonic()
                try:
                    with connection.transaction():
                        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
                        joined = connection.execute(
                            "SELECT DISTINCT substr(o.note, 9), split_part(l.sku, '-', 1), "
                            "split_part(split_part(c.email, '@', 2), '.', 1) FROM orders o "
                            'JOIN "order lines" l ON l.order_id = o.id JOIN customers c ON c.id = o.customer_id'
                        ).fetchall()
                        alone = connection.execute("SELECT DISTINCT split_part(sku, '-', 1) FROM \"order lines\"")
                        found = {*joined, *[(one, one, one) for (one,) in alone.fetchall()]}
                except psycopg.Error as error:
                    problems.append(repr(error))
                    continue
                stalls.append(time.monotonic() - began)
                if len(found) != 1 or len(set(next(iter(found)))) != 1:
                    problems.append(repr(found))
                seen.add(next(iter(found))[0])

    readers = [threading.Thread(target=hammer) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 5):
        dataset(catalog, shop_frames(number), refresh=f"r{number}").publish(target, patience=30.0)
    stop.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert len(seen) > 1
    assert max(stalls) < 2.0


def test_an_old_snapshot_never_finds_the_new_tables_empty(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    with connected(target) as reader, reader.transaction():
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1 FROM pg_class LIMIT 1").fetchall()
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
        assert reader.execute("SELECT count(*) FROM orders").fetchall() == [(200,)]


def test_a_reader_that_stays_blocks_for_the_patience_only_and_others_hardly(catalog: Catalog, target: str) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    waits: list[float] = []
    with connected(target) as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM orders").fetchall()
        stop = threading.Event()

        def other() -> None:
            with connected(target) as connection:
                while not stop.is_set():
                    began = time.monotonic()
                    connection.execute("SELECT count(*) FROM customers").fetchall()
                    waits.append(time.monotonic() - began)

        thread = threading.Thread(target=other)
        thread.start()
        with pytest.raises(TargetBusy, match="idle in transaction"):
            dataset(catalog, shop_frames(2), refresh="r2").publish(target, patience=1.0)
        stop.set()
        thread.join()
    assert max(waits) < 1.0
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    assert own_schemas(target) == []


def test_a_deadlock_is_given_way_to_before_the_server_looks_for_one(catalog: Catalog, target: str) -> None:
    """Another transaction has one table locked and goes on to those that the swap has locked, again and again."""
    dataset(catalog, shop_frames(1)).publish(target)
    publishing = threading.Thread(target=lambda: dataset(catalog, shop_frames(2), refresh="r2").publish(target))
    seen = set()
    with connected(target) as other, connected(target) as watching, other.transaction():
        other.execute('LOCK TABLE "order lines" IN ACCESS SHARE MODE')
        publishing.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
        until = time.monotonic() + 20
        while len(seen) < 2 and time.monotonic() < until:
            seen |= {row[0] > 0 for row in watching.execute(waiting).fetchall()}
        assert seen == {False, True}
        for _ in range(200):
            other.execute("SELECT count(*) FROM customers").fetchall()
            other.execute("SELECT count(*) FROM orders").fetchall()
        assert other.execute("SHOW deadlock_timeout").fetchone() == ("1s",)
    publishing.join()
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 2",)]
    assert rows_of(target, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]


@pytest.mark.parametrize("step", ["stage", "audit", "swap"])
def test_a_failure_before_the_swap_leaves_the_target_as_it_was(
    catalog: Catalog, target: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)

    def fail(*_: object) -> None:
        raise OSError("injected")

    with monkeypatch.context() as patch:
        patch.setattr(PostgresPublisher, step, fail)
        with pytest.raises(OSError, match="injected"):
            dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    assert own_schemas(target) == []
    dataset(catalog, shop_frames(3), refresh="r3").publish(target)
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 3",)]


def test_a_killed_publication_leaves_the_old_rows_and_its_leftovers_go_next_time(
    catalog: Catalog, target: str, tmp_path: Path
) -> None:
    dataset(catalog, shop_frames(1)).publish(target)
    publish_and_be_killed(catalog, target, shop="tests.publish.postgres_shop", folder=tmp_path)
    assert own_schemas(target) == ["stage"]
    assert rows_of(target, "SELECT DISTINCT note FROM orders") == [("refresh 1",)]
    # Another dataset's publication finds the lock of the dead one free.
    small = Catalog(dialect="sqlite", tables=(catalog.table("nothing").model_copy(update={"name": "small"}),))
    frame = pl.DataFrame(schema={"a": pl.String, "b": pl.Int64})
    dataset(small, {"small": frame}, name="other").publish(target)
    assert own_schemas(target) == []


def test_a_lost_answer_to_the_commit_is_settled_by_the_ledger(
    catalog: Catalog, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth_assets.publish import postgres as module

    dataset(catalog, shop_frames(1)).publish(target)
    real = module.swap

    def lose(connection: Any, **arguments: Any) -> None:
        real(connection, **arguments)
        connection._driver.close()
        raise DatabaseFailed(step="swap", code="connection", meaning="the connection was lost or refused")

    monkeypatch.setattr(module, "swap", lose)
    published = dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert published.refresh == "r2"
    assert not published.already_live
    assert [entry.refresh for entry in history("staging", target)] == ["r2", "r1"]
    assert own_schemas(target) == ["previous"]


def test_a_connection_lost_before_the_commit_is_a_failure(
    catalog: Catalog, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth_assets.publish import postgres as module

    def lose(connection: Any, **arguments: Any) -> None:
        connection._driver.close()
        connection.run("SELECT 1", step="swap")

    dataset(catalog, shop_frames(1)).publish(target)
    monkeypatch.setattr(module, "swap", lose)
    with pytest.raises(DatabaseFailed, match="lost"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(target)
    assert [entry.refresh for entry in history("staging", target)] == ["r1"]


@pytest.mark.parametrize("what", ["VIEW orders AS SELECT 1", "TABLE x (n int CONSTRAINT email_once UNIQUE)"])
def test_a_name_that_is_taken_is_refused(catalog: Catalog, target: str, what: str) -> None:
    run_in(target, f"CREATE {what}")
    with pytest.raises(PreflightFailed, match="needs the name of"):
        dataset(catalog, shop_frames(1)).publish(target)
