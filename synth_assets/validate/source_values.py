"""The exact scan: do values of a column that was made anew occur in the source's column?"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from synth_assets.statistics.encoding import as_text

# A learned text favours some letters, so a letter is worth fewer than 26 when coincidences are estimated.
WORTH_OF_A_LETTER = 10.0
WORTH_OF_A_DIGIT = 10.0
# Where a shape has fewer possible values than this for each source value of it, a match tells nothing.
TELLING = 10_000.0
RECOMBINATIONS = 3


@dataclass(frozen=True)
class Matches:
    """Distinct synthetic values that occur in the source and that fewer than min_group source rows share.

    Attributes:
        telling: Those too improbable to be coincidences of short codes.
        expected: How many of the telling ones chance alone gives.
        coincidental: The others: of shapes with so few possible values that matches must occur.
    """

    telling: int
    expected: float
    coincidental: int

    @property
    def allowed(self) -> float:
        return self.expected + 3.0 * float(np.sqrt(self.expected))


def match_values(source: pl.Series, synthetic: pl.Series, *, min_group: int, rng: np.random.Generator) -> Matches:
    """Compare all values of two columns, exactly. Values shared by at least min_group source rows may come out.

    Chance is what the values' shapes allow (letters and digits against the number of source values of that shape), or,
    for values of several words, what the synthetic values' own words give when they are recombined at random: names
    drawn from lists of common names meet real names that often without knowing them.
    """
    known = _rare(as_text(source), min_group)
    made = as_text(synthetic).drop_nulls().alias("value").to_frame().filter(pl.col("value") != "").unique()
    if not known.height or not made.height:
        return Matches(0, 0.0, 0)
    known, made = _with_shape(known), _with_shape(made)
    shapes = (
        known.group_by("shape")
        .len("known")
        .join(made.group_by("shape").len("made"), on="shape")
        .join(made.join(known, on="value", how="semi").group_by("shape").len("matched"), on="shape", how="left")
        .with_columns(pl.col("matched").fill_null(0), _possible().alias("possible"))
        .with_columns((pl.col("possible") >= TELLING * pl.col("known")).alias("telling"))
    )
    telling = shapes.filter("telling")
    by_shape = float((telling["known"] * telling["made"] / telling["possible"]).sum())
    by_words = _recombined(known.join(telling, on="shape", how="semi"), made, rng)
    return Matches(
        telling=int(telling["matched"].sum()),
        expected=max(by_shape, by_words),
        coincidental=int(shapes.filter(~pl.col("telling"))["matched"].sum()),
    )


def match_combinations(
    source: pl.DataFrame, synthetic: pl.DataFrame, *, min_group: int, rng: np.random.Generator
) -> Matches:
    """Compare the combinations of several columns (the parts of a name) instead of their values one by one."""

    def combined(frame: pl.DataFrame) -> pl.Series:
        return frame.select(
            pl.concat_str([pl.col(c).cast(pl.String) for c in frame.columns], separator=" ")
        ).to_series()

    known = _rare(combined(source), min_group)
    made = combined(synthetic).drop_nulls().alias("value").to_frame().unique()
    return Matches(
        telling=made.join(known, on="value", how="semi").height,
        expected=_recombined(known, made, rng),
        coincidental=0,
    )


def _rare(values: pl.Series, min_group: int) -> pl.DataFrame:
    counted = values.drop_nulls().alias("value").value_counts(name="rows")
    return counted.filter((pl.col("rows") < max(min_group, 2)) & (pl.col("value") != "")).select("value")


def _with_shape(values: pl.DataFrame) -> pl.DataFrame:
    shape = pl.col("value").str.replace_all(r"\p{Lu}", "A").str.replace_all(r"[\p{L}--A]", "a")
    return values.with_columns(shape.str.replace_all(r"\p{Nd}", "9").alias("shape"))


def _possible() -> pl.Expr:
    letters = pl.col("shape").str.count_matches(r"[Aa]")
    digits = pl.col("shape").str.count_matches("9")
    power = letters * np.log10(WORTH_OF_A_LETTER) + digits * np.log10(WORTH_OF_A_DIGIT)
    return pl.lit(10.0).pow(power.clip(upper_bound=300))


def _recombined(known: pl.DataFrame, made: pl.DataFrame, rng: np.random.Generator) -> float:
    """How many of the synthetic values of several words would be in the source had their words met at random."""
    words = made.select(pl.col("value").str.splitn(" ", 2).struct.unnest()).drop_nulls()
    if words.height < 2:
        return 0.0
    found = []
    for _ in range(RECOMBINATIONS):
        order = rng.permutation(words.height)
        mixed = words.select((pl.col("field_0") + " " + pl.col("field_1").gather(pl.Series(order))).alias("value"))
        found.append(mixed.unique().join(known, on="value", how="semi").height)
    return float(np.mean(found))
