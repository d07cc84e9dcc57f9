"""Labels that may come out."""

import polars as pl


def shared_labels(values: pl.Series, min_group: int) -> tuple[str, ...]:
    """The texts that at least `min_group` rows of a column share, in alphabetical order."""
    counted = values.drop_nulls().value_counts(name="#")
    return tuple(counted.filter(counted["#"] >= min_group)[values.name].sort())
