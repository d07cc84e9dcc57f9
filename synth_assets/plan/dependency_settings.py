"""What a plan may say of dependencies: short texts, or a key with columns."""

import re
from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from synth_assets.catalog.model import Value
from synth_assets.plan.dependencies import (
    Combination,
    Computed,
    Dependency,
    Determined,
    NotAbove,
    NullBy,
    NullTogether,
    OneOf,
    Operation,
    Total,
)

FORMS = (
    "`a = b`, `a = b + c`, `a = b - c`, `a = b * c`, `a <= b`, `a -> b`, `a, b -> c`, "
    "`a -> b is null`, `a = sum(table.b)`, "
    "`a = sum(table.b * table.c)` or `a = count(table)`"
)
_NAME = r'(?:"[^"]+"|[^\s"=<>+*(),.-][^\s"=<>+*(),.]*)'
_OPERATIONS: dict[str, Operation] = {"+": "sum", "-": "difference", "*": "product"}
_COMPUTED = re.compile(rf"({_NAME})\s*=\s*({_NAME})(?:\s*([+*-])\s*({_NAME}))?")
_ORDERED = re.compile(rf"{_NAME}(?:\s*<=\s*{_NAME})+")
_DETERMINED = re.compile(rf"({_NAME}(?:\s*,\s*{_NAME})*)\s*->\s*({_NAME})")
_NULL_BY = re.compile(rf"({_NAME})\s*->\s*({_NAME})\s+is\s+null", re.IGNORECASE)
_COUNT = re.compile(rf"({_NAME})\s*=\s*count\(\s*({_NAME})\s*\)")
_SUM = re.compile(rf"({_NAME})\s*=\s*sum\(\s*({_NAME})\.({_NAME})(?:\s*\*\s*(?:({_NAME})\.)?({_NAME}))?\s*\)")


class DependencySettings(Value):
    """One declared dependency: a text, or one of the other keys with columns."""

    holds: str | None = Field(default=None, description=f"A text: {FORMS}.")
    one_of: tuple[str, ...] | None = Field(
        default=None, min_length=2, description="Yes-or-no columns of which one is set in every row."
    )
    at_most_one_of: tuple[str, ...] | None = Field(
        default=None, min_length=2, description="Yes-or-no columns of which no two are set in one row."
    )
    combination: tuple[str, ...] | None = Field(
        default=None, min_length=2, description="Columns that occur only in combinations that rows of the source share."
    )
    null_together: tuple[str, ...] | None = Field(
        default=None, min_length=2, description="Columns that are NULL in the same rows."
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"a dependency is one text ({FORMS}) or one of {', '.join(self._keys()[1:])} with columns")
        if self.holds is not None and not parsed(self.holds):
            raise ValueError(f"the dependency {self.holds!r} is none of the known forms: {FORMS}")
        return self

    @classmethod
    def _keys(cls) -> list[str]:
        return list(cls.model_fields)

    def dependencies(self) -> tuple[Dependency, ...]:
        """What it says; `a <= b <= c` says two things."""
        if self.holds is not None:
            return parsed(self.holds)
        if self.one_of:
            return (OneOf(columns=self.one_of),)
        if self.at_most_one_of:
            return (OneOf(columns=self.at_most_one_of, always=False),)
        if self.combination:
            return (Combination(columns=self.combination),)
        return (NullTogether(columns=self.null_together or ()),)


def as_dependency_settings(value: object) -> object:
    """`city -> country` as `{holds: city -> country}`."""
    return {"holds": value} if isinstance(value, str) else value


def parsed(text: str) -> tuple[Dependency, ...]:
    """The dependencies that a text says; none if it is of no known form. Names with other signs stand in quotes."""
    text = text.strip()
    if found := _COUNT.fullmatch(text):
        return (Total(column=_bare(found[1]), child=_bare(found[2])),)
    if found := _SUM.fullmatch(text):
        column, child, left, second, right = (_bare(part) if part else None for part in found.groups())
        if second not in (None, child) or column is None or child is None:
            return ()
        return (Total(column=column, child=child, left=left, right=right),)
    if found := _COMPUTED.fullmatch(text):
        right = _bare(found[4]) if found[4] else None
        operation = _OPERATIONS[found[3]] if found[3] else "copy"
        return (Computed(column=_bare(found[1]), operation=operation, left=_bare(found[2]), right=right),)
    if found := _NULL_BY.fullmatch(text):
        return (NullBy(by=_bare(found[1]), column=_bare(found[2])),)
    if found := _DETERMINED.fullmatch(text):
        return (Determined(by=tuple(map(_bare, re.findall(_NAME, found[1]))), column=_bare(found[2])),)
    if _ORDERED.fullmatch(text):
        names = [_bare(name) for name in re.split(r"\s*<=\s*", text)]
        return tuple(NotAbove(lower=a, upper=b) for a, b in pairwise(names))
    return ()


def _bare(name: str) -> str:
    return name.strip('"')
