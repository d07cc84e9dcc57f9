"""Fakes that recur: the agent of many tickets, the user name that fills a log.

Which rows have the same real value is learned as one more hidden category, by number: what it stands for is not kept.
Each category of the generated rows has the fake of its first row.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.plan.fake_kinds import FAKE_KINDS
from synth_assets.plan.resolved import ColumnDecision

MOST_CATEGORIES = 1_000
_LEAST_SHARE = 0.5  # of the rows that have a value
_AS_EMPTY = 0.99  # of the rows: columns of one person are filled together


class Recurring(Value):
    """Columns whose values recur together: the name of an agent, and the e-mail address."""

    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The hidden column of the categories; NULL for a row whose value is its own."""
        return f"recurring {self.columns[0]}"


def find_recurring(
    rows: pl.DataFrame, *, agree: Sequence[Collection[str]], min_group: int
) -> list[tuple[Recurring, pl.Series]]:
    """The columns of which most rows have a value that at least `min_group` share, with the category of each row.

    Args:
        rows: The real values of what may recur.
        agree: Columns that agree within a row, such as a person's: they recur together, or none of them does.
        min_group: Fewest rows that must share a value.
    """
    found: list[tuple[Recurring, pl.Series]] = []
    for values in rows:
        categories = _categories(values, min_group)
        if categories is None:
            continue
        same = next((at for at, (_, other) in enumerate(found) if _is_same(other, categories)), None)
        if same is None:
            one = Recurring(columns=(values.name,))
            found.append((one, categories.alias(one.name)))
        else:
            one, other = found[same]
            found[same] = Recurring(columns=(*one.columns, values.name)), other
    return [
        (one, categories)
        for one, categories in found
        if all(set(together) <= set(one.columns) or not set(together) & set(one.columns) for together in agree)
    ]


def agreeing_fakes(fakes: Iterable[ColumnDecision]) -> list[set[str]]:
    """The columns of a table's fakes that agree within a row: those of a person, and those of an address."""
    found: dict[str, dict[str, str]] = {}
    for column in fakes:
        kind = str(column.options["kind"])
        if FAKE_KINDS[kind].group:
            found.setdefault(FAKE_KINDS[kind].group, {})[column.name] = kind
    # Of one kind, each is of a person of its own.
    return [set(kinds) for kinds in found.values() if len(set(kinds.values())) > 1]


def with_recurring(made: pl.DataFrame, recurring: Sequence[Recurring], hidden: pl.DataFrame) -> pl.DataFrame:
    """The fakes, of which those of one category are those of its first row.

    Args:
        made: The columns that rules have made, a row each.
        recurring: What recurs.
        hidden: The categories of the same rows.
    """
    for one in recurring:
        filled = made.select(pl.all_horizontal(pl.col(name).is_not_null() for name in one.columns)).to_series()
        places = pl.DataFrame({"of": hidden[one.name], "at": np.arange(made.height)})
        first = places.filter(filled & pl.col("of").is_not_null()).group_by("of").agg(pl.col("at").min().alias("first"))
        source = places.join(first, on="of", how="left", maintain_order="left")
        at = source.select(pl.when(filled).then(pl.col("first")).fill_null(pl.col("at"))).to_series()
        made = made.with_columns(made[name].gather(at) for name in one.columns)
    return made


def _categories(values: pl.Series, min_group: int) -> pl.Series | None:
    if values.dtype != pl.String:
        return None
    counted = values.drop_nulls().value_counts(name="# rows").filter(pl.col("# rows") >= min_group)
    known = len(values) - values.null_count()
    if not 0 < counted.height <= MOST_CATEGORIES or int(counted["# rows"].sum()) < _LEAST_SHARE * known:
        return None
    # By frequency: an alphabetical order would tell of the values.
    shared = counted.sort("# rows", descending=True)[values.name]
    numbers = [str(at) for at in range(len(shared))]
    return values.replace_strict(shared, numbers, default=None, return_dtype=pl.String)


def _is_same(left: pl.Series, right: pl.Series) -> bool:
    """Whether two columns tell the same rows from each other."""
    if np.mean(left.is_null().to_numpy() == right.is_null().to_numpy()) < _AS_EMPTY:
        return False
    pairs = pl.DataFrame({"left": left, "right": right}).drop_nulls()
    return pairs.n_unique() == pairs["left"].n_unique() == pairs["right"].n_unique()
