"""What becomes of every path of a column's JSON documents: what the plan names, and what the profile found."""

import re
from collections.abc import Iterator, Mapping

from synth_assets.plan.columns import ColumnSettings
from synth_assets.plan.evidence import ColumnEvidence
from synth_assets.plan.fake_kinds import FAKE_KINDS
from synth_assets.plan.nearest import hint
from synth_assets.plan.personal import PERSONAL_KINDS, SURE_ENOUGH
from synth_assets.plan.resolved import DecidedBy, PathDecision, Treatment

_PATH = re.compile(r"\$(\.[^.\[\]]+|\[\*\])*")
_ALLOWED = (Treatment.LEARN, Treatment.FAKE, Treatment.NULL, Treatment.CONSTANT)


class PathRefused(ValueError):
    """A path of JSON documents that cannot be treated as the plan says.

    Attributes:
        message: Which path, and why.
        remedy: What to do, a whole sentence.
    """

    def __init__(self, path: str, why: str, remedy: str) -> None:
        self.message = f"the path {path!r}: {why}"
        self.remedy = remedy
        super().__init__(f"{self.message}. {remedy}")


def path_decisions(named: Mapping[str, ColumnSettings], evidence: ColumnEvidence | None) -> tuple[PathDecision, ...]:
    """Every path that is not merely learned like all others, or that the plan names; in the order of their names.

    A path that nobody names is learned like a column of its own: its texts are a category or written anew. Personal
    data that the profile found there is invented.

    Raises:
        PathRefused: The plan names a path that is none, lies within one that is replaced, or has no such treatment.
    """
    decided = {path: _named(path, said) for path, said in named.items()}
    for path in decided:
        for above in _above(path):
            if above in decided and decided[above].treatment is not Treatment.LEARN:
                raise PathRefused(path, f"it lies within {above}, which is replaced as a whole", "Leave one of them.")
    for found in _found(evidence):
        replaced = [above for above in _above(found.path) if above in decided]
        if found.path not in decided and all(decided[path].treatment is Treatment.LEARN for path in replaced):
            decided[found.path] = found
    return tuple(decided[path] for path in sorted(decided))


def _found(evidence: ColumnEvidence | None) -> Iterator[PathDecision]:
    for one in evidence.paths if evidence else ():
        identifying = one.personal in PERSONAL_KINDS and PERSONAL_KINDS[one.personal].always_faked
        if identifying and one.confidence >= SURE_ENOUGH and one.personal in FAKE_KINDS:
            yield PathDecision(
                path=one.path,
                treatment=Treatment.FAKE,
                options={"kind": one.personal},
                decided_by=DecidedBy.PROFILE,
                reason=f"{one.reason[:1].upper()}{one.reason[1:]} ({one.confidence:.0%} sure): invented anew.",
            )


def _named(path: str, said: ColumnSettings) -> PathDecision:
    if not _PATH.fullmatch(path):
        raise PathRefused(path, "it is no path", "Write such as $.customer.emails[*], $ alone is the whole document.")
    words = sorted(said.model_fields_set - {treatment.value for treatment in _ALLOWED})
    if words or said.treatment not in _ALLOWED:
        found = " and ".join("json" if word == "paths" else word for word in words) or "nothing"
        raise PathRefused(path, f"{found} cannot be said of it", f"Name one of {', '.join(_ALLOWED)}.")
    if said.fake is not None and (said.fake.same_as or said.fake.consistent):
        raise PathRefused(
            path, "same_as and consistent are for whole columns", "Name the kind of fake only, such as {fake: email}."
        )
    if said.treatment is Treatment.FAKE and (kind := str(said.options.get("kind", ""))) not in FAKE_KINDS:
        raise PathRefused(path, f"unknown kind of fake {kind!r}{hint(kind, FAKE_KINDS)}", "Name a known kind.")
    return PathDecision(
        path=path,
        treatment=said.treatment,
        options=said.options,
        decided_by=DecidedBy.PLAN,
        reason="As the plan says.",
    )


def _above(path: str) -> list[str]:
    """The paths that a path lies within: of $.a[*].b these are $, $.a and $.a[*]."""
    return [path[: step.start()] for step in re.finditer(r"\.|\[\*\]", path)]
