"""Texts that must be valid literals of a database type: intervals, arrays, ranges, network addresses, XML, ..."""

import re
from collections.abc import Callable
from typing import Literal

import numpy as np
import polars as pl

from synth_assets.catalog.model import DataType, Kind, Value
from synth_assets.synthesize.rules.json_texts import Numbers
from synth_assets.synthesize.rules.kinds import FAKES, Request, uuids
from synth_assets.synthesize.rules.patterns import Weighted
from synth_assets.synthesize.rules.pools import DEFAULT_LOCALE, pools
from synth_assets.synthesize.rules.prose import words
from synth_assets.synthesize.rules.random_text import random_texts
from synth_assets.synthesize.rules.texts import fit_lengths, value_counts

_TIME_PARTS = re.compile(
    r"(?:(-?\d+) years?)?\s*(?:(-?\d+) mons?(?:ths?)?)?\s*(?:(-?\d+) days?)?\s*(?:(-?)(\d+):(\d+):(\d+(?:\.\d+)?))?"
)
_DAY = 86_400
_NUMBER_RANGES = ("int4range", "int8range", "numrange", "int4multirange", "int8multirange", "nummultirange")
_TIME_RANGES = {"daterange": "%Y-%m-%d", "tsrange": "%Y-%m-%d %H:%M:%S", "tstzrange": "%Y-%m-%d %H:%M:%S+00"}
_EXAMPLE_DAY = 19_000  # days since 1970


def _request(n: int, rng: np.random.Generator) -> Request:
    return Request(n=n, parts=pools(DEFAULT_LOCALE), length=None, rng=rng)


def _fake(kind: str) -> Callable[[int, np.random.Generator], pl.Series]:
    return lambda n, rng: FAKES[kind](_request(n, rng))


def _networks(n: int, rng: np.random.Generator) -> pl.Series:
    return FAKES["ip_address"](_request(n, rng)).str.replace(r"\.\d+$", ".0/24")


def _points(n: int, rng: np.random.Generator) -> pl.Series:
    x, y = (pl.Series(rng.integers(-9_999, 10_000, size=n) / 100).cast(pl.String) for _ in range(2))
    return "(" + x + "," + y + ")"


def _segments(n: int, rng: np.random.Generator) -> pl.Series:
    return "(" + _points(n, rng) + "," + _points(n, rng) + ")"


def _circles(n: int, rng: np.random.Generator) -> pl.Series:
    return "<" + _points(n, rng) + "," + pl.Series(rng.integers(1, 100, size=n)).cast(pl.String) + ">"


def _lines(n: int, rng: np.random.Generator) -> pl.Series:
    a, b, c = (pl.Series(rng.integers(1, 100, size=n)).cast(pl.String) for _ in range(3))
    return "{" + a + "," + b + "," + c + "}"


def _xml(n: int, rng: np.random.Generator) -> pl.Series:
    return "<value>" + words(n, rng) + " " + words(n, rng) + "</value>"


def _hstores(n: int, rng: np.random.Generator) -> pl.Series:
    return '"' + words(n, rng) + '"=>"' + words(n, rng) + '"'


def _search_vectors(n: int, rng: np.random.Generator) -> pl.Series:
    return "'" + words(n, rng) + "' '" + words(n, rng) + "'"


def _amounts(n: int, rng: np.random.Generator) -> pl.Series:
    return pl.Series(rng.integers(0, 1_000_000, size=n)).cast(pl.String).str.zfill(3).str.replace(r"(..)$", ".$1")


def _times(n: int, rng: np.random.Generator) -> pl.Series:
    return FAKES["time"](_request(n, rng)).dt.to_string("%H:%M:%S") + "+00"


_PLAIN: dict[str, Callable[[int, np.random.Generator], pl.Series]] = {
    "inet": _fake("ip_address"),
    "cidr": _networks,
    "macaddr": _fake("mac_address"),
    "macaddr8": lambda n, rng: _fake("mac_address")(n, rng) + ":00:01",
    "point": _points,
    "lseg": _segments,
    "box": lambda n, rng: _segments(n, rng).str.slice(1).str.strip_suffix(")"),
    "path": _segments,
    "polygon": _segments,
    "circle": _circles,
    "line": _lines,
    "xml": _xml,
    "hstore": _hstores,
    "tsvector": _search_vectors,
    "money": _amounts,
    "timetz": _times,
    "time with time zone": _times,
    "uuid": uuids,
}


