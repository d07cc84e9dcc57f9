"""Whose children they are: of which parents how many, so that children fall to the parents' values as in the source.

How many children a row has is drawn row by row, by what the leaf of a tree says. Over the few rows that have any, or
among rows that a leaf does not tell apart, chance adds up: half of the awards go to the wrong decade. Which share of
all children belongs to parents of which value is known of every column, so rows exchange their numbers of children
until the shares are met: the distribution of the numbers stays as it is. (Raking to known margins: Deming and Stephan
1940; by exchange, as simulated annealing does for synthetic populations: Williamson and others 1998.)
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.statistics.compiled import compiled
from synth_assets.synthesize.deviation import plain_numbers

Counts = npt.NDArray[np.int64]
Cells = npt.NDArray[np.int64]
_MOST_SPANS = 10  # of a number or time
_MOST_LABELS = 50
_FEWEST_PARENTS = 5  # with children, of one cell
_FEWEST_ROWS = 20
_TRIED, _FEWEST_TRIED, _MOST_TRIED = 20, 200_000, 1_000_000  # exchanges, by row with children
_NEAR = 0.005  # of all children: a cell that is off by less is left, as exchanges loosen what columns say together
_OTHER, _NULL, _FIRST = 0, 1, 2  # cells of every column: from the first on, each label or span has its own


class Margin(Value):
    """To which of a column's cells children's parents belong: other labels, NULL, then labels or spans in order.

    Attributes:
        labels: Those that have a cell of their own; None for numbers and times.
        edges: Borders between spans, as `plain_numbers` tells values.
        null: The cell of NULL: its own, or another one where few have it.
        share: The share of all children, by cell.
    """

    column: str
    labels: tuple[str, ...] | None = None
    edges: tuple[float, ...] = ()
    null: int = _NULL
    share: tuple[float, ...] = ()

    @classmethod
    def of(cls, values: pl.Series, counts: Counts, *, fewest: int) -> "Margin | None":
        """None if all rows are of one cell, or if in some cell children are of fewer than `fewest` rows."""
        with_children = counts > 0
        missing = int(np.count_nonzero(with_children & values.is_null().to_numpy()))
        few = 0 < missing < fewest
        if values.dtype in (pl.String, pl.Boolean):
            labels = _labels(values.cast(pl.String), counts, fewest=fewest, others=missing if few else 0)
            margin = cls(column=values.name, labels=labels, null=_OTHER if few else _NULL)
        elif values.dtype.is_numeric() or values.dtype.is_temporal():
            edges = _edges(plain_numbers(values), counts, fewest=fewest)
            margin = cls(column=values.name, edges=edges, null=_FIRST if few else _NULL)
        else:
            return None
        cells = margin.cells(values)
        rows, of_children = (np.bincount(some, minlength=margin.size) for some in (cells, cells[with_children]))
        if (rows > 0).sum() < 2 or ((of_children > 0) & (of_children < fewest)).any():
            return None
        share = np.bincount(cells, weights=counts, minlength=margin.size) / counts.sum()
        return margin.model_copy(update={"share": tuple(share.tolist())})

    @property
    def size(self) -> int:
        """How many cells there are."""
        return _FIRST + (len(self.edges) + 1 if self.labels is None else len(self.labels))

    def cells(self, values: pl.Series) -> Cells:
        """The cell of each row's value."""
        missing = values.is_null().to_numpy()
        if self.labels is None:
            found = _FIRST + np.searchsorted(np.array(self.edges), np.nan_to_num(plain_numbers(values)), side="right")
        else:
            numbers = {label: _FIRST + at for at, label in enumerate(self.labels)}
            found = values.cast(pl.String).replace_strict(numbers, default=_OTHER, return_dtype=pl.Int64).to_numpy()
        return np.where(missing, self.null, found)


class Calibration(Value):
    """The margins of the parents' columns to which children by one key add up."""

    margins: tuple[Margin, ...] = ()

    @classmethod
    def of(cls, rows: pl.DataFrame, counts: Counts, *, min_group: int) -> "Calibration":
        """From real rows, what is known of each, and their numbers of children."""
        fewest = max(min_group, _FEWEST_PARENTS)
        if np.count_nonzero(counts) < 2 * fewest or rows.height < _FEWEST_ROWS:
            return cls()
        found = (Margin.of(rows[name], counts, fewest=fewest) for name in rows.columns)
        return cls(margins=tuple(margin for margin in found if margin))

    def apply(
        self, counts: Counts, rows: pl.DataFrame, *, among: Cells | None = None, rng: np.random.Generator
    ) -> Counts:
        """The numbers of children, exchanged among rows so that the margins are met as nearly as they can be.

        Args:
            counts: Drawn numbers, by row.
            rows: What is known of each.
            among: The group of each row that exchanges with no other group; None if all may.
        """
        there = [margin for margin in self.margins if margin.column in rows.columns]
        some = np.flatnonzero(counts)
        if not there or not len(some) or len(counts) < 2:
            return counts
        starts = np.cumsum([0, *(margin.size for margin in there)])
        cells = np.stack([margin.cells(rows[margin.column]) + at for margin, at in zip(there, starts, strict=False)])
        wanted = np.concatenate([margin.share for margin in there]) * int(counts.sum())
        tried = int(np.clip(_TRIED * len(some), _FEWEST_TRIED, _MOST_TRIED))
        first = some[rng.integers(0, len(some), tried)]
        second = _partners(first, among, len(counts), rng)
        exchanged = counts.copy()
        near = np.where(wanted > 0, _NEAR * int(counts.sum()), 0.0)
        # Rows with many cells at hand are walked over faster when one row's lie side by side.
        _exchange(exchanged, np.ascontiguousarray(cells.T), wanted, near, first, second)
        return exchanged


