"""Running totals: a number that is the one of the row before, plus or less another number of the row."""

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.dependencies.formula import rounded, scale_of
from synth_assets.synthesize.deviation import Numbers, plain_numbers, protected_range

_FEWEST_STEPS = 200
_LOOKED_AT = 20_000
_HOLDS = 0.98  # share of rows that keep it; rows of one moment may stand in another order than they came about in
_MOST_LABELS = 64


class Running(Value):
    """`column` is that of the row before, plus `by` times a sign.

    Attributes:
        sign: Of all rows whose label says nothing else.
        label: The column whose labels decide the sign; None if none does.
        others: Its labels that have the other sign.
        scale: Decimal places of the column.
        from_zero: The first row's is `by` times its sign.
        least, most: The range that totals should keep to.
    """

    column: str
    by: str
    sign: int
    label: str | None
    others: tuple[str, ...]
    scale: int
    from_zero: bool
    least: float
    most: float

    def signs(self, labels: pl.Series | None, rows: int) -> Numbers:
        """The sign of each row by its label."""
        if labels is None:
            return np.full(rows, float(self.sign))
        other = labels.is_in(self.others).fill_null(value=False).to_numpy()
        return np.where(other, -float(self.sign), float(self.sign))

    def following(self, before: Numbers, by: Numbers, signs: Numbers) -> Numbers:
        """The column of rows, by that of the rows before them; what is not known adds nothing."""
        return rounded(before + signs * np.nan_to_num(by), self.scale)

    def beyond(self, values: Numbers) -> npt.NDArray[np.bool_]:
        """Which values lie outside the range."""
        return (values < self.least) | (values > self.most)


def find_running(
    rows: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    order: npt.NDArray[np.int64],
    follows: npt.NDArray[np.bool_],
    among: list[str],
    min_group: int,
) -> tuple[Running, ...]:
    """The columns that are running totals of others, none of which is another's.

    Args:
        rows: The table's columns.
        labels: Columns of text that may decide signs.
        order: Row numbers, family by family, in the order of each.
        follows: For each row in that order, whether the one before it is the one before it in its family.
        among: Columns that may be totals.
        min_group: Fewest rows of a label that may be told.
    """
    later = np.flatnonzero(follows)[:_LOOKED_AT]
    if len(later) < _FEWEST_STEPS:
        return ()
    at, before, first = order[later], order[later - 1], order[~follows][:_LOOKED_AT]
    names = [name for name in rows.columns if rows.schema[name].is_numeric() and scale_of(rows[name]) is not None]
    plain = {name: plain_numbers(rows[name]) for name in names}
    found: list[Running] = []
    for column in (name for name in among if name in plain and not rows[name].null_count()):
        scale = scale_of(rows[column]) or 0
        step = np.round(plain[column][at] - plain[column][before], scale)
        taken = {one.column for one in found} | {one.by for one in found}
        if np.count_nonzero(step) < _FEWEST_STEPS / 2 or column in taken:
            continue
        for by in (name for name in names if name != column and name not in {one.column for one in found}):
            adds: Numbers = np.round(np.nan_to_num(plain[by]), scale).astype(np.float64)
            # What stays as it is follows whatever is nothing.
            goes_on = (step != 0) | (adds[at] != 0)
            if np.mean(np.abs(step[goes_on]) == np.abs(adds[at][goes_on])) < _HOLDS:
                continue
            least, most = protected_range(np.sort(plain[column]), min_group)
            plainly = Running(
                column=column,
                by=by,
                sign=1,
                label=None,
                others=(),
                scale=scale,
                from_zero=False,
                least=least,
                most=most,
            )
            running = _signed(plainly, np.sign(step) * np.sign(adds[at]), labels, at, min_group)
            if running:
                of_label = labels[running.label][first] if running.label else None
                start = running.following(np.zeros(len(first)), adds[first], running.signs(of_label, len(first)))
                holds = bool(np.mean(start == np.round(plain[column][first], scale)) >= _HOLDS)
                found.append(running.model_copy(update={"from_zero": holds}))
                break
    return tuple(found)


def _signed(
    running: Running, signs: Numbers, labels: pl.DataFrame, at: npt.NDArray[np.int64], min_group: int
) -> Running | None:
    """The running total with the column that tells its sign, None if nothing does."""
    told = signs != 0
    usual = 1 if np.count_nonzero(signs > 0) >= np.count_nonzero(signs < 0) else -1
    plainly = running.model_copy(update={"sign": usual})
    if np.count_nonzero(signs == usual) >= _HOLDS * np.count_nonzero(told):
        return plainly
    for name in labels.columns:
        seen = pl.DataFrame({"label": labels[name].gather(at), "sign": signs}).filter(pl.Series(told))
        each = seen.group_by("label").agg(pl.col("sign").mean().alias("mean"), pl.len()).drop_nulls("label")
        agreeing = each.select(((1 + pl.col("mean").abs()) / 2 * pl.col("len")).sum()).item()
        if each.height <= _MOST_LABELS and agreeing >= _HOLDS * seen.height:
            others = each.filter((pl.col("mean") * usual < 0) & (pl.col("len") >= min_group))["label"].sort().to_list()
            return plainly.model_copy(update={"label": name, "others": tuple(others)})
    return None
