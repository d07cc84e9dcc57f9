"""What a plan may say of one target: whose tables decide its shape, and what fills columns that only it has."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from synth_assets.catalog.model import Value
from synth_assets.plan.columns import WORD, ColumnSettings
from synth_assets.plan.resolved import Treatment

_FILLS = (Treatment.CONSTANT, Treatment.DERIVE, Treatment.NULL)


class TargetTableSettings(Value):
    """What a plan may say of one table of one target."""

    columns: dict[str, Annotated[ColumnSettings, WORD]] = Field(
        description="What fills the columns that the source has not: constant, derive or null, by column."
    )

    @model_validator(mode="after")
    def _filled_without_source(self) -> Self:
        for name, column in self.columns.items():
            if column.treatment not in _FILLS or column.model_fields_set != {column.treatment}:
                raise ValueError(
                    f"{name} has no values in the source: fill it with {{constant: ...}}, {{derive: ...}} or null"
                )
        return self


class TargetSettings(Value):
    """`staging`, or `{name: dev, ddl: match}`."""

    name: str = Field(description="The target's name in resources/<environment>.yaml.")
    ddl: Literal["create", "match"] = Field(
        default="create",
        description="Whose tables decide: create (they are made as the source has them) or match (as they are there).",
    )
    tables: dict[str, TargetTableSettings] = Field(
        default_factory=dict, description="With ddl: match, what fills columns that only the target has, by table."
    )

    @model_validator(mode="after")
    def _only_match_fills(self) -> Self:
        if self.tables and self.ddl != "match":
            raise ValueError("`tables` of a target goes with `ddl: match`; with create it has no columns of its own")
        return self
