"""The types of a PostgreSQL database, from pg_type."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy

from synth_assets.catalog.model import Attribute, DataType, Kind

# Built-in types and those of the extensions that everyone has, by their name in pg_type.
NAMED = {
    **dict.fromkeys(("int2", "int4", "int8"), Kind.INTEGER),
    "numeric": Kind.DECIMAL,
    **dict.fromkeys(("float4", "float8"), Kind.FLOAT),
    "bool": Kind.BOOLEAN,
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "char"), Kind.TEXT),
    "uuid": Kind.UUID,
    **dict.fromkeys(("json", "jsonb"), Kind.JSON),
    "date": Kind.DATE,
    **dict.fromkeys(("time", "timetz"), Kind.TIME),
    **dict.fromkeys(("timestamp", "timestamptz"), Kind.DATETIME),
    "interval": Kind.INTERVAL,
    "bytea": Kind.BINARY,
}
BITS = {"int2": 16, "int4": 32, "int8": 64, "float4": 32, "float8": 64}
# The length of a type modifier's own header (VARHDRSZ in the server's source).
MODIFIER_HEADER = 4

TYPES = """
SELECT t.oid, t.typname::text AS name, n.nspname::text AS namespace, t.typtype::text AS form,
       t.typcategory::text AS category, t.typelem AS element, t.typbasetype AS base, t.typtypmod AS modifier,
       t.typnotnull AS not_null, t.typdefault AS default, format_type(t.typbasetype, t.typtypmod) AS base_native,
       CASE WHEN t.typcollation <> b.typcollation THEN
            (SELECT quote_ident(c.collname) FROM pg_collation c WHERE c.oid = t.typcollation) END AS collation
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_type b ON b.oid = t.typbasetype
"""
# Of types made by CREATE TYPE; the row types of tables go with their tables.
ATTRIBUTES = """
SELECT c.reltype AS oid, a.attname::text AS name, a.atttypid AS type, a.atttypmod AS modifier,
       format_type(a.atttypid, a.atttypmod) AS native,
       CASE WHEN a.attcollation <> t.typcollation THEN
            (SELECT c.collname::text FROM pg_collation c WHERE c.oid = a.attcollation) END AS collation
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind = 'c' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.reltype, a.attnum
"""
LABELS = "SELECT enumtypid AS oid, enumlabel::text AS label FROM pg_enum ORDER BY enumtypid, enumsortorder"
DOMAIN_CHECKS = """
SELECT contypid AS oid, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE contypid <> 0 AND contype = 'c' ORDER BY contypid, conname
"""


class PostgresTypes:
    """All types of a database; types are found by oid."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        def rows(query: str) -> list[Mapping[str, Any]]:
            return [dict(row) for row in connection.execute(sqlalchemy.text(query)).mappings()]

        self.by_oid = {row["oid"]: row for row in rows(TYPES)}
        self.labels: dict[int, list[str]] = {}
        for row in rows(LABELS):
            self.labels.setdefault(row["oid"], []).append(row["label"])
        self.attributes: dict[int, list[Mapping[str, Any]]] = {}
        for row in rows(ATTRIBUTES):
            self.attributes.setdefault(row["oid"], []).append(row)
        self.domain_checks: dict[int, list[str]] = {}
        for row in rows(DOMAIN_CHECKS):
            self.domain_checks.setdefault(row["oid"], []).append(f"CONSTRAINT {row['name']} {row['definition']}")

    def data_type(self, oid: int, modifier: int, native: str) -> DataType:
        """The type of a column.

        Args:
            oid: The type's.
            modifier: As in pg_attribute.atttypmod; -1 for none.
            native: As format_type() spells it.
        """
        row = self.by_oid.get(oid)
        if row is None:
            return DataType(kind=Kind.OTHER, native=native)
        if row["form"] == "d":
            base = self.data_type(row["base"], row["modifier"], row["base_native"])
            return base.model_copy(update={"native": native, "domain": self._domain(row), "base": base})
        if row["form"] == "e":
            return DataType(kind=Kind.ENUM, native=native, labels=tuple(self.labels.get(oid, ())))
        if oid in self.attributes and row["namespace"] != "pg_catalog":
            return DataType(
                kind=Kind.OTHER, native=native, attributes=tuple(map(self._attribute, self.attributes[oid]))
            )
        if row["category"] == "A" and native.endswith("[]"):
            element = self.data_type(row["element"], modifier, native.removesuffix("[]"))
            return DataType(kind=Kind.ARRAY, native=native, element=element)
        if row["name"] == "citext":
            return DataType(kind=Kind.TEXT, native=native)
        if row["namespace"] != "pg_catalog":
            return DataType(kind=Kind.OTHER, native=native)
        return _built_in(row["name"], modifier, native)

    def is_not_null(self, oid: int) -> bool:
        """Whether the type is a domain that refuses nulls, itself or by the domain that it stands on."""
        row = self.by_oid.get(oid)
        return row is not None and row["form"] == "d" and (row["not_null"] or self.is_not_null(row["base"]))

    def _attribute(self, row: Mapping[str, Any]) -> Attribute:
        data_type = self.data_type(row["type"], row["modifier"], row["native"])
        return Attribute(name=row["name"], type=data_type, collation=row["collation"])

    def _domain(self, row: Mapping[str, Any]) -> str:
        parts = [f"AS {row['base_native']}"]
        if row["collation"]:
            parts.append(f"COLLATE {row['collation']}")
        if row["default"] is not None:
            parts.append(f"DEFAULT {row['default']}")
        if row["not_null"]:
            parts.append("NOT NULL")
        return " ".join(parts + self.domain_checks.get(row["oid"], []))


def _built_in(name: str, modifier: int, native: str) -> DataType:
    kind = NAMED.get(name, Kind.OTHER)
    given = modifier - MODIFIER_HEADER if modifier >= MODIFIER_HEADER else None
    is_decimal = kind is Kind.DECIMAL and given is not None
    length = given if name in ("varchar", "bpchar") else None
    return DataType(
        kind=kind,
        native=native,
        length=1 if name == "char" else length,
        bits=BITS.get(name),
        precision=(given >> 16) & 0xFFFF if is_decimal and given is not None else None,
        # Eleven bits with a sign: numeric(2, -3) rounds to thousands.
        scale=((given & 0x7FF) ^ 0x400) - 0x400 if is_decimal and given is not None else None,
        timezone=name in ("timetz", "timestamptz"),
    )
