"""Sales of an invented company: 13 mixed columns, as many rows as wanted, from a seed.

Columns depend on each other as such columns do: a heavy tail of products and of amounts, a season, sums that are exact,
columns that are empty together, a rating that follows the delivery.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from benchmarks.cases.case import Build, Case, Places

REGIONS = ("north", "south", "east", "west", "islands", "abroad")
CHANNELS = ("web", "app", "phone", "store")
PRODUCTS = 120
FIRST_DAY = np.datetime64("2022-01-01", "s")
DAYS = 1_200
COLUMNS = {
    "region": "categorical",
    "channel": "categorical",
    "product": "categorical",
    "ordered_at": "datetime",
    "age": "numerical",
    "quantity": "numerical",
    "unit_price": "numerical",
    "total": "numerical",
    "discount": "numerical",
    "express": "boolean",
    "delivery_days": "numerical",
    "rating": "numerical",
    "returned": "boolean",
}
SCHEMA = {"tables": {"sales": {"primary_key": [], "columns": COLUMNS}}, "foreign_keys": []}
HELD_OUT = 50_000


def sales(rows: int, *, seed: int) -> pl.DataFrame:
    """`rows` sales."""
    rng = np.random.default_rng(seed)
    company = np.random.default_rng(7)  # what it sells does not depend on which of its sales are drawn
    list_price = np.round(company.lognormal(3.0, 1.1, PRODUCTS), 2)
    home = company.integers(0, len(REGIONS), PRODUCTS)
    region = rng.choice(len(REGIONS), rows, p=[0.3, 0.25, 0.2, 0.15, 0.07, 0.03])
    age = 18 + np.minimum(rng.gamma(4.0 + 0.4 * region, 6.0), 75).astype(int)
    young = 1 / (1 + np.exp((age - 42) / 8))
    draw = rng.random(rows)
    channel = np.select([draw < 0.25 + 0.3 * young, draw < 0.4 + 0.5 * young, draw < 0.95], [0, 1, 3], 2)
    product = _products(rng, rows, region, home)
    day = _days(rng, rows)
    hour = np.clip(rng.normal(np.where(channel == 3, 14, 19), 3), 0, 23.99)
    seconds = (day * 86_400 + hour * 3_600).astype(int)
    quantity = 1 + np.minimum(rng.pareto(2.2 - 0.1 * (channel == 2), rows), 200).astype(int)
    price = np.round(list_price[product] * (1 + 0.04 * (day // 365)), 2)
    discounted = rng.random(rows) < np.where(channel <= 1, 0.35, 0.08)
    discount = np.where(discounted, rng.choice([0.05, 0.1, 0.15, 0.2, 0.3], rows, p=[0.4, 0.3, 0.15, 0.1, 0.05]), 0.0)
    express = rng.random(rows) < 0.1 + 0.2 * (price > 40)
    shipped = channel != 3
    delivery = 1 + rng.poisson(np.where(express, 0.6, 2.5 + 2.0 * (region >= 4)))
    rated = shipped & (rng.random(rows) < 0.4)
    rating = np.clip(np.round(4.6 - 0.35 * delivery + rng.normal(0, 0.9, rows)), 1, 5).astype(int)
    risk = 0.03 + 0.1 * (rated & (rating <= 2)) + 0.05 * (price > 60)
    frame = pl.DataFrame(
        {
            "region": np.array(REGIONS)[region],
            "channel": np.array(CHANNELS)[channel],
            "product": np.char.add("P", (1_000 + product).astype(str)),
            "ordered_at": (FIRST_DAY + seconds.astype("timedelta64[s]")).astype("datetime64[us]"),
            "age": age,
            "quantity": quantity,
            "unit_price": price,
            "total": np.round(price * quantity, 2),
            "discount": discount,
            "express": express,
            "delivery_days": delivery,
            "rating": rating,
            "returned": rng.random(rows) < risk,
        }
    )
    empty: Mapping[str, np.ndarray] = {"discount": ~discounted, "delivery_days": ~shipped, "rating": ~rated}
    return frame.with_columns(
        pl.when(pl.Series(missing)).then(None).otherwise(pl.col(column)).alias(column)
        for column, missing in empty.items()
    )


def _products(rng: np.random.Generator, rows: int, region: np.ndarray, home: np.ndarray) -> np.ndarray:
    """A few sell far more than all others; two in five sales are of a product of the region."""
    popularity = 1 / np.arange(1, PRODUCTS + 1) ** 0.9
    product = rng.choice(PRODUCTS, rows, p=popularity / popularity.sum())
    local = rng.random(rows) < 0.4
    for place in range(len(REGIONS)):
        own = np.flatnonzero(home == place)
        here = np.flatnonzero(local & (region == place))
        weight = popularity[own]
        product[here] = rng.choice(own, len(here), p=weight / weight.sum())
    return product


def _days(rng: np.random.Generator, rows: int) -> np.ndarray:
    """More in December, fewer on Sundays, growing year by year."""
    days = np.arange(DAYS)
    weight = np.linspace(0.7, 1.3, DAYS) * (1 + 0.8 * (days % 365 > 330)) * np.where(days % 7 == 1, 0.4, 1.0)
    return rng.choice(DAYS, rows, p=weight / weight.sum())


def scale(name: str, *, rows: int, times: float = 1.0, native_only: bool = True) -> Build:
    """A case of `rows` rows, from which `times` as many are drawn."""

    def build(places: Places) -> Case:  # noqa: ARG001 (nothing is read)
        return Case(
            name=name,
            frames={"sales": sales(rows, seed=1)},
            schema=SCHEMA,
            held_out={"sales": sales(HELD_OUT, seed=2)},
            scale=times,
            native_only=native_only,
        )

    return build
