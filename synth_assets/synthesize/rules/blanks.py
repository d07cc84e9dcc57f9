"""Texts that are there but blank, '' as opposed to NULL: which columns of a row are so, as often as in the source."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from synth_assets.catalog.model import Value
from synth_assets.synthesize.rules.patterns import shares

_NULL, _BLANK, _FILLED = "nb."
_MOST = 0.9

Mask = npt.NDArray[np.bool_]


class Blanks(Value):
    """Columns that are blank in the same rows more often than by chance.

    Attributes:
        patterns: For each column of a row 'n' (null), 'b' (blank) or '.', and the rows that look so.
    """

    columns: tuple[str, ...]
    patterns: tuple[tuple[str, float], ...]

    @cached_property
    def _by_nulls(self) -> dict[str, list[tuple[str, float]]]:
        """The patterns by where they have nulls."""
        found: dict[str, list[tuple[str, float]]] = {}
        for pattern, rows in self.patterns:
            found.setdefault(pattern.replace(_BLANK, _FILLED), []).append((pattern, rows))
        return found

    def draw(self, n: int, rng: np.random.Generator, *, nulls: Mapping[str, Mask]) -> dict[str, Mask]:
        """By column, where n rows are blank: never where they are null.

        Args:
            nulls: By column, where it is null; a column that is not named is nowhere.
        """
        nowhere = np.zeros(n, dtype=np.bool_)
        null = np.column_stack([nulls.get(column, nowhere) for column in self.columns])
        blank = np.zeros_like(null)
        for one in np.unique(null, axis=0):
            rows = np.flatnonzero((null == one).all(axis=1))
            patterns = self._by_nulls.get("".join(_NULL if is_null else _FILLED for is_null in one))
            # Where no row of the source is null like this, any pattern tells how often the other columns are blank.
            patterns = patterns or list(self.patterns)
            drawn = rng.choice(len(patterns), size=len(rows), p=shares([weight for _, weight in patterns]))
            blank[rows] = np.array([[letter == _BLANK for letter in pattern] for pattern, _ in patterns])[drawn]
        blank &= ~null
        return {column: blank[:, place] for place, column in enumerate(self.columns)}


def fit_blanks(rows: pl.DataFrame, columns: Sequence[str], *, min_group: int) -> tuple[Blanks, ...]:
    """How the columns are blank together, or each alone where too few rows share how all of them are.

    Args:
        columns: Texts; those that fewer than min_group rows leave blank are never blank.
    """
    blank = {column: is_blank(rows[column]) for column in columns}
    left = tuple(column for column in columns if blank[column].sum() >= min_group)
    if not left:
        return ()
    shared, covered = _patterns(rows, left, blank, min_group)
    if covered >= _MOST:
        return (Blanks(columns=left, patterns=shared),)
    return tuple(Blanks(columns=(one,), patterns=_patterns(rows, (one,), blank, min_group)[0]) for one in left)


def is_blank(values: pl.Series) -> Mask:
    """Where texts are there but have no character that can be seen; nowhere in columns of another type."""
    if values.dtype != pl.String:
        return np.zeros(len(values), dtype=np.bool_)
    return (values.str.strip_chars() == "").fill_null(value=False).to_numpy()


def with_blanks(values: pl.Series, blank: Mask | None) -> pl.Series:
    """The texts, '' where they are to be blank."""
    if blank is None or not blank.any():
        return values
    return values.zip_with(
        pl.Series(~blank), pl.Series(values.name, [""], dtype=values.dtype).new_from_index(0, len(values))
    )


def _patterns(
    rows: pl.DataFrame, columns: Sequence[str], blank: Mapping[str, Mask], min_group: int
) -> tuple[tuple[tuple[str, float], ...], float]:
    """The patterns that enough rows share, and the share of rows that have one of them."""
    letters = [
        pl.when(pl.Series(blank[column])).then(pl.lit(_BLANK)).when(rows[column].is_null()).then(pl.lit(_NULL))
        .otherwise(pl.lit(_FILLED)).alias(column)
        for column in columns
    ]  # fmt: skip
    patterns = rows.select(letters).select(pl.concat_str(pl.all()).alias("pattern"))["pattern"]
    counts = patterns.value_counts(name="rows").sort("pattern")
    shared = tuple((pattern, float(times)) for pattern, times in counts.iter_rows() if times >= min_group)
    return shared, sum(times for _, times in shared) / len(rows)
