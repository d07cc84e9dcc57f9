"""Fit any engine on any folder of Parquet files and write what it draws, so that any referee can judge it.

    python -m benchmarks.engines --real DIR --schema SCHEMA.json --engine trees --out DIR [--holdout DIR] [--seed N]

Prints one table: rows, columns, seconds to fit and to sample, and the most memory that the process held (MB, with its
libraries). `--holdout` names rows that the engine must not see; it is only checked not to be the training folder.
"""

import argparse
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.dataset import Dataset, read_dataset, write_frames
from synth_assets.plan.resolved import Role
from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec, TableSpec
from synth_assets.synthesize.registry import SYNTHESIZER_NAMES, synthesizer_class

_KINDS = {"boolean": ColumnKind.BOOLEAN, "datetime": ColumnKind.DATETIME, "numerical": ColumnKind.NUMBER}


@dataclass(frozen=True)
class Measured:
    """What one table took."""

    table: str
    rows: int
    columns: int
    fit_seconds: float
    sample_seconds: float
    peak_megabytes: float


def run_table(
    dataset: Dataset, table: str, engine: str, *, seed: int, rows: int | None
) -> tuple[pl.DataFrame, Measured]:
    """Fit and sample one table on its own: learned columns by the engine, keys numbered, texts left empty."""
    real, decision = dataset.frames[table], dataset.plan.table(table)
    learned = [column.name for column in decision.columns if column.role is Role.VALUE]
    frame = real.select(_readable(real[name]) for name in learned)
    spec = TableSpec(table, tuple(_column(dataset, table, frame[name]) for name in learned), dataset.plan.min_group)
    wanted = real.height if rows is None else rows
    start = time.perf_counter()
    model = synthesizer_class(engine)()
    model.fit(frame, table=spec, context=None, seed=seed)
    fitted = time.perf_counter()
    drawn = model.sample(wanted, context=None, given=None, rng=np.random.default_rng(seed))
    sampled = time.perf_counter()
    keys = [column.name for column in decision.columns if column.role is Role.KEY]
    texts = [column.name for column in decision.columns if column.role is Role.TEXT]
    whole = drawn.with_columns(
        *(
            pl.int_range(1, wanted + 1).cast(pl.String if real[name].dtype == pl.String else pl.Int64).alias(name)
            for name in keys
        ),
        *(pl.lit(None, dtype=real[name].dtype).alias(name) for name in texts),
    ).select(real.columns)
    return whole, Measured(table, real.height, len(learned), fitted - start, sampled - fitted, peak_megabytes())


def peak_megabytes() -> float:
    """The most memory that this process held so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


def print_table(engine: str, measured: list[Measured]) -> None:
    head = ("engine", "table", "rows", "columns", "fit s", "sample s", "peak MB")
    body = [
        (
            engine,
            m.table,
            str(m.rows),
            str(m.columns),
            f"{m.fit_seconds:.2f}",
            f"{m.sample_seconds:.2f}",
            f"{m.peak_megabytes:.0f}",
        )
        for m in measured
    ]
    widths = [max(len(row[at]) for row in (head, *body)) for at in range(len(head))]
    for row in (head, *body):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _readable(series: pl.Series) -> pl.Series:
    return series.cast(pl.String) if series.dtype == pl.Binary else series


def _column(dataset: Dataset, table: str, series: pl.Series) -> ColumnSpec:
    kind = _KINDS.get(dataset.kinds[table][series.name], ColumnKind.CATEGORY)
    if series.dtype.is_numeric():  # a database says integer, whatever the schema counts as a category
        kind = ColumnKind.NUMBER
    elif series.dtype == pl.Boolean:
        kind = ColumnKind.BOOLEAN
    elif series.dtype.is_temporal():
        kind = ColumnKind.DATETIME
    return ColumnSpec(series.name, kind, nullable=series.null_count() > 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, required=True, help="folder of TABLE.parquet files to learn from")
    parser.add_argument("--schema", type=Path, required=True)
    parser.add_argument("--holdout", type=Path, help="folder of rows that are kept for the referee")
    parser.add_argument("--engine", choices=SYNTHESIZER_NAMES, default="trees")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, help="rows to draw of each table; as many as the real one has if not given")
    arguments = parser.parse_args()
    if arguments.holdout and arguments.holdout.resolve() == arguments.real.resolve():
        parser.error("--holdout must not be the folder to learn from")
    dataset = read_dataset(arguments.real, arguments.schema, seed=arguments.seed)
    if dataset.plan.foreign_keys:
        parser.error("the schema has foreign keys: this runs tables on their own only")
    made, measured = {}, []
    for table in dataset.catalog.table_names:
        made[table], figures = run_table(dataset, table, arguments.engine, seed=arguments.seed, rows=arguments.rows)
        measured.append(figures)
    write_frames(made, arguments.out)
    print_table(arguments.engine, measured)


if __name__ == "__main__":
    main()
