"""How long a million fakes of a kind take: seconds of processor time, pools built before.

    python -m benchmarks.fakes [--rows N] [--locale LOCALE]

Each kind is made as a refresh makes it: from the rules of a column, in one thread, none of the source's values among
them. 'people' and 'addresses' are the columns of one table, which agree within each row.
"""

import argparse
import time
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.catalog.model import Column, DataType, Kind, Table
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Role, Treatment
from synth_assets.store.profile import TableProfile
from synth_assets.synthesize.rules.rules import Rules

ROWS = 1_000_000
_TEXT = DataType(kind=Kind.TEXT, native="text")
_SOURCE_ROWS = 20_000
_UNIQUE = frozenset({"email", "user_name"})

TABLES: Mapping[str, Sequence[str]] = {
    "full_name": ("full_name",),
    "email": ("email",),
    "phone": ("phone",),
    "address": ("address",),
    "street_address": ("street_address",),
    "iban": ("iban",),
    "credit_card_number": ("credit_card_number",),
    "people": ("first_name", "last_name", "full_name", "email", "user_name"),
    "addresses": ("street_address", "postcode", "city", "state"),
    "name, e-mail, phone, address": ("full_name", "email", "phone", "address"),
}


def seconds(kinds: Sequence[str], *, rows: int, locale: str) -> tuple[float, float]:
    """Processor and wall seconds in which `rows` rows of these kinds are made."""
    table = Table(name="people", columns=tuple(Column(name=kind, type=_TEXT) for kind in kinds))
    decisions = [
        ColumnDecision(
            name=kind,
            treatment=Treatment.FAKE,
            role=Role.VALUE,
            options={"kind": kind, "locale": locale},
            unique=kind in _UNIQUE,
            decided_by=DecidedBy.PLAN,
            reason="a benchmark",
        )
        for kind in kinds
    ]
    nothing = pl.DataFrame({kind: ["nothing"] * 3 for kind in kinds})
    source = _rules(nothing, table, decisions).sample(_SOURCE_ROWS, rng=np.random.default_rng(1), nulls={})
    rules = _rules(source, table, decisions)
    rules.sample(1_000, rng=np.random.default_rng(2), nulls={})
    began, began_wall = time.process_time(), time.perf_counter()
    made = rules.sample(rows, rng=np.random.default_rng(3), nulls={})
    took = time.process_time() - began, time.perf_counter() - began_wall
    for kind in _UNIQUE & set(kinds):
        if made[kind].n_unique() < rows:
            raise AssertionError(f"{kind} is not unique")
    return took


def _rules(source: pl.DataFrame, table: Table, decisions: Sequence[ColumnDecision]) -> Rules:
    profile = TableProfile(table=table.name, rows=len(source), columns=())
    return Rules.fit(source, table=table, columns=decisions, profile=profile, key=b"k" * 32, min_group=10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--locale", default="en_US")
    arguments = parser.parse_args()
    print(f"{arguments.rows:,} rows, {arguments.locale}\n{'fakes':32}{'processor s':>12}{'wall s':>9}")
    for name, kinds in TABLES.items():
        processor, wall = seconds(kinds, rows=arguments.rows, locale=arguments.locale)
        print(f"{name:32}{processor:12.1f}{wall:9.1f}")


if __name__ == "__main__":
    main()
