"""More columns that the product was tuned on: values of mimesis, which has lists of its own, names in other styles."""

import json
import random
from collections.abc import Callable, Iterator

from faker import Faker
from mimesis import Address, Finance, Generic, Internet, Payment, Person
from mimesis.locales import Locale

from benchmarks.labelled_columns.column import BIGINT, DATE, DOUBLE, LabelledColumn, labelled
from benchmarks.labelled_columns.things import things

_OF_PEOPLE = {
    Locale.EN_GB: ("Patient", "PatientFullName", "GivenName", "FamilyName", "ContactEMail", "MobileTelNo", "HomeAddressLine1", "DateOfBirth"),
    Locale.DE_AT: ("Mitarbeiter", "VorUndNachname", "Rufname", "FamilienName", "DienstEmail", "Handynr", "WohnAnschrift", "GebDatum"),
    Locale.ES_MX: ("Empleados", "NombreCompletoEmpleado", "NombreDePila", "ApellidoPaterno", "CorreoElec", "TelMovil", "DomicilioParticular", "FechaDeNacimiento"),
    Locale.PT: ("Utentes", "NomeCompletoUtente", "PrimeiroNome", "UltimoNome", "EmailPessoal", "Telemovel", "Morada", "DataDeNascimento"),
    Locale.NL_BE: ("Medewerker", "VolledigeNaam", "Roepnaam", "FamilieNaam", "PriveMail", "GsmNummer", "StraatEnNummer", "GeboorteDatum"),
    Locale.TR: ("Hastalar", "AdSoyad", "HastaAdi", "HastaSoyadi", "EPostaAdresi", "CepTelefonu", "EvAdresi", "DogumTarihi"),
    Locale.EL: ("Πελάτες", "Ονοματεπώνυμο", "Όνομα", "Επώνυμο", "ΔιεύθυνσηEmail", "ΑριθμόςΤηλεφώνου", "Διεύθυνση", "ΗμερομηνίαΓέννησης"),
    Locale.UK: ("Клієнти", "ПовнеІм'я", "Ім'я", "Прізвище", "ЕлектроннаПошта", "НомерТелефону", "Адреса", "ДатаНародження"),
    Locale.ZH: ("患者", "患者姓名", "名字", "姓氏", "电子邮箱地址", "联系电话", "家庭住址", "出生年月日"),
    Locale.KO: ("회원", "회원이름", "이름", "성", "이메일주소", "휴대폰번호", "집주소", "생년월일"),
    Locale.CS: ("Zakaznici", "CeleJmeno", "KrestniJmeno", "Prijmeni", "ElektronickaAdresa", "TelefonniCislo", "AdresaBydliste", "DatumNarozeni"),
    Locale.HU: ("Ugyfelek", "TeljesNev", "Keresztnev", "Vezeteknev", "EmailCim", "Telefonszam", "Lakcim", "SzuletesiDatum"),
    Locale.DA: ("Medlemmer", "FuldeNavn", "Fornavn", "Efternavn", "MailAdresse", "Tlfnr", "Vejnavn", "Fodselsdato"),
    Locale.FI: ("Asiakkaat", "KokoNimi", "Etunimi", "Sukunimi", "Sahkoposti", "Puhelinnumero", "Katuosoite", "Syntymaaika"),
}  # fmt: skip
_OF_FAKER = {
    "he_IL": ("לקוחות", "שם מלא", "שם פרטי", "שם משפחה", "דואר אלקטרוני", "טלפון נייד", "כתובת מגורים", "תאריך לידה"),
    "hi_IN": ("ग्राहक", "पूरा नाम", "प्रथम नाम", "उपनाम", "ईमेल पता", "मोबाइल नंबर", "घर का पता", "जन्म तिथि"),
}
_WITHOUT_NAMES = (*_OF_PEOPLE, Locale.AR_EG, Locale.FA, Locale.SV, Locale.NO, Locale.FR, Locale.EN_AU)
_IDENTITY = ("fi_FI", "sv_SE", "no_NO", "ro_RO", "tr_TR", "zh_CN", "ko_KR", "et_EE", "hr_HR", "bg_BG", "nl_NL")
TELLING_POSTCODES = (Locale.EN_GB, Locale.EN_CA, Locale.CS, Locale.SK, Locale.SV, Locale.PL, Locale.JA)
WITH_REMARKS = (Locale.EN_GB, Locale.ES_MX, Locale.DE_AT, Locale.EN_CA, Locale.ES, Locale.RU)
_MEANINGLESS = (
    "F12",
    "zusatz4",
    "Spalte1",
    "extra",
    "ATTR_07",
    "kolumna_2",
    "champ3",
    "payload2",
    "字段1",
    "поле_5",
    "U_1",
    "q",
)


