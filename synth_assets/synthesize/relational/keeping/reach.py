"""Which columns may lie beyond what their own rows reach, since they never lie before, or beyond, another one.

A stay cannot begin before its admission. Where the last admissions that come out are later than the last beginning of a
stay that would, the beginning gives way: it is as late as a time that comes out anyway, and no real row has it.
"""

import itertools
from collections.abc import Iterator, Mapping

from synth_assets.catalog.model import Value
from synth_assets.plan.dependencies import NotAbove
from synth_assets.store.folder import Folder
from synth_assets.store.profile import TableProfile
from synth_assets.synthesize.relational.keeping.kept import kept_dependencies
from synth_assets.synthesize.relational.named_columns import place_of
from synth_assets.synthesize.relational.shape import Shape, saved_shape
from synth_assets.synthesize.relational.structure import TableStructure


class Reach(Value):
    """`column` may be as late, or as large, as another one; as early, or as small, where it is the lower one.

    Attributes:
        table, other: The other column.
    """

    column: str
    table: str
    other: str
    upwards: bool


def reaches_of(
    model: Folder,
    structure: TableStructure,
    profiles: Mapping[str, TableProfile],
    structures: Mapping[str, TableStructure],
    *,
    parts: tuple[str, ...],
) -> tuple[Reach, ...]:
    """What the columns of one generated table are held by.

    Args:
        model: Its saved model.
        parts: The folders of its models of values.
    """
    found: list[Reach] = []
    for shape in filter(None, (saved_shape(model.folder(part)) for part in parts)):
        for column, name, upwards in _held(shape):
            place = place_of(structures, structure.name, name)
            if place:
                found.append(Reach(column=column, table=place[0], other=place[1], upwards=upwards))
        for link, upwards in itertools.product(shape.order.links if shape.order else (), (True, False)):
            found.append(Reach(column=link.column, table=structure.name, other=link.of, upwards=upwards))
    for one in kept_dependencies(structure, profiles, structures):
        if isinstance(one, NotAbove):
            lower, upper, table = one.lower, one.upper, structure.name
            found.append(Reach(column=upper, table=table, other=lower, upwards=True))
            found.append(Reach(column=lower, table=table, other=upper, upwards=False))
    return tuple(dict.fromkeys(found))


def _held(shape: Shape) -> Iterator[tuple[str, str, bool]]:
    """The times that never lie before another one (upwards), or after it, with that one as rows know it."""
    yield from ((gap.column, gap.since, True) for gap in shape.gaps.steps)
    yield from ((one.column, one.order.parent_column, True) for one in shape.parents_times)
    for span in shape.spans.steps:
        ends = (span.begin, *([span.until] if span.until else []))
        yield from ((span.column, name, upwards) for name, upwards in itertools.product(ends, (True, False)))