class PlainModel(Value):
    """Values of a type for which random ones are always valid; nothing is learned."""

    type: Literal["plain"] = "plain"
    native: str

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        return _PLAIN[self.native](n, rng)


class IntervalModel(Value):
    """Intervals of days and time of day, in the distribution of the source's seconds."""

    type: Literal["interval"] = "interval"
    seconds: Numbers

    @classmethod
    def fit(cls, values: pl.Series, *, min_group: int) -> "IntervalModel":
        seconds = [second for text, rows in value_counts(values).items() for second in [_seconds(text)] * rows]
        return cls(seconds=Numbers.fit(seconds or [0.0, float(_DAY)], min_group).model_copy(update={"decimals": 0}))

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        total = np.array(self.seconds.draw(n, rng), dtype=np.int64)
        days, rest = np.divmod(np.abs(total), _DAY)
        sign = pl.Series(np.where(total < 0, "-", ""))
        clock = (pl.Series(rest) * 1_000_000_000).cast(pl.Time).dt.to_string("%H:%M:%S")
        return sign + pl.Series(days).cast(pl.String) + " days " + sign + clock


class RangeModel(Value):
    """Ranges `[low,high)` of numbers or times."""

    type: Literal["range"] = "range"
    native: str

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        starts, widths = rng.integers(0, 1_000, size=n), rng.integers(1, 100, size=n)
        base = self.native.replace("multirange", "range")
        if base in _TIME_RANGES:
            low, high = (
                ((pl.Series(days) + _EXAMPLE_DAY).cast(pl.Int32).cast(pl.Date).cast(pl.Datetime("us"))).dt.to_string(
                    _TIME_RANGES[base]
                )
                for days in (starts, starts + widths)
            )
        else:
            low, high = pl.Series(starts).cast(pl.String), pl.Series(starts + widths).cast(pl.String)
        ranges = "[" + low + "," + high + ")"
        return "{" + ranges + "}" if "multirange" in self.native else ranges


class BitModel(Value):
    """Strings of bits, as long as the type says or as the source's are."""

    type: Literal["bits"] = "bits"
    lengths: Weighted

    @classmethod
    def fit(cls, values: pl.Series, *, min_group: int) -> "BitModel":
        lengths = values.drop_nulls().cast(pl.String).str.len_chars().cast(pl.Int64).to_numpy()
        return cls(lengths=fit_lengths(lengths, min_group) if len(lengths) else Weighted(values=(1,), weights=(1.0,)))

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        return random_texts("01", self.lengths.draw(n, rng), rng)


LiteralModel = PlainModel | IntervalModel | RangeModel | BitModel


def fit_literals(values: pl.Series, *, data_type: DataType, min_group: int) -> LiteralModel | None:
    """The model of a type's literals; None for a type of which nothing is known."""
    native = re.sub(r"\(.*\)", "", data_type.native.lower()).strip()
    if data_type.kind is Kind.INTERVAL:
        return IntervalModel.fit(values, min_group=min_group)
    if data_type.kind is Kind.UUID:
        return PlainModel(native="uuid")
    if native in _PLAIN:
        return PlainModel(native=native)
    if native in _NUMBER_RANGES or native.replace("multirange", "range").replace("datemulti", "date") in _TIME_RANGES:
        return RangeModel(native=native)
    if native in ("bit", "bit varying", "varbit"):
        return BitModel.fit(values, min_group=min_group)
    return None


def _seconds(text: str) -> float:
    found = _TIME_PARTS.fullmatch(text.strip())
    if found is None:
        return float(_DAY)
    years, months, days, sign, hours, minutes, seconds = found.groups()
    clock = int(hours or 0) * 3_600 + int(minutes or 0) * 60 + float(seconds or 0)
    return (int(years or 0) * 365 + int(months or 0) * 30 + int(days or 0)) * _DAY + (-clock if sign else clock)
