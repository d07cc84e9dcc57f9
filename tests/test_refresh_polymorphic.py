"""The whole chain on a database whose comments, likes and tags refer to posts, photos or other comments."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from synth_assets.publish.authorize import authorize
from synth_assets.refresh import Refresh, RefreshResult
from synth_assets.store.tables import TableRows
from synth_assets.synthesize.relational.further.polymorphic import LabelsUnknown
from tests.zoo import zoo_project

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY, level TEXT NOT NULL);
CREATE TABLE posts (
  id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), topic TEXT NOT NULL,
  comments_count INTEGER NOT NULL, pinned_comment_id INTEGER REFERENCES comments (id)
);
CREATE TABLE photos (code VARCHAR(9) PRIMARY KEY, number INTEGER NOT NULL UNIQUE, size TEXT NOT NULL);
CREATE TABLE comments (
  id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), about_type TEXT, about_id INTEGER,
  mood TEXT NOT NULL
);
CREATE TABLE likes (
  id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), liked_type TEXT NOT NULL,
  liked_id INTEGER NOT NULL, UNIQUE (user_id, liked_type, liked_id)
);
CREATE TABLE covers (
  id INTEGER PRIMARY KEY, owner_type TEXT NOT NULL, owner_id INTEGER NOT NULL, color TEXT NOT NULL,
  UNIQUE (owner_type, owner_id)
);
CREATE TABLE tags (id INTEGER PRIMARY KEY, tagged_type TEXT NOT NULL, tagged TEXT NOT NULL, word TEXT NOT NULL);
"""
USERS, POSTS, PHOTOS = 250, 500, 300
PLAN = {
    "dataset": "blog",
    "source": "production",
    "targets": ["staging"],
    "tables": {"photos": {"columns": {"code": {"pseudonymize": {"format": "PH-######"}}}}},
    "polymorphic_keys": [
        {
            "table": "comments",
            "column": "about_id",
            "type_column": "about_type",
            "parents": {
                "Post": "posts",
                "Photo": {"parent": "photos", "parent_column": "number"},
                "Comment": "comments",
            },
        },
        {
            "table": "likes",
            "column": "liked_id",
            "type_column": "liked_type",
            "parents": {"Post": "posts", "Comment": "comments"},
        },
        {
            "table": "covers",
            "column": "owner_id",
            "type_column": "owner_type",
            "parents": {"Post": "posts", "Photo": {"parent": "photos", "parent_column": "number"}},
        },
        {
            "table": "tags",
            "column": "tagged",
            "type_column": "tagged_type",
            "parents": {"Post": "posts", "Photo": "photos"},
        },
    ],
    # The tables are small on purpose, so that sampling noise is large.
    "gate": {"fidelity": {"shape": 0.6, "trend": 0.5, "cardinality": 0.7, "pairs_across_keys": 0.6}},
}


def build(path: Path) -> None:
    """News make angry, big photos amaze; every fifth comment answers another one, and some are about nothing."""
    rng = np.random.default_rng(3)
    topics = rng.choice(["cats", "news", "code"], POSTS).tolist()
    sizes = rng.choice(["big", "small"], PHOTOS).tolist()
    about: list[tuple[str | None, int | None, str]] = [(None, None, "calm")] * 120
    for post, topic in enumerate(topics, start=1000):
        mood = "angry" if topic == "news" else "calm"
        about += [("Post", post, mood)] * int(rng.poisson({"cats": 4, "news": 3, "code": 1}[topic]))
    for photo, size in enumerate(sizes, start=5000):
        about += [("Photo", photo, "amazed")] * int(rng.poisson(2 if size == "big" else 0.2))
    comments = []
    for number, at in enumerate(rng.permutation(len(about)).tolist(), start=1):
        kind, target, mood = about[at]
        if number > 40 and rng.random() < 0.2:
            kind, target, mood = "Comment", int(rng.integers(1, number)), "calm"
        elif number % 50 == 0:
            kind, target = "Video", 7
        comments.append((number, int(rng.integers(1, USERS + 1)), kind, target, mood))
    with_comments = [target for _, _, kind, target, _ in comments if kind == "Post"]
    likes = {
        (int(rng.integers(1, USERS + 1)), kind, int(rng.integers(low, high)))
        for kind, low, high, rows in (("Post", 1000, 1000 + POSTS, 900), ("Comment", 1, len(comments) + 1, 500))
        for _ in range(rows)
    }
    covers = [("Post", post, "red" if post % 2 else "blue") for post in range(1000, 1000 + POSTS) if post % 5]
    covers += [("Photo", 5000 + at, "grey") for at in range(PHOTOS) if at % 3 == 0]
    tags = [("Post", str(int(rng.integers(1000, 1000 + POSTS))), "read") for _ in range(300)]
    tags += [("Photo", f"real-{int(rng.integers(PHOTOS)):04d}", "seen") for _ in range(150)]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        levels = rng.choice(["new", "old"], USERS).tolist()
        connection.executemany("INSERT INTO users VALUES (?, ?)", enumerate(levels, start=1))
        connection.executemany(
            "INSERT INTO posts VALUES (?, ?, ?, ?, ?)",
            [
                (
                    post,
                    int(rng.integers(1, USERS + 1)),
                    topic,
                    with_comments.count(post),
                    int(rng.integers(1, 900)) if post % 3 == 0 else None,
                )
                for post, topic in enumerate(topics, start=1000)
            ],
        )
        connection.executemany(
            "INSERT INTO photos VALUES (?, ?, ?)",
            [(f"real-{at:04d}", 5000 + at, size) for at, size in enumerate(sizes)],
        )
        connection.executemany("INSERT INTO comments VALUES (?, ?, ?, ?, ?)", comments)
        connection.executemany(
            "INSERT INTO likes VALUES (NULL, ?, ?, ?)", [sorted(likes)[at] for at in rng.permutation(len(likes))]
        )
        connection.executemany("INSERT INTO covers VALUES (NULL, ?, ?, ?)", covers)
        connection.executemany("INSERT INTO tags VALUES (NULL, ?, ?, ?)", tags)
        connection.commit()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blog")
    build(folder / "production.db")
    return folder


