"""What SDV's engines accept of a plan, told before any row is read."""

from collections.abc import Iterator

from synth_assets.catalog.graph import components
from synth_assets.plan.nearest import hint
from synth_assets.plan.resolved import Engine, Mode, ResolvedPlan, Role, TableDecision
from synth_assets.synthesize.sdv.errors import EngineRefused, OptionRefused
from synth_assets.synthesize.sdv.options import ENGINE_OPTIONS, read_options

HMA, PAR = "hma", "par"
MOST_HMA_TABLES = 5


def check_engines(plan: ResolvedPlan) -> None:
    """Check all that a plan asks of SDV's engines.

    Raises:
        OptionRefused: An option of a table's engine does not exist or cannot have that value.
        EngineRefused: PAR is named for a table without a parent, or HMA for a dataset that it cannot learn.
    """
    for table in plan.published:
        if table.synthesizer in ENGINE_OPTIONS:
            check_options(table, Engine(name=table.synthesizer, options=table.synthesizer_options))
    reasons = [reason for table in plan.published if table.synthesizer == PAR for reason in _par_reasons(plan, table)]
    if reasons:
        raise EngineRefused(PAR, reasons)
    if learned_as_a_whole(plan):
        reasons = list(_hma_reasons(plan))
        if reasons:
            raise EngineRefused(HMA, reasons)


def learned_as_a_whole(plan: ResolvedPlan) -> bool:
    """Whether the plan names HMA, which learns all tables at once."""
    return any(table.synthesizer == HMA for table in plan.published)


def check_options(table: TableDecision, engine: Engine) -> None:
    """Check the options of an engine of SDV that is to learn a table.

    Raises:
        OptionRefused: An option does not exist or cannot have that value.
    """
    options = read_options(ENGINE_OPTIONS[engine.name], dict(engine.options), table=table.name)
    learned = [column.name for column in table.columns if column.role is Role.VALUE]
    for column in getattr(options, "numerical_distributions", {}):
        if column not in learned:
            problem = f"names the column {column!r}, which is not learned{hint(column, learned)}"
            raise OptionRefused(engine.name, "numerical_distributions", problem, table=table.name)


def _par_reasons(plan: ResolvedPlan, table: TableDecision) -> Iterator[str]:
    parents = {key.parent for key in plan.foreign_keys.get(table.name, ()) if not key.branch} - {table.name}
    if table.mode is not Mode.SYNTHETIC:
        yield f"{table.name} has the mode {table.mode}, and a sequence is made anew as a whole"
    if not any(plan.table(parent).mode is not Mode.EMPTY for parent in parents):
        yield f"{table.name} has no foreign key to another table, whose rows would own the sequences"


def _hma_reasons(plan: ResolvedPlan) -> Iterator[str]:
    tables = [table for table in plan.published if table.mode is not Mode.EMPTY]
    names = [table.name for table in tables]
    for table in tables:
        if table.synthesizer != HMA:
            yield f"{table.name} is to be learned by {table.synthesizer}, and HMA learns all tables or none"
        elif table.mode is not Mode.SYNTHETIC:
            yield f"{table.name} has the mode {table.mode}, and HMA makes every table anew"
    if len(tables) > MOST_HMA_TABLES:
        yield f"there are {len(tables)} tables, and HMA takes at most {MOST_HMA_TABLES}"
    if len({table.scale for table in tables}) > 1:
        yield "tables have different scales, and HMA has one for all"
    if len({str(table.synthesizer_options) for table in tables if table.synthesizer == HMA}) > 1:
        yield "tables give different options, and HMA has one set for all"
    keys = {name: [key for key in plan.foreign_keys.get(name, ()) if key.parent in names] for name in names}
    for name in names:
        for key in keys[name]:
            if key.branch:
                yield f"{name}({', '.join(key.columns)}) is a polymorphic key"
            if len(key.columns) > 1:
                yield f"{name}({', '.join(key.columns)}) is a foreign key of several columns"
            if key.parent == name:
                yield f"{name}({', '.join(key.columns)}) refers to its own table"
    parents = {name: {key.parent for key in keys[name]} - {name} for name in names}
    for group in components(names, keys):
        if len(group) > 1:
            yield f"{', '.join(group)} refer to each other in a circle"
    for name in names:
        for parent in sorted(parents[name]):
            if parents[parent]:
                yield f"{name} refers to {parent}, which refers to another table itself: HMA takes parents and children"
    if len(names) > 1 and (apart := sorted(set(names[1:]) - _reached(names[0], parents))):
        yield f"{', '.join(apart)} cannot be reached from {names[0]} along foreign keys"


def _reached(start: str, parents: dict[str, set[str]]) -> set[str]:
    around = {name: set(above) for name, above in parents.items()}
    for name, above in parents.items():
        for parent in above:
            around[parent].add(name)
    found, waiting = {start}, [start]
    while waiting:
        new = around[waiting.pop()] - found
        found |= new
        waiting += new
    return found
