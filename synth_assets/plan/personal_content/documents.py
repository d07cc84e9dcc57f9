"""Personal data in JSON documents, path by path."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

import polars as pl
from pydantic import JsonValue

MOST_DOCUMENTS = 1_000
_MOST_PATHS = 200
_SHARE_THAT_PARSE = 0.95
_MOST_DEPTH = 12

Path = tuple[str, ...]


def holds_documents(values: pl.Series) -> bool:
    """Whether nearly all filled values look like JSON objects or arrays."""
    if values.dtype != pl.String:
        return False
    looks = values.drop_nulls().head(MOST_DOCUMENTS).str.contains(r"^\s*(?:\{[\s\S]*\}|\[[\s\S]*\])\s*$")
    return bool(len(looks)) and float(looks.mean() or 0.0) >= _SHARE_THAT_PARSE  # type: ignore[arg-type]


def values_by_path(documents: pl.Series, *, min_group: int) -> dict[str, pl.Series]:
    """The texts and whole numbers at every path of a sample of JSON documents, such as $.customer.emails[*].

    A key that fewer than `min_group` documents share may itself be a value of a row: it is written *.

    Args:
        documents: Texts of JSON, nulls included. At most MOST_DOCUMENTS are read.

    Returns:
        Empty where too few of the texts are JSON objects or arrays.
    """
    filled = documents.drop_nulls()
    sample = filled.gather_every(max(1, -(-len(filled) // MOST_DOCUMENTS))).to_list()
    parsed = [document for text in sample for document in _parsed(text)]
    if not parsed or len(parsed) < _SHARE_THAT_PARSE * len(sample):
        return {}
    shared = Counter(path for document in parsed for path in {path for path, _ in _leaves(document)})
    found: defaultdict[Path, list[str]] = defaultdict(list)
    least = min(min_group, len(parsed))
    for document in parsed:
        for path, value in _leaves(document):
            found[path if shared[path] >= least else _without_keys(path)].append(value)
    paths = sorted(found, key=lambda path: (-len(found[path]), path))[:_MOST_PATHS]
    return {written(path): pl.Series(found[path], dtype=pl.String) for path in paths}


def values_at(documents: pl.Series, paths: Collection[str]) -> dict[str, pl.Series]:
    """All texts and whole numbers at some written paths of all documents; those that are no JSON are left out."""
    found: dict[str, list[str]] = {path: [] for path in paths}
    for text in documents.drop_nulls():
        for document in _parsed(text):
            for path, value in _leaves(document):
                if (at := written(path)) in found:
                    found[at].append(value)
    return {path: pl.Series(values, dtype=pl.String) for path, values in found.items()}


def written(path: Path) -> str:
    """A path for people: ('customer', 'emails', '*') is $.customer.emails[*]."""
    return "$" + "".join("[*]" if step == "*" else f".{step}" for step in path)


def key_of(path: str) -> tuple[str, str | None]:
    """The last key of a written path, and the key of the object that it belongs to, if there is one."""
    keys = [key for key in path.removeprefix("$").replace("[*]", "").split(".") if key]
    return (keys[-1] if keys else "", keys[-2] if len(keys) > 1 else None)


def _parsed(text: str) -> list[JsonValue]:
    if not text.lstrip().startswith(("{", "[")):
        return []
    try:
        return [json.loads(text)]
    except ValueError:
        return []


def _leaves(value: JsonValue, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Texts and whole numbers with their paths; elements of arrays share one."""
    if isinstance(value, dict) and len(path) < _MOST_DEPTH:
        for key, member in value.items():
            yield from _leaves(member, (*path, key))
    elif isinstance(value, list) and len(path) < _MOST_DEPTH:
        for element in value:
            yield from _leaves(element, (*path, "*"))
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield path, str(value)


def _without_keys(path: Path) -> Path:
    return tuple("*" for _ in path)
