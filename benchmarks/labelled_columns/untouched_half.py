"""The half that nothing was tuned on: other locales, names in other styles and languages, other forms of values.

It replaces a first one, of mimesis, that was looked at once and then used for tuning (tuning_mimesis.py).
"""

import base64
import json
import random
from collections.abc import Iterator

from faker import Faker
from mimesis import Address, Generic, Internet, Person
from mimesis.locales import Locale

from benchmarks.labelled_columns.column import BIGINT, DOUBLE, LabelledColumn, labelled
from benchmarks.labelled_columns.things import things
from benchmarks.labelled_columns.tuning_mimesis import people, people_without_names

_OF_PEOPLE = {
    Locale.EN_CA: ("hr_staff", "emp_full_nm", "emp_first_nm", "emp_last_nm", "emp_work_email", "emp_cell_phone", "emp_home_addr", "emp_dob"),
    Locale.DE_CH: ("versicherte", "vers_name_vollstaendiger_name", "vers_vorname", "vers_zuname", "vers_mailadresse", "vers_mobilnr_telefon", "vers_strasse_nr", "vers_geb_datum"),
    Locale.FR: ("adherents", "adherent_nom_prenom", "adherent_prenom", "adherent_nom_de_famille", "adherent_mail", "adherent_numero_telephone", "adherent_rue", "adherent_date_de_naissance"),
    Locale.ES: ("alumnos", "alumno_nombre_apellidos", "alumno_nombre_de_pila", "alumno_primer_apellido", "alumno_email", "alumno_telefono_movil", "alumno_domicilio", "alumno_f_nacimiento"),
    Locale.IT: ("dipendenti", "dip_nome_cognome", "dip_primo_nome_first_name", "dip_cognome", "dip_indirizzo_email", "dip_cellulare", "dip_indirizzo", "dip_data_di_nascita"),
    Locale.PT_BR: ("pacientes", "pac_nome_completo", "pac_primeiro_nome", "pac_sobrenome", "pac_email", "pac_telefone", "pac_logradouro", "pac_dt_nasc"),
    Locale.NL: ("patienten", "pat_volledige_naam", "pat_voornaam", "pat_achternaam", "pat_mail", "pat_telefoon", "pat_adres", "pat_geb_datum"),
    Locale.PL: ("pracownicy", "prac_nazwisko_i_imie", "prac_imie", "prac_nazwisko", "prac_email", "prac_telefon", "prac_adres_zamieszkania", "prac_data_ur"),
    Locale.RU: ("сотрудники", "фио", "имя_сотрудника_имя", "фамилия", "почта", "мобильный_телефон", "адрес_проживания", "дата_рождения"),
    Locale.JA: ("社員", "社員名", "名前", "苗字", "電子メール", "携帯番号", "自宅住所", "誕生日"),
    Locale.AR_EG: ("المرضى", "اسم_المريض", "الاسم_الاول", "اللقب", "الايميل", "الجوال", "عنوان", "تاريخ_الولادة"),
    Locale.SV: ("anstallda", "namn_fullt_namn", "tilltalsnamn", "efternamn", "epostadress", "mobilnummer", "gatuadress", "fodelsedag"),
    Locale.NO: ("ansatte", "fullt_navn", "fornavn", "etternavn", "epost", "mobiltelefon", "gateadresse", "fodselsdato"),
    Locale.SK: ("pacienti", "meno_full_name", "krestni_jmeno", "prijmeni", "email", "mobilni_telefon", "adresa", "datum_narozeni"),
    Locale.HR: ("korisnici", "full_name", "firstname", "surname", "e_mail", "telefon", "adresa", "birthdate"),
}  # fmt: skip
_WITHOUT_NAMES = (*_OF_PEOPLE, Locale.AR_SY, Locale.AR_TN, Locale.ET, Locale.IS, Locale.AZ, Locale.EN, Locale.DE)
_IDENTITY = ("sk_SK", "lt_LT", "lv_LV", "sl_SI", "da_DK", "en_CA", "zh_TW", "es_MX")
_MEANINGLESS = (
    "c_041",
    "field_b",
    "wert",
    "kol3",
    "champ_x",
    "dato7",
    "列2",
    "колонка_1",
    "uservalue",
    "zz",
    "raw_3",
    "s4",
)


