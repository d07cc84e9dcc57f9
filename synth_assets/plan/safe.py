"""Safe treatments: what becomes of a column that the plan does not name."""

from dataclasses import dataclass
from typing import TypeGuard

from pydantic import JsonValue

from synth_assets.catalog.model import Column, DataType, Kind
from synth_assets.plan.evidence import ColumnEvidence
from synth_assets.plan.personal import PERSONAL_KINDS, SURE_ENOUGH, PersonalFinding, can_hold
from synth_assets.plan.personal_names import classify_name
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Role, Treatment
from synth_assets.plan.written_anew import can_be_written_anew

SUSPICIOUS = 0.2

_DISTRIBUTIONS = frozenset(
    {Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN, Kind.ENUM, Kind.DATE, Kind.TIME, Kind.DATETIME}
)
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
# Identifiers that some databases keep as numbers. Other personal numbers (coordinates, house numbers) are learned.
_IDENTIFYING_NUMBERS = frozenset(
    {"phone", "national_id", "tax_id", "bank_account", "credit_card_number", "credit_card_security_code", "postcode"}
)


@dataclass(frozen=True)
class ColumnPlace:
    """What a decision about one column rests on.

    Attributes:
        unique: The source lets no value occur twice.
        in_key: Part of a primary or unique key, whose values must not all be the same.
        names_its_row: A unique whole number beside the primary key that tells nothing but rows apart.
        evidence: What the profile found; None before any row was read.
    """

    table: str
    column: Column
    dialect: str
    unique: bool
    in_key: bool
    names_its_row: bool
    evidence: ColumnEvidence | None

    @property
    def kind(self) -> Kind:
        return self.column.type.kind

    @property
    def shared(self) -> bool | None:
        """Whether its values are few, each shared by many rows; None while no row was read."""
        if self.unique:
            return False
        return self.evidence.low_cardinality if self.evidence else None

    @property
    def has_distribution(self) -> bool:
        """Whether its type can be learned however many its values are. Times with a zone stand as text."""
        return self.kind in _DISTRIBUTIONS and not (self.kind is Kind.TIME and self.column.type.timezone)

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
    """What the profile found in name and values together; what the name says where the profile found nothing."""
    evidence = place.evidence
    if evidence and evidence.personal in PERSONAL_KINDS and can_hold(evidence.personal, place.column.type):
        reason = evidence.reason or "its values look like it"
        return PersonalFinding(evidence.personal, evidence.confidence, reason), DecidedBy.PROFILE
    return classify_name(place.column, table=place.table), DecidedBy.CATALOG


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
    in_documents = bool(place.evidence and place.evidence.paths)
    return _by_kind(place, suspicious=in_documents or bool(finding and finding.confidence >= SUSPICIOUS))


def fake(place: ColumnPlace, finding: PersonalFinding, by: DecidedBy, reason: str, role: Role) -> ColumnDecision:
    return place.decide(Treatment.FAKE, role, reason, by=by, options={"kind": finding.kind})


def _personal(place: ColumnPlace, finding: PersonalFinding, by: DecidedBy) -> ColumnDecision | None:
    """What becomes of personal data; None where its type alone tells (dates and coordinates are learned)."""
    kind = PERSONAL_KINDS[finding.kind]
    why = f"{finding.reason[:1].upper()}{finding.reason[1:]} ({finding.confidence:.0%} sure)"
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
        reason = f"{why}, but its few values are each shared by many rows: its distribution is learned."
        return place.decide(Treatment.LEARN, Role.VALUE, reason, by=DecidedBy.PROFILE)
    unread = f" {_UNREAD}" if place.shared is None else ""
    return fake(place, finding, by, f"{why}: invented anew.{unread}", Role.VALUE)


def _by_kind(place: ColumnPlace, *, suspicious: bool) -> ColumnDecision | None:
    kind = place.kind
    if place.names_its_row:
        return place.decide(Treatment.LEARN, Role.KEY, "A unique number that tells rows apart: made anew.")
    if place.has_distribution:
        return place.decide(Treatment.LEARN, Role.VALUE, f"{_CALLED[kind]}: its distribution is learned.")
    if kind is Kind.BINARY:
        if place.column.nullable:
            return place.decide(Treatment.NULL, Role.VALUE, "Binary content cannot be made safe: left empty.")
        return place.decide(Treatment.LEARN, Role.TEXT, "Binary content: random bytes of like length.")
    if can_be_written_anew(place.column.type):
        return written_anew_or_learned(place, suspicious=suspicious)
    return learned_or_left_out(place)


def written_anew_or_learned(place: ColumnPlace, *, suspicious: bool = False) -> ColumnDecision:
    """A category where values are few and shared by many rows, otherwise new values of the same form."""
    called = _CALLED.get(place.kind, f"A value of the type {place.column.type.native}")
    if place.shared and not suspicious:
        return _category(place, called)
    form = "from the pattern of its characters" if place.kind is Kind.TEXT else "in the same form"
    anew = f"{called}: written anew {form}, never drawn from real values."
    if place.unique:
        return place.decide(Treatment.LEARN, Role.TEXT, anew)
    if place.shared is None:
        return place.decide(Treatment.LEARN, Role.TEXT, f"{anew} {_UNREAD}")
    if place.shared:
        anew = f"{called}, some of it like personal data: written anew {form}."
    return place.decide(Treatment.LEARN, Role.TEXT, anew, by=DecidedBy.PROFILE)


def learned_or_left_out(place: ColumnPlace) -> ColumnDecision | None:
    """For values that cannot be written anew: a category, or one value that says nothing; None if neither can be."""
    called = f"The type {place.column.type.native}"
    if place.shared:
        return _category(place, called)
    left_out = one_value(place)
    if left_out is not None and place.shared is None:
        return left_out.model_copy(update={"reason": f"{left_out.reason} {_UNREAD}"})
    if left_out is None and place.shared is None:
        return place.decide(Treatment.LEARN, Role.VALUE, f"{called}: learned if the profile finds few values.")
    return left_out


def one_value(place: ColumnPlace) -> ColumnDecision | None:
    """NULL for every row, or one valid value that says nothing; None if neither fits the column."""
    called = f"The type {place.column.type.native}"
    if place.column.nullable:
        return place.decide(Treatment.NULL, Role.VALUE, f"{called} cannot be written anew: left empty.")
    value = neutral_value(place.column.type, dialect=place.dialect)
    if value is None or place.in_key:
        return None
    reason = f"{called} cannot be written anew: one value that says nothing."
    return place.decide(Treatment.CONSTANT, Role.VALUE, reason, options={"value": value})


def neutral_value(data_type: DataType, *, dialect: str) -> JsonValue:
    """A valid value that says nothing, as the text that the database reads; None if none is known."""
    if data_type.kind is Kind.ARRAY:
        return "[]" if dialect == "duckdb" else "{}"
    if data_type.kind is Kind.TIME and data_type.timezone:
        return "00:00:00+00"
    return {Kind.JSON: "{}", Kind.INTERVAL: "00:00:00"}.get(data_type.kind)


def _category(place: ColumnPlace, called: str) -> ColumnDecision:
    reason = f"{called} with few values, each shared by many rows: its distribution is learned."
    return place.decide(Treatment.LEARN, Role.VALUE, reason, by=DecidedBy.PROFILE)


_UNREAD = "If the next refresh finds few values, each shared by many rows, they are learned instead."
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
    Kind.JSON: "JSON",
    Kind.ARRAY: "An array",
    Kind.INTERVAL: "An interval",
}
