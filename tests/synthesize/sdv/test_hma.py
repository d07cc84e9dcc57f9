"""HMA over a whole dataset: three tables with two references, types, promises, keys, determinism, saving."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from synth_assets.store.folder import Folder
from synth_assets.synthesize.sdv.errors import OptionRefused
from synth_assets.synthesize.sdv.hma import HMA, NO_ROW, Link, LinkedRows
from tests.synthesize.sdv.made_tables import every_type, spec_of

LINKS = (
    Link("orders(customer)", "orders", "customers"),
    Link("orders(product)", "orders", "products"),
)


def dataset() -> dict[str, LinkedRows]:
    rng = np.random.default_rng(0)
    customers = every_type(30).select("single", "kind", "day", "maybe")
    products = pl.DataFrame({"price": rng.gamma(3, 10, 20).round(2)})
    owner = np.sort(rng.integers(0, 30, 90))
    product = rng.integers(0, 20, 90)
    product[::9] = NO_ROW
    orders = pl.DataFrame({"amount": rng.poisson(4, 90) + owner, "state": rng.choice(["new", "paid"], 90)})
    return {
        "customers": LinkedRows(customers, {}),
        "products": LinkedRows(products, {}),
        "orders": LinkedRows(orders, {"orders(customer)": owner, "orders(product)": product}),
    }


DATASET = dataset()


@pytest.fixture(scope="module")
def hma() -> HMA:
    model = HMA(default_distribution="norm")
    specs = {name: spec_of(table.rows, min_group=3) for name, table in DATASET.items()}
    model.fit(DATASET, specs=specs, links=LINKS, seed=1)
    return model


@pytest.fixture(scope="module")
def made(hma: HMA) -> dict[str, LinkedRows]:
    return hma.sample(scale=1.0, rng=np.random.default_rng(0))


def test_tables_types_and_sizes(made: dict[str, LinkedRows]) -> None:
    assert list(made) == list(DATASET)
    for name, table in made.items():
        assert table.rows.schema == DATASET[name].rows.schema
        assert 0.8 < table.rows.height / DATASET[name].rows.height < 1.2


def test_references_point_to_rows(made: dict[str, LinkedRows]) -> None:
    customer, product = (made["orders"].parents[link.name] for link in LINKS)
    assert len(customer) == len(product) == made["orders"].rows.height
    assert customer.min() >= 0
    assert customer.max() < made["customers"].rows.height
    assert product.max() < made["products"].rows.height
    assert 0 < (product == NO_ROW).sum() < len(product) / 2


def test_promises(made: dict[str, LinkedRows]) -> None:
    assert set(made["customers"].rows["kind"].unique()) <= {"small", "large", "a rare kind"}
    for name, column in (("customers", "single"), ("customers", "day"), ("products", "price"), ("orders", "amount")):
        ordered = DATASET[name].rows[column].sort()
        drawn = made[name].rows[column]
        assert ordered[2] <= drawn.min() <= drawn.max() <= ordered[-3]  # type: ignore[operator]


def test_children_of_equal_parents_differ(made: dict[str, LinkedRows]) -> None:
    customer = pl.Series(made["orders"].parents["orders(customer)"])
    first = made["orders"].rows.with_columns(customer=customer).group_by("customer").first()
    assert first["amount"].n_unique() > 3


def test_same_rng_same_rows_also_when_loaded(
    hma: HMA, made: dict[str, LinkedRows], saved: Callable[[object], Folder]
) -> None:
    again = HMA.load(saved(hma)).sample(scale=1.0, rng=np.random.default_rng(0))
    for name, table in made.items():
        assert_frame_equal(again[name].rows, table.rows)
        for link, rows in table.parents.items():
            assert (again[name].parents[link] == rows).all()


def test_refused_option() -> None:
    with pytest.raises(OptionRefused, match="'default_distribution' cannot be that"):
        HMA(default_distribution="gaussian_kde")
