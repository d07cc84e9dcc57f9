"""The schemas of a database of any dialect."""

from sqlalchemy.engine import reflection


def schema_names(inspector: reflection.Inspector) -> list[str | None]:
    """Every schema's name; of a database that has none, None alone: what its tables are looked up by."""
    try:
        return [*inspector.get_schema_names()]
    except NotImplementedError:
        return [None]
