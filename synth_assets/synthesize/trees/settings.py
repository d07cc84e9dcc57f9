"""Settings of the native engine."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TreesSettings:
    """What a plan may set as `synthesizer: {name: trees, ...}`.

    Attributes:
        smallest_leaf: Fewest training rows that a leaf's distribution may come from. The main privacy setting: smaller
            is closer to the data, and from about 50 downwards closer than held-out real rows are.
        tree_rows: Most rows (drawn at random) that decide where the trees split. Leaves count up to `leaf_rows`.
        leaf_rows: Most rows that fill the leaves.
        bins: About how many codes a number or time is cut into.
        features: Most columns that one tree may look at, those that tell most about its column.
        candidates: Draws per row among which `given` columns choose when they were not put first.
        leading: Columns to put first in the order, so that they can be given exactly.
        threads: Trees fitted at a time; None: as many as the process may use processors.
    """

    smallest_leaf: int = 100
    tree_rows: int = 100_000
    leaf_rows: int = 1_000_000
    bins: int = 64
    features: int = 32
    classes: int = 24
    criterion: str = "entropy"
    penalty: float = 0.7
    candidates: int = 32
    leading: tuple[str, ...] = ()
    threads: int | None = None
