"""Learning and drawing: codes and back, what columns and pairs look like, entities of many rows, saving."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synth_assets.plan.domain import Labels, Range
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.synthesize.private.coding import Coding, PrivateColumn
from synth_assets.synthesize.private.contributions import bounded
from synth_assets.synthesize.private.errors import ModelUnknown
from synth_assets.synthesize.private.noise import Noise
from synth_assets.synthesize.private.pairs import Coded, allot, choose
from synth_assets.synthesize.private.projection import nearest_counts, with_margins
from synth_assets.synthesize.private.refinement import bins, levels, refine
from synth_assets.synthesize.private.synthesizer import PrivateSynthesizer
from synth_assets.synthesize.protocol import TableSpec
from synth_assets.synthesize.registry import synthesizer_class

SPEC = TableSpec("visits", (), discover=False)
DAY = 86_400 * 10**6


def column(name: str, domain: Labels | Range, dtype: pl.DataType, *, nullable: bool = False) -> PrivateColumn:
    return PrivateColumn(name, domain, dtype, nullable)


COLUMNS = (
    column("kind", Labels(values=("planned", "emergency"), complete=False), pl.String()),
    column("pain", Range(low=0, step=1, cells=11), pl.Int64(), nullable=True),
    column("cost", Range(low=0, step=1, cells=200_001), pl.Decimal(10, 2)),
    column("on", Range(low=18_262, step=1, cells=1461), pl.Date()),
    column("at", Range(low=18_262 * DAY, step=10**6, cells=1461 * 86_400), pl.Datetime("us")),
    column("share", Range(low=0.0, step=0.01, cells=101), pl.Float64()),
    column("weight", Range(low=40.0, step=100 / 2**20, cells=2**20, continuous=True), pl.Float64()),
    column("smoker", Labels(values=("false", "true"), complete=True), pl.Boolean(), nullable=True),
    column("level", Labels(values=("1", "2", "7"), complete=False), pl.Int64()),
)


def visits(rows: int, *, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    emergency = rng.random(rows) < 0.4
    pain = np.where(emergency, rng.integers(6, 11, rows), rng.integers(0, 4, rows))
    on = pl.Series(18_262 + rng.integers(365, 730, rows)).cast(pl.Int32).cast(pl.Date)
    return pl.DataFrame(
        {
            "kind": np.where(emergency, "emergency", "planned"),
            "pain": pl.Series(pain).set(pl.Series(rng.random(rows) < 0.2), None),
            # A fee that many pay, and everything else.
            "cost": pl.Series(np.where(rng.random(rows) < 0.3, 4950, rng.integers(0, 100_000, rows)) / 100).cast(
                pl.Decimal(10, 2)
            ),
            "on": on,
            "at": on.cast(pl.Datetime("us")).dt.offset_by("9h"),
            "share": np.round(rng.integers(0, 101, rows) / 100, 2),
            "weight": rng.normal(90, 8, rows),
            "smoker": pl.Series(emergency).set(pl.Series(rng.random(rows) < 0.1), None),
            "level": rng.choice([1, 2, 7], rows),
        }
    )


def fitted(rows: pl.DataFrame, *, epsilon: float, columns: tuple[PrivateColumn, ...] = COLUMNS) -> PrivateSynthesizer:
    model = PrivateSynthesizer(columns=columns, epsilon=epsilon, delta=1e-6)
    model.fit(rows, table=SPEC, context=None, seed=0)
    return model


def drawn(model: PrivateSynthesizer, rows: int, *, seed: int = 1, given: pl.DataFrame | None = None) -> pl.DataFrame:
    return model.sample(rows, context=None, given=given, rng=np.random.default_rng(seed))


@pytest.fixture(scope="module")
def model() -> PrivateSynthesizer:
    return fitted(visits(20_000), epsilon=8.0)


def test_rows_look_like_those_that_were_learned(model: PrivateSynthesizer) -> None:
    real, made = visits(20_000), drawn(model, 20_000)

    assert made.schema == {c.name: c.dtype for c in COLUMNS}
    assert model.learned.rows == pytest.approx(20_000, abs=100)
    assert (made["kind"] == "emergency").mean() == pytest.approx(0.4, abs=0.03)
    assert made["pain"].is_null().mean() == pytest.approx(0.2, abs=0.03)
    assert (made["cost"] == Decimal("49.50")).mean() == pytest.approx(0.3, abs=0.03)
    assert made["on"].min() >= date(2020, 1, 1) and made["on"].max() <= date(2023, 12, 31)  # type: ignore[operator]
    assert made["on"].dt.year().mode().item() == 2021
    assert made["weight"].mean() == pytest.approx(90, abs=1)
    assert made["weight"].n_unique() > 19_000
    assert set(made["level"].unique()) == {1, 2, 7}
    assert set(made["share"].unique()) <= set(real["share"].unique())
    for frame in (real, made):
        pain = frame.filter(pl.col("kind") == "emergency")["pain"].drop_nulls()
        assert (pain >= 6).mean() > 0.9
        assert frame.filter(pl.col("smoker"))["kind"].eq("emergency").mean() > 0.9


def test_drawing_is_a_function_of_model_and_seed_learning_is_not(model: PrivateSynthesizer) -> None:
    assert drawn(model, 500).equals(drawn(model, 500))
    few = COLUMNS[:2]
    rows = visits(500)
    first, second = (fitted(rows, epsilon=1.0, columns=few).learned for _ in range(2))
    assert not np.array_equal(first.model.steps[0].bias, second.model.steps[0].bias)


def test_given_columns_come_out_as_they_are(model: PrivateSynthesizer) -> None:
    given = pl.DataFrame({"kind": ["emergency"] * 2000})
    made = drawn(model, 2000, given=given)

    assert made["kind"].to_list() == given["kind"].to_list()
    assert made.columns == [c.name for c in COLUMNS]


def test_a_saved_model_draws_the_same_rows(model: PrivateSynthesizer, tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}", key=bytes(32))
    key = ArtifactKey("shop", "synthesizer", "visits", "ab")
    with store.create(key, refresh="one") as draft:
        model.save(draft.folder)
    found = store.find(key)
    assert found is not None

    loaded = synthesizer_class("private").load(found.folder)

    made = loaded.sample(300, context=None, given=None, rng=np.random.default_rng(1))
    assert made.equals(drawn(model, 300))
    assert loaded.learned.rows == model.learned.rows  # type: ignore[attr-defined]


def test_a_model_of_another_version_is_refused(model: PrivateSynthesizer, tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}", key=bytes(32))
    with store.create(ArtifactKey("shop", "synthesizer", "visits", "ab"), refresh="one") as draft:
        model.save(draft.folder)
        stored = draft.folder.read_json("private.json")
    other = json.loads(json.dumps(stored)) | {"version": 99}
    with store.create(ArtifactKey("shop", "synthesizer", "visits", "cd"), refresh="one") as draft:
        draft.folder.write_json("private.json", other)
        with pytest.raises(ModelUnknown, match="99"):
            PrivateSynthesizer.load(draft.folder)


def test_tables_of_hardly_any_rows_can_be_learned() -> None:
    for rows in (0, 1, 5):
        made = drawn(fitted(visits(rows), epsilon=1.0), 50)
        assert made.height == 50
        assert made["kind"].is_in(["planned", "emergency"]).all()
    alone = fitted(visits(100), epsilon=1.0, columns=COLUMNS[:1])
    assert drawn(alone, 20).columns == ["kind"]
    assert drawn(fitted(visits(100), epsilon=1.0, columns=()), 20).height == 20


def test_what_lies_outside_the_domain_never_comes_out() -> None:
    rows = pl.DataFrame({"kind": ["planned"] * 800 + ["secret"] * 200, "pain": [99] * 100 + [3] * 900})
    columns = (COLUMNS[0], column("pain", Range(low=0, step=1, cells=11), pl.Int64()))
    model = fitted(rows, epsilon=5.0, columns=columns)
    made = drawn(model, 1000)

    assert set(made["kind"]) <= {"planned", "emergency"}
    assert model.learned.outside["kind"] == pytest.approx(0.2, abs=0.05)
    assert made["pain"].max() <= 10  # type: ignore[operator]
    # Beyond the bounds a number counts as the nearest.
    assert (made["pain"] == 10).mean() == pytest.approx(0.125, abs=0.05)


def test_types_of_the_source_do_not_matter() -> None:
    texts = pl.DataFrame({"pain": ["3", "4", "many", None] * 100, "at": ["2021-05-01 09:00:00", "soon"] * 200})
    columns = (COLUMNS[1], column("at", COLUMNS[4].domain, pl.Datetime("us")))
    made = drawn(fitted(texts, epsilon=50.0, columns=columns), 400)

    assert made["pain"].is_null().mean() == pytest.approx(0.5, abs=0.1)
    assert made["at"].null_count() == 0
    assert (made["at"].dt.date() == date(2021, 5, 1)).mean() > 0.5


@pytest.mark.parametrize("known", COLUMNS, ids=lambda c: c.name)
def test_values_survive_their_codes(known: PrivateColumn) -> None:
    values = visits(300)[known.name]
    cells = known.cells(values)
    back = known.values(cells, np.zeros(len(cells)))

    assert back.dtype == known.dtype
    if known.name == "weight":
        assert np.abs(back.to_numpy() - values.to_numpy()).max() <= known.domain.step  # type: ignore[union-attr]
    else:
        assert back.equals(values, null_equal=True)


def test_at_most_so_many_rows_of_an_entity_are_looked_at() -> None:
    entities = np.array([5] * 100 + [6] * 2 + [-1] * 30)
    chosen = bounded(entities, 3)

    assert np.bincount(entities[chosen] + 1)[[0, 6, 7]].tolist() == [30, 3, 2]
    assert (np.diff(chosen) > 0).all()
    # Any of its rows may be among them.
    assert len({tuple(bounded(entities, 3)) for _ in range(20)}) > 10


def test_an_entity_of_many_rows_weighs_no_more_than_its_bound() -> None:
    rows = pl.DataFrame({"kind": ["planned"] * 1000 + ["emergency"] * 5000})
    model = PrivateSynthesizer(
        columns=COLUMNS[:1],
        epsilon=10.0,
        delta=1e-6,
        entities=np.r_[np.arange(1000), np.full(5000, 1000)],
        rows_per_entity=2,
    )
    model.fit(rows, table=SPEC, context=None, seed=0)

    assert model.learned.rows == pytest.approx(1002, abs=40)
    assert (drawn(model, 1000)["kind"] == "emergency").mean() < 0.05


def test_a_range_is_parted_where_rows_are() -> None:
    rng = np.random.default_rng(0)
    values = np.r_[np.zeros(50_000), np.full(3000, 77_777), rng.integers(10_000, 20_000, 20_000)].astype(np.int64)
    found = refine(values, 100_000, noise=Noise(allowance=1e-6), deviation=10.0)

    assert levels(100_000) == 5
    assert found.starts[0] == 0 and (np.diff(found.starts) == found.widths[:-1]).all()
    assert found.starts[-1] + found.widths[-1] == 100_000
    assert found.widths[np.searchsorted(found.starts, [0, 77_777])].tolist() == [1, 1]
    assert found.counts[np.searchsorted(found.starts, [0, 77_777])] == pytest.approx([50_000, 3000], abs=60)
    # Where no row is, nobody looks closely.
    assert found.widths[found.starts > 90_000].min() >= 16**3 // 16

    numbers = bins(nearest_counts(found.counts, 73_000), most=24, least=100)
    assert numbers[0] == 0 and set(np.diff(numbers)) <= {0, 1}
    assert (numbers == numbers[np.searchsorted(found.starts, 77_777)]).sum() == 1


def test_noisy_counts_are_made_counts_again() -> None:
    made = nearest_counts(np.array([10, -5, 3, 0]), 9.0)
    assert made.tolist() == [8.0, 0.0, 1.0, 0.0]
    assert nearest_counts(np.array([-3, -2]), 0.0).tolist() == [0.0, 0.0]
    fitted_table = with_margins(np.array([[4.0, 1.0], [0.0, 5.0]]), np.array([6.0, 4.0]), np.array([5.0, 5.0]))
    assert fitted_table.sum(axis=1) == pytest.approx([6.0, 4.0], abs=0.1)
    assert fitted_table[1, 0] == 0.0


def test_pairs_are_counted_where_it_is_worth_the_noise() -> None:
    sizes = [2, 2, 40]
    coded = Coded(
        codes=[np.zeros(1000, dtype=np.int64)] * 3,
        sizes=sizes,
        counts=[np.full(size, 1000 / size) for size in sizes],
        total=1000.0,
        most=1,
    )
    scores = {(0, 1): 500.0, (0, 2): 60.0, (1, 2): -20.0}

    assert choose(scores, coded, rho=0.001) == [(0, 1)]
    assert choose(scores, coded, rho=10.0) == [(0, 1), (0, 2)]
    assert choose({(0, 1): -1.0}, coded, rho=10.0) == []
    shares = allot([(0, 1), (0, 2)], coded, rho=1.0)
    assert sum(shares) == pytest.approx(1.0)
    assert shares[1] / shares[0] == pytest.approx((80 / 4) ** (2 / 3))


def test_the_model_of_a_column_knows_its_size() -> None:
    assert Coding(COLUMNS[0]).size == 3
    assert Coding(COLUMNS[1]).size == 12
