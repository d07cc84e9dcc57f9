"""Numbers that are another one of their row in some rows, and values of their own in the others.

A house was last changed in the year that it was built, or later. A leaf of a tree holds several years and so loses
which rows have one year twice. Whether the two are the same is therefore learned as a column of its own.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.synthesize.deviation import FEWEST_ROWS, Numbers, plain_numbers, protected_range, typed

_LEAST = 0.2  # share of the rows, more than in which rows of alike numbers would be the same
_AWAY = 20  # rows, in order of the other number, at which others are alike
_MOST_COLUMNS = 40
_LOOKED_AT = 20_000  # evenly spread rows


class Same(Value):
    """`column` is `by` where `told` says so.

    Attributes:
        least, most: The range in which the column may come out.
    """

    column: str
    by: str
    least: float
    most: float

    @property
    def told(self) -> str:
        """The column that says where."""
        return f"same {self.column}"

    def encode(self, rows: pl.DataFrame) -> pl.Series:
        """Whether the two are the same; NULL where the column is."""
        values, by = plain_numbers(rows[self.column]), plain_numbers(rows[self.by])
        return pl.Series(self.told, values == by).set(pl.Series(np.isnan(values)), None)

    def decode(self, rows: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
        """The column, of this type, from itself as it was drawn and what says where it is the other one."""
        by = plain_numbers(rows[self.by])
        same = rows[self.told].fill_null(value=False).to_numpy() & (by >= self.least) & (by <= self.most)
        given = typed(self.column, np.where(same, by, np.nan), dtype)
        return rows[self.column].cast(dtype).zip_with(pl.Series(~same), given)


def find_same(rows: pl.DataFrame, *, among: Collection[str], by: Sequence[str], min_group: int) -> tuple[Same, ...]:
    """The columns that are others so often that a tree would lose it.

    Args:
        rows: Columns of numbers among others.
        among: Those that may be given by others.
        by: Those that may give others.
        min_group: Fewest rows that must reach the ends of what may come out.
    """
    if rows.height < FEWEST_ROWS or not among:
        return ()
    names = [*dict.fromkeys((*among, *by))][-_MOST_COLUMNS:]
    looked = rows.select(names)[np.linspace(0, rows.height - 1, min(rows.height, _LOOKED_AT)).astype(np.intp)]
    plain = {name: plain_numbers(looked[name]) for name in names}
    gains = dict(_gains(plain, among, by))
    found: dict[str, Same] = {}
    for column, other in sorted(gains, key=lambda pair: -gains[pair]):
        # What gives another is not given itself: one step is enough to know all.
        if column in found or other in found or any(one.by == column for one in found.values()):
            continue
        values = plain_numbers(rows[column])
        least, most = protected_range(np.sort(values[np.isfinite(values)]), min_group)
        found[column] = Same(column=column, by=other, least=least, most=most)
    return tuple(found.values())


def _gains(
    plain: Mapping[str, Numbers], among: Collection[str], by: Sequence[str]
) -> Iterator[tuple[tuple[str, str], float]]:
    """The pairs of which the first is the second in many more rows than in which it is that of a row like it."""
    for other in by:
        if other not in plain:
            continue
        order = np.argsort(plain[other], kind="stable")
        its = plain[other][order]
        for column in among:
            if column == other or column not in plain:
                continue
            own = plain[column][order]
            known = int(np.isfinite(own).sum())
            same = int((own == its).sum())
            if known < FEWEST_ROWS or same < _LEAST * known:
                continue
            # On either side: rows of one number, as many as a leaf has, are told from all others by a tree.
            nearby = (
                np.r_[own[:-_AWAY] == its[_AWAY:], [False] * _AWAY]
                | np.r_[[False] * _AWAY, own[_AWAY:] == its[:-_AWAY]]
            )
            alike = int(nearby.sum())
            if same - alike >= _LEAST * known:
                yield (column, other), (same - alike) / known