def find_calibrations(rows: pl.DataFrame, children: Mapping[str, Counts], *, min_group: int) -> dict[str, Calibration]:
    """By key, to which of these rows children belong: by their own columns, and by their numbers of other children."""
    found = {
        name: Calibration.of(_known(rows, children, besides=name), counts, min_group=min_group)
        for name, counts in children.items()
    }
    return {name: calibration for name, calibration in found.items() if calibration.margins}


def calibrated(
    calibrations: Mapping[str, Calibration],
    rows: pl.DataFrame,
    children: Mapping[str, Counts],
    groups: Mapping[str, Cells | None],
    rng: np.random.Generator,
) -> dict[str, Counts]:
    """The numbers of children by key, one key after the other, see Calibration.apply.

    Args:
        calibrations: By key.
        rows: The columns of the rows that have children.
        children: Drawn numbers, by key.
        groups: By key, which rows may exchange theirs.
        rng: Source of randomness.
    """
    exchanged = dict(children)
    for name, calibration in calibrations.items():
        around = _known(rows, exchanged, besides=name)
        exchanged[name] = calibration.apply(exchanged[name], around, among=groups[name], rng=rng)
    return exchanged


def _known(rows: pl.DataFrame, children: Mapping[str, Counts], *, besides: str) -> pl.DataFrame:
    """What is known of each row beside its number of children by one key."""
    others = [pl.Series(f"children by {name}", counts) for name, counts in children.items() if name != besides]
    return pl.DataFrame([*rows.get_columns(), *others])


def _labels(values: pl.Series, counts: Counts, *, fewest: int, others: int) -> tuple[str, ...]:
    """The labels of most children that `fewest` rows with children share; all others have none or as many together.

    `others` rows with children are of no label and in the cell of these.
    """
    of_label = (
        pl.DataFrame({"value": values, "#": counts})
        .filter(pl.col("#") > 0)
        .drop_nulls("value")
        .group_by("value")
        .agg(pl.len().alias("rows"), pl.col("#").sum())
    )
    large = of_label.filter(pl.col("rows") >= fewest).sort("#", "value", descending=[True, False]).head(_MOST_LABELS)
    others += int(of_label["rows"].sum()) - int(large["rows"].sum())
    if 0 < others < fewest:
        large = large.head(-1)
    return tuple(large["value"])


def _edges(values: npt.NDArray[np.float64], counts: Counts, *, fewest: int) -> tuple[float, ...]:
    """Borders between spans of about equally many children, of `fewest` rows with children at least.

    Each lies halfway between two values: nobody's.
    """
    known = np.isfinite(values)
    every = np.unique(values[known])
    some = known & (counts > 0)
    order = np.argsort(values[some], kind="stable")
    ordered, children = values[some][order], np.cumsum(counts[some][order])
    if len(ordered) < fewest:
        return ()
    spans = min(_MOST_SPANS, len(ordered) // fewest)
    ends: list[int] = []  # the first of the rows with children beyond each border
    # Beyond an end that enough rows share nobody has children: numbers of other children that are 0.
    if np.count_nonzero(ordered == ordered[0]) >= fewest:
        ends.append(0)
    start = 0
    for span in range(1, spans):
        end = max(int(np.searchsorted(children, children[-1] * span / spans, side="right")), start + fewest)
        end = int(np.searchsorted(ordered, ordered[min(end, len(ordered)) - 1], side="right"))
        if len(ordered) - end < fewest:
            break
        ends.append(end)
        start = end
    if np.count_nonzero(ordered == ordered[-1]) >= fewest:
        ends.append(len(ordered))
    below = [
        np.searchsorted(every, ordered[end - 1], side="right") if end else np.searchsorted(every, ordered[0])
        for end in ends
    ]
    return tuple(dict.fromkeys(float(every[at - 1] + every[at]) / 2 for at in below if 0 < at < len(every)))


def _partners(first: Cells, among: Cells | None, rows: int, rng: np.random.Generator) -> Cells:
    """Another row for each, of the same group."""
    if among is None:
        return rng.integers(0, rows, len(first))
    order = np.argsort(among, kind="stable")
    groups = among[order]
    starts, ends = np.searchsorted(groups, among[first]), np.searchsorted(groups, among[first], side="right")
    return order[starts + (rng.random(len(first)) * (ends - starts)).astype(np.int64)]


@compiled
def _exchange(counts, cells, wanted, near, first, second):  # type: ignore[no-untyped-def]
    """Exchange the counts of pairs of rows wherever the cells' sums come nearer to the wanted ones.

    How far they are off is chi-squared, beyond what is near enough: a cell that should have no child weighs most.
    """
    columns = cells.shape[1]
    off = -wanted.copy()
    for row in range(len(counts)):
        for column in range(columns):
            off[cells[row, column]] += counts[row]
    for pair in range(len(first)):
        one, other = first[pair], second[pair]
        moved = counts[one] - counts[other]
        if moved == 0:
            continue
        change = 0.0
        for column in range(columns):
            source, target = cells[one, column], cells[other, column]
            if source != target:
                left = max(abs(off[source] - moved) - near[source], 0.0)
                here = max(abs(off[source]) - near[source], 0.0)
                change += (left * left - here * here) / (wanted[source] + 1.0)
                come = max(abs(off[target] + moved) - near[target], 0.0)
                there = max(abs(off[target]) - near[target], 0.0)
                change += (come * come - there * there) / (wanted[target] + 1.0)
        if change < 0:
            for column in range(columns):
                off[cells[one, column]] -= moved
                off[cells[other, column]] += moved
            counts[one] -= moved
            counts[other] += moved
