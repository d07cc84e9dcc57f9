"""The half that the product was tuned on: values of Faker with names in snake case, and those of tuning_mimesis.py."""

import json
import random
from collections.abc import Iterator

from faker import Faker

from benchmarks.labelled_columns.column import BIGINT, DATE, DOUBLE, LabelledColumn, labelled
from benchmarks.labelled_columns.things import things
from benchmarks.labelled_columns.tuning_mimesis import tuning_columns_of_mimesis

LOCALES = ("en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "pl_PL", "ru_RU", "ja_JP", "ar_SA", "sv_SE")
_OF_PEOPLE = {
    "en_US": ("customers", "full_name", "first_name", "last_name", "email_address", "phone_number", "street_address", "zip_code", "birth_date"),
    "de_DE": ("kunden", "kundenname", "vorname", "nachname", "email", "telefonnummer", "strasse", "plz", "geburtsdatum"),
    "fr_FR": ("clients", "nom_complet", "prénom", "nom_famille", "courriel", "téléphone", "adresse", "code_postal", "date_naissance"),
    "es_ES": ("clientes", "nombre_completo", "nombre_pila", "apellidos", "correo_electronico", "telefono", "direccion", "codigo_postal", "fecha_nacimiento"),
    "it_IT": ("clienti", "nome_completo", "prenom", "cognome", "posta_elettronica", "telefono", "indirizzo", "codice_postale", "data_nascita"),
    "pt_BR": ("clientes", "nome_completo", "primeiro_nome", "sobrenome", "e_mail", "celular", "endereco", "cep", "data_nascimento"),
    "nl_NL": ("klanten", "volledige_naam", "voornaam", "achternaam", "emailadres", "telefoonnummer", "straatnaam", "postcode", "geboortedatum"),
    "pl_PL": ("klienci", "imie_i_nazwisko", "imie", "nazwisko", "adres_email", "numer_telefonu", "ulica", "kod_pocztowy", "data_urodzenia"),
    "ru_RU": ("клиенты", "полное_имя", "имя", "фамилия", "электронная_почта", "номер_телефона", "адрес", "почтовый_индекс", "дата_рождения"),
    "ja_JP": ("顧客", "氏名", "名", "姓", "メールアドレス", "電話番号", "住所", "郵便番号", "生年月日"),
    "ar_SA": ("عملاء", "الاسم_الكامل", "الاسم_الأول", "اسم_العائلة", "البريد_الالكتروني", "رقم_الهاتف", "العنوان", "الرمز_البريدي", "تاريخ_الميلاد"),
    "sv_SE": ("kunder", "fullständigt_namn", "förnamn", "efternamn", "e_post", "telefonnummer", "gatuadress", "postnummer", "födelsedatum"),
}  # fmt: skip
_MEANINGLESS = ("col17", "misc", "feld_3", "attr_b", "value_2", "x", "data", "campo9", "v08", "info")
_IDENTITY = ("en_US", "es_ES", "it_IT", "fr_FR", "pt_BR", "pl_PL")
_TELLING_POSTCODES = ("pl_PL", "pt_BR", "nl_NL", "ja_JP")


def tuning_half() -> Iterator[LabelledColumn]:
    """About 570 columns."""
    chance = random.Random(7)
    for locale in LOCALES:
        fake = Faker(locale)
        fake.seed_instance(11)
        yield from _people(locale, fake)
        yield from _people_without_names(locale, fake, chance)
    fake = Faker("en_US")
    fake.seed_instance(12)
    yield from _machines(fake, chance)
    yield from _documents(fake)
    yield from things(chance, lambda _: chance.choice(_MEANINGLESS), styles=("plain",))
    yield from tuning_columns_of_mimesis()


def _people(locale: str, fake: Faker) -> Iterator[LabelledColumn]:
    table, full, first, last, mail, phone, street, postcode, born = _OF_PEOPLE[locale]
    yield labelled("full_name", full, fake.name, table=table)
    yield labelled("first_name", first, fake.first_name, table=table)
    yield labelled("last_name", last, fake.last_name, table=table)
    yield labelled("email", mail, fake.email, table=table)
    yield labelled("phone", phone, fake.phone_number, table=table)
    yield labelled("street_address", street, fake.street_address, table=table)
    yield labelled("postcode", postcode, fake.postcode, table=table)
    yield labelled("birth_date", born, fake.date_of_birth, table=table, data_type=DATE)
    yield labelled(None, "bestellt_am" if locale == "de_DE" else "ordered_on", fake.date_this_decade, data_type=DATE)


def _people_without_names(locale: str, fake: Faker, chance: random.Random) -> Iterator[LabelledColumn]:
    def name() -> str:
        return chance.choice(_MEANINGLESS)

    yield labelled("full_name", name(), fake.name)
    yield labelled("email", name(), fake.email)
    yield labelled("phone", name(), fake.phone_number)
    yield labelled("street_address", name(), fake.street_address)
    yield labelled("first_name", name(), fake.first_name)
    if locale in _IDENTITY:
        yield labelled("national_id", name(), fake.cpf if locale == "pt_BR" else fake.ssn)
    if locale in _TELLING_POSTCODES:
        yield labelled("postcode", name(), fake.postcode)
    if locale in ("en_US", "de_DE", "fr_FR"):
        yield labelled("address", name(), lambda: fake.address().replace("\n", ", "))
        yield labelled("iban", name(), fake.iban)
        yield labelled("paragraph", name(), lambda: _note(fake))


def _note(fake: Faker) -> str:
    held = fake.random_element([fake.email, fake.phone_number, lambda: "", lambda: ""])()
    return f"{fake.sentence(8)} {held} {fake.sentence(4)}"


def _machines(fake: Faker, chance: random.Random) -> Iterator[LabelledColumn]:
    secrets = random.Random(3)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    makers = {
        "ip_address": (fake.ipv4, "last_login_ip"),
        "ipv6_address": (fake.ipv6, "client_ip"),
        "mac_address": (fake.mac_address, "mac_addr"),
        "url": (fake.url, "homepage"),
        "credit_card_number": (lambda: fake.credit_card_number("visa"), "card_number"),
        "user_name": (fake.user_name, "username"),
        "token": (lambda: "".join(secrets.choices(letters, k=40)), "api_key"),
        "password": (lambda: "$2b$12$" + "".join(secrets.choices(letters, k=53)), "password_hash"),
        "coordinates": (lambda: f"{fake.latitude():.5f}, {fake.longitude():.5f}", "gps_position"),
    }
    for kind, (make, named) in makers.items():
        yield labelled(kind, named, make, table="accounts")
        yield labelled(kind, chance.choice(_MEANINGLESS), make)
    yield labelled("credit_card_number", "col4", lambda: int(fake.credit_card_number("mastercard")), data_type=BIGINT)
    yield labelled("latitude", "lat", lambda: float(fake.latitude()), data_type=DOUBLE, table="stores")
    yield labelled("longitude", "lng", lambda: float(fake.longitude()), data_type=DOUBLE, table="stores")
    yield labelled("national_id", "ssn", fake.ssn, table="patients")
    yield labelled("passport_number", "passport_no", fake.passport_number, table="travellers")
    yield labelled("iban", "iban", fake.iban, table="payments")
    yield labelled("email", "c17", fake.email, comment="The customer's e-mail address")
    yield labelled("city", "city", fake.city, table="customers")
    yield labelled("company", "employer", fake.company, table="customers")
    yield labelled("job", "occupation", fake.job, table="customers")
    yield labelled("paragraph", "notes", lambda: _note(fake), table="tickets")


def _documents(fake: Faker) -> Iterator[LabelledColumn]:
    def document() -> str:
        return json.dumps(
            {
                "customer": {"name": fake.name(), "mail": fake.email()},
                "ship_to": {"street": fake.street_address(), "lines": [fake.random_int(1, 9)]},
                "status": fake.random_element(["open", "paid", "sent"]),
                "x1": fake.phone_number(),
                "total": fake.random_int(100, 9999),
            }
        )

    labels = {
        "$.customer.name": "full_name",
        "$.customer.mail": "email",
        "$.ship_to.street": "street_address",
        "$.x1": "phone",
        "$.status": None,
        "$.total": None,
        "$.ship_to.lines[*]": None,
    }
    whole = labelled(None, "payload", document, table="events")
    for path, kind in labels.items():
        yield LabelledColumn(whole.table, whole.column, whole.values, kind, path)
