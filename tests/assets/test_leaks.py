"""Nothing of the source gets into Dagster's storage or compute logs, whatever fails and wherever."""

import logging
import sqlite3
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from synth_assets.assets import build_definitions
from synth_assets.assets.failures import run_stage
from synth_assets.errors import SynthAssetsError
from synth_assets.project import Project, load_project
from tests.assets.events import failures, materialize
from tests.assets.homes import files_with
from tests.assets.projects import MARK, authorize_target, save_catalog
from tests.marked_sources import YEAR, fill_postgres, marks, rows
from tests.servers import PostgresServer

CRASHES = {
    "snapshot": "synth_assets.extract.snapshot.take_snapshot",
    "profile": "synth_assets.profile.profile.profile_table",
    "synthesizer": "synth_assets.synthesize.relational.fit.TableFit.run",
    "synthetic": "synth_assets.synthesize.relational.generate.Generation.run",
    "verdict": "synth_assets.validate.judge.judge",
    "staging": "synth_assets.publish.publish.publish",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "dagster_home"
    folder.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return folder


@pytest.fixture
def kept_instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as instance:
        yield instance


def crash(*_: object, **__: object) -> None:
    """What a driver does: an exception that quotes the row, raised from another one that does too, and talk of it."""
    row = (1, f"{MARK} Smith")
    warnings.warn(f"unexpected {row}", stacklevel=1)
    logging.getLogger("great_expectations.validator.validator").error("unexpected %s", row)
    logging.getLogger("sqlalchemy.engine.Engine").warning("unexpected %s", row)
    try:
        raise KeyError(row)
    except KeyError as cause:
        raise sqlite3.IntegrityError(f"duplicate key value: Key (name)=({row}) already exists") from cause


@pytest.mark.parametrize("stage", CRASHES)
def test_a_crash_shows_its_type_and_place_only(
    generated: Project, kept_instance: dg.DagsterInstance, home: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    monkeypatch.setattr(CRASHES[stage], crash)
    # What a project's own set-up of logging would keep.
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.FileHandler(home / "log")])
    logging.getLogger("synth_assets.tests").error("this is kept")
    # Nothing that the store has may be reused instead.
    for module in ("refresh", "profiling"):
        monkeypatch.setattr(f"synth_assets.refresh.{module}.code_version", lambda: "another")
    result = materialize(generated, kept_instance, stage)
    assert failures(result)
    assert all("IntegrityError" in message for message in failures(result).values())
    kept_instance.dispose()
    # The search does see what is there.
    assert files_with(home, "IntegrityError")
    assert files_with(home, "this is kept") == ["log"]
    assert files_with(home, MARK) == []


def test_values_that_do_not_fit_their_type_stay_in_the_source(
    project: Project, kept_instance: dg.DagsterInstance, home: Path
) -> None:
    with closing(sqlite3.connect(project.root / "production.db")) as connection, connection:
        connection.execute(f"UPDATE orders SET total = '{MARK}', placed = '{MARK}' WHERE id < 50")
        connection.execute("UPDATE customers SET referred_by = 999999 WHERE id = 7")
    job = build_definitions(project).resolve_job_def("refresh_small")
    job.execute_in_process(instance=kept_instance, raise_on_error=False)
    kept_instance.dispose()
    assert files_with(home, "small__snapshot")
    assert files_with(home, MARK) == []


CLINIC = """
dataset: clinic
source: production
targets: [staging]
gate:
  fidelity: {shape: 0.0, trend: 0.0, cardinality: 0.0, pairs_across_keys: 0.0, two_sample: 1.0}
  privacy: {membership_auc: 1.0, copies: 1.0, closer_share: 1.0}
"""


