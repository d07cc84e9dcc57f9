import os
from pathlib import Path

from synth_assets.refresh.retention import remove_old_data_docs


def test_the_data_docs_of_the_last_refreshes_are_kept(tmp_path: Path) -> None:
    for age, name in enumerate(("newest", "second", "third")):
        folder = tmp_path / "shop" / name
        folder.mkdir(parents=True)
        (folder / "index.html").write_text(name)
        os.utime(folder, (1_000_000 - age, 1_000_000 - age))
    remove_old_data_docs(tmp_path / "shop", keep=2)
    assert sorted(folder.name for folder in (tmp_path / "shop").iterdir()) == ["newest", "second"]
    remove_old_data_docs(tmp_path / "other", keep=2)
    assert not (tmp_path / "other").exists()
