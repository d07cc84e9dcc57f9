"""Whether what rules make is NULL, in the place of columns that are made after what holds in each row is kept."""

from collections.abc import Mapping

import polars as pl

from synth_assets.synthesize.relational.fit import null_name
from synth_assets.synthesize.relational.keeping.kept import marked_columns
from synth_assets.synthesize.relational.structure import TableStructure


def with_marks(rows: pl.DataFrame, hidden: Mapping[str, pl.Series], structure: TableStructure) -> pl.DataFrame:
    """The rows with columns that rules will make: true, or NULL as `hidden` columns say."""
    marked = [name for name in sorted(marked_columns(structure)) if null_name(name) in hidden]
    return rows.with_columns((~hidden[null_name(name)]).replace(old=False, new=None).alias(name) for name in marked)


def nulls_of(rows: pl.DataFrame, hidden: Mapping[str, pl.Series], structure: TableStructure) -> dict[str, pl.Series]:
    """The hidden columns that say where rows with marks are NULL."""
    named = {null_name(name): name for name in marked_columns(structure)}
    return {mark: rows[named[mark]].is_null().alias(mark) for mark in hidden if mark in named}
