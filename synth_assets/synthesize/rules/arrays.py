"""Array columns: new elements of the element's type, in the database's own notation."""

from typing import Annotated, Literal

import numpy as np
import polars as pl
from pydantic import Field

from synth_assets.catalog.model import DataType, Kind, Value
from synth_assets.synthesize.rules.json_texts import JsonModel, Numbers
from synth_assets.synthesize.rules.literals import BitModel, IntervalModel, PlainModel, RangeModel, fit_literals
from synth_assets.synthesize.rules.patterns import Weighted
from synth_assets.synthesize.rules.texts import TextModel, fit_lengths, value_counts

_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT)
_FIRST_DAY, _LAST_DAY = 10_957, 20_088  # 2000-01-01 and 2024-12-31 in days since 1970


class NumberTexts(Value):
    """Numbers as text, in the source's distribution."""

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
    """Dates or instants of 2000 to 2024."""

    type: Literal["times"] = "times"
    form: str

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        days = pl.Series(rng.integers(_FIRST_DAY, _LAST_DAY, size=n)).cast(pl.Int32).cast(pl.Date)
        return days.cast(pl.Datetime("us")).dt.to_string(self.form)


ElementModel = Annotated[
    NumberTexts | ChoiceTexts | TimeTexts | TextModel | JsonModel | PlainModel | IntervalModel | RangeModel | BitModel,
    Field(discriminator="type"),
]


class ArrayModel(Value):
    """Arrays of one dimension: `{a,b}` in PostgreSQL, `[a, b]` in DuckDB."""

    type: Literal["array"] = "array"
    sizes: Weighted
    element: ElementModel
    brackets: tuple[str, str]

    @classmethod
    def fit(cls, values: pl.Series, *, element: DataType, min_group: int) -> "ArrayModel | None":
        """None if nothing is known of the element's type."""
        counts = value_counts(values)
        arrays = {text: _elements(text) for text in counts}
        sizes = np.array([size for text, rows in counts.items() for size in [len(arrays[text])] * rows])
        elements = pl.Series([part for parts in arrays.values() for part in parts], dtype=pl.String)
        model = _element_model(elements, element, min_group)
        if model is None:
            return None
        is_list = any(text.lstrip().startswith("[") for text in counts)
        return cls(
            sizes=fit_lengths(sizes, min_group) if len(sizes) else Weighted(values=(0, 1), weights=(1.0, 1.0)),
            element=model,
            brackets=("[", "]") if is_list else ("{", "}"),
        )

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        sizes = self.sizes.draw(n, rng)
        elements = self.element.draw(int(sizes.sum()), rng).to_list()
        quoted = not isinstance(self.element, NumberTexts)
        parts = [_quote(element) for element in elements] if quoted else elements
        ends = np.cumsum(sizes)
        opened, closed = self.brackets
        texts = [
            opened + ",".join(parts[end - size : end]) + closed
            for end, size in zip(ends.tolist(), sizes.tolist(), strict=True)
        ]
        return pl.Series(texts, dtype=pl.String)


def _element_model(values: pl.Series, element: DataType, min_group: int) -> ElementModel | None:
    if element.kind in _NUMBERS:
        numbers = values.cast(pl.Float64, strict=False).drop_nulls().drop_nans().to_list()
        fitted = Numbers.fit(numbers or [0.0, 100.0], min_group)
        decimals = 0 if element.kind is Kind.INTEGER else fitted.decimals
        return NumberTexts(numbers=fitted.model_copy(update={"decimals": decimals}))
    if element.kind is Kind.BOOLEAN:
        return ChoiceTexts(values=("true", "false"))
    if element.kind is Kind.ENUM and element.labels:
        return ChoiceTexts(values=element.labels)
    if element.kind is Kind.DATE:
        return TimeTexts(form="%Y-%m-%d")
    if element.kind is Kind.DATETIME:
        return TimeTexts(form="%Y-%m-%d %H:%M:%S" + ("+00" if element.timezone else ""))
    if element.kind is Kind.TIME:
        return TimeTexts(form="%H:%M:%S")
    if element.kind is Kind.TEXT:
        return TextModel.fit(values, min_group=min_group)
    if element.kind is Kind.JSON:
        return JsonModel.fit(values, min_group=min_group)
    return fit_literals(values, data_type=element, min_group=min_group)


def _elements(text: str) -> list[str]:
    """The elements of an array literal, inner brackets taken away; NULL is left out."""
    found: list[str] = []
    element, quote, escaped, was_quoted = "", "", False, False
    for character in text:
        if escaped:
            element, escaped = element + character, False
        elif character == "\\":
            escaped = True
        elif quote:
            if character == quote:
                quote = ""
            else:
                element += character
        elif character in "\"'":
            quote, was_quoted = character, True
        elif character in "{}[],":
            if was_quoted or element.strip():
                found.append(element if was_quoted else element.strip())
            element, was_quoted = "", False
        else:
            element += character
    return [each for each in found if each.upper() != "NULL"]


def _quote(element: str) -> str:
    escaped = element.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
