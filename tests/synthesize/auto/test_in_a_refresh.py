"""`synthesizer: auto` inside a refresh: what it tries, what it takes, and what it says."""

import base64
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synth_assets.plan.resources import ResourcesSettings
from synth_assets.plan.settings import DatasetSettings
from synth_assets.project import Project
from synth_assets.refresh import Refresh
from synth_assets.synthesize.auto import choice as choice_module
from synth_assets.synthesize.auto.choice import Choice, choice_in
from synth_assets.synthesize.auto.trial import entities_of
from synth_assets.synthesize.sdv.errors import EngineFailed, OptionRefused
from synth_assets.synthesize.trees.settings import SettingsRefused

CUSTOMERS = 500
SCHEMA = """
CREATE TABLE regions (code TEXT PRIMARY KEY, tax INTEGER NOT NULL);
CREATE TABLE customers (id INTEGER PRIMARY KEY, region TEXT NOT NULL REFERENCES regions (code), kind TEXT NOT NULL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers (id),
    amount DECIMAL(8, 2) NOT NULL, fee DECIMAL(8, 2) NOT NULL, weight REAL, state TEXT NOT NULL
);
CREATE TABLE notes (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers (id));
"""
AUTO = {"name": "auto", "candidates": ["rules", "trees", {"name": "trees", "options": {"smallest_leaf": 2}}]}
RefreshOf = Callable[..., Refresh]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "production.db"
    rng = np.random.default_rng(3)
    dear = rng.random(CUSTOMERS) < 0.4
    owner = np.sort(rng.integers(0, CUSTOMERS, 5 * CUSTOMERS))
    amount = np.round(np.exp(rng.normal(3 + dear[owner], 0.4)), 2)
    weight = np.round(np.sqrt(amount) + 0.2 * rng.normal(size=len(owner)), 2)
    state = np.where(amount > 40, "checked", np.where(rng.random(len(owner)) < 0.5, "new", "paid"))
    fee = np.round(amount * 0.05 + 0.1 * rng.random(len(owner)), 2)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        fill = connection.executemany
        fill("INSERT INTO regions VALUES (?, ?)", [("N", 7), ("S", 19)])
        kinds = np.where(dear, "business", "private").tolist()
        fill("INSERT INTO customers VALUES (?, ?, ?)", [(i + 1, "NS"[i % 2], k) for i, k in enumerate(kinds)])
        columns = (np.arange(len(owner)) + 1, owner + 1, amount, fee, weight, state)
        fill("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", zip(*(c.tolist() for c in columns), strict=True))
        fill("INSERT INTO notes VALUES (?, ?)", [(i, 1 + i % CUSTOMERS) for i in range(1, 2 * CUSTOMERS)])
    return path


@pytest.fixture
def refresh_of(source: Path, tmp_path: Path) -> RefreshOf:
    """A refresh of that database with these plans by table, and a store of its own."""

    def build(tables: Mapping[str, object], *, store: str = "store", **plan: object) -> Refresh:
        said = {"dataset": "small", "source": "production", "targets": ["staging"], "tables": tables, **plan}
        settings = DatasetSettings.model_validate(said)
        resources = {
            "databases": {
                "production": {"role": "source", "url": f"sqlite:///{source}"},
                "staging": {"role": "target", "environment": "staging", "url": f"sqlite:///{tmp_path}/staging.db"},
            },
            "store": {"url": f"file://{tmp_path}/{store}", "key": base64.b64encode(bytes(range(32))).decode()},
        }
        project = Project(
            root=tmp_path,
            environment="test",
            datasets={"small": settings},
            resources=ResourcesSettings.model_validate(resources),
        )
        return Refresh(project, "small", refresh="r")

    return build


def prepared(refresh: Refresh) -> Refresh:
    refresh.snapshot()
    refresh.profile()
    return refresh


