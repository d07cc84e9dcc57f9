"""Whether what holds between the columns of the source holds between those of the synthetic rows."""

from collections.abc import Iterator, Mapping, Sequence

from synth_assets.catalog.model import ForeignKey
from synth_assets.dependencies.breaking import broken_rows
from synth_assets.dependencies.combination import shared_combinations
from synth_assets.dependencies.discovery import breaches
from synth_assets.dependencies.totals import Children, children_of
from synth_assets.plan.dependencies import Combination, NullBy, NullTogether, Total
from synth_assets.plan.resolved import Role, Treatment
from synth_assets.statistics.references import match_rows
from synth_assets.store.profile import KnownDependency
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate.integrity import FAMILY
from synth_assets.validate.results import guarded, name_part
from synth_assets.validate.subject import Subject

SOURCE = "Take it out of the plan's `dependencies`, or correct the rows of the source."
NOT_LEARNED = "Take it out of the plan's `dependencies`, or name `learn: true` for these columns."
AGAIN = "Look whether a CHECK or a unique key stands against it; if not, report it with the names of the columns."


def table_checks(
    subject: Subject, judged: Mapping[str, Subject], *, keys: Mapping[str, Sequence[ForeignKey]]
) -> Iterator[CheckResult]:
    """A check for everything that is declared, and for everything found whose columns are learned."""
    for known in subject.profile.dependencies if subject.profile else ():
        name = f"integrity_holds_{'_'.join(name_part(column) for column in known.dependency.columns)}"

        def run(known: KnownDependency = known, name: str = name) -> list[CheckResult]:
            return list(_checks(name, known, subject, judged, keys))

        yield from guarded(run, name=name, table=subject.name, family=FAMILY)


def _checks(
    name: str,
    known: KnownDependency,
    subject: Subject,
    judged: Mapping[str, Subject],
    keys: Mapping[str, Sequence[ForeignKey]],
) -> Iterator[CheckResult]:
    said = known.dependency.text
    if not set(known.dependency.columns) <= _kept(known, subject):
        if known.declared:
            yield _warning(name, subject, f"{said} is declared, but not all of its columns are learned.", NOT_LEARNED)
        return
    if known.broken:
        text = f"{said} is declared, but {known.broken} of {subject.source_rows} source rows break it."
        yield _warning(f"{name}_in_the_source", subject, text, SOURCE)
    broken = _broken(known, subject, judged, keys)
    yield CheckResult(
        name=name,
        table=subject.name,
        family=FAMILY,
        passed=broken == 0,
        severity=Severity.ERROR if known.declared and not known.broken else Severity.WARN,
        value=float(broken),
        threshold=0.0,
        description=f"{broken} of {subject.synthetic.rows} rows break {said}; wanted: none.",
        remedy=AGAIN if broken else "",
    )


def _kept(known: KnownDependency, subject: Subject) -> frozenset[str]:
    """The columns between which a dependency is kept: learned ones, and for NULLs those that rules make, too."""
    learned, one = frozenset(subject.learned), known.dependency
    if not subject.decision.is_generated or not isinstance(one, NullBy | NullTogether):
        return learned
    emptied = (Treatment.NULL, Treatment.CONSTANT)
    made = {
        c.name for c in subject.decision.columns if c.role in (Role.VALUE, Role.TEXT) and c.treatment not in emptied
    }
    return learned | (made & {one.column} if isinstance(one, NullBy) else made)


def _warning(name: str, subject: Subject, text: str, remedy: str) -> CheckResult:
    return CheckResult(
        name=name,
        table=subject.name,
        family=FAMILY,
        passed=False,
        severity=Severity.WARN,
        description=text,
        remedy=remedy,
    )


def _broken(
    known: KnownDependency,
    subject: Subject,
    judged: Mapping[str, Subject],
    keys: Mapping[str, Sequence[ForeignKey]],
) -> int:
    one = known.dependency
    rows = subject.synthetic.read(columns=list(one.columns))
    if isinstance(one, Combination):
        real = subject.extracted.read(columns=list(one.columns)).cast(rows.schema)
        combinations = shared_combinations(real, one.columns, min_group=subject.min_group)
        return int(broken_rows(rows, one, combinations).sum())
    children = [_children(one, subject, judged[one.child], keys)] if isinstance(one, Total) else []
    return breaches(one, rows, children, subject.min_group)


def _children(one: Total, subject: Subject, child: Subject, keys: Mapping[str, Sequence[ForeignKey]]) -> Children:
    key = next(key for key in keys[child.name] if key.columns == one.key and key.parent == subject.name)
    rows = child.synthetic.read(columns=list(dict.fromkeys([*key.columns_read, *one.added_up])))
    parents = subject.synthetic.read(columns=list(key.parent_columns))
    numbers = match_rows(rows, key, parents)
    return children_of(child.name, key.columns, rows.select(one.added_up), numbers)
