"""Numbers, times and truth values that stand as text: valid ones, in the source's range and format."""

import re
from typing import Literal

import numpy as np
import polars as pl

from synth_assets.catalog.model import DataType, Kind, Value
from synth_assets.synthesize.rules.json_texts import Numbers

_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT)
_TIMES = {Kind.DATE: "%Y-%m-%d", Kind.DATETIME: "%Y-%m-%d %H:%M:%S", Kind.TIME: "%H:%M:%S"}
_DATE_FORMS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%d-%b-%Y",
)  # fmt: skip
_CLOCK_FORMS = ("%H:%M:%S", "%H:%M")
_NEARLY_ALL = 0.95
_SAMPLE = 2_000
_DAY_US = 86_400_000_000
_SPAN = (10_957.0 * _DAY_US, 20_088.0 * _DAY_US)  # 2000 to 2024


class NumberTexts(Value):
    """Numbers, in the source's distribution."""

    type: Literal["numbers"] = "numbers"
    numbers: Numbers

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        return pl.Series([str(number) for number in self.numbers.draw(n, rng)], dtype=pl.String)


class ChoiceTexts(Value):
    """One of the values that a type has at all: truth values, the labels of an enum."""

    type: Literal["choice"] = "choice"
    values: tuple[str, ...]

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        return pl.Series(self.values, dtype=pl.String).gather(rng.integers(0, len(self.values), size=n))


class TimeTexts(Value):
    """Dates, instants or times of day, in the source's distribution and format.

    Attributes:
        instants: Microseconds since 1970.
    """

    type: Literal["times"] = "times"
    form: str
    instants: Numbers

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        microseconds = np.array(self.instants.draw(n, rng), dtype=np.int64)
        seconds = microseconds if "%.f" in self.form else microseconds // 1_000_000 * 1_000_000
        return pl.Series(seconds).cast(pl.Datetime("us")).dt.to_string(self.form)


def fit_scalars(
    values: pl.Series, *, data_type: DataType, min_group: int
) -> NumberTexts | ChoiceTexts | TimeTexts | None:
    """The model of a type of numbers, times or choices; None for another type."""
    if data_type.kind in _NUMBERS:
        numbers = values.cast(pl.Float64, strict=False).drop_nulls().drop_nans()
        fitted = Numbers.fit(numbers.filter(numbers.is_finite()).to_list() or [0.0, 100.0], min_group)
        whole = data_type.kind is Kind.INTEGER
        return NumberTexts(numbers=fitted.model_copy(update={"decimals": 0}) if whole else fitted)
    if data_type.kind is Kind.BOOLEAN:
        return ChoiceTexts(values=("true", "false"))
    if data_type.kind is Kind.ENUM and data_type.labels:
        return ChoiceTexts(values=data_type.labels)
    if data_type.kind in _TIMES:
        return _fit_times(values, data_type, min_group)
    return None


def time_form(values: pl.Series) -> str | None:
    """The one format that nearly all texts of a column are dates in; None if there is none."""
    sample = values.cast(pl.String).drop_nulls().head(_SAMPLE)
    if not len(sample):
        return None
    read = {form: 1 - _read(sample, form).null_count() / len(sample) for form in (*_DATE_FORMS, *_CLOCK_FORMS)}
    best = max(read, key=lambda form: read[form])
    return best if read[best] >= _NEARLY_ALL else None


def _fit_times(values: pl.Series, data_type: DataType, min_group: int) -> TimeTexts:
    texts = values.cast(pl.String).drop_nulls()
    zone = "+00" if data_type.timezone else ""
    plain = texts.str.replace(r"(Z|[+-]\d\d(:?\d\d)?)$", "") if zone else texts
    form = time_form(plain)
    read = _read(plain, form).drop_nulls() if form else pl.Series([], dtype=pl.Datetime("us"))
    instants = Numbers.fit(read.to_physical().cast(pl.Float64).to_list() or list(_SPAN), min_group)
    return TimeTexts(form=(form or _TIMES[data_type.kind]) + zone, instants=instants.model_copy(update={"decimals": 0}))


def _read(texts: pl.Series, form: str) -> pl.Series:
    if form in _CLOCK_FORMS:
        return ("1970-01-01 " + texts).str.to_datetime(f"%Y-%m-%d {form}", time_unit="us", strict=False)
    if not re.search("%H", form):
        return texts.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    return texts.str.to_datetime(form, time_unit="us", strict=False)
