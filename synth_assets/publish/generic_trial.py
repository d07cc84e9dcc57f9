"""What a database of any dialect takes, found out with tables that are dropped at once."""

import contextlib
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import exc, types
from sqlalchemy.engine import interfaces

from synth_assets.catalog.model import Catalog
from synth_assets.catalog.ownership import OWN_PREFIX

TRIAL = f"{OWN_PREFIX}trial"
_TRIAL_ROWS = f"{TRIAL}_rows"
# SQLAlchemy's own name for it, which dialects may spell otherwise, and the standard's.
_DOUBLES: tuple[types.TypeEngine[Any], ...] = (types.Double(), types.DOUBLE_PRECISION())


@dataclass(frozen=True)
class Abilities:
    """
    Attributes:
        double: Its type for floats.
        keeps_self_references: Whether it can exchange the rows of a table that refers to itself.
    """

    dialect: interfaces.Dialect
    double: types.TypeEngine[Any]
    keeps_self_references: bool


def abilities(connection: sqlalchemy.Connection, *, namespace: str | None, catalog: Catalog) -> Abilities:
    """What a target can do of what a catalog asks for.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The connection is lost, or its user cannot drop what it made.
    """
    refers_to_itself = any(key.parent == table.name for table in catalog.tables for key in table.foreign_keys)
    return Abilities(
        dialect=connection.dialect,
        double=_double_type(connection, namespace),
        keeps_self_references=refers_to_itself and _compares_whole_statements(connection, namespace),
    )


def is_trial(name: str) -> bool:
    """Whether a table is one that was tried with, and is left over."""
    return name.lower() in (TRIAL, _TRIAL_ROWS)


def trial_table(namespace: str | None, *columns: sqlalchemy.Column[Any]) -> sqlalchemy.Table:
    return sqlalchemy.Table(TRIAL, sqlalchemy.MetaData(schema=namespace), *columns)


def _double_type(connection: sqlalchemy.Connection, namespace: str | None) -> types.TypeEngine[Any]:
    """The first type for floats of 64 bits of which the database makes a column."""
    for double in _DOUBLES:
        trial = trial_table(namespace, sqlalchemy.Column("x", double))
        try:
            trial.create(connection)
            connection.commit()
        except exc.SQLAlchemyError:
            with contextlib.suppress(exc.SQLAlchemyError):
                connection.rollback()
            continue
        trial.drop(connection)
        connection.commit()
        return double
    # Its user cannot make tables: the preflight says so.
    return _DOUBLES[0]


def _compares_whole_statements(connection: sqlalchemy.Connection, namespace: str | None) -> bool:
    """Whether rows may refer to rows that the same statement inserts or deletes, as the SQL standard has it.

    Other databases compare each row with what is there at its turn: a table that refers to itself can then not be
    filled or emptied by one statement.
    """
    metadata = sqlalchemy.MetaData(schema=namespace)
    number = types.Integer()
    rows = sqlalchemy.Table(_TRIAL_ROWS, metadata, sqlalchemy.Column("id", number), sqlalchemy.Column("above", number))
    own = sqlalchemy.Column("id", number, primary_key=True, autoincrement=False)
    tree = sqlalchemy.Table(TRIAL, metadata, own, sqlalchemy.Column("above", number, sqlalchemy.ForeignKey(own)))
    metadata.create_all(connection)
    connection.commit()
    try:
        connection.execute(rows.insert(), [{"id": 1, "above": 2}, {"id": 2, "above": None}, {"id": 3, "above": 2}])
        connection.execute(tree.insert().from_select(["id", "above"], sqlalchemy.select(rows).order_by(rows.c.id)))
        connection.execute(tree.delete())
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        return False
    finally:
        if not connection.invalidated:
            connection.rollback()
            metadata.drop_all(connection)
            connection.commit()
    return True
