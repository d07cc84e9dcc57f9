"""What is decided otherwise than before."""

from synth_assets.catalog.model import Catalog, Column, DataType, Kind, Table
from synth_assets.plan.decided import Decided, decided, other_decisions
from synth_assets.plan.resolve import resolve
from synth_assets.plan.settings import DatasetSettings


def made(columns: tuple[str, ...], **tables: object) -> Decided:
    text = DataType(kind=Kind.TEXT, native="TEXT")
    table = Table(name="people", columns=tuple(Column(name=name, type=text, nullable=True) for name in columns))
    catalog = Catalog(dialect="sqlite", tables=(table,))
    settings = DatasetSettings.model_validate({"dataset": "d", "source": "s", "targets": ["t"], "tables": tables})
    return decided(resolve(settings, catalog), catalog)


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
