"""Personal data: which kinds of fakes stand for something that tells of a person, and how much it tells."""

from dataclasses import dataclass
from enum import StrEnum

from synth_assets.catalog.model import Column, DataType, Kind
from synth_assets.plan.fake_kinds import fits

SURE_ENOUGH = 0.5  # from which confidence on a finding decides what becomes of a column


class Identifies(StrEnum):
    """How much a value tells of a person."""

    ALONE = "alone"  # faked whatever its cardinality
    TOGETHER = "together"  # a quasi-identifier: faked where values are many, learned where each is shared by many rows


@dataclass(frozen=True)
class PersonalKind:
    """One kind of personal data; its name is that of the fake that takes its place.

    Attributes:
        label: What it is, in words for people, with its article.
        shortest: Fewest characters of a column whose values can be of this kind.
    """

    label: str
    identifies: Identifies = Identifies.ALONE
    shortest: int = 1

    @property
    def always_faked(self) -> bool:
        return self.identifies is Identifies.ALONE


PERSONAL_KINDS: dict[str, PersonalKind] = {
    "email": PersonalKind("an e-mail address", shortest=8),
    "phone": PersonalKind("a phone number", shortest=5),
    "first_name": PersonalKind("a first name", shortest=2),
    "middle_name": PersonalKind("a middle name"),
    "last_name": PersonalKind("a last name", shortest=2),
    "full_name": PersonalKind("a person's name", shortest=3),
    "user_name": PersonalKind("a user name", shortest=2),
    "street_address": PersonalKind("a street address", shortest=4),
    "street_name": PersonalKind("a street", shortest=4),
    "secondary_address": PersonalKind("the second line of an address"),
    "building_number": PersonalKind("a house number"),
    "address": PersonalKind("an address", shortest=6),
    "postcode": PersonalKind("a postcode", shortest=3),
    "city": PersonalKind("a city", Identifies.TOGETHER, shortest=2),
    "state": PersonalKind("a state or region", Identifies.TOGETHER),
    "country": PersonalKind("a country", Identifies.TOGETHER, shortest=2),
    "country_code": PersonalKind("the code of a country", Identifies.TOGETHER, shortest=2),
    "company": PersonalKind("a company", Identifies.TOGETHER, shortest=2),
    "job": PersonalKind("a job title", Identifies.TOGETHER, shortest=3),
    "birth_date": PersonalKind("a date of birth", Identifies.TOGETHER, shortest=6),
    "national_id": PersonalKind("a national identity or social security number", shortest=5),
    "passport_number": PersonalKind("a passport number", shortest=5),
    "driver_license": PersonalKind("a driving licence number", shortest=5),
    "tax_id": PersonalKind("a tax number", shortest=5),
    "license_plate": PersonalKind("a license plate", shortest=4),
    "iban": PersonalKind("an IBAN", shortest=15),
    "bank_account": PersonalKind("a bank account number", shortest=5),
    "credit_card_number": PersonalKind("a card number", shortest=12),
    "credit_card_expiry": PersonalKind("a card's expiry", shortest=4),
    "credit_card_security_code": PersonalKind("a card's security code", shortest=3),
    "ip_address": PersonalKind("an IP address", shortest=7),
    "ipv6_address": PersonalKind("an IP address", shortest=3),
    "mac_address": PersonalKind("a MAC address", shortest=12),
    "latitude": PersonalKind("a latitude", Identifies.TOGETHER, shortest=3),
    "longitude": PersonalKind("a longitude", Identifies.TOGETHER, shortest=3),
    "coordinates": PersonalKind("a place's coordinates", Identifies.TOGETHER, shortest=3),
    "url": PersonalKind("a web address", Identifies.TOGETHER, shortest=8),
    "user_agent": PersonalKind("a browser's user agent", Identifies.TOGETHER, shortest=8),
    "password": PersonalKind("a password", shortest=4),
    "hash": PersonalKind("a hash", shortest=16),
    "token": PersonalKind("a secret or token", shortest=4),
    "uuid": PersonalKind("a unique identifier", Identifies.TOGETHER, shortest=32),
    "paragraph": PersonalKind("text that people wrote", Identifies.TOGETHER, shortest=10),
}

_NETWORK_TYPES = {"inet": "ip_address", "cidr": "ip_address", "macaddr": "mac_address"}


@dataclass(frozen=True)
class PersonalFinding:
    """What kind of personal data a column seems to hold.

    Attributes:
        kind: A key of PERSONAL_KINDS.
        confidence: 0 to 1.
        reason: Why, for people: a clause such as 'its name says that it is a city'; never a value of a row.
    """

    kind: str
    confidence: float
    reason: str

    @property
    def label(self) -> str:
        """What it is, in words for people, with its article."""
        return PERSONAL_KINDS[self.kind].label


@dataclass(frozen=True)
class PersonalPath:
    """What kind of personal data stands at one path of a column's JSON documents.

    Attributes:
        path: Such as $.customer.emails[*]; * where a key is not shared by enough documents to be shown.
        kind, confidence, reason: As of PersonalFinding.
    """

    path: str
    kind: str
    confidence: float
    reason: str


def can_hold(kind: str, data_type: DataType) -> bool:
    """Whether values of this kind of personal data can stand in a column of this type."""
    if data_type.kind is Kind.OTHER:
        return _NETWORK_TYPES.get(data_type.native.lower()) == kind
    if not fits(kind, data_type):
        return False
    return (
        data_type.kind is not Kind.TEXT or data_type.length is None or data_type.length >= PERSONAL_KINDS[kind].shortest
    )


def by_type(column: Column) -> PersonalFinding | None:
    """What a type says by itself: those of network addresses."""
    kind = _NETWORK_TYPES.get(column.type.native.lower()) if column.type.kind is Kind.OTHER else None
    return PersonalFinding(kind, 1.0, f"its type is {column.type.native}") if kind else None
