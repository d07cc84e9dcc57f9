"""The publisher for a target's database family."""

import sqlalchemy

from synth_assets.catalog.mariadb import FAMILY
from synth_assets.publish.generic import GenericPublisher
from synth_assets.publish.postgres import PostgresPublisher
from synth_assets.publish.protocol import Publisher
from synth_assets.publish.sqlite import SqlitePublisher


def open_publisher(target: str, url: str, *, namespace: str | None, create: bool = False) -> Publisher:
    """Connect to a target.

    Args:
        create: Whether a SQLite or DuckDB file that does not exist is made.

    Raises:
        synth_assets.catalog.errors.DatabaseError: it cannot be connected to.
    """
    family = sqlalchemy.make_url(url).drivername.partition("+")[0]
    if family == "sqlite":
        return SqlitePublisher(url, create=create)
    if family in ("postgresql", "postgres"):
        return PostgresPublisher(url, namespace=namespace)
    if family in FAMILY:
        # The drivers of these families are of extras: only their targets need them.
        from synth_assets.publish.mariadb import MariadbPublisher

        return MariadbPublisher(target, url, namespace=namespace)
    if family == "duckdb":
        from synth_assets.publish.duckdb import DuckdbPublisher

        return DuckdbPublisher(target, url, namespace=namespace, create=create)
    return GenericPublisher(target, url, namespace=namespace)
