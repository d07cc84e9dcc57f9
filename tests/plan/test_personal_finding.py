import json
from collections.abc import Callable

import polars as pl
import pytest
from faker import Faker

from synth_assets.catalog.model import Column, DataType, Kind
from synth_assets.plan.personal import SURE_ENOUGH
from synth_assets.plan.personal_finding import find_personal_data, find_personal_paths

TEXT = DataType(kind=Kind.TEXT, native="text")


@pytest.fixture
def faker() -> Faker:
    faker = Faker("en_US")
    faker.seed_instance(3)
    return faker


def column(name: str, *, data_type: DataType = TEXT, comment: str | None = None) -> Column:
    return Column(name=name, type=data_type, comment=comment)


def values(make: Callable[[], object], n: int = 200) -> pl.Series:
    return pl.Series([str(make()) for _ in range(n)], dtype=pl.String)


def test_name_and_values_that_agree_make_each_other_surer(faker: Faker) -> None:
    named = find_personal_data(column("email"), table="t", values=pl.Series([None], dtype=pl.String))
    seen = find_personal_data(column("col17"), table="t", values=values(faker.email))
    both = find_personal_data(column("email"), table="t", values=values(faker.email))
    assert named is not None and seen is not None and both is not None
    assert both.confidence > named.confidence
    assert both.reason == "its name says that it is an e-mail address, and its values look like an e-mail address"
    assert seen.reason == "its values look like an e-mail address"


def test_the_name_tells_which_of_a_family_the_values_are(faker: Faker) -> None:
    found = find_personal_data(column("last_name"), table="customers", values=values(faker.first_name))
    assert found is not None
    assert found.kind == "last_name"


def test_values_that_are_surely_another_kind_say_more_than_the_name(faker: Faker) -> None:
    found = find_personal_data(column("username"), table="users", values=values(faker.email))
    assert found is not None
    assert found.kind == "email"


def test_a_name_whose_form_no_value_has_is_not_believed() -> None:
    status = pl.Series(["sent", "bounced"] * 20)
    found = find_personal_data(column("email"), table="mails", values=status)
    assert found is not None
    assert found.confidence < 0.5
    assert "do not look like it" in found.reason


def test_a_name_of_things_rules_out_what_only_form_speaks_for() -> None:
    numbers = values(iter(f"{number:05d}-{number * 7 % 1000:03d}" for number in range(10_000, 11_000)).__next__)
    assert find_personal_data(column("col4"), table="t", values=numbers) is not None
    assert find_personal_data(column("order_number"), table="t", values=numbers) is None
    assert find_personal_data(column("sku"), table="t", values=numbers) is None


def test_whole_numbers_are_looked_at_for_check_digits(faker: Faker) -> None:
    bigint = DataType(kind=Kind.INTEGER, native="bigint", bits=64)
    cards = pl.Series([int(faker.credit_card_number("visa")) for _ in range(50)])
    found = find_personal_data(column("n1", data_type=bigint), table="t", values=cards)
    assert found is not None
    assert found.kind == "credit_card_number"
    assert find_personal_data(column("n1", data_type=bigint), table="t", values=cards + 1) is None


def document(faker: Faker, number: int) -> str:
    return json.dumps(
        {
            "customer": {"name": faker.name(), "mails": [faker.email(), faker.email()]},
            "x": faker.phone_number(),
            "status": "open",
            "seen_by": {f"person{number}@example.com": faker.ipv4()},
        }
    )


@pytest.mark.parametrize("kind", [Kind.JSON, Kind.TEXT])
def test_documents_by_path(faker: Faker, kind: Kind) -> None:
    texts = pl.Series([document(faker, number) for number in range(60)])
    data_type = DataType(kind=kind, native="jsonb" if kind is Kind.JSON else "text")
    payload = column("payload", data_type=data_type)
    found = {one.path: one for one in find_personal_paths(payload, table="events", values=texts, min_group=10)}
    assert {path: one.kind for path, one in found.items()} == {
        "$.customer.mails[*]": "email",
        "$.customer.name": "full_name",
        "$.x": "phone",
        "$[*][*]": "ip_address",
    }
    assert found["$.customer.name"].reason.startswith("it is the name of a person, and its values look like")
    assert found["$.x"].reason == "its values look like a phone number"
    assert not any("@" in path for path in found)
    assert find_personal_data(payload, table="events", values=texts) is None


