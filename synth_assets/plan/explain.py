"""A resolved plan as rows for people: what becomes of every column, and why."""

from dataclasses import dataclass

from synth_assets.catalog.model import Catalog
from synth_assets.plan.resolved import ColumnDecision, Mode, ResolvedPlan, Role, TableDecision, Treatment

# Modes in which real rows are published with some of their columns treated.
_REAL_ROWS = (Mode.PARTIAL, Mode.HYBRID)


@dataclass(frozen=True)
class ExplainedColumn:
    """One row of the explanation.

    Attributes:
        column, type: Empty for a table that is not published.
        treatment: In words: 'learn', 'fake email', 'made anew', 'parent's key', 'computed', ...
        real_values: How far real values come through: 'no', 'in part', 'in real rows' or 'yes'.
    """

    table: str
    mode: Mode
    column: str
    type: str
    treatment: str
    unique: bool
    reason: str
    real_values: str


def explain(plan: ResolvedPlan, catalog: Catalog) -> list[ExplainedColumn]:
    """Every column of every table, in the catalog's order; one row without a column for an excluded table."""
    return [row for table in plan.tables for row in _of_table(table, catalog)]


def let_through(plan: ResolvedPlan) -> tuple[str, ...]:
    """What real values the plan lets through and why, a line for each table or column that the plan names."""
    lines = []
    for table in plan.published:
        if table.mode is Mode.REFERENCE:
            lines.append(f"{table.name}: all rows, copied as they are ({table.because})")
            continue
        kept = [column for column in table.columns if column.lets_real_values_through]
        if table.mode in _REAL_ROWS:
            names = ", ".join(column.name for column in kept if column.because == table.because)
            share = "" if table.real_share is None else f", {table.real_share:g} of all rows,"
            lines.append(f"{table.name}: real rows{share} with {names or 'no column kept'} ({table.because})")
            kept = [column for column in kept if column.because != table.because]
        lines += [f"{table.name}.{column.name}: {_what_real(column)} ({column.because})" for column in kept]
        lines += [
            f"{table.name}.{column.name}: real values, covered but for {_uncovered(column)} characters"
            for column in table.columns
            if table.mode in _REAL_ROWS and _shows_in_part(column)
        ]
    return tuple(lines)


def _of_table(table: TableDecision, catalog: Catalog) -> list[ExplainedColumn]:
    if table.mode is Mode.EXCLUDE:
        return [ExplainedColumn(table.name, table.mode, "", "", "not published", False, "The plan excludes it.", "no")]
    columns = catalog.table(table.name)
    return [
        ExplainedColumn(
            table=table.name,
            mode=table.mode,
            column=column.name,
            type=columns.column(column.name).type.native,
            treatment=_in_words(column) + (", real in real rows" if column.real_in_real_rows else ""),
            unique=column.unique,
            reason=column.reason if column.because is None else f"{column.reason} Because: {column.because}",
            real_values=_real_values(table, column),
        )
        for column in table.columns
    ]


def _in_words(column: ColumnDecision) -> str:
    match column.role, column.treatment:
        case Role.GENERATED, _:
            return "computed"
        case Role.KEY, Treatment.LEARN:
            return "made anew"
        case Role.REFERENCE, Treatment.LEARN:
            return "parent's key"
        case Role.TEXT, Treatment.LEARN:
            return "written anew"
        case _, Treatment.FAKE if column.repeats:
            return f"fake of {column.repeats.parent}.{column.repeats.column}"
        case _, Treatment.FAKE:
            return f"fake {column.options.get('kind', '')}".strip()
        case _:
            return column.treatment.value


def _what_real(column: ColumnDecision) -> str:
    return f"computed from real values of {', '.join(column.real_inputs)}" if column.real_inputs else "real values"


def _real_values(table: TableDecision, column: ColumnDecision) -> str:
    if table.mode is Mode.EMPTY:
        return "no"
    if column.real_in_real_rows:
        return "in real rows"
    if column.lets_real_values_through:
        return "yes"
    return "in part" if table.mode in _REAL_ROWS and _shows_in_part(column) else "no"


def _shows_in_part(column: ColumnDecision) -> bool:
    return column.treatment is Treatment.MASK and _uncovered(column) > 0


def _uncovered(column: ColumnDecision) -> int:
    counts = [column.options.get(name, 0) for name in ("keep_first", "keep_last")]
    return sum(count for count in counts if isinstance(count, int))
