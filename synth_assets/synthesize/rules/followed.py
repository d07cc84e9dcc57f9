"""Parts of codes that repeat what another column of the row says: the year of ORD-2024-00017, a category's letters."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value

_PART = r"[A-Za-z]+|[0-9]+"
_MOST_PARTS = 8
_LEAST_VALUES = 2
_LOOKED_AT_FIRST = 100
_MOST_LETTERS = 4  # of a category
_TIMES = ("%Y%m%d", "%y%m%d", "%Y%m", "%y%m", "%Y", "%y", "%m%d", "%m", "%d")
_AS_IS, _UPPER, _LOWER = "as it is", "upper", "lower"

Positions = npt.NDArray[np.int64]


class Followed(Value):
    """A part of a text that is what a column says.

    Attributes:
        place: The how-many-eth run of letters or of digits in the text, from 0.
        form: Of times a format such as %Y; of texts how they are written.
        letters: How many of a text's letters; 0: all.
    """

    place: int
    column: str
    form: str
    letters: int = 0

    def said(self, rows: pl.DataFrame) -> pl.Series:
        """What the column says in each row."""
        return _said(rows[self.column], self.form, self.letters)


def fit_followed(texts: pl.Series, beside: pl.DataFrame, *, min_group: int) -> tuple[Followed, ...]:
    """The parts that are in every row what a column says; a part that is the same in all rows follows none.

    Args:
        beside: Columns of the same rows that are made before these texts.
    """
    if texts.dtype != pl.String or len(texts) - texts.null_count() < min_group:
        return ()
    rows = beside.filter(texts.is_not_null())
    parts = texts.drop_nulls().str.extract_all(_PART).list.head(_MOST_PARTS)
    found = []
    for place in range(min(_MOST_PARTS, *parts.list.len().unique().to_list())):
        part = parts.list.get(place)
        if part.n_unique() >= _LEAST_VALUES and (one := _followed(part, rows, place)):
            found.append(one)
    return tuple(found)


def follow(texts: pl.Series, followed: Sequence[Followed], beside: pl.DataFrame | None, rows: Positions) -> pl.Series:
    """The texts with these parts as the columns say at these positions; as they are where a column is not there."""
    if beside is None:
        return texts
    for one in followed:
        if one.column not in beside.columns:
            continue
        before = rf"^(?:[^A-Za-z0-9]*(?:{_PART})){{{one.place}}}[^A-Za-z0-9]*"
        frame = pl.DataFrame({"text": texts, "said": one.said(beside)[rows]}).with_columns(
            pl.col("text").str.extract(f"({before})", 1).alias("before"),
            pl.col("text").str.extract(f"{before}({_PART})", 1).alias("part"),
        )
        rest = pl.col("text").str.slice(pl.col("before").str.len_chars() + pl.col("part").str.len_chars())
        whole = pl.concat_str("before", "said", rest)
        texts = frame.select(pl.coalesce(whole, "text").alias(texts.name))[texts.name]
    return texts


def _followed(part: pl.Series, rows: pl.DataFrame, place: int) -> Followed | None:
    for name in rows.columns:
        for form, letters in _forms(rows[name], part):
            few = part.head(_LOOKED_AT_FIRST).equals(_said(rows[name].head(_LOOKED_AT_FIRST), form, letters))
            if few and part.equals(_said(rows[name], form, letters)):
                return Followed(place=place, column=name, form=form, letters=letters)
    return None


def _forms(values: pl.Series, part: pl.Series) -> Iterator[tuple[str, int]]:
    """Ways in which the column may say the part."""
    if isinstance(values.dtype, pl.Date | pl.Datetime):
        yield from ((form, 0) for form in _TIMES)
    elif values.dtype == pl.String:
        lengths = part.str.len_chars().unique().to_list()
        some = lengths[0] if len(lengths) == 1 and lengths[0] <= _MOST_LETTERS else 0
        for letters in (0, some) if some else (0,):
            yield from ((form, letters) for form in (_AS_IS, _UPPER, _LOWER))


def _said(values: pl.Series, form: str, letters: int) -> pl.Series:
    if isinstance(values.dtype, pl.Date | pl.Datetime):
        return values.dt.to_string(form)
    texts = values.cast(pl.String)
    if form != _AS_IS:
        texts = texts.str.to_uppercase() if form == _UPPER else texts.str.to_lowercase()
    texts = texts.str.head(letters) if letters else texts
    plain = texts.str.contains(f"^(?:{_PART})$")
    return texts.to_frame("said").select(pl.when(plain).then("said"))["said"]
