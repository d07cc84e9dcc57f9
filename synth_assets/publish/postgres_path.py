"""The search path: definitions are read with some schemas in it, and mean what stands in others when they are run.

PostgreSQL prints a name without its schema where the search path finds it. So a definition that is read with the live
schema in the path means the staged tables wherever these are looked up first.
"""

from collections.abc import Iterable

from synth_assets.catalog.sql_text import quoted
from synth_assets.publish.postgres_connection import PostgresConnection


def look_in(connection: PostgresConnection, schemas: Iterable[str], *, step: str) -> None:
    """Look names up in these schemas, in this order, for the rest of the transaction."""
    path = ", ".join(map(quoted, dict.fromkeys(schemas)))
    connection.run(f"SET LOCAL search_path TO {path}", step=step)
