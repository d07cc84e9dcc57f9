"""The settings of one dataset: what plans/<dataset>.yaml may say."""

import re
from typing import Annotated, Literal, Self, TypeAlias, get_args

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, field_validator, model_validator

from synth_assets.catalog.model import ForeignKey, Value
from synth_assets.plan.audit_settings import AuditSettings
from synth_assets.plan.balance import Balance
from synth_assets.plan.columns import WORD, ColumnSettings
from synth_assets.plan.cron import Cron, TimeZone
from synth_assets.plan.dependency_settings import DependencySettings, as_dependency_settings
from synth_assets.plan.private_settings import Budget
from synth_assets.plan.resolved import BiasQuestion, Gate, Mode
from synth_assets.plan.short_forms import TEXT, Short, unless_template
from synth_assets.plan.target_settings import TargetSettings

SynthesizerName: TypeAlias = Literal[
    "trees", "gaussian_copula", "ctgan", "tvae", "copula_gan", "hma", "par", "rules", "private", "auto"
]


CandidateName: TypeAlias = Literal["trees", "gaussian_copula", "ctgan", "tvae", "copula_gan", "rules"]

NOTHING = Short({"type": "null"})
_ENGINE = Short(TEXT.schema, known=unless_template({"enum": list(get_args(SynthesizerName))}))
_CANDIDATE = Short(TEXT.schema, known=unless_template({"enum": list(get_args(CandidateName))}))
_WITH_REAL_ROWS = [Mode.PARTIAL.value, Mode.HYBRID.value, Mode.REFERENCE.value]


