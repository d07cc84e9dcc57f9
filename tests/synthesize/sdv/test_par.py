"""PAR: sequences of one parent each, in order, within the protected range, alone and inside the relational layer."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import SequenceSynthesizer, Synthesizer
from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.training import Siblings, Surroundings, Training
from synth_assets.synthesize.relational.values import ValueModel
from synth_assets.synthesize.sdv.errors import OptionRefused
from synth_assets.synthesize.sdv.par import PAR
from tests.synthesize.sdv.made_tables import spec_of

SEQUENCES = 40
LENGTH = 6


def visits(*, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame, np.ndarray]:
    """Weekly visits of patients: rows, the patients' columns, and the patient of each row."""
    rng = np.random.default_rng(seed)
    patients = pl.DataFrame({"kind": ["a", "b"] * (SEQUENCES // 2), "size": rng.normal(10, 1, SEQUENCES)})
    owner = np.repeat(np.arange(SEQUENCES), LENGTH)
    starts = rng.integers(0, 100, SEQUENCES)
    days = starts[owner] * 7 + np.tile(np.arange(LENGTH), SEQUENCES) * 7
    notes = np.where(rng.random(len(owner)) < 0.5, "up", "down").astype(object)
    notes[:2] = "seldom"
    rows = pl.DataFrame(
        {
            "at": [date(2020, 1, 6) + timedelta(days=int(day)) for day in days],
            "pulse": [None if rng.random() < 0.2 else float(v) for v in rng.normal(70, 5, len(owner)).round()],
            "note": notes.tolist(),
        },
        schema={"at": pl.Date, "pulse": pl.Float64, "note": pl.String},
    )
    return rows, patients, owner


@pytest.fixture(scope="module")
def par() -> PAR:
    rows, patients, owner = visits()
    model = PAR(epochs=2)
    model.fit_sequences(rows, table=spec_of(rows), sequences=owner, order="at", context=patients[owner], seed=1)
    return model


def sample(model: PAR, lengths: list[int], *, seed: int = 0) -> pl.DataFrame:
    patients = visits()[1][: len(lengths)]
    return model.sample_sequences(np.array(lengths), context=patients, rng=np.random.default_rng(seed))


def test_is_a_sequence_synthesizer(par: PAR) -> None:
    assert isinstance(par, SequenceSynthesizer)
    assert not isinstance(par, Synthesizer)


def test_sequences_have_their_lengths_types_and_order(par: PAR) -> None:
    lengths = [3, 0, 1, 5]
    made = sample(par, lengths)
    assert made.schema == visits()[0].schema
    assert made.height == 9
    for begin, end in ((0, 3), (3, 4), (4, 9)):
        days = made["at"][begin:end].to_physical().diff().drop_nulls()
        assert (days >= 0).all()
        assert (days % 7 == 0).all()


def test_promises(par: PAR) -> None:
    rows = visits()[0]
    made = sample(par, [10] * 30)
    assert set(made["note"].unique()) == {"up", "down"}
    for name in ("at", "pulse"):
        ordered = rows[name].drop_nulls().sort()
        assert ordered[4] <= made[name].min() <= made[name].max() <= ordered[-5]  # type: ignore[operator]
    assert 0 < made["pulse"].null_count() < 300
    assert made["at"].null_count() == made["note"].null_count() == 0


def test_same_rng_same_rows(par: PAR) -> None:
    first = sample(par, [2, 3], seed=3)
    assert_frame_equal(first, sample(par, [2, 3], seed=3))
    assert not first.equals(sample(par, [2, 3], seed=4))


def test_saved_and_loaded(par: PAR, saved: Callable[[object], Folder]) -> None:
    assert_frame_equal(sample(PAR.load(saved(par)), [4, 2]), sample(par, [4, 2]))


def test_a_context_never_seen(par: PAR) -> None:
    strange = pl.DataFrame({"kind": ["z", None], "size": [None, 1e9]})
    made = par.sample_sequences(np.array([2, 2]), context=strange, rng=np.random.default_rng(0))
    assert made.height == 4


def test_few_sequences_and_none(saved: Callable[[object], Folder]) -> None:
    rows, patients, owner = visits()
    for height in (0, 3):
        model = PAR(epochs=2)
        part = rows[:height]
        model.fit_sequences(
            part, table=spec_of(part), sequences=owner[:height], order="at", context=patients[owner[:height]], seed=1
        )
        made = sample(PAR.load(saved(model)), [2, 1])
        assert made.schema == rows.schema
        assert made.height == 3


def test_refused_option() -> None:
    with pytest.raises(OptionRefused, match="'segmentsize' does not exist; did you mean 'segment_size'"):
        PAR(segmentsize=3)


def test_inside_the_relational_layer(saved: Callable[[object], Folder]) -> None:
    rows, patients, owner = visits()
    hidden = pl.Series("null comment", np.arange(rows.height) % 3 == 0)
    shuffled = np.random.default_rng(5).permutation(rows.height)
    training = Training(
        rows=rows.with_columns(hidden)[shuffled],
        hidden=("null comment",),
        context=patients[owner[shuffled]],
        siblings=Siblings(
            owner[shuffled],
            order_by=rows["at"][shuffled],
            column="at",
            follow=False,
            continuous=np.ones(len(owner), dtype=np.bool_),
        ),
    )
    checks = RowChecks(expressions=(), columns=())
    model = ValueModel.fit(
        training, table="visits", synthesizer="par", options={"epochs": 1}, checks=checks, min_group=5, seed=1
    )
    again = ValueModel.load(saved(model))
    parents = np.array([0, 0, 2, 2, 2])
    made = again.sample(Surroundings(5, patients[parents], None, parents), np.random.default_rng(0))
    assert made.schema == training.rows.schema
    assert made["at"][2:5].is_sorted()
    lonely = again.sample(Surroundings(4, patients.clear(4)), np.random.default_rng(0))
    assert lonely.height == 4
