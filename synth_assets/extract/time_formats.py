"""By which one format all times of a text column are written, if there is one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import polars as pl

from synth_assets.catalog.model import Kind

_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%-m/%-d/%Y", "%-d.%-m.%Y")
_CLOCKS = ("%H:%M:%S", "%H:%M:%S%.6f", "%H:%M:%S%.3f", "%H:%M")
_MIDNIGHTS = ("00:00:00", "00:00:00.000000", "00:00:00.000", "00:00")
_NUMBER = re.compile(r"[0-9]+")
_SPECIFIER = re.compile(r"%-?[0-9]?[A-Za-z]")
_OFFSETS = ("", "Z", "+00:00")
_STAMPS = tuple(
    f"{day}{between}{clock}{offset}"
    for day in ("%Y-%m-%d", "%Y/%m/%d")
    for between in (" ", "T")
    for clock in _CLOCKS
    for offset in _OFFSETS
) + tuple(f"{day} {clock}" for day in _DAYS[3:] for clock in _CLOCKS)


@dataclass(frozen=True)
class TimeFormat:
    """How a time is written.

    Attributes:
        dtype: Date, Time or Datetime("us").
        format: As chrono and polars take it.
    """

    dtype: pl.DataType
    format: str

    @cached_property
    def outline(self) -> str:
        """What a time looks like with every run of digits as a 9: tells most formats apart at no cost."""
        return _NUMBER.sub("9", _SPECIFIER.sub("9", self.format.replace("%.", ".%")))

    def parse(self, texts: pl.Series) -> pl.Series:
        """The times; null where a text is not one."""
        return texts.str.strptime(self.dtype, self.format, strict=False)  # type: ignore[arg-type]

    def fits(self, texts: pl.Series) -> bool:
        """Whether every text, none of them null, is one and is printed again exactly as it stands."""
        return bool((self.parse(texts).dt.to_string(self.format) == texts).fill_null(False).all())


@cache
def candidates(kind: Kind) -> tuple[TimeFormat, ...]:
    """Every format that is tried for a date, time or datetime column, the likeliest first."""
    dates = [TimeFormat(pl.Date(), day) for day in _DAYS]
    stamps = [TimeFormat(pl.Datetime("us"), stamp) for stamp in _STAMPS]
    if kind is Kind.DATE:
        midnights = [TimeFormat(pl.Date(), f"%Y-%m-%d{t}{m}") for t in (" ", "T") for m in _MIDNIGHTS]
        return (*dates, *midnights, *stamps)
    if kind is Kind.DATETIME:
        return (*stamps, *(TimeFormat(pl.Datetime("us"), day) for day in _DAYS))
    if kind is Kind.TIME:
        return tuple(TimeFormat(pl.Time(), clock) for clock in _CLOCKS)
    return ()


def narrow(remaining: Sequence[TimeFormat], texts: pl.Series) -> Sequence[TimeFormat]:
    """The formats that still fit after these texts."""
    distinct = texts.drop_nulls().unique(maintain_order=True)
    if not len(distinct):
        return remaining
    outline = _NUMBER.sub("9", distinct[0])
    return [one for one in remaining if one.outline == outline and one.fits(distinct)]
