"""No value of the source in anything that a refresh writes, whichever stage fails and whatever the failure quotes."""

import logging
import sqlite3
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy

from synth_assets.cli import main
from tests.marked_sources import WORD, fill_postgres, fill_sqlite, marks, rows
from tests.servers import PostgresServer

STAGES = {
    "snapshot": "synth_assets.store.folder.FrameWriter.write",
    "profile": "synth_assets.profile.profile.profile_table",
    "synthesizer": "synth_assets.synthesize.trees.synthesizer.TreesSynthesizer.fit",
    "synthetic": "synth_assets.synthesize.trees.synthesizer.TreesSynthesizer.sample",
    "expectations": "synth_assets.validate.suite_run.SuiteRunner.run",
    "verdict": "synth_assets.validate.judge.judge",
    "publication": "synth_assets.publish.publish.publish",
}
PLAN = """
dataset: clinic
source: production
targets: [staging]
tables:
  people: {mode: synthetic}
gate:
  fidelity: {shape: 0.0, trend: 0.0, cardinality: 0.0, pairs_across_keys: 0.0, two_sample: 1.0}
  privacy: {membership_auc: 1.0, copies: 1.0, closer_share: 1.0}
"""


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str, Path | None]:
    """The urls of a filled source and an empty target, and the server's log."""
    if request.param == "sqlite":
        fill_sqlite(tmp_path / "production.db")
        sqlite3.connect(tmp_path / "staging.db").close()
        return f"sqlite:///{tmp_path}/production.db", f"sqlite:///{tmp_path}/staging.db", None
    server: PostgresServer = request.getfixturevalue("postgres")
    source, target = server.create_database(), server.create_database()
    fill_postgres(source)
    return source, target, server.folder / "log"


def crash(*_: object, **__: object) -> None:
    """What a driver does: an exception that quotes the row, raised from another one that does, and talk of it."""
    row = {name: value for name, value in rows()[0].items() if name != "picture"}
    sys.stdout.write(f"unexpected {row}")
    sys.stderr.write(f"unexpected {row}")
    warnings.warn(f"unexpected {row}", stacklevel=1)
    for name in ("great_expectations.validator.validator", "sqlalchemy.engine.Engine", "sdv", "psycopg"):
        logging.getLogger(name).error("unexpected %s", row)
    try:
        raise KeyError(row)
    except KeyError as cause:
        statement = f"INSERT INTO people VALUES ({row})"
        raise sqlalchemy.exc.IntegrityError(statement, row, sqlite3.IntegrityError(f"{row}")) from cause


