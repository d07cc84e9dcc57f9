"""What CHECK constraints say of a single column: which values it may take, or between which bounds they lie."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth_assets.catalog.check_text import in_sqlite
from synth_assets.catalog.model import Check, Column
from synth_assets.catalog.sql_text import Token, closing, split, tokens

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_DOMAIN_CHECK = "CHECK"


@dataclass(frozen=True)
class Limit:
    """One end of a column's values; `strict`: the value itself is not among them."""

    value: str
    strict: bool


@dataclass(frozen=True)
class CheckDomain:
    """What is known of a column; None where nothing is."""

    labels: tuple[str, ...] | None = None
    low: Limit | None = None
    high: Limit | None = None


def check_domain(column: Column, checks: Sequence[Check]) -> CheckDomain:
    """What a table's constraints, and those of the column's own domain type, say of it.

    Only what is said for every row counts: comparisons with a constant, BETWEEN, IN, joined by AND. Anything else is
    passed over.
    """
    labels: tuple[str, ...] | None = None
    limits: dict[str, Limit] = {}
    for name, expression in _expressions(column, checks):
        for part in _conjuncts(tokens(in_sqlite(expression))):
            listed = _listed(part, name)
            labels = listed if listed is not None else labels
            for end, limit in _compared(part, name):
                limits.setdefault(end, limit)
    return CheckDomain(labels, limits.get("low"), limits.get("high"))


def _expressions(column: Column, checks: Sequence[Check]) -> Iterator[tuple[str, str]]:
    """Expressions, and what the column is called in them."""
    for check in checks:
        yield column.name, check.expression
    domain = tokens(column.type.domain or "")
    for place, token in enumerate(domain[:-1]):
        if token.is_word(_DOMAIN_CHECK) and domain[place + 1].is_symbol("("):
            last = domain[closing(domain, place + 1)]
            yield "value", (column.type.domain or "")[domain[place + 1].start : last.end]


def _conjuncts(parts: Sequence[Token]) -> Iterator[list[Token]]:
    """What is joined by AND, parentheses around each part taken off."""
    parts = list(parts)
    while parts and parts[0].is_symbol("(") and closing(parts, 0) == len(parts) - 1:
        parts = parts[1:-1]
    pieces: list[list[Token]] = [[]]
    depth, between = 0, False
    for token in parts:
        depth += token.is_symbol("(") - token.is_symbol(")")
        between = between or (depth == 0 and token.is_word("BETWEEN"))
        if depth == 0 and token.is_word("AND"):
            if not between:
                pieces.append([])
                continue
            between = False
        pieces[-1].append(token)
    if len(pieces) == 1:
        yield parts
        return
    for piece in pieces:
        yield from _conjuncts(piece)


def _listed(part: Sequence[Token], name: str) -> tuple[str, ...] | None:
    """The labels of `name IN (...)`, and of `name = 'a'`."""
    rest = _after_column(part, name)
    if not rest:
        return None
    if rest[0].is_symbol("=") and len(rest) == 2 and rest[1].kind == "string":
        return (rest[1].value,)
    if not rest[0].is_word("IN") or len(rest) < 3 or not rest[1].is_symbol("(") or closing(rest, 1) != len(rest) - 1:
        return None
    found = [_constant(_bare(item)) for item in split(rest[2:-1])]
    return None if None in found else tuple(text for text in found if text is not None)


def _compared(part: Sequence[Token], name: str) -> Iterator[tuple[str, Limit]]:
    """The ends that `name >= 0`, `100 > name` and `name BETWEEN 0 AND 100` set."""
    rest = _after_column(part, name)
    if rest and rest[0].is_word("BETWEEN"):
        middle = next((place for place, token in enumerate(rest) if token.is_word("AND")), None)
        if middle is not None:
            for end, side in (("low", rest[1:middle]), ("high", rest[middle + 1 :])):
                value = _constant(_bare(side))
                if value is not None:
                    yield end, Limit(value, strict=False)
        return
    bare = _bare(part)
    operator = [place for place, token in enumerate(bare) if token.kind == "symbol" and token.text in "<>="]
    if not operator or operator != list(range(operator[0], operator[-1] + 1)):
        return
    sign = "".join(bare[place].text for place in operator)
    left, right = bare[: operator[0]], bare[operator[-1] + 1 :]
    if _is_column(right, name):
        left, right, sign = right, left, _MIRRORED.get(sign, "")
    value = _constant(right)
    if not _is_column(left, name) or value is None or sign not in _MIRRORED or sign == "=":
        return
    yield ("low" if sign[0] == ">" else "high"), Limit(value, strict=len(sign) == 1)


def _after_column(part: Sequence[Token], name: str) -> list[Token]:
    """What follows the column at the start of a part; nothing if it starts otherwise."""
    end = closing(part, 0) + 1 if part and part[0].is_symbol("(") else 1
    return list(part[end:]) if _is_column(_bare(part[:end]), name) else []


def _bare(part: Sequence[Token]) -> list[Token]:
    return [token for token in part if not (token.is_symbol("(") or token.is_symbol(")"))]


def _is_column(part: Sequence[Token], name: str) -> bool:
    return len(part) == 1 and part[0].kind in ("word", "quoted") and part[0].value.lower() == name.lower()


def _constant(part: Sequence[Token]) -> str | None:
    """A text or a number, as text."""
    if len(part) == 1 and part[0].kind in ("string", "number"):
        return part[0].value
    if len(part) == 2 and part[0].is_symbol("-") and part[1].kind == "number":
        return f"-{part[1].text}"
    return None
