"""Times of a table that lie on a grid: whatever they are drawn as, they come out as its points."""

from collections.abc import Collection

import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.grid import TIMES, Grid, find_grid
from synth_assets.dependencies.ticks import ticks
from synth_assets.synthesize.relational.gaps import shared_range


class GridRange(Value):
    """A grid and the numbers of the first and the last point that may come out."""

    grid: Grid
    least: int
    most: int


class Gridded(Value):
    """The columns of a table whose times lie on a grid."""

    steps: tuple[GridRange, ...] = ()

    @classmethod
    def find(cls, rows: pl.DataFrame, *, among: Collection[str], min_group: int) -> "Gridded":
        """Find them; the first and the last point of each are not told by fewer than `min_group` rows."""
        names = [name for name in rows.columns if name in among and isinstance(rows.schema[name], TIMES)]
        found = [grid for name in names if (grid := find_grid(rows[name], tried=len(names)))]
        steps = []
        for grid in found:
            dtype = rows.schema[grid.column]
            points = grid.floor(ticks(rows[grid.column], dtype).drop_nulls().to_numpy(), dtype)
            least, most = shared_range(points, min_group)
            steps.append(GridRange(grid=grid, least=least, most=most))
        return cls(steps=tuple(steps))

    def grid(self, column: str | None) -> Grid | None:
        """The grid of a column; None if it has none."""
        return next((step.grid for step in self.steps if step.grid.column == column), None)

    def snapped(self, rows: pl.DataFrame, besides: Collection[str] = ()) -> pl.DataFrame:
        """The rows with all times at the nearest points that may come out; columns `besides` stay as they are."""
        return rows.with_columns(
            step.grid.snapped(rows[step.grid.column], least=step.least, most=step.most)
            for step in self.steps
            if step.grid.column in rows.columns and step.grid.column not in besides
        )
