"""The comparison: a table of medians and spreads, processes that are stopped in time, the README's figures."""

import json
from pathlib import Path

import polars as pl
import pytest

from benchmarks.cases.case import Case
from benchmarks.compare.engines import Engine, engines_for
from benchmarks.compare.process import run_engine
from benchmarks.compare.readme import END, START, MarkersMissing, write_between_markers
from benchmarks.compare.table import Line, aligned, cell, markdown
from benchmarks.dataset import write_frames

SCHEMA = {"tables": {"t": {"primary_key": [], "columns": {"x": "numerical"}}}, "foreign_keys": []}


def test_a_cell_is_the_median_and_the_spread() -> None:
    assert cell("c2st", [0.5, 0.6, 0.52]) == "0.520 (0.100)"
    assert cell("c2st", [0.5]) == "0.500"
    assert cell("orphans", [0.0, 0.0]) == "0"
    assert cell("c2st", [None]) == "-"


def test_an_engine_without_figures_says_why() -> None:
    lines = [Line("adult", "trees", [{"c2st": 0.5}]), Line("adult", "ctgan", [], "> 10 s")]
    assert aligned(lines).splitlines() == ["case   engine  c2st", "adult  trees   0.500", "adult  ctgan   > 10 s"]
    assert "ctgan" not in markdown(lines, names=["c2st"])


def test_an_engine_that_took_too_long_stands_in_the_readme() -> None:
    lines = [Line("adult", "trees", [{"fit s": 0.5, "c2st": 0.5}]), Line("adult", "ctgan", [], "> 10 s", too_long=True)]
    assert markdown(lines, names=["fit s", "c2st"]).splitlines()[-1] == "| adult | ctgan | > 10 s |  |"


def test_reasons_are_shown_where_no_engine_gave_figures() -> None:
    assert aligned([Line("adult", "hma", [], "> 10 s")]).splitlines()[1] == "adult  hma     > 10 s"


def test_only_what_is_between_the_markers_is_replaced(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    write_between_markers(readme, "new")
    assert readme.read_text() == f"before\n{START}\nnew\n{END}\nafter\n"


def test_a_readme_without_markers_is_left_alone(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{START}\nold\n")
    with pytest.raises(MarkersMissing):
        write_between_markers(readme, "new")
    assert readme.read_text() == f"before\n{START}\nold\n"


def test_one_table_is_learned_by_sdv_itself() -> None:
    one = Case("one", {"t": pl.DataFrame()}, SCHEMA)
    assert [engine.label for engine in engines_for(one, full=False)][:2] == ["trees", "SDV gaussian_copula"]
    assert engines_for(one, full=True)[2] == Engine("ctgan", epochs=300, plain=True)
    two = Case("two", {"t": pl.DataFrame(), "u": pl.DataFrame()}, SCHEMA)
    assert [engine.label for engine in engines_for(two, full=False)][1] == "gaussian_copula"


def folder_of_a_case(folder: Path) -> Path:
    write_frames({"t": pl.DataFrame({"x": [float(i % 7) for i in range(200)]})}, folder / "real")
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    return folder


def test_an_engine_runs_in_its_own_process(tmp_path: Path) -> None:
    case = folder_of_a_case(tmp_path)
    finished = run_engine(case, tmp_path / "out", Engine("trees"), seed=0, scale=2.0, limit=120)
    assert finished.took is not None
    assert finished.took.rows == 400
    assert pl.read_parquet(tmp_path / "out" / "t.parquet").height == 400


def test_an_engine_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    case = folder_of_a_case(tmp_path)
    finished = run_engine(case, tmp_path / "out", Engine("trees"), seed=0, scale=1.0, limit=0.05)
    assert finished.took is None
    assert finished.why == "> 0 s"
    assert finished.too_long


def test_an_engine_that_cannot_says_why(tmp_path: Path) -> None:
    case = folder_of_a_case(tmp_path)
    finished = run_engine(case, tmp_path / "out", Engine("par"), seed=0, scale=1.0, limit=120)
    assert finished.why.startswith("cannot: t has no foreign key")
