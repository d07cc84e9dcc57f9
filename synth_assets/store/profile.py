"""A profile: what is known of a table's columns. Stored encrypted; values in it are shared by `min_group` rows."""

from functools import cached_property

from pydantic import Field, JsonValue

from synth_assets.catalog.model import Value
from synth_assets.plan.dependencies import Dependency


class PersonalData(Value):
    """What kind of personal data a column seems to hold."""

    kind: str = Field(description="A kind of plan/personal.py: email, phone, full_name, street_address, ...")
    confidence: float = Field(ge=0, le=1)
    reason: str = Field(description="Why, for people; never a value of a row.")


class PersonalDataAtPath(PersonalData):
    """The same of one path of a column of JSON documents."""

    path: str = Field(description="Such as $.customer.emails[*]; * for keys that too few documents share.")


class ColumnProfile(Value):
    name: str
    rows: int
    nulls: int
    distinct: int = Field(description="Distinct values, NULL not counted.")
    unique: bool = Field(description="No value occurs twice.")
    frequent: tuple[tuple[JsonValue, int], ...] = Field(
        default=(),
        description="Most frequent values with counts, those of at least min_group rows only, at most 50.",
    )
    quantiles: tuple[float, ...] = Field(
        default=(),
        description=(
            "At 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99; times as seconds since the epoch or midnight; "
            "each stands for at least min_group rows."
        ),
    )
    minimum: float | None = Field(default=None, description="The min_group-th smallest value, as in quantiles.")
    maximum: float | None = Field(default=None, description="The min_group-th largest value.")
    decimals: int | None = Field(default=None, description="Most digits after the point seen in a number.")
    shortest: int | None = Field(default=None, description="Characters of the shortest text.")
    longest: int | None = None
    shapes: tuple[tuple[str, int], ...] = Field(
        default=(),
        description=(
            "Character patterns of texts (A upper, a lower, 9 digit, others as they are) with counts, "
            "at least min_group rows each, at most 100."
        ),
    )
    personal: PersonalData | None = None
    personal_paths: tuple[PersonalDataAtPath, ...] = Field(default=(), description="Of JSON documents.")

    @property
    def low_cardinality(self) -> bool:
        """Few values, each shared by many rows: a category rather than free text."""
        filled = self.rows - self.nulls
        return filled > 0 and self.distinct <= max(2, min(1000, filled // 10))


class KnownDependency(Value):
    """What holds between columns, and how the source keeps to it."""

    dependency: Dependency
    declared: bool = Field(default=False, description="The plan says so; otherwise it was found in the rows.")
    broken: int = Field(default=0, description="Source rows that break it: only what is declared may be broken.")

    @property
    def text(self) -> str:
        """For people; names of columns and tables, never a value of a row."""
        said = f"{self.dependency.text} (declared)" if self.declared else self.dependency.text
        return f"{said[:-1]}; {self.broken:,} source rows break it)" if self.broken else said


class TableProfile(Value):
    table: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    dependencies: tuple[KnownDependency, ...] = ()

    def column(self, name: str) -> ColumnProfile:
        return self._columns[name]

    @cached_property
    def _columns(self) -> dict[str, ColumnProfile]:
        return {column.name: column for column in self.columns}
