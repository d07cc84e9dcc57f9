"""Fit any engine on any folder of Parquet files and write what it draws, so that any referee can judge it.

    python -m benchmarks.engines --real DIR --schema SCHEMA.json --engine trees --out DIR [--holdout DIR] [--seed N]

Tables that refer to each other are learned and drawn as in a refresh. Prints one table: rows, seconds to fit and to
sample, and the most memory that the process held so far (MB, with its libraries). `--holdout` names rows that the
engine must not see; it is only checked not to be the training folder.

`--min-group` is the plan's privacy.min_group: values that fewer rows share do not come out. It is 1 here, since engines
are compared with each other and with published figures, and none of them has such a rule; a refresh has 10.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.dataset import Dataset, dataset_of, read_frames, write_frames
from benchmarks.folder_refresh import FolderRefresh
from synth_assets.synthesize.registry import SYNTHESIZER_NAMES


@dataclass(frozen=True)
class Measured:
    """What one table, or one group of tables in a cycle, took."""

    tables: tuple[str, ...]
    rows: int
    fit_seconds: float
    sample_seconds: float
    peak_megabytes: float


def run(dataset: Dataset) -> tuple[dict[str, pl.DataFrame], list[Measured]]:
    """Fit and sample all tables, parents first."""
    with tempfile.TemporaryDirectory() as folder:
        refresh = FolderRefresh(dataset, Path(folder))
        refresh.snapshot()
        refresh.profile()
        measured = [_measured(refresh, group) for group in refresh.groups]
        refresh.settle()
        return {name: rows.read() for name, rows in refresh.synthetic_rows.items()}, measured


def _measured(refresh: FolderRefresh, group: tuple[str, ...]) -> Measured:
    start = time.perf_counter()
    refresh.fit(group)
    fitted = time.perf_counter()
    refresh.generate(group)
    sampled = time.perf_counter()
    rows = sum(refresh.synthetic_table(name).rows for name in group)
    return Measured(group, rows, fitted - start, sampled - fitted, peak_megabytes())


def peak_megabytes() -> float:
    """The most memory that this process held so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


def print_table(engine: str, measured: list[Measured]) -> None:
    head = ("engine", "table", "rows", "fit s", "sample s", "peak MB")
    body = [
        (engine, ", ".join(m.tables), str(m.rows), f"{m.fit_seconds:.2f}", f"{m.sample_seconds:.2f}", _whole(m))
        for m in measured
    ]
    total = [
        sum(m.rows for m in measured),
        *(sum(getattr(m, f) for m in measured) for f in ("fit_seconds", "sample_seconds")),
    ]
    body.append((engine, "all", str(total[0]), f"{total[1]:.2f}", f"{total[2]:.2f}", _whole(measured[-1])))
    widths = [max(len(row[at]) for row in (head, *body)) for at in range(len(head))]
    for row in (head, *body):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _whole(measured: Measured) -> str:
    return f"{measured.peak_megabytes:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, required=True, help="folder of TABLE.parquet files to learn from")
    parser.add_argument("--schema", type=Path, required=True)
    parser.add_argument("--holdout", type=Path, help="folder of rows that are kept for the referee")
    parser.add_argument("--engine", choices=(*SYNTHESIZER_NAMES, "hma"), default="trees")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--min-group", type=int, default=1, help="fewest rows that must share what comes out (1)")
    parser.add_argument("--scale", type=float, default=1.0, help="rows relative to the real tables")
    arguments = parser.parse_args()
    if arguments.holdout and arguments.holdout.resolve() == arguments.real.resolve():
        parser.error("--holdout must not be the folder to learn from")
    schema = json.loads(arguments.schema.read_text())
    dataset = dataset_of(
        read_frames(arguments.real, schema),
        schema,
        engine=arguments.engine,
        min_group=arguments.min_group,
        scale=arguments.scale,
        seed=arguments.seed,
    )
    made, measured = run(dataset)
    write_frames(made, arguments.out)
    print_table(arguments.engine, measured)


if __name__ == "__main__":
    main()
