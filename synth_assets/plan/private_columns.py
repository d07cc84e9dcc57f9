"""What becomes of a column of a private table: nothing that its rows would have to tell first."""

from collections.abc import Sequence

from synth_assets.catalog.model import Check, Kind
from synth_assets.plan.chosen import TreatmentDoesNotFit
from synth_assets.plan.columns import ColumnSettings
from synth_assets.plan.personal import PERSONAL_KINDS
from synth_assets.plan.public_domain import DomainDoesNotFit, example, public_domain
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Role, Treatment
from synth_assets.plan.safe import ColumnPlace

_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL})
# Keys of these types are made without a look at real ones.
_PLAIN_KEYS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.UUID, Kind.DATE, Kind.TIME, Kind.DATETIME})


def private_column(
    decision: ColumnDecision, place: ColumnPlace, checks: Sequence[Check], named: ColumnSettings | None
) -> ColumnDecision:
    """The decision for a column of a private table.

    Args:
        decision: That of any other table whose rows nobody has looked at.
        checks: Constraints of its table.
        named: What the plan says of the column.

    Raises:
        TreatmentDoesNotFit: It would need to look at rows, or to know a domain that nothing public tells.
    """
    if decision.role in (Role.REFERENCE, Role.GENERATED):
        return decision
    _refuse_real_values(decision, place)
    if decision.role is Role.KEY:
        return _key(decision, place)
    if not _may_be_learned(decision, named):
        return decision
    try:
        domain = public_domain(place.column, checks, named)
    except DomainDoesNotFit as error:
        raise TreatmentDoesNotFit(str(error), f"Write such as {place.column.name}: {example(place.column)}.") from None
    if domain is None:
        if decision.treatment is Treatment.FAKE:
            return decision
        raise _no_domain(place)
    by = DecidedBy.PLAN if named is not None and named.names_domain else DecidedBy.CATALOG
    whose = "the plan" if by is DecidedBy.PLAN else "the catalog"
    return decision.model_copy(
        update={
            "treatment": Treatment.LEARN,
            "role": Role.VALUE,
            "options": {},
            "decided_by": by,
            "reason": f"Learned with noise, on the values that {whose} names.",
            "domain": domain,
        }
    )


def _may_be_learned(decision: ColumnDecision, named: ColumnSettings | None) -> bool:
    """Learned columns and free text; and fakes of what tells of nobody, where the plan did not ask for fakes."""
    if decision.treatment is Treatment.LEARN:
        return True
    if decision.treatment is not Treatment.FAKE or (named is not None and named.treatment is Treatment.FAKE):
        return False
    if named is not None and named.names_domain:
        return True
    kind = str(decision.options.get("kind"))
    return kind in PERSONAL_KINDS and not PERSONAL_KINDS[kind].always_faked


def _refuse_real_values(decision: ColumnDecision, place: ColumnPlace) -> None:
    name = place.column.name
    if decision.treatment is Treatment.KEEP:
        raise TreatmentDoesNotFit(
            "keep lets real values through, and a private table lets none", f"Name another treatment for {name}."
        )
    if decision.treatment is Treatment.MASK:
        raise TreatmentDoesNotFit(
            "mask starts from the patterns of real values, which a private table does not look at",
            "Name {fake: ...} or {pseudonymize: {format: ...}} instead.",
        )
    made_anew = decision.options.get("format") is not None or place.kind in _NUMBERS or place.kind is Kind.UUID
    if decision.treatment is Treatment.PSEUDONYMIZE and not made_anew:
        raise TreatmentDoesNotFit(
            "pseudonymize starts from the patterns of real values, which a private table does not look at",
            f'Write such as {name}: {{pseudonymize: {{format: "####-####"}}}}.',
        )


def _key(decision: ColumnDecision, place: ColumnPlace) -> ColumnDecision:
    if decision.treatment is Treatment.LEARN and place.kind not in _PLAIN_KEYS:
        raise TreatmentDoesNotFit(
            f"a key of the type {place.column.type.native} is written anew from the patterns of real keys, which a "
            "private table does not look at",
            f'Write such as {place.column.name}: {{pseudonymize: {{format: "####-####"}}}}.',
        )
    return decision


def _no_domain(place: ColumnPlace) -> TreatmentDoesNotFit:
    name = place.column.name
    others = "{fake: ...}" + (", `null`" if place.column.nullable else ", {constant: ...}")
    return TreatmentDoesNotFit(
        "which values it may take must be said by the plan or a CHECK, since a private table does not look it up in "
        "its rows",
        f"Add under tables.{place.table}.columns, with its own values: `{name}: {example(place.column)}`, or name "
        f"{others}.",
    )
