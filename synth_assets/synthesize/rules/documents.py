"""Invented values within JSON documents: the members of one object are filled like the columns of one row.

So name and e-mail address of one document agree, and those of one element of an array do, whereas two elements are
two people.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import polars as pl
from pydantic import JsonValue

from synth_assets.catalog.model import Column, DataType, Kind, Table
from synth_assets.plan.resolved import ColumnDecision, PathDecision, Role, Treatment

# They stand where a value is to be invented; a text of JSON documents cannot hold them in PostgreSQL.
INVENTED, INVENTED_NUMBER = "\x00", "\x000"
_STEP = re.compile(r"\.([^.\[\]]+)|\[\*\]")
_ELEMENT = "[*]"


@dataclass(frozen=True)
class _Slot:
    """A place in a document: the object or array that holds it, and its key or position."""

    holder: Any
    at: str | int

    @property
    def value(self) -> JsonValue:
        found: JsonValue = self.holder[self.at]
        return found

    def put(self, value: JsonValue) -> None:
        self.holder[self.at] = value


def by_owner(paths: Sequence[PathDecision]) -> dict[str, list[PathDecision]]:
    """The faked paths by the document ($) or the element of an array that they belong to."""
    found: dict[str, list[PathDecision]] = {}
    for one in paths:
        if one.treatment is Treatment.FAKE:
            found.setdefault(_owner(one.path), []).append(one)
    return found


def as_table(name: str, paths: Sequence[PathDecision]) -> tuple[Table, list[ColumnDecision]]:
    """The paths of one owner as the columns of a table."""
    text = DataType(kind=Kind.TEXT, native="json")
    decisions = [
        ColumnDecision(
            name=one.path,
            treatment=one.treatment,
            role=Role.VALUE,
            options=one.options,
            decided_by=one.decided_by,
            reason=one.reason,
        )
        for one in paths
    ]
    return Table(name=name, columns=tuple(Column(name=one.path, type=text) for one in paths)), decisions


def parsed_documents(texts: Iterable[str]) -> list[JsonValue]:
    """The documents of these texts; those that are no JSON are left out."""
    found: list[JsonValue] = []
    for text in texts:
        with suppress(ValueError):
            found.append(json.loads(text))
    return found


def as_rows(values: pl.Series, owner: str, names: Sequence[str]) -> pl.DataFrame:
    """The texts and numbers at some paths of a column's documents, a row for each owner; NULL where there is none."""
    documents = parsed_documents(values.cast(pl.String).drop_nulls())
    owners = list(_slots(documents, owner))
    columns = {
        name: [_text(slot.value) if (slot := _within(one, name[len(owner) :])) else None for one in owners]
        for name in names
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def count_owners(documents: list[JsonValue], owner: str) -> int:
    return sum(1 for _ in _slots(documents, owner))


def fill(documents: list[JsonValue], owner: str, rows: pl.DataFrame) -> None:
    """Put the values of a frame such as `as_rows` gives where one is to be invented."""
    values = {name: rows[name].to_list() for name in rows.columns}
    for place, one in enumerate(_slots(documents, owner)):
        for name, texts in values.items():
            slot = _within(one, name[len(owner) :])
            if slot is not None and slot.value == INVENTED:
                slot.put(texts[place])
            elif slot is not None and slot.value == INVENTED_NUMBER:
                slot.put(_number(texts[place]))


def _owner(path: str) -> str:
    end = path.rfind(_ELEMENT)
    return path[: end + len(_ELEMENT)] if end >= 0 else "$"


def _slots(documents: list[JsonValue], path: str) -> Iterator[_Slot]:
    found: Iterator[_Slot] = (_Slot(documents, at) for at in range(len(documents)))
    for step in _STEP.finditer(path):
        found = _below(found, step.group(1))
    return found


def _below(slots: Iterator[_Slot], key: str | None) -> Iterator[_Slot]:
    """The members of that key, or all elements where there is no key."""
    for slot in slots:
        value = slot.value
        if key is None and isinstance(value, list):
            yield from (_Slot(value, at) for at in range(len(value)))
        elif key is not None and isinstance(value, dict) and key in value:
            yield _Slot(value, key)


def _within(slot: _Slot, path: str) -> _Slot | None:
    found: Iterator[_Slot] = iter([slot])
    for step in _STEP.finditer(path):
        found = _below(found, step.group(1))
    return next(found, None)


def _number(text: str) -> JsonValue:
    """The number that a text is, or the one that its digits make: '+1 555-0100' is 15550100."""
    with suppress(ValueError):
        found = float(text)
        return int(found) if found.is_integer() and "." not in text else found
    digits = "".join(character for character in text if character.isdecimal())
    return int(digits) if digits else text


def _text(value: JsonValue) -> str | None:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
