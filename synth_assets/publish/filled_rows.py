"""Rows on their way into a table that has columns of its own: filled by constant, derive or null, as the plan says."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from pydantic import JsonValue

from synth_assets.catalog.frames import frame_schema, polars_type, read_as
from synth_assets.catalog.model import Column, Table
from synth_assets.plan.columns import ColumnSettings
from synth_assets.plan.constants import ConstantDoesNotFit, constant_for
from synth_assets.plan.nearest import hint
from synth_assets.plan.resolved import Treatment
from synth_assets.plan.row_expressions import ExpressionRefused, compute, inputs_of
from synth_assets.publish.errors import RowsRefused
from synth_assets.publish.request import Rows
from synth_assets.store.parquet import ROW_GROUP_ROWS


class FillRefused(ValueError):
    """What the plan names cannot fill the column.

    Attributes:
        problem: Why; a whole sentence, as `remedy` is.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem} {remedy}")


def check_fill(settings: ColumnSettings, column: Column, source: Table) -> None:
    """Nothing if the column can be filled so, for all that schemas tell.

    Args:
        source: The table with the columns that have values.

    Raises:
        FillRefused: It cannot.
    """
    match settings.treatment:
        case Treatment.CONSTANT:
            try:
                value = constant_for(settings.constant, column.type)
            except ConstantDoesNotFit as error:
                raise FillRefused(f"the constant does not fit: {error}.", "Correct it in the plan.") from None
            if _constant(value, column, 1).null_count():
                raise FillRefused(f"the constant is no {column.type.native}.", "Correct it in the plan.")
        case Treatment.DERIVE:
            _check_expression(str(settings.derive), column, source)
        case _ if not column.nullable:
            raise FillRefused("the column is NOT NULL there.", "Name a constant in the plan.")


class FilledRows:
    """The rows of one table, with columns that they lack."""

    def __init__(self, rows: Rows, *, source: Table, there: Table, fills: Mapping[str, ColumnSettings]) -> None:
        self.rows = rows.rows
        self.formats = rows.formats
        self.schema = pl.Schema(
            {**rows.schema, **{name: polars_type(there.column(name).type) for name in fills}},
        )
        self._held = rows
        self._source = source
        self._there = there
        self._fills = fills

    def batches(self, *, columns: Sequence[str] | None = None, rows: int = ROW_GROUP_ROWS) -> Iterator[pl.DataFrame]:
        """All rows, at most `rows` at a time; raises RowsRefused where an expression cannot be computed."""
        wanted = list(self.schema) if columns is None else list(columns)
        filled = [name for name in wanted if name in self._fills]
        read = [name for name in wanted if name not in self._fills]
        for name in filled:
            expression = self._fills[name].derive
            read += inputs_of(expression) if expression else ()
        held = list(dict.fromkeys(read)) or list(self._held.schema)[:1]
        for batch in self._held.batches(columns=held, rows=rows):
            made = [self._fill(name, batch) for name in filled]
            yield batch.with_columns(made).select(wanted)

    def _fill(self, name: str, batch: pl.DataFrame) -> pl.Series:
        settings, column = self._fills[name], self._there.column(name)
        if settings.derive is not None:
            return self._derived(settings.derive, column, batch)
        value = None if settings.constant is None else constant_for(settings.constant, column.type)
        return _constant(value, column, batch.height)

    def _derived(self, expression: str, column: Column, batch: pl.DataFrame) -> pl.Series:
        place = self._there.name, column.name
        try:
            values = compute(expression, batch, table=_with(self._source, column), column=column.name)
        except pl.exceptions.PolarsError:
            # The text of the error holds values of rows.
            raise RowsRefused(
                *place,
                "cannot be derived for every row: a value cannot be converted, or divides by 0",
                "Change the expression in the plan: TRY_CAST gives NULL where CAST fails, NULLIF(x, 0) where x is 0.",
            ) from None
        if values.null_count() and not column.nullable:
            raise RowsRefused(
                *place,
                "is NOT NULL, and its expression is NULL for some rows",
                "Change the expression in the plan: COALESCE names what stands for NULL.",
            )
        return values


def _check_expression(expression: str, column: Column, source: Table) -> None:
    try:
        for name in inputs_of(expression):
            if name not in source.column_names:
                raise FillRefused(
                    f"the expression reads {name!r}, and the source's rows have no such column.",
                    f"Correct the name in the plan{hint(name, source.column_names)}",
                )
        compute(expression, frame_schema(source).to_frame(), table=_with(source, column), column=column.name)
    except ExpressionRefused as error:
        raise FillRefused(f"{error.message}.", error.remedy) from None


def _with(source: Table, column: Column) -> Table:
    """The source's table and one column of the target's."""
    others = tuple(other for other in source.columns if other.name != column.name)
    return source.model_copy(update={"columns": (*others, column)})


def _constant(value: JsonValue, column: Column, rows: int) -> pl.Series:
    """The constant as often as there are rows; NULL where it is no value of the column's type."""
    dtype = polars_type(column.type)
    written = str(value) if isinstance(value, float | int) and dtype in (pl.Decimal, pl.String) else value
    one = pl.Series(column.name, [written])
    return read_as(one, dtype).new_from_index(0, rows)
