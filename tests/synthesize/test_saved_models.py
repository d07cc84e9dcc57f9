"""What lies in the files of fitted models: nothing of a row, in any form, and all that sampling needs."""

import struct
from pathlib import Path

import polars as pl
import pytest

from synth_assets.refresh import Refresh
from synth_assets.store.folder import Folder
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.store.tables import ROWS_FILE, TableRows
from synth_assets.synthesize.relational.generate import Generation
from synth_assets.synthesize.relational.generated import Finished
from tests.synthesize.marked_database import MIN_GROUP, PLAN, Protected, build_marked, protected_values
from tests.synthesize.model_files import contents_of, found
from tests.zoo import zoo_project


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("marked")
    build_marked(folder / "production.db")
    return folder


@pytest.fixture(scope="module")
def learned(root: Path) -> Refresh:
    """The marked database, learned table by table."""
    refresh = Refresh(zoo_project(root, plan=PLAN), "marked", refresh="r")
    refresh.snapshot()
    refresh.profile()
    for group in refresh.groups:
        refresh.fit(group)
    return refresh


@pytest.fixture(scope="module")
def protected(root: Path) -> Protected:
    return protected_values(root / "production.db")


def test_no_model_holds_a_protected_value(learned: Refresh, protected: Protected) -> None:
    assert len(protected.texts) > 5_000
    assert len(protected.numbers) > 5_000
    models = learned.store.artifacts("marked", stage="synthesizer")
    assert {model.key.table for model in models} == {table.name for table in learned.plan.published}
    there = {}
    for model in models:
        contents = contents_of(model.folder, dict(model.facts))
        assert contents.texts
        assert contents.numbers
        there |= {f"{model.key.table}: {place}": len(of) for place, of in found(protected, contents).items()}
    assert there == {}


def test_the_search_sees_what_the_snapshot_holds(learned: Refresh, protected: Protected) -> None:
    places = set()
    for rows in learned.store.artifacts("marked", stage="snapshot"):
        places |= set(found(protected, contents_of(rows.folder)))
    assert places == set(protected.texts.values()) | set(protected.numbers.values())


def planted(store: Store, name: str, content: object) -> Folder:
    """A folder of one file."""
    with store.create(ArtifactKey("d", "synthesizer", name, "00"), refresh="r") as draft:
        if isinstance(content, pl.DataFrame):
            draft.folder.folder("inner").write_frame(name, content)
        elif isinstance(content, bytes):
            draft.folder.folder("inner").write_bytes(name, content)
        else:
            draft.folder.folder("inner").write_json(name, content)  # type: ignore[arg-type]
    return draft.artifact.folder


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", {"k": [{"text": "before secret-mark after"}]}),
        ("b.json", {"secret-mark": 1}),
        ("c.json", [[7_654_321.25]]),
        ("d.json", {"base": "7000000", "values": [[654_321.25]]}),
        ("e.json", "at 7654321.25"),
        ("f.parquet", pl.DataFrame({"x": [1.0, 7_654_321.25]})),
        ("g.parquet", pl.DataFrame({"secret-mark": [1]})),
        ("h.parquet", pl.DataFrame({"x": [["secret-mark"]]})),
        ("secret-mark.json", 1),
    ],
)
def test_the_search_sees_what_is_planted(name: str, content: object) -> None:
    there = Protected({"secret-mark": "text"}, {7_654_321.25: "number"})
    assert found(there, contents_of(planted(Store("memory://planted", key=b"k" * 32), name, content)))


def test_the_search_sees_the_bytes_of_a_number_and_refuses_files_that_it_cannot_read() -> None:
    store = Store("memory://bytes", key=b"k" * 32)
    with pytest.raises(ValueError, match=r"x\.npz is neither JSON nor Parquet"):
        contents_of(planted(store, "x.npz", b"."))
    frame = pl.DataFrame({"x": [b"ab" + struct.pack("<d", 7_654_321.25)]})
    assert found(Protected({}, {7_654_321.25: "number"}), contents_of(planted(store, "x.parquet", frame)))


def test_rows_are_sampled_without_the_rows_that_were_learned(learned: Refresh, tmp_path: Path) -> None:
    """Of the tables whose rows are not let through; every structure is what catalog and plan say."""
    structures, profiles, store = learned.structures, learned.profiles, learned.store
    synthetic = [group for group in learned.groups if "products" not in group and "entries" not in group]
    models = {name: learned._needed("synthesizer", name).folder for group in synthetic for name in group}
    for snapshot in store.artifacts("marked", stage="snapshot"):
        store.remove(snapshot)
    made = Store(f"file://{tmp_path}", key=b"k" * 32)
    finished: dict[str, Finished] = {}
    for group in synthetic:
        generation = Generation(
            structures, models=models, finished=finished, snapshot={}, profiles=profiles, key=b"k" * 32, seed=1
        )
        for name, table in generation.run(group).items():
            with made.create(ArtifactKey("marked", "synthetic", name, "00"), refresh="r") as draft:
                draft.folder.write_frame(ROWS_FILE, table.rows)
                draft.facts.update(rows=table.rows.height, formats={}, dropped=0, computed=[])
            finished[name] = Finished(TableRows(draft.artifact), table.features)
    assert set(finished) == {"staff", "clients", "visits", "seasons"}
    assert finished["visits"].rows.rows > 1_000
    assert finished["clients"].rows.read()["club"].value_counts()["count"].min() >= MIN_GROUP  # type: ignore[operator]
