"""Great Expectations' Data Docs of a dataset: a folder a refresh, as many as refreshes are kept."""

import shutil
from pathlib import Path

INDEX = "index.html"


def prune(folder: Path, *, keep: int) -> None:
    """Remove the Data Docs of all refreshes but the last `keep`."""
    if folder.is_dir():
        refreshes = sorted(folder.iterdir(), key=lambda refresh: refresh.stat().st_mtime_ns, reverse=True)
        for old in refreshes[keep:]:
            shutil.rmtree(old)
