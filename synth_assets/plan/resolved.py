"""A resolved plan: the decision for every table and column of a dataset, with its reason."""

from collections.abc import Collection
from enum import StrEnum
from functools import cached_property

from pydantic import Field, JsonValue

from synth_assets.catalog.model import ForeignKey, Value
from synth_assets.plan.balance import Balance
from synth_assets.plan.dependencies import Dependency
from synth_assets.plan.domain import Domain
from synth_assets.plan.private_settings import Budget, PrivatePromise


class Mode(StrEnum):
    """What becomes of a table."""

    SYNTHETIC = "synthetic"
    PARTIAL = "partial"
    HYBRID = "hybrid"
    REFERENCE = "reference"
    EMPTY = "empty"
    EXCLUDE = "exclude"


class Treatment(StrEnum):
    """What becomes of a column."""

    LEARN = "learn"
    FAKE = "fake"
    PSEUDONYMIZE = "pseudonymize"
    MASK = "mask"
    KEEP = "keep"
    NULL = "null"
    CONSTANT = "constant"
    DERIVE = "derive"


class Role(StrEnum):
    """What a column is to the synthesizer, beside its treatment."""

    KEY = "key"  # a one-column primary key, or a unique number that only tells rows apart: made anew
    REFERENCE = "reference"  # part of a foreign key: taken from the parent's synthetic row
    VALUE = "value"  # learned as a distribution
    TEXT = "text"  # written anew from its learned character pattern
    GENERATED = "generated"  # computed by the database: never extracted into rows that are published


class DecidedBy(StrEnum):
    PLAN = "plan"
    CATALOG = "catalog"
    PROFILE = "profile"


class PathDecision(Value):
    """What becomes of one path of a column's JSON documents."""

    path: str = Field(description="Such as $.customer.emails[*].")
    treatment: Treatment = Field(description="learn, fake, null or constant.")
    options: dict[str, JsonValue] = Field(default_factory=dict, description="Of the treatment, as of a column.")
    decided_by: DecidedBy
    reason: str = Field(description="One sentence for people; never a value of a row.")


class RepeatedFake(Value):
    """The fake of another table's row, which a column repeats."""

    parent: str = Field(description="The table referred to.")
    column: str = Field(description="Its faked column.")
    key: tuple[str, ...] = Field(description="The columns of the foreign key by which the row is found.")


class ColumnDecision(Value):
    """What becomes of one column."""

    name: str
    treatment: Treatment
    role: Role
    options: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Of the treatment: fake {kind, locale, consistent, most_characters}, pseudonymize {format}, "
        "mask {...}, constant {value}, derive {expression}.",
    )
    unique: bool = Field(default=False, description="No two rows may share a value (a one-column key or the plan).")
    labels: tuple[str, ...] = Field(
        default=(),
        description="Of the type column of a polymorphic key: the values that the plan names, and no others.",
    )
    inputs: tuple[str, ...] = Field(default=(), description="Of a derived column: the columns that it reads.")
    real_inputs: tuple[str, ...] = Field(
        default=(), description="Of a derived column: the kept columns whose real values it is computed from."
    )
    repeats: RepeatedFake | None = Field(default=None, description="Of a fake that another table's row has, too.")
    paths: tuple[PathDecision, ...] = Field(
        default=(), description="Of JSON documents: what becomes of a path that is not merely learned."
    )
    decided_by: DecidedBy
    reason: str = Field(description="One sentence for people; never a value of a row.")
    because: str | None = Field(default=None, description="The plan's own justification for letting real values by.")
    domain: Domain | None = Field(default=None, description="Of a learned column of a private table: all its values.")
    real_in_real_rows: bool = Field(
        default=False, description="Of a learned column of a hybrid table: its real rows keep their values."
    )

    @property
    def lets_real_values_through(self) -> bool:
        return self.treatment is Treatment.KEEP or bool(self.real_inputs) or self.real_in_real_rows

    @property
    def keeps_rare_values(self) -> bool:
        """However few rows share a value, synthetic rows may hold it: the plan lets all through, or names them."""
        return self.treatment is Treatment.KEEP or bool(self.real_inputs) or bool(self.labels)


class Engine(Value):
    """A synthesizer by name, with its own options."""

    name: str
    options: dict[str, JsonValue] = Field(default_factory=dict)


class TableDecision(Value):
    """What becomes of one table."""

    name: str
    mode: Mode
    columns: tuple[ColumnDecision, ...]
    synthesizer: str = "trees"
    synthesizer_options: dict[str, JsonValue] = Field(default_factory=dict)
    candidates: tuple[Engine, ...] = Field(
        default=(), description="Of the synthesizer auto: what it chooses among; its own list if empty."
    )
    scale: float = Field(default=1.0, gt=0, description="Rows relative to the source.")
    real_share: float | None = Field(default=None, description="Of a hybrid table: the share of its rows that is real.")
    balance: Balance | None = Field(default=None, description="Wished shares of a column's values.")
    dependencies: tuple[Dependency, ...] = Field(default=(), description="What the plan declares to hold in every row.")
    discover_dependencies: bool = Field(default=True, description="Dependencies are found in the rows, too.")
    quasi_identifiers: tuple[str, ...] = Field(default=(), description="What an attacker knows of a person.")
    sensitive: tuple[str, ...] = Field(default=(), description="What must not be guessed; empty: any learned column.")
    because: str | None = None
    private: PrivatePromise | None = Field(default=None, description="Of the synthesizer private: what it promises.")

    @property
    def is_generated(self) -> bool:
        """Whether rows are drawn, all of them or all but a share, rather than taken from the source."""
        return self.mode in (Mode.SYNTHETIC, Mode.HYBRID)

    def column(self, name: str) -> ColumnDecision:
        return self._columns[name]

    @cached_property
    def _columns(self) -> dict[str, ColumnDecision]:
        return {column.name: column for column in self.columns}


