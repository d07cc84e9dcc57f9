"""Rows that follow each other: each knows the one before, and all before, whatever the types of their columns."""

import numpy as np
import polars as pl
import pytest

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, Following, TableSpec
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer

FAMILIES, LENGTH = 500, 6
STAYS = "as before"  # as models of versions 1 and 2 say it
KINDS = {
    "number": ColumnKind.NUMBER,
    "price": ColumnKind.NUMBER,
    "flag": ColumnKind.BOOLEAN,
    "town": ColumnKind.CATEGORY,
    "day": ColumnKind.DATETIME,
}
FOLLOWING = Following(
    previous={f"previous {name}": name for name in KINDS},
    means={"mean number": "number"},
    stays={"town": STAYS},
    step="day",
    unit=2,
)


def previous(name: str) -> pl.Expr:
    return pl.col(name).shift(1).over("family")


@pytest.fixture(scope="module")
def real() -> pl.DataFrame:
    """Numbers go up by one, flags alternate and tell prices, towns stay, a day comes two days after the one before."""
    rng = np.random.default_rng(0)
    family, position = np.repeat(np.arange(FAMILIES), LENGTH), np.tile(np.arange(LENGTH), FAMILIES)
    flags = (position + rng.integers(0, 2, FAMILIES)[family]) % 2 == 0
    days = pl.Series(18_000 + rng.integers(0, 99, FAMILIES)[family] + 2 * position)
    return pl.DataFrame(
        {
            "family": family,
            "number": rng.integers(0, 4, FAMILIES)[family] + position,
            "price": pl.Series(np.where(flags, "2.50", "9.99")).cast(pl.Decimal(10, 2)),
            "flag": flags,
            "town": np.array(["Bern", "Rome", "Oslo"])[rng.integers(0, 3, FAMILIES)][family],
            "day": days.cast(pl.Int32).cast(pl.Date),
        }
    )


@pytest.fixture(scope="module")
def drawn(real: pl.DataFrame) -> pl.DataFrame:
    told = real.with_columns(
        *(previous(name).alias(f"previous {name}") for name in KINDS),
        ((pl.col("number").cum_sum() - pl.col("number")).over("family") / pl.int_range(pl.len()).over("family")).alias(
            "mean number"
        ),
    )
    learned = told.with_columns(
        town=pl.when(pl.col("town") == pl.col("previous town")).then(pl.lit(STAYS)).otherwise("town"),
        day=(pl.col("day") - pl.col("previous day")).dt.total_days() // 2,
    ).filter(pl.col("previous number").is_not_null())
    kinds = KINDS | {"day": ColumnKind.NUMBER}
    columns = tuple(ColumnSpec(name, kind, nullable=False) for name, kind in kinds.items())
    model = TreesSynthesizer()
    context = learned.select(*FOLLOWING.previous, *FOLLOWING.means)
    model.fit(learned.select(*KINDS), table=TableSpec("t", columns), context=context, seed=0)
    first = real.group_by("family", maintain_order=True).first()
    rows = model.sample_following(
        first.select(*KINDS),
        np.full(FAMILIES, LENGTH, dtype=np.int64),
        context=real.select("family"),
        following=FOLLOWING,
        rng=np.random.default_rng(1),
    )
    return rows.with_columns(real["family"])


def test_types_and_first_rows_stay(real: pl.DataFrame, drawn: pl.DataFrame) -> None:
    assert drawn.select(*KINDS).schema == real.select(*KINDS).schema
    firsts = pl.int_range(pl.len()).over("family") == 0
    assert drawn.filter(firsts).select(*KINDS).equals(real.filter(firsts).select(*KINDS))


def test_gaps_are_added_up_and_labels_stay(real: pl.DataFrame, drawn: pl.DataFrame) -> None:
    assert drawn["day"].equals(real["day"])
    assert drawn["town"].equals(real["town"])


def test_the_row_before_tells(real: pl.DataFrame, drawn: pl.DataFrame) -> None:
    assert drawn["flag"].equals(real["flag"])
    assert drawn["price"].equals(real["price"])
    steps = drawn.select(pl.col("number") - previous("number")).to_series().drop_nulls()
    assert (steps == 1).mean() > 0.9
