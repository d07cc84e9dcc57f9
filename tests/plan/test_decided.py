"""What is decided otherwise than before."""

from collections.abc import Mapping
from types import MappingProxyType

from synth_assets.catalog.model import Catalog, Column, DataType, Kind, Table
from synth_assets.plan.decided import Decided, decided, other_decisions
from synth_assets.plan.resolve import resolve
from synth_assets.plan.settings import DatasetSettings


def made(
    columns: tuple[str, ...], *, settings: Mapping[str, object] = MappingProxyType({}), **tables: object
) -> Decided:
    text = DataType(kind=Kind.TEXT, native="TEXT")
    table = Table(name="people", columns=tuple(Column(name=name, type=text, nullable=True) for name in columns))
    catalog = Catalog(dialect="sqlite", tables=(table,))
    plan = {"dataset": "d", "source": "s", "targets": ["t"], "tables": tables, **settings}
    return decided(resolve(DatasetSettings.model_validate(plan), catalog), catalog)


def test_what_is_decided_otherwise() -> None:
    before = made(("email", "phone"))
    assert other_decisions(before, before) == []
    assert other_decisions(before, made(("email",))) == []
    after = made(("email", "phone", "iban"), people={"columns": {"email": {"keep": True, "because": "public"}}})
    assert other_decisions(before, after) == ["people.email: fake email became keep", "people.iban: fake iban"]
    copied = made(("email",), people={"mode": "reference", "because": "public"})
    assert other_decisions(before, copied)[0] == "people: synthetic became reference"
    assert other_decisions(Decided(tables={}), before)[0] == "people: synthetic"
    assert Decided.model_validate(before.model_dump(mode="json")) == before


def test_what_else_the_plan_says_otherwise() -> None:
    before = made(("email",))
    gate = {"gate": {"fidelity": {"shape": 0.999}, "privacy": {"copies": 0.0}}}
    assert other_decisions(before, made(("email",), settings=gate)) == ["gate.fidelity.shape: 0.90 became 0.999"]
    protected = {"privacy": {"min_group": 20, "canaries": False}}
    assert other_decisions(before, made(("email",), settings=protected)) == [
        "privacy.canaries: planted became none",
        "privacy.min_group: 10 became 20",
    ]
    learned = made(("email",), people={"synthesizer": {"name": "rules"}, "scale": 2})
    assert other_decisions(before, learned) == [
        "tables.people.scale: 1 became 2",
        "tables.people.synthesizer: trees became rules",
    ]


def test_what_an_earlier_release_did_not_keep_is_not_told() -> None:
    kept = made(("email",)).model_dump(mode="json")
    del kept["settings"]
    assert (
        other_decisions(Decided.model_validate(kept), made(("email",), settings={"privacy": {"min_group": 20}})) == []
    )
