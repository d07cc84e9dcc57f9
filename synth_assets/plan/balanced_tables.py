"""Tables with wished shares: which columns can have them, and which values are known before a row is read."""

from collections.abc import Iterator, Mapping

from synth_assets.catalog.model import Catalog, Kind, Table
from synth_assets.plan.balance import Balance
from synth_assets.plan.dependencies import Computed, Total
from synth_assets.plan.nearest import hint
from synth_assets.plan.private_settings import PRIVATE
from synth_assets.plan.refused import Problems
from synth_assets.plan.resolved import DecidedBy, Mode, Role, TableDecision, Treatment
from synth_assets.plan.settings import DatasetSettings

# What learns sequences, whole datasets or noisy counts draws no row with a column given.
_WITHOUT_GIVEN = ("par", "hma", PRIVATE)
_KINDS = (Kind.BOOLEAN, Kind.ENUM, Kind.TEXT, Kind.INTEGER)


def with_balance(
    tables: tuple[TableDecision, ...],
    settings: DatasetSettings,
    catalog: Catalog,
    problems: Problems,
    *,
    profiled: bool,
) -> tuple[TableDecision, ...]:
    """The decisions with the shares that the plan wishes for.

    Args:
        profiled: The rows have been looked at: which texts are learned is known.
    """
    found = []
    for table in tables:
        wished = settings.table(table.name).balance
        if wished is not None:
            for message, remedy, column in _reasons_against(
                wished, table, catalog.table(table.name), profiled=profiled
            ):
                problems.add(message, table=table.name, column=column, remedy=remedy)
        found.append(table.model_copy(update={"balance": wished}))
    return tuple(found)


def value_problems(wished: Balance, rows: Mapping[str, int], *, min_group: int) -> Iterator[tuple[str, str]]:
    """What is wrong with the named values, as the rows tell, with the remedy.

    Args:
        rows: By value, how many training rows hold it; "" stands for NULL.
        min_group: Fewest rows that must share what comes out.
    """
    column = wished.column
    for value, share in wished.shares.items():
        if share and rows.get(value, 0) < min_group:
            yield (
                f"`balance` wishes for rows with {value!r}, which fewer than {min_group} rows of the source hold",
                f"Look at its values with SELECT {column}, count(*) ... GROUP BY {column}, and correct `shares`.",
            )
    others = [value for value, count in rows.items() if value not in wished.shares and count >= min_group]
    if wished.rest and not others:
        yield (
            f"`balance` names every value that may come out, and their shares add up to {1 - wished.rest:g}",
            "Let the shares add up to 1.",
        )


def _reasons_against(
    wished: Balance, decision: TableDecision, table: Table, *, profiled: bool
) -> Iterator[tuple[str, str, str | None]]:
    name = wished.column
    if decision.mode is not Mode.SYNTHETIC:
        yield f"`balance` cannot go with the mode {decision.mode}", "Take it out, or give it the mode synthetic.", None
        return
    if decision.synthesizer in _WITHOUT_GIVEN:
        why = f"`balance` cannot go with the synthesizer {decision.synthesizer}, which draws no row with a column given"
        yield why, "Take it out, or take `synthesizer: trees`.", None
    if name not in table.column_names:
        yield (
            f"`balance` names a column {name!r} that is not there{hint(name, table.column_names)}",
            "Correct its name under `balance`.",
            None,
        )
        return
    yield from ((why, remedy, name) for why, remedy in _of_column(wished, decision, table, profiled=profiled))


def _of_column(wished: Balance, decision: TableDecision, table: Table, *, profiled: bool) -> Iterator[tuple[str, str]]:
    column, kind = decision.column(wished.column), table.column(wished.column).type.kind
    learned = column.treatment in (Treatment.LEARN, Treatment.KEEP) and column.role is Role.VALUE
    undecided = not profiled and column.decided_by is not DecidedBy.PLAN
    if column.labels or column.role is Role.REFERENCE:
        yield "`balance` names a column of a foreign key, which follows its parents", "Name another column."
    elif not learned and not undecided:
        yield (
            "`balance` names a column that is not learned as a distribution",
            "Name another column, or give it the treatment learn.",
        )
    if kind not in _KINDS:
        yield (
            f"`balance` goes with columns of few values, and {table.column(wished.column).type.native} is none",
            "Name a column of true and false, of labels, texts or whole numbers.",
        )
    if any(wished.column in columns for columns in table.unique_sets):
        yield "`balance` names a column of a unique key, whose values are dealt out", "Name another column."
    if any(isinstance(one, Computed | Total) and one.column == wished.column for one in decision.dependencies):
        yield "`balance` names a column that the plan says is computed", "Take it out of `balance` or `dependencies`."
    yield from _of_values(wished, table)


def _of_values(wished: Balance, table: Table) -> Iterator[tuple[str, str]]:
    """Values that the schema itself names."""
    data_type = table.column(wished.column).type
    known = ("true", "false") if data_type.kind is Kind.BOOLEAN else data_type.labels
    if not known:
        return
    for value in wished.shares:
        if value not in known:
            yield (
                f"`balance` names {value!r}, which {data_type.native} cannot hold{hint(value, known)}",
                "Correct it under `shares`.",
            )
    if set(known) <= set(wished.shares) and wished.rest:
        yield (
            f"`balance` names every value, and their shares add up to {1 - wished.rest:g}",
            "Let them add up to 1, or leave one out: it takes the rest.",
        )
