"""Save the models of an invented database for the version of this release; see CONTRIBUTING.

python -m tests.synthesize.saved_models
"""

import tempfile
import zipfile
from pathlib import Path

from synth_assets.refresh import Refresh
from synth_assets.synthesize.version import VERSION
from tests.synthesize.model_files import files_of
from tests.synthesize.saved_models.database import PLAN, build_sales
from tests.zoo import zoo_project

HERE = Path(__file__).parent


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary, zipfile.ZipFile(HERE / f"version_{VERSION}.zip", "w") as saved:
        root = Path(temporary)
        build_sales(root / "production.db")
        refresh = Refresh(zoo_project(root, plan=PLAN), "sales", refresh="r")
        refresh.snapshot()
        refresh.profile()
        for group in refresh.groups:
            refresh.fit(group)
        for model in refresh.store.artifacts("sales", stage="synthesizer"):
            for path, folder in files_of(model.folder):
                place = "/".join((str(model.key.table), *path))
                # Without the time of day, the same models make the same file.
                saved.writestr(zipfile.ZipInfo(place), folder.read_bytes(path[-1]), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
