"""What a saved model of a table's values consists of."""

import numpy as np
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.formula import Formula
from synth_assets.store.folder import Folder
from synth_assets.synthesize.relational.families.order import FamilyOrder
from synth_assets.synthesize.relational.further.in_time import Times
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.gridded import Gridded
from synth_assets.synthesize.relational.parents_time import ParentsTime
from synth_assets.synthesize.relational.residuals import Residuals
from synth_assets.synthesize.relational.spans import Spans

_COARSE = ("month", "week", "day")


class Shape(Value):
    """What a saved value model consists of.

    Attributes:
        columns: What is learned; the formulas give the rest.
        parents_times: What must not come too early for its parents.
        spans: What never leaves a span of its parents.
        gridded: Times that lie on a grid; those of gaps apart, which count its points.
    """

    synthesizer: str
    formulas: tuple[Formula, ...]
    columns: tuple[str, ...]
    gaps: Gaps
    residuals: Residuals = Residuals()
    parents_times: tuple[ParentsTime, ...] = ()
    spans: Spans = Spans()
    gridded: Gridded = Gridded()
    order: FamilyOrder | None
    parts: tuple[str, ...]

    def in_time(self, rows: pl.DataFrame, context: pl.DataFrame | None, rng: np.random.Generator) -> pl.DataFrame:
        """The rows with the times that come too early for their parents, who are the context, moved."""
        if context is None:
            return rows
        grid = self.gridded.grid
        return rows.with_columns(
            one.moved(rows[one.column], context, rng, grid=grid(one.column)) for one in self.parents_times
        )

    def begin(self, context: pl.DataFrame | None, schema: pl.Schema) -> Times | None:
        """What siblings must not come before, of each row, in the column that they follow each other by.

        Args:
            context: What each row knows of its parents.
            schema: Of the rows.
        """
        of_order = next((one for one in self.parents_times if self.order and one.column == self.order.column), None)
        if of_order is None or context is None:
            return None
        return of_order.begin(context, schema[of_order.column])

    def until(self, context: pl.DataFrame | None, schema: pl.Schema) -> Times | None:
        """What siblings must not come after, as `begin`; points of a coarse grid that are pushed together meet."""
        order = self.order
        if order is None or order.column is None or context is None:
            return None
        if order.grid and order.grid.every in _COARSE:
            return None
        return self.spans.until(order.column, context, schema[order.column])


def saved_shape(folder: Folder) -> Shape | None:
    """What a saved model consists of; None where there is no model."""
    return Shape.model_validate(folder.read_json("values.json")) if folder.exists("values.json") else None
