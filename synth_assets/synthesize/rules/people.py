"""People whose names, e-mail addresses and user names agree."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from synth_assets.synthesize.rules.pools import Pools, latin, pools
from synth_assets.synthesize.rules.seen import SeenValues

PAIR = ("first_name", "last_name")

_FAMILY_NAME_FIRST = {"zh": "", "ko": "", "ja": " ", "hu": " "}
_MAIL_DOMAINS = ("example.com", "example.org", "example.net")
_SHORT_MAIL_DOMAINS = ("x.test",)
_SHORTEST_MAIL_DOMAINS = ("x.x",)
_SHORTEST_COMMON_ADDRESS = 20
_SHORTEST_TEST_ADDRESS = 10
_ENOUGH_UNUSED = 20
_SHARE_WITH_NUMBER = 0.5
_SHARE_WITH_NUMBER_OF_MANY = 0.95
_MANY_PEOPLE = 50_000


def mail_domains(length: int | None) -> tuple[str, ...]:
    """Domains that can receive no mail (RFC 2606; x.x cannot be), short enough for a column of `length` characters."""
    if length is None or length >= _SHORTEST_COMMON_ADDRESS:
        return _MAIL_DOMAINS
    return _SHORT_MAIL_DOMAINS if length >= _SHORTEST_TEST_ADDRESS else _SHORTEST_MAIL_DOMAINS


def draw_people(
    n: int, *, locale: str, seen: Mapping[str, SeenValues], double_names: bool, rng: np.random.Generator
) -> pl.DataFrame:
    """n people: first_name, middle_name, last_name, full_name, local_part (of an e-mail address) and login.

    Args:
        seen: The source's first_name and last_name values, where it has them; names that do not occur there are
            preferred, all are used when too few are left.
        double_names: Two family names each, for when the simple combinations are used up.
    """
    parts = pools(locale)
    is_man = rng.random(n) < 0.5
    drawn: list[pl.DataFrame] = []
    for gender, rows in ((0, np.flatnonzero(~is_man)), (1, np.flatnonzero(is_man))):
        drawn.append(_people_of_gender(parts, gender, len(rows), seen, double_names, rng))
    order = np.argsort(np.concatenate([np.flatnonzero(~is_man), np.flatnonzero(is_man)]), kind="stable")
    people = pl.concat(drawn)[order]
    return people.with_columns(_local_part(rng, n).alias("local_part"), _login(rng, n).alias("login"), _full(locale))


def _people_of_gender(
    parts: Pools, gender: int, n: int, seen: Mapping[str, SeenValues], double_names: bool, rng: np.random.Generator
) -> pl.DataFrame:
    first_names, last_names = parts.first_names[gender], parts.last_names[gender]
    english = pools("en_US")
    first = _draw(first_names, n, seen.get("first_name"), rng)
    last = _draw(last_names, n, seen.get("last_name"), rng)
    middle = _draw(first_names, n, seen.get("middle_name"), rng)
    last_latin = latin(last_names, otherwise=english.last_names[gender])
    people = pl.DataFrame(
        {
            "first_name": first_names.gather(first),
            "middle_name": first_names.gather(middle),
            "last_name": last_names.gather(last),
            "first_latin": latin(first_names, otherwise=english.first_names[gender]).gather(first),
            "last_latin": last_latin.gather(last),
        }
    )
    if not double_names:
        return people
    second = _draw(last_names, n, seen.get("last_name"), rng)
    return people.with_columns(
        pl.concat_str(pl.col("last_name"), last_names.gather(second).alias("second"), separator="-"),
        pl.concat_str(pl.col("last_latin"), last_latin.gather(second).alias("second")),
    )


def preferred(pool: pl.Series, seen: SeenValues | None) -> np.ndarray:
    """Positions in a pool of the values that the source does not hold; of all values if too few are left."""
    if seen is None or not len(seen):
        return np.arange(len(pool))
    unused = np.flatnonzero(~seen.holds(pool))
    return unused if len(unused) >= min(_ENOUGH_UNUSED, len(pool)) else np.arange(len(pool))


def _draw(pool: pl.Series, n: int, seen: SeenValues | None, rng: np.random.Generator) -> np.ndarray:
    positions = preferred(pool, seen)
    return positions[rng.integers(0, len(positions), size=n)]


def _full(locale: str) -> pl.Expr:
    separator = _FAMILY_NAME_FIRST.get(locale[:2])
    if separator is None:
        return pl.concat_str("first_name", "last_name", separator=" ").alias("full_name")
    return pl.concat_str("last_name", "first_name", separator=separator).alias("full_name")


def _local_part(rng: np.random.Generator, n: int) -> pl.Expr:
    number = _number_or_nothing(rng, n)
    return pl.concat_str("first_latin", pl.lit("."), "last_latin", number)


def _login(rng: np.random.Generator, n: int) -> pl.Expr:
    number = _number_or_nothing(rng, n)
    return pl.concat_str(pl.col("first_latin").str.head(1), "last_latin", number)


def _number_or_nothing(rng: np.random.Generator, n: int) -> pl.Expr:
    """Numbers for some, or where there are many people for most: names alone would soon repeat."""
    share = _SHARE_WITH_NUMBER if n < _MANY_PEOPLE else _SHARE_WITH_NUMBER_OF_MANY
    numbers = pl.Series(rng.integers(1, 1_000 if n < _MANY_PEOPLE else 100_000, size=n)).cast(pl.String)
    return pl.lit(numbers.set(pl.Series(rng.random(n) >= share), ""))
