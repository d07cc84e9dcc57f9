"""The whole chain with private tables: published, paid for once, stopped at the budget, and blind to what rows tell."""

import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from synth_assets.cli.plan import table_reason
from synth_assets.cli.status import spent
from synth_assets.cli.summary import print_verdict
from synth_assets.refresh import Refresh, RefreshResult
from synth_assets.synthesize.private.entities import entities_of
from synth_assets.synthesize.private.errors import BudgetExceeded
from synth_assets.synthesize.private.ledger import PrivacyLedger
from tests.hospital import PLAN, build_hospital, hospital_project, private


def query(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


def refresh(folder: Path, name: str, **changes: Any) -> Refresh:
    return Refresh(hospital_project(folder, plan={**PLAN, **changes}), "hospital", refresh=name, pages=())


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RefreshResult]:
    folder = tmp_path_factory.mktemp("hospital")
    build_hospital(folder / "production.db")
    return folder, refresh(folder, "first").run(["staging"])


def test_private_tables_are_published_whole(published: tuple[Path, RefreshResult]) -> None:
    folder, result = published
    staging = folder / "staging.db"

    assert result.verdict.passed
    assert query(staging, "PRAGMA foreign_key_check") == []
    assert result.rows["patients"] == pytest.approx(2000, abs=150)
    # Of the patient with a thousand visits three are learned, as of anybody else.
    assert result.rows["visits"] == pytest.approx(4000, abs=350)
    ((most,),) = query(staging, "SELECT max(n) FROM (SELECT count(*) AS n FROM visits GROUP BY patient_id)")
    assert most < 20
    pain = dict(query(staging, "SELECT kind, avg(pain) FROM visits GROUP BY kind"))
    assert pain["emergency"] > 6 and pain["planned"] < 4
    ((nowhere,),) = query(staging, "SELECT avg(ward IS NULL) FROM visits")
    assert nowhere == pytest.approx(0.25, abs=0.08)
    ((no_phone,),) = query(staging, "SELECT avg(phone IS NULL) FROM patients")
    assert no_phone == pytest.approx(0.5, abs=0.1)
    assert query(staging, "SELECT count(*) FROM visits WHERE at NOT LIKE '20__-__-__ __:__:__'") == [(0,)]
    real = {email for (email,) in query(folder / "production.db", "SELECT email FROM patients")}
    assert real.isdisjoint(email for (email,) in query(staging, "SELECT email FROM patients"))


def test_the_verdict_tells_of_the_promise_and_of_no_real_row(published: tuple[Path, RefreshResult]) -> None:
    _, result = published
    by_name = {(check.table, check.name): check for check in result.verdict.checks}

    promise = by_name[("visits", "privacy_differential")]
    assert promise.value == 2.0
    assert "epsilon 2, delta 1e-06 for each row of patients, at most 3 rows of each" in promise.description
    budget = by_name[(None, "privacy_budget")]
    assert budget.passed and budget.value is not None and 2.0 < budget.value < 6.0 and budget.threshold == 8.0
    for check in result.verdict.checks:
        if check.table in ("patients", "visits", "discharges") and check.family == "fidelity":
            assert check.value is None and check.facts["applicable"] is False
    assert not [c for c in result.verdict.checks if c.table == "visits" and c.name.startswith("privacy_source")]


def test_what_was_learned_is_drawn_from_again_for_nothing(published: tuple[Path, RefreshResult]) -> None:
    folder, _ = published
    again = refresh(folder, "again", seed=5)
    before = again.spent_epsilon
    again.snapshot()
    again.profile()

    outcomes = again.fit(["patients", "visits", "discharges"])

    assert all(outcome.reused for outcome in outcomes.values())
    assert again.spent_epsilon == before
    # Another patient's habit is no news of any visit: only patients are learned anew.
    query(folder / "production.db", "UPDATE patients SET smoker = 1 - coalesce(smoker, 0) WHERE id = 5")
    again.snapshot()
    again.profile()
    outcomes = again.fit(["patients", "visits", "discharges"])
    assert {name: outcome.reused for name, outcome in outcomes.items()} == {
        "patients": False,
        "visits": True,
        "discharges": True,
    }
    assert before is not None and again.spent_epsilon > before  # type: ignore[operator]


def test_plan_and_status_tell_of_promise_and_budget(published: tuple[Path, RefreshResult]) -> None:
    folder, result = published
    ready = refresh(folder, "shown")
    visits = next(table for table in ready.plan.tables if table.name == "visits")
    assert ready.plan.budget is not None

    assert table_reason(visits, None) == "learned by private: " + visits.private.text  # type: ignore[union-attr]
    said = str(spent(ready.store, "hospital", ready.plan.budget))
    assert "of 8 spent (at delta 1e-05), private tables learned" in said
    shown = io.StringIO()
    print_verdict(result.verdict, ready.plan.gate, Console(file=shown, width=200))
    assert "in all refreshes together, has spent epsilon" in shown.getvalue()


def test_the_budget_stops_learning(tmp_path: Path) -> None:
    build_hospital(tmp_path / "production.db", patients=50)
    poor = refresh(tmp_path, "poor", privacy={"budget": {"epsilon": 2.5, "delta": 1e-5}})

    with pytest.raises(BudgetExceeded) as stopped:
        poor.run(["staging"])

    assert stopped.value.table in ("visits", "discharges")
    assert len(PrivacyLedger(poor.store, "hospital").entries()) == 1
    assert query(tmp_path / "staging.db", "SELECT count(*) FROM sqlite_master WHERE name = 'patients'") == [(0,)]
    assert poor.store.artifacts("hospital", stage="snapshot") == []


