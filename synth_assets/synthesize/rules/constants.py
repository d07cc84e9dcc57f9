"""One value, or none, for a whole column."""

import base64
import json
from contextlib import suppress

import polars as pl
from pydantic import JsonValue

from synth_assets.synthesize.rules.errors import TreatmentDoesNotFit
from synth_assets.synthesize.rules.target import Target


def constant_column(value: JsonValue, n: int, *, target: Target) -> pl.Series:
    """n times the value, as the column's own type.

    Raises:
        TreatmentDoesNotFit: The value is none of the column's type, or is too long for it.
    """
    return _typed(value, target).new_from_index(0, n)


def null_column(n: int, *, target: Target) -> pl.Series:
    """n times null.

    Raises:
        TreatmentDoesNotFit: The column is NOT NULL.
    """
    if not target.nullable:
        raise TreatmentDoesNotFit(
            table=target.table,
            column=target.column,
            treatment="null, for it is NOT NULL",
            remedy=f"Give {target.column} the treatment constant in the plan.",
        )
    return pl.Series([None], dtype=target.dtype).new_from_index(0, n)


def _typed(value: JsonValue, target: Target) -> pl.Series:
    typed: pl.Series | None = None
    with suppress(pl.exceptions.PolarsError, ValueError, TypeError):  # told below, without the value
        typed = _cast(value, target)
    too_long = target.length is not None and isinstance(value, str) and len(value) > target.length
    if typed is None or typed[0] is None or too_long:
        raise TreatmentDoesNotFit(
            table=target.table,
            column=target.column,
            treatment=f"constant with a value that is no {target.type.native}",
            remedy=f"Give a constant in the plan that {target.column} can hold.",
        )
    return typed


def _cast(value: JsonValue, target: Target) -> pl.Series:
    if target.dtype == pl.Binary:
        return pl.Series([base64.b64decode(str(value), validate=True)], dtype=pl.Binary)
    if target.dtype == pl.String:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return pl.Series([text], dtype=pl.String)
    if isinstance(value, str) and target.dtype == pl.Date:
        return pl.Series([value]).str.to_date()
    if isinstance(value, str) and isinstance(target.dtype, pl.Datetime):
        instant = pl.Series([value]).str.to_datetime(time_unit="us", time_zone=target.dtype.time_zone)
        return instant.cast(target.dtype)
    if isinstance(value, str) and target.dtype == pl.Time:
        return pl.Series([value]).str.to_time()
    if isinstance(value, bool) != (target.dtype == pl.Boolean) and not target.dtype.is_integer():
        raise TypeError(value)
    if isinstance(value, str) and isinstance(target.dtype, pl.Decimal):
        return pl.Series([value]).cast(target.dtype)
    if isinstance(value, float) and target.dtype.is_integer() and not value.is_integer():
        raise TypeError(value)
    if isinstance(value, float) and isinstance(target.dtype, pl.Decimal):
        return pl.Series([str(value)]).cast(target.dtype)
    return pl.Series([value]).cast(target.dtype)
