"""One table as the report shows it: what becomes of its columns, both sides in pictures, what did not pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth_assets.catalog.model import Catalog, ForeignKey
from synth_assets.plan.explain import ExplainedColumn, explain
from synth_assets.plan.resolved import ResolvedPlan, TableDecision
from synth_assets.report.charts import Picture, bar_picture, heat_picture
from synth_assets.store.comparison import ColumnComparison, Comparison, TableComparison
from synth_assets.store.verdict import CheckResult, Verdict

# Of a table with more learned columns, those that are least alike are pictured.
MOST_PICTURES = 12
_SHAPE = "fidelity_shape"


@dataclass(frozen=True)
class ShownColumn:
    """A column: the decision, how alike both sides are, and what has moved in the source."""

    explained: ExplainedColumn
    similarity: float | None
    moved: float | None


@dataclass(frozen=True)
class ShownPicture:
    """A picture under its name."""

    name: str
    picture: Picture


@dataclass(frozen=True)
class ShownTable:
    """One table.

    Attributes:
        not_pictured: Learned columns beyond those that are pictured.
        pairs: Both heat maps, the source's first; empty where no pairs are compared.
        least_alike: The pairs that came out least as in the source, with their similarity.
        failed: Its checks that did not pass, errors first.
    """

    decision: TableDecision
    comparison: TableComparison
    columns: tuple[ShownColumn, ...]
    pictures: tuple[ShownPicture, ...]
    not_pictured: int
    pairs: tuple[ShownPicture, ...]
    least_alike: tuple[tuple[str, float], ...]
    failed: tuple[CheckResult, ...]

    @property
    def name(self) -> str:
        return self.decision.name


@dataclass(frozen=True)
class ShownKey:
    """One foreign key: whether every reference leads somewhere, and how many rows refer to a row."""

    table: str
    key: ForeignKey
    orphans: CheckResult | None
    cardinality: CheckResult | None
    picture: Picture | None

    @property
    def name(self) -> str:
        return f"{self.table} ({', '.join(self.key.columns)}) to {self.key.parent}"


def shown_tables(
    plan: ResolvedPlan, catalog: Catalog, comparison: Comparison, verdict: Verdict
) -> Iterator[ShownTable]:
    """Every published table, in the plan's order."""
    explained: dict[str, list[ExplainedColumn]] = {}
    for row in explain(plan, catalog):
        explained.setdefault(row.table, []).append(row)
    for decision in plan.published:
        compared = comparison.table(decision.name)
        if compared is not None:
            yield _table(decision, explained[decision.name], compared, _checks_of(verdict, decision.name))


def similarities(verdict: Verdict, table: str) -> dict[str, float]:
    """By learned column, how alike its distributions are on both sides; 1 is best."""
    return _facts(_checks_of(verdict, table), _SHAPE, "columns")


def shown_keys(plan: ResolvedPlan, comparison: Comparison, verdict: Verdict) -> Iterator[ShownKey]:
    """Every foreign key among the published tables."""
    for name in sorted(plan.foreign_keys):
        compared = comparison.table(name)
        checks = {check.name: check for check in _checks_of(verdict, name)}
        known = {one.key: one for one in compared.keys} if compared else {}
        for key in plan.foreign_keys[name]:
            one = known.get(key)
            ending = one.check if one else ""
            yield ShownKey(
                table=name,
                key=key,
                orphans=checks.get(f"integrity_orphans_{ending}"),
                cardinality=checks.get(f"fidelity_cardinality_{ending}"),
                picture=bar_picture(one.bars, what=f"{key.parent} rows by their number of {name} rows")
                if one and len(one.bars) > 1
                else None,
            )


def _table(
    decision: TableDecision,
    explained: Sequence[ExplainedColumn],
    compared: TableComparison,
    checks: Sequence[CheckResult],
) -> ShownTable:
    alike = _facts(checks, _SHAPE, "columns")
    least_alike = _facts(checks, "fidelity_trend", "least_similar_pairs")
    # A single bar shows nothing.
    telling = [column for column in compared.columns if len(column.bars) > 1]
    pictured = sorted(telling, key=lambda column: alike.get(column.column, 1.0))[:MOST_PICTURES]
    return ShownTable(
        decision=decision,
        comparison=compared,
        columns=tuple(_column(row, alike, compared) for row in explained),
        pictures=tuple(_picture(decision.name, column) for column in telling if column in pictured),
        not_pictured=len(telling) - len(pictured),
        pairs=tuple(_heat_maps(compared)),
        least_alike=tuple(sorted(least_alike.items(), key=lambda pair: pair[1])),
        failed=tuple(sorted((c for c in checks if not c.passed), key=lambda check: check.severity.value)),
    )


def _column(row: ExplainedColumn, alike: dict[str, float], compared: TableComparison) -> ShownColumn:
    column = compared.column(row.column)
    return ShownColumn(row, alike.get(row.column), column.moved if column else None)


def _picture(table: str, column: ColumnComparison) -> ShownPicture:
    return ShownPicture(column.column, bar_picture(column.bars, what=f"Share of {table} rows by {column.column}"))


def _heat_maps(compared: TableComparison) -> Iterator[ShownPicture]:
    pairs = compared.pairs
    if pairs is None:
        return
    for side, matrix in (("source", pairs.source), ("synthetic", pairs.synthetic)):
        what = f"How strongly columns of {compared.table} go together, {side} rows"
        yield ShownPicture(f"{side} rows", heat_picture(pairs.columns, matrix, what=what))


def _checks_of(verdict: Verdict, table: str) -> list[CheckResult]:
    return [check for check in verdict.checks if check.table == table]


def _facts(checks: Sequence[CheckResult], name: str, fact: str) -> dict[str, float]:
    """The numbers by name that a check holds; none where there is no such check."""
    found = next((check.facts.get(fact) for check in checks if check.name == name), None)
    return {k: float(v) for k, v in found.items() if isinstance(v, int | float)} if isinstance(found, dict) else {}
