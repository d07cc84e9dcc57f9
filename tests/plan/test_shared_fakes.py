from collections.abc import Callable

import pytest

from synth_assets.catalog.model import Catalog
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import RepeatedFake
from synth_assets.plan.settings import DatasetSettings

Settings = Callable[..., DatasetSettings]
SCHEMA = """
CREATE TABLE people (
    id INTEGER PRIMARY KEY, email VARCHAR(120) UNIQUE, name VARCHAR(80), city TEXT, boss INTEGER REFERENCES people (id),
    boss_name VARCHAR(90)
);
CREATE TABLE letters (
    id INTEGER PRIMARY KEY, author INTEGER REFERENCES people (id), reader INTEGER REFERENCES people (id),
    email VARCHAR(120), name VARCHAR(20), code VARCHAR(120) UNIQUE, place TEXT
);
CREATE TABLE notes (id INTEGER PRIMARY KEY, email VARCHAR(60), name TEXT, card VARCHAR(20) UNIQUE);
"""
PEOPLE = {"columns": {"email": {"fake": "email"}, "name": {"fake": "full_name"}, "city": "learn"}}


@pytest.fixture
def post(catalog_of: Callable[[str], Catalog]) -> Catalog:
    return catalog_of(SCHEMA)


def refusals(settings_of: Settings, catalog: Catalog, **tables: object) -> list[str]:
    with pytest.raises(PlanRefused) as refused:
        resolve(settings_of(tables={"people": PEOPLE, **tables}), catalog)
    return [str(problem) for problem in refused.value.problems]


def test_a_repeated_fake_names_its_column_and_its_key(settings_of: Settings, post: Catalog) -> None:
    people = {"columns": {**PEOPLE["columns"], "boss_name": {"fake": {"same_as": "people.name"}}}}
    letters = {"columns": {"email": {"fake": {"same_as": "people.email", "by": "reader"}}}}
    plan = resolve(settings_of(tables={"people": people, "letters": letters}), post)
    email = plan.table("letters").column("email")
    assert email.repeats == RepeatedFake(parent="people", column="email", key=("reader",))
    assert email.options["kind"] == "email"
    assert plan.table("people").column("boss_name").repeats == RepeatedFake(
        parent="people", column="name", key=("boss",)
    )


@pytest.mark.parametrize(
    ("column", "fake", "why"),
    [
        ("email", {"same_as": "people.email"}, "author and reader refer to people. Say with `by` which one is meant"),
        ("email", {"same_as": "people.email", "by": "place"}, "'place' is not in one key to people only"),
        ("email", {"same_as": "people.mail", "by": "author"}, "people has no column 'mail'; did you mean 'email'?"),
        ("place", {"same_as": "people.city", "by": "author"}, "there is no fake to repeat: the treatment of people.ci"),
        ("place", {"same_as": "notes.name"}, "no foreign key of letters says which row of notes it is. Name the key"),
        ("name", {"same_as": "people.name", "by": "author"}, "does not hold every value of people.name"),
        ("code", {"same_as": "people.email", "by": "author"}, "several may refer to one row of people"),
        ("name", {"kind": "full_name", "consistent": True}, "a synthetic row stands for nobody. Write {fake: {same_as"),
    ],
)
def test_a_fake_that_cannot_be_shared_is_refused(
    settings_of: Settings, post: Catalog, column: str, fake: object, why: str
) -> None:
    (found,) = refusals(settings_of, post, letters={"columns": {column: {"fake": fake}}})
    assert found.startswith(f"letters.{column}: ")
    assert why in found


def test_fakes_that_repeat_each_other_are_refused(settings_of: Settings, catalog_of: Callable[[str], Catalog]) -> None:
    pair = catalog_of(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id), email TEXT);"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id), email TEXT);"
    )
    tables = {t: {"columns": {"email": {"fake": {"same_as": f"{o}.email"}}}} for t, o in (("a", "b"), ("b", "a"))}
    with pytest.raises(PlanRefused, match="repeats a fake that repeats its own"):
        resolve(settings_of(tables=tables), pair)


def test_consistent_fakes_of_a_kind_have_the_room_of_the_shortest_column(settings_of: Settings, post: Catalog) -> None:
    consistent = {"columns": {"email": {"fake": {"kind": "email", "consistent": True}}}}
    tables = {name: {"mode": "partial", "because": "a test", **consistent} for name in ("people", "notes")}
    plan = resolve(settings_of(tables=tables), post)
    for name in tables:
        assert plan.table(name).column("email").options == {
            "kind": "email",
            "consistent": "email",
            "locale": "en_US",
            "most_characters": 60,
        }


@pytest.mark.parametrize(
    ("column", "fake", "why"),
    [
        ("card", {"kind": "credit_card_number", "consistent": True}, "not enough fakes of the kind credit_card_number"),
        ("card", {"kind": "email", "consistent": True}, "not enough fakes of the kind email"),
        ("card", {"kind": "token", "consistent": "name"}, "several may share their name. Write `consistent: true`."),
        ("name", {"kind": "full_name", "consistent": "nam"}, "names 'nam', which is no column"),
    ],
)
def test_a_fake_that_cannot_be_consistent_is_refused(
    settings_of: Settings, post: Catalog, column: str, fake: object, why: str
) -> None:
    notes = {"mode": "partial", "because": "a test", "columns": {column: {"fake": fake}}}
    (found,) = refusals(settings_of, post, notes=notes)
    assert found.startswith(f"notes.{column}: ")
    assert why in found


@pytest.mark.parametrize(
    ("fake", "why"),
    [
        ({"same_as": "people.email", "kind": "email"}, "`same_as` repeats a fake as it is; take kind out"),
        ({"kind": "email", "by": "reader"}, "`by` goes with `same_as`"),
        ({"same_as": "email"}, "pattern"),
    ],
)
def test_what_cannot_be_said_together_is_an_error_of_the_plan(settings_of: Settings, fake: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        settings_of(tables={"letters": {"columns": {"email": {"fake": fake}}}})


def test_paths_of_documents_share_no_fakes(settings_of: Settings, post: Catalog) -> None:
    letters = {"columns": {"place": {"json": {"$.mail": {"fake": {"same_as": "people.email"}}}}}}
    (found,) = refusals(settings_of, post, letters=letters)
    assert "same_as and consistent are for whole columns" in found
