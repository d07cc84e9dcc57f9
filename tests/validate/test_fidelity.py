"""The figures of fidelity: against SDMetrics, and at their ends."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from benchmarks.memory_rows import MemoryRows
from synth_assets.statistics.encoding import NULL, RARE, Scale, Side, category_codes, encode
from synth_assets.statistics.noise import mean_of, sampling_noise
from synth_assets.statistics.shape import category_similarity, column_similarities, number_similarity
from synth_assets.statistics.trend import correlation, joint_similarity, pair_similarities
from synth_assets.statistics.two_sample import two_sample_auc
from synth_assets.validate.relations import child_counts
from tests.validate.samples import ORDERS_KEY, make_shop

COLUMNS = ("region", "age", "income", "spent")


def skewed(seed: int) -> pl.DataFrame:
    """A shop's customers, made worse: many older, one region missing, spending torn from income."""
    customers = make_shop(4000, seed, mail="m")["customers"]
    return customers.filter(pl.col("region").ne_missing("west")).with_columns(
        age=pl.when(pl.col("age") < 30).then(79).otherwise("age"), spent=pl.col("spent").shuffle(seed)
    )


@pytest.mark.parametrize("worse", [False, True])
def test_shape_and_trend_agree_with_sdmetrics(worse: bool) -> None:
    from sdmetrics.reports.single_table import QualityReport

    # One range on both sides: SDMetrics puts the bins of either side over its own range, we over the source's.
    bounded = [pl.col("income").clip(8_000, 60_000), pl.col("spent").clip(1_000, 12_000)]
    source = make_shop(4000, 1, mail="m")["customers"].select(COLUMNS).with_columns(bounded)
    synthetic = skewed(2) if worse else make_shop(4000, 2, mail="m")["customers"]
    synthetic = synthetic.select(COLUMNS).with_columns(bounded)
    coding = encode(source, synthetic, columns=COLUMNS, kept=frozenset(), min_group=1)
    shape = mean_of(column_similarities(coding.scales, coding.source, coding.synthetic))
    trend = mean_of(pair_similarities(coding.scales, coding.source, coding.synthetic))

    report = QualityReport()
    report.real_correlation_threshold = report.real_association_threshold = 0  # every pair counts
    kinds = {"region": "categorical", "age": "numerical", "income": "numerical", "spent": "numerical"}
    frames = [pd.DataFrame(f.to_dict(as_series=False)) for f in (source, synthetic)]
    report.generate(*frames, {"columns": {c: {"sdtype": k} for c, k in kinds.items()}}, verbose=False)
    expected = report.get_properties().set_index("Property")["Score"]
    assert shape == pytest.approx(expected["Column Shapes"], abs=0.01)
    assert trend == pytest.approx(expected["Column Pair Trends"], abs=0.01)


def test_similarity_of_numbers_is_one_minus_the_kolmogorov_smirnov_distance() -> None:
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0, 5.0, 6.0])
    assert number_similarity(a, a) == 1.0
    assert number_similarity(a, b) == 0.5
    assert number_similarity(a, np.array([np.nan, np.nan, 3.0, 4.0])) == pytest.approx(0.5)
    assert number_similarity(a, np.array([])) is None


def test_null_is_a_category_and_rare_ones_are_left_out() -> None:
    a = np.array([0, 0, 1, NULL])
    assert category_similarity(a, np.array([0, 0, 1, 1])) == 0.75
    assert category_similarity(np.array([0, 0, 1, RARE]), np.array([0, 0, 1])) == 1.0
    assert category_similarity(np.array([RARE]), np.array([0])) is None


def test_codes_are_common_to_both_sides() -> None:
    source = pl.Series(["b", "b", "b", "a", "a", "c", None])
    first, second = category_codes(source, [pl.Series(["a", "c", "new", None])], min_group=2)
    assert first.tolist() == [0, 0, 0, 1, 1, RARE, NULL]
    assert second.tolist() == [1, RARE, 3, NULL]


def test_a_synthetic_column_that_does_not_vary_loses_its_trend() -> None:
    x = np.arange(100.0)
    sides = Side((x, 2 * x), 100), Side((x, np.full(100, 7.0)), 100)
    scales = (Scale.NUMBER, Scale.NUMBER)
    assert pair_similarities(scales, *sides) == [0.5]
    assert pair_similarities(scales, sides[1], sides[0]) == [None]
    assert correlation(x, -x) == pytest.approx(-1.0)


def test_joint_similarity_of_many_categories_is_that_of_few() -> None:
    rng = np.random.default_rng(0)
    few = [tuple(rng.integers(0, 4, 500) for _ in range(2)) for _ in range(2)]
    spread = [(a * 1000, b * 1000) for a, b in few]
    assert joint_similarity(*few) == pytest.approx(joint_similarity(*spread))


def test_sampling_noise_is_what_two_samples_of_one_distribution_differ_by() -> None:
    rng = np.random.default_rng(0)

    def measure(a: Side, b: Side) -> float | None:
        return number_similarity(a.values[0], b.values[0])

    expected = np.mean([1 - number_similarity(rng.normal(size=400), rng.normal(size=1600)) for _ in range(50)])
    noise = sampling_noise(measure, Side((rng.normal(size=400),), 400), 1600, rng=rng, repeats=40)
    assert noise == pytest.approx(expected, rel=0.25)


def test_the_classifier_tells_what_single_columns_do_not() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)
    together = Side((x, x + 0.1 * rng.normal(size=2000), np.full(2000, np.nan)), 2000)
    apart = Side((x, rng.permutation(x), np.full(2000, np.nan)), 2000)
    scales = (Scale.NUMBER,) * 3
    alike = two_sample_auc(scales, together.take(np.arange(1000)), together.take(np.arange(1000, 2000)), rng=rng)
    assert alike == pytest.approx(0.5, abs=0.06)
    assert two_sample_auc(scales, together, apart, rng=rng) > 0.9
    assert two_sample_auc(scales, together.take(np.arange(9)), apart, rng=rng) is None


def test_children_are_counted_for_every_parent() -> None:
    parents = MemoryRows(pl.DataFrame({"id": [1, 2, 3]}))
    children = MemoryRows(pl.DataFrame({"customer_id": [3, 1, 3, None]}))
    assert child_counts(ORDERS_KEY, children, parents).tolist() == [1.0, 0.0, 2.0]
