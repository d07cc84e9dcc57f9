"""The whole chain with suites that every target is asked itself: derived ones of all kinds of columns, and a user's."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from synth_assets.refresh.going_back import go_back
from synth_assets.refresh.suites_in_target import suites_in_target
from synth_assets.validate import suite_in_database
from tests.publish.databases import Database
from tests.publish.parts import dataset, settings
from tests.servers import MariadbServer, MysqlServer, PostgresServer
from tests.zoo import zoo_project

SOURCE = """
CREATE TYPE mood AS ENUM ('glad', 'sad', 'So so');
CREATE TABLE people (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name varchar(40) NOT NULL, mail text UNIQUE, code char(6),
  mood mood NOT NULL, born date, seen timestamptz, met timestamp(0), opens time, paid boolean,
  debt numeric(8,2) NOT NULL, share double precision, ratio real, age smallint, profile jsonb);
SELECT setseed(0.5);
INSERT INTO people (name, mail, code, mood, born, seen, met, opens, paid, debt, share, ratio, age, profile)
SELECT 'Person ' || n, n || '@real.example', 'AB' || 1000 + n, (ARRAY['glad', 'sad', 'So so'])[1 + n % 3]::mood,
  CASE WHEN n % 9 > 0 THEN date '1950-01-01' + (random() * 20000)::int END,
  timestamptz '2024-01-01 00:00+02' + random() * interval '400 days',
  timestamp '2023-05-01 00:00' + (random() * 8000000)::int * interval '1 second',
  time '08:00' + (n % 9) * interval '30 minutes', n % 3 = 0, round((random() * 900)::numeric, 2),
  CASE WHEN n % 50 = 0 THEN 'NaN' ELSE random() END, random(), 18 + (random() * 60)::int,
  json_build_object('level', n % 4)
FROM generate_series(1, 600) AS n
"""
RULES = [
    ("expect_column_values_to_be_in_set", {"column": "mood", "value_set": ["glad", "sad", "So so"]}, "critical"),
    ("expect_column_values_to_be_between", {"column": "debt", "min_value": 0, "max_value": 900}, "critical"),
    ("expect_column_values_to_be_between", {"column": "seen", "min_value": "2023-12-31T00:00:00+00:00"}, "critical"),
    ("expect_column_values_to_be_between", {"column": "age", "min_value": 99}, "warning"),
]
GATE = {"fidelity": {"shape": 0.5, "trend": 0.3, "cardinality": 0.3, "pairs_across_keys": 0.2}}
PLAN: dict[str, Any] = {"dataset": "zoo", "source": "production", "gate": GATE, "audit": {"suites_above": 500}}


@pytest.fixture(scope="module")
def urls(
    postgres: PostgresServer, mariadb: MariadbServer, mysql: MysqlServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("targets")
    return {
        "production": postgres.create_database(),
        "postgres": postgres.create_database(),
        "mariadb": mariadb.create_database(),
        "mysql": mysql.create_database(),
        "sqlite": f"sqlite:///{folder}/target.sqlite",
        "duckdb": f"duckdb:///{folder}/target.duckdb",
    }


def test_every_family_agrees_with_the_verdict(
    tmp_path: Path, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Database(urls["production"]).run(SOURCE)
    targets = [name for name in urls if name != "production"]
    folder = tmp_path / "expectations" / "zoo"
    folder.mkdir(parents=True)
    rules = [{"type": kind, "kwargs": kwargs, "severity": severity} for kind, kwargs, severity in RULES]
    (folder / "people.json").write_text(json.dumps({"name": "people", "expectations": rules}))
    project = zoo_project(tmp_path, plan={**PLAN, "targets": targets}, urls=urls)
    for name in targets:
        database = project.resources.databases[name]
        authorize(name, database, urls[name], {"production": urls["production"]})
    result = Refresh(project, "zoo", refresh="first").run(targets)
    for publication in result.publications:
        asked = [note for note in publication.notes if note.startswith("people:")]
        assert publication.expectations["people"] >= 22, (publication.target, asked)
        warnings = [note.split(": ")[1] for note in asked if note.endswith("(a warning)")]
        assert warnings == ["rule_column_values_to_be_between_age"], (publication.target, asked)
    # Suites are those of the verdict, whatever has become of the files; and what comes back is asked them, too.
    (folder / "people.json").write_text(json.dumps({"name": "people", "expectations": []}))
    Refresh(project, "zoo", refresh="second", seed=3).run(["sqlite"])
    Refresh(project, "zoo", refresh="third", seed=4).run(["sqlite"])
    table = Database(urls["sqlite"])
    asked_of: list[str] = []
    run = suite_in_database.run_in_database

    def listening(name: str, suite: Any, **database: Any) -> Any:
        asked_of.extend(expected.name for expected in suite)
        return run(name, suite, **database)

    monkeypatch.setattr(suite_in_database, "run_in_database", listening)
    assert go_back(project, "zoo", target="sqlite", to="first").refresh == "first"
    assert "rule_column_values_to_be_between_age" in asked_of
    assert table.rows("SELECT refresh FROM synth_assets_ledger ORDER BY id DESC LIMIT 1") == [("first",)]


def test_tables_that_are_not_big_are_not_asked(sqlite_database: Callable[..., str]) -> None:
    frame = pl.DataFrame({"id": [1, 2, 3, 4, 5]})
    made = dataset(Database(sqlite_database("CREATE TABLE ids (id INTEGER)")).catalog, {"ids": frame})
    assert suites_in_target(made.store, dataset=made.name, tables=made.tables, above=5) == {}
    assert suites_in_target(made.store, dataset=made.name, tables=made.tables, above=None) == {}
    assert list(suites_in_target(made.store, dataset=made.name, tables=made.tables, above=4)) == ["ids"]


def test_a_verdict_that_kept_no_suites_says_so(tmp_path: Path, sqlite_database: Callable[..., str]) -> None:
    """Made before suites were kept beside verdicts: its rows are published by the verdict alone."""
    source = Database(sqlite_database("CREATE TABLE ids (id INTEGER)"))
    made = dataset(source.catalog, {"ids": pl.DataFrame({"id": [1, 2]})})
    target = f"sqlite:///{tmp_path / 'target.db'}"
    authorize("staging", settings(), target, {})
    suites = suites_in_target(made.store, dataset=made.name, tables=made.tables, above=0)
    published = made.publish(target, suites=suites)
    assert (published.expectations, len(published.notes)) == ({"ids": 0}, 1)
    assert "before suites were kept" in published.notes[0]
