"""Determinism, saving, context, given columns."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer
from synth_assets.synthesize.version import VERSION, ModelVersionUnknown, check_version
from tests.synthesize.trees.made_tables import distance, drawn, every_type, fitted, pair_distance, saved


@pytest.fixture(scope="module")
def real() -> pl.DataFrame:
    return every_type(3_000)


@pytest.fixture(scope="module")
def model(real: pl.DataFrame) -> TreesSynthesizer:
    return fitted(real)


def test_the_same_seed_gives_the_same_model_whatever_the_threads(real: pl.DataFrame, model: TreesSynthesizer) -> None:
    assert_frame_equal(drawn(fitted(real, threads=1), 500), drawn(model, 500))
    assert_frame_equal(drawn(fitted(real, threads=4), 500), drawn(model, 500))


def test_drawing_depends_on_the_generator_only(model: TreesSynthesizer) -> None:
    assert_frame_equal(drawn(model, 500, seed=5), drawn(model, 500, seed=5))
    assert not drawn(model, 500, seed=5).equals(drawn(model, 500, seed=6))


def test_a_loaded_model_draws_the_same_rows(real: pl.DataFrame, model: TreesSynthesizer) -> None:
    assert_frame_equal(drawn(TreesSynthesizer.load(saved(model)), 1_000), drawn(model, 1_000))
    context = real.select(pl.all().name.prefix("parent."))
    around = fitted(real, context=context)
    again = TreesSynthesizer.load(saved(around))
    assert_frame_equal(drawn(again, 3_000, context=context), drawn(around, 3_000, context=context))


@pytest.mark.parametrize("rows", [0, 1, 15])
def test_short_models_are_saved_too(rows: int) -> None:
    small = fitted(every_type(rows))
    assert_frame_equal(drawn(TreesSynthesizer.load(saved(small)), 30), drawn(small, 30))


@pytest.mark.parametrize("version", [0, VERSION + 1, None])
def test_a_model_of_an_unknown_version_is_refused(version: int | None) -> None:
    with pytest.raises(ModelVersionUnknown, match=r"Nothing was generated\."):
        check_version({"version": version})


def test_a_saved_model_says_its_version(model: TreesSynthesizer) -> None:
    stored = saved(model).read_json("model.json")
    assert isinstance(stored, dict)
    check_version(stored)


def test_a_model_is_smaller_than_its_rows() -> None:
    rows = every_type(20_000)
    model = fitted(rows)
    folder = saved(model)
    size = sum(len(folder.read_bytes(name)) for name in folder.names())
    assert size < rows.estimated_size()


@pytest.mark.parametrize("dtype", ["label", "integer", "decimal", "flag", "instant", "day"])
def test_context_is_followed(real: pl.DataFrame, dtype: str) -> None:
    # The child's column is a function of the parent's: whether it is above its middle.
    parent = real.select(parent=dtype)
    values = real[dtype].cast(pl.Int8) if dtype == "flag" else real[dtype]
    above = values.rank("dense") > values.rank("dense").median()
    child = pl.DataFrame({"above": above, "other": np.random.default_rng(0).random(real.height)})
    made = drawn(fitted(child, context=parent), real.height, context=parent)
    assert (made["above"] == above).mean() > 0.97  # type: ignore[operator]


def test_context_texts_that_were_never_seen_and_nulls_are_fine() -> None:
    rng = np.random.default_rng(0)
    owner = pl.Series("owner", [f"o{n}" for n in rng.integers(0, 900, 3_000)])
    child = pl.DataFrame({"x": rng.normal(size=3_000)})
    model = fitted(child, context=owner.to_frame())
    strange = pl.DataFrame({"owner": ["never seen", None, "o1"]}, schema={"owner": pl.String})
    assert drawn(model, 3, context=strange)["x"].null_count() == 0


def test_given_columns_come_out_as_they_went_in_and_the_rest_fits(real: pl.DataFrame, model: TreesSynthesizer) -> None:
    # "label" decides or shifts integer, decimal, float and flag, some drawn before it, some after.
    given = pl.DataFrame({"label": ["north"] * 1_000 + ["west"] * 1_000})
    made = drawn(model, 2_000, given=given)
    assert made["label"].equals(given["label"])
    assert made.schema == real.schema
    for name in ("integer", "decimal", "float", "flag"):
        for label in ("north", "west"):
            wanted = real.filter(pl.col("label") == label)[name]
            got = made.filter(pl.col("label") == label)[name]
            assert distance(wanted, got, cells=6) < 0.12, (name, label)


def test_leading_columns_are_given_exactly(real: pl.DataFrame) -> None:
    columns = ["integer", "decimal", "label", "float"]
    model = fitted(real.select(columns), leading=("decimal",))
    assert model.columns[1].name == "decimal"
    assert model.parts[0].place == 1
    given = real.select("decimal").sample(3_000, seed=1, with_replacement=True)
    made = drawn(model, 3_000, given=given)
    assert_frame_equal(made.select("decimal"), given)
    assert pair_distance(real, made, "decimal", "float") < 0.08


def test_given_values_that_were_never_seen_are_kept(model: TreesSynthesizer) -> None:
    given = pl.DataFrame({"label": ["atlantis"] * 5, "integer": [10**6] * 5})
    made = drawn(model, 5, given=given)
    assert_frame_equal(made.select("label", "integer"), given)


def test_all_columns_given(real: pl.DataFrame, model: TreesSynthesizer) -> None:
    assert_frame_equal(drawn(model, 10, given=real.head(10)), real.head(10))
