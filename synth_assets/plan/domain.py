"""Public domains: every value that a column may take, known without looking at a row."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from synth_assets.catalog.model import Value


class Labels(Value):
    """Single values, as text.

    Attributes:
        complete: The database lets no other value in; otherwise rows may hold some, which never come out.
    """

    kind: Literal["labels"] = "labels"
    values: tuple[str, ...] = Field(min_length=1)
    complete: bool


class Range(Value):
    """Evenly spaced numbers or times.

    Attributes:
        low: The lowest value: whole numbers as they are, decimals in units of their last digit, dates in days, times in
            microseconds (without a date: nanoseconds), floats as they are.
        step: The distance of two values, in the same unit.
        cells: How many values there are.
        continuous: Values lie anywhere in their cell, not at its beginning.
    """

    kind: Literal["range"] = "range"
    low: int | float
    step: int | float = Field(gt=0)
    cells: int = Field(ge=1)
    continuous: bool = False


Domain: TypeAlias = Annotated[Labels | Range, Field(discriminator="kind")]
