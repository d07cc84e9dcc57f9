"""Defaults that mean the same in every database: literals and the current time."""

import re

from synth_assets.catalog.model import DataType, Kind

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_STRING = re.compile(r"'(?:[^'\\]|'')*'")
_CAST = re.compile(r"::[\w\s\".\[\]]+(\(\s*\d+\s*(,\s*\d+\s*)?\))?$")
_MOMENTS = {
    "current_timestamp": "CURRENT_TIMESTAMP",
    "current_timestamp()": "CURRENT_TIMESTAMP",
    "now()": "CURRENT_TIMESTAMP",
    "get_current_timestamp()": "CURRENT_TIMESTAMP",
    "datetime('now')": "CURRENT_TIMESTAMP",
    "current_date": "CURRENT_DATE",
    "date('now')": "CURRENT_DATE",
    "current_time": "CURRENT_TIME",
}


def portable_default(expression: str, data_type: DataType, *, has_booleans: bool) -> str | None:
    """The same default for a column of another dialect; None where none is certain to mean the same.

    Args:
        has_booleans: Whether that dialect's booleans are no numbers.
    """
    text = _unwrapped(expression)
    lowered = text.lower()
    if lowered in _MOMENTS:
        return _MOMENTS[lowered]
    if lowered == "null":
        return "NULL"
    if data_type.kind is Kind.BOOLEAN:
        return _boolean(lowered, has_booleans=has_booleans)
    if _NUMBER.fullmatch(text) or _STRING.fullmatch(text):
        return text
    return None


def _boolean(lowered: str, *, has_booleans: bool) -> str | None:
    plain = lowered.strip("'")
    if plain in {"true", "t", "1"}:
        return "TRUE" if has_booleans else "1"
    if plain in {"false", "f", "0"}:
        return "FALSE" if has_booleans else "0"
    return None


def _unwrapped(expression: str) -> str:
    """Without PostgreSQL's casts of a literal and without parentheses around the whole."""
    text = expression.strip()
    while True:
        before = text
        text = _CAST.sub("", text).strip()
        if text.startswith("(") and text.endswith(")") and _closes_at_end(text):
            text = text[1:-1].strip()
        if text == before:
            return text


def _closes_at_end(text: str) -> bool:
    depth = 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return position == len(text) - 1
    return False
