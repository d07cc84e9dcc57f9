"""Types of the target's schema that the new tables go on using, as the dataset defines them alike.

Whatever else is of such a type (views, functions, columns of other tables) keeps it, and the kept refresh does, too.
"""

from synth_assets.catalog.model import Catalog
from synth_assets.catalog.postgres_types import PostgresTypes
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_ddl import DIALECT, own_types
from synth_assets.publish.postgres_path import look_in

_THERE = """
SELECT t.oid, format_type(t.oid, NULL) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname = %s AND (t.typtype IN ('d', 'e') OR t.typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))
"""


def types_alike(connection: PostgresConnection, schema: str, catalog: Catalog, *, step: str) -> frozenset[str]:
    """Names of the catalog's enums, domains and composite types that stand in the schema with the same definition."""
    wanted = {data_type.native: data_type for data_type in own_types(catalog)}
    if catalog.dialect != DIALECT or not wanted:
        return frozenset()
    # Rolled back, so that the search path is what it was, within a transaction, too.
    with connection.trial():
        look_in(connection, [schema], step=step)
        types = PostgresTypes(connection.sqlalchemy_connection)
        there = connection.rows(_THERE, [schema], step=step)
    found = {native: types.data_type(oid, -1, native) for oid, native in there if native in wanted}
    return frozenset(native for native, data_type in found.items() if data_type == wanted[native])
