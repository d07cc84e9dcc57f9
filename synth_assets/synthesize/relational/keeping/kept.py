"""Which known dependencies of a table the generated rows are made to keep."""

from collections.abc import Mapping, Sequence

from synth_assets.dependencies.discovery import formula_of
from synth_assets.dependencies.formula import Formula
from synth_assets.plan.dependencies import Computed, Dependency, NotAbove, NullBy, NullTogether, Total
from synth_assets.plan.resolved import Treatment
from synth_assets.store.folder import Folder
from synth_assets.store.profile import TableProfile
from synth_assets.synthesize.relational.model import RelationalModel
from synth_assets.synthesize.relational.structure import Reference, TableStructure

LOOKING = ("trees", "auto")  # engines that look for formulas themselves, in other tables' rows, too


def kept_dependencies(
    structure: TableStructure, profiles: Mapping[str, TableProfile], structures: Mapping[str, TableStructure]
) -> tuple[Dependency, ...]:
    """Those between learned columns of a synthetic table that identify nothing, and NULLs of what rules make.

    Columns of keys are made before all others, and columns that the plan keeps have their real values.
    """
    if not structure.decision.is_generated or structure.name not in profiles:
        return ()
    known = [found.dependency for found in profiles[structure.name].dependencies]
    free, marks = free_columns(structure), marked_columns(structure)
    return tuple(
        one
        for one in known
        if (
            one.column in free and total_reference(one, structure, structures) is not None
            if isinstance(one, Total)
            else set(one.columns) <= _known_columns(one, structure) and set(one.columns) & (free | marks)
        )
    )


def marked_columns(structure: TableStructure) -> frozenset[str]:
    """Columns that rules make after all others, and whose NULLs are learned."""
    made = (Treatment.NULL, Treatment.CONSTANT)
    return frozenset(
        one.name for one in structure.ruled if one.name not in structure.referencing and one.treatment not in made
    )


def _known_columns(one: Dependency, structure: TableStructure) -> frozenset[str]:
    """The columns of which enough is known to keep a dependency: of some, whether they are NULL is all that matters."""
    learned = frozenset(structure.learned)
    match one:
        case NullTogether():
            return learned | marked_columns(structure)
        case NullBy():
            return learned | (marked_columns(structure) & {one.column})
        case _:
            return learned


def free_columns(structure: TableStructure) -> frozenset[str]:
    """Learned columns that no key holds, whose real values the plan does not keep and whose shares it does not name."""
    in_keys = {name for columns in structure.table.unique_sets for name in columns} | set(structure.looked_up_by)
    real = {name for name in structure.learned if structure.decision.column(name).treatment is Treatment.KEEP}
    balance = structure.decision.balance
    return frozenset(structure.learned) - in_keys - real - {balance.column if balance else None}


def changeable_columns(model: Folder, structure: TableStructure) -> frozenset[str]:
    """The free columns but for those that are made before all others, and stay."""
    saved = RelationalModel.load(model)
    return free_columns(structure) - {*saved.identifying, *saved.shared_columns}


def total_reference(
    wanted: Total, structure: TableStructure, structures: Mapping[str, TableStructure]
) -> Reference | None:
    """The key by which the added-up rows refer to the table; None if they, or their columns, are not generated."""
    for reference in (*structure.driven, *structure.chosen):
        fits = reference.child == wanted.child and reference.key.columns == wanted.key
        if fits and set(wanted.added_up) <= set(structures[reference.child].learned):
            return reference
    return None


def declared_formulas(structure: TableStructure, profiles: Mapping[str, TableProfile]) -> tuple[Formula, ...]:
    """What the plan says is computed, as far as it is learned; of engines that look for no formulas, what is found."""
    if not structure.decision.is_generated or structure.name not in profiles:
        return ()
    free = free_columns(structure)
    return tuple(
        formula_of(known.dependency)
        for known in profiles[structure.name].dependencies
        if (known.declared or structure.decision.synthesizer not in LOOKING)
        and isinstance(known.dependency, Computed)
        and known.dependency.column in free
        and set(known.dependency.columns) <= set(structure.learned)
    )


def computed_later(
    structure: TableStructure, profiles: Mapping[str, TableProfile], structures: Mapping[str, TableStructure]
) -> frozenset[str]:
    """The columns that are drawn, and computed when all rows of the table or of its children are there."""
    totals = [one.column for one in kept_dependencies(structure, profiles, structures) if isinstance(one, Total)]
    return frozenset([*totals, *(formula.column for formula in declared_formulas(structure, profiles))])


def kept_texts(
    structure: TableStructure,
    profiles: Mapping[str, TableProfile],
    kept: Sequence[Dependency],
    formulas: Sequence[Formula],
) -> tuple[str, ...]:
    """What holds in every generated row, for people: formulas of the models, those declared, and all else."""
    computed = [*formulas, *declared_formulas(structure, profiles)]
    fixed = {formula.column for formula in computed} | {one.column for one in kept if isinstance(one, Total)}
    # Of two computed columns none can give way: their order follows from what they are computed from, or it does not.
    others = [
        one.text
        for one in kept
        if not isinstance(one, Computed) and not (isinstance(one, NotAbove) and set(one.columns) <= fixed)
    ]
    return tuple(dict.fromkeys([*(formula.text for formula in computed), *others]))
