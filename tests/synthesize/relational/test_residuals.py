"""Columns that nearly follow others, in rows and from sibling to sibling, keep how far they are off."""

import numpy as np
import polars as pl

from synth_assets.synthesize.relational.keeping.checks import RowChecks
from synth_assets.synthesize.relational.residuals import Residuals
from synth_assets.synthesize.relational.training import Siblings, Surroundings, Training
from synth_assets.synthesize.relational.values import ValueModel
from synth_assets.synthesize.running import find_running

RNG = np.random.default_rng(3)
FAMILIES, LENGTH = 150, 12


def _prices(rows: int) -> pl.DataFrame:
    opening = np.round(np.exp(RNG.normal(4, 1, rows)), 2)
    high = np.round(opening * (1 + RNG.gamma(1.0, 0.004, rows)), 2)
    low = np.round(opening * (1 - RNG.gamma(1.0, 0.004, rows)), 2)
    return pl.DataFrame({"open": opening, "high": high, "low": low, "traded": RNG.gamma(2.0, 1e4, rows)})


def _fitted(training: Training) -> ValueModel:
    return ValueModel.fit(
        training,
        table="prices",
        synthesizer="trees",
        options={},
        checks=RowChecks(expressions=(), columns=()),
        min_group=10,
        seed=0,
    )


def test_columns_are_tied_in_a_tree_and_come_back() -> None:
    rows = _prices(2_000)
    residuals = Residuals.find(rows, min_group=1, among=rows.columns)
    assert len(residuals.steps) == 2
    assert "traded" not in residuals.columns
    encoded = residuals.encode(rows)
    assert encoded.schema == residuals.encoded(rows.schema)
    inner = rows.with_columns(
        pl.col(step.column).clip(step.deviation.least, step.deviation.most).round(2) for step in residuals.steps
    )
    assert residuals.decode(encoded, rows.schema).equals(inner)


def test_drawn_rows_are_no_farther_off_than_real_ones() -> None:
    rows = _prices(3_000)
    drawn = _fitted(Training(rows)).sample(Surroundings(3_000), np.random.default_rng(0))
    for column in ("high", "low"):
        real = (rows[column] / rows["open"]).quantile(0.95)
        made = (drawn[column] / drawn["open"]).quantile(0.95)
        assert real is not None
        assert made is not None
        assert abs(made - real) < 0.004


def test_what_grows_from_sibling_to_sibling_never_falls() -> None:
    families = np.repeat(np.arange(FAMILIES), LENGTH)
    steps = RNG.gamma(1.0, 0.4, (FAMILIES, LENGTH)).round(1)
    steps[:, 0] = RNG.gamma(2.0, 300.0, FAMILIES).round(1)
    rows = pl.DataFrame({"reading": steps.cumsum(axis=1).ravel().round(1)})
    order = pl.Series("order", np.tile(np.arange(LENGTH), FAMILIES))
    siblings = Siblings(families, order, None, follow=True, continuous=np.ones(len(families), np.bool_))
    drawn = _fitted(Training(rows, context=pl.DataFrame({"parent.kind": families % 3}), siblings=siblings)).sample(
        Surroundings(len(families), pl.DataFrame({"parent.kind": families % 3}), families=families),
        np.random.default_rng(0),
    )
    since = drawn["reading"].diff().to_numpy().reshape(FAMILIES, LENGTH)[:, 1:]
    assert since.min() >= 0
    assert abs(float(since.mean()) - float(steps[:, 1:].mean())) < 0.1


