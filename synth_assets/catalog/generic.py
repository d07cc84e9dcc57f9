"""The catalog of any other database, by SQLAlchemy's inspector alone."""

from typing import Any

import sqlalchemy
from sqlalchemy import types
from sqlalchemy.engine import interfaces, reflection

from synth_assets.catalog.connection import location
from synth_assets.catalog.errors import NamespaceMissing
from synth_assets.catalog.model import Catalog, Check, Column, DataType, ForeignKey, Index, Key, Kind, Table
from synth_assets.catalog.ownership import is_own_table
from synth_assets.catalog.schemas import schema_names

# The first that fits decides.
KINDS: tuple[tuple[type[types.TypeEngine[Any]], Kind], ...] = (
    (types.Enum, Kind.ENUM),
    (types.Uuid, Kind.UUID),
    (types.JSON, Kind.JSON),
    (types.ARRAY, Kind.ARRAY),
    (types.Boolean, Kind.BOOLEAN),
    (types.Integer, Kind.INTEGER),
    (types.Float, Kind.FLOAT),
    (types.Numeric, Kind.DECIMAL),
    (types.DateTime, Kind.DATETIME),
    (types.Date, Kind.DATE),
    (types.Time, Kind.TIME),
    (types.String, Kind.TEXT),
    (types.LargeBinary, Kind.BINARY),
    (types._Binary, Kind.BINARY),  # noqa: SLF001  # the public name of BINARY and VARBINARY's base does not exist
)
# By a type's spelling: dialects have classes of their own, which share no base that tells the size. Others may be of
# any size: 64 hold what the rows can be.
BITS = {"TINYINT": 8, "SMALLINT": 16, "MEDIUMINT": 32, "INTEGER": 32, "INT": 32}
INTEGER_BITS = 64
# A REAL has 32 bits in some databases and 64 in others; 64 hold both.
FLOAT_BITS = 64


def reflect_generic(connection: sqlalchemy.Connection, namespace: str | None) -> Catalog:
    """All tables of one schema, as far as SQLAlchemy's inspector of that dialect tells.

    Raises:
        NamespaceMissing: no such schema.
    """
    inspector = sqlalchemy.inspect(connection)
    if namespace is not None and namespace not in schema_names(inspector):
        where = location(connection.engine.url)
        raise NamespaceMissing(
            f"{where} has no schema {namespace!r}",
            location=where,
            next_step="Correct its name in the settings of the database.",
        )
    names = sorted(name for name in inspector.get_table_names(namespace) if not is_own_table(name))
    return Catalog(
        dialect=connection.dialect.name,
        namespace=namespace or inspector.default_schema_name,
        tables=tuple(_table(inspector, name, namespace, known=frozenset(names)) for name in names),
    )


def _table(inspector: reflection.Inspector, name: str, namespace: str | None, *, known: frozenset[str]) -> Table:
    dialect = inspector.dialect
    key = inspector.get_pk_constraint(name, namespace)
    key_columns = tuple(key["constrained_columns"])
    columns = inspector.get_columns(name, namespace)
    unique = inspector.get_unique_constraints(name, namespace)
    mirrored = {row["name"] for row in unique}
    return Table(
        name=name,
        columns=tuple(_column(row, dialect, is_key=(row["name"],) == key_columns) for row in columns),
        primary_key=Key(name=key.get("name"), columns=key_columns) if key_columns else None,
        unique_keys=tuple(Key(name=row["name"], columns=tuple(row["column_names"])) for row in unique),
        foreign_keys=tuple(
            _foreign_key(row)
            for row in inspector.get_foreign_keys(name, namespace)
            if row["referred_table"] in known and row["referred_schema"] in (None, namespace)
        ),
        checks=_checks(inspector, name, namespace),
        # MySQL's unique constraints are its unique indexes.
        indexes=tuple(_index(row) for row in inspector.get_indexes(name, namespace) if row["name"] not in mirrored),
        comment=_comment(inspector, name, namespace),
    )


def _column(row: interfaces.ReflectedColumn, dialect: interfaces.Dialect, *, is_key: bool) -> Column:
    computed, identity = row.get("computed"), row.get("identity")
    kind = None
    if identity is not None:
        kind = "always" if identity.get("always") else "by default"
    elif is_key and row.get("autoincrement") is True:
        kind = "autoincrement"
    return Column(
        name=row["name"],
        type=data_type(row["type"], dialect),
        nullable=row["nullable"],
        default=None if computed else row["default"],
        identity=kind,
        generated=computed["sqltext"] if computed else None,
        generated_stored=bool(computed.get("persisted", True)) if computed else True,
        collation=getattr(row["type"], "collation", None),
        comment=row.get("comment"),
    )


def data_type(found: types.TypeEngine[Any], dialect: interfaces.Dialect) -> DataType:
    """The type of a column from SQLAlchemy's."""
    name = type(found).__name__.upper()
    # The dialects' own intervals share no public base.
    other = Kind.INTERVAL if name == "INTERVAL" else Kind.OTHER
    kind = next((kind for base, kind in KINDS if isinstance(found, base)), other)
    native = _native(found, dialect)
    sized = {
        Kind.INTEGER: BITS.get(native.upper().partition("(")[0].split(" ")[0], INTEGER_BITS),
        Kind.FLOAT: FLOAT_BITS,
    }
    element = getattr(found, "item_type", None)
    return DataType(
        kind=kind,
        native=native,
        length=getattr(found, "length", None) if kind in (Kind.TEXT, Kind.BINARY) else None,
        bits=sized.get(kind),
        unsigned=bool(getattr(found, "unsigned", False)),
        precision=getattr(found, "precision", None) if kind is Kind.DECIMAL else None,
        scale=getattr(found, "scale", None) if kind is Kind.DECIMAL else None,
        timezone=bool(getattr(found, "timezone", False)),
        labels=tuple(getattr(found, "enums", ())) if kind is Kind.ENUM else (),
        element=data_type(element, dialect) if kind is Kind.ARRAY and element is not None else None,
    )


def _native(found: types.TypeEngine[Any], dialect: interfaces.Dialect) -> str:
    # A type that the dialect does not know has no spelling.
    return "" if isinstance(found, types.NullType) else found.compile(dialect)


def _foreign_key(row: interfaces.ReflectedForeignKeyConstraint) -> ForeignKey:
    options = row.get("options", {})
    on_delete, on_update = options.get("ondelete"), options.get("onupdate")
    return ForeignKey(
        name=row["name"],
        columns=tuple(row["constrained_columns"]),
        parent=row["referred_table"],
        parent_columns=tuple(row["referred_columns"]),
        on_delete=None if on_delete == "NO ACTION" else on_delete,
        on_update=None if on_update == "NO ACTION" else on_update,
        deferrable=bool(options.get("deferrable")),
        initially_deferred=options.get("initially") == "DEFERRED",
    )


def _index(row: interfaces.ReflectedIndex) -> Index:
    columns = tuple(name for name in row["column_names"] if name is not None)
    return Index(
        name=row["name"],
        columns=columns if len(columns) == len(row["column_names"]) else (),
        unique=bool(row["unique"]),
    )


def _checks(inspector: reflection.Inspector, name: str, namespace: str | None) -> tuple[Check, ...]:
    try:
        found = inspector.get_check_constraints(name, namespace)
    except NotImplementedError:
        return ()
    return tuple(Check(name=row["name"], expression=row["sqltext"]) for row in found)


def _comment(inspector: reflection.Inspector, name: str, namespace: str | None) -> str | None:
    try:
        return inspector.get_table_comment(name, namespace)["text"]
    except NotImplementedError:
        return None
