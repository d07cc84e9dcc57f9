"""Fakes recur where the real values do: as often, with the same rows, and together with what goes with them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl

from synth_assets.refresh import Refresh
from synth_assets.synthesize.relational.recurring import Recurring, find_recurring, with_recurring
from tests.zoo import generated, zoo_project

AGENTS = ("ann", "bob", "cleo", "dan")


def tickets(rows: int = 400) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    agent = pl.Series("agent", rng.choice(AGENTS, rows, p=[0.4, 0.3, 0.2, 0.1]))
    return pl.DataFrame(
        {
            "agent": agent,
            "mail": agent + "@firm.example",
            "customer": [f"customer {at}" for at in range(rows)],
            "city": rng.choice(["Oslo", "Moss"], rows),
        }
    )


def recurring(rows: pl.DataFrame, *agree: set[str], min_group: int = 10) -> list[Recurring]:
    return [one for one, _ in find_recurring(rows, agree=agree, min_group=min_group)]


def test_columns_of_one_person_recur_together() -> None:
    assert recurring(tickets()) == [Recurring(columns=("agent", "mail")), Recurring(columns=("city",))]
    assert recurring(tickets(), {"agent", "mail"})[0] == Recurring(columns=("agent", "mail"))


def test_a_person_of_whom_one_column_does_not_recur_does_not() -> None:
    assert recurring(tickets(), {"agent", "customer"}) == [Recurring(columns=("city",))]


def test_categories_are_numbers_and_rare_values_have_none() -> None:
    rows = tickets()
    rows = rows.with_columns(agent=rows["agent"].scatter(list(range(5)), "eve"), mail=pl.lit(None, pl.String))
    (one, categories), _ = find_recurring(rows, agree=[], min_group=10)
    assert one.columns == ("agent",)
    assert set(categories.drop_nulls()) == {"0", "1", "2", "3"}
    assert categories.is_null().to_list() == (rows["agent"] == "eve").to_list()


def test_values_that_few_rows_share_do_not_recur() -> None:
    assert recurring(tickets(40).select("agent"), min_group=30) == []


def test_rows_of_one_category_have_one_fake_and_the_others_their_own() -> None:
    made = pl.DataFrame({"agent": ["a", "b", None, "d", "e"], "mail": ["a@", "b@", None, "d@", "e@"]})
    one = Recurring(columns=("agent", "mail"))
    hidden = pl.DataFrame({one.name: ["0", "1", "0", "0", None]})
    assert with_recurring(made, [one], hidden).rows() == [
        ("a", "a@"),
        ("b", "b@"),
        (None, None),
        ("a", "a@"),
        ("e", "e@"),
    ]


def test_an_agent_of_many_tickets_is_one_of_as_few(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    agent = rng.choice(4, 1_500, p=[0.4, 0.3, 0.2, 0.1])
    queue = np.where(rng.random(1_500) < 0.9, agent, rng.integers(0, 4, 1_500))
    with closing(sqlite3.connect(tmp_path / "production.db")) as connection, connection:
        connection.executescript(
            "CREATE TABLE tickets (id INTEGER PRIMARY KEY, user_name TEXT NOT NULL, queue TEXT NOT NULL);"
        )
        rows = [(AGENTS[a] + ".smith", f"queue {q}") for a, q in zip(agent.tolist(), queue.tolist(), strict=True)]
        connection.executemany("INSERT INTO tickets (user_name, queue) VALUES (?, ?)", rows)
    plan = {
        "dataset": "desk",
        "source": "production",
        "targets": ["staging"],
        "tables": {"tickets": {"columns": {"user_name": {"fake": {"kind": "user_name"}}}}},
    }
    refresh = Refresh(zoo_project(tmp_path, plan=plan), "desk", refresh="r")
    refresh.snapshot()
    refresh.profile()
    made = generated(refresh)["tickets"]
    counts = made["user_name"].value_counts(sort=True)
    assert counts.height == 4
    assert not set(counts["user_name"]) & {f"{name}.smith" for name in AGENTS}
    assert np.abs(counts["count"].to_numpy() / 1_500 - [0.4, 0.3, 0.2, 0.1]).max() < 0.05
    # Each has a queue, as in the source.
    most = (
        made.group_by("user_name", "queue").len().group_by("user_name").agg(pl.col("len").max() / pl.col("len").sum())
    )
    assert most["len"].min() > 0.75
