"""Children know their parents' features in one order, of which they take the first so many."""

import sqlite3
from contextlib import closing

import numpy as np
import polars as pl
import pytest

from synth_assets.refresh import Refresh
from synth_assets.refresh.inputs import FEATURES_FILE
from synth_assets.synthesize.relational.features import MOST_FURTHER
from tests.zoo import zoo_project

# One column less than rows know of a further parent: of the two numbers of children, they know the first.
WIDE = [f"c{at:02d}" for at in range(MOST_FURTHER - 1)]
PARENTS, LINKS = 400, 1_000
SCHEMA = f"""
CREATE TABLE owners (id INTEGER PRIMARY KEY, kind TEXT NOT NULL);
CREATE TABLE wide (id INTEGER PRIMARY KEY, {", ".join(f"{name} INTEGER NOT NULL" for name in WIDE)});
CREATE TABLE z_children (id INTEGER PRIMARY KEY, wide_id INTEGER NOT NULL REFERENCES wide (id));
CREATE TABLE a_links (
  id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL REFERENCES owners (id),
  wide_id INTEGER REFERENCES wide (id), size TEXT NOT NULL
);
"""
PLAN = {"dataset": "wide", "source": "production", "targets": ["staging"]}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Refresh:
    """Links are large where the row that they link to has children."""
    root = tmp_path_factory.mktemp("wide")
    rng = np.random.default_rng(3)
    children = rng.integers(0, 2, PARENTS) * 3
    linked = rng.integers(0, PARENTS, LINKS)
    with closing(sqlite3.connect(root / "production.db")) as connection, connection:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO owners VALUES (?, ?)", [(at, "ab"[at % 2]) for at in range(300)])
        wide = np.column_stack([np.arange(PARENTS), rng.integers(0, 4, (PARENTS, len(WIDE)))])
        connection.executemany(f"INSERT INTO wide VALUES ({','.join('?' * (len(WIDE) + 1))})", wide.tolist())
        connection.executemany(
            "INSERT INTO z_children (wide_id) VALUES (?)",
            [(at,) for at in np.repeat(np.arange(PARENTS), children).tolist()],
        )
        sizes = np.where(children[linked] > 0, "large", "small")
        links = zip(rng.integers(0, 300, LINKS).tolist(), linked.tolist(), sizes.tolist(), strict=True)
        connection.executemany("INSERT INTO a_links (owner_id, wide_id, size) VALUES (?, ?, ?)", list(links))
    refresh = Refresh(zoo_project(root, plan=PLAN), "wide", refresh="r")
    refresh.snapshot()
    refresh.profile()
    for group in refresh.groups:
        refresh.fit(group)
        refresh.generate(group)
    return refresh


def test_generated_rows_have_the_features_of_the_fit_in_its_order(generated: Refresh) -> None:
    source = generated._source[1]
    (first, second) = source.counts("wide")
    assert [first, second] != sorted([first, second]), "else any order would do"
    artifact = generated.store.latest("wide", "synthetic", "wide")
    assert artifact is not None
    assert artifact.folder.read_frame(FEATURES_FILE).columns == source.of("wide").columns


def test_links_still_depend_on_the_children_of_the_row_that_they_link_to(generated: Refresh) -> None:
    links, children = (generated.synthetic_table(name).read() for name in ("a_links", "z_children"))
    counted = children.group_by("wide_id").agg(pl.len().alias("children"))
    joined = links.join(counted, on="wide_id", how="left").with_columns(pl.col("children").fill_null(0))
    agree = (joined["size"] == "large") == (joined["children"] > 0)
    assert agree.mean() > 0.9  # type: ignore[operator]
