"""What a plan says of differential privacy: the budget of a dataset, and the promise of one table."""

from collections.abc import Mapping

from pydantic import Field, JsonValue, ValidationError, field_validator

from synth_assets.catalog.model import ForeignKey, Value
from synth_assets.plan.nearest import hint

PRIVATE = "private"
DELTA = 1e-6


class Budget(Value):
    """`privacy: {budget: {epsilon: 10, delta: 1e-5}}`: what all refreshes of a dataset may spend in all."""

    epsilon: float = Field(gt=0, le=1000, description="Most epsilon that all that was ever learned may add up to.")
    delta: float = Field(gt=1e-9, lt=0.01, description="The delta at which it is added up.")


class PrivateOptions(Value):
    """`synthesizer: {name: private, options: {epsilon: 2, delta: 1e-6, entity: patient_id, rows_per_entity: 5}}`."""

    epsilon: float = Field(gt=0, le=100, description="Of learning the table once.")
    delta: float = Field(default=DELTA, gt=1e-9, lt=0.01, description="Of learning the table once.")
    entity: tuple[str, ...] | None = Field(
        default=None,
        description="Columns that tell whose row it is; []: every row is its own; None: the topmost row above it.",
    )
    rows_per_entity: int | None = Field(default=None, ge=1, description="Most rows of one entity that are learned.")

    @field_validator("entity", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class PrivatePromise(Value):
    """What is promised of a private table: (epsilon, delta) for each entity and each time that it is learned.

    Attributes:
        entity: Its columns that tell whose row it is.
        path: Where `entity` is empty: the foreign keys from the table up to the one whose rows are the entities.
            Empty, too: every row is an entity.
        rows_per_entity: Most rows of one entity that are looked at.
    """

    epsilon: float
    delta: float
    entity: tuple[str, ...] = ()
    path: tuple[ForeignKey, ...] = ()
    rows_per_entity: int = 1

    @property
    def whose(self) -> str:
        """The entity in words."""
        if self.entity:
            return f"each {', '.join(self.entity)}"
        return f"each row of {self.path[-1].parent}" if self.path else "each row"

    @property
    def text(self) -> str:
        """The promise in words."""
        rows = "" if not (self.entity or self.path) else f", at most {self.rows_per_entity} rows of each"
        return f"epsilon {self.epsilon:g}, delta {self.delta:g} for {self.whose}{rows}"


class OptionsRefused(ValueError):
    """Options of `private` that cannot be; the message says which and why."""


def private_options(options: Mapping[str, JsonValue]) -> PrivateOptions:
    """The options of a private table.

    Raises:
        OptionsRefused: One is missing, not known, or has a value that it cannot take.
    """
    try:
        return PrivateOptions.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        name, known = str(first["loc"][0]), tuple(PrivateOptions.model_fields)
        if first["type"] == "extra_forbidden":
            raise OptionsRefused(f"there is no option {name!r}{hint(name, known)}") from None
        if first["type"] == "missing":
            raise OptionsRefused(f"the option {name} is missing") from None
        raise OptionsRefused(f"the option {name} cannot be so: {first['msg'].lower()}") from None