@pytest.mark.parametrize("databases", ["sqlite", "postgres"], indirect=True)
def test_whichever_stage_fails_nothing_of_the_source_is_written(
    databases: tuple[str, str, Path | None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    source, target, log = databases
    start = log.stat().st_size if log else 0
    folder, temporary = tmp_path / "project", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    # What a project's own set-up of logging would keep.
    kept = logging.FileHandler(temporary / "log")
    monkeypatch.setattr(logging.getLogger(), "handlers", [kept])
    logging.getLogger("synth_assets.tests").error("this is kept")
    run = _project(folder, source, target, monkeypatch)
    said = []
    assert run("authorize", "staging") == 0
    # Each run takes what the ones before have made, and fails one stage later.
    for stage, place in STAGES.items():
        with monkeypatch.context() as patch:
            patch.setattr(place, crash)
            assert run("refresh", "--dataset", "clinic") == 1, stage
        said.append(capfd.readouterr())
        assert "IntegrityError" in said[-1].err, stage
        assert _rows(target) is None, stage
    assert run("refresh", "--dataset", "clinic") == 0
    said.append(capfd.readouterr())
    for command in ("plan", "status"):
        assert run(command) == 0
    said.append(capfd.readouterr())
    assert _rows(target)
    written = {
        str(path): path.read_bytes() for root in (folder, temporary) for path in root.rglob("*") if path.is_file()
    }
    assert any("data-docs" in name for name in written)
    assert any("refresh-reports" in name for name in written)
    assert any("synth-assets-" in name for name in written)
    assert b"this is kept" in written[str(temporary / "log")]
    written |= {f"output {n}": (one.out + one.err).encode() for n, one in enumerate(said)}
    if log:
        written["the server's log"] = log.read_bytes()[start:]
    found = {(name, mark) for name, text in written.items() for mark in marks() if mark in text.lower()}
    assert found == set()


def quote_rows(_: object, data: pd.DataFrame) -> None:
    """What a transformer does that meets a value it cannot take: it prints, warns and logs it, and raises with it."""
    quoted = data.astype(str).head().to_dict()
    sys.stdout.write(f"fitting {quoted}")
    warnings.warn(f"unexpected {quoted}", stacklevel=1)
    logging.getLogger("rdt.transformers.numerical").error("unexpected %s", quoted)
    try:
        float(str(quoted))
    except ValueError as cause:
        raise TypeError(f"no value of {quoted} is a number") from cause


def test_an_engine_of_sdv_that_fails_tells_nothing_of_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import rdt

    fill_sqlite(tmp_path / "production.db")
    sqlite3.connect(tmp_path / "staging.db").close()
    source, target = f"sqlite:///{tmp_path}/production.db", f"sqlite:///{tmp_path}/staging.db"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.FileHandler(temporary / "log")])
    monkeypatch.setattr(rdt.HyperTransformer, "fit", quote_rows)
    plan = PLAN.replace("{mode: synthetic}", "{synthesizer: gaussian_copula}")
    run = _project(tmp_path / "project", source, target, monkeypatch, plan=plan)
    assert run("authorize", "staging") == 0
    assert run("refresh", "--dataset", "clinic") == 1
    run("status")
    said = capfd.readouterr()
    assert "gaussian_copula failed while learning the table 'people' (TypeError)" in said.err
    assert _rows(target) is None
    written = {
        str(path): path.read_bytes()
        for root in (tmp_path / "project", temporary)
        for path in root.rglob("*")
        if path.is_file()
    }
    written["output"] = (said.out + said.err).encode()
    found = {(name, mark) for name, text in written.items() for mark in marks() if mark in text.lower()}
    assert found == set()


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    fill_sqlite(tmp_path / "production.db")
    content = (tmp_path / "production.db").read_bytes().lower()
    assert WORD.lower().encode() in content
    assert sum(mark in content for mark in marks()) > 100


def _project(
    folder: Path, source: str, target: str, patch: pytest.MonkeyPatch, *, plan: str = PLAN
) -> Callable[..., int]:
    """A project; returns what runs a command in it and gives its exit code."""
    for name in ("plans", "resources"):
        (folder / name).mkdir(parents=True)
    (folder / "plans" / "clinic.yaml").write_text(plan)
    (folder / "resources" / "local.yaml").write_text(
        "databases:\n"
        "  production: {role: source, url: {env: SOURCE_URL}}\n"
        "  staging: {role: target, environment: staging, url: {env: TARGET_URL}}\n"
    )
    for name, value in {
        "SOURCE_URL": source,
        "TARGET_URL": target,
        "SYNTH_STORE_KEY": "7a" * 32,
    }.items():
        patch.setenv(name, value)
    patch.setenv("SYNTH_PROJECT", str(folder))

    def run(*arguments: str) -> int:
        try:
            main(list(arguments), standalone_mode=False)
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return run


def _rows(target: str) -> int | None:
    """Rows of people in the target; None before anything is published."""
    engine = sqlalchemy.create_engine(target)
    try:
        with engine.connect() as connection:
            if "people" not in sqlalchemy.inspect(connection).get_table_names():
                return None
            return int(connection.execute(sqlalchemy.text("SELECT count(*) FROM people")).scalar_one())
    finally:
        engine.dispose()
