"""What a target is asked before there are rows: as much as the publication itself asks, and nothing of it stays."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy

from synth_assets.plan.target_settings import TargetSettings
from synth_assets.publish.authorize import authorize
from synth_assets.publish.families import open_publisher
from synth_assets.publish.naming import lock_key, stage_schema
from synth_assets.publish.preflight import Preflight, preflight
from tests.publish.databases import Database, databases_of
from tests.publish.mariadb_shop import own_databases
from tests.publish.parts import catalog_of, settings
from tests.publish.postgres_shop import rows_of, run_in
from tests.servers import MysqlFamilyServer, PostgresServer

SCRIPT = """CREATE TABLE a (id int PRIMARY KEY, price decimal(6, 2));
CREATE TABLE b (id int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES a (id))"""


@pytest.fixture(params=["postgres", "mariadb", "mysql", "sqlite", "duckdb"])
def made(request: pytest.FixtureRequest) -> Callable[..., Database]:
    return databases_of(request.param, request)


def asked(source: str, target: str, *, namespace: str | None = None) -> Preflight:
    return preflight(
        plan=TargetSettings(name="staging"),
        database=settings(),
        url=target,
        sources={},
        dataset="shop",
        catalog=catalog_of(source, namespace),
    )


def test_what_stands_in_the_way_is_found_before_anything_is_read(made: Callable[..., Database], tmp_path: Path) -> None:
    source, target = made(SCRIPT), made()
    authorize("staging", settings(), target.url, {})
    files = sorted(path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock"))
    assert asked(source.url, target.url).findings == ()
    assert target.catalog.table_names == ()
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")) == files
    target.run("CREATE VIEW b AS SELECT 1 AS x")
    (finding,) = asked(source.url, target.url).findings
    assert "view" in finding.problem and "b" in finding.problem
    assert finding.remedy


def test_rights_that_are_missing_in_postgres(postgres: PostgresServer, target: str) -> None:
    source = postgres.create_database()
    run_in(source, SCRIPT)
    database = str(sqlalchemy.make_url(target).database)
    user = f"poor_{database}"
    run_in(
        target,
        f"CREATE ROLE {user} LOGIN PASSWORD 'secret'; GRANT SELECT ON ALL TABLES IN SCHEMA synth_assets TO {user}",
    )
    run_in(
        target, f"GRANT USAGE ON SCHEMA synth_assets TO {user}; GRANT EXECUTE ON FUNCTION pg_control_system() TO {user}"
    )
    found = asked(source, postgres.url(database, user=user, password="secret")).findings
    remedies = [finding.remedy for finding in found]
    assert f'GRANT CREATE ON DATABASE "{database}" TO "{user}";' in remedies
    for remedy in remedies:
        run_in(target, remedy)
    assert asked(source, postgres.url(database, user=user, password="secret")).findings == ()


def test_rights_that_are_missing_in_mariadb_and_mysql(mysql_family: MysqlFamilyServer) -> None:
    source, target = mysql_family.create_database(SCRIPT), mysql_family.create_database()
    authorize("staging", settings(), target, {})
    database = str(sqlalchemy.make_url(target).database)
    user = f"poor_{database}"[:32]
    mysql_family.run(database, f"CREATE USER '{user}'@'%' IDENTIFIED BY 'secret'")
    mysql_family.run(database, f"GRANT ALL ON `{database}`.* TO '{user}'@'%'")
    (finding,) = asked(source, mysql_family.url(database, user=user, password="secret")).findings
    mysql_family.run(database, finding.remedy.replace("; ", ";\n"))
    assert asked(source, mysql_family.url(database, user=user, password="secret")).findings == ()
    assert own_databases(target) == []


def test_while_a_publication_is_at_work_it_is_left_alone(postgres: PostgresServer, target: str) -> None:
    source = postgres.create_database()
    run_in(source, SCRIPT)
    staged = stage_schema(lock_key("shop", "public"))
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'synth_assets_%'"
    run_in(target, f"CREATE SCHEMA {staged}")
    with open_publisher("staging", target, namespace=None) as other:
        other.lock("shop", patience=0.0)
        found = asked(source, target)
        assert found.findings == ()
        assert any("a publication of this dataset is at work" in note for note in found.notes)
        assert (staged,) in rows_of(target, schemas)
    found = asked(source, target)
    assert (found.findings, found.notes) == ((), ())
    assert (staged,) not in rows_of(target, schemas)
