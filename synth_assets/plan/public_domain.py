"""The public domain of a column: from the plan, from CHECK constraints, or from its type; never from rows."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from synth_assets.catalog.model import Check, Column, DataType, Kind, Table
from synth_assets.plan.check_domain import CheckDomain, Limit, check_domain
from synth_assets.plan.columns import ColumnSettings
from synth_assets.plan.constants import ConstantDoesNotFit, constant_for
from synth_assets.plan.domain import Domain, Labels, Range

Bound: TypeAlias = int | float

# A type with no more values than this is a public domain by itself: smallint, numeric(6, 2), a time of day in seconds.
MOST_VALUES_OF_A_TYPE = 2_000_000
# A float without a step is looked at in so many parts of its range.
PARTS_OF_A_FLOAT = 2**20
_SECOND = 1_000_000
_SECONDS_OF_A_DAY = 86_400
_NANOSECONDS = 10**9
_RANGES = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DATE, Kind.DATETIME})
_LABELLED = frozenset({Kind.INTEGER, Kind.TEXT, Kind.ENUM, Kind.UUID, Kind.OTHER})


class DomainDoesNotFit(ValueError):
    """What the plan says of a domain cannot be that of the column; the message says why."""


def public_domain(column: Column, checks: Sequence[Check], named: ColumnSettings | None) -> Domain | None:
    """Every value that a column may take; None if nothing public tells.

    Args:
        checks: Those of its table.
        named: What the plan says of the column.

    Raises:
        DomainDoesNotFit: The plan's bounds, labels or step are none of the column's type.
    """
    kind = column.type.kind
    if named is not None and named.labels is not None:
        return _named_labels(named.labels, column.type)
    if kind is Kind.BOOLEAN:
        return Labels(values=("false", "true"), complete=True)
    if kind is Kind.ENUM and column.type.labels:
        return Labels(values=column.type.labels, complete=True)
    known = check_domain(column, checks)
    if known.labels is not None and kind in _LABELLED:
        return Labels(values=tuple(dict.fromkeys(known.labels)), complete=True)
    if kind is Kind.TIME and not column.type.timezone:
        return Range(low=0, step=_NANOSECONDS, cells=_SECONDS_OF_A_DAY)
    if named is not None and named.bounds is not None:
        return _named_range(named, column.type)
    return _checked_range(known, column.type) or _range_of_type(column.type)


def declared_labels(table: Table) -> dict[str, tuple[str, ...]]:
    """The columns whose type or CHECK names every label that they may have, with these."""
    domains = {column.name: public_domain(column, table.checks, None) for column in table.columns}
    return {name: domain.values for name, domain in domains.items() if isinstance(domain, Labels)}


def example(column: Column) -> str:
    """How a plan says what the column's domain is, with values to be replaced."""
    return {
        Kind.INTEGER: "{bounds: [0, 100]}",
        Kind.DECIMAL: "{bounds: [0, 1000]}",
        Kind.FLOAT: "{bounds: [0, 1], step: 0.01}",
        Kind.DATE: '{bounds: ["2020-01-01", "2029-12-31"]}',
        Kind.DATETIME: '{bounds: ["2020-01-01", "2029-12-31T23:59:59"]}',
    }.get(column.type.kind, '{labels: ["first", "second"]}')


def _named_labels(labels: Sequence[str | int], data_type: DataType) -> Labels:
    if data_type.kind not in _LABELLED:
        raise DomainDoesNotFit(f"{data_type.native} takes bounds, not labels")
    texts = tuple(dict.fromkeys(str(label) for label in labels))
    for label in labels:
        try:
            constant_for(label if data_type.kind is Kind.INTEGER else str(label), data_type)
        except ConstantDoesNotFit as error:
            raise DomainDoesNotFit(f"the label {label!r} does not fit {data_type.native}: {error}") from None
    return Labels(values=texts, complete=False)


def _named_range(named: ColumnSettings, data_type: DataType) -> Range:
    if data_type.kind not in _RANGES:
        raise DomainDoesNotFit(f"{data_type.native} takes labels, not bounds")
    assert named.bounds is not None  # noqa: S101 (asked by the caller)
    low, high = (_unit(str(bound), data_type) for bound in named.bounds)
    if low is None or high is None:
        raise DomainDoesNotFit(f"a bound is no value of {data_type.native}")
    if named.step is not None and data_type.kind not in (Kind.FLOAT, Kind.INTEGER):
        raise DomainDoesNotFit(f"the step of {data_type.native} is that of its type")
    return _range(low, high, data_type, step=named.step)


def _checked_range(known: CheckDomain, data_type: DataType) -> Range | None:
    if known.low is None or known.high is None or data_type.kind not in _RANGES:
        return None
    low, high = (_within(limit, data_type, sign) for limit, sign in ((known.low, 1), (known.high, -1)))
    return None if low is None or high is None or low > high else _range(low, high, data_type)


def _within(limit: Limit, data_type: DataType, sign: int) -> Bound | None:
    """The outermost value that a limit admits; a float's limit itself, since one value more does not matter."""
    unit = _unit(limit.value, data_type)
    if unit is None or not limit.strict or data_type.kind is Kind.FLOAT:
        return unit
    return unit + sign


def _range_of_type(data_type: DataType) -> Range | None:
    """The range of a type of few values."""
    if data_type.kind is Kind.INTEGER and data_type.bits is not None and data_type.bits <= 16:
        low = 0 if data_type.unsigned else -(2 ** (data_type.bits - 1))
        return Range(low=low, step=1, cells=2**data_type.bits)
    if data_type.kind is Kind.DECIMAL and data_type.precision is not None:
        most = 10**data_type.precision - 1
        if 2 * most < MOST_VALUES_OF_A_TYPE:
            return Range(low=-most, step=1, cells=2 * most + 1)
    return None


def _range(low: Bound, high: Bound, data_type: DataType, *, step: float | None = None) -> Range:
    if not low < high:
        raise DomainDoesNotFit("the lower bound must come first and be less than the upper one")
    if data_type.kind is Kind.FLOAT and step is None:
        return Range(low=low, step=(high - low) / PARTS_OF_A_FLOAT, cells=PARTS_OF_A_FLOAT, continuous=True)
    if data_type.kind is Kind.INTEGER and step is not None and step != int(step):
        raise DomainDoesNotFit("the step of whole numbers is a whole number")
    distance: Bound = _SECOND if data_type.kind is Kind.DATETIME else (step or 1)
    if data_type.kind is Kind.INTEGER:
        distance = int(distance)
    return Range(low=low, step=distance, cells=math.floor((high - low) / distance + 1e-9) + 1)


def _unit(text: str, data_type: DataType) -> Bound | None:
    """A bound in the units of Range; None if it is no value of the type."""
    try:
        match data_type.kind:
            case Kind.INTEGER:
                number = Decimal(text)
                return int(number) if number == number.to_integral_value() else None
            case Kind.DECIMAL if data_type.precision is not None:
                return round(Decimal(text).scaleb(data_type.scale or 0))
            case Kind.DECIMAL | Kind.FLOAT:
                return float(text) if math.isfinite(float(text)) else None
            case Kind.DATE:
                return (date.fromisoformat(text) - date(1970, 1, 1)).days
            case _:
                moment = datetime.fromisoformat(text)
                moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
                since = moment - datetime(1970, 1, 1, tzinfo=UTC)
                return (since.days * _SECONDS_OF_A_DAY + since.seconds) * _SECOND
    except (ValueError, InvalidOperation, OverflowError):
        return None
