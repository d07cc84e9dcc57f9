"""The publication: a verdict's rows, live in a target."""

from pydantic import Field

from synth_assets.catalog.model import Value


class PublishedTable(Value):
    name: str
    rows: int


class Publication(Value):
    """What was published where."""

    target: str
    dataset: str
    refresh: str
    fingerprint: str = Field(description="Of exactly the published rows: `dataset_fingerprint`.")
    tables: tuple[PublishedTable, ...]
    seconds: dict[str, float] = Field(description="By step: guard, preflight, stage, audit, suites, swap.")
    notes: tuple[str, ...] = Field(default=(), description="What differs from the source, a line each, for people.")
    expectations: dict[str, int] = Field(
        default_factory=dict, description="How many hold by the target's own word, by table that was asked."
    )
    previous: str | None = Field(default=None, description="The refresh that was live before and is kept to roll back.")
    attempts: int = Field(default=1, description="Connections that were tried: more than one if some were lost.")
    already_live: bool = Field(default=False, description="The ledger said that this very refresh is live already.")

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)
