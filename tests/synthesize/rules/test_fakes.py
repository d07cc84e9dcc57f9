import hashlib
import re
import unicodedata

import numpy as np
import polars as pl
import pytest
from faker import Faker
from faker.config import AVAILABLE_LOCALES

from synth_assets.catalog.model import DataType, Kind
from synth_assets.plan.fake_kinds import FAKE_KINDS, Nature, fits
from synth_assets.plan.personal import PERSONAL_KINDS
from synth_assets.synthesize.rules.errors import CapacityTooSmall, TreatmentDoesNotFit
from synth_assets.synthesize.rules.kinds import FAKES
from synth_assets.synthesize.rules.locales import CANDIDATES
from synth_assets.synthesize.rules.pools import pools
from synth_assets.synthesize.rules.rules import Rules

INTEGER = DataType(kind=Kind.INTEGER, native="bigint", bits=64)
# A value of the others would be wrong if it were cut.
WHOLE_KINDS = {
    "iban", "credit_card_number", "credit_card_expiry", "ean", "isbn", "uuid", "hex_color",
    "ip_address", "ipv6_address", "mac_address",
}  # fmt: skip
SHORTENED_KINDS = [
    name for name, kind in FAKE_KINDS.items() if kind.nature in (Nature.TEXT, Nature.DIGITS) and name not in WHOLE_KINDS
]


def text(length: int) -> DataType:
    return DataType(kind=Kind.TEXT, native=f"varchar({length})", length=length)


def test_every_kind_of_personal_data_can_be_faked():
    assert set(PERSONAL_KINDS) <= set(FAKE_KINDS)


def test_every_kind_that_stands_alone_has_its_function():
    assert set(FAKES) == {name for name, kind in FAKE_KINDS.items() if not kind.group}


@pytest.mark.parametrize("kind", FAKE_KINDS)
def test_every_kind_fills_a_text_column(table, kind):
    values = table.fake("c", ["something else"] * 3, kind, nullable=False).sample(200)["c"]
    assert values.dtype == pl.String
    assert values.null_count() == 0
    assert values.str.len_chars().min() > 0
    assert values.n_unique() > 1


@pytest.mark.parametrize("kind", SHORTENED_KINDS)
def test_every_kind_that_may_be_cut_fits_a_short_unique_column(table, kind):
    length = 12 if kind == "email" else 6
    values = table.fake("c", ["other"] * 3, kind, type=text(length), unique=True).sample(100)["c"]
    assert values.str.len_chars().max() <= length
    assert values.str.to_lowercase().n_unique() == 100


@pytest.mark.parametrize(
    ("kind", "data_type", "expected"),
    [
        ("phone", INTEGER, pl.Int64),
        ("credit_card_number", INTEGER, pl.Int64),
        ("postcode", DataType(kind=Kind.INTEGER, native="smallint", bits=16), pl.Int64),
        ("age", INTEGER, pl.Int64),
        ("latitude", DataType(kind=Kind.DECIMAL, native="numeric(9,6)", precision=9, scale=6), pl.Decimal(9, 6)),
        ("birth_date", DataType(kind=Kind.DATE, native="date"), pl.Date),
        ("birth_date", DataType(kind=Kind.DATETIME, native="timestamptz", timezone=True), pl.Datetime("us", "UTC")),
        ("time", DataType(kind=Kind.TIME, native="time"), pl.Time),
        ("boolean", DataType(kind=Kind.BOOLEAN, native="boolean"), pl.Boolean),
        ("ip_address", DataType(kind=Kind.OTHER, native="inet"), pl.String),
        ("uuid", DataType(kind=Kind.UUID, native="uuid"), pl.String),
    ],
)
def test_fakes_take_the_type_of_their_column(table, kind, data_type, expected):
    source = pl.Series("c", [None] * 3, dtype=expected)
    values = table.fake("c", source, kind, type=data_type).sample(500)["c"]
    assert values.dtype == expected
    assert values.null_count() == 0
    if data_type.bits == 16:
        assert values.max() < 2**15


def test_fakes_that_the_type_cannot_hold_are_refused(table):
    with pytest.raises(TreatmentDoesNotFit, match=r"people\.c .*fake email.*bigint"):
        table.fake("c", [1, 2], "email", type=INTEGER).fit()
    assert not fits("email", INTEGER)


def test_an_unknown_locale_is_refused(table):
    with pytest.raises(TreatmentDoesNotFit, match="xx_XX"):
        table.fake("c", ["a"], "city", locale="xx_XX").fit()