def _by_name(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class CandidateSettings(Value):
    """One of the engines that `auto` chooses among: `ctgan`, or `{name: ctgan, options: {epochs: 100}}`."""

    name: CandidateName = Field(description="The engine.")
    options: dict[str, JsonValue] = Field(default_factory=dict, description="The engine's own options.")


class SynthesizerSettings(Value):
    """`synthesizer: ctgan`, or `synthesizer: {name: ctgan, options: {epochs: 100}}`."""

    name: SynthesizerName = Field(default="trees", description="The engine that learns the table.")
    options: dict[str, JsonValue] = Field(default_factory=dict, description="The engine's own options.")
    candidates: tuple[Annotated[CandidateSettings, BeforeValidator(_by_name), _CANDIDATE], ...] = Field(
        default=(), description="Of auto: the engines to choose among; its own list unless named."
    )

    @model_validator(mode="after")
    def _only_auto_chooses(self) -> Self:
        if self.candidates and self.name != "auto":
            raise ValueError(f"`candidates` goes with the synthesizer auto only, not with {self.name}")
        return self


class TableSettings(Value):
    """The plan for one table."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"required": ["mode"], "properties": {"mode": {"enum": [*_WITH_REAL_ROWS]}}},
            "then": {"required": ["because"]},
        }
    )

    mode: Mode = Field(default=Mode.SYNTHETIC, description="What becomes of the table.")
    columns: dict[str, Annotated[ColumnSettings, WORD]] = Field(
        default_factory=dict, description="Treatments by column; every other column gets its safe treatment."
    )
    synthesizer: Annotated[SynthesizerSettings | None, BeforeValidator(_by_name), _ENGINE] = Field(
        default=None, description="The engine that learns the table; trees unless named."
    )
    scale: float = Field(default=1.0, gt=0, le=1000, description="Rows relative to the source.")
    real_share: float | None = Field(
        default=None, gt=0, lt=1, description="Of a hybrid table: the share of its rows that is real."
    )
    balance: Balance | None = Field(default=None, description="Wished shares of a column's values.")
    dependencies: tuple[Annotated[DependencySettings, BeforeValidator(as_dependency_settings), TEXT], ...] = Field(
        default=(),
        description="What holds in every row and must hold in every synthetic one: `total = price * quantity`, "
        "`starts_at <= ends_at`, `city -> country`, `total = sum(lines.amount)`, {one_of: [is_a, is_b]}.",
    )
    discover_dependencies: bool = Field(
        default=True, description="Look for dependencies in the rows; false: only those declared are kept."
    )
    quasi_identifiers: Annotated[tuple[str, ...], BeforeValidator(_as_list), TEXT] = Field(
        default=(), description="Learned columns by which an attacker may know a person, such as birth year and sex."
    )
    sensitive: Annotated[tuple[str, ...], BeforeValidator(_as_list), TEXT] = Field(
        default=(), description="Learned columns that nobody may guess from the rest of a row; any unless named."
    )
    because: str | None = Field(default=None, min_length=1, description="Why real rows may be let through.")

    @model_validator(mode="before")
    @classmethod
    def _from_nothing(cls, value: object) -> object:
        return {} if value is None else value


class ForeignKeySettings(Value):
    """A foreign key that the source does not declare."""

    table: str = Field(description="The table that holds the reference.")
    columns: Annotated[tuple[str, ...], BeforeValidator(_as_list), TEXT] = Field(
        min_length=1, description="Its columns."
    )
    parent: str = Field(description="The table referred to.")
    parent_columns: Annotated[tuple[str, ...], BeforeValidator(_as_list), TEXT] = Field(
        default=(), description="The columns referred to, in the same order; its primary key unless named."
    )

    def foreign_key(self, parent_columns: tuple[str, ...]) -> ForeignKey:
        return ForeignKey(columns=self.columns, parent=self.parent, parent_columns=parent_columns)


def _by_parent(value: object) -> object:
    return {"parent": value} if isinstance(value, str) else value


class PolymorphicParentSettings(Value):
    """`posts`, or `{parent: posts, parent_column: code}`."""

    parent: str = Field(description="The table referred to.")
    parent_column: str | None = Field(default=None, description="The column referred to; its primary key unless named.")


class PolymorphicKeySettings(Value):
    """A reference to one of several tables, such as that of a comment to a post or to a photo."""

    table: str = Field(description="The table that holds the reference.")
    column: str = Field(description="The column that refers to a row.")
    type_column: str = Field(description="The column that says of which table.")
    parents: dict[str, Annotated[PolymorphicParentSettings, BeforeValidator(_by_parent), TEXT]] = Field(
        min_length=1, description="The table that each label of the type column stands for."
    )


class PrivacySettings(Value):
    """What protects single people of the source."""

    min_group: int = Field(default=10, ge=1, description="Fewest source rows that must share what comes out.")
    hold_out: float = Field(default=0.1, ge=0, lt=0.5, description="Share of root rows kept from training.")
    canaries: bool = Field(
        default=True, description="Plant invented values into training rows and stop the refresh if one comes out."
    )
    budget: Budget | None = Field(
        default=None, description="Most that learning private tables may spend over all refreshes."
    )


class DatasetSettings(Value):
    """The plan for one dataset. With no `tables` it is complete: all synthetic, every column treated safely."""

    dataset: str = Field(description="Its name: small letters, digits and underscores, a letter first.")
    source: str = Field(description="The source's name in resources/<environment>.yaml.")
    targets: Annotated[
        tuple[Annotated[TargetSettings, BeforeValidator(_by_name), TEXT], ...], BeforeValidator(_as_list), TEXT
    ] = Field(description="The targets by their names in resources/<environment>.yaml, or {name: dev, ddl: match}.")
    schedule: Cron | None = Field(
        default=None,
        description="When to refresh the targets that have no schedule of their own: five cron fields, or @daily.",
    )
    refresh_on_change: bool = Field(
        default=False,
        description="In Dagster: refresh when a source table's data version changes, as those report that fill it.",
    )
    tags: dict[str, str | int] = Field(
        default_factory=dict, description="Of its runs, such as {dagster/priority: 3} or those of a run queue."
    )
    time_zone: TimeZone = Field(default="UTC", description="The time zone of schedules, such as Europe/Berlin.")
    on_new_column: Literal["treat", "hold"] = Field(
        default="treat",
        description="A column that the last refresh did not know: treat (safely, reported) or hold (stop first).",
    )
    on_running: Literal["skip", "wait"] = Field(
        default="skip", description="Another refresh of the dataset is at work: skip this one, or wait for that one."
    )
    tables: Annotated[dict[str, Annotated[TableSettings, NOTHING]], NOTHING] = Field(
        default_factory=dict, description="Plans by table; every other table is synthetic."
    )
    foreign_keys: tuple[ForeignKeySettings, ...] = Field(
        default=(), description="References that the source does not declare."
    )
    polymorphic_keys: tuple[PolymorphicKeySettings, ...] = Field(
        default=(), description="References to one of several tables, which another column of the row says."
    )
    gate: Gate = Field(default=Gate(), description="The figures that publishing asks for.")
    audit: AuditSettings = Field(
        default=AuditSettings(), description="What is asked of loaded tables before they are made live."
    )
    bias: tuple[BiasQuestion, ...] = Field(
        default=(), description="Groups whose rates of an outcome must not differ more than in the source."
    )
    privacy: PrivacySettings = Field(default=PrivacySettings(), description="What protects single people.")
    seed: int = Field(default=0, ge=0, description="The same snapshot, plan and seed give the same rows.")

    @field_validator("dataset")
    @classmethod
    def _is_asset_key(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
            raise ValueError(f"the dataset {value!r} must be small letters, digits and underscores, a letter first")
        return value

    @field_validator("tables", mode="before")
    @classmethod
    def _no_tables(cls, value: object) -> object:
        return {} if value is None else value

    @model_validator(mode="after")
    def _targets_differ(self) -> Self:
        if len(set(self.target_names)) < len(self.targets):
            raise ValueError("`targets` names a target twice")
        return self

    @model_validator(mode="after")
    def _schedule_is_of_a_target(self) -> Self:
        if self.schedule is not None and self.targets and all(target.schedule for target in self.targets):
            raise ValueError("`schedule` is of no target: each of them has one of its own")
        return self

    @property
    def target_names(self) -> tuple[str, ...]:
        """The targets in the plan's order."""
        return tuple(target.name for target in self.targets)

    def target(self, name: str) -> TargetSettings:
        """The plan for a target; one that says nothing but its name if it is not among the dataset's."""
        return next((target for target in self.targets if target.name == name), TargetSettings(name=name))

    def table(self, name: str) -> TableSettings:
        """The plan for a table; that of a table not named if it is not."""
        return self.tables.get(name, TableSettings())
