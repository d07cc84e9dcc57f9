"""What lies in a DAGSTER_HOME."""

from pathlib import Path


def files_with(folder: Path, text: str) -> list[str]:
    """The files that hold a text in any spelling of upper and lower case, as UTF-8."""
    wanted = text.lower().encode()
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and wanted in _content(path)]


def _content(path: Path) -> bytes:
    return path.read_bytes().lower()