def test_names_mail_and_login_of_a_row_agree(table):
    for kind in ("first_name", "last_name", "full_name", "email", "user_name"):
        table.fake(kind, ["x"] * 5, kind, unique=kind in ("email", "user_name"))
    people = table.sample(5_000)
    assert (people["first_name"] + " " + people["last_name"] == people["full_name"]).all()
    first, last = (people[name].str.to_lowercase() for name in ("first_name", "last_name"))
    mail = people["email"].str.extract(r"^([a-z.]+?)\d*@")
    assert (mail == first + "." + last.str.replace_all(r"[^a-z]", "")).all()
    login = people["user_name"].str.extract(r"^([a-z]+)\d*$")
    assert (login == first.str.head(1) + last.str.replace_all(r"[^a-z]", "")).all()
    assert people["email"].n_unique() == people["user_name"].n_unique() == 5_000


def test_mail_goes_to_nobody(table):
    mail = table.fake("email", ["x"], "email").sample(1_000)["email"]
    assert mail.str.contains(r"@example\.(com|org|net)$").all()


def test_two_people_in_a_row_are_two(table):
    for prefix in ("billing", "shipping"):
        table.fake(f"{prefix}_name", ["x"], "full_name").fake(f"{prefix}_mail", ["x"], "email")
    rows = table.sample(500)
    assert (rows["billing_name"] != rows["shipping_name"]).mean() > 0.95
    for prefix in ("billing", "shipping"):
        first = rows[f"{prefix}_name"].str.to_lowercase().str.extract(r"^(\w+)")
        assert (rows[f"{prefix}_mail"].str.extract(r"^(\w+?)\.") == first).all()


def test_a_second_address_of_one_person_is_another(table):
    table.fake("full_name", ["x"], "full_name").fake("mail", ["x"], "email").fake("work_mail", ["x"], "email")
    rows = table.sample(500)
    assert (rows["mail"] != rows["work_mail"]).all()
    last = rows["full_name"].str.to_lowercase().str.extract(r"(\w+)$")
    assert rows["work_mail"].str.contains(last).all()


def test_state_and_postcode_of_a_row_agree(table):
    for kind in ("street_address", "city", "state", "postcode"):
        table.fake(kind, ["x"], kind)
    rows = table.sample(2_000)
    regions = {r["name"]: (r["lowest"], r["highest"]) for r in pools("en_US").regions.to_dicts()}
    for state, postcode in rows.select("state", "postcode").iter_rows():
        low, high = regions[state]
        assert low <= int(postcode) <= high
    assert rows["street_address"].str.contains(r"^\d+ \w").all()


def test_short_columns_of_states_and_countries_hold_codes(table):
    table.fake("state", ["x"], "state", type=text(2)).fake("country", ["x"], "country", type=text(3))
    rows = table.sample(200)
    assert rows["state"].str.contains("^[A-Z]{2}$").all()
    assert rows["country"].str.contains("^[A-Z]{3}$").all()


def test_states_and_countries_are_codes_where_those_of_the_source_are(table):
    table.fake("state", ["SP", "QC"], "state").fake("country", ["DE", "US"], "country")
    table.fake("gender", ["F", "M"], "gender").fake("name_of_country", ["Germany", "US"], "country")
    rows = table.sample(200)
    assert rows["state"].str.contains("^[A-Z]{2}$").all()
    assert rows["country"].str.contains("^[A-Z]{2}$").all()
    assert set(rows["gender"]) <= {"F", "M", "O"}
    assert rows["name_of_country"].str.len_chars().mean() > 4


def test_no_whole_identifier_of_the_source_comes_out(table, rng):
    kinds = ("full_name", "email", "phone", "street_address", "credit_card_number", "iban", "user_name")
    for kind in kinds:
        table.fake(kind, ["x"], kind)
    # The source is what the generator itself likes to make, so that collisions are certain without the check.
    made = table.sample(3_000, seed=5)
    for name in kinds:
        table.source[name] = made[name].str.to_uppercase()
    again = table.sample(3_000, seed=5)
    for name in kinds:
        assert not set(again[name].str.to_lowercase()) & set(made[name].str.to_lowercase()), name


def test_names_that_the_source_has_are_avoided_while_there_are_others(table):
    first_names = pools("en_US").first_names
    held = pl.concat([names.head(len(names) - 60) for names in first_names]).unique()
    values = table.fake("first_name", held, "first_name").sample(2_000)["first_name"]
    assert not set(values) & set(held)


