"""Where the native engine's time goes: the functions that learning and drawing a case spend their time in.

    python -m benchmarks.profile_engine CASE [--adult DIR] [--lines N] [--scaling]

Prints seconds of profiling, learning and drawing without a profiler; then, with one (cProfile, which itself takes time:
read it as shares), the modules of the package by the time spent in them and in what they call, and the functions by
the time spent in themselves. `--scaling` instead learns and draws 100,000, 300,000 and 1,000,000 invented rows of 13
columns, each size in a process of its own.
"""

import argparse
import cProfile
import pstats
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from benchmarks.cases import CASES
from benchmarks.cases.case import Places
from benchmarks.cases.scale import SCHEMA, sales
from benchmarks.dataset import Dataset, dataset_of
from benchmarks.engines import peak_megabytes
from benchmarks.folder_refresh import FolderRefresh

STAGES = ("snapshot", "profile", "learn", "draw")
SIZES = (100_000, 300_000, 1_000_000)
PACKAGE = "synth_assets"
P = ParamSpec("P")
R = TypeVar("R")


class AtOnce(Executor):
    """Does what it is given at once, in the thread that asks."""

    def __init__(self, threads: int) -> None:
        del threads

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        done: Future[R] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def seconds_by_stage(dataset: Dataset, profilers: Mapping[str, cProfile.Profile] | None = None) -> dict[str, float]:
    """Seconds of each stage for all tables, each under its profiler if there is one; without loading libraries."""
    import sklearn.tree  # noqa: F401

    seconds = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def timed(stage: str) -> Iterator[None]:
        profiler = (profilers or {}).get(stage)
        start = time.perf_counter()
        if profiler:
            profiler.enable()
        yield
        if profiler:
            profiler.disable()
        seconds[stage] += time.perf_counter() - start

    with tempfile.TemporaryDirectory() as folder:
        refresh = FolderRefresh(dataset, Path(folder))
        with timed("snapshot"):
            refresh.snapshot()
        with timed("profile"):
            refresh.profile()
        for group in refresh.groups:
            with timed("learn"):
                refresh.fit(group)
            with timed("draw"):
                refresh.generate(group)
    return seconds


def by_module(stats: pstats.Stats) -> list[tuple[str, float]]:
    """Seconds spent in each module of the package and in libraries that it calls, most first.

    A library's own seconds count for the modules of the package that called it, however deep: each function outside the
    package hands its seconds on to its callers in proportion to the time it took for each.
    """
    entries = stats.stats  # type: ignore[attr-defined]
    seconds: dict[str, float] = defaultdict(float)

    def charge(function: tuple[str, int, str], amount: float, depth: int) -> None:
        if PACKAGE in function[0]:
            seconds[function[0].split(f"{PACKAGE}/", 1)[1]] += amount
            return
        callers = entries[function][4] if function in entries else {}
        whole = sum(caller[3] for caller in callers.values())
        if not whole or depth > 30 or amount < 1e-4:
            seconds["elsewhere"] += amount
            return
        for caller, (*_, cumulative) in callers.items():
            charge(caller, amount * cumulative / whole, depth + 1)

    for function, (_, _, own, _, _) in entries.items():
        charge(function, own, 0)
    return sorted(seconds.items(), key=lambda item: -item[1])


def print_profile(dataset: Dataset, *, lines: int) -> None:
    plain = seconds_by_stage(dataset)
    print("  ".join(f"{stage} {seconds:.1f} s" for stage, seconds in plain.items()), f" peak {peak_megabytes():.0f} MB")
    profilers = {stage: cProfile.Profile() for stage in ("learn", "draw")}
    # A profiler sees its own thread only.
    with patch("synth_assets.synthesize.trees.synthesizer.ThreadPoolExecutor", AtOnce):
        seconds_by_stage(dataset, profilers)
    for stage, profiler in profilers.items():
        stats = pstats.Stats(profiler)
        modules = by_module(stats)
        whole = sum(seconds for _, seconds in modules)
        print(f"\n{stage}: share  module")
        for module, seconds in modules[:lines]:
            print(f"{seconds / whole:>12.1%}  {module}")
        print(f"\n{stage}: functions by their own seconds")
        stats.sort_stats("tottime").print_stats(lines)


def print_scaling() -> None:
    """Each size in a process of its own: memory is the most that a process ever held."""
    print("rows       learn s  draw s  peak MB")
    for size in SIZES:
        code = f"from benchmarks.profile_engine import print_size; print_size({size})"
        subprocess.run([sys.executable, "-c", code], check=True)


def print_size(rows: int) -> None:
    """One line of the scaling table."""
    seconds = seconds_by_stage(dataset_of({"sales": sales(rows, seed=1)}, SCHEMA))
    print(f"{rows:<10,} {seconds['learn']:7.1f} {seconds['draw']:7.1f} {peak_megabytes():8.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=CASES, nargs="?", default="scale_100k")
    parser.add_argument("--adult", type=Path, metavar="DIR")
    parser.add_argument("--lines", type=int, default=12)
    parser.add_argument("--scaling", action="store_true")
    arguments = parser.parse_args()
    if arguments.scaling:
        print_scaling()
        return
    case = CASES[arguments.case](Places(adult=arguments.adult))
    print_profile(dataset_of(case.frames, case.schema), lines=arguments.lines)


if __name__ == "__main__":
    main()
