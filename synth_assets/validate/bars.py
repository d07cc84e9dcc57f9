"""Distributions in bars that tell of groups only: at least `min_group` source rows stand behind each.

Ranges begin and end at round numbers, and the outermost are open, so that no extreme is told. Values have a bar of
their own where enough source rows share them. What is left is put together, or left out where it is too few.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from synth_assets.statistics.encoding import Array, Scale, as_numbers, as_text, scale_of
from synth_assets.store.comparison import Bar, Bins

MOST_BARS = 12
NO_VALUE = "no value"
ANOTHER_VALUE = "any other value"
ANY_VALUE = "any value"
_LONGEST_LABEL = 40
_ROUND = (1.0, 2.0, 5.0)
_DAY = 86_400_000_000
# Intervals of polars, the finest first, in microseconds.
_INTERVALS = {
    **{f"{minutes}m": minutes * _DAY // 1440 for minutes in (1, 5, 15)},
    **{f"{hours}h": hours * _DAY // 24 for hours in (1, 6)},
    "1d": _DAY,
    "1w": 7 * _DAY,
    **{f"{months}mo": months * 30 * _DAY for months in (1, 3, 6)},
    **{f"{years}y": years * 365 * _DAY for years in (1, 2, 5, 10, 20, 50, 100, 500, 1000)},
}


def bins_of(source: pl.Series, synthetic: pl.DataType, *, min_group: int) -> Bins:
    """Bins that suit the source's rows.

    Args:
        synthetic: The type of the column on the other side; types that differ are compared as text.
    """
    scale = scale_of(source.dtype, synthetic)
    filled = source.drop_nulls()
    if scale is Scale.NUMBER and not _few_shared_numbers(filled, min_group=min_group):
        return Bins(edges=tuple(_edges(filled, min_group=min_group)))
    counts = filled.alias("value").value_counts(name="rows").sort(["rows", "value"], descending=[True, False])
    shared = counts.filter(pl.col("rows") >= min_group).head(MOST_BARS)["value"]
    return Bins(values=tuple(as_text(shared.sort() if scale is Scale.NUMBER else shared)))


def bars(source: pl.Series, synthetic: pl.Series, bins: Bins, *, min_group: int) -> tuple[Bar, ...]:
    """Both sides in bars; those with some source rows, but fewer than `min_group`, are left out."""
    if bins.values or scale_of(source.dtype, synthetic.dtype) is not Scale.NUMBER:
        labels = [label if len(label) <= _LONGEST_LABEL else f"{label[:_LONGEST_LABEL]}…" for label in bins.values]
        labels.append(ANOTHER_VALUE if labels else ANY_VALUE)
        same_type = synthetic.cast(source.dtype, strict=False) if source.dtype.is_integer() else synthetic
        sides = [_value_codes(side, bins) for side in (source, same_type)]
    else:
        labels = list(_range_labels(bins.edges, source.dtype))
        sides = [_range_codes(side, bins) for side in (source, synthetic)]
    counts = [np.bincount(codes, minlength=len(labels) + 1) for codes in sides]
    return tuple(
        Bar(label=label, source=_share(real, source.len()), synthetic=_share(made, synthetic.len()))
        for label, real, made in zip([*labels, NO_VALUE], *counts, strict=True)
        if real >= min_group or (real == 0 and made > 0)
    )


def moved(now: pl.Series, bins: Bins, before: tuple[Bar, ...], *, min_group: int) -> float:
    """The share of source rows that are in another bar than before: the total variation distance, 0 to 1."""
    found = {bar.label: bar.source for bar in bars(now, now, bins, min_group=min_group)}
    known = {bar.label: bar.source for bar in before if bar.source}
    differences = [found.get(label, 0.0) - known.get(label, 0.0) for label in {*found, *known}]
    return 0.5 * (sum(map(abs, differences)) + abs(sum(differences)))


def _few_shared_numbers(filled: pl.Series, *, min_group: int) -> bool:
    """Whether every whole number is one of a few that enough rows share: each then has a bar."""
    if not filled.dtype.is_integer() or not 0 < filled.n_unique() <= MOST_BARS:
        return False
    return int(filled.unique_counts().min()) >= min_group  # type: ignore[arg-type]


def _share(rows: int, of: int) -> float:
    return round(int(rows) / of, 4) if of else 0.0


def _value_codes(side: pl.Series, bins: Bins) -> Array:
    """Numbers of bars; one beyond the values' for any other, two for none."""
    texts, another = as_text(side), len(bins.values)
    codes = texts.replace_strict(list(bins.values), list(range(another)), default=another, return_dtype=pl.Int64)
    numbers: Array = codes.zip_with(texts.is_not_null(), pl.Series([another + 1])).to_numpy()
    return numbers


def _range_codes(side: pl.Series, bins: Bins) -> Array:
    """Numbers of bars; one beyond the ranges' for no value."""
    values = _measured(side)
    return np.where(np.isnan(values), len(bins.edges) + 1, np.searchsorted(bins.edges, values, side="right"))


