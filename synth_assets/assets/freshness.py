"""When published tables count as too old: what their schedule lets expect."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import dagster as dg
from dagster._utils.schedules import cron_string_iterator

from synth_assets.plan.schedules import Schedule

# Enough ticks to meet the longest gap of a schedule by days of the week or of the month.
_TICKS = 40
_FROM = datetime(2024, 1, 1, tzinfo=UTC)


def freshness_policy(schedule: Schedule | None) -> dg.FreshnessPolicy | None:
    """A warning when a refresh is late by a quarter of the longest time between two, a failure when one was missed.

    None for a target without a schedule: nobody has said how old its tables may be.
    """
    if schedule is None:
        return None
    longest = longest_gap(schedule.cron, schedule.time_zone)
    return dg.FreshnessPolicy.time_window(fail_window=2 * longest, warn_window=1.25 * longest)


def longest_gap(schedule: str, time_zone: str) -> timedelta:
    """The longest time between two of the next ticks of a schedule."""
    ticks = islice(cron_string_iterator(_FROM.timestamp(), schedule, time_zone), _TICKS)
    return max(after - before for before, after in pairwise(ticks))
