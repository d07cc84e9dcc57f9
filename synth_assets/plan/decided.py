"""What a plan has decided, in a form that outlives it: so that the next one can say what is different."""

from collections.abc import Iterator

from pydantic import Field

from synth_assets.catalog.model import Catalog, Value
from synth_assets.plan.explain import explain
from synth_assets.plan.limits import limit_text
from synth_assets.plan.resolved import ResolvedPlan, TableDecision


class DecidedTable(Value):
    """What becomes of a table, and of its columns by name, in words."""

    mode: str
    columns: dict[str, str]


class Decided(Value):
    """What becomes of every table of a dataset.

    Attributes:
        settings: What else the plan says, by its place there, such as gate.fidelity.shape; empty of a release that did
            not keep it.
    """

    tables: dict[str, DecidedTable]
    settings: dict[str, str] = Field(default_factory=dict)


def decided(plan: ResolvedPlan, catalog: Catalog) -> Decided:
    """The decisions of a resolved plan."""
    columns: dict[str, dict[str, str]] = {table.name: {} for table in plan.tables}
    for row in explain(plan, catalog):
        if row.column:
            columns[row.table][row.column] = row.treatment + (", unique" if row.unique else "")
    return Decided(
        tables={t.name: DecidedTable(mode=_in_words(t), columns=columns[t.name]) for t in plan.tables},
        settings=_settings(plan),
    )


def _settings(plan: ResolvedPlan) -> dict[str, str]:
    """By their places in the plan: limits of the gate, what protects single people, how tables are learned."""
    limits = {
        f"gate.{family}.{name}": limit_text(limit)
        for family, of_family in plan.gate.model_dump().items()
        for name, limit in of_family.items()
    }
    tables = {}
    for table in plan.tables:
        if table.is_generated:
            options = [f"{name}: {value}" for name, value in sorted(table.synthesizer_options.items())]
            tables[f"tables.{table.name}.synthesizer"] = ", ".join([table.synthesizer, *options])
            tables[f"tables.{table.name}.scale"] = f"{table.scale:g}"
    return limits | tables | {
        "bias": ", ".join(f"{one.outcome} by {one.sensitive} in {one.table}" for one in plan.bias) or "nothing",
        "privacy.min_group": str(plan.min_group),
        "privacy.hold_out": f"{plan.hold_out:g}",
        "privacy.canaries": "planted" if plan.canaries else "none",
    }  # fmt: skip


def _in_words(table: TableDecision) -> str:
    """The mode, with the share of real rows and the shares that are wished for."""
    real = [] if table.real_share is None else [f"{table.real_share:g} of the rows real"]
    shares = table.balance.shares.items() if table.balance else ()
    wished = [f"{table.balance.column} {value} {share:g}" for value, share in shares if table.balance]
    return ", ".join([table.mode.value, *real, *wished])


def other_decisions(before: Decided, after: Decided) -> list[str]:
    """What is decided otherwise than before, a line each; what is gone from the source is not told."""
    of_tables = [line for name in sorted(after.tables) for line in _of_table(name, before, after)]
    known = ((place, before.settings.get(place), now) for place, now in sorted(after.settings.items()))
    return of_tables + [f"{place}: {was} became {now}" for place, was, now in known if was is not None and was != now]


def _of_table(name: str, before: Decided, after: Decided) -> Iterator[str]:
    new, old = after.tables[name], before.tables.get(name)
    if old is None:
        yield f"{name}: {new.mode}"
    elif old.mode != new.mode:
        yield f"{name}: {old.mode} became {new.mode}"
    for column, treatment in new.columns.items():
        known = old.columns.get(column) if old else None
        if known is None:
            yield f"{name}.{column}: {treatment}"
        elif known != treatment:
            yield f"{name}.{column}: {known} became {treatment}"