def test_a_crash_while_learning_has_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_hospital(tmp_path / "production.db", patients=50)
    crashing = refresh(tmp_path, "crashing")
    crashing.snapshot()
    crashing.profile()

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("synth_assets.synthesize.private.synthesizer.learn", fail)
    with pytest.raises(KeyboardInterrupt):
        crashing.fit(["patients"])

    assert crashing.store.latest("hospital", "synthesizer", "patients") is None
    assert [entry.table for entry in PrivacyLedger(crashing.store, "hospital").entries()] == ["patients"]
    assert crashing.spent_epsilon == pytest.approx(1.8, abs=0.2)


def prepared(folder: Path, **changes: Any) -> Refresh:
    ready = refresh(folder, "one", **changes)
    ready.snapshot()
    ready.profile()
    return ready


def visits_plan(**options: Any) -> dict[str, Any]:
    return {**PLAN["tables"], "visits": {**PLAN["tables"]["visits"], "synthesizer": private(**options)}}


def test_rows_belong_to_the_topmost_row_above_them(tmp_path: Path) -> None:
    build_hospital(tmp_path / "production.db", patients=50)
    ready = prepared(tmp_path)
    for table in ("visits", "discharges"):
        promise = ready.plan.table(table).private
        assert promise is not None
        found = entities_of(promise, table, rows=ready.snapshot_rows[table], source=ready._source[0])
        key = "patient_id" if table == "visits" else "(SELECT patient_id FROM visits WHERE id = visit_id)"
        owners = np.array(query(tmp_path / "production.db", f"SELECT {key} FROM {table}")).ravel()
        assert found is not None
        # The same partition, numbered as they come.
        assert len(set(zip(found.tolist(), owners.tolist(), strict=True))) == len(set(owners)) == found.max() + 1
        assert found[0] == 0


def test_rows_belong_to_whom_the_plan_says(tmp_path: Path) -> None:
    build_hospital(tmp_path / "production.db", patients=50)
    ready = prepared(tmp_path, tables=visits_plan(entity=["ward"], rows_per_entity=2))
    promise = ready.plan.table("visits").private
    assert promise is not None
    found = entities_of(promise, "visits", rows=ready.snapshot_rows["visits"], source=ready._source[0])
    wards = [ward for (ward,) in query(tmp_path / "production.db", "SELECT ward FROM visits")]

    assert found is not None
    assert {ward: int(number) for ward, number in zip(wards, found, strict=True)}.keys() == {None, "A1", "B2"}
    assert all((number < 0) == (ward is None) for ward, number in zip(wards, found, strict=True))


def everything_but_noise(ready: Refresh) -> list[object]:
    """What a refresh knows of private tables, and of the tables around them, before it draws noise."""
    names = ("patients", "visits", "discharges")
    return [
        [table for table in ready.plan.tables if table.name in names],
        [ready.profiles[name] for name in names],
        ready.structures,
        ready._fit_inputs("doctors"),
        ready.profiles["doctors"],
        [ready.public_formats(name) for name in names],
    ]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM discharges; DELETE FROM visits; DELETE FROM patients",
        "UPDATE patients SET smoker = NULL, phone = 'none@mail.example'",
        "UPDATE visits SET at = 'unknown', cost = 'free', kind = 'emergency', doctor_id = 1",
    ],
)
def test_nothing_but_noisy_counts_follows_from_private_rows(
    tmp_path: Path, change: str, sqlite_database: Callable[..., str]
) -> None:
    found = []
    for name in ("as they are", "changed"):
        folder = tmp_path / name
        folder.mkdir()
        build_hospital(folder / "production.db", patients=60)
        if name == "changed":
            with closing(sqlite3.connect(folder / "production.db")) as connection, connection:
                connection.executescript(change)
        found.append(everything_but_noise(prepared(folder)))

    assert found[0] == found[1]


def test_any_private_rows_can_be_learned_and_drawn(tmp_path: Path) -> None:
    build_hospital(tmp_path / "production.db", patients=60)
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript("UPDATE visits SET at = 'unknown', cost = 'free', pain = 3; DELETE FROM discharges;")
    odd = prepared(tmp_path)
    odd.fit([name for group in odd.groups for name in group])
    for group in odd.groups:
        odd.generate(group)
    rows = odd.synthetic_table("visits").read()

    assert rows["at"].null_count() == 0
    assert rows["kind"].is_in(["planned", "emergency"]).all()


@pytest.mark.parametrize("attempt", range(4))
def test_noise_makes_no_more_rows_than_there_are_parents_for(tmp_path: Path, attempt: int) -> None:
    """The noise is not seeded: of four attempts at least one would nearly always have rows without a parent."""
    build_hospital(tmp_path / "production.db", patients=60)
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript("DELETE FROM discharges; DELETE FROM visits WHERE id > 3;")
    few = prepared(tmp_path)
    few.fit([name for group in few.groups for name in group])
    for group in few.groups:
        few.generate(group)
    discharges, visits = few.synthetic_table("discharges").read(), few.synthetic_table("visits").read()
    assert discharges["visit_id"].is_in(visits["id"].implode()).all()
    assert discharges["visit_id"].is_unique().all()