def test_pairs_of_names_are_never_those_of_the_source_even_if_all_names_are(table, rng):
    parts = pools("ja_JP")
    first = pl.concat(parts.first_names).unique(maintain_order=True)
    last = parts.last_names[0]
    # Three quarters of all combinations that there are, so that hardly any is left.
    pairs = first.to_frame("first").join(last.to_frame("last"), how="cross").sample(fraction=0.75, seed=1)
    table.fake("first", pairs["first"], "first_name", locale="ja_JP")
    table.fake("last", pairs["last"], "last_name", locale="ja_JP")
    made = table.sample(2_000)
    assert not set(made.iter_rows()) & set(pairs.iter_rows())


def test_unique_columns_are_unique_beyond_the_pool(table):
    names = table.fake("name", ["x"], "full_name", unique=True, locale="ja_JP").sample(20_000)["name"]
    assert names.n_unique() == 20_000


def test_unique_column_too_short_is_refused_before_anything_is_made(table):
    table.fake("code", ["x"], "country_code", type=text(2), unique=True)
    rules = table.fit()
    with pytest.raises(CapacityTooSmall) as refused:
        rules.sample(100_000, rng=np.random.default_rng(0), nulls={})
    assert (refused.value.table, refused.value.column) == ("people", "code")
    assert refused.value.capacity < 2_000
    assert "scale" in refused.value.next_step


def test_a_short_unique_column_is_filled_to_the_last_value(table):
    length_one = table.fake("code", ["zz"], "country_code", type=text(1), unique=True)
    values = length_one.sample(36)["code"]
    assert values.str.to_lowercase().n_unique() == 36
    with pytest.raises(CapacityTooSmall):
        length_one.sample(37)


def test_phones_look_like_those_of_the_source(table):
    source = [f"(0{area}) {number:04d}-{number * 7 % 10_000:04d}" for area in (30, 40) for number in range(1, 400)]
    values = table.fake("phone", source, "phone", locale="de_DE").sample(1_000)["phone"]
    assert values.str.contains(r"^\(0[34]0\) \d{4}-\d{4}$").all()
    assert not set(values) & set(source)


def test_paragraphs_are_as_long_as_those_of_the_source(table):
    source = ["It does the job and more.", "Best purchase of the whole year.", "Never again, sadly."] * 50
    values = table.fake("body", source, "paragraph").sample(500)["body"]
    assert 15 < values.str.len_chars().mean() < 40
    assert not values.str.contains("(?i)purchase|again").any()


@pytest.mark.parametrize("locale", ["de_DE", "ja_JP", "ru_RU", "zh_CN", "fr_FR", "pt_BR", "en_GB", "ar_AA"])
def test_locales(table, locale):
    for kind in FAKE_KINDS:
        table.fake(kind, ["x"], kind, locale=locale)
    rows = table.sample(50)
    assert rows.null_count().sum_horizontal().item() == 0
    if locale == "ru_RU":
        assert all("CYRILLIC" in unicodedata.name(name[0]) for name in rows["full_name"])
    assert rows["email"].str.contains(r"^[a-z0-9.]+@").all()


def test_card_numbers_pass_luhn(table):
    for number in table.fake("card", ["x"], "credit_card_number").sample(300)["card"]:
        digits = [int(digit) for digit in reversed(number)]
        doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[1::2]]
        assert (sum(digits[::2]) + sum(doubled)) % 10 == 0


def test_ibans_pass_mod_97(table):
    for number in table.fake("iban", ["x"], "iban", locale="de_DE").sample(300)["iban"]:
        turned = number[4:] + number[:4]
        assert int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1
        assert re.fullmatch(r"DE\d{20}", number)


def test_ibans_are_of_the_country_of_the_names_beside_them(table):
    table.fake("first", ["Wolfgang", "Jürgen", "Heinrich", "Günther", "Ingeborg"] * 4, "first_name")
    table.fake("last", ["Schmidt", "Müller", "Schneider", "Fischer", "Weber"] * 4, "last_name")
    numbers = table.fake("iban", ["x"] * 20, "iban").sample(50)["iban"]
    assert numbers.str.starts_with("DE").all()


