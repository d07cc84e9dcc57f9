"""The two sides of a dataset as people look at them, measured while the snapshot is there."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.catalog.driving import driving_keys
from synth_assets.catalog.model import Catalog, ForeignKey
from synth_assets.plan.resolved import ResolvedPlan
from synth_assets.statistics.association import cramers_v
from synth_assets.statistics.encoding import Array, Scale, encode
from synth_assets.statistics.trend import binned, quantile_edges
from synth_assets.store.comparison import (
    Bar,
    ColumnComparison,
    Comparison,
    KeyComparison,
    PairComparison,
    TableComparison,
)
from synth_assets.store.profile import TableProfile
from synth_assets.validate.bars import bars, bins_of, moved
from synth_assets.validate.fidelity import why_no_key
from synth_assets.validate.relations import child_counts
from synth_assets.validate.results import key_name
from synth_assets.validate.reweighted import with_reweighted
from synth_assets.validate.rows import Rows, draw
from synth_assets.validate.subject import Subject, subjects

# Of fewer source rows, how two columns go together would tell of single ones.
ROWS_FOR_PAIRS = 100
MOST_COLUMNS_IN_PAIRS = 15
ROWS_IN_PAIRS = 50_000


def compare(
    *,
    dataset: str,
    refresh: str,
    catalog: Catalog,
    plan: ResolvedPlan,
    profiles: Mapping[str, TableProfile],
    snapshot: Mapping[str, Rows],
    synthetic: Mapping[str, Rows],
    before: Comparison | None,
    seed: int = 0,
) -> Comparison:
    """Distributions, pairs and numbers of children of every published table, on both sides.

    Args:
        snapshot, synthetic: As `judge` takes them.
        before: The comparison of the last refresh.
        seed: Of the rows drawn from large tables, and of wished shares.
    """
    rows = {name: table.rows for name, table in snapshot.items()}
    driving = driving_keys((catalog.table(name) for name in rows), plan.foreign_keys, rows)
    judged = with_reweighted(
        subjects(catalog, plan, profiles, snapshot, synthetic),
        {name: key for name, key in driving.items() if key is not None},
        seed=seed,
    )
    tables = []
    for name, subject in judged.items():
        comparable = subject.source is not None and subject.source_rows > 0
        tables.append(
            TableComparison(
                table=name,
                source_rows=None if subject.source is None else subject.source_rows,
                synthetic_rows=subject.synthetic.rows,
                columns=tuple(_columns(subject, before)) if comparable else (),
                pairs=_pairs(subject, np.random.default_rng([seed, 21])) if comparable else None,
                keys=tuple(_keys(subject, judged, plan.foreign_keys.get(name, ()))),
            )
        )
    return Comparison(dataset=dataset, refresh=refresh, tables=tuple(tables))


def _columns(subject: Subject, before: Comparison | None) -> Iterator[ColumnComparison]:
    known = before.table(subject.name) if before else None
    for name in subject.learned:
        source = subject.comparable.read(columns=[name])[name]
        synthetic = subject.drawn.read(columns=[name])[name]
        bins = bins_of(source, synthetic.dtype, min_group=subject.min_group)
        last = known.column(name) if known else None
        yield ColumnComparison(
            column=name,
            bars=bars(source, synthetic, bins, min_group=subject.min_group),
            bins=bins,
            moved=None if last is None else moved(source, last.bins, last.bars, min_group=subject.min_group),
        )


def _pairs(subject: Subject, rng: np.random.Generator) -> PairComparison | None:
    columns = subject.learned[:MOST_COLUMNS_IN_PAIRS]
    if len(columns) < 2 or subject.comparable.rows < ROWS_FOR_PAIRS:
        return None
    everything = subject.comparable.read(columns=columns)
    coding = encode(
        draw(everything, ROWS_IN_PAIRS, rng),
        draw(subject.drawn.read(columns=columns), ROWS_IN_PAIRS, rng),
        columns=columns,
        kept=frozenset(),
        min_group=subject.min_group,
        everything=everything,
    )
    source, synthetic = [], []
    for scale, left, right in zip(coding.scales, coding.source.values, coding.synthetic.values, strict=True):
        edges = quantile_edges(left) if scale is Scale.NUMBER else None
        source.append(left if edges is None else binned(left, edges))
        synthetic.append(right if edges is None else binned(right, edges))
    return PairComparison(columns=columns, source=_associations(source), synthetic=_associations(synthetic))


def _associations(codes: Sequence[Array]) -> tuple[tuple[float, ...], ...]:
    matrix = np.eye(len(codes))
    for i in range(len(codes)):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = round(cramers_v(codes[i], codes[j]), 2)
    return tuple(tuple(float(cell) for cell in row) for row in matrix)


def _keys(subject: Subject, judged: Mapping[str, Subject], keys: Sequence[ForeignKey]) -> Iterator[KeyComparison]:
    for key in keys:
        parent = judged[key.parent]
        compared = why_no_key(subject, parent) is None
        yield KeyComparison(key=key, check=key_name(key), bars=_children(key, subject, parent) if compared else ())


def _children(key: ForeignKey, child: Subject, parent: Subject) -> tuple[Bar, ...]:
    source, synthetic = (
        pl.Series(child_counts(key, *tables)).cast(pl.UInt32)
        for tables in ((child.extracted, parent.comparable), (child.synthetic, parent.drawn))
    )
    bins = bins_of(source, synthetic.dtype, min_group=child.min_group)
    return bars(source, synthetic, bins, min_group=child.min_group)
