"""What the profile tells the plan of a column: facts about its values, never a value."""

from pydantic import Field

from synth_assets.catalog.model import Value


class PathEvidence(Value):
    """Personal data at one path of a column's JSON documents."""

    path: str = Field(description="Such as $.customer.emails[*]; * for keys that too few documents share.")
    personal: str = Field(description="A kind of plan/personal.py.")
    confidence: float = Field(ge=0, le=1)
    reason: str = Field(description="Why, for people; never a value of a row.")


class ColumnEvidence(Value):
    """What is known of one column once its rows have been profiled."""

    low_cardinality: bool | None = Field(
        default=None, description="Few values, each shared by many rows: a category rather than free text."
    )
    unique: bool | None = Field(default=None, description="No value occurs twice.")
    personal: str | None = Field(default=None, description="A kind of plan/personal.py; None if none was found.")
    confidence: float = Field(default=0.0, ge=0, le=1, description="Of `personal`.")
    reason: str = Field(default="", description="Why it seems personal, for people; never a value of a row.")
    paths: tuple[PathEvidence, ...] = Field(default=(), description="Personal data in JSON documents, by path.")
