"""A whole table as codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from synth_assets.synthesize.trees.columns import ColumnCodes
from synth_assets.synthesize.trees.labels import LabelCodes
from synth_assets.synthesize.trees.limits import Limit, limits_of
from synth_assets.synthesize.trees.scale import Codes, Floats, Mask
from synth_assets.synthesize.trees.staying import Staying, StayingLabels


@dataclass(frozen=True)
class Coded:
    """The parts of the context's and the table's columns, and what is known of each.

    Attributes:
        matrix: (parts, rows) codes, the context's parts first.
        sizes: Number of codes of each part, NULL counted.
        allowed: The highest code of each part that may be drawn.
        ordered: Whether a part's codes stand in the order of its values.
        discrete: Whether each code of a part is one value.
        centres: For each part the number that stands for each code, None for labels.
        outside: How many of the parts are context.
        blocks: The parts of each learned column.
        nullable: Whether each learned column may hold NULL.
        min_group: Fewest rows that a distribution may come from.
        discover: What holds without exception in the rows is to hold in drawn ones.
        staying: How parts follow the row before that mostly do.
        before: The parts of the context that tell of the rows before; of which learned column, by its number, None if
            of one that is known before any is drawn.
        step: The learned column that orders them, by its number, if there is one.
        after: Which learned columns, by their numbers, come after which.
        limits: What each part never lies beyond of other parts.
    """

    matrix: Codes
    sizes: npt.NDArray[np.intp]
    allowed: npt.NDArray[np.intp]
    ordered: Mask
    discrete: Mask
    centres: Sequence[Floats | None]
    outside: int
    blocks: Sequence[range]
    nullable: Sequence[bool]
    min_group: int
    discover: bool = True
    staying: Mapping[int, Staying] = field(default_factory=dict)
    before: Mapping[int, int | None] = field(default_factory=dict)
    step: int | None = None
    after: Mapping[int, frozenset[int]] = field(default_factory=dict)
    limits: Mapping[int, tuple[Limit, ...]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return int(self.matrix.shape[1])

    @classmethod
    def of(
        cls,
        codes: Sequence[Codes],
        *,
        context: Sequence[ColumnCodes],
        columns: Sequence[ColumnCodes],
        nullable: Sequence[bool],
        min_group: int,
        discover: bool = True,
        before: Mapping[str, str] | None = None,
        step: str | None = None,
        after: Mapping[int, frozenset[int]] | None = None,
        orders: Sequence[tuple[str, str]] = (),
    ) -> "Coded":
        """From the codes of each part; at least one column.

        `before`, `step`, `orders` are as in TableSpec, `after` as in Coded.
        """
        every = [*context, *columns]
        place = outside = sum(len(column.counts) for column in context)
        blocks = []
        for column in columns:
            blocks.append(range(place, place + len(column.counts)))
            place += len(column.counts)
        return cls(
            np.stack(codes),
            np.array([count + 1 for column in every for count in column.counts], np.intp),
            np.array([allowed for column in every for allowed in column.allowed], np.intp),
            np.array([column.ordered for column in every for _ in column.counts], np.bool_),
            np.array([discrete for column in every for discrete in column.discrete], np.bool_),
            [centres for column in every for centres in column.centres()],
            outside,
            blocks,
            nullable,
            min_group,
            discover,
            _staying(context, columns, blocks),
            _before(context, columns, before or {}),
            next((number for number, column in enumerate(columns) if column.name == step), None),
            after or {},
            limits_of(columns, [block[0] for block in blocks], orders),
        )

    @cached_property
    def of_rows_before(self) -> frozenset[int]:
        """The parts that tell of the rows before, and those that say whether others are as there."""
        return frozenset(self.before) | {place for one in self.staying.values() for place in (one.state, one.previous)}

    @cached_property
    def ranks(self) -> Sequence[Floats]:
        """For each code of each part the share of rows below it (half of its own counted); NaN for NULL."""
        return [_ranks(codes, int(size)) for codes, size in zip(self.matrix, self.sizes, strict=True)]


def _before(
    context: Sequence[ColumnCodes], columns: Sequence[ColumnCodes], before: Mapping[str, str]
) -> dict[int, int | None]:
    numbers = {column.name: number for number, column in enumerate(columns)}
    names = [column.name for column in context for _ in column.counts]
    return {place: numbers.get(before[name]) for place, name in enumerate(names) if name in before}


def _staying(
    context: Sequence[ColumnCodes], columns: Sequence[ColumnCodes], blocks: Sequence[range]
) -> dict[int, Staying]:
    before, place = {}, 0
    for column in context:
        before[column.name] = (place, column.coding)
        place += len(column.counts)
    found = {}
    for column, block in zip(columns, blocks, strict=True):
        if isinstance(column.coding, StayingLabels):
            previous, coding = before[column.coding.previous]
            assert isinstance(coding, LabelCodes)  # noqa: S101 (it holds the same texts)
            found[block[1]] = Staying(block[0], previous, column.coding.codes_of(coding))
    return found


def _ranks(codes: Codes, size: int) -> Floats:
    counts = np.bincount(codes, minlength=size).astype(np.float64)
    counts[0] = 0
    middle: Floats = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)
    middle[0] = np.nan
    return middle
