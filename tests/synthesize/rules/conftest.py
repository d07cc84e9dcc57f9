"""Small tables to make rules for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import pytest

from synth_assets.catalog.model import Column, DataType, Kind, Table
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Role, Treatment
from synth_assets.store.folder import Folder
from synth_assets.store.profile import TableProfile
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.synthesize.rules.consistent import ConsistentFakes
from synth_assets.synthesize.rules.rules import Rules, derive_key
from synth_assets.synthesize.rules.transform import transform

KEY = b"a secret of thirty-two bytes ..."
TEXT = DataType(kind=Kind.TEXT, native="text")


@dataclass
class TableOfRules:
    """Source rows and the decisions for their columns."""

    name: str = "people"
    columns: list[Column] = field(default_factory=list)
    decisions: list[ColumnDecision] = field(default_factory=list)
    source: dict[str, pl.Series] = field(default_factory=dict)

    def column(
        self,
        name: str,
        values: list[Any] | pl.Series,
        *,
        type: DataType = TEXT,  # noqa: A002
        treatment: Treatment = Treatment.LEARN,
        role: Role = Role.TEXT,
        unique: bool = False,
        nullable: bool = True,
        **options: Any,
    ) -> "TableOfRules":
        self.columns.append(Column(name=name, type=type, nullable=nullable))
        self.decisions.append(
            ColumnDecision(
                name=name,
                treatment=treatment,
                role=role,
                options=options,
                unique=unique,
                decided_by=DecidedBy.PLAN,
                reason="a test",
            )
        )
        self.source[name] = values if isinstance(values, pl.Series) else pl.Series(name, values)
        return self

    def fake(self, name: str, values: list[Any] | pl.Series, kind: str, **options: Any) -> "TableOfRules":
        return self.column(name, values, treatment=Treatment.FAKE, kind=kind, **options)

    @property
    def table(self) -> Table:
        return Table(name=self.name, columns=tuple(self.columns))

    @property
    def rows(self) -> pl.DataFrame:
        return pl.DataFrame(self.source)

    @property
    def profile(self) -> TableProfile:
        return TableProfile(table=self.name, rows=len(self.rows), columns=())

    def fit(self, *, min_group: int = 10, **known: pl.DataFrame | None) -> Rules:
        return Rules.fit(
            self.rows,
            table=self.table,
            columns=self.decisions,
            profile=self.profile,
            key=KEY,
            min_group=min_group,
            **known,
        )

    def sample(self, n: int, *, nulls: Mapping[str, np.ndarray] | None = None, seed: int = 0) -> pl.DataFrame:
        return self.fit().sample(n, rng=np.random.default_rng(seed), nulls=nulls or {})

    def transform(self, *, seed: int = 0, key: bytes = KEY, extra: pl.DataFrame | None = None) -> pl.DataFrame:
        rows = self.rows if extra is None else self.rows.hstack(extra)
        return transform(
            rows,
            table=self.table,
            columns=self.decisions,
            profile=self.profile,
            key=key,
            rng=np.random.default_rng(seed),
            consistent=ConsistentFakes(key=derive_key(key)),
        )


@pytest.fixture
def table() -> TableOfRules:
    return TableOfRules()


@pytest.fixture
def new_table() -> Callable[[], TableOfRules]:
    return TableOfRules


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Iterator[Folder]:
    """A folder that can be written, of an artifact in memory."""
    store = Store(f"memory://rules-{request.node.name}", key=b"k" * 32)
    key = ArtifactKey(dataset="shop", stage="synthesizer", table="people", inputs="0" * 64)
    with store.create(key, refresh="r1") as draft:
        yield draft.folder
