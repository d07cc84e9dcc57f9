"""Wished shares of a column's values: the column is drawn first, and all others given it.

A model that is learned from rows of which each value's are there in its wished share gives, by Bayes' rule, every row
its value with the odds that it has in the source times wished over real share: rows of which a value is likely get it
first. A few rows are then given another value, so that the shares are met as nearly as whole rows can.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.plan.balance import Balance
from synth_assets.statistics.encoding import as_text
from synth_assets.statistics.reweighting import classes, shares, wished_rows
from synth_assets.store.folder import Folder
from synth_assets.synthesize.relational.matching import Rows

BALANCED = "balanced"
_SHARES = "shares.parquet"


def training_rows(values: pl.Series, wished: Balance, *, min_group: int, rng: np.random.Generator) -> Rows:
    """The rows to learn the column from: as many as there can be with the wished shares.

    Values that fewer than `min_group` rows share are left out: they must not come out.
    """
    texts = as_text(values)
    counts = texts.drop_nulls().value_counts(name="#").filter(pl.col("#") >= min_group)
    may_come_out = texts.is_null() | texts.is_in(counts[texts.name].implode())
    rows = np.flatnonzero(may_come_out.to_numpy())
    return rows[wished_rows(texts.gather(rows), wished, rng=rng)]


def save_shares(folder: Folder, values: pl.Series, wished: Balance, *, min_group: int) -> None:
    """Save every value that may come out, as the column holds it, with its share; values not named keep proportions."""
    counts = values.alias("value").value_counts(name="rows").filter(pl.col("rows") >= min_group)
    of_value = classes(counts["value"], wished)
    of_class = np.bincount(of_value, weights=counts["rows"].to_numpy(), minlength=len(wished.shares) + 1)
    share = shares(wished)[of_value] * counts["rows"].to_numpy() / of_class[of_value]
    folder.write_frame(_SHARES, counts.select("value").with_columns(pl.Series("share", share)).sort("share", "value"))


def with_wished_shares(drawn: pl.Series, folder: Folder, *, rng: np.random.Generator) -> pl.Series:
    """Drawn values of which rows chosen at random are replaced until the shares are as `save_shares` has saved them."""
    saved = folder.read_frame(_SHARES)
    values = saved["value"].cast(drawn.dtype)
    wanted = _whole(saved["share"].to_numpy(), len(drawn))
    numbered = pl.DataFrame({"value": values, "at": np.arange(len(values))})
    found = (
        drawn.alias("value").to_frame().join(numbered, on="value", how="left", nulls_equal=True, maintain_order="left")
    )
    # What is none of them counts as one value more, of which no row is wished for.
    of_row = found["at"].fill_null(len(values)).to_numpy()
    wanted = np.r_[wanted, 0]
    counts = np.bincount(of_row, minlength=len(wanted))
    surplus = [
        rng.permutation(np.flatnonzero(of_row == place))[wanted[place] :]
        for place in np.flatnonzero(counts > wanted).tolist()
    ]
    free = rng.permutation(np.concatenate([np.empty(0, dtype=np.int64), *surplus]))
    lacking = np.repeat(np.arange(len(wanted)), np.maximum(wanted - counts, 0))
    settled = of_row.copy()
    settled[free] = lacking
    return values.gather(settled).alias(drawn.name)


def _whole(share: npt.NDArray[np.float64], rows: int) -> Rows:
    """Numbers of rows that add up to `rows`, as near to the shares as whole rows can: by the largest remainder."""
    wanted = share * rows
    counts = np.floor(wanted).astype(np.int64)
    missing = rows - int(counts.sum())
    counts[np.argsort(counts - wanted, kind="stable")[:missing]] += 1
    return counts
