"""Cron schedules: five fields, or a word such as @daily; and the time zones that they are meant in."""

import re
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from synth_assets.plan.short_forms import expected

_WORDS = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_PART = re.compile(r"^(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?$")


def check_cron(schedule: str) -> str:
    """The schedule as it is; ValueError that names the field that is wrong."""
    text = schedule.strip()
    if text.startswith("@"):
        if text not in _WORDS:
            raise ValueError(f"no schedule {text!r}; the words are {', '.join(_WORDS)}")
        return text
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"a schedule has five fields (minute, hour, day of month, month, day of week), this one {len(fields)}"
        )
    for value, (name, least, most, words) in zip(fields, _FIELDS, strict=True):
        if not all(_is_part(part, least, most, words) for part in value.split(",")):
            raise ValueError(f"the schedule's {name} is {value!r}; it must lie between {least} and {most}, or be *")
    return text


def check_time_zone(name: str) -> str:
    """The time zone's name as it is; ValueError if there is no such zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone {name!r}; write one such as UTC or Europe/Berlin") from None
    return name


def _field_pattern(least: int, most: int, words: tuple[str, ...]) -> str:
    """What one field may be; that ranges ascend is left to `check_cron`."""
    numbers = "|".join(
        [*map(str, range(least, most + 1)), *(f"{word}|{word.upper()}|{word.title()}" for word in words)]
    )
    one = rf"(\*|0*({numbers})(-0*({numbers}))?)(/0*[1-9][0-9]*)?"
    return f"{one}(,{one})*"


_PATTERN = r"\s+".join(_field_pattern(least, most, words) for _, least, most, words in _FIELDS)


class _KnownTimeZone:
    """For editors and `dg check yaml`: the names that this machine knows."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        known = {"enum": sorted(available_timezones())}
        return {**handler(core), **expected(known, "a time zone such as UTC or Europe/Berlin")}


Cron: TypeAlias = Annotated[
    str,
    AfterValidator(check_cron),
    WithJsonSchema(
        {
            "type": "string",
            **expected(
                {"pattern": rf"^\s*({'|'.join(_WORDS)}|{_PATTERN})\s*$"},
                "five cron fields (minute 0-59, hour 0-23, day 1-31, month 1-12, day of week 0-7), or @daily",
            ),
        }
    ),
]
TimeZone: TypeAlias = Annotated[str, AfterValidator(check_time_zone), _KnownTimeZone()]


def _is_part(part: str, least: int, most: int, words: tuple[str, ...]) -> bool:
    match = _PART.match(part)
    if not match:
        return False
    if match["step"] is not None and int(match["step"]) == 0:
        return False
    if match["first"] is None:
        return True
    ends = [_number(end, least, words) for end in (match["first"], match["last"]) if end is not None]
    return all(end is not None and least <= end <= most for end in ends) and _ascending(ends)


def _number(text: str, least: int, words: tuple[str, ...]) -> int | None:
    if text.isdecimal():
        return int(text)
    return words.index(text.lower()) + least if text.lower() in words else None


def _ascending(ends: list[int | None]) -> bool:
    return len(ends) < 2 or (ends[0] or 0) <= (ends[-1] or 0)
