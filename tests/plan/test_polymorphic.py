"""Polymorphic keys in a plan: what they make of columns, and what is refused."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from synth_assets.catalog.graph import components
from synth_assets.catalog.model import Catalog, Kind
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import ResolvedPlan, Role, Treatment
from synth_assets.plan.settings import DatasetSettings

Settings = Callable[..., DatasetSettings]
Catalogs = Callable[[str], Catalog]
BLOG = """
CREATE TABLE posts (id INTEGER PRIMARY KEY, slug VARCHAR(20) UNIQUE, title TEXT, pinned INTEGER REFERENCES comments);
CREATE TABLE photos (id INTEGER PRIMARY KEY, width INTEGER);
CREATE TABLE pairs (a INTEGER, b INTEGER, PRIMARY KEY (a, b));
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE comments (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users, about_type TEXT, about_id INTEGER, about_key TEXT
);
CREATE TABLE likes (id INTEGER PRIMARY KEY, about_type TEXT NOT NULL, about_id INTEGER NOT NULL);
"""
PARENTS = {"Post": "posts", "Photo": "photos", "Comment": "comments"}
KEY: dict[str, object] = {
    "table": "comments",
    "column": "about_id",
    "type_column": "about_type",
    "parents": PARENTS,
}


def plan_of(settings_of: Settings, catalog: Catalog, key: dict[str, object] = KEY, **sections: object) -> ResolvedPlan:
    return resolve(settings_of(polymorphic_keys=[key], **sections), catalog)


def refusals(settings_of: Settings, catalog: Catalog, *keys: dict[str, object], **sections: object) -> str:
    with pytest.raises(PlanRefused) as refused:
        resolve(settings_of(polymorphic_keys=keys or [KEY], **sections), catalog)
    return "\n".join(str(problem) for problem in refused.value.problems)


def test_a_key_has_a_branch_for_each_table(settings_of: Settings, catalog_of: Catalogs) -> None:
    parents = {**PARENTS, "Article": "posts"}
    plan = plan_of(settings_of, catalog_of(BLOG), {**KEY, "parents": parents})
    branches = [key for key in plan.foreign_keys["comments"] if key.branch]
    assert [(key.parent, key.parent_columns, key.branch and key.branch.labels) for key in branches] == [
        ("posts", ("id",), ("Post", "Article")),
        ("photos", ("id",), ("Photo",)),
        ("comments", ("id",), ("Comment",)),
    ]
    comments = plan.table("comments")
    assert (comments.column("about_id").role, comments.column("about_id").treatment) == (
        Role.REFERENCE,
        Treatment.LEARN,
    )
    assert (comments.column("about_type").role, comments.column("about_type").labels) == (
        Role.VALUE,
        ("Post", "Article", "Photo", "Comment"),
    )
    # posts refer to comments and comments to posts: they are made together, after what both refer to.
    groups = components([table.name for table in plan.tables], plan.foreign_keys)
    assert groups.index(("comments", "posts")) > groups.index(("photos",))


def test_a_text_may_refer_to_keys_of_any_type(settings_of: Settings, catalog_of: Catalogs) -> None:
    parents = {"Post": {"parent": "posts", "parent_column": "slug"}, "Photo": "photos"}
    plan = plan_of(settings_of, catalog_of(BLOG), {**KEY, "column": "about_key", "parents": parents})
    assert [key.parent_columns for key in plan.foreign_keys["comments"] if key.branch] == [("slug",), ("id",)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"table": "comment"}, "polymorphic key: no table 'comment'; did you mean 'comments'?"),
        ({"column": "about"}, "no column 'about'; did you mean 'about"),
        ({"type_column": "abuot_type"}, "no column 'abuot_type'; did you mean 'about_type'?"),
        ({"type_column": "user_id"}, "comments.user_id: polymorphic key: it holds a key and cannot be the type column"),
        ({"type_column": "id"}, "comments.id: polymorphic key: its type INTEGER holds no labels"),
        ({"column": "user_id"}, "comments.user_id: polymorphic key: it is in another foreign key, too"),
        ({"parents": {"Photo": "photo"}}, "no table 'photo'; did you mean 'photos'?"),
        ({"parents": {"Post": {"parent": "posts", "parent_column": "slag"}}}, "no column 'slag'; did you mean 'slug'?"),
        ({"parents": {"Post": {"parent": "posts", "parent_column": "slug"}}}, "INTEGER is not that of posts.slug"),
        ({"parents": {"Post": {"parent": "photos", "parent_column": "width"}}}, "may occur more than once"),
        ({"parents": {"Pair": "pairs"}}, "pairs has no primary key of one column"),
        (
            {"column": "about_key", "parents": {"A": "posts", "B": {"parent": "posts", "parent_column": "slug"}}},
            "two labels refer to posts by different columns",
        ),
    ],
)
def test_keys_that_cannot_be(settings_of: Settings, catalog_of: Catalogs, change: dict[str, object], said: str) -> None:
    assert said in refusals(settings_of, catalog_of(BLOG), {**KEY, **change})


def test_a_column_holds_one_polymorphic_key(settings_of: Settings, catalog_of: Catalogs) -> None:
    assert "it is in another foreign key, too" in refusals(settings_of, catalog_of(BLOG), KEY, KEY)


def test_labels_of_an_enum_are_known(settings_of: Settings, catalog_of: Catalogs) -> None:
    catalog = catalog_of(BLOG)
    text = catalog.table("comments").column("about_type")
    enum = text.model_copy(
        update={"type": text.type.model_copy(update={"kind": Kind.ENUM, "labels": ("Post", "Photo")})}
    )
    tables = [
        table.model_copy(update={"columns": tuple(enum if c.name == "about_type" else c for c in table.columns)})
        for table in catalog.tables
    ]
    known = Catalog.model_validate(catalog.model_copy(update={"tables": tuple(tables)}).model_dump())
    said = refusals(settings_of, known, {**KEY, "parents": {"Phot": "photos"}})
    assert "comments.about_type: polymorphic key: no label 'Phot'; did you mean 'Photo'?" in said


def test_a_key_without_parents_is_no_key(settings_of: Settings) -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        settings_of(polymorphic_keys=[{**KEY, "parents": {}}])


@pytest.mark.parametrize("mode", ["exclude", "empty"])
def test_a_branch_to_a_table_without_rows_is_left_out(settings_of: Settings, catalog_of: Catalogs, mode: str) -> None:
    catalog = catalog_of(BLOG)
    plan = plan_of(settings_of, catalog, tables={"photos": {"mode": mode}})
    assert plan.table("comments").column("about_type").labels == ("Post", "Comment")
    none = {name: {"mode": mode} for name in ("photos", "pairs")}
    plan = plan_of(settings_of, catalog, {**KEY, "parents": {"Photo": "photos"}}, tables=none)
    for name in ("about_type", "about_id"):
        assert plan.table("comments").column(name).treatment is Treatment.NULL
    likes = {**KEY, "table": "likes", "parents": {"Photo": "photos", "Post": "posts"}}
    said = refusals(settings_of, catalog, likes, tables={"photos": {"mode": mode}})
    assert "about_id and about_type are not both nullable, and refer to rows of photos" in said
    assert f"Give photos the mode synthetic, or likes the mode {mode}." in said


def test_real_rows_refer_to_real_rows(settings_of: Settings, catalog_of: Catalogs) -> None:
    catalog, partial = catalog_of(BLOG), {"mode": "partial", "because": "tests"}
    key = {**KEY, "table": "likes", "parents": {"Photo": "photos", "Post": "posts"}}
    said = refusals(settings_of, catalog, key, tables={"likes": partial, "photos": partial})
    assert "a partial table keeps its real keys, but posts, to which about_id refers, gets new ones" in said
    real = dict.fromkeys(("likes", "photos", "posts", "comments", "users"), partial)
    plan = plan_of(settings_of, catalog, key, tables=real)
    assert plan.table("likes").column("about_type").treatment is Treatment.KEEP


def test_the_type_follows_the_reference(settings_of: Settings, catalog_of: Catalogs) -> None:
    catalog = catalog_of(BLOG)
    said = refusals(settings_of, catalog, tables={"comments": {"columns": {"about_type": {"constant": "Post"}}}})
    assert "its treatment cannot be constant, since it says to which table about_id refers" in said
    columns = {"about_type": "null", "about_id": "null"}
    plan = plan_of(settings_of, catalog, tables={"comments": {"columns": columns}})
    assert not [key for key in plan.foreign_keys["comments"] if key.branch]
    assert plan.table("comments").column("about_type").treatment is Treatment.NULL
