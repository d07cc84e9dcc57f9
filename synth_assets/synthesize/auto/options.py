"""What a plan may set beside `synthesizer: {name: auto}`, and what it chooses among; told before any row is read."""

from pydantic import Field

from synth_assets.plan.resolved import Engine, ResolvedPlan, TableDecision
from synth_assets.synthesize.sdv.acceptance import check_options
from synth_assets.synthesize.sdv.options import ENGINE_OPTIONS, Options, read_options
from synth_assets.synthesize.trees.settings import TreesSettings, read_settings

AUTO, TREES = "auto", "trees"


class AutoOptions(Options):
    engine = AUTO

    # From 4,000 rows on, trees take the same smallest leaf for a part of a table as for all of it.
    rows: int = Field(default=20_000, ge=4_000, description="Most training rows that a candidate is tried on.")


def auto_options(table: TableDecision) -> AutoOptions:
    """The options of a table whose synthesizer is auto.

    Raises:
        OptionRefused: An option is not known, or has a value that it cannot take.
    """
    return read_options(AutoOptions, dict(table.synthesizer_options), table=table.name)


def check_candidates(plan: ResolvedPlan) -> None:
    """Check the options of auto and of all that it is to choose among.

    Raises:
        OptionRefused: An option of auto or of an engine of SDV does not exist or cannot have that value.
        SettingsRefused: One of trees does not or cannot.
    """
    for table in plan.published:
        if table.synthesizer != AUTO:
            continue
        auto_options(table)
        for engine in table.candidates:
            if engine.name in ENGINE_OPTIONS:
                check_options(table, engine)
            elif engine.name == TREES:
                read_settings(engine.options)


def candidates(table: TableDecision, *, rows: int) -> tuple[Engine, ...]:
    """What the plan names, or else trees with their own, half and twice their smallest leaf, and the Gaussian copula.

    Args:
        rows: Training rows of the whole table.
    """
    if table.candidates:
        return table.candidates
    leaf = TreesSettings().leaf_for(rows)
    leaves = [Engine(name=TREES, options={"smallest_leaf": size}) for size in (leaf // 2, leaf * 2)]
    return (Engine(name=TREES), *leaves, Engine(name="gaussian_copula"))
