"""The profile of a table: every column on its own, one in memory at a time."""

import polars as pl

from synth_assets.catalog.model import Column, Table
from synth_assets.plan.evidence import ColumnEvidence
from synth_assets.plan.personal_content import classify_content
from synth_assets.plan.personal_names import classify_name
from synth_assets.profile.column import profile_column
from synth_assets.store.folder import Folder
from synth_assets.store.profile import ColumnProfile, PersonalData, TableProfile
from synth_assets.store.tables import TableRows

SAMPLE = 10_000
SURE_ENOUGH = 0.5  # from which confidence on a column's values say more than its name
_FILE = "profile.json"


def profile_table(rows: TableRows, *, table: Table, min_group: int) -> TableProfile:
    """What is known of the columns of a table, over all rows, held-out ones included.

    Args:
        min_group: Fewest rows that must share a value, a shape or a quantile that is in the profile.
    """
    columns = []
    for column in table.columns:
        values = rows.read(columns=[column.name])[column.name]
        personal = _personal_data(values, column=column, table=table.name)
        columns.append(profile_column(values, column=column, min_group=min_group, personal=personal))
    return TableProfile(table=table.name, rows=rows.rows, columns=tuple(columns))


def unseen_profile(table: Table) -> TableProfile:
    """The profile of a table at whose rows nobody may look: as that of a table without rows."""
    columns = tuple(ColumnProfile(name=c.name, rows=0, nulls=0, distinct=0, unique=False) for c in table.columns)
    return TableProfile(table=table.name, rows=0, columns=columns)


def save_profile(folder: Folder, profile: TableProfile) -> None:
    """Write a profile into a folder."""
    folder.write_bytes(_FILE, profile.model_dump_json().encode())


def load_profile(folder: Folder) -> TableProfile:
    """The profile in a folder; raises ArtifactMissing, ArtifactDamaged."""
    return TableProfile.model_validate_json(folder.read_bytes(_FILE))


def evidence(profile: TableProfile) -> dict[tuple[str, str], ColumnEvidence]:
    """What the profile tells the plan, by table and column."""
    return {(profile.table, column.name): _evidence(column) for column in profile.columns}


def _evidence(column: ColumnProfile) -> ColumnEvidence:
    is_filled = column.rows > column.nulls
    personal = column.personal
    return ColumnEvidence(
        low_cardinality=column.low_cardinality,
        unique=column.unique if is_filled else None,
        personal=personal.kind if personal else None,
        confidence=personal.confidence if personal else 0.0,
        reason=personal.reason if personal else "",
    )


def _personal_data(values: pl.Series, *, column: Column, table: str) -> PersonalData | None:
    """What the values say if they say it surely, else what the name says, else what some values say."""
    named = classify_name(column, table=table)
    seen = classify_content(_sample(values)) if values.dtype == pl.String else None
    finding = seen if seen and (named is None or seen.confidence >= SURE_ENOUGH) else named
    if finding is None:
        return None
    return PersonalData(kind=finding.kind, confidence=finding.confidence, reason=finding.reason)


def _sample(values: pl.Series) -> pl.Series:
    """At most 10,000 values, evenly spaced over the rows."""
    filled = values.drop_nulls()
    return filled.gather_every(max(1, -(-len(filled) // SAMPLE)))
