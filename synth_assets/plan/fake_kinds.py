"""The kinds of fakes that a plan may name: `{fake: email}`. Made by synthesize/rules, listed here for the plan."""

from enum import StrEnum

from synth_assets.catalog.model import DataType, Kind, Value


class Nature(StrEnum):
    """What a fake is before it is put into a column."""

    TEXT = "text"
    DIGITS = "digits"  # a text whose digits alone also make sense as a number
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    BOOLEAN = "boolean"


class FakeKind(Value):
    """One kind of fake.

    Attributes:
        group: `person` and `address` kinds agree with each other within a row; the others stand alone.
    """

    description: str
    nature: Nature = Nature.TEXT
    group: str = ""


def _person(description: str) -> FakeKind:
    return FakeKind(description=description, group="person")


def _address(description: str, nature: Nature = Nature.TEXT) -> FakeKind:
    return FakeKind(description=description, nature=nature, group="address")


def _kind(description: str, nature: Nature = Nature.TEXT) -> FakeKind:
    return FakeKind(description=description, nature=nature)


FAKE_KINDS: dict[str, FakeKind] = {
    # A person, the same one within a row
    "first_name": _person("Given name"),
    "middle_name": _person("A second given name"),
    "last_name": _person("Family name"),
    "full_name": _person("Given and family name"),
    "user_name": _person("Login name made from the person's name"),
    "email": _person("E-mail address at a domain that can receive no mail (example.com, .org, .net)"),
    # An address, the same one within a row
    "street_address": _address("House number and street"),
    "street_name": _address("Street without a number"),
    "building_number": _address("House number", Nature.DIGITS),
    "secondary_address": _address("Flat, suite or floor"),
    "city": _address("City"),
    "postcode": _address("Postal code", Nature.DIGITS),
    "state": _address("State, province or region, as a name or as an abbreviation where the column is short"),
    "country": _address("Country, as a name or as a code where the column is short"),
    "country_code": _address("ISO 3166 code of two letters"),
    "address": _address("Street, city, state and postal code in one line"),
    # More about people
    "name_prefix": _kind("Mr., Ms., Dr."),
    "gender": _kind("Female, male or other, as a letter where the column is short"),
    "phone": _kind("Telephone number", Nature.DIGITS),
    "birth_date": _kind("Date of birth of an adult", Nature.DATE),
    "age": _kind("Age of an adult in years", Nature.NUMBER),
    "national_id": _kind("National identity or social security number", Nature.DIGITS),
    "passport_number": _kind("Passport number"),
    "driver_license": _kind("Driving licence number"),
    "tax_id": _kind("Tax number", Nature.DIGITS),
    "license_plate": _kind("Vehicle registration"),
    "job": _kind("Occupation"),
    "company": _kind("Company name"),
    # Money
    "iban": _kind("International bank account number with valid check digits"),
    "bic": _kind("Bank identifier code"),
    "bank_account": _kind("Bank account number", Nature.DIGITS),
    "credit_card_number": _kind("Payment card number with a valid check digit", Nature.DIGITS),
    "credit_card_expiry": _kind("Expiry of a payment card, MM/YY"),
    "credit_card_security_code": _kind("Security code of a payment card", Nature.DIGITS),
    "currency_code": _kind("ISO 4217 code of three letters"),
    # Networks and machines
    "ip_address": _kind("IPv4 address of the private network 10.0.0.0/8"),
    "ipv6_address": _kind("IPv6 address of the documentation network 2001:db8::/32"),
    "mac_address": _kind("Locally administered MAC address"),
    "url": _kind("Web address at a domain reserved for examples"),
    "domain": _kind("Domain name reserved for examples"),
    "user_agent": _kind("Browser's user agent"),
    "password": _kind("Random letters and digits, as many and of such kinds as the source's"),
    "token": _kind("Random letters and digits, longer, or as those of the source"),
    "hash": _kind("64 hexadecimal digits, or as many and of such kinds as the source's"),
    "uuid": _kind("Random UUID, version 4"),
    "file_name": _kind("File name with an extension"),
    "file_path": _kind("Path of a file"),
    "mime_type": _kind("Media type"),
    # Places, colours, codes
    "latitude": _kind("Degrees, -90 to 90", Nature.NUMBER),
    "longitude": _kind("Degrees, -180 to 180", Nature.NUMBER),
    "coordinates": _kind("Latitude and longitude, -90 to 90 and -180 to 180"),
    "timezone": _kind("IANA time zone"),
    "language_code": _kind("ISO 639 code of two letters"),
    "locale": _kind("Language and country, e.g. en_US"),
    "color": _kind("Colour name"),
    "hex_color": _kind("Colour as #rrggbb"),
    "ean": _kind("Article number of 13 digits with a valid check digit", Nature.DIGITS),
    "isbn": _kind("Book number of 13 digits with a valid check digit", Nature.DIGITS),
    # Text and plain values
    "word": _kind("A neutral word"),
    "slug": _kind("Words joined by hyphens"),
    "title": _kind("A few neutral words, capitalised"),
    "sentence": _kind("A sentence of neutral words"),
    "paragraph": _kind("Neutral words, as long as the texts of the source"),
    "integer": _kind("Whole number, 0 to 9999", Nature.NUMBER),
    "decimal": _kind("Number with two decimals, 0 to 9999.99", Nature.NUMBER),
    "boolean": _kind("True or false", Nature.BOOLEAN),
    "date": _kind("Date, 2000 to 2024", Nature.DATE),
    "datetime": _kind("Instant, 2000 to 2024", Nature.DATETIME),
    "time": _kind("Time of day", Nature.TIME),
}

# Kinds of which there are so many that every real value can have one of its own, told apart by letters at the end.
ONE_FOR_EACH_VALUE = frozenset({"email", "user_name", "url", "password", "token", "hash"})

_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
_FITTING: dict[Nature, frozenset[Kind]] = {
    Nature.TEXT: frozenset({Kind.OTHER}),
    Nature.DIGITS: _NUMBERS,
    Nature.NUMBER: _NUMBERS,
    Nature.DATE: frozenset({Kind.DATE, Kind.DATETIME}),
    Nature.TIME: frozenset({Kind.TIME}),
    Nature.DATETIME: frozenset({Kind.DATE, Kind.DATETIME, Kind.TIME}),
    Nature.BOOLEAN: frozenset({Kind.BOOLEAN, Kind.INTEGER}),
}


def fits(kind: str, data_type: DataType) -> bool:
    """Whether fakes of this kind can stand in a column of this type; KeyError for an unknown kind."""
    if data_type.kind is Kind.TEXT or (kind == "uuid" and data_type.kind is Kind.UUID):
        return True
    return data_type.kind in _FITTING[FAKE_KINDS[kind].nature]