def test_texts_that_are_no_documents_have_no_paths(faker: Faker) -> None:
    assert find_personal_paths(column("c"), table="t", values=values(faker.email), min_group=10) == ()
    assert find_personal_paths(column("c"), table="t", values=pl.Series([1, 2]), min_group=10) == ()


def test_a_reason_never_holds_a_value(faker: Faker) -> None:
    texts = values(lambda: f"{faker.sentence(6)} {faker.email()}")
    found = find_personal_data(column("c"), table="t", values=texts)
    assert found is not None
    assert found.kind == "paragraph"
    assert found.reason == "some of its texts hold e-mail addresses"


def test_a_handful_of_codes_that_all_rows_share_is_nobodys_number() -> None:
    codes = pl.Series(["A", "B", "C", "D"] * 50)
    found = find_personal_data(column("tax_code"), table="orders", values=codes)
    assert found is not None
    assert found.confidence < SURE_ENOUGH
    assert found.reason.endswith("though many rows share each of its values")
    own = find_personal_data(column("tax_code"), table="orders", values=pl.Series([f"QX{n:05d}" for n in range(200)]))
    assert own is not None
    assert own.confidence >= SURE_ENOUGH


def test_streets_without_numbers_are_streets_alone() -> None:
    names = [f"{name}straße" for name in ("Goethe", "Schiller", "Garten", "Linden", "Haupt")] * 8
    alone = find_personal_data(column("strasse"), table="t", values=pl.Series(names))
    numbered = find_personal_data(column("strasse"), table="t", values=pl.Series([f"{name} 12" for name in names]))
    assert alone is not None and numbered is not None
    assert (alone.kind, numbered.kind) == ("street_name", "street_address")


DOCTORS = ("Dr. Anna Weiß", "Dr. José Ruiz", "Dr. Kenji Sato", "Dr. Ewa Nowak")
AGENTS = ("Anna Weiß", "José Ruiz", "Kenji Sato", "Ewa Nowak")
LOGINS = ("aweiss", "jruiz", "ksato", "enowak", "ward1")


@pytest.mark.parametrize(
    ("name", "few", "kind"),
    [
        ("verordnet_von", DOCTORS, "full_name"),
        ("agent", AGENTS, "full_name"),
        ("f7", AGENTS, "full_name"),
        ("f7", ("Smith, John", "Doe, Jane"), "full_name"),
        ("sales_rep", ("Anna", "Bob"), "first_name"),
        ("benutzer", LOGINS, "user_name"),
        ("signed_by", ("anna.kern", "b.meier", "c.ruiz"), "user_name"),
    ],
)
def test_a_few_names_are_names_though_many_rows_share_each(name: str, few: tuple[str, ...], kind: str) -> None:
    found = find_personal_data(column(name), table="tickets", values=pl.Series(few * 100))
    assert found is not None
    assert found.kind == kind
    assert found.confidence >= SURE_ENOUGH
    assert not any(value in found.reason for value in few)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("brand", ("Calvin Klein", "Ralph Lauren")),
        ("place", ("San Diego", "San Jose", "Santa Ana")),
        ("stage", ("In Progress", "On Hold")),
        ("department", ("Human Resources", "Customer Service", "Grace Period")),
        ("agent", ("web", "phone", "mail")),
        ("agent", ("agent-01", "agent-02", "agent-03")),
        ("parent", ("North", "South")),
        ("sold_by", ("store", "online")),
        ("member", ("gold", "silver", "bronze")),
        ("f7", ("anna", "bob", "carl")),
    ],
)
def test_labels_are_no_names(name: str, labels: tuple[str, ...]) -> None:
    assert find_personal_data(column(name), table="tickets", values=pl.Series(labels * 100)) is None
