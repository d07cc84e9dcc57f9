"""Which asset checks a table has: one of each family, each rule of the user's own, and each column that matters.

A check of every expectation would be thousands for a few hundred tables, which nobody reads. A column matters if the
plan names it, or if its values are replaced because they are, or may be, of persons.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dagster as dg

from synth_assets.assets.dataset import SYNTHETIC, Dataset
from synth_assets.assets.metadata import treatment
from synth_assets.assets.names import key_part
from synth_assets.plan.resolved import ColumnDecision, Mode, Treatment
from synth_assets.store.verdict import CheckResult
from synth_assets.validate.user_rules import UserRule

# One word each: the name of a step's output joins table and check by an underscore.
FAMILIES = {
    "expectations": "Great Expectations: the suite derived from catalog, plan and profile.",
    "integrity": "Keys, references, NOT NULL and lengths: what the target's constraints ask for.",
    "fidelity": "How alike synthetic and real rows are: distributions, pairs of columns, pairs across keys.",
    "privacy": "How much the synthetic rows give away of single source rows, against rows held out of training.",
}
_REPLACED = (Treatment.FAKE, Treatment.PSEUDONYMIZE, Treatment.MASK)


@dataclass(frozen=True)
class TableCheck:
    """An asset check of a synthetic table.

    Attributes:
        shows: Whether it reports a check of the verdict on its table.
        may_be_empty: Whether a verdict without anything to report has passed it.
    """

    name: str
    description: str
    shows: Callable[[CheckResult], bool]
    may_be_empty: bool = True

    def key(self, dataset: Dataset, table: str) -> dg.AssetCheckKey:
        return dg.AssetCheckKey(dataset.key(SYNTHETIC, table), self.name)


def table_checks(dataset: Dataset, table: str) -> Iterator[TableCheck]:
    """The checks of a table; each check of a verdict is reported by the first of them that shows it."""
    for rule in dataset.rules.get(table, ()):
        yield _of_rule(rule)
    decision = dataset.decision(table)
    named = dataset.settings.table(table).columns
    for column in decision.columns:
        if decision.mode is not Mode.EMPTY and (column.name in named or column.treatment in _REPLACED):
            yield _of_column(column)
    for family, description in FAMILIES.items():
        yield _of_family(family, description)


def _of_family(family: str, description: str) -> TableCheck:
    return TableCheck(family, description, lambda check: check.family == family)


def _of_rule(rule: UserRule) -> TableCheck:
    kind = "" if rule.type in rule.description else f" ({rule.type})"
    return TableCheck(
        rule.name,
        f"Your own rule, {rule.severity}: {rule.description}{kind}.",
        lambda check: check.name == rule.name,
        may_be_empty=False,
    )


def _of_column(column: ColumnDecision) -> TableCheck:
    return TableCheck(
        f"column_{key_part(column.name)}",
        f"All that is asked of the column {column.name} ({treatment(column)}): its values' form, and that none of "
        "them tells a source value that it must not.",
        lambda check: check.column == column.name,
    )
