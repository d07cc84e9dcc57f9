"""The guard and the gate: what is refused before anything is written."""

import hashlib
import os
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.errors import DatabaseMissing, UrlInvalid
from synth_assets.catalog.identity import server_identity
from synth_assets.catalog.model import Catalog, Column, DataType, Kind, Table
from synth_assets.publish.authorize import authorize, authorize_if_empty
from synth_assets.publish.errors import NoPassingVerdict, PreflightFailed, TargetRefused
from synth_assets.publish.guard import is_production
from tests.faults.proxy import proxied
from tests.publish import duckdb_shop
from tests.publish.parts import Dataset, dataset, settings
from tests.publish.postgres_shop import rows_of, run_in
from tests.servers import PostgresServer, start_postgres, start_standby

CATALOG = Catalog(
    dialect="sqlite",
    tables=(Table(name="t", columns=(Column(name="a", type=DataType(kind=Kind.INTEGER, native="INTEGER")),)),),
)


def small(refresh: str = "r1", *, judged: bool = True) -> Dataset:
    return dataset(CATALOG, {"t": pl.DataFrame({"a": [1, 2]})}, refresh=refresh, judged=judged)


@pytest.fixture
def production(sqlite_database: Callable[..., str]) -> str:
    return sqlite_database("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)", name="production.db")


@pytest.fixture
def staging(sqlite_database: Callable[..., str]) -> str:
    url = sqlite_database(name="staging.db")
    authorize("staging", settings(), url, {})
    return url


def digest_of(url: str) -> str:
    return hashlib.sha256(Path(url.removeprefix("sqlite:///")).read_bytes()).hexdigest()


def test_without_a_verdict_nothing_is_even_connected_to() -> None:
    with pytest.raises(NoPassingVerdict):
        small(judged=False).publish("sqlite:////no/such/folder/t.db")


def test_a_failing_verdict_and_one_of_other_rows_let_nothing_through(staging: str) -> None:
    failed = small(judged=False)
    failed.judge(passed=False)
    other = small(judged=False)
    other.judge(fingerprint="0" * 64)
    for refused in (failed, other):
        with pytest.raises(NoPassingVerdict):
            refused.publish(staging)
    assert sqlite3.connect(staging.removeprefix("sqlite:///")).execute("PRAGMA table_info(t)").fetchall() == []


def test_a_verdict_that_failed_later_outweighs_the_pass_before(staging: str) -> None:
    shop = small()
    shop.judge(passed=False)
    with pytest.raises(NoPassingVerdict):
        shop.publish(staging)


def test_rows_that_do_not_fit_the_catalog_are_refused(staging: str) -> None:
    shop = dataset(CATALOG, {"t": pl.DataFrame({"b": [1]}), "u": pl.DataFrame({"a": [1]})})
    with pytest.raises(PreflightFailed) as refused:
        shop.publish(staging)
    assert {(finding.table, finding.column) for finding in refused.value.findings} == {("u", None), ("t", "a")}


@pytest.mark.parametrize(
    "environment", ["production", "PROD", "prod-eu", "prod2", "live", "Live_1", "eu.production", "PRD"]
)
def test_production_is_refused_however_it_is_spelled(environment: str, staging: str) -> None:
    assert is_production(environment)
    before = digest_of(staging)
    with pytest.raises(TargetRefused, match="environment"):
        small().publish(staging, database=settings(environment=environment))
    with pytest.raises(TargetRefused, match="environment"):
        authorize("staging", settings(environment=environment), staging, {})
    assert digest_of(staging) == before


@pytest.mark.parametrize("environment", ["staging", "dev", "pre-production", "non-prod", "delivery", "products"])
def test_other_environments_are_not_production(environment: str) -> None:
    assert not is_production(environment)


def test_a_source_is_never_written(production: str) -> None:
    with pytest.raises(TargetRefused, match="role"):
        small().publish(production, database=settings(role="source"))


@pytest.mark.parametrize("way", ["same", "other spelling", "symbolic link", "hard link"])
def test_a_file_that_is_the_source_is_refused_by_whatever_path(production: str, tmp_path: Path, way: str) -> None:
    path = Path(production.removeprefix("sqlite:///"))
    link = tmp_path / "link.db"
    match way:
        case "symbolic link":
            link.symlink_to(path)
        case "hard link":
            os.link(path, link)
        case "other spelling":
            link = path.parent / ".." / path.parent.name / path.name
        case _:
            link = path
    before = digest_of(production)
    for call in (
        lambda: authorize("staging", settings(), f"sqlite:///{link}", {"production": production}),
        lambda: authorize_if_empty("staging", settings(), f"sqlite:///{link}", {"production": production}),
        lambda: small().publish(f"sqlite:///{link}", sources={"production": production}),
    ):
        with pytest.raises(TargetRefused, match="same database as source production"):
            call()
    assert digest_of(production) == before