def tuning_columns_of_mimesis() -> Iterator[LabelledColumn]:
    """About 300 columns."""
    chance = random.Random(23)
    for locale, names in _OF_PEOPLE.items():
        yield from people(locale, names)
    for locale, names in _OF_FAKER.items():
        yield from _people_of_faker(locale, names, chance)
    for locale in _WITHOUT_NAMES:
        yield from people_without_names(locale, chance, _MEANINGLESS)
    for locale in _IDENTITY:
        fake = Faker(locale)
        fake.seed_instance(5)
        yield labelled("national_id", chance.choice(_MEANINGLESS), fake.ssn)
    yield from _machines(chance)
    yield from _documents()
    yield from things(chance, lambda _: chance.choice(_MEANINGLESS), styles=("other",))


def people(locale: Locale, names: tuple[str, ...]) -> Iterator[LabelledColumn]:
    table, full, first, last, mail, phone, street, born = names
    of = Generic(locale, seed=31)
    yield labelled("full_name", full, of.person.full_name, table=table)
    yield labelled("first_name", first, of.person.first_name, table=table)
    yield labelled("last_name", last, of.person.last_name, table=table)
    yield labelled("email", mail, of.person.email, table=table)
    yield labelled("phone", phone, of.person.phone_number, table=table)
    yield labelled("street_address", street, of.address.address, table=table)
    yield labelled("birth_date", born, lambda: of.datetime.date(1940, 2005), table=table, data_type=DATE)


def _people_of_faker(locale: str, names: tuple[str, ...], chance: random.Random) -> Iterator[LabelledColumn]:
    table, full, first, last, mail, phone, street, born = names
    fake = Faker(locale)
    fake.seed_instance(32)
    yield labelled("full_name", full, fake.name, table=table)
    yield labelled("first_name", first, fake.first_name, table=table)
    yield labelled("last_name", last, fake.last_name, table=table)
    yield labelled("email", mail, fake.email, table=table)
    yield labelled("phone", phone, fake.phone_number, table=table)
    yield labelled("street_address", street, fake.street_address, table=table)
    yield labelled("birth_date", born, lambda: fake.date_of_birth().strftime("%d/%m/%Y"), table=table)
    yield labelled("full_name", chance.choice(_MEANINGLESS), fake.name)
    yield labelled("phone", chance.choice(_MEANINGLESS), fake.phone_number)


def people_without_names(
    locale: Locale, chance: random.Random, meaningless: tuple[str, ...]
) -> Iterator[LabelledColumn]:
    person, address = Person(locale, seed=33), Address(locale, seed=33)
    yield labelled("full_name", chance.choice(meaningless), person.full_name)
    yield labelled("phone", chance.choice(meaningless), person.phone_number)
    yield labelled("street_address", chance.choice(meaningless), address.address)
    yield labelled("email", chance.choice(meaningless), person.email)
    if locale in TELLING_POSTCODES:
        yield labelled("postcode", chance.choice(meaningless), address.postal_code)
    if locale in WITH_REMARKS:
        yield labelled("paragraph", chance.choice(meaningless), _remarks(locale, chance))
        yield labelled("first_name", chance.choice(meaningless), person.first_name)


