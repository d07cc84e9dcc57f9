"""How the figures went over the refreshes that are kept, and what is different from the last one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from synth_assets.report.charts import Picture, line_picture
from synth_assets.report.figures import FIGURES, Figure, told
from synth_assets.store.comparison import Comparison
from synth_assets.store.verdict import Verdict

# Less than this has not moved: sampling alone does as much to a table of a few hundred rows.
MOVED = 0.05


@dataclass(frozen=True)
class Judged:
    """A kept verdict, and when it was written."""

    verdict: Verdict
    at: datetime


@dataclass(frozen=True)
class FigureHistory:
    """One figure over the kept refreshes, the oldest first.

    Attributes:
        picture: None where there is one value only, or none that varies.
    """

    figure: Figure
    values: tuple[str, ...]
    picture: Picture | None

    @property
    def name(self) -> str:
        return self.figure.name.replace("_", " ")


@dataclass(frozen=True)
class Difference:
    """What is different from the last refresh: how many rows, or how a column's values are spread."""

    what: str
    before: str
    now: str


def figure_histories(judged: Sequence[Judged]) -> Iterator[FigureHistory]:
    """Every figure that the newest verdict has.

    Args:
        judged: The oldest first.
    """
    if not judged:
        return
    for figure in FIGURES:
        if figure.name not in judged[-1].verdict.figures:
            continue
        values = [(one.verdict.refresh, one.verdict.figures.get(figure.name)) for one in judged]
        known = [(refresh, value) for refresh, value in values if value is not None]
        varies = len({value for _, value in known}) > 1
        yield FigureHistory(
            figure=figure,
            values=tuple("" if value is None else told(figure, value) for _, value in values),
            picture=line_picture(known, what=figure.name.replace("_", " ")) if varies else None,
        )


def differences(before: Comparison | None, now: Comparison) -> Iterator[Difference]:
    """Tables whose source has other numbers of rows, and columns whose source values are spread otherwise."""
    for table in now.tables if before else ():
        known = before.table(table.table) if before else None
        if known is None:
            continue
        if known.source_rows is not None and table.source_rows is not None and known.source_rows != table.source_rows:
            yield Difference(f"{table.table}: source rows", f"{known.source_rows:,}", f"{table.source_rows:,}")
        for column in table.columns:
            if column.moved is not None and column.moved >= MOVED:
                yield Difference(f"{table.table}.{column.column}", "", f"{column.moved:.0%} of the rows elsewhere")
