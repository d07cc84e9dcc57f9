"""SQL expressions over one row, in the SQL of polars: what they read, and their values as a column holds them."""

from collections.abc import Mapping

import polars as pl

from synth_assets.catalog.frames import polars_type, read_as
from synth_assets.catalog.model import DataType, Kind, Table
from synth_assets.catalog.sql_text import tokens

# What looks at other rows, or at the clock: the same row must give the same value.
_BEYOND_THE_ROW = frozenset(
    {
        *("AVG", "SUM", "COUNT", "MIN", "MAX", "MEDIAN", "FIRST", "LAST", "CORR", "COVAR", "COVAR_POP", "COVAR_SAMP"),
        *("STDDEV", "STDEV", "STDDEV_SAMP", "STDEV_SAMP", "VARIANCE", "VAR", "VAR_SAMP", "ARRAY_AGG", "STRING_AGG"),
        *("GROUP_CONCAT", "QUANTILE_CONT", "QUANTILE_DISC", "UNNEST", "FIRST_VALUE", "LAST_VALUE", "LAG", "LEAD"),
        *("ROW_NUMBER", "RANK", "DENSE_RANK", "NOW"),
    }
)
_NEVER = frozenset({"SELECT", "OVER", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"})
_NUMBER, _TEXT, _DATE, _MOMENT = "a number", "text", "a date", "a date with a time"
_HELD: Mapping[Kind, tuple[str, ...]] = {
    Kind.INTEGER: (_NUMBER,),
    Kind.DECIMAL: (_NUMBER,),
    Kind.FLOAT: (_NUMBER,),
    Kind.BOOLEAN: ("true or false",),
    Kind.DATE: (_DATE,),
    Kind.TIME: ("a time of day",),
    Kind.DATETIME: (_MOMENT, _DATE),
    Kind.BINARY: ("bytes",),
}


class ExpressionRefused(ValueError):
    """An expression that cannot be computed row by row, or whose values the column cannot hold.

    Attributes:
        message: Why; never a value of a row.
        remedy: What to do, a whole sentence.
    """

    def __init__(self, message: str, remedy: str) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message}. {remedy}")


def inputs_of(expression: str) -> tuple[str, ...]:
    """The columns that an expression reads, each once.

    Raises:
        ExpressionRefused: It is no expression, reads no column, or looks beyond the row.
    """
    parts = tokens(expression)
    for place, token in enumerate(parts):
        called = place + 1 < len(parts) and parts[place + 1].is_symbol("(")
        if token.is_word(*_NEVER) or (called and token.is_word(*_BEYOND_THE_ROW)):
            raise ExpressionRefused(
                f"the expression uses {token.text}, and may use nothing but the row itself",
                "Compute it from columns of the same row.",
            )
    names = tuple(dict.fromkeys(_parsed(expression).meta.root_names()))
    if not names:
        raise ExpressionRefused("the expression reads no column", "Name {constant: ...} instead.")
    return names


def compute(expression: str, rows: pl.DataFrame, *, table: Table, column: str) -> pl.Series:
    """The values of an expression for every row, of the type of the column.

    Numbers are rounded to the column's decimal places, as databases do; a number divided by zero is NULL, but of
    decimals an error, as in most databases. An input that a
    snapshot keeps as text because it lies outside its type's range (`infinity`) counts as NULL.

    Args:
        rows: At least the columns that the expression reads.

    Raises:
        ExpressionRefused: Its types do not go together, or not with the column; told by types alone.
        polars.exceptions.PolarsError: A row's value cannot be converted. Its text holds values: it must not get out.
    """
    schema = {name: _computing_type(table.column(name).type) for name in inputs_of(expression)}
    made = _parsed(expression).alias(column)
    try:
        found = pl.DataFrame(schema=schema).select(made)
    except pl.exceptions.PolarsError as error:
        raise ExpressionRefused(
            f"the expression cannot be computed: {str(error).partition(chr(10))[0]}",
            "Correct it; CAST(... AS ...) changes a type.",
        ) from None
    if found.height:
        raise ExpressionRefused("the expression gives one value for all rows", "Compute it from the row's own columns.")
    target = table.column(column).type
    _check_held(found.schema[column], target)
    inputs = pl.DataFrame([read_as(rows[name], dtype).alias(name) for name, dtype in schema.items()])
    return _assigned(inputs.select(made)[column], target)


def _parsed(expression: str) -> pl.Expr:
    try:
        return pl.sql_expr(expression)
    except pl.exceptions.PolarsError as error:
        raise ExpressionRefused(
            f"the expression cannot be read: {str(error).partition(chr(10))[0]}",
            "Write one SQL expression over columns of the row, such as first_name || ' ' || last_name.",
        ) from None


def _computing_type(data_type: DataType) -> pl.DataType:
    """As `polars_type`, but that decimals without a stated precision are numbers to compute with."""
    dtype = polars_type(data_type)
    return pl.Float64() if data_type.kind is Kind.DECIMAL and dtype == pl.String else dtype


def _check_held(found: pl.DataType, target: DataType) -> None:
    if found == pl.Null:
        raise ExpressionRefused("the expression is always NULL", "Name `null` instead.")
    stands_as_text = polars_type(target) == pl.String and target.kind is not Kind.DECIMAL
    held = (_TEXT,) if stands_as_text else _HELD[target.kind]
    if _called(found) not in held:
        raise ExpressionRefused(
            f"the expression gives {_called(found)}, and {target.native} holds {' or '.join(held)}",
            "Change the expression; CAST(... AS ...) changes a type.",
        )


def _called(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return _NUMBER
    names = {
        pl.String: _TEXT,
        pl.Boolean: "true or false",
        pl.Date: _DATE,
        pl.Time: "a time of day",
        pl.Datetime: _MOMENT,
        pl.Binary: "bytes",
        pl.Duration: "a span of time",
    }
    return names.get(dtype.base_type(), str(dtype))


def _assigned(values: pl.Series, target: DataType) -> pl.Series:
    """The values as the column holds them, converted as a database converts what is assigned to a column."""
    dtype = polars_type(target)
    if values.dtype.is_numeric():
        if values.dtype.is_float():
            values = values.zip_with(values.is_finite(), pl.Series(values.name, [None], values.dtype))
        places = 0 if target.kind is Kind.INTEGER else target.scale
        if places is not None and places >= 0 and not values.dtype.is_integer() and target.kind is not Kind.FLOAT:
            values = values.round(places)
    if isinstance(dtype, pl.Datetime):
        moments = values if isinstance(values.dtype, pl.Datetime) else values.cast(pl.Datetime("us"))
        zone = moments.dtype.time_zone if isinstance(moments.dtype, pl.Datetime) else None
        in_utc = moments.dt.convert_time_zone("UTC") if zone else moments.dt.replace_time_zone("UTC")
        values = in_utc if dtype.time_zone else in_utc.dt.replace_time_zone(None)
    return values.cast(dtype)
