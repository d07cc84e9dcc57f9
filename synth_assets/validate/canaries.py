"""The check of canaries: invented values that were planted into training rows and must not come out."""

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
import polars as pl

from synth_assets.statistics.rounding import decimals
from synth_assets.statistics.row_keys import column_keys, row_keys
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate.compared import ANOTHER_SYNTHESIZER, FAMILY, why_no_rows
from synth_assets.validate.results import figure, guarded, not_applicable
from synth_assets.validate.subject import Subject

NAME = "privacy_canaries"
# Numbers that meet by chance less often than once in a thousand tables.
TELLING = 1_000.0


def canary_checks(judged: Mapping[str, Subject], planted: Mapping[str, pl.DataFrame]) -> Iterator[CheckResult]:
    """A check for each table; `planted` holds the canaries of each table that was learned with canaries in mind."""
    for name, subject in judged.items():
        yield from guarded(partial(_checks, subject, planted.get(name)), name=NAME, table=name, family=FAMILY)


def _checks(subject: Subject, canaries: pl.DataFrame | None) -> list[CheckResult]:
    why = why_no_rows(subject)
    if not why and canaries is not None and not canaries.height:
        why = "none was planted: few rows are learned, no column can hold one, or one model learns all tables"
    if why:
        return [not_applicable(name=NAME, table=subject.name, family=FAMILY, why=why)]
    out = None if canaries is None else float(came_out(subject, canaries).sum())
    planted = 0 if canaries is None else canaries.height
    check = figure(
        name=NAME,
        table=subject.name,
        family=FAMILY,
        value=out,
        threshold=0.0,
        passed=out == 0.0,
        severity=Severity.ERROR,
        description=(
            f"{out or 0:.0f} of {planted} canaries came out: invented values that were planted into training rows. "
            "Wanted: none."
        ),
        remedy=ANOTHER_SYNTHESIZER if canaries is not None else "Learn the table again; it was learned without them.",
        facts={"planted": planted},
    )
    return [check]


def came_out(subject: Subject, canaries: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which canaries did: a label of theirs is there, or a row that has all of their numbers."""
    found = np.zeros(canaries.height, dtype=np.bool_)
    columns = [name for name in canaries.columns if name in subject.drawn.schema]
    made = subject.drawn.read(columns=columns)
    labels = [name for name in columns if canaries.schema[name] == pl.String]
    for name in labels:
        found |= canaries[name].is_in(made[name].cast(pl.String).unique().implode()).fill_null(value=False).to_numpy()
    numbers = [name for name in columns if name not in labels]
    possible = float(np.prod([_possible(subject.extracted.read(columns=[name])[name]) for name in numbers]))
    if numbers and possible >= TELLING * made.height * canaries.height:
        planted = canaries.select(pl.col(n).cast(pl.Float64) for n in numbers)
        rows = made.select(pl.col(n).cast(pl.Float64, strict=False) for n in numbers)
        keys = [row_keys(values) for values in column_keys([planted, rows], numbers)]
        whole = planted.select(pl.all_horizontal(pl.all().is_not_null())).to_series().to_numpy()
        found |= np.isin(keys[0], keys[1]) & whole
    return found


def _possible(values: pl.Series) -> float:
    """How many values a column of numbers may have between the ends of most of them, rounded as they are."""
    numbers = values.cast(pl.Float64).drop_nulls().drop_nans().to_numpy()
    low, high = np.quantile(numbers, [0.1, 0.9]) if len(numbers) else (0.0, 0.0)
    return max(1.0, float(high - low) * 10.0 ** decimals(numbers))
