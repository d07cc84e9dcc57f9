"""Settings of the native engine."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth_assets.errors import SynthAssetsError

SMALLEST_LEAVES = (20, 130)
LEAVES = 40
SMALLEST_TELLING = 65  # rows of a leaf that tells much


class TreesSettings(BaseModel):
    """What a plan may set beside `synthesizer: {name: trees}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    smallest_leaf: int | None = Field(
        default=None,
        ge=2,
        description="Fewest training rows that a distribution comes from; by default a fortieth of them, from 20 to "
        "130, and from 65 where a split tells much. The main privacy setting: smaller is closer to the data, and in "
        "big tables from about 50 downwards closer than held-out real rows are.",
    )
    tree_rows: int = Field(default=50_000, ge=1, description="Most rows that decide where the trees split.")
    leaf_rows: int = Field(default=1_000_000, ge=1, description="Most rows that fill the leaves.")
    bins: int = Field(default=64, ge=2, le=1_000, description="About how many codes a number or time is cut into.")
    features: int = Field(
        default=32, ge=1, description="Most columns that one tree looks at: those that tell most about its column."
    )
    candidates: int = Field(
        default=32, ge=1, description="Draws per row among which given columns choose that were not put first."
    )
    leading: tuple[str, ...] = Field(
        default=(), description="Columns to put first in the order, so that the others follow them exactly when given."
    )
    threads: int | None = Field(
        default=None, ge=1, description="Trees fitted at a time; None: as many as there are processors for the process."
    )

    def leaf_for(self, rows: int) -> int:
        """Fewest training rows that a distribution comes from, if this many are learned from."""
        return self.smallest_leaf or max(SMALLEST_LEAVES[0], min(rows // LEAVES, SMALLEST_LEAVES[1]))

    def telling_leaf_for(self, rows: int) -> int:
        """The same for a distribution that differs much from that of the rows around it."""
        return min(self.leaf_for(rows), SMALLEST_TELLING) if self.smallest_leaf is None else self.smallest_leaf


class SettingsRefused(SynthAssetsError):
    """The engine was given options that it does not know or cannot use."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        known = ", ".join(TreesSettings.model_fields)
        super().__init__(
            f"The synthesizer trees cannot use its options: {'; '.join(problems)}.",
            next_step=f"Options of trees: {known}.",
        )


def read_settings(options: Mapping[str, Any]) -> TreesSettings:
    """Options as a plan gives them.

    Raises:
        SettingsRefused: with everything that is wrong.
    """
    try:
        return TreesSettings(**options)
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsRefused(tuple(problems)) from error
