"""The consistent fakes of a dataset: which tables have them, and which real values none of them may be."""

from collections.abc import Mapping

from synth_assets.store.tables import TableRows
from synth_assets.synthesize.relational.structure import TableStructure
from synth_assets.synthesize.rules.consistent import ConsistentFakes
from synth_assets.synthesize.rules.decisions import is_consistent, targets
from synth_assets.synthesize.rules.people import PAIR
from synth_assets.synthesize.rules.rules import derive_key


def consistent_tables(structures: Mapping[str, TableStructure]) -> tuple[str, ...]:
    """The tables with a column whose fakes follow from real values."""
    return tuple(n for n in sorted(structures) if any(is_consistent(c) for c in structures[n].decision.columns))


def consistent_fakes(
    structures: Mapping[str, TableStructure], snapshot: Mapping[str, TableRows], key: bytes
) -> ConsistentFakes:
    """What makes them, away from the values that they replace in any table."""
    fakes = ConsistentFakes(key=derive_key(key))
    for name in consistent_tables(structures):
        decision, table = structures[name].decision, structures[name].table
        columns = [column for column in decision.columns if is_consistent(column)]
        rows = snapshot[name].read(columns=[column.name for column in columns])
        made = targets(columns, table=table, schema=rows.schema)
        for column in columns:
            fakes.avoid([column], [made[column.name]], rows)
        of_kind = {(column.options["kind"], column.options["consistent"]): column for column in columns}
        for whose in dict.fromkeys(column.options["consistent"] for column in columns):
            names = [of_kind[kind, whose] for kind in PAIR if (kind, whose) in of_kind]
            if len(names) == len(PAIR):
                fakes.avoid(names, [made[column.name] for column in names], rows)
    return fakes
