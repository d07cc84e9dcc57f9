"""JSON documents in a plan: treatments by path, and what the profile found where the plan names none."""

from collections.abc import Callable

import pytest

from synth_assets.catalog.model import Catalog
from synth_assets.cli.plan import decided_paths, personal_paths
from synth_assets.plan.evidence import ColumnEvidence, PathEvidence
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Role, Treatment
from synth_assets.plan.settings import DatasetSettings

Choose = Callable[..., ColumnDecision]
SCRIPT = "CREATE TABLE users (id INTEGER PRIMARY KEY, profile JSON, note TEXT, age INTEGER);"


def found(path: str, kind: str) -> PathEvidence:
    return PathEvidence(path=path, personal=kind, confidence=0.9, reason="its key says so")


@pytest.fixture
def choose(settings_of: Callable[..., DatasetSettings], catalog_of: Callable[[str], Catalog]) -> Choose:
    """The decision for a column of `users`, by what the plan says and the profile found."""
    catalog = catalog_of(SCRIPT)

    def decide(said: object, *paths: PathEvidence, column: str = "profile", **table: object) -> ColumnDecision:
        columns = {} if said is None else {column: said}
        evidence = {("users", column): ColumnEvidence(low_cardinality=True, paths=paths)} if paths else None
        plan = resolve(settings_of(tables={"users": {**table, "columns": columns}}), catalog, evidence=evidence)
        return plan.table("users").column(column)

    return decide


def test_every_path_has_its_treatment(choose: Choose) -> None:
    paths = {"$.email": {"fake": "email"}, "$.address.city": "learn", "$.notes": None, "$.v[*]": {"constant": [1]}}
    decision = choose({"json": paths})
    assert (decision.treatment, decision.role) == (Treatment.LEARN, Role.TEXT)
    assert {one.path: (one.treatment, one.options) for one in decision.paths} == {
        "$.email": (Treatment.FAKE, {"kind": "email"}),
        "$.address.city": (Treatment.LEARN, {}),
        "$.notes": (Treatment.NULL, {}),
        "$.v[*]": (Treatment.CONSTANT, {"value": [1]}),
    }


def test_personal_data_at_a_path_that_nobody_names_is_invented(choose: Choose) -> None:
    """Even where the documents are few and shared by many rows."""
    for said in (None, {"json": {"$.theme": "learn"}}):
        decision = choose(said, found("$.owner.mail", "email"), found("$.sex", "gender"))
        assert decision.role is Role.TEXT
        (one,) = (path for path in decision.paths if path.decided_by is DecidedBy.PROFILE)
        assert (one.path, one.treatment, one.options) == ("$.owner.mail", Treatment.FAKE, {"kind": "email"})


def test_the_plan_goes_before_what_was_found(choose: Choose) -> None:
    decision = choose(
        {"json": {"$.mail": "learn", "$.owner": None}}, found("$.mail", "email"), found("$.owner.x", "phone")
    )
    assert [(one.path, one.treatment) for one in decision.paths] == [
        ("$.mail", Treatment.LEARN),
        ("$.owner", Treatment.NULL),
    ]


def test_paths_are_shown_with_what_they_become(choose: Choose) -> None:
    known = ColumnEvidence(paths=(found("$.mail", "email"), found("$.sex", "gender")))
    decision = choose({"json": {"$.notes": None}}, *known.paths)
    shown = [[text.plain.strip() for text in row] for row in decided_paths(decision)]
    assert [row[:3] for row in shown] == [["$.mail", "json", "fake email"], ["$.notes", "json", "null"]]
    assert [row[0].plain.strip() for row in personal_paths(known, decision)] == ["$.sex"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"json": {"email": "learn"}}, "the path 'email': it is no path"),
        ({"json": {"$.a..b": "learn"}}, "the path '$.a..b': it is no path"),
        ({"json": {"$.a": {"fake": "emial"}}}, "unknown kind of fake 'emial'; did you mean 'email'?"),
        ({"json": {"$.a": "mask"}}, "mask cannot be said of it. Name one of learn, fake, null, constant"),
        ({"json": {"$.a": {"keep": True, "because": "x"}}}, "because and keep cannot be said of it"),
        ({"json": {"$.a": {"json": {"$.b": "learn"}}}}, "json cannot be said of it"),
        ({"json": {"$.a": {"unique": True}}}, "unique cannot be said of it"),
        ({"json": {"$.a": None, "$.a.b": "learn"}}, "the path '$.a.b': it lies within $.a, which is replaced"),
        ({"json": {"$": {"constant": {}}, "$.b[*]": "learn"}}, "it lies within $, which is replaced"),
    ],
)
def test_paths_that_cannot_be(choose: Choose, said: object, words: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        choose(said)
    assert f"users.profile: {words}" in str(refused.value) or words in str(refused.value)


def test_only_documents_have_paths(choose: Choose) -> None:
    with pytest.raises(PlanRefused, match="INTEGER holds no JSON documents"):
        choose({"json": {"$.a": "learn"}}, column="age")
    with pytest.raises(ValueError, match="learn and json cannot both be the treatment"):
        choose({"json": {"$.a": "learn"}, "learn": True})
    assert choose({"json": {"$.a": None}}, mode="partial", because="tests").role is Role.TEXT
