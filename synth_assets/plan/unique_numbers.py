"""Unique whole numbers beside the primary key: most are second names of a row, some are measures such as years."""

import re
from collections.abc import Sequence

from synth_assets.catalog.model import Check, Column, Kind
from synth_assets.catalog.sql_text import Token, tokens
from synth_assets.plan.personal_names import singular, words_of

_MEASURED = frozenset({"date", "day", "week", "month", "quarter", "season", "year", "yr", "decade", "century"})
_DOMAIN_CHECK = re.compile(r"\bCHECK\b", re.IGNORECASE)
_COMPARISONS = frozenset({">", ">=", "<>", "!="})


def names_its_row(column: Column, checks: Sequence[Check]) -> bool:
    """Whether a unique column is a number that only tells rows apart, so that 1, 2, 3, ... serve as well.

    Not so for years and other numbers of time, whose distances mean something, and not where a CHECK says more of
    the numbers than that they are positive.

    Args:
        checks: Those of its table.
    """
    whole = column.type.kind is Kind.INTEGER or (column.type.kind is Kind.DECIMAL and column.type.scale == 0)
    if not whole or any(singular(word) in _MEASURED for word in words_of(column.name)):
        return False
    own = [check.expression for check in checks if _names(check.expression, column.name)]
    of_domain = _DOMAIN_CHECK.split(column.type.domain or "")[1:]
    return all(_counting_keeps(expression, column.name) for expression in own) and all(
        _counting_keeps(expression, "value") for expression in of_domain
    )


def _names(expression: str, column: str) -> bool:
    return any(_is_column(token, column) for token in tokens(expression))


def _is_column(token: Token, column: str) -> bool:
    return token.kind in ("word", "quoted") and token.value.lower() == column.lower()


def _counting_keeps(expression: str, column: str) -> bool:
    """Whether 1, 2, 3, ... keep a constraint: `number > 0` and its like. False where that cannot be told."""
    parts = [token for token in tokens(expression) if not (token.is_symbol("(") or token.is_symbol(")"))]
    if not parts or not _is_column(parts[0], column):
        return False
    compared = "".join(token.text for token in parts[1:-1])
    number = parts[-1]
    return (
        compared in _COMPARISONS
        and number.kind == "number"
        and number.text.isdigit()
        and int(number.text) <= (1 if compared == ">=" else 0)
    )
