"""The tables of a dataset in a database of any dialect, as SQLAlchemy defines them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import sqlalchemy
from sqlalchemy import types
from sqlalchemy.engine import interfaces

from synth_assets.catalog.check_text import in_sqlite
from synth_assets.catalog.frames import MOST_DECIMAL_DIGITS
from synth_assets.catalog.graph import loading_order
from synth_assets.catalog.model import Catalog, Column, DataType, Kind, Table
from synth_assets.publish.defaults import portable_default
from synth_assets.publish.finding import Finding

_OTHER_FAMILY = "Leave the table out (mode: exclude) or publish into the source's own family."
_PLAIN: Mapping[Kind, Callable[[DataType], types.TypeEngine[Any]]] = {
    Kind.FLOAT: lambda _: types.Double(),
    Kind.BOOLEAN: lambda _: types.Boolean(),
    Kind.UUID: lambda _: types.Uuid(as_uuid=False),
    Kind.DATE: lambda _: types.Date(),
    Kind.TIME: lambda found: types.String(64) if found.timezone else types.Time(),
    Kind.DATETIME: lambda found: types.DateTime(timezone=found.timezone),
    Kind.INTERVAL: lambda _: types.String(255),
    Kind.BINARY: lambda _: types.LargeBinary(),
}


class NativeType(types.UserDefinedType[Any]):
    """A type that stays as its database spells it, and takes values as SQLAlchemy's own type of that kind does."""

    cache_ok = True

    def __init__(self, spelling: str, plain: types.TypeEngine[Any]) -> None:
        self.spelling = spelling
        self.plain = plain

    def get_col_spec(self, **_: object) -> str:
        return self.spelling

    def bind_processor(self, dialect: interfaces.Dialect) -> Any:
        return self.plain.dialect_impl(dialect).bind_processor(dialect)

    def result_processor(self, dialect: interfaces.Dialect, coltype: object) -> Any:
        return self.plain.dialect_impl(dialect).result_processor(dialect, coltype)


@dataclass
class GenericDefinition:
    """
    Attributes:
        tables: Parents before children; only columns that hold values of their own are written.
        notes: What is left out, for people.
    """

    metadata: sqlalchemy.MetaData
    tables: dict[str, sqlalchemy.Table] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def define(
    catalog: Catalog, *, dialect: str, namespace: str | None, frames: Mapping[str, pl.Schema]
) -> GenericDefinition:
    """Render a catalog of published tables and keys.

    Args:
        dialect: The target's.
        frames: The types that the rows have.
    """
    result = GenericDefinition(sqlalchemy.MetaData(schema=namespace))
    keys = {table.name: table.foreign_keys for table in catalog.tables}
    for name in loading_order(catalog.table_names, keys):
        _add(result, catalog.table(name), source=catalog.dialect, target=dialect, frame=frames[name])
    return result


def bare(table: sqlalchemy.Table, name: str) -> sqlalchemy.Table:
    """A table of the same columns under another name, without keys and defaults."""
    columns: list[sqlalchemy.Column[Any]] = [
        sqlalchemy.Column(column.name, column.type, nullable=True, primary_key=False) for column in written(table)
    ]
    return sqlalchemy.Table(name, sqlalchemy.MetaData(schema=table.schema), *columns)


def written(table: sqlalchemy.Table) -> list[sqlalchemy.Column[Any]]:
    """The columns that hold values of their own."""
    return [column for column in table.columns if column.computed is None]


