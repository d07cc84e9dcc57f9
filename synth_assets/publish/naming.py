"""Names of the schemas that publishing keeps beside a target's own: in MariaDB, databases of the same server.

The lock of whoever made a schema stands in its name.
"""

import hashlib
import re
import secrets
from collections import Counter

from synth_assets.catalog.model import Catalog

STAGE = "synth_assets_stage"
PREVIOUS = "synth_assets_previous"
DROPPED = "synth_assets_dropped"
LEDGER = "synth_assets_ledger"
EVERY_SCHEMA = r"synth\_assets\_%"  # a pattern of LIKE, for all of ours
LONGEST_IDENTIFIER = 63  # bytes, in PostgreSQL

_LEFTOVER = re.compile(rf"({STAGE}|{DROPPED})_([0-9a-f]{{16}})_[0-9a-f]{{8}}")


def lock_key(dataset: str, namespace: str) -> int:
    """The advisory lock of one dataset in one schema: a signed 64-bit integer."""
    digest = hashlib.sha256(f"{len(dataset)}:{dataset}:{namespace}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def stage_schema(key: int) -> str:
    return f"{STAGE}_{_hexadecimal(key)}_{secrets.token_hex(4)}"


def dropped_schema(key: int) -> str:
    return f"{DROPPED}_{_hexadecimal(key)}_{secrets.token_hex(4)}"


def previous_schema(key: int) -> str:
    return f"{PREVIOUS}_{_hexadecimal(key)}"


def own_schemas(key: int) -> str:
    """What LIKE finds all schemas of one dataset by: stages, the refresh that is kept, and what was dropped."""
    return rf"synth\_assets\_%\_{_hexadecimal(key)}%"


def leftover_key(schema: str) -> int | None:
    """The lock of whoever made a schema that should be gone by now; None for any other schema."""
    match = _LEFTOVER.fullmatch(schema)
    return int.from_bytes(bytes.fromhex(match.group(2)), "big", signed=True) if match else None


def lock_name(key: int) -> str:
    """The lock as GET_LOCK has it."""
    return f"synth_assets_{_hexadecimal(key)}"


def ledger_table(key: int) -> str:
    """The table of one dataset's ledger, in a database whose ledger changes places together with the tables."""
    return f"{LEDGER}_{_hexadecimal(key)}"


def clashing_names(catalog: Catalog) -> frozenset[str]:
    """Names of keys and indexes that stand for several things where a schema has one space for all of them.

    MariaDB and MySQL name keys within their table, and by default after their first column.
    """
    named = [key.name for table in catalog.tables for key in table.unique_keys if key.name]
    named += [index.name for table in catalog.tables for index in table.indexes if index.name]
    counts = Counter([*named, *catalog.table_names])
    return frozenset(name for name in named if counts[name] > 1)


def _hexadecimal(key: int) -> str:
    return key.to_bytes(8, "big", signed=True).hex()