def chosen(refresh: Refresh, table: str) -> Choice:
    choice = choice_in(refresh.fit([table])[table].facts)
    assert choice is not None
    return choice


def rows_of(refresh: Refresh) -> dict[str, pl.DataFrame]:
    for group in refresh.groups:
        refresh.fit(group)
        refresh.generate(group)
    return {name: rows.read() for name, rows in refresh.synthetic_rows.items()}


def timeless(choice: Choice) -> Choice:
    lines = []
    for line in choice.lines:
        assert line.score is not None
        lines.append(line.model_copy(update={"score": line.score.model_copy(update={"seconds": 0.0})}))
    return choice.model_copy(update={"lines": tuple(lines)})


def test_the_choice_learns_the_table_as_if_the_plan_had_named_it(refresh_of: RefreshOf) -> None:
    auto = prepared(refresh_of({"orders": {"synthesizer": AUTO}}))
    choice = chosen(auto, "orders")
    assert [line.engine.name for line in choice.lines] == ["rules", "trees", "trees"]
    assert choice.engine == "trees"
    assert (choice.training_rows, choice.held_out_rows) != (0, 0)
    assert choice.training_rows + choice.held_out_rows == 5 * CUSTOMERS
    honest, memorising = choice.lines[1].score, choice.lines[2].score
    assert honest and memorising and honest.privacy.closer_share and memorising.privacy.closer_share
    assert memorising.privacy.closer_share > honest.privacy.closer_share
    assert honest.fidelity.two_sample is not None and honest.fidelity.two_sample < 0.6
    named = prepared(refresh_of({"orders": {"synthesizer": "trees"}}, store="named"))
    made, wanted = rows_of(auto), rows_of(named)
    assert all(made[name].equals(wanted[name]) for name in wanted)


def test_the_same_snapshot_plan_and_seed_make_the_same_choice(refresh_of: RefreshOf) -> None:
    refreshes = [prepared(refresh_of({"orders": {"synthesizer": AUTO}}, store=f"store {n}")) for n in range(2)]
    first, second = (timeless(chosen(refresh, "orders")) for refresh in refreshes)
    assert first == second
    assert refreshes[0].fit(["orders"])["orders"].reused


def test_without_a_list_it_tries_its_own(refresh_of: RefreshOf) -> None:
    refresh = prepared(refresh_of({"orders": {"synthesizer": {"name": "auto", "options": {"rows": 4_000}}}}))
    choice = chosen(refresh, "orders")
    leaf = choice.training_rows // 40
    expected = ["trees", f"trees, smallest_leaf {leaf // 2}", f"trees, smallest_leaf {leaf * 2}", "gaussian_copula"]
    assert [row[0].removeprefix("→ ") for row in choice.cells()] == expected
    assert all(line.score for line in choice.lines)
    assert choice.chosen.name == "trees"


def test_a_table_without_enough_held_out_rows_takes_trees_and_says_so(refresh_of: RefreshOf) -> None:
    refresh = prepared(refresh_of({name: {"synthesizer": "auto"} for name in ("regions", "notes")}))
    small = chosen(refresh, "regions")
    assert (small.engine, small.lines) == ("trees", ())
    assert "fewer than 100 rows, or rows of fewer than 20 entities, are held out" in small.because
    assert small.markdown() == small.because
    assert "no column is learned" in chosen(refresh, "notes").because


def test_rows_hang_on_the_highest_table_of_which_rows_are_held_out(refresh_of: RefreshOf) -> None:
    refresh = prepared(refresh_of({}))
    source, _ = refresh._source
    rows = refresh.snapshot_rows["orders"].read(columns=["customer"])["customer"]
    assert entities_of(source, "orders").tolist() == (rows - 1).to_list()
    assert entities_of(source, "customers").tolist() == list(range(CUSTOMERS))