def _edges(filled: pl.Series, *, min_group: int) -> Iterator[float]:
    """Round inner edges, with at least `min_group` values from each to the next and beyond the outermost."""
    values = _measured(filled)
    values = values[np.isfinite(values)]
    if len(values) < 2 * min_group:
        return
    low, high = (float(edge) for edge in np.quantile(values, [0.01, 0.99]))
    if isinstance(filled.dtype, pl.Date | pl.Datetime):
        edges = _times(low, high, filled.dtype)
    else:
        least = 1.0 if filled.dtype.is_integer() else 0.0
        is_skewed = low >= 0 and np.median(values) < low + (high - low) / MOST_BARS
        edges = _powers(high, least=least) if is_skewed else _numbers(low, high, least=least)
    stands = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    left, behind = len(values), 0
    for edge, rows in zip(edges, stands, strict=False):
        behind += int(rows)
        if behind >= min_group and left - behind >= min_group:
            yield float(edge)
            left, behind = left - behind, 0


def _numbers(low: float, high: float, *, least: float) -> Array:
    if high <= low:
        return np.array([])
    rough = (high - low) / MOST_BARS
    power = 10.0 ** np.floor(np.log10(rough))
    step = max(least, next((f * power for f in _ROUND if f * power >= rough), 10 * power))
    digits = max(0, int(-np.floor(np.log10(step))))
    # Adding zero turns -0 into 0.
    return np.unique(np.round(np.arange(np.floor(low / step) + 1, np.ceil(high / step)) * step, digits)) + 0.0


def _powers(high: float, *, least: float) -> Array:
    """Edges that grow with the numbers: 1, 2, 5, 10, ..., down to a ten-thousandth of the highest."""
    top = int(np.ceil(np.log10(high)))
    edges = np.array([f * 10.0**power for power in range(top - 4, top + 1) for f in _ROUND])
    edges = edges[(edges >= least) & (edges <= high)]
    return edges if len(edges) <= MOST_BARS else edges[-MOST_BARS:]


def _times(low: float, high: float, dtype: pl.DataType) -> Array:
    ends = pl.Series([int(low), int(high)]).cast(dtype).cast(pl.Datetime("us"))
    span = int(ends[1:].to_physical().item()) - int(ends[:1].to_physical().item())
    interval = next((name for name, length in _INTERVALS.items() if length * MOST_BARS >= span), "1000y")
    starts = ends.dt.truncate(interval)
    at = pl.col("at")
    edges = starts.to_frame("at").select(pl.datetime_range(at.first(), at.last(), interval)).to_series()
    return as_numbers(edges.cast(dtype))[1:]


def _range_labels(edges: tuple[float, ...], dtype: pl.DataType) -> Iterator[str]:
    if not edges:
        yield ANY_VALUE
        return
    named = _named_edges(edges, dtype)
    is_time = dtype.is_temporal() and not isinstance(dtype, pl.Duration)
    if dtype.is_unsigned_integer():
        yield "0" if edges[0] == 1 else f"0 to {_number(edges[0] - 1)}"
    else:
        yield f"before {named[0]}" if is_time else f"under {named[0]}"
    for at in range(len(edges) - 1):
        if dtype.is_integer():
            last = _number(edges[at + 1] - 1)
            yield named[at] if named[at] == last else f"{named[at]} to {last}"
        else:
            yield f"{named[at]} to {named[at + 1]}"
    yield f"{named[-1]} or later" if is_time else f"{named[-1]} or more"


def _named_edges(edges: tuple[float, ...], dtype: pl.DataType) -> list[str]:
    if not isinstance(dtype, pl.Date | pl.Datetime):
        if dtype == pl.Time:
            return [f"{int(edge):02}:{round(edge % 1 * 60):02}" for edge in edges]
        return [_number(edge) + (" days" if isinstance(dtype, pl.Duration) else "") for edge in edges]
    moments = pl.Series([int(edge) for edge in edges]).cast(dtype).cast(pl.Datetime("us"))
    if (moments != moments.dt.truncate("1d")).any():
        return moments.dt.to_string("%-d %b %Y %H:%M").to_list()
    if (moments != moments.dt.truncate("1mo")).any():
        return moments.dt.to_string("%-d %b %Y").to_list()
    return moments.dt.to_string("%b %Y" if (moments != moments.dt.truncate("1y")).any() else "%Y").to_list()


def _number(edge: float) -> str:
    """Years, and whatever else has four digits, are written without a comma."""
    return f"{edge:.10g}" if abs(edge) < 10_000 else f"{edge:,.10g}"


def _measured(column: pl.Series) -> Array:
    """A column as numbers with round edges: times of day in hours, durations in days, all else as it is."""
    if column.dtype == pl.Time:
        return as_numbers(column) / 3.6e12
    if isinstance(column.dtype, pl.Duration):
        days: Array = column.dt.total_seconds(fractional=True).to_numpy() / 86_400
        return days
    return as_numbers(column)