def test_article_numbers_pass_their_check(table):
    for number in table.fake("ean", ["x"], "ean").sample(300)["ean"]:
        digits = [int(digit) for digit in number]
        assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_pools_are_the_same_in_every_process():
    from synth_assets.synthesize.rules.pools import Pools

    one, other = Pools("en_US"), Pools("en_US")
    for part in ("cities", "streets", "companies"):
        assert getattr(one, part).equals(getattr(other, part))


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "nl_NL", "pl_PL", "ja_JP"])
def test_a_city_has_one_state_and_postcodes_that_begin_alike(table, locale):
    for kind in ("city", "state", "postcode"):
        table.fake(kind, ["x"], kind, locale=locale)
    rows = table.sample(20_000)
    by_city = rows.group_by("city").agg(pl.col("state").n_unique(), pl.col("postcode").str.head(2).n_unique())
    assert by_city["state"].max() == 1
    assert by_city["postcode"].max() == 1


@pytest.mark.parametrize("locale", ["de_DE", "fr_FR", "pl_PL", "ru_RU", "ja_JP", "sv_SE", "tr_TR", "el_GR"])
def test_fakes_are_of_the_locale_of_the_source(table, locale):
    faker = Faker(locale)
    faker.seed_instance(6)
    table.fake("name", [faker.name() for _ in range(200)], "full_name").fake("mail", ["x"] * 200, "email")
    made = table.sample(500)
    parts = pools(locale)
    known = pl.concat([*parts.first_names, *parts.last_names]).str.split(" ").explode().implode()
    words = made["name"].str.split(" ").explode()
    assert words.is_in(known).mean() > 0.9


def test_a_locale_of_the_plan_is_that_of_the_whole_row(table):
    table.fake("first", ["John"] * 30, "first_name").fake("last", ["Smith"] * 30, "last_name", locale="ru_RU")
    assert table.sample(50)["first"].str.contains(r"^\p{Cyrillic}+$").all()


@pytest.mark.parametrize("locale", CANDIDATES)
def test_every_locale_that_is_found_can_be_made(table, locale):
    for kind in (
        "full_name",
        "email",
        "user_name",
        "address",
        "postcode",
        "state",
        "phone",
        "company",
        "job",
        "national_id",
    ):
        table.fake(kind, ["x"], kind, locale=locale)
    assert table.sample(20).null_count().sum_horizontal().item() == 0


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("hash", lambda digest: digest[:40]),
        ("hash", lambda digest: digest[:32].upper()),
        ("password", lambda digest: f"$2b$12${digest[:53]}"),
        ("token", lambda digest: f"sk_live_{digest[:24]}"),
    ],
)
def test_hashes_and_secrets_are_as_long_and_of_such_characters_as_those_of_the_source(table, kind, form):
    source = [form(hashlib.sha256(str(number).encode()).hexdigest()) for number in range(500)]
    made = table.fake("value", source, kind).sample(1_000)["value"]
    assert not set(made) & set(source)
    assert set(made.str.len_chars()) == {len(source[0])}
    signs = source[0][: len(source[0]) - 20]
    assert made.str.starts_with(signs[:3] if kind != "hash" else "").all()
    letters = "0-9A-F" if source[0].isupper() else "0-9a-f"
    assert made.str.slice(len(source[0]) - 20).str.contains(f"^[{letters}]+$").all()


@pytest.mark.parametrize(
    ("kind", "written"),
    [("building_number", "{}"), ("street_address", "Hauptstr. {}"), ("address", "{} Main St, Dover")],
)
@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR"])
def test_house_numbers_are_as_long_as_those_of_the_source(table, folder, kind, written, locale):
    source = [written.format(number % 240 + 1) for number in range(3_000)]
    table.fake("place", source, kind, locale=locale).fit().save(folder)
    made = Rules.load(folder).sample(3_000, rng=np.random.default_rng(0), nulls={})["place"]
    numbers = made.str.extract(r"(?:^|\s)(\d+)(?:$|[\s,])")
    assert not made.str.contains(r"\d/|\d-\d").any()
    lengths = [float((numbers.str.len_chars() == digits).mean()) for digits in (1, 2, 3)]
    assert lengths == pytest.approx([9 / 240, 90 / 240, 141 / 240], abs=0.05)


@pytest.mark.parametrize("locale", [one for one in sorted(AVAILABLE_LOCALES) if "_" in one and one != "fr_QC"])
def test_people_of_every_locale_have_many_names(locale):
    for names in (*pools(locale).first_names, *pools(locale).last_names):
        assert "Doe" not in set(names) or len(names) > 100
        assert len(names) >= 5
