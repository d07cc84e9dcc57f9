"""Which columns may order the siblings of a table."""

from synth_assets.catalog.model import Kind
from synth_assets.synthesize.relational.structure import TableStructure

TEMPORAL = (Kind.DATE, Kind.DATETIME)


def order_candidates(structure: TableStructure) -> list[str]:
    """Whole numbers and times of keys with the parent, other times, then those of other keys."""
    table = structure.table
    driving = set(structure.driving.key.columns) if structure.driving else set()

    def in_keys(*, with_parent: bool) -> list[str]:
        return [
            name
            for columns in table.unique_sets
            if bool(driving & set(columns)) is with_parent
            for name in columns
            if name in structure.learned and table.column(name).type.kind in (Kind.INTEGER, *TEMPORAL)
        ]

    times = [name for name in structure.learned if table.column(name).type.kind in TEMPORAL]
    return list(dict.fromkeys([*in_keys(with_parent=True), *times, *in_keys(with_parent=False)]))


def whole_numbers(structure: TableStructure) -> list[str]:
    """Learned columns of whole numbers that are part of no reference."""
    table = structure.table
    return [
        name
        for name in structure.learned
        if table.column(name).type.kind is Kind.INTEGER and name not in structure.referencing
    ]
