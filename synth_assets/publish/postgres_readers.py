"""Views, materialized views and functions of the tables: their definitions, to make them again over other tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from synth_assets.catalog.sql_text import quoted, tokens
from synth_assets.publish.postgres_connection import PostgresConnection
from synth_assets.publish.postgres_dependents import Reader
from synth_assets.publish.postgres_path import look_in
from synth_assets.publish.statement import Statement

# The text, whether all of it names objects, options, whether it is filled, and arguments.
_RELATIONS = """
SELECT c.oid, rtrim(pg_get_viewdef(c.oid), '; '), true, coalesce(array_to_string(c.reloptions, ', '), ''),
       c.relkind = 'm' AND c.relispopulated, '' FROM pg_class c WHERE c.oid = ANY (%s::oid[])
"""
_FUNCTIONS = """
SELECT p.oid, pg_get_functiondef(p.oid), to_jsonb(p) ->> 'prosqlbody' IS NOT NULL, '', false,
       '(' || pg_get_function_identity_arguments(p.oid) || ')' FROM pg_proc p WHERE p.oid = ANY (%s::oid[])
"""

# The schema in which a reader is made, by its own schema and its name.
Places = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Definition:
    """How a reader is made: with the live schema in the search path it means the tables that are looked up first.

    Attributes:
        text: A view's query, or the statement that makes a function.
        is_bound: The names in all of the text are bound to objects, which they are not in a body in quotes.
        options: What stands between a view's name and its query.
        filled: Whether a materialized view holds rows.
        arguments: Of a function, as they tell it from others of the name.
    """

    reader: Reader
    text: str
    is_bound: bool
    options: str
    filled: bool
    arguments: str

    @property
    def live_place(self) -> str:
        return self.place(self.reader.schema)

    def place(self, schema: str) -> str:
        """Its quoted name in a schema, for statements about it."""
        return f"{quoted(schema)}.{quoted(self.reader.name)}{self.arguments}"

    def made_in(self, places: Places) -> Statement:
        """Make it where `places` says; a materialized view without rows.

        Args:
            places: Where readers are made, by their own schema and name.
        """
        text = _moved(self.text, places, most=None if self.is_bound else 1)
        if not self.reader.is_relation:
            return self._statement(text)
        kind, rows = self.reader.kind.upper(), " WITH NO DATA" if self.reader.kind == "materialized view" else ""
        return self._statement(f"CREATE {kind} {self.place(places[self.reader.home])}{self._with} AS {text}{rows}")

    def in_place(self) -> Statement:
        """Make it look at the tables that stand in the live schema now."""
        if not self.reader.is_relation:
            return self._statement(self.text)
        return self._statement(f"CREATE OR REPLACE VIEW {self.live_place}{self._with} AS {self.text}")

    def dropped(self) -> Statement:
        return self._statement(f"DROP {self.reader.kind.upper()} {self.live_place}")

    def altered(self, schema: str, change: str) -> Statement:
        return self._statement(f"ALTER {self.reader.kind.upper()} {self.place(schema)} {change}")

    @property
    def _with(self) -> str:
        return f" WITH ({self.options})" if self.options else ""

    def _statement(self, sql: str) -> Statement:
        return Statement(sql, None, self.reader.label)


def reading_path(live: str, readers: Iterable[Reader]) -> list[str]:
    """What definitions of readers are read with, and run with behind the schema of the tables that they shall mean."""
    return list(dict.fromkeys([live, *sorted(reader.schema for reader in readers)]))


def definitions(
    connection: PostgresConnection, live: str, readers: Iterable[Reader], *, step: str
) -> tuple[Definition, ...]:
    """Definitions in the order of the readers. To be called in a transaction, whose search path it sets."""
    readers = tuple(readers)
    look_in(connection, reading_path(live, readers), step=step)
    found: dict[int, tuple[Any, ...]] = {}
    for query, of_relations in ((_RELATIONS, True), (_FUNCTIONS, False)):
        oids = [reader.oid for reader in readers if reader.is_relation == of_relations]
        found |= {row[0]: row[1:] for row in connection.rows(query, [oids], step=step)} if oids else {}
    return tuple(Definition(reader, *found[reader.oid]) for reader in readers if reader.oid in found)


def _moved(text: str, places: Places, *, most: int | None) -> str:
    """The text with `schema.name` of readers that are made elsewhere replaced by where that is.

    Args:
        most: Only so many of them, from the beginning; None: all.
    """
    parts = tokens(text)
    found = [
        (first, places[first.value, name.value])
        for first, dot, name in zip(parts, parts[1:], parts[2:], strict=False)
        if dot.is_symbol(".") and (first.value, name.value) in places
    ]
    for schema, place in reversed(found[:most]):
        text = text[: schema.start] + quoted(place) + text[schema.end :]
    return text
