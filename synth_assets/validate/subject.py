"""One table under judgement: its schema, its decisions, its rows on both sides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from synth_assets.catalog.model import Catalog, Column, Table
from synth_assets.plan.resolved import ColumnDecision, Mode, ResolvedPlan, Role, TableDecision, Treatment
from synth_assets.store.profile import TableProfile
from synth_assets.validate.drawn_rows import drawn_rows
from synth_assets.validate.rows import Rows

if TYPE_CHECKING:
    from synth_assets.validate.reweighted import ReweightedRows

# Below this many source rows sampling noise alone exceeds any useful tolerance: figures are then reported, not gated.
ROWS_FOR_A_FIGURE = 500

NOT_LOOKED_AT = "the table is private, and every figure of its real rows would tell of them"


@dataclass(frozen=True)
class Subject:
    """One published table under judgement.

    Attributes:
        source: Its rows in the snapshot; None where the plan extracts none (an empty table), and where it must not be
            looked at (a private one).
        profiles: What is known of the columns of all tables.
        reweighted: Where the plan wishes for shares, the source's rows with these shares.
    """

    table: Table
    decision: TableDecision
    synthetic: Rows
    source: Rows | None
    profile: TableProfile | None
    min_group: int
    profiles: Mapping[str, TableProfile] = field(default_factory=dict)
    reweighted: "ReweightedRows | None" = None

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def source_rows(self) -> int:
        return self.source.rows if self.source is not None else 0

    @property
    def extracted(self) -> Rows:
        """Its rows in the snapshot; ValueError where the plan extracts none, which callers rule out beforehand."""
        if self.source is None:
            raise ValueError("the table has no rows in the snapshot")
        return self.source

    @property
    def comparable(self) -> Rows:
        """The source's rows that synthetic ones should be like: all, or as many as have the wished shares."""
        return self.extracted if self.reweighted is None else self.reweighted

    @cached_property
    def drawn(self) -> Rows:
        """Its synthetic rows: all that were generated but for the real ones of a hybrid table."""
        return drawn_rows(self.synthetic)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are published as rows: all but those that the database computes."""
        return tuple(c for c in self.table.columns if c.generated is None and self._role(c.name) is not Role.GENERATED)

    @property
    def learned(self) -> tuple[str, ...]:
        """The columns learned as distributions: what fidelity and row-wise privacy look at."""
        match self.decision.mode:
            case Mode.SYNTHETIC | Mode.HYBRID:
                treatments = {Treatment.LEARN, Treatment.KEEP}
            case Mode.PARTIAL:
                treatments = {Treatment.LEARN}
            case _:
                return ()
        names = {c.name for c in self.columns}
        return tuple(
            decision.name
            for decision in self.decision.columns
            if decision.name in names and decision.role is Role.VALUE and decision.treatment in treatments
        )

    @property
    def kept(self) -> frozenset[str]:
        """The columns whose real values the plan lets through, or names itself."""
        return frozenset(c.name for c in self.decision.columns if c.keeps_rare_values)

    def column_decision(self, name: str) -> ColumnDecision | None:
        return next((c for c in self.decision.columns if c.name == name), None)

    def _role(self, name: str) -> Role | None:
        decision = self.column_decision(name)
        return decision.role if decision else None


def subjects(
    catalog: Catalog,
    plan: ResolvedPlan,
    profiles: Mapping[str, TableProfile],
    snapshot: Mapping[str, Rows],
    synthetic: Mapping[str, Rows],
) -> dict[str, Subject]:
    """Every published table that has rows to judge, by name."""
    return {
        decision.name: Subject(
            table=catalog.table(decision.name),
            decision=decision,
            synthetic=synthetic[decision.name],
            source=None if decision.private else snapshot.get(decision.name),
            profile=profiles.get(decision.name),
            min_group=plan.min_group,
            profiles=profiles,
        )
        for decision in plan.published
        if decision.name in synthetic
    }