def crash_with_a_row(*_: object, **__: object) -> None:
    """What psycopg does, and whatever else talks about the row meanwhile."""
    row = {name: value for name, value in rows()[0].items() if name != "picture"}
    sys.stderr.write(f"unexpected {row}")
    warnings.warn(f"unexpected {row}", stacklevel=1)
    logging.getLogger("psycopg").error("unexpected %s", row)
    try:
        raise KeyError(row)
    except KeyError as cause:
        raise psycopg.errors.UniqueViolation(f"duplicate key value\nDETAIL:  Key (row)=({row}) exists.") from cause


def test_runs_on_postgres_whose_stages_fail_once_each_write_nothing_of_the_source(
    postgres: PostgresServer, kept_instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = postgres.create_database(), postgres.create_database()
    fill_postgres(source)
    start = (postgres.folder / "log").stat().st_size
    project = clinic(tmp_path / "project", source, target, monkeypatch)
    failed = []
    for place in CRASHES.values():
        with monkeypatch.context() as patch:
            patch.setattr(place, crash_with_a_row)
            failed.append(_refresh(project, kept_instance))
    done = _refresh(project, kept_instance)
    kept_instance.dispose()
    # Each run takes what the ones before have made, and fails one stage later.
    assert [{step.split("__")[1] for step in failures(run)} for run in failed] == [{stage} for stage in CRASHES]
    assert all("UniqueViolation" in message for run in failed for message in failures(run).values())
    assert done.success
    with psycopg.connect(target.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM people").fetchone() == (True,)
    written = {str(path): path.read_bytes().lower() for path in tmp_path.rglob("*") if path.is_file()}
    for part in ("dagster_home/history", "compute_logs", ".synth/clinic", "data-docs"):
        assert any(part in name for name in written), part
    assert any(b"uniqueviolation" in content for content in written.values())
    written["the server's log"] = (postgres.folder / "log").read_bytes()[start:].lower()
    # All days of the source are of one year, and the preview of the synthetic rows shows some of it.
    telling = [mark for mark in marks() if mark != f"{YEAR}-".encode()]
    found = {(name, mark) for name, content in written.items() for mark in telling if mark in content}
    assert found == set()


def clinic(folder: Path, source: str, target: str, patch: pytest.MonkeyPatch) -> Project:
    """A project of two databases on PostgreSQL."""
    for name in ("plans", "resources"):
        (folder / name).mkdir(parents=True)
    (folder / "plans" / "clinic.yaml").write_text(CLINIC)
    (folder / "resources" / "local.yaml").write_text(
        "databases:\n"
        "  production: {role: source, url: {env: SOURCE_URL}}\n"
        "  staging: {role: target, environment: staging, url: {env: TARGET_URL}}\n"
    )
    patch.setenv("SOURCE_URL", source)
    patch.setenv("TARGET_URL", target)
    project = load_project(folder)
    save_catalog(project, "clinic")
    authorize_target(project, "staging")
    return project


def _refresh(project: Project, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = build_definitions(project).resolve_job_def("refresh_clinic")
    return job.execute_in_process(instance=instance, raise_on_error=False)


class _Refused(SynthAssetsError):
    pass


def _refuse() -> None:
    raise _Refused("The source is empty.", untouched="Nothing was changed.", next_step="Fill it.")


@pytest.mark.parametrize(
    ("work", "said"), [(_refuse, "The source is empty. Nothing was changed. Fill it."), (crash, "")]
)
def test_failures_have_no_chain(work: Callable[[], None], said: str) -> None:
    with pytest.raises(dg.Failure) as caught:
        run_stage("snapshot", work)
    failure = caught.value
    assert failure.__cause__ is None
    assert failure.__context__ is None
    assert said in (failure.description or "")
    assert MARK not in str(failure.description)
    assert MARK not in str(failure.metadata)


def test_the_place_is_named() -> None:
    def work() -> None:
        from synth_assets.catalog.model import Catalog

        Catalog(dialect="sqlite", tables=()).table(MARK)

    with pytest.raises(dg.Failure, match=r"KeyError at synth_assets/catalog/model.py:\d+"):
        run_stage("profile", work)
