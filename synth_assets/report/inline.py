"""The few pictures of a table that are small enough for the page of another tool."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from synth_assets.report.charts import Picture, bar_picture, heat_picture
from synth_assets.store.comparison import PairComparison, TableComparison

# Each is kept in an event log, refresh after refresh.
MOST_DISTRIBUTIONS = 3
MOST_KEYS = 3
MOST_COLUMNS_IN_PAIRS = 8


@dataclass(frozen=True)
class InlinePicture:
    """A picture with what it is of.

    Attributes:
        group: 'distributions', 'pairs' or 'children'.
    """

    group: str
    name: str
    picture: Picture


def inline_pictures(compared: TableComparison, alike: Mapping[str, float]) -> Iterator[InlinePicture]:
    """The distributions that are least alike, how the first columns go together, and numbers of children.

    Args:
        alike: By column, how alike its distributions are; 1 is best.
    """
    telling = [column for column in compared.columns if len(column.bars) > 1]
    for column in sorted(telling, key=lambda column: alike.get(column.column, 1.0))[:MOST_DISTRIBUTIONS]:
        what = f"Share of {compared.table} rows by {column.column}"
        yield InlinePicture("distributions", column.column, bar_picture(column.bars, what=what))
    if compared.pairs is not None:
        yield from _heat_maps(compared.table, compared.pairs)
    for key in [key for key in compared.keys if len(key.bars) > 1][:MOST_KEYS]:
        name = f"{', '.join(key.key.columns)} to {key.key.parent}"
        what = f"{key.key.parent} rows by their number of {compared.table} rows"
        yield InlinePicture("children", name, bar_picture(key.bars, what=what))


def _heat_maps(table: str, pairs: PairComparison) -> Iterator[InlinePicture]:
    size = min(len(pairs.columns), MOST_COLUMNS_IN_PAIRS)
    for side, matrix in (("source", pairs.source), ("synthetic", pairs.synthetic)):
        shown = tuple(row[:size] for row in matrix[:size])
        what = f"How strongly columns of {table} go together, {side} rows"
        yield InlinePicture("pairs", f"{side} rows", heat_picture(pairs.columns[:size], shown, what=what))
