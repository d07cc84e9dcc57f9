"""Fixtures of the extraction tests."""

from pathlib import Path

import pytest

from tests.extract.snapshots import Snapshots


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path)
