"""A small project for every test, and what Dagster needs around it."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from synth_assets.project import Project
from tests.assets.projects import KEY, make_project


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