def untouched_half() -> Iterator[LabelledColumn]:
    """About 300 columns."""
    chance = random.Random(71)
    for locale, names in _OF_PEOPLE.items():
        yield from people(locale, names)
    for locale in _WITHOUT_NAMES:
        yield from people_without_names(locale, chance, _MEANINGLESS)
    for locale in _IDENTITY:
        fake = Faker(locale)
        fake.seed_instance(73)
        yield labelled("national_id", chance.choice(_MEANINGLESS), fake.ssn)
    yield from _machines(chance)
    yield from _documents()
    yield from things(chance, lambda _: chance.choice(_MEANINGLESS), styles=("third",))


def _machines(chance: random.Random) -> Iterator[LabelledColumn]:
    fake, net = Faker("en_IE"), Internet(seed=81)
    fake.seed_instance(82)
    person, address = Person(Locale.ES, seed=83), Address(Locale.EN, seed=83)
    secrets = random.Random(84)

    def spaced(text: str) -> str:
        return " ".join(text[start : start + 4] for start in range(0, len(text), 4))

    makers = {
        "ip_address": (lambda: f"{net.ip_v4()}:{chance.randint(1024, 65535)}", "peer_addr_ip"),
        "ipv6_address": (lambda: net.ip_v6() + "/64", "subnet_ip"),
        "mac_address": (lambda: net.mac_address().replace(":", "-").upper(), "hwaddr"),
        "url": (lambda: f"www.{chance.randint(1, 999)}-shop.example/{person.username('l')}", "website"),
        "credit_card_number": (lambda: spaced(fake.credit_card_number("amex")), "cc_number"),
        "token": (lambda: base64.urlsafe_b64encode(secrets.randbytes(30)).decode(), "refresh_token"),
        "password": (lambda: f"pbkdf2_sha256$600000${fake.pystr(12, 12)}${base64.b64encode(secrets.randbytes(32)).decode()}", "user_pass"),
        "coordinates": (lambda: f"POINT({address.longitude():.6f} {address.latitude():.6f})", "geo_location"),
        "iban": (lambda: spaced(fake.iban()), "konto_iban"),
    }  # fmt: skip
    for kind, (make, named) in makers.items():
        yield labelled(kind, named, make, table="sessions")
        yield labelled(kind, chance.choice(_MEANINGLESS), make)
    yield labelled("token", "s3", lambda: "AKIA" + "".join(secrets.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16)))
    yield labelled("user_name", "created_by", lambda: person.username("l_d"), table="tickets")
    yield labelled("credit_card_number", "n_1", lambda: int(fake.credit_card_number("discover")), data_type=BIGINT)
    yield labelled("latitude", "gps_lat", address.latitude, data_type=DOUBLE, table="meters")
    yield labelled("longitude", "gps_lon", address.longitude, data_type=DOUBLE, table="meters")
    yield labelled("driver_license", "driving_licence_no", lambda: fake.bothify("??######?").upper(), table="drivers")
    yield labelled("tax_id", "vat_number", lambda: fake.bothify("IE#######?").upper(), table="suppliers")
    yield labelled("license_plate", "kfz_kennzeichen", lambda: fake.bothify("??-?? ####").upper(), table="cars")
    yield labelled("street_address", "c9", address.address, comment="Delivery address of the client")
    yield labelled("last_name", "c10", person.last_name, comment="Nachname")
    yield labelled("city", "ville", address.city, table="clients")
    yield labelled("country", "nationality", address.country, table="passengers")
    yield labelled("job", "profession", person.occupation, table="pacientes")
    yield labelled("birth_date", "dob", lambda: fake.date_of_birth().strftime("%Y%m%d"), table="members")


def _documents() -> Iterator[LabelledColumn]:
    of = Generic(Locale.ES_MX, seed=91)

    def document() -> str:
        return json.dumps(
            [
                {
                    "pasajero": {"apellidos": of.person.last_name(), "correo": of.person.email()},
                    "k": of.person.full_name(),
                    "asiento": f"{of.random.randint(1, 40)}{of.random.choice('ABCDEF')}",
                    "moneda": of.random.choice(["MXN", "USD"]),
                }
            ]
        )

    labels = {
        "$[*].pasajero.apellidos": "last_name",
        "$[*].pasajero.correo": "email",
        "$[*].k": "full_name",
        "$[*].asiento": None,
        "$[*].moneda": None,
    }
    whole = labelled(None, "detalle", document, table="reservas")
    for path, kind in labels.items():
        yield LabelledColumn(whole.table, whole.column, whole.values, kind, path)
