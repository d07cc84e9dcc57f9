"""House numbers as long as the source's: of a column of their own, or within streets and addresses."""

import polars as pl

from synth_assets.synthesize.rules.texts import TextModel

_ALONE = "building_number"
_WITHIN = ("street_address", "address")
# The first number that stands alone, with what may belong to it: 12, 12a, 12/3, 12-14.
_NUMBER = r"(?:^|[\s,.])(\d+(?:[a-zA-Z]|(?:[-/]\d+))?)(?:$|[\s,])"


def house_numbers(values: pl.Series, *, kind: str, min_group: int) -> TextModel | None:
    """What the house numbers of a column look like; None if it has none, or too few rows share their looks.

    Args:
        kind: The kind of fake that the column becomes.
    """
    if kind == _ALONE:
        numbers = values.cast(pl.String)
    elif kind in _WITHIN and values.dtype == pl.String:
        numbers = values.str.extract(_NUMBER, 1)
    else:
        return None
    return TextModel.look_of(numbers, min_group=min_group)
