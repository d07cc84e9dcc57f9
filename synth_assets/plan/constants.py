"""Constants that a plan names, checked against the column that they go into."""

import json
import math
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from uuid import UUID

from pydantic import JsonValue

from synth_assets.catalog.model import DataType, Kind
from synth_assets.plan.nearest import hint


class ConstantDoesNotFit(ValueError):
    """The constant is no value of the column's type; the message says what would be."""


def constant_for(value: JsonValue, data_type: DataType) -> JsonValue:
    """The constant as the column holds it: a number, true or false, or a text; JSON as its text.

    Raises:
        ConstantDoesNotFit: it is no value of the type.
    """
    match data_type.kind:
        case Kind.INTEGER:
            return _integer(value, data_type)
        case Kind.DECIMAL | Kind.FLOAT:
            return _number(value, data_type)
        case Kind.BOOLEAN:
            return _boolean(value)
        case Kind.JSON:
            return _json(value)
        case Kind.BINARY:
            raise ConstantDoesNotFit("binary content cannot be written in a plan")
        case _:
            return _text(value, data_type)


def _integer(value: JsonValue, data_type: DataType) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConstantDoesNotFit("it must be a whole number")
    bits = data_type.bits or 64
    least, most = (0, 2**bits - 1) if data_type.unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if not least <= value <= most:
        raise ConstantDoesNotFit(f"it must lie between {least} and {most}")
    return value


def _number(value: JsonValue, data_type: DataType) -> int | float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ConstantDoesNotFit("it must be a number")
    if data_type.kind is Kind.DECIMAL and data_type.precision is not None:
        scale = data_type.scale or 0
        try:
            number = Decimal(str(value))
            exact = number == number.quantize(Decimal(1).scaleb(-scale))
        except InvalidOperation:
            exact = False
        if not exact or abs(number) >= Decimal(10) ** (data_type.precision - scale):
            raise ConstantDoesNotFit(f"{data_type.native} cannot hold it exactly")
    return value


def _boolean(value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise ConstantDoesNotFit("it must be true or false")
    return value


def _json(value: JsonValue) -> str:
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    try:
        json.loads(value)
    except ValueError:
        raise ConstantDoesNotFit("it must be JSON") from None
    return value


def _text(value: JsonValue, data_type: DataType) -> str:
    if not isinstance(value, str):
        raise ConstantDoesNotFit(f'it must be text; write it in quotes, such as "{value}"')
    if data_type.kind is Kind.ENUM and data_type.labels and value not in data_type.labels:
        raise ConstantDoesNotFit(f"the enum has no label {value!r}{hint(value, data_type.labels)}")
    if data_type.kind is Kind.TEXT and data_type.length is not None and len(value) > data_type.length:
        raise ConstantDoesNotFit(f"it has {len(value)} characters, the column room for {data_type.length}")
    if data_type.kind in _PARSERS:
        parse, form = _PARSERS[data_type.kind]
        try:
            parse(value)
        except ValueError:
            raise ConstantDoesNotFit(f"it must be of the form {form}") from None
    return value


_PARSERS: dict[Kind, tuple[Callable[[str], object], str]] = {
    Kind.DATE: (date.fromisoformat, "2024-12-31"),
    Kind.DATETIME: (datetime.fromisoformat, "2024-12-31 23:59:59"),
    Kind.TIME: (time.fromisoformat, "23:59:59"),
    Kind.UUID: (UUID, "00000000-0000-4000-8000-000000000000"),
}
