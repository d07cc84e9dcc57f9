"""Space is looked at before anything is extracted."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.size import bytes_of_database, bytes_of_tables
from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from synth_assets.refresh.space import Demand, TooLittleSpace, lacking, told_by_server
from tests.publish.databases import Database
from tests.servers import MysqlFamilyServer, PostgresServer
from tests.zoo import PLAN, build_zoo, zoo_project


def test_servers_tell_what_is_there(postgres: PostgresServer, mysql_family: MysqlFamilyServer, tmp_path: Path) -> None:
    build_zoo(tmp_path / "production.db", customers=5)
    for url in (postgres.create_database(), mysql_family.create_database()):
        database = Database(url)
        database.run("CREATE TABLE big (a varchar(9)); CREATE TABLE small (a varchar(9)); INSERT INTO big VALUES ('1')")
        with open_engine(url).connect() as connection:
            assert bytes_of_tables(connection, ["big"], namespace=None) in range(100_000)
        for _ in range(12):
            database.run("INSERT INTO big SELECT a FROM big")
        if database.catalog.dialect != "postgresql":
            database.run("ANALYZE TABLE big")
        with open_engine(url).connect() as connection:
            big, both = (bytes_of_tables(connection, names, namespace=None) for names in (["big"], ["big", "small"]))
            whole = bytes_of_database(connection)
        assert big is not None and both is not None and whole is not None
        assert 100_000 < big <= both <= whole
        project = zoo_project(tmp_path, urls={"production": f"sqlite:///{tmp_path}/production.db", "staging": url})
        said = told_by_server(project.resources.databases["staging"], source=project.source("zoo"), tables=["tags"])
        assert said is not None
        assert "free the server does not tell" in said


def test_a_sqlite_file_tells_of_single_tables(tmp_path: Path) -> None:
    build_zoo(tmp_path / "production.db", customers=50)
    with open_engine(f"sqlite:///{tmp_path}/production.db").connect() as connection:
        tags = bytes_of_tables(connection, ["tags"], namespace=None)
        both = bytes_of_tables(connection, ["tags", "stints", "not there"], namespace=None)
        whole = bytes_of_database(connection)
    assert tags == 4096
    assert both is not None and whole is not None
    assert tags < both < whole


def test_what_goes_to_one_disk_is_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100 * 2**20))
    asked = [Demand("the store", tmp_path / "not" / "yet", 60 * 2**20), Demand("target dev", tmp_path, 50 * 2**20)]
    assert lacking(asked[:1]) == []
    (line,) = lacking(asked)
    assert line.startswith("about 110 MiB are needed for the store and target dev, and 100 MiB are free on the disk of")


def test_a_disk_that_is_too_small_stops_a_refresh_before_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_zoo(tmp_path / "production.db", customers=5)
    project = zoo_project(tmp_path, plan=PLAN)
    authorize("staging", project.resources.databases["staging"], f"sqlite:///{tmp_path}/staging.db", {})
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4096))
    refresh = Refresh(project, "zoo", refresh="r1")
    with pytest.raises(TooLittleSpace, match="the store and target staging"):
        refresh.run(["staging"])
    assert refresh.store.latest("zoo", "snapshot", "customers") is None
