"""How well personal data is found: precision and recall by kind, on two halves of labelled columns.

    python -m benchmarks.pii [--half tuning|untouched] [--mistakes]

Every column is classified as a refresh would: by its name, type and comment and a sample of its values. It counts as
found if the finding is sure enough to decide its treatment, and as right if its kind is the labelled one or one that
the product treats alike. Columns without a telling name are of kinds that values alone can tell: cities, companies,
jobs, plain five-digit postcodes, dates of birth and single coordinates are told by their names only. Nothing was tuned
on the second half: its figures are those of the first look at it.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from benchmarks.labelled_columns.column import LabelledColumn
from benchmarks.labelled_columns.tuning_half import tuning_half
from benchmarks.labelled_columns.untouched_half import untouched_half
from synth_assets.plan.personal import SURE_ENOUGH
from synth_assets.plan.personal_finding import find_personal_data, find_personal_paths

HALVES: Mapping[str, Callable[[], Iterator[LabelledColumn]]] = {"tuning": tuning_half, "untouched": untouched_half}
LEAST_RECALL, LEAST_PRECISION = 0.97, 0.90

# Kinds that may stand for each other: their fakes look alike.
_ALIKE: tuple[frozenset[str], ...] = (
    frozenset({"full_name", "first_name", "middle_name", "last_name"}),
    frozenset({"street_address", "address"}),
    frozenset({"ip_address", "ipv6_address"}),
    frozenset({"national_id", "tax_id"}),
    frozenset({"password", "hash", "token"}),
)
_TECHNICAL = "uuid"  # found, but it tells of nobody: neither right nor wrong


@dataclass(frozen=True)
class Judged:
    """A labelled column and the kind that was found; None where nothing was found surely enough."""

    column: LabelledColumn
    found: str | None

    @property
    def is_right(self) -> bool:
        label = self.column.kind
        return label is not None and (label == self.found or any({label, self.found} <= alike for alike in _ALIKE))


def judge(columns: Iterable[LabelledColumn]) -> list[Judged]:
    return [Judged(column, _found(column)) for column in columns]


def _found(labelled: LabelledColumn) -> str | None:
    if labelled.path is not None:
        paths = find_personal_paths(labelled.column, table=labelled.table, values=labelled.values, min_group=10)
        return next((one.kind for one in paths if one.path == labelled.path), None)
    finding = find_personal_data(labelled.column, table=labelled.table, values=labelled.values)
    sure = finding is not None and finding.confidence >= SURE_ENOUGH and finding.kind != _TECHNICAL
    return finding.kind if finding is not None and sure else None


def recall(judged: Iterable[Judged]) -> float:
    """Of the columns that hold personal data, the share that was found, and of the right kind."""
    personal = [one for one in judged if one.column.kind is not None]
    return sum(one.is_right for one in personal) / len(personal)


def precision(judged: Iterable[Judged]) -> float:
    """Of the columns in which something was found, the share that holds it."""
    found = [one for one in judged if one.found is not None]
    return sum(one.is_right for one in found) / len(found)


def table(judged: list[Judged]) -> Iterator[str]:
    """A line for each kind: columns, recall, precision; then the totals."""
    yield f"{'kind':24}{'columns':>9}{'recall':>9}{'precision':>11}"
    for kind, count in sorted(Counter(one.column.kind or "" for one in judged).items()):
        mine = [one for one in judged if one.column.kind == kind]
        found = [one for one in judged if one.found == kind]
        of_kind = f"{recall(mine):9.3f}" if kind else f"{'-':>9}"
        yield f"{kind or 'nothing personal':24}{count:9}{of_kind}" + (
            f"{precision(found):11.3f}" if found and kind else f"{'-':>11}"
        )
    yield f"{'all':24}{len(judged):9}{recall(judged):9.3f}{precision(judged):11.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=HALVES, help="one half only")
    parser.add_argument("--mistakes", action="store_true", help="list the columns that were judged wrongly")
    arguments = parser.parse_args()
    enough = True
    for name in [arguments.half] if arguments.half else list(HALVES):
        columns = list(HALVES[name]())
        began = time.process_time()
        judged = judge(columns)
        seconds = time.process_time() - began
        print(f"\n{name} half: {len(columns)} columns, {1000 * seconds / len(columns):.0f} ms a column")
        print("\n".join(table(judged)))
        enough &= recall(judged) >= LEAST_RECALL and precision(judged) >= LEAST_PRECISION
        if arguments.mistakes:
            for one in judged:
                if not one.is_right and (one.column.kind or one.found):
                    print(f"  {one.column.shown}: {one.column.kind or 'nothing'}, found {one.found or 'nothing'}")
    sys.exit(None if enough else "less than was asked for")


if __name__ == "__main__":
    main()
