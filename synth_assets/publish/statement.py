"""One statement of a target's definition."""

from dataclasses import dataclass

from synth_assets.catalog.sql_text import quoted


@dataclass(frozen=True)
class Statement:
    """
    Attributes:
        sql: Built from quoted identifiers and the catalog's own expressions.
        table: The table that it belongs to; None for a type.
        subject: What it makes, for people: "check positive_price".
        optional: Written for another dialect: left out, and reported, if the target does not understand it.
    """

    sql: str
    table: str | None
    subject: str
    optional: bool = False


def listed(names: tuple[str, ...]) -> str:
    return ", ".join(quoted(name) for name in names)


def literal(text: str) -> str:
    """The text as PostgreSQL reads it, whatever standard_conforming_strings says."""
    escaped = text.replace("'", "''")
    if "\\" in escaped:
        doubled = escaped.replace("\\", "\\\\")
        return f"E'{doubled}'"
    return f"'{escaped}'"
