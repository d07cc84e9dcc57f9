import pytest

from synth_assets.catalog.model import Column, DataType, Kind
from synth_assets.plan.fake_kinds import FAKE_KINDS
from synth_assets.plan.personal import PERSONAL_KINDS
from synth_assets.plan.personal_names import classify_name, is_about_people, is_of_a_thing, words_of
from synth_assets.plan.personal_words import PHRASES, TOLD_BY_COMMENTS


def column(name: str, kind: Kind = Kind.TEXT, *, length: int | None = None, comment: str | None = None) -> Column:
    return Column(name=name, type=DataType(kind=kind, native=kind.value, length=length), comment=comment)


def kind_of(table: str, name: str, kind: Kind = Kind.TEXT, *, length: int | None = None) -> str | None:
    found = classify_name(column(name, kind, length=length), table=table)
    return found.kind if found else None


def test_every_personal_kind_can_be_faked() -> None:
    assert set(PERSONAL_KINDS) <= set(FAKE_KINDS)
    assert set(PHRASES) <= set(PERSONAL_KINDS)
    assert set(TOLD_BY_COMMENTS) <= set(PHRASES)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("BillingPostalCode", ("billing", "postal", "code")),
        ("nameFirst", ("name", "first")),
        ("HomePhone2", ("home", "phone", "2")),
        ("customerIPAddress", ("customer", "ip", "address")),
        ("E-Mail Adresse", ("e", "mail", "adresse")),
        ("Straße", ("strasse",)),
        ("prénom", ("prenom",)),
        ("", ()),
    ],
)
def test_words_of_an_identifier(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


CHINOOK = {
    ("Customer", "FirstName"): "first_name",
    ("Customer", "LastName"): "last_name",
    ("Customer", "Company"): "company",
    ("Customer", "Address"): "street_address",
    ("Customer", "City"): "city",
    ("Customer", "State"): "state",
    ("Customer", "Country"): "country",
    ("Customer", "PostalCode"): "postcode",
    ("Customer", "Phone"): "phone",
    ("Customer", "Fax"): "phone",
    ("Customer", "Email"): "email",
    ("Employee", "Title"): "job",
    ("Invoice", "BillingAddress"): "street_address",
    ("Invoice", "BillingPostalCode"): "postcode",
    ("Track", "Composer"): "full_name",
    ("Track", "Name"): None,
    ("Artist", "Name"): None,
    ("Album", "Title"): None,
    ("Genre", "Name"): None,
}
NORTHWIND = {
    ("Customers", "CompanyName"): "company",
    ("Customers", "ContactName"): "full_name",
    ("Customers", "ContactTitle"): "job",
    ("Customers", "Region"): "state",
    ("Customers", "CustomerID"): None,
    ("Employees", "HomePhone"): "phone",
    ("Employees", "TitleOfCourtesy"): None,
    ("Employees", "Notes"): "paragraph",
    ("Employees", "PhotoPath"): "url",
    ("Orders", "ShipName"): "full_name",
    ("Orders", "ShipAddress"): "street_address",
    ("Orders", "ShipVia"): None,
    ("Products", "ProductName"): None,
    ("Products", "QuantityPerUnit"): None,
    ("Categories", "CategoryName"): None,
    ("Territories", "TerritoryDescription"): None,
    ("Suppliers", "HomePage"): "url",
}
LAHMAN = {
    ("People", "nameFirst"): "first_name",
    ("People", "nameLast"): "last_name",
    ("People", "nameGiven"): "first_name",
    ("People", "birthCity"): "city",
    ("People", "deathCountry"): "country",
    ("People", "bats"): None,
    ("People", "playerID"): None,
    ("Schools", "name_full"): None,
    ("Teams", "name"): None,
    ("TeamsFranchises", "franchName"): None,
    ("Parks", "parkname"): None,
    ("HallOfFame", "votedBy"): None,
}
HELD_TO_BE_PERSONAL = {
    ("customers", "email_address"): "email",
    ("customers", "e_mail"): "email",
    ("customers", "workEmail"): "email",
    ("customers", "email2"): "email",
    ("customers", "phone_number"): "phone",
    ("customers", "mobile_phone_1"): "phone",
    ("customers", "address_line_1"): "street_address",
    ("customers", "address_line_2"): "secondary_address",
    ("customers", "house_number"): "building_number",
    ("customers", "zip"): "postcode",
    ("customers", "name"): "full_name",
    ("hr_employee", "name"): "full_name",
    ("user_profiles", "display_name"): "full_name",
    ("orders", "customer_name"): "full_name",
    ("orders", "salesperson"): "full_name",
    ("orders", "created_by"): "user_name",
    ("users", "username"): "user_name",
    ("users", "password_hash"): "password",
    ("users", "api_key"): "token",
    ("logins", "last_login_ip"): "ip_address",
    ("devices", "mac_address"): "mac_address",
    ("payments", "card_number"): "credit_card_number",
    ("payments", "cvv"): "credit_card_security_code",
    ("payments", "iban"): "iban",
    ("payments", "account_number"): "bank_account",
    ("patients", "ssn"): "national_id",
    ("staff", "passport_no"): "passport_number",
    ("vehicles", "license_plate"): "license_plate",
    ("kunden", "vorname"): "first_name",
    ("kunden", "nachname"): "last_name",
    ("kunden", "strasse"): "street_address",
    ("kunden", "plz"): "postcode",
    ("kunden", "geburtsdatum"): "birth_date",
    ("clients", "prénom"): "first_name",
    ("clients", "code_postal"): "postcode",
    ("clientes", "correo_electronico"): "email",
    ("clientes", "apellidos"): "last_name",
    ("pedidos", "nombre_cliente"): "full_name",
    ("clienti", "codice_fiscale"): "tax_id",
    ("clienti", "cognome"): "last_name",
    ("klanten", "achternaam"): "last_name",
    ("pessoas", "endereco"): "street_address",
}
HELD_TO_BE_NONE = [
    ("customers", "email_status"),
    ("customers", "email_verified"),
    ("customers", "phone_type"),
    ("customers", "has_phone"),
    ("customers", "customer_id"),
    ("files", "file_name"),
    ("users", "file_name"),
    ("user_roles", "name"),
    ("customer_types", "name"),
    ("jobs", "batch_job"),
    ("hosts", "server_address"),
    ("products", "product_name"),
    ("tables", "table_name"),
    ("events", "velocity"),
    ("events", "statement"),
    ("stats", "CS"),
]


@pytest.mark.parametrize(
    ("table", "name", "expected"),
    [(*place, kind) for place, kind in {**CHINOOK, **NORTHWIND, **LAHMAN, **HELD_TO_BE_PERSONAL}.items()]
    + [(*place, None) for place in HELD_TO_BE_NONE],
)
def test_columns_by_their_names(table: str, name: str, expected: str | None) -> None:
    assert kind_of(table, name) == expected


@pytest.mark.parametrize(
    ("name", "kind", "length", "expected"),
    [
        ("email", Kind.BOOLEAN, None, None),
        ("email", Kind.INTEGER, None, None),
        ("email", Kind.TEXT, 3, None),
        ("state", Kind.TEXT, 2, "state"),
        ("phone", Kind.INTEGER, None, "phone"),
        ("birth_date", Kind.DATE, None, "birth_date"),
        ("birth_date", Kind.TEXT, None, "birth_date"),
        ("latitude", Kind.FLOAT, None, "latitude"),
        ("last_login", Kind.DATETIME, None, None),
    ],
)
def test_the_type_must_be_able_to_hold_it(name: str, kind: Kind, length: int | None, expected: str | None) -> None:
    assert kind_of("customers", name, kind, length=length) == expected


@pytest.mark.parametrize(("native", "kind"), [("inet", "ip_address"), ("macaddr", "mac_address"), ("xml", None)])
def test_network_types_tell_by_themselves(native: str, kind: str | None) -> None:
    found = classify_name(Column(name="origin", type=DataType(kind=Kind.OTHER, native=native)))
    assert (found.kind if found else None) == kind


def test_a_comment_tells_what_the_name_does_not() -> None:
    found = classify_name(column("c17", comment="The customer's e-mail address, lower case"))
    assert found is not None
    assert (found.kind, found.reason) == ("email", "its comment speaks of an e-mail address")
    assert classify_name(column("c18", comment="Number of items in the basket")) is None


@pytest.mark.parametrize("table", ["customers", "HR_Employee", "user_profiles", "People", "tblPatients", "kunden"])
def test_tables_about_people(table: str) -> None:
    assert is_about_people(table)


@pytest.mark.parametrize("table", ["user_roles", "CustomerDemographics", "Artist", "", "orders"])
def test_tables_about_other_things(table: str) -> None:
    assert not is_about_people(table)


@pytest.mark.parametrize(
    ("table", "name", "expected"),
    [
        ("klienci", "imię", "first_name"),
        ("klienci", "Numer Telefonu", "phone"),
        ("müşteriler", "doğum_tarihi", "birth_date"),
        ("клиенты", "Номер телефона", "phone"),
        ("клиенты", "фамилия", "last_name"),
        ("Πελάτες", "Ονοματεπώνυμο", "full_name"),
        ("عملاء", "رقم الهاتف", "phone"),
        ("לקוחות", "שם פרטי", "first_name"),
        ("ग्राहक", "जन्म तिथि", "birth_date"),
        ("客户", "身份证号码", "national_id"),
        ("顧客", "電話番号1", "phone"),
        ("고객", "이메일주소", "email"),
        ("kunder", "födelsedatum", "birth_date"),
        ("kunden", "Kundentelefonnummer", "phone"),
        ("orte", "laengengrad", "longitude"),
        ("商品", "商品名", None),
        ("urunler", "urun_adi", None),
        ("audio", "headphone", None),
    ],
)
def test_names_in_many_languages(table: str, name: str, expected: str | None) -> None:
    assert kind_of(table, name) == expected


@pytest.mark.parametrize("name", ["sku", "order_no", "OrderNumber", "product_name", "commit_sha", "invoice_id"])
def test_names_of_things(name: str) -> None:
    assert is_of_a_thing(name)


@pytest.mark.parametrize("name", ["col17", "email", "name", "code", ""])
def test_names_that_are_not_of_things(name: str) -> None:
    assert not is_of_a_thing(name)
