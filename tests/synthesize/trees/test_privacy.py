"""What few rows share never comes out, and is not in the saved model either."""

import numpy as np
import polars as pl
import pytest

from synth_assets.synthesize.protocol import ColumnKind, ColumnSpec
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer
from tests.synthesize.model_files import contents_of
from tests.synthesize.trees.made_tables import drawn, every_type, fitted, saved, spec_of


def with_secrets(rows: int = 3_000) -> pl.DataFrame:
    """Nine rows of a rare label and of one far extreme each; ten of labels and extremes that may come out."""
    rng = np.random.default_rng(0)
    label = np.array(["common", "usual"])[rng.integers(0, 2, rows)].astype(object)
    label[:9] = "secret-label"
    label[9:19] = "shared-label"
    number = np.round(rng.normal(100, 10, rows), 4)
    number[:9] = 987_654.3217
    number[20] = -55_555.1234
    whole = rng.integers(0, 50_000, rows)
    whole[3] = 7_777_777
    return pl.DataFrame({"label": label.astype(str), "number": number, "whole": whole})


@pytest.fixture(scope="module")
def real() -> pl.DataFrame:
    return with_secrets()


@pytest.fixture(scope="module")
def made(real: pl.DataFrame) -> pl.DataFrame:
    return drawn(fitted(real), 20_000)


def test_rare_labels_never_come_out(made: pl.DataFrame) -> None:
    assert set(made["label"].unique()) == {"common", "usual", "shared-label"}


def test_labels_of_the_schema_stand_in_where_none_may_come_out() -> None:
    real = pl.DataFrame({"kind": [f"k{row % 4}" for row in range(24)]})
    kind = ColumnSpec("kind", ColumnKind.CATEGORY, nullable=False, labels=("k0", "k1", "k2", "k3", "k4"))
    assert set(drawn(fitted(real, kind), 500)["kind"].unique()) == set(kind.labels)
    assert not set(drawn(fitted(real), 500)["kind"].unique()) & set(kind.labels)


def test_extremes_of_few_rows_never_come_out(real: pl.DataFrame, made: pl.DataFrame) -> None:
    for name in ("number", "whole"):
        ordered = real[name].sort()
        assert made[name].min() >= ordered[9]  # type: ignore[operator]
        assert made[name].max() <= ordered[-10]  # type: ignore[operator]


def test_keep_lets_both_through(real: pl.DataFrame) -> None:
    kept = ColumnSpec("label", ColumnKind.CATEGORY, nullable=False, keep=True)
    wide = ColumnSpec("number", ColumnKind.NUMBER, nullable=False, keep=True)
    made = drawn(fitted(real, kept, wide), 20_000)
    assert "secret-label" in made["label"].unique()
    assert made["number"].max() == 987_654.3217


def test_the_saved_model_holds_no_value_of_few_rows() -> None:
    rng = np.random.default_rng(1)
    real = with_secrets().with_columns(exact=np.round(rng.normal(0, 1000, 3_000), 9), unique=pl.int_range(3_000) * 7919)
    # Each of 200 owners has 15 rows: what these share is still the value of one owner.
    wealth = np.repeat(rng.lognormal(9, 2, 200), 15)
    context = pl.DataFrame({"owner": [f"owner-{k}" for k in range(3_000)], "wealth": wealth})
    model = fitted(real, context=context)
    contents = contents_of(saved(model))
    text, numbers = "\n".join(contents.texts), contents.numbers
    assert "secret-label" not in text
    assert "owner-" not in text
    assert "shared-label" in text
    assert not numbers & set(real["exact"].to_list())
    assert not numbers & set(context["wealth"].to_list())
    assert not numbers & {987_654.3217, -55_555.1234, 7_777_777.0}


def test_edges_are_not_values_of_a_dense_unique_column() -> None:
    real = pl.DataFrame({"id": pl.int_range(0, 50_000, 7, eager=True)})
    made = drawn(fitted(real), 5_000)["id"]
    # One value in seven is real; an engine that draws real values would give all.
    assert made.is_in(real["id"].implode()).mean() < 0.2


@pytest.mark.parametrize("rows", [12, 60, 300, 3_000])
def test_no_row_is_copied(rows: int) -> None:
    real = every_type(rows)
    made = drawn(fitted(real), rows)
    assert made.join(real, on=["float", "decimal", "instant", "unsigned"], how="inner").is_empty()


def test_a_model_is_no_nearer_to_its_rows_than_to_others() -> None:
    from sklearn.neighbors import NearestNeighbors

    rng = np.random.default_rng(3)
    both = rng.multivariate_normal(np.zeros(5), 0.5 + 0.5 * np.eye(5), 8_000)
    real = pl.DataFrame(both[:4_000], schema=[f"x{k}" for k in range(5)])
    made = drawn(fitted(real), 4_000).to_numpy()
    near = [
        NearestNeighbors(n_neighbors=1).fit(rows).kneighbors(made)[0][:, 0] for rows in (both[:4_000], both[4_000:])
    ]
    assert (near[0] < near[1]).mean() == pytest.approx(0.5, abs=0.04)


def test_min_group_is_that_of_the_table(real: pl.DataFrame) -> None:
    model = TreesSynthesizer()
    model.fit(real, table=spec_of(real, min_group=9), context=None, seed=0)
    assert "secret-label" in drawn(model, 20_000)["label"].unique()
