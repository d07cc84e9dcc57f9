"""Identifiers of databases as parts of asset keys and names of steps, which Dagster wants of letters, digits and `_`.

`orders` stays `orders`; `Order Details` becomes `Order_x20_Details`. No two identifiers share a part, and
`identifier_of` gives the identifier back.
"""

import re

_ESCAPE = re.compile(r"_x([0-9a-f]*)_")
# An underscore before an x is written as an escape too, so that every `_x` in a part begins one.
_ESCAPED = re.compile(r"[^A-Za-z0-9_]|_(?=x)")
_EMPTY = "_x_"


def key_part(identifier: str) -> str:
    """The part of an asset key for any identifier, the empty one too."""
    return _ESCAPED.sub(lambda match: f"_x{ord(match[0]):x}_", identifier) or _EMPTY


def is_key_part(part: str) -> bool:
    """Whether a part of an asset key can be a part of a step's name, too."""
    return re.fullmatch(r"[A-Za-z0-9_]+", part) is not None


def identifier_of(part: str) -> str:
    """The identifier that `key_part` made the part from."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else "", part)
