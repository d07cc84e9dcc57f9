"""What every synthesizer of one table promises, and the values that it gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.grid import Grid
from synth_assets.store.folder import Folder
from synth_assets.synthesize.deviation import Deviation
from synth_assets.synthesize.months import Side
from synth_assets.synthesize.running import Running


class ColumnKind(StrEnum):
    """How a synthesizer must read a column. In brackets: the polars types that it may get and must give back."""

    NUMBER = "number"  # [Int64, UInt64, Float32, Float64, Decimal]
    DATETIME = "datetime"  # [Datetime, Date, Time]
    BOOLEAN = "boolean"  # [Boolean]
    CATEGORY = "category"  # [String]


@dataclass(frozen=True)
class ColumnSpec:
    """One column to learn.

    Attributes:
        minimum, maximum: Bounds that a CHECK or the type sets; None if there are none. Numbers as they are, times as
            microseconds since the epoch (Date: days since the epoch, Time: nanoseconds since midnight).
        keep: Real values may come out whatever their number (the plan says `keep`); otherwise a category, and an
            extreme of a number, shared by fewer than `min_group` rows must not.
        labels: What the type (an enum) or a CHECK says that a category may be, and nothing else: public, whoever has
            which. They stand in where none of the column's own may come out.
        stays: The column of the context that holds the label of the row before, for a category that mostly is that one.
        after: Columns that nearly give it: it is best drawn when they are.
    """

    name: str
    kind: ColumnKind
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    keep: bool = False
    labels: tuple[str, ...] = ()
    stays: str | None = None
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSpec:
    """The learned part of one table: no keys, no references, no free text.

    Attributes:
        discover: What holds between columns in all rows is to hold in sampled ones; only `trees` look for it.
        before: The columns of the context that tell of the rows before, with the column that each tells of.
        step: The column that orders them, if it is learned.
        orders: Pairs of columns of numbers or times of which the first never exceeds the second.
    """

    name: str
    columns: tuple[ColumnSpec, ...]
    min_group: int = 10
    discover: bool = True
    before: Mapping[str, str] = field(default_factory=dict)
    step: str | None = None
    orders: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Synthesizer(Protocol):
    """A model of one table's learned columns, given its context: plain polars in and out.

    `context` holds one row for each row of the table (the parent's columns, the position among siblings, ...); its
    columns have any of the types named in ColumnKind, may hold nulls, and never come out. `given` holds columns of
    the table itself that are fixed beforehand, all rows; they come out as they went in.
    Sampled frames have exactly the columns of the spec, in its order, with the types of the fitted frame.
    """

    def fit(self, rows: pl.DataFrame, *, table: TableSpec, context: pl.DataFrame | None, seed: int) -> None: ...

    def sample(
        self, n: int, *, context: pl.DataFrame | None, given: pl.DataFrame | None, rng: np.random.Generator
    ) -> pl.DataFrame: ...

    def save(self, folder: Folder) -> None: ...

    @classmethod
    def load(cls, folder: Folder) -> Self: ...


class LabelShare(Value):
    """The share of rows before that had a label: by `name` of what tells it, the column of text, and the label."""

    name: str
    column: str
    label: str


@dataclass(frozen=True)
class Following:
    """What a row is told of the rows before it in its family, by columns of its context.

    Attributes:
        previous: The columns of the context that hold a column of the row before: which one.
        means: Those that hold the mean of a column over all rows before.
        shares: Those that hold the share of rows before that had a label: which one.
        months: Those that say where a date of the row before lies in its month: of which column, from which side.
        gaps: Those that say how far the row before is from the one before that: by which column.
        stays: The label, of columns of text, that stands for that of the row before: in models of versions 1, 2 only.
        deviations: Columns of numbers and times that are learned by how far they are off the row before.
        running: Columns that are not learned but worked out.
        step: The column that is learned as the gap to the row before, in whole `unit`s of its physical values.
        ends_months: It never passes the last day of a month without one on that day.
        grid: What its times lie on: each step ends at the nearest point.
        points: Its physical values, where they are of a few.
    """

    previous: Mapping[str, str]
    means: Mapping[str, str]
    stays: Mapping[str, str]
    shares: tuple[LabelShare, ...] = ()
    months: Mapping[str, tuple[str, Side]] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)
    deviations: Mapping[str, Deviation] = field(default_factory=dict)
    running: tuple[Running, ...] = ()
    step: str | None = None
    unit: int = 1
    ends_months: bool = False
    grid: Grid | None = None
    points: tuple[int, ...] = ()


@runtime_checkable
class FollowingSynthesizer(Protocol):
    """A synthesizer of rows that follow each other, fitted with what rows before them say as columns of its context.

    `first` and `lengths` have one entry for each family: its first row, and how many rows it has. `context` has one row
    for each row, family by family, without what rows say that are not drawn yet. All rows come out in that order.
    """

    def sample_following(
        self,
        first: pl.DataFrame,
        lengths: npt.NDArray[np.int64],
        *,
        context: pl.DataFrame,
        following: Following,
        rng: np.random.Generator,
    ) -> pl.DataFrame: ...


@runtime_checkable
class SequenceSynthesizer(Protocol):
    """A model of one table's learned columns whose rows form sequences, one for each parent.

    Fitting: `rows` lie sequence by sequence and in order within each; `sequences` holds the number of each row's
    sequence, `order` names the column by which rows ascend (None: none does), and `context` has one row for each row,
    the same within a sequence. Sampling: `lengths` and `context` have one entry for each sequence; rows come out
    sequence by sequence. Otherwise as for Synthesizer.
    """

    def fit_sequences(
        self,
        rows: pl.DataFrame,
        *,
        table: TableSpec,
        sequences: npt.NDArray[np.int64],
        order: str | None,
        context: pl.DataFrame,
        seed: int,
    ) -> None: ...

    def sample_sequences(
        self, lengths: npt.NDArray[np.int64], *, context: pl.DataFrame, rng: np.random.Generator
    ) -> pl.DataFrame: ...

    def save(self, folder: Folder) -> None: ...

    @classmethod
    def load(cls, folder: Folder) -> Self: ...
