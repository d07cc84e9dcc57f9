"""Marker and ledger in a database of any dialect: tables beside the target's own."""

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy
from sqlalchemy import types

from synth_assets.catalog.model import Catalog
from synth_assets.catalog.ownership import MARKER_TABLE
from synth_assets.publish.ledger import COLUMNS, SHAPE_TABLE, LedgerEntry
from synth_assets.publish.ledger import SQLITE_TABLE as LEDGER_TABLE
from synth_assets.publish.marker import Marker

_TEXT = 255


class GenericLedger:
    """The tables of one schema.

    Attributes:
        marker: One row. Its random mark tells by which name so ever the database was reached; its count of swaps is
            what publications that swap at the same time wait for.
        entries: A row for every publication and rollback.
        shapes: What publications have made, by fingerprint.
    """

    def __init__(self, namespace: str | None) -> None:
        self._metadata = sqlalchemy.MetaData(schema=namespace)
        self.marker = sqlalchemy.Table(
            MARKER_TABLE,
            self._metadata,
            sqlalchemy.Column("mark", types.String(32), nullable=False),
            sqlalchemy.Column("target", types.String(_TEXT), nullable=False),
            sqlalchemy.Column("environment", types.String(_TEXT), nullable=False),
            sqlalchemy.Column("authorized_at", types.String(_TEXT), nullable=False),
            sqlalchemy.Column("replace_existing", types.Integer(), nullable=False),
            sqlalchemy.Column("swaps", types.Integer(), nullable=False),
        )
        self.entries = sqlalchemy.Table(
            LEDGER_TABLE,
            self._metadata,
            sqlalchemy.Column("id", types.Integer(), primary_key=True, autoincrement=False),
            *(
                sqlalchemy.Column(name, types.Text() if name == "counts" else types.String(_TEXT), nullable=True)
                for name in COLUMNS
            ),
        )

        self.shapes = sqlalchemy.Table(
            SHAPE_TABLE,
            self._metadata,
            sqlalchemy.Column("fingerprint", types.String(64), primary_key=True),
            sqlalchemy.Column("catalog", types.Text(), nullable=False),
        )

    def mark(self, connection: sqlalchemy.Connection, marker: Marker) -> None:
        """Make the tables, then replace the mark: in some databases a table can be used after a commit only."""
        self._metadata.create_all(connection)
        connection.commit()
        connection.execute(self.marker.delete())
        connection.execute(
            self.marker.insert().values(
                mark=secrets.token_hex(16),
                target=marker.target,
                environment=marker.environment,
                authorized_at=marker.authorized_at.isoformat(),
                replace_existing=int(marker.replace_existing),
                swaps=0,
            )
        )
        connection.commit()

    def read_marker(self, connection: sqlalchemy.Connection) -> Marker | None:
        if not sqlalchemy.inspect(connection).has_table(self.marker.name, self.marker.schema):
            return None
        found = connection.execute(self.marker.select()).mappings().first()
        if found is None:
            return None
        return Marker(
            target=found["target"],
            environment=found["environment"],
            authorized_at=datetime.fromisoformat(found["authorized_at"]),
            replace_existing=bool(found["replace_existing"]),
        )

    def hold(self, connection: sqlalchemy.Connection) -> bool:
        """Begin the transaction of a swap: others that swap wait for its end. False if there is no mark."""
        swaps = self.marker.c.swaps
        return connection.execute(self.marker.update().values(swaps=swaps + 1)).rowcount == 1

    def read(self, connection: sqlalchemy.Connection) -> Sequence[LedgerEntry]:
        """All entries, newest first."""
        if not sqlalchemy.inspect(connection).has_table(self.entries.name, self.entries.schema):
            return ()
        found = connection.execute(self.entries.select().order_by(self.entries.c.id.desc())).mappings()
        return [
            # Some databases take an empty text for NULL.
            LedgerEntry.of_texts({name: row[name] for name in COLUMNS} | {"namespace": row["namespace"] or ""})
            for row in found
        ]

    def write(self, connection: sqlalchemy.Connection, entry: LedgerEntry) -> None:
        """Add an entry inside the transaction that makes it true."""
        highest = connection.execute(sqlalchemy.select(sqlalchemy.func.max(self.entries.c.id))).scalar()
        values = entry.as_texts() | {"id": (highest or 0) + 1}
        connection.execute(self.entries.insert().values(**values))

    def write_shape(self, connection: sqlalchemy.Connection, shape: Catalog) -> None:
        """Add what a publication makes, unless it is there: an entry may then name its fingerprint."""
        if self.read_shape(connection, shape.fingerprint) is None:
            values = {"fingerprint": shape.fingerprint, "catalog": shape.model_dump_json()}
            connection.execute(self.shapes.insert().values(**values))

    def read_shape(self, connection: sqlalchemy.Connection, fingerprint: str) -> Catalog | None:
        query = sqlalchemy.select(self.shapes.c.catalog).where(self.shapes.c.fingerprint == fingerprint)
        found = connection.execute(query).scalar()
        return None if found is None else Catalog.model_validate_json(found)
