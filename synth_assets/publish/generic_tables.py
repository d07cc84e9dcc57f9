"""The tables of a dataset in a database of any dialect, as SQLAlchemy defines them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import sqlalchemy
from sqlalchemy import exc, schema, types
from sqlalchemy.engine import interfaces

from synth_assets.catalog.check_text import in_sqlite
from synth_assets.catalog.frames import MOST_DECIMAL_DIGITS
from synth_assets.catalog.graph import loading_order
from synth_assets.catalog.model import Catalog, Column, DataType, Kind, Table
from synth_assets.publish.defaults import portable_default
from synth_assets.publish.finding import Finding
from synth_assets.publish.generic_trial import Abilities

_OTHER_FAMILY = "Leave the table out (mode: exclude) or publish into the source's own family."
# What indexes of most databases take, with others beside it, at four bytes a character.
_MOST_KEY_CHARACTERS = 255
_PLAIN: Mapping[Kind, Callable[[DataType], types.TypeEngine[Any]]] = {
    Kind.BOOLEAN: lambda _: types.Boolean(),
    Kind.UUID: lambda _: types.Uuid(as_uuid=False),
    Kind.DATE: lambda _: types.Date(),
    Kind.TIME: lambda found: types.String(64) if found.timezone else types.Time(),
    Kind.DATETIME: lambda found: types.DateTime(timezone=found.timezone),
    Kind.INTERVAL: lambda _: types.String(255),
    Kind.BINARY: lambda _: _Binary(),
}


class _Binary(types.TypeDecorator[bytes]):
    """Bytes that may be NULL: some dialects convert what is bound to them without asking."""

    impl = types.LargeBinary
    cache_ok = True

    def bind_processor(self, dialect: interfaces.Dialect) -> Any:
        return _but_null(super().bind_processor(dialect))


class NativeType(types.UserDefinedType[Any]):
    """A type that stays as its database spells it, and takes values as SQLAlchemy's own type of that kind does."""

    cache_ok = True

    def __init__(self, spelling: str, plain: types.TypeEngine[Any]) -> None:
        self.spelling = spelling
        self.plain = plain

    def get_col_spec(self, **_: object) -> str:
        return self.spelling

    def bind_processor(self, dialect: interfaces.Dialect) -> Any:
        return _but_null(self.plain.dialect_impl(dialect).bind_processor(dialect))

    def get_dbapi_type(self, dbapi: Any) -> Any:
        return self.plain.get_dbapi_type(dbapi)

    def result_processor(self, dialect: interfaces.Dialect, coltype: object) -> Any:
        return self.plain.dialect_impl(dialect).result_processor(dialect, coltype)


def _but_null(process: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    return None if process is None else lambda value: None if value is None else process(value)


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
    catalog: Catalog, *, target: Abilities, namespace: str | None, frames: Mapping[str, pl.Schema]
) -> GenericDefinition:
    """Render a catalog of published tables and keys.

    Keys and checks get the names that the database makes: those of the source may be such, and then be taken here.

    Args:
        frames: The types that the rows have.
    """
    result = GenericDefinition(sqlalchemy.MetaData(schema=namespace))
    keys = {table.name: table.foreign_keys for table in catalog.tables}
    for name in loading_order(catalog.table_names, keys):
        _add(result, catalog.table(name), source=catalog.dialect, target=target, frame=frames[name])
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


def plain_type(
    found: DataType, held: pl.DataType | None, *, double: types.TypeEngine[Any], is_key: bool = False
) -> types.TypeEngine[Any] | None:
    """SQLAlchemy's type for a column; None if numbers have more digits than can be promised.

    Args:
        double: The target's for floats.
        is_key: Whether a key or an index holds it: few databases take texts of any length there.
    """
    text = types.String(_MOST_KEY_CHARACTERS) if is_key else types.Text()
    match found.kind:
        case Kind.INTEGER:
            bits = (found.bits or 64) * (2 if found.unsigned else 1)
            if bits > 64:
                return types.Numeric(20, 0)
            return types.SmallInteger() if bits <= 16 else types.Integer() if bits <= 32 else types.BigInteger()
        case Kind.DECIMAL if isinstance(held, pl.Decimal):
            return types.Numeric(held.precision, held.scale)
        case Kind.DECIMAL if held is not None and held.is_numeric():
            return double if held.is_float() else types.BigInteger()
        case Kind.DECIMAL:
            fits = found.precision is not None and found.precision <= MOST_DECIMAL_DIGITS
            return types.Numeric(found.precision, found.scale) if fits and held != pl.String else None
        case Kind.FLOAT:
            return double
        case Kind.TEXT:
            return types.String(found.length) if found.length else text
        case Kind.ENUM if found.labels:
            return types.String(max(map(len, found.labels)))
        case kind:
            return _PLAIN[kind](found) if kind in _PLAIN else text


