"""What a plan may say of dependencies: short texts, or a key with columns."""

import re
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from synth_assets.catalog.model import Value
from synth_assets.plan.dependencies import (
    A_HUNDREDTH,
    Combination,
    Computed,
    Dependency,
    Determined,
    NotAbove,
    NullBy,
    NullTogether,
    OneOf,
    Operation,
    Term,
    Total,
)

FORMS = (
    "`a = b`, `a = b + c`, `a = b + c - d`, `a = b - c`, `a = b * c`, `a = b * c / 100`, `a = b * 0.19`, `a = b / c`, "
    "`a = b / c * 100`, `a = b * c * (1 - d)`, `a = b * (1 + c / 100)`, `a <= b`, `a -> b`, `a, b -> c`, "
    "`a -> b is null`, `a = sum(table.b)`, `a = sum(table.b * table.c)`, `a = sum(table.b * (1 - table.c))` or "
    "`a = count(table)`"
)
_NAME = r'(?:"[^"]+"|[^\s"=<>+*/(),.-][^\s"=<>+*/(),.]*)'
_OPERATIONS: dict[str, Operation] = {"+": "sum", "-": "difference", "*": "product", "/": "quotient"}
_NUMBER = r"\d+(?:\.\d+)?"
_TERM = rf"\s*(?:[+-]\s*{_NAME}|\*\s*\(\s*1\s*[+-]\s*(?:{_NAME}\.)?{_NAME}(?:\s*/\s*100)?\s*\))"
_ONE_TERM = re.compile(rf"\s*(?:([+-])\s*({_NAME})|\*\s*\(\s*1\s*([+-])\s*(?:({_NAME})\.)?({_NAME})(\s*/\s*100)?\s*\))")
_COMPUTED = re.compile(
    rf"({_NAME})\s*=\s*({_NAME})"
    rf"(?:\s*([+*/-])\s*({_NUMBER}|{_NAME})(\s*/\s*100)?(?:\s*\*\s*({_NUMBER}))?)?((?:{_TERM})*)"
)
_ORDERED = re.compile(rf"{_NAME}(?:\s*<=\s*{_NAME})+")
_DETERMINED = re.compile(rf"({_NAME}(?:\s*,\s*{_NAME})*)\s*->\s*({_NAME})")
_NULL_BY = re.compile(rf"({_NAME})\s*->\s*({_NAME})\s+is\s+null", re.IGNORECASE)
_COUNT = re.compile(rf"({_NAME})\s*=\s*count\(\s*({_NAME})\s*\)")
_SUM = re.compile(
    rf"({_NAME})\s*=\s*sum\(\s*({_NAME})\.({_NAME})(?:\s*\*\s*(?:({_NAME})\.)?({_NAME}))?((?:{_TERM})*)\s*\)"
)


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
        return _total(*(_bare(part) if part else None for part in found.groups()[:-1]), terms=found[6])
    if found := _COMPUTED.fullmatch(text):
        return _computed(*found.groups())
    if found := _NULL_BY.fullmatch(text):
        return (NullBy(by=_bare(found[1]), column=_bare(found[2])),)
    if found := _DETERMINED.fullmatch(text):
        return (Determined(by=tuple(map(_bare, re.findall(_NAME, found[1]))), column=_bare(found[2])),)
    if _ORDERED.fullmatch(text):
        names = [_bare(name) for name in re.split(r"\s*<=\s*", text)]
        return tuple(NotAbove(lower=a, upper=b) for a, b in pairwise(names))
    return ()


def _total(
    column: str | None, child: str | None, left: str | None, second: str | None, right: str | None, *, terms: str
) -> tuple[Dependency, ...]:
    """`second` is the table of the right column; all must be of the child."""
    found = _terms(terms)
    tables = {table for _, table in found} | ({second} if second else set())
    if tables - {child} - {None} or column is None or child is None or any(_adds(term) for term, _ in found):
        return ()
    return (Total(column=column, child=child, left=left, right=right, terms=tuple(term for term, _ in found)),)


def _computed(
    column: str,
    left: str,
    sign: str | None,
    right: str | None,
    hundredths: str | None,
    times: str | None,
    terms: str,
) -> tuple[Dependency, ...]:
    found = [term for term, table in _terms(terms) if table is None]
    added = any(_adds(term) for term in found)
    # A sum takes one more summand, a product any rates; one of each would need brackets.
    if len(found) != len(_terms(terms)) or (added and (sign == "*" or len(found) > 1)):
        return ()
    if found and not added and sign in ("+", "-"):
        return ()
    one = Computed(column=_bare(column), operation="copy", left=_bare(left))
    if sign is None and not found:
        return (one,)
    is_number = right is not None and re.fullmatch(_NUMBER, right) is not None
    if sign == "/" or times:
        if right is None or sign != "/" or is_number or hundredths or found:
            return ()
        return (_quotient(one, _bare(right), times),)
    if (is_number or hundredths) and sign != "*":
        return ()
    factor = (float(right) if right is not None and is_number else 1.0) * (A_HUNDREDTH if hundredths else 1.0)
    changed = {
        "operation": _OPERATIONS[sign] if sign else "product",
        "right": None if right is None or is_number else _bare(right),
        "factor": factor if is_number or hundredths else None,
        "terms": tuple(found),
    }
    return (one.model_copy(update=changed),)


def _quotient(one: Computed, right: str, times: str | None) -> Computed:
    factor = None if times is None else float(times)
    return one.model_copy(update={"operation": "quotient", "right": right, "factor": factor})


def _terms(text: str) -> list[tuple[Term, str | None]]:
    """Terms with the table that each names."""
    found: list[tuple[Term, str | None]] = []
    for sign, added, rate_sign, table, rate, percent in _ONE_TERM.findall(text):
        if added:
            term = Term(operation="plus" if sign == "+" else "minus", column=_bare(added))
        else:
            operation: Literal["less", "more"] = "less" if rate_sign == "-" else "more"
            term = Term(operation=operation, column=_bare(rate), percent=bool(percent))
        found.append((term, _bare(table) or None))
    return found


def _adds(term: Term) -> bool:
    return term.operation in ("plus", "minus")


def _bare(name: str) -> str:
    return name.strip('"')
