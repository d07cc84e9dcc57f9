"""The whole chain as function calls: what the command line and the Dagster assets both drive."""

from synth_assets.refresh.errors import NewColumnsHeld, PartlyPublished, RealColumnsHeld, StageMissing, VerdictFailed
from synth_assets.refresh.inputs import open_store
from synth_assets.refresh.refresh import Refresh
from synth_assets.refresh.values import Outcome, Progress, RefreshResult

__all__ = [
    "NewColumnsHeld",
    "Outcome",
    "PartlyPublished",
    "Progress",
    "RealColumnsHeld",
    "Refresh",
    "RefreshResult",
    "StageMissing",
    "VerdictFailed",
    "open_store",
]
