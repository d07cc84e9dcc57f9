"""What the assets of fitted models tell."""

from pathlib import Path

import dagster as dg
import pytest

from tests.assets.events import materialize, metadata
from tests.assets.projects import KEY, ORDERS, PLAN, make_project


def test_a_choice_shows_the_scores_of_all_candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTH_STORE_KEY", KEY)
    auto = "  orders: {synthesizer: {name: auto, candidates: [rules, trees]}}\n"
    project = make_project(tmp_path / "project", plan=f"{PLAN.replace(ORDERS, auto)}privacy: {{hold_out: 0.3}}\n")
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize(project, instance, "snapshot", "profile", "synthesizer")
    assert result.success
    told = metadata(result, "small", "synthesizer", "orders")
    assert told["engine"] in ("auto: rules", "auto: trees")
    lines = str(told["candidates"]).splitlines()
    assert lines[2].startswith("| candidate | fidelity | shape | trend | two-sample | membership |")
    assert sorted(line.split(" | ")[0].removeprefix("| ").removeprefix("→ ") for line in lines[4:]) == [
        "rules",
        "trees",
    ]
    assert metadata(result, "small", "synthesizer", "customers")["engine"] == "trees"