TWO_SAMPLE = 0.95


class FidelityGate(Value):
    """Least figures for publishing, 1 is best."""

    shape: float = Field(default=0.90, ge=0, le=1, description="Mean similarity of column distributions.")
    trend: float = Field(default=0.85, ge=0, le=1, description="Mean similarity of column pairs.")
    cardinality: float = Field(default=0.80, ge=0, le=1, description="Similarity of child counts per parent row.")
    pairs_across_keys: float = Field(default=0.75, ge=0, le=1, description="Child-parent column pairs.")
    two_sample: float = Field(
        default=TWO_SAMPLE,
        ge=0.5,
        le=1,
        description="Most AUC of a real-or-synthetic classifier. Above the default a refresh warns; above any other "
        "value it does not publish.",
    )


class PrivacyGate(Value):
    """Most figures for publishing, against rows held out of training.

    Shares are those of training rows beyond those of held-out rows, as `0.01`: one training row in a hundred more.
    """

    membership_auc: float = Field(default=0.55, ge=0.5, le=1, description="AUC of any membership attack.")
    membership_true_positives: float = Field(
        default=0.05, ge=0.01, le=1, description="Share found by any membership attack at 1 % false positives."
    )
    copies: float = Field(
        default=0.0, ge=0, le=1, description="Share of rare exact copies beyond that of held-out rows."
    )
    near_copies: float = Field(default=0.01, ge=0, le=1, description="Share of rows and entities nearly copied.")
    rare_combinations: float = Field(
        default=0.05, ge=0, le=1, description="Share of rare combinations of three columns that came out."
    )
    closer_share: float = Field(default=0.55, ge=0.5, le=1, description="Rows nearer to training than held-out rows.")
    identity: float = Field(default=0.01, ge=0, le=1, description="Share of rows found by what is known of a person.")
    attribute: float = Field(default=0.03, ge=0, le=1, description="Share of values guessed from the rest of a row.")


class BiasGate(Value):
    """Most that synthetic rows may widen a gap between groups."""

    amplification: float = Field(
        default=0.02, ge=0, le=1, description="By how much a group's rate may be further from the others' than it was."
    )


class Gate(Value):
    fidelity: FidelityGate = FidelityGate()
    privacy: PrivacyGate = PrivacyGate()
    bias: BiasGate = BiasGate()


class BiasQuestion(Value):
    """Whether rates of an outcome differ more between groups than they do in the source."""

    table: str = Field(description="The table.")
    sensitive: str = Field(description="The column whose values are the groups, such as sex.")
    outcome: str = Field(description="The column whose rates are compared, such as income or is_approved.")


class ResolvedPlan(Value):
    """Every decision for one dataset: what `synth-assets plan` prints and every stage obeys."""

    dataset: str
    tables: tuple[TableDecision, ...] = Field(
        description="Every table of the catalog, excluded ones too, in name order."
    )
    foreign_keys: dict[str, tuple[ForeignKey, ...]] = Field(
        description="By child table: the keys among published tables, declared by the catalog or by the plan."
    )
    min_group: int = Field(default=10, ge=1, description="Fewest source rows that must share what comes out.")
    hold_out: float = Field(default=0.1, ge=0, lt=0.5, description="Share of root rows kept from training.")
    budget: Budget | None = Field(default=None, description="What learning private tables may spend in all.")
    gate: Gate = Gate()
    bias: tuple[BiasQuestion, ...] = Field(default=(), description="Groups and outcomes to compare.")
    canaries: bool = Field(default=False, description="Invented values are planted into training and looked for.")
    seed: int = 0

    def table(self, name: str) -> TableDecision:
        return self._tables[name]

    @property
    def published(self) -> tuple[TableDecision, ...]:
        """The tables that a target gets: all but the excluded ones."""
        return tuple(table for table in self.tables if table.mode is not Mode.EXCLUDE)

    @property
    def extracted(self) -> tuple[str, ...]:
        """The names of the tables whose rows are read: of all that are published, but for the empty ones."""
        return tuple(table.name for table in self.published if table.mode is not Mode.EMPTY)

    @property
    def copied(self) -> tuple[str, ...]:
        """The names of the tables that are published as they are."""
        return tuple(table.name for table in self.published if table.mode is Mode.REFERENCE)

    def scaled(self, factor: float, *, only: Collection[str] = ()) -> "ResolvedPlan":
        """The same plan with as many times the rows in every table that is generated, or in those named only."""
        chosen = [table.name for table in self.tables if table.is_generated and (not only or table.name in only)]
        tables = tuple(
            table.model_copy(update={"scale": table.scale * factor}) if table.name in chosen else table
            for table in self.tables
        )
        return self if factor == 1 else self.model_copy(update={"tables": tables})

    @cached_property
    def _tables(self) -> dict[str, TableDecision]:
        return {table.name: table for table in self.tables}
