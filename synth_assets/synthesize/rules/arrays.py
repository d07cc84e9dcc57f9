"""Array columns: new elements of the element's type, in the database's own notation."""

from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

import numpy as np
import polars as pl
from pydantic import Field

from synth_assets.catalog.model import DataType, Kind, Value
from synth_assets.synthesize.rules.json_texts import JsonModel
from synth_assets.synthesize.rules.literals import BitModel, IntervalModel, PlainModel, RangeModel, fit_literals
from synth_assets.synthesize.rules.patterns import Weighted
from synth_assets.synthesize.rules.scalars import ChoiceTexts, NumberTexts, TimeTexts, fit_scalars
from synth_assets.synthesize.rules.shared_words import SharedWords
from synth_assets.synthesize.rules.texts import TextModel, fit_lengths, value_counts

ElementModel = Annotated[
    NumberTexts | ChoiceTexts | TimeTexts | TextModel | JsonModel | PlainModel | IntervalModel | RangeModel | BitModel,
    Field(discriminator="type"),
]

MayShare: TypeAlias = Callable[[pl.Series], bool]
_OF_WORDS = (Kind.TEXT, Kind.ENUM)


class ArrayModel(Value):
    """Arrays of one dimension: `{a,b}` in PostgreSQL, `[a, b]` in DuckDB.

    Attributes:
        words: Elements that are few, and each in min_group rows; otherwise `element` makes new ones.
    """

    type: Literal["array"] = "array"
    sizes: Weighted
    element: ElementModel
    words: SharedWords | None = None
    brackets: tuple[str, str]

    @classmethod
    def fit(
        cls, values: pl.Series, *, element: DataType, min_group: int, may_share: MayShare = lambda _: True
    ) -> "ArrayModel | None":
        """None if nothing is known of the element's type.

        Args:
            may_share: Whether elements such as these may come out where many rows share them.
        """
        counts = value_counts(values)
        arrays = {text: _elements(text) for text in counts}
        sizes = np.array([size for text, rows in counts.items() for size in [len(arrays[text])] * rows])
        elements = pl.Series([part for parts in arrays.values() for part in parts], dtype=pl.String)
        model = _element_model(elements, element, min_group)
        if model is None:
            return None
        lengths = fit_lengths(sizes, min_group) if len(sizes) else Weighted(values=(0, 1), weights=(1.0, 1.0))
        words = None
        if element.kind in _OF_WORDS and may_share(elements):
            words = SharedWords.fit(
                [arrays[text] for text in counts], repeats=list(counts.values()), sizes=lengths, min_group=min_group
            )
        is_list = any(text.lstrip().startswith("[") for text in counts)
        return cls(
            sizes=lengths,
            element=model,
            words=words,
            brackets=("[", "]") if is_list else ("{", "}"),
        )

    def draw(self, n: int, rng: np.random.Generator) -> pl.Series:
        sizes = self.sizes.draw(n, rng)
        if self.words:
            places, sizes = self.words.draw(sizes, rng)
            elements = pl.Series(self.words.words, dtype=pl.String).gather(places).to_list()
        else:
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
    if element.kind is Kind.TEXT:
        return TextModel.fit(values, min_group=min_group)
    if element.kind is Kind.JSON:
        return JsonModel.fit(values, min_group=min_group)
    scalars = fit_scalars(values, data_type=element, min_group=min_group)
    return scalars or fit_literals(values, data_type=element, min_group=min_group)


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
