"""The privacy checks of a table by itself, as the gate makes them."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from benchmarks.memory_rows import MemoryRows
from benchmarks.privacy.engines import MIN_GROUP
from benchmarks.privacy.rows import ENTITY, HOLD_OUT, Parts
from synth_assets.catalog.model import Column, DataType, ForeignKey, Kind, Table
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Mode, PrivacyGate, Role, TableDecision, Treatment
from synth_assets.store.verdict import CheckResult
from synth_assets.validate.entities import Entities
from synth_assets.validate.privacy import table_checks
from synth_assets.validate.subject import Subject


def checked(of: Parts, synthetic: pl.DataFrame, *, seed: int) -> Iterator[CheckResult]:
    """The privacy checks of a table that hangs on a table of its entities."""
    source = pl.concat([of.training, of.held_out])
    held_out = pl.Series(np.arange(source.height) >= of.training.height)
    roots = source.with_columns(held_out.alias("held_out")).unique(ENTITY, maintain_order=True)
    snapshot = {
        "table": MemoryRows(source, held_out),
        "root": MemoryRows(roots.select(ENTITY), roots["held_out"]),
    }
    hangs_on = ForeignKey(columns=(ENTITY,), parent="root", parent_columns=(ENTITY,))
    driving = {} if roots.height == source.height else {"table": hangs_on}
    integer = DataType(kind=Kind.INTEGER, native="integer", bits=64)
    decision = TableDecision(name="table", mode=Mode.SYNTHETIC, columns=tuple(map(_decision, source.columns)))
    table = Table(name="table", columns=tuple(Column(name=name, type=integer) for name in source.columns))
    subject = Subject(table, decision, MemoryRows(synthetic), snapshot["table"], None, MIN_GROUP)
    entities = Entities(snapshot, driving)
    yield from table_checks(subject, gate=PrivacyGate(), hold_out=HOLD_OUT, entities=entities, seed=seed)


def _decision(name: str) -> ColumnDecision:
    role = Role.REFERENCE if name == ENTITY else Role.VALUE
    return ColumnDecision(
        name=name, treatment=Treatment.LEARN, role=role, decided_by=DecidedBy.CATALOG, reason="A benchmark."
    )