def test_parents_of_held_out_rows_have_children_like_those_of_training_rows(refresh_of: RefreshOf) -> None:
    refresh = prepared(refresh_of({}))
    source, features = refresh._source
    name = "# orders(customer)"
    counts, training = features.of("customers")[name], pl.Series(source.training("customers"))
    assert counts.sum() == 5 * CUSTOMERS
    assert abs(counts.filter(~training).mean() - counts.filter(training).mean()) < 1


def test_another_gate_asks_for_another_choice(refresh_of: RefreshOf) -> None:
    tables = {"orders": {"synthesizer": AUTO}, "customers": {"synthesizer": "trees"}}
    prepared(refresh_of(tables)).fit(["orders", "customers"])
    lenient = {"privacy": {"membership_auc": 1.0, "closer_share": 1.0, "copies": 1.0}}
    again = prepared(refresh_of(tables, gate=lenient)).fit(["orders", "customers"])
    assert {name: outcome.reused for name, outcome in again.items()} == {"orders": False, "customers": True}
    choice = choice_in(again["orders"].facts)
    assert choice is not None
    assert all(line.within for line in choice.lines)


def test_a_candidate_that_fails_is_shown_and_not_taken(refresh_of: RefreshOf, monkeypatch: pytest.MonkeyPatch) -> None:
    real = choice_module.score

    def failing(engine, trial, *, seed):  # type: ignore[no-untyped-def]
        if engine.name in broken:
            raise EngineFailed(engine.name, trial.table, "learning", "ValueError")
        return real(engine, trial, seed=seed)

    monkeypatch.setattr(choice_module, "score", failing)
    refresh = prepared(refresh_of({"orders": {"synthesizer": {"name": "auto", "candidates": ["ctgan", "rules"]}}}))
    broken = {"ctgan", "rules"}
    with pytest.raises(EngineFailed, match="rules failed while learning the table 'orders'"):
        refresh.fit(["orders"])
    broken = {"ctgan"}
    choice = chosen(refresh, "orders")
    assert choice.engine == "rules"
    assert choice.cells()[0][:2] == ("ctgan", "failed: ValueError")


def test_a_partial_table_is_tried_on_the_columns_that_are_made(refresh_of: RefreshOf) -> None:
    keep = {"keep": True, "because": "a test"}
    columns = {"fee": "learn", "weight": "learn", "amount": keep, "state": keep}
    copied = {name: {"mode": "reference", "because": "a test"} for name in ("regions", "customers")}
    orders = {"mode": "partial", "because": "a test", "synthesizer": AUTO, "columns": columns}
    refresh = prepared(refresh_of({**copied, "orders": orders}))
    choice = chosen(refresh, "orders")
    scores = {line.engine.name: line.score for line in choice.lines[:2]}
    assert scores["trees"] and scores["rules"]
    # The fee follows from the amount, which stays as it is: whoever knows it must do better.
    assert scores["trees"].fidelity.value > scores["rules"].fidelity.value + 0.1


@pytest.mark.parametrize(
    ("synthesizer", "error", "message"),
    [
        ({"name": "auto", "options": {"row": 5_000}}, OptionRefused, "auto: the option 'row' does not exist"),
        ({"name": "auto", "options": {"rows": 10}}, OptionRefused, "auto: the option 'rows' cannot be that"),
        (
            {"name": "auto", "candidates": [{"name": "ctgan", "options": {"epoch": 3}}]},
            OptionRefused,
            "ctgan: the option 'epoch' does not exist; did you mean 'epochs'",
        ),
        (
            {"name": "auto", "candidates": [{"name": "trees", "options": {"leaf": 3}}]},
            SettingsRefused,
            "trees cannot use its options: leaf",
        ),
    ],
)
def test_wrong_options_are_refused_before_a_row_is_read(
    refresh_of: RefreshOf, synthesizer: object, error: type[Exception], message: str
) -> None:
    refresh = refresh_of({"orders": {"synthesizer": synthesizer}})
    with pytest.raises(error, match=message):
        refresh.snapshot()
    assert not refresh.store.artifacts("small")