@pytest.fixture(scope="module")
def refreshed(root: Path) -> Iterator[RefreshResult]:
    project = zoo_project(root, plan=PLAN)
    target = project.resources.databases["staging"]
    authorize("staging", target, target.resolve_url({}), {"production": project.source("blog").resolve_url({})})
    yield Refresh(project, "blog", refresh="first", pages=()).run(["staging"])


def rows(root: Path, query: str, *, database: str = "staging") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(root / f"{database}.db")) as connection:
        return connection.execute(query).fetchall()


def numbers(root: Path, query: str, *, database: str = "staging") -> dict[object, float]:
    """The second column by the first one."""
    return {name: float(str(value)) for name, value in rows(root, query, database=database)}


@pytest.mark.parametrize(
    ("child", "kind", "column", "label", "parent", "key"),
    [
        ("comments", "about_type", "about_id", "Post", "posts", "id"),
        ("comments", "about_type", "about_id", "Photo", "photos", "number"),
        ("comments", "about_type", "about_id", "Comment", "comments", "id"),
        ("likes", "liked_type", "liked_id", "Post", "posts", "id"),
        ("likes", "liked_type", "liked_id", "Comment", "comments", "id"),
        ("covers", "owner_type", "owner_id", "Post", "posts", "id"),
        ("covers", "owner_type", "owner_id", "Photo", "photos", "number"),
        ("tags", "tagged_type", "tagged", "Post", "posts", "CAST(id AS TEXT)"),
        ("tags", "tagged_type", "tagged", "Photo", "photos", "code"),
    ],
)
def test_no_branch_has_an_orphan(
    root: Path, refreshed: RefreshResult, child: str, kind: str, column: str, label: str, parent: str, key: str
) -> None:
    query = (
        f"SELECT count(*), coalesce(sum({column} IN (SELECT {key} FROM {parent})), 0) FROM {child} "
        f"WHERE {kind} = '{label}'"
    )
    ((referring, found),) = rows(root, query)
    assert referring == found != 0


@pytest.mark.parametrize(("table", "kind"), [("likes", "liked_type"), ("tags", "tagged_type")])
def test_the_shares_of_types_are_kept(root: Path, refreshed: RefreshResult, table: str, kind: str) -> None:
    query = f"SELECT {kind}, count(*) * 1.0 / (SELECT count(*) FROM {table}) FROM {table} GROUP BY 1"
    assert numbers(root, query) == pytest.approx(numbers(root, query, database="production"), abs=0.05)


def test_nulls_are_kept_and_unknown_labels_left_out(root: Path, refreshed: RefreshResult) -> None:
    known = "CASE WHEN about_type = 'Video' THEN NULL ELSE about_type END"
    query = f"SELECT {known}, count(*) * 1.0 / (SELECT count(*) FROM comments) FROM comments GROUP BY 1"
    real = numbers(root, query, database="production")
    assert numbers(root, query) == pytest.approx(real, abs=0.04)
    assert real[None] > 0.05
    assert rows(root, "SELECT count(*) FROM comments WHERE (about_type IS NULL) != (about_id IS NULL)") == [(0,)]
    assert rows(root, "SELECT count(*) FROM comments WHERE about_type = 'Video'") == [(0,)]
    (check,) = [check for check in refreshed.verdict.checks if check.name == "integrity_labels_about_type"]
    assert (check.passed, check.value) == (False, float(rows_of_videos(root)))