def test_the_same_postgres_database_is_refused_by_another_host_name(postgres: PostgresServer) -> None:
    url = postgres.create_database()
    alias = url.replace("127.0.0.1", "localhost")
    for call in (
        lambda: authorize("staging", settings(), alias, {"production": url}),
        lambda: small().publish(alias, sources={"production": url}),
        lambda: small().publish(alias, sources={"production": url}, database=settings(schema="elsewhere")),
    ):
        with pytest.raises(TargetRefused, match="same database as source production"):
            call()
    assert rows_of(url, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'synth%'") == [(0,)]
    # Another database of the same server is another database.
    other = postgres.create_database()
    authorize("staging", settings(), other, {"production": url})
    small().publish(other, sources={"production": url})


@pytest.mark.parametrize("family", ["postgres", "mariadb", "mysql"])
def test_a_source_is_refused_by_way_of_a_proxy(family: str, request: pytest.FixtureRequest) -> None:
    url: str = request.getfixturevalue(family).create_database()
    with proxied(url) as (_, by_proxy):
        for source, target in ((url, by_proxy), (by_proxy, url)):
            for call in (
                partial(authorize, "staging", settings(), target, {"production": source}),
                partial(small().publish, target, sources={"production": source}),
            ):
                with pytest.raises(TargetRefused, match="same database as source production"):
                    call()


def test_a_source_is_refused_where_only_its_read_replica_is_read() -> None:
    primary = start_postgres()
    try:
        url = primary.create_database()
        replica = start_standby(primary)
        try:
            source = replica.url(str(sqlalchemy.make_url(url).database))
            assert rows_of(source, "SELECT pg_is_in_recovery()") == [(True,)]
            with pytest.raises(TargetRefused, match="same database as source production"):
                authorize("staging", settings(), url, {"production": source})
            with pytest.raises(TargetRefused, match="same database as source production"):
                small().publish(url, sources={"production": source})
        finally:
            replica.stop()
    finally:
        primary.stop()


def test_a_source_that_cannot_be_identified_is_not_ruled_out(
    staging: str, production: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    gone = f"sqlite:///{tmp_path / 'gone.db'}"
    with pytest.raises(TargetRefused, match="source production does not tell"):
        small().publish(staging, sources={"production": gone})
    with open_engine(production).connect() as connection:
        identity = server_identity(connection)
    small().publish(staging, sources={"production": gone}, source_identities={"production": identity})
    with open_engine(staging).connect() as connection:
        own = server_identity(connection)
    with pytest.raises(TargetRefused, match="same database"):
        small("r2").publish(staging, sources={"production": gone}, source_identities={"production": own})
    # A server of another family cannot be this file.
    unreachable = postgres.url("no_such_database")
    small("r3").publish(staging, sources={"production": unreachable})


def test_a_target_must_be_there_and_be_authorized(sqlite_database: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing):
        small().publish(f"sqlite:///{tmp_path / 'missing.db'}")
    assert not (tmp_path / "missing.db").exists()
    bare = sqlite_database(name="bare.db")
    with pytest.raises(TargetRefused, match="authorize staging"):
        small().publish(bare)
    assert list(tmp_path.glob(".*")) == []


def test_a_copy_of_an_authorized_server_database_is_not_authorized(postgres: PostgresServer) -> None:
    url = postgres.create_database()
    authorize("staging", settings(), url, {})
    copy = url + "_copy"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {copy.rpartition('/')[2]} TEMPLATE {url.rpartition('/')[2]}".encode())
    with pytest.raises(TargetRefused, match="made in another database"):
        small().publish(copy)
    authorize("staging", settings(), copy, {})
    small().publish(copy)


def test_a_table_that_no_refresh_made_is_replaced_only_if_that_was_allowed(
    sqlite_database: Callable[..., str],
) -> None:
    url = sqlite_database("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (7)", name="dev.db")
    authorize("dev", settings(), url, {})
    with pytest.raises(TargetRefused, match="no refresh made table t"):
        small().publish(url)
    marker = authorize("dev", settings(), url, {}, replace_existing=True)
    assert marker.replace_existing
    small().publish(url)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    assert connection.execute("SELECT a FROM t").fetchall() == [(1,), (2,)]
    connection.close()


def test_only_an_empty_database_is_marked_without_being_asked(
    sqlite_database: Callable[..., str], tmp_path: Path, postgres: PostgresServer
) -> None:
    used = sqlite_database("CREATE TABLE other (x)", name="used.db")
    with pytest.raises(TargetRefused, match="tables that no refresh made: other"):
        authorize_if_empty("out", settings(), used, {})
    fresh = f"sqlite:///{tmp_path / 'out.db'}"
    for refresh in ("r1", "r2"):
        authorize_if_empty("out", settings(), fresh, {})
        small(refresh).publish(fresh)
    # Tables in any schema of a server's database count, not only in the one to be published into.
    url = postgres.create_database()
    run_in(url, "CREATE SCHEMA app; CREATE TABLE app.users (x int)")
    with pytest.raises(TargetRefused, match=r"app\.users"):
        authorize_if_empty("out", settings(), url, {})


def test_a_duckdb_file_that_is_the_source_is_refused_by_whatever_path(tmp_path: Path) -> None:
    production, link = tmp_path / "production.duckdb", tmp_path / "link.duckdb"
    duckdb_shop.run_in(f"duckdb:///{production}", "CREATE TABLE t (a INTEGER)")
    os.link(production, link)
    before = production.read_bytes()
    sources = {"production": f"duckdb:///{production}"}
    for call in (
        lambda: authorize("staging", settings(), f"duckdb:///{link}", sources),
        lambda: authorize_if_empty("staging", settings(), f"duckdb:///{link}", sources),
        lambda: small().publish(f"duckdb:///{link}", sources=sources),
    ):
        with pytest.raises(TargetRefused, match="same database as source production"):
            call()
    assert production.read_bytes() == before
    with pytest.raises(TargetRefused, match="authorize staging"):
        small().publish(f"duckdb:///{link}")


def test_a_dialect_that_is_not_installed_is_refused_by_name() -> None:
    with pytest.raises(UrlInvalid, match="no SQLAlchemy dialect named 'nosuchsql'"):
        small().publish("nosuchsql:///x")
