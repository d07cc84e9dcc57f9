"""Columns that others give exactly: copies across keys, sums, differences, products, quotients, parts of times.

They are not learned but computed, so that they hold for every row. What is looked for is a column `c` with `c = a`,
`c = a + b`, `c = a - b`, `c = a * b`, `c = a * b / 100` or `c = k * a / b` (rounded as `c` is) in all training rows,
perhaps with one part more, where `a` and `b` are other columns of the row or of a row that it refers to. `NULL` must
be where one of them is, clock times apart.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.dependencies.chance import FEWEST_ROWS, is_chance
from synth_assets.dependencies.clock import MIDNIGHT, clock_sum, is_clock, possible_parts
from synth_assets.dependencies.elapsed import elapsed_candidates
from synth_assets.dependencies.formula import Formula, Numbers, agree, combined, numbers, scale_of
from synth_assets.dependencies.quotients import quotient_candidates
from synth_assets.dependencies.three_parts import three_part_candidates
from synth_assets.plan.dependencies import A_HUNDREDTH, JOINING, ROUNDED, Operation
from synth_assets.statistics.labels import shared_labels

FEWEST_COMBINATIONS = 20
FEWEST_LENGTHS = 3
MOST_COLUMNS = 60
TRIED = 16  # kinds of formulas
MOSTLY = 0.9
PROBES = 16
ROUNDED_OTHERWISE = 0.02  # share of rows that a database may have rounded to the other side
_UNITS_A_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9}


def find_formulas(rows: pl.DataFrame, around: pl.DataFrame, *, min_group: int, seed: int) -> tuple[Formula, ...]:
    """The columns of `rows` that other columns give exactly.

    Args:
        rows: The columns that might be computed; at least one is left.
        around: Columns of the same rows that are there before them: earlier ones, those of parents.
        min_group: Fewest rows that must share a label for it to come out.
        seed: Of the rows that are looked at first.
    """
    if rows.height < FEWEST_ROWS:
        return ()
    frame = pl.concat([around, rows], how="horizontal") if around.width else rows
    probes = np.sort(np.random.default_rng(seed).choice(rows.height, min(rows.height, 2_000), replace=False))
    few = frame[probes]
    known = {name: numbers(few[name]) for name in few.columns if _is_number(few.schema[name])}
    found: list[Formula] = []
    usable = [name for name in frame.columns if few[name].n_unique() > 1]
    # What a quotient is made of is computed from it, too, but for rounding: quotients come last.
    for look in (_found, _quotient):
        for name in reversed(rows.columns):
            if len(found) == rows.width - 1:
                break
            if any(formula.column == name for formula in found):
                continue
            others = [other for other in usable if other != name and name not in inputs_of(other, found)]
            formula = look(name, others, frame, few, known)
            if formula:
                labels = shared_labels(rows[name], min_group) if rows.schema[name] == pl.String else None
                limits = {"filled": not rows[name].null_count(), "labels": labels}
                found.append(formula.model_copy(update=limits))
    return in_order(found)


def inputs_of(name: str, formulas: Sequence[Formula]) -> set[str]:
    """Everything that a column is computed from."""
    found: set[str] = set()
    waiting = {name}
    while waiting:
        inputs = {i for formula in formulas if formula.column in waiting for i in formula.inputs}
        waiting = inputs - found
        found |= inputs
    return found


def in_order(formulas: Sequence[Formula]) -> tuple[Formula, ...]:
    """The formulas, each after those whose columns it needs."""
    left, done = list(formulas), []
    while left:
        needed = {formula.column for formula in left}
        ready = [formula for formula in left if not needed & set(formula.inputs)] or left[:1]
        done += ready
        left = [formula for formula in left if formula not in ready]
    return tuple(done)


def _is_number(dtype: pl.DataType) -> bool:
    """Whether a column may be one side of a sum."""
    return dtype.is_numeric() or dtype in (pl.Date, pl.Datetime)


def _found(
    name: str, others: Sequence[str], frame: pl.DataFrame, few: pl.DataFrame, known: Mapping[str, Numbers]
) -> Formula | None:
    """The formula of a column; `few` are some of the rows, `known` their numbers and times."""
    return (
        _copy(name, others, frame, few)
        or _time_part(name, others, frame, few)
        or _arithmetic(name, others, frame, known)
        or _clock_time(name, others, frame, known)
        or _elapsed(name, others, frame)
    )


def _time_part(name: str, others: Sequence[str], frame: pl.DataFrame, few: pl.DataFrame) -> Formula | None:
    """A whole number that is the year, month, day, hour or minute of a time."""
    if not few[name].dtype.is_integer():
        return None
    for other in others:
        for part, zone in possible_parts(few[name], few[other]):
            formula = Formula(column=name, operation=part, left=other, zone=zone)
            if _is_no_chance(frame, name, other) and _holds(formula, frame):
                return formula
    return None


def _elapsed(name: str, others: Sequence[str], frame: pl.DataFrame) -> Formula | None:
    """A number that says how long it is from one time to another."""
    if frame[name].n_unique() < FEWEST_LENGTHS:
        return None
    for formula in elapsed_candidates(name, others, frame):
        if _is_no_chance(frame, name, *formula.inputs) and _holds(formula, frame):
            return formula
    return None


def _clock_time(
    name: str, others: Sequence[str], frame: pl.DataFrame, known_numbers: Mapping[str, Numbers]
) -> Formula | None:
    """A clock time (1745) that is another one and a number of minutes."""
    values = known_numbers[name] if frame.schema[name].is_numeric() else np.empty(0)
    if not is_clock(values):
        return None
    numeric = {other: known_numbers[other] for other in others if frame.schema[other].is_numeric()}
    midnight = MIDNIGHT if frame[name].max() == MIDNIGHT else 0
    for clock in [other for other, column in numeric.items() if is_clock(column)]:
        for minutes, column in numeric.items():
            made = clock_sum(numeric[clock], column, midnight)
            known = ~np.isnan(made)
            if minutes == clock or known.mean() < MOSTLY or not np.array_equal(made[known], values[known]):
                continue
            formula = Formula(column=name, operation="clock", left=clock, right=minutes, unit=midnight)
            if not _is_no_chance(frame, name, clock, minutes):
                continue
            if _holds(formula, frame):
                return formula
            if not wrongly_computed(formula, frame):
                return formula.model_copy(update={"partial": True})
    return None


def _copy(name: str, others: Sequence[str], frame: pl.DataFrame, few: pl.DataFrame) -> Formula | None:
    """A column that is another one, of the same type, in every row."""
    if name not in few.columns or few[name].n_unique() < 2:
        return None
    schema = frame.schema
    for other in others:
        if schema[other] != schema[name]:
            continue
        alike = few[name].equals(few[other], check_names=False) and frame[name].equals(frame[other], check_names=False)
        if alike and _is_no_chance(frame, name, other):
            return Formula(column=name, operation="copy", left=other)
    return None


def _arithmetic(name: str, others: Sequence[str], frame: pl.DataFrame, known: Mapping[str, Numbers]) -> Formula | None:
    schema = frame.schema
    dtype = schema[name]
    if not _is_number(dtype) or len(np.unique(known[name])) < 3:
        return None
    target = known[name]
    values = {o: known[o] for o in others if schema[o].is_numeric() or schema[o] == dtype}
    values = dict(list(values.items())[-MOST_COLUMNS:])
    scale = scale_of(frame[name])
    probes = np.flatnonzero(~np.isnan(target))[:PROBES]
    values = {other: column for other, column in values.items() if not np.isnan(column[probes]).any()}
    if len(probes) < 2 or not values:
        return None
    for formula in _candidates(name, dtype, scale, frame, values, target[probes], probes):
        left = values[formula.left] * (formula.factor or 1.0)
        made = combined(formula.operation, left, values[formula.right or ""], formula.unit)
        # Where most are 0, the first look lets many sums pass; the second is cheap beside counting combinations.
        if not agree(made, target, rounded_to=scale if formula.operation == "product" else None).all():
            continue
        if _is_no_chance(frame, name, *formula.inputs) and _holds(formula, frame):
            return formula
    if dtype.is_numeric():
        for formula in three_part_candidates(name, scale, values, target, probes):
            if _is_no_chance(frame, name, *formula.inputs) and _holds(formula, frame):
                return formula
    return None


def _quotient(
    name: str, others: Sequence[str], frame: pl.DataFrame, few: pl.DataFrame, known: Mapping[str, Numbers]
) -> Formula | None:
    """A number with decimals that is one column divided by another; NULL, or anything, where that one is 0."""
    if not frame.schema[name].is_numeric() or few[name].n_unique() < FEWEST_COMBINATIONS:
        return None
    scale = scale_of(frame[name])
    if scale == 0:
        return None
    values = {other: known[other] for other in others if frame.schema[other].is_numeric()}
    for formula in quotient_candidates(name, scale, dict(list(values.items())[-MOST_COLUMNS:]), known[name]):
        divided = frame.filter(pl.col(formula.right or "") != 0)
        if _is_no_chance(divided, name, *formula.inputs) and _holds(formula, divided):
            return formula if _holds(formula, frame) else formula.model_copy(update={"partial": True})
    return None


def _candidates(
    name: str,
    dtype: pl.DataType,
    scale: int | None,
    frame: pl.DataFrame,
    values: Mapping[str, Numbers],
    wanted: Numbers,
    probes: npt.NDArray[np.intp],
) -> Sequence[Formula]:
    """Formulas of two columns that hold in some rows."""
    names = list(values)
    if len(names) < 2:
        return []
    table = np.stack([values[other][probes] for other in names])
    schema = frame.schema
    is_time = np.array([schema[other] == dtype for other in names]) & dtype.is_temporal()
    is_number = np.array([schema[other].is_numeric() for other in names])
    found = []
    tries: list[tuple[Operation, int, float | None]] = (
        [("sum", unit, None) for unit in _units(dtype)]
        if dtype.is_temporal()
        else [
            ("sum", 1, None),
            ("difference", 1, None),
            ("product", 1, None),
            ("product", 1, A_HUNDREDTH),
            *(("sum", unit, None) for unit in JOINING),
        ]
    )
    for operation, unit, factor in tries:
        first = table * (1.0 if factor is None else factor)
        # Nearly all are wrong in the first row already.
        rounded_to = scale if operation == "product" else None
        close = agree(
            combined(operation, first[:, None, 0], table[None, :, 0], unit), wanted[:1], rounded_to=rounded_to
        )
        if dtype.is_temporal():
            close &= is_time[:, None] & is_number[None, :]
        else:
            close &= is_number[:, None] & is_number[None, :]
            np.fill_diagonal(close, val=False)
            close = close if operation == "difference" or unit != 1 else np.triu(close)
        left, right = np.nonzero(close)
        made = combined(operation, first[left], table[right], unit)
        pairs = np.flatnonzero(agree(made, wanted, rounded_to=rounded_to).all(axis=-1))
        rounded = scale if operation == "product" or dtype.is_float() else None
        found += [
            Formula(
                column=name,
                operation=operation,
                left=names[left[pair]],
                right=names[right[pair]],
                unit=unit,
                factor=factor,
                scale=rounded,
            )
            for pair in pairs
        ]
    return found


def _holds(formula: Formula, frame: pl.DataFrame) -> bool:
    """Whether the formula gives exactly the column, NULLs included, in every row."""
    made = formula.apply(frame, frame.schema[formula.column])
    real = frame[formula.column]
    if made.null_count() != real.null_count() or not bool((made.is_null() == real.is_null()).all()):
        return False
    differing = _differing(made, real)
    if not _is_rounded(formula) or not differing.any():
        return not differing.any()
    # Halves may have been rounded up or to the even digit, or binary fractions to either side.
    step = 1.001 * 10.0 ** -(formula.scale or 0)
    return bool(
        differing.to_numpy().mean() <= ROUNDED_OTHERWISE and np.nanmax(np.abs(numbers(made) - numbers(real))) <= step
    )


def _is_rounded(formula: Formula) -> bool:
    return (formula.operation in ROUNDED and bool(formula.scale)) or formula.operation == "elapsed"


def wrongly_computed(formula: Formula, frame: pl.DataFrame) -> int:
    """How many rows have another value than the formula says; a NULL of what it is computed from says nothing.

    Nor does what is divided by 0.
    """
    known = frame.select(pl.all_horizontal(pl.col(name).is_not_null() for name in formula.inputs)).to_series()
    if formula.operation == "quotient" and formula.right is not None:
        known &= frame[formula.right] != 0
    real = frame[formula.column]
    return int((_differing(formula.apply(frame, real.dtype), real) & known).sum())


def _differing(made: pl.Series, real: pl.Series) -> pl.Series:
    """True where two series of one type differ; floats by more than their last digits."""
    if real.dtype.is_float():
        return pl.Series(~np.isclose(numbers(made), numbers(real), rtol=1e-9, atol=1e-9, equal_nan=True))
    return made.ne_missing(real)


def _is_no_chance(frame: pl.DataFrame, name: str, *inputs: str) -> bool:
    """Whether so many different combinations agree that chance, over all that is tried, would hardly make them."""
    some = frame.select({name, *inputs}).drop_nulls()
    if some.height < FEWEST_ROWS:
        return False
    combinations = some.select(inputs).n_unique()
    most = some[name].value_counts(sort=True, normalize=True, name="share")["share"][0]
    if len(inputs) == 1:
        # Labels repeat; each row that agrees is one more coincidence.
        combinations = some.height
    elif combinations < FEWEST_COMBINATIONS:
        return False
    return not is_chance(combinations, most, tried=TRIED * max(frame.width, 2) ** (len(inputs) + 1))


def _units(dtype: pl.DataType) -> tuple[int, ...]:
    if not isinstance(dtype, pl.Datetime):
        return (1, 7)
    second = _UNITS_A_SECOND[dtype.time_unit]
    return tuple(second * seconds for seconds in (1, 60, 3_600, 86_400))
