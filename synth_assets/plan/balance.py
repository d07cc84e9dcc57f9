"""Wished shares of a column's values, as a plan names them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from synth_assets.catalog.model import Value

_ROUNDING = 1e-9


class Balance(Value):
    """`balance: {column: is_fraud, shares: {true: 0.2}}`."""

    column: str = Field(description="The column whose shares are wished for.")
    shares: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        min_length=1, description="Wished share of a value, 0 to 1; values not named share the rest as in the source."
    )

    @property
    def rest(self) -> float:
        """The share of all values that are not named."""
        left = 1.0 - sum(self.shares.values())
        return left if left > _ROUNDING else 0.0

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        if sum(self.shares.values()) > 1.0 + _ROUNDING:
            raise ValueError("the `shares` of `balance` add up to more than 1")
        return self
