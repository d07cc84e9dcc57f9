"""SDV's single-table engines: types, nulls, promises, determinism, saving, given values, few rows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from synth_assets.store.errors import ArtifactDamaged
from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import Synthesizer
from synth_assets.synthesize.registry import synthesizer_class
from synth_assets.synthesize.sdv.errors import EngineFailed, GivenNotMet, OptionRefused
from synth_assets.synthesize.sdv.single_table import CTGAN, TVAE, GaussianCopula, SingleTable
from tests.synthesize.sdv.made_tables import draw, every_type, spec_of

FAST: dict[str, dict[str, object]] = {
    "gaussian_copula": {},
    "ctgan": {"epochs": 2, "batch_size": 100},
    "tvae": {"epochs": 2, "batch_size": 100},
    "copula_gan": {"epochs": 2, "batch_size": 100},
}
EVERY_TYPE = every_type()
# The networks fit a mixture of normal distributions to every number, which takes its time.
ROWS = EVERY_TYPE.drop("unsigned", "price", "clock")


def fitted(name: str, rows: pl.DataFrame, *, min_group: int = 5, seed: int = 1) -> SingleTable:
    model = synthesizer_class(name)(**FAST[name])
    assert isinstance(model, SingleTable)
    model.fit(rows, table=spec_of(rows, min_group=min_group), context=None, seed=seed)
    return model


@pytest.fixture(scope="module", params=sorted(FAST))
def engine(request: pytest.FixtureRequest) -> SingleTable:
    return fitted(request.param, ROWS)


def test_follows_the_protocol(engine: SingleTable) -> None:
    assert isinstance(engine, Synthesizer)


def test_types_come_back_as_fitted(engine: SingleTable) -> None:
    made = draw(engine, 200)
    assert made.schema == ROWS.schema
    assert made.height == 200
    for name in ROWS.columns:
        if ROWS[name].null_count() == 0:
            assert made[name].null_count() == 0, name


def test_every_type() -> None:
    made = draw(fitted("gaussian_copula", EVERY_TYPE), 500)
    assert made.schema == EVERY_TYPE.schema
    for name in ("unsigned", "price", "clock"):
        ordered = EVERY_TYPE[name].sort()
        assert ordered[4] <= made[name].min() < made[name].max() <= ordered[-5], name  # type: ignore[operator]


def test_nulls_constants_and_empty_columns(engine: SingleTable) -> None:
    made = draw(engine, 400)
    assert made["nothing"].null_count() == 400
    assert made["constant"].unique().to_list() == ["one"]
    # Two epochs are too few for a variational autoencoder to find out about nulls.
    for name in () if isinstance(engine, TVAE) else ("double", "maybe"):
        assert 0 < made[name].null_count() < 400


def test_a_table_without_a_column_to_learn_has_rows_all_the_same() -> None:
    model = GaussianCopula()
    nothing = pl.DataFrame(height=50)
    model.fit(nothing, table=spec_of(nothing, min_group=5), context=None, seed=1)
    assert draw(model, 7).shape == (7, 0)


def test_rare_categories_and_extremes_never_come_out(engine: SingleTable) -> None:
    made = draw(engine, 2_000)
    assert set(made["kind"].unique()) <= {"small", "large"}
    for name in (name for name, dtype in ROWS.schema.items() if dtype.is_numeric() or dtype.is_temporal()):
        ordered = ROWS[name].drop_nulls().sort()
        drawn = made[name].drop_nulls()
        assert drawn.min() >= ordered[4], name  # type: ignore[operator]
        assert drawn.max() <= ordered[-5], name  # type: ignore[operator]


def test_values_are_rounded_as_in_the_source(engine: SingleTable) -> None:
    made = draw(engine, 300)
    assert (made["at"].dt.minute() % 15 == 0).all()
    assert made["at"].dt.second().sum() == 0
    tenths = made["double"].drop_nulls().to_numpy() * 10
    np.testing.assert_allclose(tenths, np.rint(tenths), atol=1e-6)


def test_bounds_hold() -> None:
    rows = ROWS.select("double", "integer", "day")
    spec = spec_of(rows, double={"minimum": 45.0, "maximum": 55.0}, integer={"keep": True})
    model = GaussianCopula()
    model.fit(rows, table=spec, context=None, seed=1)
    made = draw(model, 1_000)
    assert 45.0 <= made["double"].min() <= made["double"].max() <= 55.0  # type: ignore[operator]
    assert made["integer"].max() <= 9_999  # type: ignore[operator]


def test_same_rng_same_rows(engine: SingleTable) -> None:
    first = draw(engine, 50, seed=3)
    draw(engine, 70, seed=4)
    assert_frame_equal(first, draw(engine, 50, seed=3))
    assert not first.equals(draw(engine, 50, seed=4))


@pytest.mark.parametrize("name", ["gaussian_copula", "ctgan", "tvae"])
def test_same_seed_same_model(name: str) -> None:
    rows = ROWS.select("kind", "double")
    assert_frame_equal(draw(fitted(name, rows), 40), draw(fitted(name, rows), 40))


def test_the_process_own_generators_are_left_alone(engine: SingleTable) -> None:
    import torch

    torch.manual_seed(1)
    np.random.seed(1)
    expected = np.random.rand(), torch.rand(1).item()
    torch.manual_seed(1)
    np.random.seed(1)
    draw(engine, 10)
    assert (np.random.rand(), torch.rand(1).item()) == expected


def test_saved_and_loaded(engine: SingleTable, saved: Callable[[object], Folder]) -> None:
    again = type(engine).load(saved(engine))
    assert_frame_equal(draw(again, 60, seed=5), draw(engine, 60, seed=5))


def test_an_altered_pickle_is_never_opened(
    engine: SingleTable, saved: Callable[[object], Folder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cloudpickle

    opened: list[bytes] = []
    monkeypatch.setattr(cloudpickle, "loads", opened.append)
    folder = saved(engine)
    type(engine).load(folder)
    assert len(opened) == 1
    (file,) = (tmp_path / "store").rglob("sdv.pickle")
    content = bytearray(file.read_bytes())
    content[-30] ^= 1
    file.write_bytes(content)
    with pytest.raises(ArtifactDamaged):
        type(engine).load(folder)
    assert len(opened) == 1


def test_the_saved_model_holds_no_text_of_the_source(engine: SingleTable, saved: Callable[[object], Folder]) -> None:
    folder = saved(engine)
    assert b"a rare kind" not in folder.read_bytes("sdv.pickle")
    assert "a rare kind" not in str(folder.read_json("engine.json"))
    assert b"large" not in folder.read_bytes("sdv.pickle")


def test_given_columns_come_out_as_they_went_in(engine: SingleTable) -> None:
    # What it has drawn once it can draw again; hardly trained networks do not draw everything.
    wanted = draw(engine, 30, seed=9).select("kind", "maybe")
    made = draw(engine, 30, given=wanted)
    assert_frame_equal(made.select("kind", "maybe"), wanted)
    assert made.schema == ROWS.schema
    assert_frame_equal(made, draw(engine, 30, given=wanted))


def test_given_numbers_steer_a_gaussian_copula() -> None:
    rows = EVERY_TYPE.select("single", "price", "double")
    model = fitted("gaussian_copula", rows)
    wanted = pl.DataFrame({"single": [35.0, 65.0] * 100}, schema={"single": pl.Float32})
    price = draw(model, 200, given=wanted)["price"].cast(pl.Float64).to_numpy()
    assert price[1::2].mean() - price[::2].mean() > 15


def test_given_values_that_are_never_drawn() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 2, 200)
    rows = pl.DataFrame({"a": first.astype(str), "b": first.astype(str), "c": rng.random(200)})
    model = fitted("tvae", rows)
    model._draw = lambda n, rng: model._coding.encode(rows[: min(n, 200)].filter(a="0"), rng)  # type: ignore[method-assign]
    with pytest.raises(GivenNotMet, match="tvae drew no rows of the table 'things'") as caught:
        draw(model, 1, given=pl.DataFrame({"a": ["1"]}))
    assert caught.value.columns == ("a",)


def test_no_rows_are_asked_for(engine: SingleTable) -> None:
    assert draw(engine, 0).schema == ROWS.schema
    assert draw(engine, 0).height == 0


@pytest.mark.parametrize("height", [0, 1, 7])
@pytest.mark.parametrize("name", ["gaussian_copula", "ctgan"])
def test_few_rows(name: str, height: int, saved: Callable[[object], Folder]) -> None:
    rows = every_type(height)
    model = fitted(name, rows)
    made = draw(type(model).load(saved(model)), 30)
    assert made.schema == rows.schema
    assert made.height == 30
    if height:
        assert not set(made["single"].to_list()) & set(rows["single"].to_list())


def test_few_values_in_many_rows() -> None:
    rows = pl.DataFrame({"a": [None] * 196 + [1.5, 2.5, 3.5, 4.5], "b": np.arange(200)})
    made = draw(fitted("gaussian_copula", rows), 500)
    assert made.schema == rows.schema
    assert 0 < made["a"].drop_nulls().len() < 100


def test_options_reach_sdv_by_column() -> None:
    model = GaussianCopula(numerical_distributions={"single": "norm"}, default_distribution="truncnorm")
    rows = ROWS.select("kind", "single")
    model.fit(rows, table=spec_of(rows), context=None, seed=1)
    learned = model._model.get_learned_distributions()
    assert [learned[c]["distribution"] for c in ("c0", "c1")] == ["truncnorm", "norm"]


def test_refused_options() -> None:
    with pytest.raises(OptionRefused, match="'epoch' does not exist; did you mean 'epochs'"):
        CTGAN(epoch=3)
    with pytest.raises(OptionRefused, match=r"'epochs' cannot be that: .*greater than 0"):
        TVAE(epochs=0)
    with pytest.raises(OptionRefused, match="'default_distribution' cannot be that"):
        GaussianCopula(default_distribution="bell")
    with pytest.raises(OptionRefused, match="multiple of pac"):
        CTGAN(batch_size=15)
    model = GaussianCopula(numerical_distributions={"singel": "norm"})
    with pytest.raises(OptionRefused, match="did you mean 'single'"):
        model.fit(ROWS, table=spec_of(ROWS), context=None, seed=1)


def test_a_failure_of_sdv_quotes_nothing() -> None:
    model = GaussianCopula()

    def fail(metadata: object) -> None:
        raise ValueError("row 3: alice@example.org")

    model._create = fail  # type: ignore[method-assign]
    with pytest.raises(
        EngineFailed, match=r"gaussian_copula failed while learning the table 'things' \(ValueError\)"
    ) as e:
        model.fit(ROWS, table=spec_of(ROWS), context=None, seed=1)
    assert "alice" not in str(e.value)
    assert e.value.__cause__ is None
    assert e.value.__suppress_context__
