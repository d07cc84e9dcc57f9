"""Files of data packages, found without importing the package: what they import is often not installed."""

import importlib.util
from pathlib import Path

from benchmarks.cases.case import CaseUnavailable


def package_folder(package: str, *, how: str) -> Path:
    """The folder of an installed package.

    Raises:
        CaseUnavailable: It is not installed; `how` says what installs it.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise CaseUnavailable(f"the package {package} is not installed: {how}")
    return Path(found.submodule_search_locations[0])
