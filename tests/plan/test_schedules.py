"""When a dataset is refreshed for which of its targets."""

import pytest
from pydantic import ValidationError

from synth_assets.plan.schedules import Schedule, schedule_of, schedules
from synth_assets.plan.settings import DatasetSettings

WEEKLY = {"name": "staging", "schedule": "0 5 * * 1"}


def plan(**more: object) -> DatasetSettings:
    return DatasetSettings.model_validate({"dataset": "shop", "source": "production", **more})


def test_a_target_with_a_schedule_of_its_own_is_left_to_it() -> None:
    settings = plan(targets=["dev", WEEKLY, "qa"], schedule="0 3 * * *", time_zone="Europe/Berlin")
    nightly = Schedule("0 3 * * *", "Europe/Berlin", ("dev", "qa"))
    weekly = Schedule("0 5 * * 1", "Europe/Berlin", ("staging",), "staging")
    assert schedules(settings) == (nightly, weekly)
    assert schedule_of(settings, "qa") == nightly
    assert schedule_of(settings, "staging") == weekly


def test_a_time_zone_of_its_own() -> None:
    (weekly,) = schedules(plan(targets=["dev", {**WEEKLY, "time_zone": "Asia/Tokyo"}]))
    assert (weekly.time_zone, weekly.targets) == ("Asia/Tokyo", ("staging",))


def test_without_schedules_nothing_is_due() -> None:
    assert schedules(plan(targets="dev")) == ()
    assert schedule_of(plan(targets="dev"), "dev") is None


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([WEEKLY], "`schedule` is of no target: each of them has one of its own"),
        (["dev", {"name": "staging", "time_zone": "UTC"}], "'staging' goes with a `schedule` of its own"),
        (["dev", {"name": "staging", "schedule": "0 3"}], "five fields"),
        (["dev", {**WEEKLY, "time_zone": "Mars/Base"}], "no time zone 'Mars/Base'"),
    ],
)
def test_schedules_that_mean_nothing_are_refused(targets: list[object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        plan(targets=targets, schedule="0 3 * * *")
