"""What is saved of a table beside its value model and its rules: counts, keys and how further parents are chosen."""

from dataclasses import asdict
from typing import Any

from pydantic import Field, JsonValue

from synth_assets.catalog.model import Value
from synth_assets.store.folder import Folder
from synth_assets.synthesize.relational.calibration import Calibration
from synth_assets.synthesize.relational.counts import CountDistribution, CountsInTime
from synth_assets.synthesize.relational.families.panels import Panel
from synth_assets.synthesize.relational.families.single import Single
from synth_assets.synthesize.relational.further.agreement import Agreement
from synth_assets.synthesize.relational.further.belonging import Belonging
from synth_assets.synthesize.relational.further.in_time import NotBefore
from synth_assets.synthesize.relational.further.partition import Coding, Partition
from synth_assets.synthesize.relational.further.roles import Roles
from synth_assets.synthesize.relational.keeping.uniqueness import Ordinal
from synth_assets.synthesize.relational.recurring import Recurring
from synth_assets.synthesize.relational.sharing import Shared
from synth_assets.synthesize.version import VERSION, check_version

RELATIONAL = "relational.json"


class FurtherModel(Value):
    """How the parent of one further key is chosen."""

    reference: str
    always: bool = Field(description="Every training row that may refer by this key does.")
    partition: dict[str, JsonValue] = Field(description="A Partition's fields.")
    agreement: Agreement | None
    not_before: tuple[NotBefore, ...] = Field(default=(), description="Times that are not before the parent's.")
    apart: tuple[str, ...] = Field(default=(), description="Keys that never refer to the row that this one refers to.")
    roles: Roles | None = Field(default=None, description="What single parents are to the rows that refer to them.")
    belonging: Belonging | None = Field(default=None, description="What parents belong to.")
    degrees: tuple[float, ...] = Field(description="Quantiles of children per parent row.")

    def tree(self) -> Partition:
        """The partition of the parent's rows."""
        fields = dict(self.partition)
        codings = fields.pop("codings")
        restored = tuple(
            Coding(c["column"], None if c["categories"] is None else tuple(c["categories"]))  # type: ignore[call-overload, index, arg-type]
            for c in codings  # type: ignore[union-attr]
        )
        return Partition(codings=restored, **{name: tuple(values) for name, values in fields.items()})  # type: ignore[arg-type]

    @property
    def degree_distribution(self) -> CountDistribution:
        return CountDistribution(self.degrees)


def partition_fields(partition: Partition) -> dict[str, JsonValue]:
    """A partition as JSON."""
    fields = asdict(partition)
    fields["codings"] = [
        {"column": c.column, "categories": None if c.categories is None else list(c.categories)}
        for c in partition.codings
    ]
    return {name: list(values) if isinstance(values, tuple) else values for name, values in fields.items()}


class OrdinalModel(Value):
    column: str
    within: tuple[str, ...]
    first: int
    most: int

    @classmethod
    def of(cls, ordinal: Ordinal) -> "OrdinalModel":
        return cls(column=ordinal.column, within=ordinal.within, first=ordinal.first, most=ordinal.most)

    def ordinal(self) -> Ordinal:
        return Ordinal(self.column, self.within, self.first, self.most)


class RelationalModel(Value):
    """One table's place in the graph, as learned.

    Attributes:
        rows: Rows of the source table.
        without_parent: Rows whose driving key is null.
        children: Training children per row, by the key that this table drives.
        calibrations: Which share of the children has parents of which values, by the same key.
        children_rows: Source rows of the child table that have a parent here.
        levels: Quantiles of the depth in the hierarchy, by self-referencing key.
        early: Further keys whose parents are chosen before the columns that identify nothing are made.
        identifying: Learned columns that are made first: those of keys, and the one that orders siblings.
        order: The learned column that orders siblings.
        shared: What rows that refer to the same rows share: made after these keys and before all other columns.
        single: What one of the rows that refer to the same row has: made with it.
        recurring: The columns whose fakes recur, by the hidden category of their rows.
        roles: What single rows are to their children, by the key that this table drives, where that is known.
    """

    table: str
    rows: int
    without_parent: int
    children: dict[str, CountsInTime]
    children_rows: dict[str, int]
    calibrations: dict[str, Calibration] = Field(default_factory=dict)
    levels: dict[str, tuple[float, ...]]
    further: tuple[FurtherModel, ...]
    early: tuple[str, ...]
    ordinals: tuple[OrdinalModel, ...]
    panels: tuple[Panel, ...]
    identifying: tuple[str, ...]
    order: str | None
    shared: tuple[Shared, ...]
    single: tuple[Single, ...] = ()
    recurring: tuple[Recurring, ...] = ()
    roles: tuple[FurtherModel, ...] = ()
    has_identifying: bool
    has_values: bool
    has_rules: bool

    @property
    def shared_columns(self) -> tuple[str, ...]:
        """What is made as soon as a row's parents are known: shared by those of the same parents, or one's alone."""
        return (*(one.column for one in self.shared), *(one.column for one in self.single))

    def save(self, folder: Folder) -> None:
        folder.write_json(RELATIONAL, {"version": VERSION, **self.model_dump(mode="json")})

    @classmethod
    def load(cls, folder: Folder) -> "RelationalModel":
        """The model of a table's folder.

        Raises:
            ModelVersionUnknown: A release to come has made it.
        """
        stored: Any = folder.read_json(RELATIONAL)
        check_version(stored)
        return cls.model_validate({name: value for name, value in stored.items() if name != "version"})
