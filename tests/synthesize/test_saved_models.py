"""What lies in the files of fitted models: nothing of a row, in any form."""

from pathlib import Path

import pytest

from synth_assets.refresh import Refresh
from tests.synthesize.marked import PLAN, build_marked, contents_of, found, protected_values
from tests.zoo import zoo_project


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Refresh, Path]:
    """The models of the marked database, and the database."""
    root = tmp_path_factory.mktemp("marked")
    build_marked(root / "production.db")
    refresh = Refresh(zoo_project(root, plan=PLAN), "marked", refresh="r")
    refresh.snapshot()
    refresh.profile()
    for group in refresh.groups:
        refresh.fit(group)
    return refresh, root / "production.db"


def test_no_model_holds_a_protected_value(learned: tuple[Refresh, Path]) -> None:
    refresh, database = learned
    protected = protected_values(database)
    assert len(protected.texts) > 5_000 and len(protected.numbers) > 5_000
    models = refresh.store.artifacts("marked", stage="synthesizer")
    assert {model.key.table for model in models} == {table.name for table in refresh.plan.published}
    leaked = {}
    for model in models:
        contents = contents_of(model.folder, dict(model.facts))
        assert contents.texts and contents.numbers
        leaked |= {f"{model.key.table}: {place}": len(of) for place, of in found(protected, contents).items()}
    assert leaked == {}
