"""The profile of a table: every column on its own, one in memory at a time."""

import polars as pl

from synth_assets.catalog.model import Column, Table
from synth_assets.plan.evidence import ColumnEvidence, PathEvidence
from synth_assets.plan.personal_finding import find_personal_data, find_personal_paths
from synth_assets.profile.column import profile_column
from synth_assets.store.folder import Folder
from synth_assets.store.profile import ColumnProfile, PersonalData, PersonalDataAtPath, TableProfile
from synth_assets.store.tables import TableRows

SAMPLE = 10_000
_FILE = "profile.json"


def profile_table(rows: TableRows, *, table: Table, min_group: int) -> TableProfile:
    """What is known of the columns of a table, over all rows, held-out ones included.

    Args:
        min_group: Fewest rows that must share a value, a shape or a quantile that is in the profile.
    """
    columns = []
    for column in table.columns:
        values = rows.read(columns=[column.name])[column.name]
        sample = _sample(values)
        columns.append(
            profile_column(
                values,
                column=column,
                min_group=min_group,
                personal=_personal_data(sample, column=column, table=table.name),
                personal_paths=_personal_paths(sample, column=column, table=table.name, min_group=min_group),
            )
        )
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
        paths=tuple(
            PathEvidence(path=one.path, personal=one.kind, confidence=one.confidence, reason=one.reason)
            for one in column.personal_paths
        ),
    )


def _personal_data(values: pl.Series, *, column: Column, table: str) -> PersonalData | None:
    finding = find_personal_data(column, table=table, values=values)
    if finding is None:
        return None
    return PersonalData(kind=finding.kind, confidence=finding.confidence, reason=finding.reason)


def _personal_paths(values: pl.Series, *, column: Column, table: str, min_group: int) -> tuple[PersonalDataAtPath, ...]:
    return tuple(
        PersonalDataAtPath(path=one.path, kind=one.kind, confidence=one.confidence, reason=one.reason)
        for one in find_personal_paths(column, table=table, values=values, min_group=min_group)
    )


def _sample(values: pl.Series) -> pl.Series:
    """At most SAMPLE values, evenly spaced over the rows."""
    filled = values.drop_nulls()
    return filled.gather_every(max(1, -(-len(filled) // SAMPLE)))
