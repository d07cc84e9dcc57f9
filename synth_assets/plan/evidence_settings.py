"""What a plan names for the evidence: quasi-identifiers, sensitive columns, groups and outcomes of bias."""

from collections.abc import Sequence

from synth_assets.plan.nearest import hint
from synth_assets.plan.refused import Problems
from synth_assets.plan.resolved import Role, TableDecision, Treatment
from synth_assets.plan.settings import DatasetSettings

_LEARNED = (Treatment.LEARN, Treatment.KEEP)


def with_evidence(
    tables: tuple[TableDecision, ...], settings: DatasetSettings, problems: Problems
) -> tuple[TableDecision, ...]:
    """The decisions with what the plan says that an attacker knows and must not learn."""
    for question in settings.bias:
        table = next((t for t in tables if t.name == question.table), None)
        if table is None:
            names = [t.name for t in tables]
            problems.add(
                f"`bias` names a table {question.table!r} that the source does not have{hint(question.table, names)}",
                remedy="Correct its name under `bias`, or take it out.",
            )
            continue
        _check_learned(table, (question.sensitive, question.outcome), "bias", problems)
        if question.sensitive == question.outcome:
            problems.add(
                "`bias` names one column as group and as outcome",
                table=table.name,
                column=question.outcome,
                remedy="Name two different columns.",
            )
    found = []
    for table in tables:
        said = settings.table(table.name)
        for setting, columns in (("quasi_identifiers", said.quasi_identifiers), ("sensitive", said.sensitive)):
            _check_learned(table, columns, setting, problems)
        update = {"quasi_identifiers": said.quasi_identifiers, "sensitive": said.sensitive}
        found.append(table.model_copy(update=update))
    return tuple(found)


def _check_learned(table: TableDecision, columns: Sequence[str], setting: str, problems: Problems) -> None:
    if columns and not table.is_generated:
        problems.add(
            f"`{setting}` cannot go with the mode {table.mode}: its rows are not learned",
            table=table.name,
            remedy=f"Take the table out of `{setting}`.",
        )
        return
    decisions = {column.name: column for column in table.columns}
    for name in columns:
        decision = decisions.get(name)
        if decision is None:
            problems.add(
                f"`{setting}` names a column {name!r} that is not there{hint(name, list(decisions))}",
                table=table.name,
                remedy=f"Correct its name under `{setting}`, or take it out.",
            )
        elif decision.role is Role.TEXT:
            # Only its rows say whether a text is learned; if it is not, the check fails, as it cannot be computed.
            continue
        elif decision.role is not Role.VALUE or decision.treatment not in _LEARNED:
            problems.add(
                f"`{setting}` names a column that is not learned but made anew, so it tells nothing",
                table=table.name,
                column=name,
                remedy=f"Take it out of `{setting}`, or give it the treatment learn.",
            )