def _add(result: GenericDefinition, table: Table, *, source: str, target: Abilities, frame: pl.Schema) -> None:
    dialect = target.dialect
    native = source == dialect.name
    in_keys = _in_keys(table)

    def note(what: str) -> None:
        result.notes.append(f"{table.name}: {what} is left out.")

    made = sqlalchemy.Table(table.name, result.metadata)
    for column in table.columns:
        plain = plain_type(column.type, frame.get(column.name), double=target.double, is_key=column.name in in_keys)
        if plain is None and column.generated is not None:
            plain = types.Numeric()
        if plain is None:
            result.findings.append(
                Finding(
                    table=table.name,
                    column=column.name,
                    problem=f"its type {column.type.native} has no counterpart in {dialect.name}.",
                    remedy=_OTHER_FAMILY,
                )
            )
            continue
        made.append_column(_column(column, plain, native=native, dialect=dialect, note=note))
    if table.primary_key is not None:
        made.append_constraint(sqlalchemy.PrimaryKeyConstraint(*table.primary_key.columns))
    for key in table.unique_keys:
        made.append_constraint(sqlalchemy.UniqueConstraint(*key.columns))
    for reference in table.foreign_keys:
        if reference.parent != table.name and reference.parent not in result.tables:
            note(f"the foreign key to {reference.parent} ({', '.join(reference.columns)}), which closes a circle,")
            continue
        if reference.parent == table.name and not target.keeps_self_references:
            note(
                f"the foreign key to the table itself ({', '.join(reference.columns)}), which this database compares "
                "row by row as they come,"
            )
            continue
        parent = made if reference.parent == table.name else result.tables[reference.parent]
        made.append_constraint(
            sqlalchemy.ForeignKeyConstraint(
                reference.columns,
                [parent.c[name] for name in reference.parent_columns],
                ondelete=_action(reference.on_delete, native=native),
                onupdate=_action(reference.on_update, native=native),
            )
        )
    for check in table.checks:
        if native:
            made.append_constraint(sqlalchemy.CheckConstraint(sqlalchemy.text(_unbound(check.expression))))
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
    column: Column,
    plain: types.TypeEngine[Any],
    *,
    native: bool,
    dialect: interfaces.Dialect,
    note: Callable[[str], None],
) -> sqlalchemy.Column[Any]:
    kind = NativeType(column.type.native, plain) if native and column.type.native else plain
    extra: list[sqlalchemy.Computed] = []
    if column.generated is not None:
        expression = column.generated if native else in_sqlite(column.generated)
        extra.append(_computed(_unbound(expression), column.generated_stored, dialect))
    default = column.default
    if default is not None and not native:
        default = portable_default(default, column.type, has_booleans=dialect.supports_native_boolean)
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


def _action(said: str | None, *, native: bool) -> str | None:
    # What every database does that is told nothing; few know the word.
    return None if said == "RESTRICT" and not native else said


def _in_keys(table: Table) -> frozenset[str]:
    keys = (table.primary_key,) if table.primary_key else ()
    held = (*keys, *table.unique_keys, *table.foreign_keys, *table.indexes)
    return frozenset(column for one in held for column in one.columns)


def _computed(expression: str, stored: bool, dialect: interfaces.Dialect) -> sqlalchemy.Computed:
    """Stored or not as the source's is, where the database knows the difference."""
    for persisted in (stored, None):
        computed = sqlalchemy.Computed(sqlalchemy.text(expression), persisted)
        column = sqlalchemy.Column("tried", types.Integer(), computed)
        try:
            schema.CreateTable(sqlalchemy.Table("tried", sqlalchemy.MetaData(), column)).compile(dialect=dialect)
        except exc.CompileError:
            continue
        break
    return sqlalchemy.Computed(sqlalchemy.text(expression), persisted)


def _unbound(expression: str) -> str:
    """An expression in which SQLAlchemy finds no parameters."""
    return expression.replace(":", "\\:")
