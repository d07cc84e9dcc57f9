"""Safe treatments: what becomes of a column that the plan does not name."""

from dataclasses import dataclass
from typing import TypeGuard

from pydantic import JsonValue

from synth_assets.catalog.model import Column, DataType, Kind
from synth_assets.plan.evidence import ColumnEvidence
from synth_assets.plan.personal import PERSONAL_KINDS, PersonalFinding, can_hold
from synth_assets.plan.personal_names import classify_name
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Role, Treatment

SURE_ENOUGH = 0.5
SUSPICIOUS = 0.2

_DISTRIBUTIONS = frozenset(
    {Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN, Kind.ENUM, Kind.DATE, Kind.TIME, Kind.DATETIME}
)
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
# Identifiers that some databases keep as numbers. Other personal numbers (coordinates, house numbers) are learned.
_IDENTIFYING_NUMBERS = frozenset(
    {"phone", "national_id", "tax_id", "bank_account", "credit_card_number", "credit_card_security_code", "postcode"}
)
# Types without a pattern to write anew: a valid value that says nothing.
_NEUTRAL_VALUES: dict[str, JsonValue] = {
    "xml": "",
    "hstore": "",
    "tsvector": "",
    "tsquery": "",
    "ltree": "",
    "money": "0",
    "point": "(0,0)",
    "int4range": "empty",
    "int8range": "empty",
    "numrange": "empty",
    "tsrange": "empty",
    "tstzrange": "empty",
    "daterange": "empty",
    "interval": "00:00:00",
}
_TEXT_TYPES = frozenset({"citext", "name"})


@dataclass(frozen=True)
class ColumnPlace:
    """What a decision about one column rests on.

    Attributes:
        unique: The source lets no value occur twice.
        in_key: Part of a primary or unique key, whose values must not all be the same.
        evidence: What the profile found; None before any row was read.
    """

    table: str
    column: Column
    dialect: str
    unique: bool
    in_key: bool
    evidence: ColumnEvidence | None

    @property
    def kind(self) -> Kind:
        if self.column.type.kind is Kind.OTHER and self.column.type.native.lower() in _TEXT_TYPES:
            return Kind.TEXT
        return self.column.type.kind

    @property
    def shared(self) -> bool | None:
        """Whether its values are few, each shared by many rows; None while no row was read."""
        if self.unique:
            return False
        return self.evidence.low_cardinality if self.evidence else None

    def decide(
        self,
        treatment: Treatment,
        role: Role,
        reason: str,
        *,
        by: DecidedBy = DecidedBy.CATALOG,
        options: dict[str, JsonValue] | None = None,
    ) -> ColumnDecision:
        return ColumnDecision(
            name=self.column.name,
            treatment=treatment,
            role=role,
            options=options or {},
            unique=self.unique,
            decided_by=by,
            reason=reason,
        )


def personal_finding(place: ColumnPlace) -> tuple[PersonalFinding | None, DecidedBy]:
    """The surest sign of personal data: the column's name, or what the profile saw in its values."""
    named = classify_name(place.column, table=place.table)
    evidence = place.evidence
    if evidence and evidence.personal in PERSONAL_KINDS and can_hold(evidence.personal, place.column.type):
        seen = PersonalFinding(evidence.personal, evidence.confidence, evidence.reason or "its values look like it")
        if named is None or seen.confidence > named.confidence:
            return seen, DecidedBy.PROFILE
    return named, DecidedBy.CATALOG


def is_identifying(finding: PersonalFinding | None) -> TypeGuard[PersonalFinding]:
    """Whether a finding is sure enough, and of a kind that tells of a person by itself."""
    return finding is not None and finding.confidence >= SURE_ENOUGH and PERSONAL_KINDS[finding.kind].always_faked


def safe_treatment(place: ColumnPlace) -> ColumnDecision | None:
    """The safe treatment of a column that is no key, no reference and not generated.

    None if there is none: a NOT NULL column of a type of which no value can be made, and whose values are too many
    to be learned.
    """
    finding, by = personal_finding(place)
    if finding and finding.confidence >= SURE_ENOUGH:
        decision = _personal(place, finding, by)
        if decision:
            return decision
    return _by_kind(place, suspicious=bool(finding and finding.confidence >= SUSPICIOUS))


def fake(place: ColumnPlace, finding: PersonalFinding, by: DecidedBy, reason: str, role: Role) -> ColumnDecision:
    return place.decide(Treatment.FAKE, role, reason, by=by, options={"kind": finding.kind})


def _personal(place: ColumnPlace, finding: PersonalFinding, by: DecidedBy) -> ColumnDecision | None:
    """What becomes of personal data; None where its type alone tells (dates and coordinates are learned)."""
    kind = PERSONAL_KINDS[finding.kind]
    why = finding.reason[:1].upper() + finding.reason[1:]
    if place.kind in _NUMBERS and (finding.kind not in _IDENTIFYING_NUMBERS or place.shared):
        return None
    if place.kind in (Kind.DATE, Kind.DATETIME):
        return place.decide(
            Treatment.LEARN,
            Role.VALUE,
            f"{why}, and a date tells of nobody by itself: its distribution is learned.",
            by=by,
        )
    if kind.always_faked:
        return fake(place, finding, by, f"{why}: invented anew.", Role.VALUE)
    if place.shared:
        reason = f"{why}, but its few values are each shared by many rows: learned."
        return place.decide(Treatment.LEARN, Role.VALUE, reason, by=DecidedBy.PROFILE)
    unread = " (Learned instead if the profile finds few values, each shared by many rows.)"
    return fake(place, finding, by, f"{why}: invented anew.{unread if place.shared is None else ''}", Role.VALUE)


