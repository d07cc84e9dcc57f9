"""Fakes of the locale of their row's country or language."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from faker import Faker

from synth_assets.store.folder import Folder
from synth_assets.synthesize.rules.pools import pools
from synth_assets.synthesize.rules.rules import Rules

N = 1_500
LOCALES = {"DE": "de_DE", "JP": "ja_JP", "FR": "fr_FR"}


@pytest.fixture(scope="module")
def source() -> pl.DataFrame:
    """People of three countries, as they are written there."""
    fakers = {country: Faker(locale) for country, locale in LOCALES.items()}
    for faker in fakers.values():
        faker.seed_instance(1)
    countries = [list(LOCALES)[i % 3] for i in range(N)]
    people = [fakers[country] for country in countries]
    return pl.DataFrame(
        {
            "country": countries,
            "last_name": [f.last_name() for f in people],
            "email": [f"person{i}@mail.test" for i in range(N)],
            "city": [f.city() for f in people],
            "postcode": [f.postcode() for f in people],
            "phone": [f"+{1 + i % 3}{1 + i % 3} {i:06d}" for i in range(N)],
        }
    )


def fitted(table: Any, source: pl.DataFrame, beside: pl.DataFrame | None) -> Rules:
    for kind in source.columns[1:]:
        table.fake(kind, source[kind], kind, unique=kind == "email")
    return table.fit(beside=beside)


def known(rows: pl.DataFrame, locale: str) -> float:
    cities = pools(locale).cities
    return float(rows["city"].drop_nulls().is_in(cities.implode()).to_numpy().mean())


def test_fakes_are_of_the_country_of_their_row(table: Any, source: pl.DataFrame, folder: Folder) -> None:
    fitted(table, source, source.select("country")).save(folder)
    beside = pl.DataFrame({"country": [*LOCALES] * 800})
    made = Rules.load(folder).sample(2_400, rng=np.random.default_rng(0), nulls={}, beside=beside)
    rows = made.hstack(beside)
    for number, (country, locale) in enumerate(LOCALES.items(), start=1):
        mine = rows.filter(pl.col("country") == country)
        assert known(mine, locale) == 1, country
        names = set(pools(locale).last_names[0]) | set(pools(locale).last_names[1])
        assert {part for name in mine["last_name"] for part in [name, *name.split("-")]} & names
        assert mine["phone"].str.starts_with(f"+{number}{number} ").all()
    assert rows.filter(pl.col("country") == "JP")["postcode"].str.contains(r"^\d{3}-\d{4}$").all()
    assert made["email"].n_unique() == 2_400


@pytest.mark.parametrize("values", [["de-DE", "ja", "fr_FR"], ["de", "JA", "fr"]])
def test_a_language_tells_as_much(table: Any, source: pl.DataFrame, values: list[str]) -> None:
    beside = pl.DataFrame({"language": values * (N // 3)})
    made = fitted(table, source, beside).sample(N, rng=np.random.default_rng(0), nulls={}, beside=beside)
    assert known(made.filter(beside["language"] == values[1]), "ja_JP") == 1


def test_rows_of_no_known_country_have_the_locale_of_the_table(table: Any, source: pl.DataFrame) -> None:
    german = source.with_columns(pl.lit("DE").alias("country"))
    rules = fitted(table, source.filter(pl.col("country") == "DE"), german.head(500).select("country"))
    beside = pl.DataFrame({"country": ["XX", None] * 100})
    assert known(rules.sample(200, rng=np.random.default_rng(0), nulls={}, beside=beside), "de_DE") == 1


@pytest.mark.parametrize(
    "beside",
    [{"status": ["DE", "JP", "FR"]}, {"country": ["TX", "NJ", "DE"]}, {"country": ["x", "y", "z"]}],
    ids=["another column", "no countries", "no codes"],
)
def test_a_column_that_tells_no_country_changes_nothing(
    new_table: Any, source: pl.DataFrame, beside: dict[str, list[str]]
) -> None:
    frame = pl.DataFrame(beside).select(pl.all().repeat_by(N // 3).explode())
    told = fitted(new_table(), source, frame).sample(N, rng=np.random.default_rng(0), nulls={}, beside=frame)
    assert told.equals(fitted(new_table(), source, None).sample(N, rng=np.random.default_rng(0), nulls={}))


def test_a_locale_of_the_plan_stays(table: Any, source: pl.DataFrame) -> None:
    table.fake("city", source["city"], "city", locale="it_IT")
    beside = source.select("country")
    rules = table.fit(beside=beside)
    assert known(rules.sample(N, rng=np.random.default_rng(0), nulls={}, beside=beside), "it_IT") == 1
