"""What a saved model of a table's values consists of."""

from synth_assets.catalog.model import Value
from synth_assets.dependencies.formula import Formula
from synth_assets.store.folder import Folder
from synth_assets.synthesize.relational.families.order import FamilyOrder
from synth_assets.synthesize.relational.gaps import Gaps
from synth_assets.synthesize.relational.gridded import Gridded
from synth_assets.synthesize.relational.parents_time import ParentsTime
from synth_assets.synthesize.relational.residuals import Residuals
from synth_assets.synthesize.relational.spans import Spans


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


def saved_shape(folder: Folder) -> Shape | None:
    """What a saved model consists of; None where there is no model."""
    return Shape.model_validate(folder.read_json("values.json")) if folder.exists("values.json") else None
