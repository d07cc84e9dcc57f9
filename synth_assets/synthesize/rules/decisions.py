"""Which rule makes which column, checked against the column's type before anything is learned."""

from collections.abc import Mapping, Sequence

import polars as pl

from synth_assets.catalog.model import Column, Kind, Table
from synth_assets.plan.fake_kinds import FAKE_KINDS, fits
from synth_assets.plan.resolved import ColumnDecision, Role, Treatment
from synth_assets.synthesize.rules.errors import TreatmentDoesNotFit
from synth_assets.synthesize.rules.fakes import FakeColumn
from synth_assets.synthesize.rules.pools import DEFAULT_LOCALE, known_locale
from synth_assets.synthesize.rules.target import Target

_KEY_BY_PATTERN = (Kind.TEXT, Kind.JSON, Kind.INTERVAL, Kind.ARRAY, Kind.OTHER)
_SHORTEST_EMAIL = 6
_CODE_LENGTHS = {"state": (2, 3), "country": (2, 3), "gender": (1, 3)}


def targets(
    decisions: Sequence[ColumnDecision],
    *,
    table: Table,
    schema: Mapping[str, pl.DataType],
    code_lengths: Mapping[str, int] | None = None,
) -> dict[str, Target]:
    """By name, the columns to make; `schema` holds their types in the snapshot."""
    return {
        decision.name: Target.of(
            _with_room(table.column(decision.name), decision),
            table=table.name,
            dtype=schema.get(decision.name),
            unique=decision.unique or decision.role is Role.KEY,
            code_length=(code_lengths or {}).get(decision.name),
        )
        for decision in decisions
    }


def _with_room(column: Column, decision: ColumnDecision) -> Column:
    """The column with no more room than the plan leaves it, so that its fakes are those of a shorter column, too."""
    most = decision.options.get("most_characters")
    if most is None:
        return column
    return column.model_copy(update={"type": column.type.model_copy(update={"length": most})})


def code_lengths(decisions: Sequence[ColumnDecision], rows: pl.DataFrame) -> dict[str, int]:
    """By name, the characters of codes: of fakes of a name or a code whose source values are all as short as codes."""
    lengths: dict[str, int] = {}
    for decision in decisions:
        shortest, longest = _CODE_LENGTHS.get(str(decision.options.get("kind")), (1, 0))
        found = rows[decision.name].str.len_chars().max() if rows.schema[decision.name] == pl.String else None
        if isinstance(found, int) and shortest <= found <= longest:
            lengths[decision.name] = found
    return lengths


def is_plain_key(decision: ColumnDecision, target: Target) -> bool:
    """A key that needs no learning: numbers, UUIDs, times, bytes."""
    learned_by_pattern = target.type.kind in _KEY_BY_PATTERN
    return decision.role is Role.KEY and decision.treatment is Treatment.LEARN and not learned_by_pattern


def is_consistent(decision: ColumnDecision) -> bool:
    """Whether a fake follows from a real value."""
    return decision.treatment is Treatment.FAKE and "consistent" in decision.options


def is_random(decision: ColumnDecision, target: Target) -> bool:
    """Whether values are drawn from a learned model: free text, text keys, and what masks and pseudonyms start from."""
    if decision.treatment in (Treatment.FAKE, Treatment.NULL, Treatment.CONSTANT):
        return False
    if decision.treatment is Treatment.PSEUDONYMIZE:
        return decision.options.get("format") is None and not target.is_numeric
    return not is_plain_key(decision, target)


def fake_column(decision: ColumnDecision, target: Target) -> FakeColumn:
    """The column of fakes that a decision asks for.

    Raises:
        TreatmentDoesNotFit: The kind or locale is unknown, or the type cannot hold such fakes.
    """
    kind = str(decision.options.get("kind") or "")
    locale = str(decision.options.get("locale") or DEFAULT_LOCALE)
    column = target.column
    if kind not in FAKE_KINDS:
        problem, remedy = "fake without a known kind", f"Name one of {', '.join(FAKE_KINDS)}."
    elif not known_locale(locale):
        problem, remedy = f"fake with the locale {locale}", "Name a locale of Faker, such as de_DE, or none."
    elif not (fits(kind, target.type) or target.dtype == pl.String):
        problem = f"fake {kind}, for its type is {target.type.native}"
        remedy = f"Give {column} another kind of fake, or learn, null or constant, in the plan."
    elif kind == "email" and target.length is not None and target.length < _SHORTEST_EMAIL:
        problem, remedy = f"fake email, for it has room for {target.length} characters", "Use fake word or null."
    else:
        return FakeColumn(target=target, kind=kind, locale=locale)
    raise TreatmentDoesNotFit(table=target.table, column=column, treatment=problem, remedy=remedy)


def check_mask(target: Target) -> None:
    """Raises TreatmentDoesNotFit where a masked value could not stand in the column."""
    if target.dtype != pl.String or target.type.kind is not Kind.TEXT:
        problem, remedy = f"mask, for its type is {target.type.native}", "pseudonymize, null or constant"
    elif target.unique:
        problem, remedy = "mask, for its values must differ", "pseudonymize"
    else:
        return
    raise TreatmentDoesNotFit(
        table=target.table,
        column=target.column,
        treatment=problem,
        remedy=f"Give {target.column} {remedy} in the plan.",
    )
