"""Look-ups whose words were invented are told of; people, big tables and what the plan lets by are not."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from synth_assets.cli import main
from synth_assets.plan.look_ups import invented_look_ups
from synth_assets.refresh import Refresh
from tests.zoo import zoo_project

PAYMENTS = 900


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Payments in six currencies, taken by five people; a branch that hardly anything refers to."""
    currencies = [
        ("EUR", "Euro"),
        ("USD", "US dollar"),
        ("GBP", "Pound"),
        ("CHF", "Franc"),
        ("SEK", "Krona"),
        ("PLN", "Zloty"),
    ]
    people = [(at, f"{name} Field", f"{name}@mail.example") for at, name in enumerate(["ana", "bo", "cy", "di", "ed"])]
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE currencies (code TEXT PRIMARY KEY, title TEXT NOT NULL);
            CREATE TABLE tellers (id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, email TEXT NOT NULL);
            CREATE TABLE payments (
              id INTEGER PRIMARY KEY, currency TEXT NOT NULL REFERENCES currencies (code),
              teller_id INTEGER NOT NULL REFERENCES tellers (id), amount INTEGER NOT NULL
            );
            """
        )
        connection.executemany("INSERT INTO currencies VALUES (?, ?)", currencies)
        connection.executemany("INSERT INTO tellers VALUES (?, ?, ?)", people)
        rows = [(at, currencies[at % 6][0], at % 5, at * 37 % 501) for at in range(PAYMENTS)]
        connection.executemany("INSERT INTO payments VALUES (?, ?, ?, ?)", rows)
    return tmp_path


def test_look_ups_without_anything_personal_are_told_of(source: Path) -> None:
    settings: dict[str, object] = {"dataset": "bank", "source": "production", "targets": ["staging"]}
    refresh = Refresh(zoo_project(source, plan=settings), "bank", refresh="r")
    refresh.snapshot()
    refresh.profile()
    rows = {name: profile.rows for name, profile in refresh.profiles.items()}
    assert invented_look_ups(refresh.plan, rows) == ("currencies",)
    assert invented_look_ups(refresh.plan, rows | {"payments": 599}) == ()
    assert invented_look_ups(refresh.plan, {}) == ()


def test_what_the_plan_lets_by_is_not_told_of(source: Path) -> None:
    by = {"currencies": {"mode": "reference", "because": "a public list"}}
    settings: dict[str, object] = {"dataset": "bank", "source": "production", "targets": ["staging"], "tables": by}
    refresh = Refresh(zoo_project(source, plan=settings), "bank", refresh="r")
    refresh.snapshot()
    refresh.profile()
    assert invented_look_ups(refresh.plan, {name: profile.rows for name, profile in refresh.profiles.items()}) == ()


def test_a_refresh_says_how_to_let_them_by(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(source)
    url = f"sqlite:///{source}"
    done = CliRunner().invoke(main, ["refresh", "--from", f"{url}/production.db", "--to", f"{url}/staging.db"])
    assert done.exit_code == 0, done.output
    assert "Look-ups, perhaps, with invented words: currencies" in done.output
    assert "currencies: {mode: reference, because: a public list}" in done.output
