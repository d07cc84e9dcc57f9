"""Branches of polymorphic keys: what a row refers to follows its label."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.reflect import reflect
from synth_assets.plan.resolve import resolve
from synth_assets.plan.settings import DatasetSettings
from synth_assets.synthesize.relational.further.polymorphic import LabelsUnknown, without_unknown_labels
from synth_assets.synthesize.relational.keeping.repair import Repair, make_unique
from synth_assets.synthesize.relational.structure import TableStructure, table_structures

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE posts (id INTEGER PRIMARY KEY, pinned INTEGER REFERENCES likes);
CREATE TABLE photos (id INTEGER PRIMARY KEY);
CREATE TABLE likes (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users, type TEXT, about INTEGER {null},
    UNIQUE (user_id, type, about)
);
"""


def structures(
    database: Callable[..., str], *, null: str = ""
) -> tuple[dict[str, TableStructure], list[tuple[str, ...]]]:
    engine = open_engine(database(SCHEMA.format(null=null)))
    catalog = reflect(engine)
    engine.dispose()
    key = {"table": "likes", "column": "about", "type_column": "type", "parents": {"Post": "posts", "Photo": "photos"}}
    said = {"dataset": "d", "source": "s", "targets": ["t"], "polymorphic_keys": [key]}
    plan = resolve(DatasetSettings.model_validate(said), catalog)
    return table_structures(catalog, plan, {"users": 100, "posts": 500, "photos": 500, "likes": 900})


def test_a_branch_to_a_table_of_the_same_cycle_waits_for_it(sqlite_database: Callable[..., str]) -> None:
    found, groups = structures(sqlite_database)
    likes = found["likes"]
    assert groups[-1] == ("likes", "posts")
    assert likes.driving is not None
    assert likes.driving.key.parent == "users"
    assert [(r.name, r.deferred) for r in likes.further] == [
        ("likes(about: photos)", False),
        ("likes(about: posts)", True),
    ]
    assert likes.looked_up_by == ("type",)
    assert [r.name for r in found["photos"].chosen] == ["likes(about: photos)"]


def test_a_repeated_reference_moves_together_with_its_label(sqlite_database: Callable[..., str]) -> None:
    likes = structures(sqlite_database)[0]["likes"]
    rng = np.random.default_rng(0)
    labels = rng.choice(["Post", "Photo"], 900)
    rows = pl.DataFrame(
        {
            "user_id": np.repeat(np.arange(90), 10),
            "type": labels,
            "about": np.where(labels == "Post", rng.integers(0, 60, 900), rng.integers(1000, 1060, 900)),
        }
    )
    assert rows.is_duplicated().any()
    repair = Repair(structure=likes, ordinals=(), filled=frozenset(r.name for r in likes.further))
    unique, left = make_unique(rows, repair, rng=rng)
    assert len(left) == rows.height
    assert not unique.is_duplicated().any()
    pairs = ["type", "about"]
    assert unique.select(pairs).sort(pairs).equals(rows.select(pairs).sort(pairs))
    assert unique["user_id"].equals(rows["user_id"])


def test_labels_without_a_table_become_null_where_they_may(sqlite_database: Callable[..., str]) -> None:
    rows = pl.DataFrame({"type": ["Post", "Video", None, "Photo"], "about": [1, 2, None, 3]})
    known = without_unknown_labels(rows, structures(sqlite_database)[0]["likes"])
    assert known["type"].to_list() == ["Post", None, None, "Photo"]
    strict = structures(lambda script: sqlite_database(script, name="strict.sqlite"), null="NOT NULL")[0]["likes"]
    with pytest.raises(LabelsUnknown, match=r"likes\.type says of 2 rows .* about must not be NULL"):
        without_unknown_labels(rows, strict)
