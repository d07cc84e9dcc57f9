"""Addresses whose street, city, state, postcode and country stand together."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from synth_assets.synthesize.rules.people import preferred
from synth_assets.synthesize.rules.pools import Pools, pools
from synth_assets.synthesize.rules.random_text import fill_patterns
from synth_assets.synthesize.rules.seen import SeenValues
from synth_assets.synthesize.rules.texts import TextModel

_ENOUGH_PLACES = 20


def draw_addresses(
    n: int, *, locale: str, seen: Mapping[str, SeenValues], houses: TextModel | None, rng: np.random.Generator
) -> pl.DataFrame:
    """n addresses: a column for each kind of fake of the group `address`, and state_code, country_code3.

    Args:
        seen: The source's values of street_name, city, state and country, where it has them; others are preferred.
        houses: What the source's house numbers look like, where that is known.
    """
    parts = pools(locale)
    streets = _draw(parts.streets, n, seen.get("street_name"), rng)
    numbers = fill_patterns(parts.building_numbers, n, rng) if houses is None else houses.draw(n, rng)
    first, between = parts.number_before_street
    pieces = ("building_number", "street_name") if first == "number" else ("street_name", "building_number")
    places = _places(parts, seen)
    chosen = places[rng.integers(0, len(places), size=n)]
    regions = parts.regions[parts.places["region"].gather(chosen)]
    countries = parts.countries[_positions(parts.countries["name"], n, seen.get("country"), rng)]
    frame = pl.DataFrame(
        {
            "street_name": streets,
            "building_number": numbers,
            "secondary_address": _draw(parts.secondary_addresses, n, None, rng),
            "city": parts.places["city"].gather(chosen),
            "state": regions["name"],
            "state_code": regions["abbreviation"],
            "postcode": fill_patterns(parts.places["postcodes"].to_list(), n, rng, chosen=chosen),
            "country": countries["name"],
            "country_code": countries["alpha2"],
            "country_code3": countries["alpha3"],
        }
    )
    return frame.with_columns(
        pl.concat_str(*pieces, separator=between).alias("street_address"),
    ).with_columns(
        pl.concat_str(
            "street_address", pl.lit(", "), "city", pl.lit(", "), "state_code", pl.lit(" "), "postcode"
        ).alias("address")
    )


def _places(parts: Pools, seen: Mapping[str, SeenValues]) -> np.ndarray:
    """Positions of cities that the source does not hold, in regions that it does not hold, while there are enough."""
    cities = preferred(parts.places["city"], seen.get("city"))
    regions = preferred(parts.regions["name"], seen.get("state"))
    both = cities[np.isin(parts.places["region"].to_numpy()[cities], regions)]
    return both if len(both) >= _ENOUGH_PLACES else cities


def _positions(pool: pl.Series, n: int, seen: SeenValues | None, rng: np.random.Generator) -> np.ndarray:
    positions = preferred(pool, seen)
    return positions[rng.integers(0, len(positions), size=n)]


def _draw(pool: pl.Series, n: int, seen: SeenValues | None, rng: np.random.Generator) -> pl.Series:
    return pool.gather(_positions(pool, n, seen, rng))
