"""A small project for every test, and what Dagster needs around it."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from synth_assets.project import Project
from synth_assets.refresh import Refresh
from tests.assets.projects import DATASET, KEY, copy_project, make_project


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTH_STORE_KEY", KEY)
    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "false")
    monkeypatch.delenv("SYNTH_ENV", raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture(scope="session")
def generated_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose rows are generated but not judged: not to be written to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNTH_STORE_KEY", KEY)
        project = make_project(tmp_path_factory.mktemp("generated") / "project")
        refresh = Refresh(project, DATASET, refresh="prepared")
        refresh.snapshot()
        refresh.profile()
        for group in refresh.groups:
            refresh.fit(group)
        for group in refresh.groups:
            refresh.generate(group)
    return project


@pytest.fixture
def generated(generated_project: Project, tmp_path: Path) -> Project:
    """A copy of that for one test."""
    return copy_project(generated_project, tmp_path / "copy")
