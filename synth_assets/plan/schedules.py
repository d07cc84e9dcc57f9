"""When a dataset is refreshed: its schedule, and those of targets that have one of their own."""

from dataclasses import dataclass

from synth_assets.plan.settings import DatasetSettings


@dataclass(frozen=True)
class Schedule:
    """When the dataset is refreshed for some of its targets.

    Attributes:
        targets: What its refreshes are published into.
        own: The target whose own schedule it is; None for that of the dataset.
    """

    cron: str
    time_zone: str
    targets: tuple[str, ...]
    own: str | None = None


def schedules(settings: DatasetSettings) -> tuple[Schedule, ...]:
    """That of the dataset first, for the targets that have none of their own; none where the plan names none."""
    shared = tuple(target.name for target in settings.targets if target.schedule is None)
    own = tuple(
        Schedule(target.schedule, target.time_zone or settings.time_zone, (target.name,), target.name)
        for target in settings.targets
        if target.schedule is not None
    )
    if settings.schedule is None or not shared:
        return own
    return (Schedule(settings.schedule, settings.time_zone, shared), *own)


def schedule_of(settings: DatasetSettings, target: str) -> Schedule | None:
    """The schedule by which a target is refreshed; None if nobody has said when."""
    return next((schedule for schedule in schedules(settings) if target in schedule.targets), None)
