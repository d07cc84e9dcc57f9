"""Engines side by side on the same rows: one table.

    python -m benchmarks.compare [--case NAME ...] [--engine NAME ...] [--seeds N] [--full] [--adult DIR]
                                 [--limit SECONDS] [--by-table] [--keep DIR] [--write-readme]

Each engine learns each case in a process of its own, so that seconds and memory are its own; the figures are taken
afterwards. The native engine does so once for each seed, the others, which take long, once. An engine that takes
longer than `--limit`, with loading libraries, is stopped and stands in the table as "> N s". The neural engines learn
for a few epochs only, as their names say; `--full` lets them learn as long as SDV does by itself. Engines are those of
the package's registry. On a single table SDV is called by itself ("SDV ..."), as its documentation does; of several
tables it learns each below the package's keys.

`rows`, `fit s`, `sample s`: of all tables, keys included, without `import s`, which loads libraries. `peak MB`: the
most memory the process held, with libraries and real rows. Figures of tables and keys are means over them; see
benchmarks/figures. `exact` is the least share of rows that obey one of the case's exact relations. "real rows" is what
real rows that were held out would reach.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl

from benchmarks.cases import CASES
from benchmarks.cases.case import Case, CaseUnavailable, Places
from benchmarks.compare.engines import ENGINE_NAMES, NATIVE, Engine, engines_for
from benchmarks.compare.process import run_engine
from benchmarks.compare.readme import write_between_markers
from benchmarks.compare.table import Line, aligned, markdown, taken
from benchmarks.dataset import write_frames
from benchmarks.figures.judge import Figures, judge

README = Path(__file__).parents[2] / "README.md"
README_FIGURES = (
    *("fit s", "sample s", "peak MB", "shape", "trend", "c2st", "mia_auc"),
    *("cardinality", "trend_1hop", "c2st_agg", "usefulness", "exact"),
)
OF_HELD_OUT_ROWS = ("shape", "trend", "c2st", "copies")


def ceiling(case: Case) -> Line:
    """What real rows that no engine saw reach; usefulness is that of the training rows."""
    figures = judge(replace(case, prediction=None, relations=()), case.held_out).summary()
    kept: dict[str, float | None] = {name: figures[name] for name in OF_HELD_OUT_ROWS}
    if case.prediction:
        kept["usefulness"] = judge(case, case.frames).usefulness
    return Line(case.name, "real rows", [kept])


def compare(case: Case, engines: list[Engine], *, seeds: int, limit: float, folder: Path, by_table: bool) -> list[Line]:
    """A line for each engine; what stands in the folder afterwards are rows and logs."""
    write_frames(case.frames, folder / "real")
    (folder / "schema.json").write_text(json.dumps(case.schema))
    lines = [ceiling(case)] if case.held_out else []
    for engine in engines:
        figures, why, too_long = [], "", False
        for seed in range(seeds if engine.name == NATIVE else 1):
            print(f"{case.name}: {engine.label}, seed {seed}", file=sys.stderr, flush=True)
            out = folder / f"{engine.name}-{seed}"
            finished = run_engine(folder, out, engine, seed=seed, scale=case.scale, limit=limit)
            if finished.took is None:
                why, too_long = finished.why, finished.too_long
                break
            synthetic = {table: pl.read_parquet(out / f"{table}.parquet") for table in case.frames}
            judged = judge(case, synthetic, seed=seed)
            figures.append(taken(finished.took) | judged.summary())
            if by_table:
                print_details(f"{case.name}, {engine.label}, seed {seed}", judged)
        lines.append(Line(case.name, engine.label, figures, why, too_long))
    return lines


def print_details(title: str, figures: Figures) -> None:
    """Every table, key and relation."""
    print(f"\n{title}")
    for group in (figures.tables, figures.keys):
        for name, of_it in group.items():
            print(f"  {name}: {json.dumps(asdict(of_it))}")
    for name, share in figures.relations.items():
        print(f"  {name}: {share}")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--engine", nargs="+", choices=ENGINE_NAMES, default=list(ENGINE_NAMES))
    parser.add_argument("--seeds", type=int, default=1, help="runs of the native engine on each case (1)")
    parser.add_argument("--full", action="store_true", help="neural engines learn as long as SDV lets them")
    parser.add_argument("--adult", type=Path, metavar="DIR", help="folder of adult.data and adult.test")
    parser.add_argument("--limit", type=float, default=900, metavar="SECONDS", help="longest run of one engine (900)")
    parser.add_argument("--by-table", action="store_true", help="print every table, key and relation, too")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep real and synthetic rows here")
    parser.add_argument("--write-readme", action="store_true", help="replace the README's figures")
    arguments = parser.parse_args()
    lines = []
    for name in arguments.case:
        try:
            case = CASES[name](Places(adult=arguments.adult))
        except CaseUnavailable as unavailable:
            lines.append(Line(name, "", [], f"not compared: {unavailable}"))
            continue
        for note in case.notes:
            print(f"{name}: {note}")
        engines = [e for e in engines_for(case, full=arguments.full) if e.name in arguments.engine]
        with _folder(arguments.keep / name if arguments.keep else None) as folder:
            lines += compare(
                case,
                engines,
                seeds=arguments.seeds,
                limit=arguments.limit,
                folder=folder,
                by_table=arguments.by_table,
            )
        print(aligned(lines), flush=True)
    if arguments.write_readme:
        how = f"`trees`: {arguments.seeds} seeds. Other engines: one run each, of at most {arguments.limit:.0f} s."
        write_between_markers(README, f"{how}\n\n{markdown(lines, names=README_FIGURES)}")


if __name__ == "__main__":
    main()