def _accounts() -> tuple[pl.DataFrame, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Deposits and payments, and what is left after each; every third account pays rent every other time."""
    families = np.repeat(np.arange(FAMILIES), LENGTH)
    paid = RNG.random(len(families)) < 0.4
    amount = RNG.gamma(2.0, 50.0, len(families)).round(2)
    rent = (families % 3 == 0) & (np.tile(np.arange(LENGTH), FAMILIES) % 2 == 1)
    left = np.where(paid, -amount, amount).reshape(FAMILIES, LENGTH).cumsum(axis=1).ravel().round(2)
    kind, purpose = np.where(paid, "payment", "deposit"), np.where(rent, "rent", "other")
    return pl.DataFrame({"kind": kind, "purpose": purpose, "amount": amount, "left": left}), families


def test_a_running_total_is_worked_out_and_what_a_family_never_did_it_hardly_does() -> None:
    rows, families = _accounts()
    order = pl.Series("order", np.tile(np.arange(LENGTH), FAMILIES))
    siblings = Siblings(families, order, None, follow=True, continuous=np.ones(len(families), np.bool_))
    context = pl.DataFrame({"parent.kind": families * 0})
    model = _fitted(Training(rows, context=context, siblings=siblings))
    drawn = model.sample(Surroundings(len(families), context, families=families), np.random.default_rng(0))
    signed = np.where(drawn["kind"] == "payment", -drawn["amount"].to_numpy(), drawn["amount"].to_numpy())
    total = signed.reshape(FAMILIES, LENGTH).cumsum(axis=1).ravel()
    assert np.abs(total - drawn["left"].to_numpy()).max() < 0.01
    paying = (drawn["purpose"] == "rent").to_numpy().reshape(FAMILIES, LENGTH).any(axis=1)
    assert 0.2 < paying.mean() < 0.6


def test_a_total_is_not_one_of_numbers_that_only_grow() -> None:
    rows, _ = _accounts()
    order, follows = np.arange(rows.height), np.tile(np.arange(LENGTH), FAMILIES) > 0
    other = rows.with_columns(pl.col("left") + RNG.normal(0, 1, rows.height).round(2))
    labels = rows.select("kind", "purpose")
    (found,) = find_running(rows, labels, order=order, follows=follows, among=["left"], min_group=10)
    assert (found.by, found.label, found.from_zero) == ("amount", "kind", True)
    assert find_running(other, labels, order=order, follows=follows, among=["left"], min_group=10) == ()


def test_what_mostly_stays_is_no_running_total_of_what_is_mostly_nothing() -> None:
    rng = np.random.default_rng(4)
    families = 10 * FAMILIES
    rows = families * LENGTH
    moved = np.where(rng.random(rows) < 0.012, rng.integers(1, 5, rows), 0)
    given = np.where(rng.random(rows) < 0.004, rng.integers(1, 5, rows), 0)
    level = np.cumsum(moved.reshape(families, LENGTH), axis=1).ravel()
    frame = pl.DataFrame({"level": level, "given": given})
    order, follows = np.arange(rows), np.tile(np.arange(LENGTH), families) > 0
    assert find_running(frame, pl.DataFrame(), order=order, follows=follows, among=["level"], min_group=10) == ()


def test_what_others_give_in_most_rows_is_so_in_drawn_ones_and_no_farther_off() -> None:
    rng = np.random.default_rng(0)
    games, luck = rng.integers(60, 163, 3_000), rng.normal(0.5, 0.07, 3_000)
    drawn = np.where(rng.random(3_000) < 0.2, rng.integers(1, 4, 3_000), 0)
    won = np.rint((games - drawn) * luck).astype(np.int64)
    lost = games - drawn - won
    rows = pl.DataFrame(
        {"games": games, "won": won, "lost": lost, "against": np.rint(3 * lost + rng.normal(0, 5, 3_000))}
    )
    model = _fitted(Training(rows))
    made = model.sample(Surroundings(3_000), np.random.default_rng(0))
    assert made.columns == rows.columns
    off = made["games"] - made["won"] - made["lost"]
    assert abs(float((off == 0).mean()) - float((drawn == 0).mean())) < 0.03  # type: ignore[arg-type]
    assert float(off.is_between(0, 3).mean()) > 0.98  # type: ignore[arg-type]
    # What hangs on it is drawn knowing it.
    assert made.select(pl.corr("lost", "against")).item() > 0.93


def test_what_hangs_on_a_computed_number_is_drawn_knowing_it() -> None:
    rng = np.random.default_rng(0)
    price, quantity = rng.integers(100, 5_000, 4_000) / 100, rng.integers(1, 12, 4_000)
    total = np.round(price * quantity, 2)
    rows = pl.DataFrame({"price": price, "quantity": quantity, "total": total, "is_free": total > 120.0})
    made = _fitted(Training(rows)).sample(Surroundings(4_000), np.random.default_rng(0))
    assert (made["total"] == (made["price"] * made["quantity"]).round(2)).all()
    assert float(((made["total"] > 120.0) == made["is_free"]).mean()) > 0.93  # type: ignore[arg-type]


def test_factors_of_what_others_give_come_out() -> None:
    rng = np.random.default_rng(0)
    price, seats = rng.choice([29, 99, 499], 3_000), rng.integers(1, 200, 3_000)
    off = np.where(rng.random(3_000) < 0.2, 0.9, 1.0)
    rows = pl.DataFrame({"price": price, "seats": seats, "monthly": np.round(price * seats * off, 2)})
    made = _fitted(Training(rows)).sample(Surroundings(3_000), np.random.default_rng(0))
    ratio = (made["monthly"] / (made["price"] * made["seats"])).round(6)
    shares = dict(ratio.value_counts(normalize=True).iter_rows())
    assert abs(shares[0.9] - float((off == 0.9).mean())) < 0.03
    assert shares[0.9] + shares[1.0] > 0.98


def test_the_half_of_an_odd_number_is_a_half() -> None:
    rng = np.random.default_rng(0)
    total = rng.integers(100, 900, 3_000)
    rows = pl.DataFrame({"total": total, "paid": np.where(rng.random(3_000) < 0.2, total // 2, total)})
    mostly = Residuals.find(rows, min_group=10, among=["paid"]).mostly[0]
    assert set(mostly.encode(rows)) == {0.5, 1.0}


def test_what_others_are_computed_from_is_not_told_by_them() -> None:
    # Within an hour, clock times differ by the minutes between them: delays are what others give in most rows.
    rng = np.random.default_rng(0)
    hour, minute = rng.integers(0, 24, 4_000), rng.integers(0, 12, 4_000) * 5
    delay = np.rint(rng.gamma(1.5, 6.0, 4_000)).astype(np.int64) - 6
    total = (hour * 60 + minute + delay) % 1_440
    diverted = rng.random(4_000) < 0.03
    rows = pl.DataFrame(
        {
            "planned": hour * 100 + minute,
            "delay": pl.Series(delay).set(pl.Series(diverted), None),
            "actual": total // 60 * 100 + total % 60,
        }
    )
    model = _fitted(Training(rows))
    assert [formula.column for formula in model.formulas] == ["actual"]
    made = model.sample(Surroundings(4_000), np.random.default_rng(0)).drop_nulls("delay")
    expected = (made["planned"] // 100 * 60 + made["planned"] % 100 + made["delay"]) % 1_440
    assert made["actual"].equals((expected // 60 * 100 + expected % 60).alias("actual"))
    assert abs(float(made["delay"].mean()) - float(np.mean(delay))) < 1  # type: ignore[arg-type]
    assert 0.7 < float(made["delay"].std()) / float(np.std(delay)) < 1.3  # type: ignore[arg-type]