def _remarks(locale: Locale, chance: random.Random) -> Callable[[], str]:
    of = Generic(locale, seed=34)

    def remark() -> str:
        held = chance.choice([of.person.phone_number, of.person.email, of.text.word, of.text.word, of.text.word])()
        return f"{of.text.word()} {of.text.word()}, {of.text.word()} {held} {of.text.word()} {of.text.word()}."

    return remark


def _machines(chance: random.Random) -> Iterator[LabelledColumn]:
    net, pay, person, address = (
        Internet(seed=41),
        Payment(seed=41),
        Person(Locale.EN_GB, seed=41),
        Address(Locale.DE, seed=41),
    )
    fake = Faker("en_GB")
    fake.seed_instance(42)
    secrets = random.Random(43)
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789-_"
    makers = {
        "ip_address": (net.ip_v4, "RemoteHostIP"),
        "ipv6_address": (net.ip_v6, "ipV6"),
        "mac_address": (net.mac_address, "WifiMac"),
        "url": (net.url, "ProfileLink"),
        "credit_card_number": (pay.credit_card_number, "KartenNr"),
        "token": (lambda: "ghp_" + "".join(secrets.choices(letters[:58], k=36)), "AccessToken"),
        "password": (lambda: "$argon2id$v=19$m=65536,t=3,p=4$" + "".join(secrets.choices(letters, k=43)), "PwdHash"),
        "coordinates": (lambda: f"{address.latitude():.4f},{address.longitude():.4f}", "GeoPoint"),
        "iban": (fake.iban, "Bankverbindung"),
    }
    for kind, (make, named) in makers.items():
        yield labelled(kind, named, make, table="Konten")
        yield labelled(kind, chance.choice(_MEANINGLESS), make)
    yield labelled("token", "F9", lambda: "".join(secrets.choices(letters, k=32)))
    yield labelled("user_name", "LoginName", lambda: person.username("l_d"), table="Benutzer")
    yield labelled("credit_card_number", "N3", lambda: int(pay.credit_card_number().replace(" ", "")), data_type=BIGINT)
    yield labelled("latitude", "GeoBreite_lat", address.latitude, data_type=DOUBLE, table="Filialen")
    yield labelled("longitude", "geoLongitude", address.longitude, data_type=DOUBLE, table="Filialen")
    yield labelled("passport_number", "ReisepassNr", fake.passport_number, table="Reisende")
    yield labelled("national_id", "NINumber", fake.ssn, table="Employee")
    yield labelled("phone", "c3", person.phone_number, comment="Mobile phone number of the contact")
    yield labelled("email", "c4", person.email, comment="E-Mail-Adresse des Kunden")
    yield labelled("city", "Wohnort", address.city, table="Mitarbeiter")
    yield labelled("company", "CompanyName", Finance(Locale.DE, seed=4).company, table="Accounts")
    yield labelled("job", "JobTitle", person.occupation, table="Employee")


def _documents() -> Iterator[LabelledColumn]:
    of = Generic(Locale.NL, seed=51)

    def document() -> str:
        return json.dumps(
            {
                "user": {"voornaam": of.person.first_name(), "contact": {"telefoon": of.person.phone_number()}},
                "recipients": [{"mailAddress": of.person.email()} for _ in range(2)],
                "src": of.internet.ip_v4(),
                "level": of.random.choice(["info", "warn", "error"]),
                "build": of.development.version(),
            },
            ensure_ascii=False,
        )

    labels = {
        "$.user.voornaam": "first_name",
        "$.user.contact.telefoon": "phone",
        "$.recipients[*].mailAddress": "email",
        "$.src": "ip_address",
        "$.level": None,
        "$.build": None,
    }
    whole = labelled(None, "Nutzlast", document, table="Ereignisse")
    for path, kind in labels.items():
        yield LabelledColumn(whole.table, whole.column, whole.values, kind, path)
