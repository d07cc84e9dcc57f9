"""Tables with the synthesizer `private`: what they promise, and what around them would break the promise."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from synth_assets.catalog.driving import driving_keys
from synth_assets.catalog.model import Catalog, ForeignKey, Table
from synth_assets.plan.dependencies import Total
from synth_assets.plan.nearest import hint
from synth_assets.plan.private_settings import (
    PRIVATE,
    OptionsRefused,
    PrivateOptions,
    PrivatePromise,
    private_options,
)
from synth_assets.plan.refused import Problems
from synth_assets.plan.resolved import Mode, Role, TableDecision
from synth_assets.plan.settings import DatasetSettings

ForeignKeys = Mapping[str, Sequence[ForeignKey]]

_EXAMPLE = "{name: private, options: {epsilon: 1, delta: 1e-6}}"


def is_private(table: TableDecision) -> bool:
    """Whether the plan has a table learned with differential privacy."""
    return table.synthesizer == PRIVATE and table.mode is Mode.SYNTHETIC


def with_promises(
    tables: tuple[TableDecision, ...],
    settings: DatasetSettings,
    catalog: Catalog,
    foreign_keys: ForeignKeys,
    problems: Problems,
) -> tuple[TableDecision, ...]:
    """The decisions with what each private table promises; what breaks a promise goes to `problems`."""
    decisions = {table.name: table for table in tables}
    private = {name for name, table in decisions.items() if is_private(table)}
    if private and settings.privacy.budget is None:
        problems.add(
            "private tables need a budget that all refreshes together may spend",
            remedy="Add to the plan, with its own figures: `privacy: {budget: {epsilon: 10, delta: 1e-5}}`.",
        )
    for name in sorted(private):
        _check_neighbours(decisions[name], decisions, foreign_keys, problems)
        if settings.table(name).dependencies:
            problems.add(
                "a private table keeps no dependencies: how far its rows obey them would have to be counted",
                table=name,
                remedy="Take `dependencies` out.",
            )
    for table in tables:
        for one in table.dependencies:
            if isinstance(one, Total) and one.child in private:
                problems.add(
                    f"{one.text} adds up rows of {one.child}, which is private: how far it holds is not looked at",
                    table=table.name,
                    remedy="Take it out of `dependencies`.",
                )
    roots = _Roots(decisions, catalog, foreign_keys)
    found = []
    for table in tables:
        if table.name not in private:
            found.append(table)
            continue
        promise = _promise(table, catalog.table(table.name), roots, problems)
        found.append(table.model_copy(update={"private": promise, "discover_dependencies": False}))
    return tuple(found)


def _promise(table: TableDecision, of_catalog: Table, roots: "_Roots", problems: Problems) -> PrivatePromise | None:
    try:
        options = private_options(table.synthesizer_options)
    except OptionsRefused as error:
        problems.add(f"private: {error}", table=table.name, remedy=f"Write such as `synthesizer: {_EXAMPLE}`.")
        return None
    for column in options.entity or ():
        if column not in of_catalog.column_names:
            problems.add(
                f"private: there is no column {column!r}{hint(column, of_catalog.column_names)}",
                table=table.name,
                remedy="Correct `entity` among the synthesizer's options.",
            )
            return None
    path = roots.path(table.name) if options.entity is None else ()
    if (options.entity or path) and options.rows_per_entity is None:
        whose = ", ".join(options.entity) if options.entity else f"row of {path[-1].parent}"
        problems.add(
            f"private: one {whose} may have many rows here, and how many are learned must be said",
            table=table.name,
            remedy="Add `rows_per_entity: 5`, or another number, to the synthesizer's options; `entity: []` with no "
            "number protects single rows only.",
        )
        return None
    return _promised(options, path)


def _promised(options: PrivateOptions, path: tuple[ForeignKey, ...]) -> PrivatePromise:
    entity = options.entity or ()
    return PrivatePromise(
        epsilon=options.epsilon,
        delta=options.delta,
        entity=entity,
        path=path,
        rows_per_entity=(options.rows_per_entity or 1) if entity or path else 1,
    )


class _Roots:
    """Which rows the rows of a private table belong to."""

    def __init__(self, decisions: Mapping[str, TableDecision], catalog: Catalog, foreign_keys: ForeignKeys) -> None:
        # Rows that are copied as they are, or not published, own nobody's rows. No row is counted to tell.
        owners = [t.name for t in decisions.values() if t.mode in (Mode.SYNTHETIC, Mode.HYBRID, Mode.PARTIAL)]
        tables = [catalog.table(name) for name in owners]
        self._driving = driving_keys(tables, foreign_keys, dict.fromkeys(owners, 0))

    def path(self, table: str) -> tuple[ForeignKey, ...]:
        """The keys from a table up to the topmost one."""
        found: list[ForeignKey] = []
        key = self._driving.get(table)
        while key is not None:
            found.append(key)
            key = self._driving.get(key.parent)
        return tuple(found)


def _check_neighbours(
    table: TableDecision, decisions: Mapping[str, TableDecision], foreign_keys: ForeignKeys, problems: Problems
) -> None:
    for child in _learned_children(table, decisions, foreign_keys):
        problems.add(
            f"{child} refers to it, and what is learned of {child} would tell of these rows",
            table=table.name,
            remedy=f"Give {child} the synthesizer private, too, or the mode empty or exclude.",
        )
    followed = [key for key in foreign_keys.get(table.name, ()) if _is_followed(table, key)]
    for key in followed:
        if key.branch is not None:
            problems.add(
                f"{', '.join(key.columns)} refers to {key.parent} by what {key.branch.column} says, and a private "
                "table chooses its parents whatever its other columns say",
                table=table.name,
                remedy="Name another synthesizer, or take the key out of `foreign_keys`.",
            )
    for left, right in combinations(followed, 2):
        shared = set(left.columns) & set(right.columns)
        if shared:
            problems.add(
                f"{', '.join(sorted(shared))} is part of two foreign keys, and a private table chooses each parent by "
                "itself",
                table=table.name,
                remedy="Name another synthesizer, or exclude one of the parents.",
            )


def _learned_children(
    table: TableDecision, decisions: Mapping[str, TableDecision], foreign_keys: ForeignKeys
) -> Iterator[str]:
    for name, keys in sorted(foreign_keys.items()):
        child = decisions[name]
        if child.mode in (Mode.EMPTY, Mode.EXCLUDE) or is_private(child):
            continue
        if any(key.parent == table.name and _is_followed(child, key) for key in keys):
            yield name


def _is_followed(table: TableDecision, key: ForeignKey) -> bool:
    return all(table.column(column).role is Role.REFERENCE for column in key.columns)
