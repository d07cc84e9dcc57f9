"""Models of every version so far, saved by the release that made them, still load and draw; those to come do not."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from synth_assets.store.folder import Folder
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.synthesize.relational.model import RELATIONAL, RelationalModel
from synth_assets.synthesize.relational.training import Surroundings
from synth_assets.synthesize.relational.values import ValueModel
from synth_assets.synthesize.rules.rules import Rules
from synth_assets.synthesize.version import VERSION, ModelVersionUnknown
from tests.synthesize.saved_models.database import REGIONS

SAVED = sorted((Path(__file__).parent / "saved_models").glob("version_*.zip"))
ROWS = 300


def unpacked(file: Path, **changed: Any) -> Folder:
    """The saved files in a store, relational models with some fields changed."""
    store = Store(f"memory://{file.stem}{changed}", key=b"k" * 32)
    with (
        store.create(ArtifactKey("sales", "synthesizer", None, "00"), refresh="r") as draft,
        zipfile.ZipFile(file) as saved,
    ):
        for path in saved.namelist():
            *folders, name = path.split("/")
            folder = draft.folder
            for inner in folders:
                folder = folder.folder(inner)
            folder.write_bytes(name, saved.read(path))
            if changed and name == RELATIONAL:
                folder.write_json(name, {**folder.read_json(name), **changed})  # type: ignore[dict-item]
    return draft.artifact.folder


def test_there_are_models_of_this_version() -> None:
    assert f"version_{VERSION}.zip" in [file.name for file in SAVED], "make them, see CONTRIBUTING.md"


@pytest.mark.parametrize("file", SAVED, ids=lambda file: file.stem)
def test_models_of_a_version_load_and_draw(file: Path) -> None:
    folder, rng = unpacked(file), np.random.default_rng(0)
    shops, sales = folder.folder("shops"), folder.folder("sales")
    assert RelationalModel.load(shops).rows == 120
    model = RelationalModel.load(sales)
    assert (model.order, model.identifying) == ("sold", ("sold",))

    drawn = ValueModel.load(shops.folder("values")).sample(Surroundings(ROWS), rng)
    assert set(drawn["region"].unique()) == set(REGIONS)
    of_region = drawn.group_by("region").agg(pl.col("# sales(shop_id)").cast(pl.Float64).mean())
    counts = dict(of_region.iter_rows())
    assert counts["south"] > 1.5 * counts["north"]

    context = pl.DataFrame(
        {"shops.region": pl.Series(REGIONS).gather([0, 1] * (ROWS // 2)), "# sales(shop_id)": [4] * ROWS}
    )
    families = np.arange(ROWS) // 3
    context = context[families]
    around = Surroundings(ROWS, context, None, families)
    known = ValueModel.load(sales.folder("identifying")).sample(around, rng)
    values = ValueModel.load(sales.folder("values")).sample(Surroundings(ROWS, context, known, families), rng)
    assert known.schema["sold"] == pl.Date
    steps = known["sold"].diff().dt.total_days().to_numpy()[np.diff(families, prepend=0) == 0][1:]
    assert steps.min() >= 0
    assert ((values["paid"] - known["sold"]).dt.total_days().drop_nulls() >= 0).all()
    south = context["shops.region"] == "south"
    assert values["amount"].filter(south).mean() > 1.5 * values["amount"].filter(~south).mean()  # type: ignore[operator]

    made = Rules.load(shops.folder("rules")).sample(ROWS, rng=rng, nulls={})
    assert made["phone"].str.contains(r"^\+49 30 \d{6}$").all()
    assert made["name"].null_count() == 0


def test_models_of_a_release_to_come_are_refused() -> None:
    folder = unpacked(SAVED[-1], version=VERSION + 1)
    with pytest.raises(ModelVersionUnknown, match=f"version {VERSION + 1}; this release"):
        RelationalModel.load(folder.folder("sales"))
