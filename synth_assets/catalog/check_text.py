"""CHECK expressions in words that every database reads: without PostgreSQL's casts and arrays."""

import re

_CAST = re.compile(
    r"::\s*(?:character varying|double precision|timestamp (?:with|without) time zone|time (?:with|without) time zone"
    r"|\"[^\"]+\"|[A-Za-z_]\w*)(?:\s*\(\s*\d+(?:\s*,\s*\d+)?\s*\))?(?:\[\])*"
)
_ARRAY = r"\s*\(\s*(\(\s*)?ARRAY\s*\[([^\]]*)\]\s*(?(1)\)\s*)\)"
_ANY = re.compile(rf"=\s*ANY{_ARRAY}", re.IGNORECASE)
_ALL = re.compile(rf"<>\s*ALL{_ARRAY}", re.IGNORECASE)


def reads_alike(expression: str, dialect: str) -> bool:
    """Whether the texts in an expression of a dialect are certain to be the same texts in others."""
    # A backslash is an escape in MariaDB and MySQL, and a character elsewhere.
    return "\\" not in expression or dialect not in ("mysql", "mariadb")


def in_sqlite(expression: str) -> str:
    """An expression without PostgreSQL's casts and arrays."""
    plain = _CAST.sub("", expression)
    return _ALL.sub(r"NOT IN (\2)", _ANY.sub(r"IN (\2)", plain))