def plain_type(found: DataType, held: pl.DataType | None) -> types.TypeEngine[Any] | None:
    """SQLAlchemy's type for a column; None if numbers have more digits than can be promised."""
    match found.kind:
        case Kind.INTEGER:
            bits = (found.bits or 64) * (2 if found.unsigned else 1)
            if bits > 64:
                return types.Numeric(20, 0)
            return types.SmallInteger() if bits <= 16 else types.Integer() if bits <= 32 else types.BigInteger()
        case Kind.DECIMAL if isinstance(held, pl.Decimal):
            return types.Numeric(held.precision, held.scale)
        case Kind.DECIMAL if held is not None and held.is_numeric():
            return types.Double() if held.is_float() else types.BigInteger()
        case Kind.DECIMAL:
            fits = found.precision is not None and found.precision <= MOST_DECIMAL_DIGITS
            return types.Numeric(found.precision, found.scale) if fits and held != pl.String else None
        case Kind.TEXT:
            return types.String(found.length) if found.length else types.Text()
        case Kind.ENUM if found.labels:
            return types.String(max(map(len, found.labels)))
        case kind:
            return _PLAIN[kind](found) if kind in _PLAIN else types.Text()


def _add(result: GenericDefinition, table: Table, *, source: str, target: str, frame: pl.Schema) -> None:
    native = source == target

    def note(what: str) -> None:
        result.notes.append(f"{table.name}: {what} is left out.")

    made = sqlalchemy.Table(table.name, result.metadata)
    for column in table.columns:
        plain = plain_type(column.type, frame.get(column.name))
        if plain is None and column.generated is not None:
            plain = types.Numeric()
        if plain is None:
            result.findings.append(
                Finding(
                    table=table.name,
                    column=column.name,
                    problem=f"its type {column.type.native} has no counterpart in {target}.",
                    remedy=_OTHER_FAMILY,
                )
            )
            continue
        made.append_column(_column(column, plain, native=native, dialect=target, note=note))
    if table.primary_key is not None:
        made.append_constraint(sqlalchemy.PrimaryKeyConstraint(*table.primary_key.columns))
    for key in table.unique_keys:
        made.append_constraint(sqlalchemy.UniqueConstraint(*key.columns, name=key.name))
    for reference in table.foreign_keys:
        if reference.parent != table.name and reference.parent not in result.tables:
            note(f"the foreign key to {reference.parent} ({', '.join(reference.columns)}), which closes a circle,")
            continue
        parent = made if reference.parent == table.name else result.tables[reference.parent]
        made.append_constraint(
            sqlalchemy.ForeignKeyConstraint(
                reference.columns,
                [parent.c[name] for name in reference.parent_columns],
                name=reference.name,
                ondelete=reference.on_delete,
                onupdate=reference.on_update,
            )
        )
    for check in table.checks:
        if native:
            made.append_constraint(sqlalchemy.CheckConstraint(sqlalchemy.text(_unbound(check.expression)), check.name))
        else:
            note(f"check {check.name or ''}".strip())
    for index in table.indexes:
        if not index.columns or index.where:
            note(f"index {index.name or ''}".strip())
            continue
        name = index.name or f"{table.name}_{'_'.join(index.columns)}_index"
        sqlalchemy.Index(name, *(made.c[column] for column in index.columns), unique=index.unique)
    result.tables[table.name] = made


def _column(
    column: Column, plain: types.TypeEngine[Any], *, native: bool, dialect: str, note: Callable[[str], None]
) -> sqlalchemy.Column[Any]:
    kind = NativeType(column.type.native, plain) if native and column.type.native else plain
    extra: list[sqlalchemy.Computed] = []
    if column.generated is not None:
        expression = column.generated if native else in_sqlite(column.generated)
        extra.append(sqlalchemy.Computed(sqlalchemy.text(_unbound(expression)), column.generated_stored))
    default = column.default
    if default is not None and not native:
        default = portable_default(default, column.type, dialect=dialect)
    if column.identity is not None or (column.default is not None and default is None):
        note(f"{'the numbering' if column.identity else 'the default'} of column {column.name}")
    return sqlalchemy.Column(
        column.name,
        kind,
        *extra,
        nullable=column.nullable,
        autoincrement=False,
        server_default=None if default is None else sqlalchemy.text(_unbound(default)),
    )


def _unbound(expression: str) -> str:
    """An expression in which SQLAlchemy finds no parameters."""
    return expression.replace(":", "\\:")
