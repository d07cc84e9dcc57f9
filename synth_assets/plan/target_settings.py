"""What a plan says of one target."""

from typing import Self

from pydantic import Field, model_validator

from synth_assets.catalog.model import Value
from synth_assets.plan.cron import Cron, TimeZone


class TargetSettings(Value):
    """`staging`, or `{name: staging, schedule: "0 5 * * 1", time_zone: Europe/Berlin}`."""

    name: str = Field(description="The target's name in resources/<environment>.yaml.")
    schedule: Cron | None = Field(
        default=None,
        description="When this target is refreshed, if not when the others are: five cron fields, or @weekly.",
    )
    time_zone: TimeZone | None = Field(default=None, description="Of that schedule; the plan's unless named.")

    @model_validator(mode="after")
    def _zone_of_a_schedule(self) -> Self:
        if self.time_zone is not None and self.schedule is None:
            raise ValueError(f"`time_zone` of the target {self.name!r} goes with a `schedule` of its own")
        return self