def rows_of_videos(root: Path) -> int:
    ((videos,),) = rows(root, "SELECT count(*) FROM comments WHERE about_type = 'Video'", database="production")
    return int(str(videos))


def test_parents_have_as_many_children_by_what_they_are(root: Path, refreshed: RefreshResult) -> None:
    for parent, column, key, label in (("posts", "topic", "id", "Post"), ("photos", "size", "number", "Photo")):
        query = (
            f"SELECT {column}, avg((SELECT count(*) FROM comments WHERE about_type = '{label}' "
            f"AND about_id = {parent}.{key})) FROM {parent} GROUP BY 1"
        )
        assert numbers(root, query) == pytest.approx(numbers(root, query, database="production"), rel=0.2, abs=0.15)


def test_a_comment_goes_with_what_it_is_about(root: Path, refreshed: RefreshResult) -> None:
    query = (
        "SELECT topic, avg(mood = 'angry') FROM comments JOIN posts ON posts.id = about_id "
        "WHERE about_type = 'Post' GROUP BY 1"
    )
    shares = numbers(root, query)
    assert shares["news"] > 0.75
    assert max(shares["cats"], shares["code"]) < 0.15


def test_each_row_has_one_cover_at_most(root: Path, refreshed: RefreshResult) -> None:
    query = "SELECT count(*), count(DISTINCT owner_type || owner_id) FROM covers"
    ((real, _),) = rows(root, query, database="production")
    assert rows(root, query) == [(real, real)]


def test_a_count_of_one_branch_stays_exact(root: Path, refreshed: RefreshResult) -> None:
    query = (
        "SELECT count(*) FROM posts WHERE comments_count != "
        "(SELECT count(*) FROM comments WHERE about_type = 'Post' AND about_id = posts.id)"
    )
    assert rows(root, query) == [(0,)]


def test_answers_have_no_cycle(root: Path, refreshed: RefreshResult) -> None:
    query = (
        "WITH RECURSIVE below(id) AS (SELECT id FROM comments WHERE about_type IS NOT 'Comment' UNION ALL "
        "SELECT c.id FROM comments c JOIN below ON c.about_type = 'Comment' AND c.about_id = below.id) "
        "SELECT (SELECT count(*) FROM below) = (SELECT count(*) FROM comments)"
    )
    assert rows(root, query) == [(1,)]


def test_pseudonyms_reach_the_references(root: Path, refreshed: RefreshResult) -> None:
    assert rows(root, "SELECT count(*) FROM tags WHERE tagged_type = 'Photo' AND tagged NOT LIKE 'PH-______'") == [(0,)]
    assert rows(root, "SELECT count(*) FROM photos WHERE code LIKE 'real%'") == [(0,)]


def test_tags_are_held_out_with_what_they_are_about(root: Path, tmp_path: Path) -> None:
    (tmp_path / "production.db").write_bytes((root / "production.db").read_bytes())
    refresh = Refresh(zoo_project(tmp_path, plan=PLAN), "blog", refresh="r")
    held = {}
    for name, artifact in ((name, outcome.artifact) for name, outcome in refresh.snapshot().items()):
        held[name] = TableRows(artifact).read(part="held_out")
    tagged = {row["tagged"] for row in held["tags"].to_dicts()}
    assert tagged
    assert tagged <= {str(post) for post in held["posts"]["id"]} | set(held["photos"]["code"])


def test_labels_without_a_table_stop_where_nothing_may_be_empty(root: Path, tmp_path: Path) -> None:
    (tmp_path / "production.db").write_bytes((root / "production.db").read_bytes())
    keys = [dict(key) for key in PLAN["polymorphic_keys"]]  # type: ignore[attr-defined]
    keys[1]["parents"] = {"Post": "posts"}
    refresh = Refresh(zoo_project(tmp_path, plan=PLAN | {"polymorphic_keys": keys}), "blog", refresh="r")
    refresh.snapshot()
    refresh.profile()
    with pytest.raises(LabelsUnknown, match="liked_type must not be NULL") as refused:
        refresh.fit(["likes"])
    assert "SELECT DISTINCT liked_type FROM likes" in str(refused.value)
    assert "Comment" not in str(refused.value)
