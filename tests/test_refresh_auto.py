"""The whole chain with an engine that is chosen by trial."""

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from synth_assets.cli.plan import show_plan
from synth_assets.cli.summary import print_result
from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh
from tests.zoo import PLAN, build_zoo, zoo_project


def test_a_refresh_with_a_choice_publishes_and_tells_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_zoo(tmp_path / "production.db")
    auto = {"order lines": {"synthesizer": {"name": "auto", "candidates": ["rules", "trees"]}}}
    tables = {**PLAN["tables"], **auto, "staff": {"synthesizer": "auto"}}  # type: ignore[dict-item]
    project = zoo_project(tmp_path, plan=PLAN | {"tables": tables})
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": project.source("zoo").resolve_url({})})

    result = Refresh(project, "zoo", refresh="first", pages=()).run(["staging"])

    assert result.verdict.passed
    with closing(sqlite3.connect(tmp_path / "staging.db")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        ((lines,),) = connection.execute('SELECT count(*) FROM "order lines"').fetchall()
    assert lines == result.rows["order lines"]
    assert set(result.choices) == {"order lines", "staff"}
    assert [line.engine.name for line in result.choices["order lines"].lines] == ["rules", "trees"]
    engine = result.choices["order lines"].engine
    shown = io.StringIO()
    console = Console(file=shown, width=160)
    print_result(result, project, console)
    assert f"order lines is learned by {engine}. {result.choices['order lines'].because}" in shown.getvalue()
    assert "staff is learned by trees. Trees are taken without a trial: fewer than 100 rows" in shown.getvalue()
    assert f"→ {engine}" in shown.getvalue()
    show_plan(project, "zoo", console)
    folded = " ".join(shown.getvalue().split())
    assert f"learned by auto (at the last refresh {engine})" in folded
