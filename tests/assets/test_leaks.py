"""Nothing of the source gets into Dagster's storage or compute logs, whatever fails and wherever."""

import logging
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from synth_assets.assets import build_definitions
from synth_assets.assets.failures import run_stage
from synth_assets.errors import SynthAssetsError
from synth_assets.project import Project
from tests.assets.events import failures, materialize
from tests.assets.homes import files_with
from tests.assets.projects import MARK

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
