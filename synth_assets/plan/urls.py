"""Database and store urls: relative paths of files, and passwords written into them."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

_DATABASE_FILE = re.compile(
    r"^(?P<scheme>(?:sqlite|duckdb)(?:\+\w+)?:///)(?P<uri>file:)?(?P<path>[^?]*)(?P<query>\?.*)?$"
)
_SECRET_QUERY = re.compile(r"password|passwd|pwd|secret|token|sslpassword|access_?key|api_?key", re.IGNORECASE)


def anchored(url: str, *, root: Path | None) -> str:
    """The url with a relative path of a SQLite, DuckDB or store file made absolute below `root`."""
    if root is None:
        return url
    database = _DATABASE_FILE.match(url)
    if database:
        path = database["path"]
        if not path or path.startswith((":memory:", "/", "md:")):
            return url
        return f"{database['scheme']}{database['uri'] or ''}{_below(root, path)}{database['query'] or ''}"
    if url.startswith("file://") and not url.startswith("file:///"):
        return f"file://{_below(root, url.removeprefix('file://'))}"
    if "://" not in url and not url.startswith(("/", "sqlite:", "duckdb:")):
        return f"file://{_below(root, url)}"
    return url


def _below(root: Path, path: str) -> str:
    return (root.resolve() / path).as_posix()


def holds_password(url: str) -> bool:
    """Whether a url spells out a password: between user and host, or as a part of its query."""
    try:
        parts = urlsplit(url)
        return bool(parts.password) or any(_SECRET_QUERY.search(name) for name, _ in parse_qsl(parts.query))
    except ValueError:
        return True
