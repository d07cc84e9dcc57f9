"""Personal data found in a column: what its name, type and comment say together with a sample of its values."""

import polars as pl

from synth_assets.catalog.model import Column, DataType, Kind
from synth_assets.plan.personal import PERSONAL_KINDS, SURE_ENOUGH, PersonalFinding, PersonalPath, can_hold
from synth_assets.plan.personal_content.classify import classify_content
from synth_assets.plan.personal_content.documents import holds_documents, key_of, values_by_path
from synth_assets.plan.personal_names import classify_name, is_called_as_people, is_of_a_thing

_READ_AS_TEXT = frozenset({Kind.TEXT, Kind.OTHER})
_WHOLE_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL})
_KINDS_OF_NUMBERS = frozenset({"credit_card_number", "national_id"})
_LEAST_FILLED = 20
_CONTRADICTED = 0.4
_NOBODYS = 0.1
_WITHOUT_NUMBERS = 0.05
_MOST_LABELS, _ROWS_A_LABEL = 20, 20

# Kinds whose values all have one form: where none of many has it, the name must mean something else.
_WELL_FORMED = frozenset({"email", "ip_address", "ipv6_address", "mac_address", "url", "iban"})
# Kinds whose form other values have, too: a name that speaks of things rules them out.
_VAGUE = frozenset(
    {"phone", "postcode", "national_id", "credit_card_number", "street_address", "hash", "token", "user_name"}
    | {"full_name", "first_name", "last_name"}
)
# Kinds of which each person has an own one: a handful of values that all rows share is none of them.
_OF_ONE_PERSON = frozenset({"national_id", "tax_id", "passport_number", "driver_license", "bank_account", "iban"})
# Kinds that are told apart by their name only, once the values say that they are of the same family.
_FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"first_name", "middle_name", "last_name", "full_name", "user_name"}),
    frozenset({"street_address", "street_name", "secondary_address", "address", "building_number"}),
    frozenset({"national_id", "tax_id", "passport_number", "driver_license", "bank_account", "credit_card_number"}),
    frozenset({"password", "hash", "token", "uuid"}),
    frozenset({"ip_address", "ipv6_address"}),
)


def find_personal_data(column: Column, *, table: str | None, values: pl.Series) -> PersonalFinding | None:
    """What kind of personal data a column holds; None if neither its name, type and comment nor its values tell.

    Values that are surely of a kind say more than a name; a name says more than some of the values. Where both agree,
    the name tells which of a family of kinds it is, and each makes the other surer.

    Args:
        values: A sample of the column, nulls included.
    """
    named = _without_numbers(classify_name(column, table=table), values)
    seen = _by_values(column, values)
    if seen is None:
        return _unless_contradicted(named, values)
    if named is None:
        return None if seen.kind in _VAGUE and is_of_a_thing(column.name) else seen
    if _agree(named.kind, seen.kind):
        return _joined(named, seen)
    says_more = seen.kind not in _VAGUE or named.kind in _WELL_FORMED
    return seen if seen.confidence >= SURE_ENOUGH and says_more else named


def find_personal_paths(
    column: Column, *, table: str | None, values: pl.Series, min_group: int
) -> tuple[PersonalPath, ...]:
    """The paths of a column's JSON documents that hold personal data; none where it holds no documents."""
    if column.type.kind not in (Kind.JSON, Kind.TEXT) or not holds_documents(values):
        return ()
    found = []
    for path, texts in values_by_path(values, min_group=min_group).items():
        key, parent = key_of(path)
        member = Column(name=key, type=DataType(kind=Kind.TEXT, native="json"))
        finding = find_personal_data(member, table=parent or _about(column, table), values=texts)
        if finding is not None and finding.confidence >= SURE_ENOUGH:
            reason = finding.reason.replace("its name says", "its key says").replace(
                "in a table of people", "of a person"
            )
            found.append(PersonalPath(path, finding.kind, finding.confidence, reason))
    return tuple(sorted(found, key=lambda one: one.path))


def _about(column: Column, table: str | None) -> str | None:
    """What the members of a document at its root are of: the column, where it has a name that tells."""
    return column.name or table


def _by_values(column: Column, values: pl.Series) -> PersonalFinding | None:
    kind = column.type.kind
    if holds_documents(values):
        return None
    if kind in _READ_AS_TEXT and values.dtype == pl.String:
        seen = classify_content(values, of_people=is_called_as_people(column.name))
    elif kind in _WHOLE_NUMBERS and values.dtype.is_integer():
        seen = classify_content(values, kinds=_KINDS_OF_NUMBERS)
    else:
        return None
    return seen if seen is not None and can_hold(seen.kind, column.type) else None


def _without_numbers(named: PersonalFinding | None, values: pl.Series) -> PersonalFinding | None:
    """What the name says, but streets alone where hardly a value has a digit: house numbers stand in another column."""
    if named is None or named.kind != "street_address" or values.dtype != pl.String:
        return named
    filled = values.drop_nulls()
    if len(filled) < _LEAST_FILLED or filled.str.contains(r"\d").sum() > _WITHOUT_NUMBERS * len(filled):
        return named
    label = PERSONAL_KINDS["street_name"].label
    return PersonalFinding("street_name", named.confidence, f"{named.reason}, and its values have no number: {label}")


def _unless_contradicted(named: PersonalFinding | None, values: pl.Series) -> PersonalFinding | None:
    """What the name says, with less confidence where the values speak against it."""
    if named is not None and named.kind in _OF_ONE_PERSON and _are_labels(values):
        return PersonalFinding(named.kind, _NOBODYS, f"{named.reason}, though many rows share each of its values")
    if named is None or named.kind not in _WELL_FORMED or values.dtype != pl.String:
        return named
    if len(values) - values.null_count() < _LEAST_FILLED:
        return named
    return PersonalFinding(named.kind, _CONTRADICTED, f"{named.reason}, though its values do not look like it")


def _are_labels(values: pl.Series) -> bool:
    """Whether the values are a handful that many rows share, such as the codes of tax rates."""
    filled, different = len(values) - values.null_count(), values.drop_nulls().n_unique()
    return 1 <= different <= _MOST_LABELS and filled >= _ROWS_A_LABEL * different


def _agree(named: str, seen: str) -> bool:
    return named == seen or any({named, seen} <= family for family in _FAMILIES)


def _joined(named: PersonalFinding, seen: PersonalFinding) -> PersonalFinding:
    confidence = 1 - (1 - named.confidence) * (1 - seen.confidence)
    if named.kind == seen.kind:
        return PersonalFinding(named.kind, confidence, f"{named.reason}, and {seen.reason}")
    label = PERSONAL_KINDS[named.kind].label
    return PersonalFinding(named.kind, confidence, f"{named.reason}, and its values fit {label}")
