"""Entities as rows: the columns of a root's row, and what all rows that hang on it come to."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.statistics.encoding import Array, as_numbers, as_text
from synth_assets.validate.rows import Part, Rows

COMMON_LABELS = 5


def common_labels(rows: pl.DataFrame, columns: Sequence[str]) -> dict[str, list[str]]:
    """The commonest labels of each column that is neither number nor time."""
    return {
        name: as_text(rows[name]).drop_nulls().value_counts(sort=True)[name].head(COMMON_LABELS).to_list()
        for name in columns
        if not _is_number(rows.schema[name])
    }


def entity_rows(
    tables: Mapping[str, Rows],
    *,
    root: str,
    columns: Mapping[str, Sequence[str]],
    numbers: Mapping[str, Array],
    labels: Mapping[str, Mapping[str, Sequence[str]]],
    part: Part,
) -> pl.DataFrame:
    """One row for each row of the root: its columns, then for each table below how many rows, means, shares of labels.

    Args:
        columns: By table, what is looked at.
        numbers: By table below, the root's row of each row; negative for none.
        labels: By table below and column: the labels whose shares are taken.
    """
    own = tables[root].read(columns=list(columns[root]) or tables[root].schema.names()[:1], part=part)
    height = own.height
    made = list(own.select(columns[root]).get_columns())
    for table, owner in numbers.items():
        hanging = owner >= 0
        at = owner[hanging]
        count = np.bincount(at, minlength=height)
        made.append(pl.Series(f"{table}: rows", count))
        if not columns[table]:
            continue
        frame = tables[table].read(columns=list(columns[table]), part=part).filter(pl.Series(hanging))
        for name in columns[table]:
            if name in labels[table]:
                texts = as_text(frame[name])
                for place, label in enumerate(labels[table][name]):
                    is_it = (texts == label).fill_null(value=False).to_numpy().astype(np.float64)
                    made.append(_means(f"{table}.{name}: label {place}", is_it, at, height))
            else:
                made.append(_means(f"{table}.{name}: mean", as_numbers(frame[name]), at, height))
    return pl.DataFrame(made)


def _means(name: str, values: Array, at: Array, height: int) -> pl.Series:
    """The mean of what is there for each entity; NULL for nothing."""
    there = ~np.isnan(values)
    sums = np.bincount(at[there], weights=values[there], minlength=height)
    counts = np.bincount(at[there], minlength=height)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pl.Series(name, sums / counts, nan_to_null=True)


def _is_number(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype.is_temporal()
