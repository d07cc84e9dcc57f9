from collections.abc import Callable

import polars as pl
import pytest
from faker import Faker

from synth_assets.plan.personal import PERSONAL_KINDS
from synth_assets.plan.personal_content.classify import CONTENT_PATTERNS, classify_content


def values(make: Callable[[], object], n: int = 300) -> pl.Series:
    return pl.Series([str(make()) for _ in range(n)], dtype=pl.String)


@pytest.fixture
def faker() -> Faker:
    Faker.seed(1)
    return Faker("en_US")


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("email", "email"),
        ("url", "url"),
        ("iban", "iban"),
        ("credit_card_number", "credit_card_number"),
        ("ssn", "national_id"),
        ("ipv4", "ip_address"),
        ("ipv6", "ipv6_address"),
        ("mac_address", "mac_address"),
        ("uuid4", "uuid"),
        ("sha256", "hash"),
        ("user_agent", "user_agent"),
        ("phone_number", "phone"),
        ("street_address", "street_address"),
        ("address", "address"),
        ("name", "full_name"),
        ("first_name", "first_name"),
    ],
)
def test_kinds_by_their_values(faker: Faker, method: str, kind: str) -> None:
    found = classify_content(values(getattr(faker, method)))
    assert found is not None
    assert found.kind == kind
    assert found.confidence >= 0.5
    assert found.reason == f"its values look like {PERSONAL_KINDS[kind].label}"


@pytest.mark.parametrize(
    "method", ["date", "iso8601", "ean13", "isbn13", "color_name", "bs", "license_plate", "latitude"]
)
def test_values_that_tell_nothing(faker: Faker, method: str) -> None:
    found = classify_content(values(getattr(faker, method)))
    assert found is None or found.confidence < 0.5


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [None, None],
        ["", " "],
        ["2020-01-01", "2020-12-31"],
        ["April", "May", "June", "August"] * 50,
        ["1234567.89", "7654321.12"],
        ["A-100", "B-200"],
        ["123456789012", "123456789013"],
    ],
)
def test_dates_numbers_and_words_are_not_personal(texts: list[str | None]) -> None:
    assert classify_content(pl.Series(texts, dtype=pl.String)) is None


def test_check_digits_tell_numbers_apart() -> None:
    assert classify_content(pl.Series(["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"])) is not None
    assert classify_content(pl.Series(["DE88370400440532013000", "GB81 WEST 1234 5698 7654 32"])) is None
    card = classify_content(pl.Series(["4539 1488 0343 6467", "4111-1111-1111-1111", "378282246310005"]))
    assert card is not None
    assert card.kind == "credit_card_number"
    assert classify_content(pl.Series(["4539148803436468", "4111111111111112"])) is None


@pytest.mark.parametrize(
    "phone",
    ["+49 30 901820", "+55 (12) 3923-5555", "(171) 555-7788", "0621-08460", "030-0074321", "555-123-4567 x12"],
)
def test_phone_numbers_of_many_countries(phone: str) -> None:
    found = classify_content(pl.Series([phone]))
    assert found is not None
    assert found.kind == "phone"


def test_nulls_and_blanks_do_not_count(faker: Faker) -> None:
    mixed = pl.concat([values(faker.email, 20), pl.Series([None, ""] * 500, dtype=pl.String)])
    found = classify_content(mixed)
    assert found is not None
    assert found.confidence == 1.0


def test_a_column_of_which_some_values_are_personal_is_told_with_little_confidence(faker: Faker) -> None:
    mixed = pl.concat([values(faker.email, 40), pl.Series([f"walk-in {i}" for i in range(60)])])
    found = classify_content(mixed)
    assert found is not None
    assert (found.kind, found.confidence) == ("email", 0.2)
    assert found.reason.startswith("some of its values look like")
    assert classify_content(mixed.tail(70)) is None


def test_every_content_pattern_is_of_a_known_kind() -> None:
    assert {pattern.kind for pattern in CONTENT_PATTERNS} <= set(PERSONAL_KINDS)


@pytest.mark.parametrize(
    ("locale", "method", "kind"),
    [
        ("pl_PL", "ssn", "national_id"),
        ("it_IT", "ssn", "national_id"),
        ("es_ES", "nif", "national_id"),
        ("nl_NL", "ssn", "national_id"),
        ("pt_BR", "cpf", "national_id"),
        ("ja_JP", "name", "full_name"),
        ("zh_CN", "name", "full_name"),
        ("ko_KR", "name", "full_name"),
        ("ru_RU", "name", "full_name"),
        ("de_DE", "street_address", "street_address"),
        ("fr_FR", "street_address", "street_address"),
        ("nl_NL", "postcode", "postcode"),
        ("en_GB", "postcode", "postcode"),
        ("de_DE", "phone_number", "phone"),
        ("fr_FR", "phone_number", "phone"),
    ],
)
def test_kinds_of_several_countries(locale: str, method: str, kind: str) -> None:
    faker = Faker(locale)
    faker.seed_instance(4)
    found = classify_content(values(getattr(faker, method)))
    assert found is not None
    assert (found.kind, found.confidence >= 0.5) == (kind, True)


@pytest.mark.parametrize(
    "texts",
    [
        [f"{chair} {place}" for chair in ("Chair", "Table", "Lamp") for place in ("Oslo", "Paris", "Austin")] * 30,
        ["Amber", "Violet", "Olive", "Rose", "Jade", "Ruby", "Scarlet", "Ivory", "Coral", "Hazel", "Black"] * 30,
        [f"Model {number}" for number in range(300)],
        [f"{number}:{number % 60:02d}:30" for number in range(200)],
        [str(1_600_000_000 + 86_411 * number) for number in range(300)],
        [str(300_000_000 + number) for number in range(300)],
        [f"2024-{number * 7919 % 1_000_000:06d}" for number in range(300)],
        ["the soft chair made of oak", "a table for the garden, quite strong"] * 100,
    ],
)
def test_things_are_not_people(texts: list[str]) -> None:
    found = classify_content(pl.Series(texts))
    assert found is None or found.confidence < 0.5


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("52.52000, 13.40500", "coordinates"),
        ("ghp_" + "a1B2c3D4" * 4, "token"),
        ("AKIAIOSFODNN7EXAMPLE", "token"),
        ("$2b$12$" + "a1B2c3D4." * 5, "password"),
        ("00-1B-44-11-3A-B7", "mac_address"),
        ("fe80::1", "ipv6_address"),
        ("Anna Kern <anna@example.com>", "email"),
    ],
)
def test_forms_that_tell_by_themselves(text: str, kind: str) -> None:
    found = classify_content(pl.Series([text] * 30))
    assert found is not None
    assert (found.kind, found.confidence) == (kind, 1.0)


def test_only_some_kinds_are_looked_for_if_asked(faker: Faker) -> None:
    assert classify_content(values(faker.email), kinds=frozenset({"phone"})) is None


def test_one_thing_with_numbers_is_no_street() -> None:
    """Words such as 'Parkplatz' end as the names of squares do."""
    spaces = [f"Parkplatz Nr. {number}" for number in range(1, 90)]
    months = [f"Miete {month:02}/{year}" for year in range(2015, 2025) for month in range(1, 13)]
    assert classify_content(pl.Series(spaces + months)) is None
    streets = [
        f"{name}platz {number}" for name in ("Markt", "Schul", "Kirch", "Burg", "Dom") for number in range(1, 30)
    ]
    found = classify_content(pl.Series(streets))
    assert found is not None
    assert found.kind == "street_address"
