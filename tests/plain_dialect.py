"""A dialect that no room knows: SQLAlchemy's own of SQLite under another name."""

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

NAME = "plainsql"


class PlainDialect(SQLiteDialect_pysqlite):
    """As the databases are that have no family here: known by what SQLAlchemy knows only."""

    name = NAME
    supports_statement_cache = True


registry.register(NAME, __name__, "PlainDialect")


def plain_url(path: object) -> str:
    return f"{NAME}:///{path}"