def _by_kind(place: ColumnPlace, *, suspicious: bool) -> ColumnDecision | None:
    kind = place.kind
    if kind in _DISTRIBUTIONS and not (kind is Kind.TIME and place.column.type.timezone):
        return place.decide(Treatment.LEARN, Role.VALUE, f"{_CALLED[kind]}: its distribution is learned.")
    if kind in (Kind.TEXT, Kind.UUID):
        return written_anew_or_learned(place, suspicious=suspicious)
    if kind is Kind.JSON:
        return _json(place)
    if kind is Kind.BINARY:
        if place.column.nullable:
            return place.decide(Treatment.NULL, Role.VALUE, "Binary content cannot be made safe: left empty.")
        return place.decide(Treatment.LEARN, Role.TEXT, "Binary content: random bytes of like length.")
    return _without_pattern(place)


def written_anew_or_learned(place: ColumnPlace, *, suspicious: bool = False) -> ColumnDecision:
    """A text or UUID: a category where values are shared by many rows, otherwise new ones of the same form."""
    called = _CALLED[place.kind]
    if place.shared and not suspicious:
        reason = f"{called} with few values, each shared by many rows: its distribution is learned."
        return place.decide(Treatment.LEARN, Role.VALUE, reason, by=DecidedBy.PROFILE)
    anew = f"{called}: written anew from the pattern of its characters, never drawn from real values."
    if place.unique:
        return place.decide(Treatment.LEARN, Role.TEXT, anew)
    if place.shared is None:
        reason = f"{anew} (Learned instead if the profile finds few values, each shared by many rows.)"
        return place.decide(Treatment.LEARN, Role.TEXT, reason)
    if suspicious and place.shared:
        anew = f"{called}, some of it like personal data: written anew from the pattern of its characters."
    return place.decide(Treatment.LEARN, Role.TEXT, anew, by=DecidedBy.PROFILE)


def _json(place: ColumnPlace) -> ColumnDecision:
    if place.shared:
        reason = "JSON with few values, each shared by many rows: its distribution is learned."
        return place.decide(Treatment.LEARN, Role.VALUE, reason, by=DecidedBy.PROFILE)
    if place.in_key:
        return place.decide(Treatment.LEARN, Role.VALUE, "JSON in a key: its distribution is learned.")
    unread = " (Learned instead if the profile finds few values.)" if place.shared is None else ""
    reason = f"JSON with many values, which cannot be made safe in this version: an empty object.{unread}"
    return place.decide(Treatment.CONSTANT, Role.VALUE, reason, options={"value": "{}"})


def _without_pattern(place: ColumnPlace) -> ColumnDecision | None:
    """Arrays, intervals and types known to one database only: no pattern of characters keeps them valid."""
    column = place.column
    called = f"The type {column.type.native}"
    if place.shared:
        reason = f"{called} with few values, each shared by many rows: its distribution is learned."
        return place.decide(Treatment.LEARN, Role.VALUE, reason, by=DecidedBy.PROFILE)
    unread = " (Learned instead if the profile finds few values.)" if place.shared is None else ""
    if column.nullable:
        return place.decide(Treatment.NULL, Role.VALUE, f"{called} cannot be written anew: left empty.{unread}")
    neutral = None if place.in_key else neutral_value(column.type, dialect=place.dialect)
    if neutral is not None:
        reason = f"{called} cannot be written anew: one value that says nothing.{unread}"
        return place.decide(Treatment.CONSTANT, Role.VALUE, reason, options={"value": neutral})
    if place.shared is None:
        return place.decide(Treatment.LEARN, Role.VALUE, f"{called}: learned if the profile finds few values.")
    return None


def neutral_value(data_type: DataType, *, dialect: str) -> JsonValue:
    """A valid value that says nothing, as the text that the database reads; None if none is known."""
    native = data_type.native.lower()
    if data_type.kind is Kind.ARRAY:
        return "[]" if dialect == "duckdb" else "{}"
    if data_type.kind is Kind.INTERVAL:
        return "00:00:00"
    if data_type.kind is Kind.TIME:
        return "00:00:00+00"
    return _NEUTRAL_VALUES.get(native.split("(")[0].strip())


_CALLED = {
    Kind.INTEGER: "A number",
    Kind.DECIMAL: "A number",
    Kind.FLOAT: "A number",
    Kind.BOOLEAN: "True or false",
    Kind.ENUM: "An enum",
    Kind.DATE: "A date",
    Kind.TIME: "A time",
    Kind.DATETIME: "A date and time",
    Kind.TEXT: "Text",
    Kind.UUID: "A UUID",
}
