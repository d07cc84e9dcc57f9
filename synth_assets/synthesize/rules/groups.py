"""Columns of one row that speak of the same person or the same address, drawn together."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.synthesize.rules.addresses import draw_addresses
from synth_assets.synthesize.rules.fakes import FakeColumn
from synth_assets.synthesize.rules.models import ValueModel
from synth_assets.synthesize.rules.people import PAIR, draw_people, mail_domains
from synth_assets.synthesize.rules.seen import SeenValues
from synth_assets.synthesize.rules.texts import TextModel

_NAME_KINDS = ("first_name", "last_name", "full_name")
_DOUBLE_NAMES_FROM_ATTEMPT = 3
_ALPHA2, _ALPHA3 = 2, 3
_SHORTEST_NAME = 4


def numbered(columns: Sequence[FakeColumn]) -> list[tuple[FakeColumn, int, int]]:
    """Each column with whose it is and how many of its kind that one already has.

    The second first_name of a table is that of a second person, and so on. There are as many people as the most
    frequent kind of name has columns; a further e-mail address or login is another one of the first person.
    """
    counts = Counter(column.kind for column in columns)
    people = max((counts[kind] for kind in _NAME_KINDS), default=0) or 1
    places: Counter[str] = Counter()
    found: list[tuple[FakeColumn, int, int]] = []
    for column in columns:
        place = places[column.kind]
        places[column.kind] += 1
        belongs = place if place < people or column.group == "address" else 0
        found.append((column, belongs, 0 if belongs == place else place))
    return found


def name_pairs(columns: Sequence[FakeColumn]) -> list[tuple[str, str]]:
    """First and last name columns of the same person."""
    owners = {(column.kind, owner): column.target.column for column, owner, _ in numbered(columns)}
    first, last = PAIR
    return [
        (name, owners[last, owner])
        for (kind, owner), name in owners.items()
        if kind == first and (last, owner) in owners
    ]


def draw_group(
    n: int,
    *,
    columns: Sequence[FakeColumn],
    seen: Mapping[str, SeenValues],
    models: Mapping[str, ValueModel],
    houses: Mapping[str, TextModel],
    attempt: int,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """One column of fitted texts for each column of the group.

    Args:
        seen: By column, the values of the source.
        models: By column, the source's look where fakes take it on.
        houses: By column of addresses, what the source's house numbers look like.
    """
    drawn: dict[str, pl.Series] = {}
    entries = numbered(columns)
    for owner in sorted({owner for _, owner, _ in entries}):
        mine = [(column, variant) for column, belongs, variant in entries if belongs == owner]
        known = {column.kind: seen[column.target.column] for column, _ in mine if column.target.column in seen}
        locale = mine[0][0].locale
        if mine[0][0].group == "person":
            double = attempt >= _DOUBLE_NAMES_FROM_ATTEMPT
            frame = draw_people(n, locale=locale, seen=known, double_names=double, rng=rng)
        else:
            house = next((houses[c.target.column] for c, _ in mine if c.target.column in houses), None)
            frame = draw_addresses(n, locale=locale, seen=known, houses=house, rng=rng)
        for column, variant in mine:
            model = models.get(column.target.column)
            texts = model.draw(n, rng) if model is not None else _texts(frame, column, variant, rng)
            drawn[column.target.column] = column.target.fit(texts)
    return pl.DataFrame({column.target.column: drawn[column.target.column] for column in columns})


def _texts(frame: pl.DataFrame, column: FakeColumn, variant: int, rng: np.random.Generator) -> pl.Series:
    length, looks = column.target.length, column.target.looks
    match column.kind:
        case "email":
            return _emails(frame["local_part"] if variant == 0 else frame["login"], length, variant, rng)
        case "user_name":
            return frame["login"] if variant == 0 else frame["local_part"]
        case "state" if looks is not None and looks < _SHORTEST_NAME:
            return frame["state_code"]
        case "country" if looks == _ALPHA2:
            return frame["country_code"]
        case "country" if looks == _ALPHA3:
            return frame["country_code3"]
        case _:
            return frame[column.kind]


def _emails(local_parts: pl.Series, length: int | None, variant: int, rng: np.random.Generator) -> pl.Series:
    domains = pl.Series(mail_domains(length), dtype=pl.String).gather(
        rng.integers(0, len(mail_domains(length)), size=len(local_parts))
    )
    if variant > 1:
        local_parts = local_parts + f".{variant}"
    if length is None:
        return local_parts + "@" + domains
    frame = pl.DataFrame({"local": local_parts, "domain": domains})
    room = (length - 1 - pl.col("domain").str.len_chars().cast(pl.Int64)).clip(0)
    whole = pl.concat_str(pl.col("local").str.head(room).str.strip_chars_end("."), pl.lit("@"), pl.col("domain"))
    return frame.select(whole.alias("email"))["email"]
