"""The parts of privacy: copies, distances, matches with the source, entities, bounds."""

import json

import numpy as np
import polars as pl
import pytest

from benchmarks.memory_rows import MemoryRows
from synth_assets.catalog.model import Check, ForeignKey
from synth_assets.plan.resolved import DecidedBy, Mode, PathDecision, Role, TableDecision, Treatment
from synth_assets.statistics.bounds import auc_with_error, wilson
from synth_assets.statistics.distances import closer_share, membership_attack, row_matrix
from synth_assets.statistics.encoding import Scale, Side
from synth_assets.validate.entities import Entities
from synth_assets.validate.privacy import name_parts, scanned, table_checks
from synth_assets.validate.source_values import match_combinations, match_values
from synth_assets.validate.subject import Subject
from tests.validate.samples import (
    CUSTOMERS,
    ORDERS_KEY,
    PLAN,
    decide,
    honest,
    make_shop,
    source_rows,
)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def vectors(rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((rows, 4)).astype(np.float32)


def test_honest_rows_are_as_near_to_training_as_to_held_out_rows() -> None:
    entities = np.arange(1800), np.arange(200)
    alarms = 0
    for seed in range(20):
        training, held_out, synthetic = (vectors(n, 10 * seed + i) for i, n in enumerate((1800, 200, 2000)))
        found = closer_share(training, held_out, synthetic, entities=entities, rng=rng())
        assert found is not None
        alarms += found.lower > 0.55
    assert alarms <= 1


def test_copied_rows_are_nearer_to_training() -> None:
    training, held_out = vectors(1800, 0), vectors(200, 1)
    entities = np.arange(1800), np.arange(200)
    found = closer_share(training, held_out, training + np.float32(1e-4), entities=entities, rng=rng())
    assert found is not None
    assert found.lower > 0.9
    attack = membership_attack(training, held_out, training + np.float32(1e-4), entities=entities, rng=rng())
    assert attack.auc.lower > 0.95
    assert attack.true_positives.lower > 0.5


def test_rows_that_come_in_clusters_raise_no_false_alarm() -> None:
    """Entities of 50 alike rows each: held-out rows are far from everything, and that is nobody's fault."""
    alarms = 0
    for seed in range(10):
        draw = np.random.default_rng(seed)
        centres = draw.random((3, 60, 4))

        def rows(kind: int, count: int, draw: np.random.Generator = draw, centres: np.ndarray = centres) -> np.ndarray:
            places = np.repeat(centres[kind][:count], 50, axis=0)
            return (places + 0.02 * draw.normal(size=places.shape)).astype(np.float32)

        training, held_out, synthetic = rows(0, 60), rows(1, 12), rows(2, 60)
        entities = np.repeat(np.arange(60), 50), np.repeat(np.arange(12), 50)
        share = closer_share(training, held_out, synthetic, entities=entities, rng=draw)
        attack = membership_attack(training, held_out, synthetic, entities=entities, rng=draw)
        assert share is not None
        alarms += (share.lower > 0.55) + (attack.auc.lower > 0.55)
    assert alarms <= 2


def test_vectors_treat_unseen_values_of_either_side_alike() -> None:
    """Ranks among the training rows would put held-out and synthetic values on the same places between them."""
    draw = np.random.default_rng(0)
    sides = [Side((np.round(draw.normal(size=n), 4),), n) for n in (2000, 2000, 2000)]
    training, held_out, synthetic = row_matrix((Scale.NUMBER,), sides[0], sides)
    entities = np.arange(2000), np.arange(2000)
    attack = membership_attack(training, held_out, synthetic, entities=entities, rng=draw)
    assert attack.auc.value == pytest.approx(0.5, abs=0.05)


def test_source_values_are_found_whatever_the_other_rows() -> None:
    source = pl.Series([f"{i:08d}-abcdefgh" for i in range(1000)])
    made = pl.Series([f"{i:08d}-qrstuvwx" for i in range(1000)])
    assert match_values(source, made, min_group=10, rng=rng()).telling == 0
    leaked = pl.concat([made, source[:1]])
    matches = match_values(source, leaked, min_group=10, rng=rng())
    assert matches.telling == 1 > matches.allowed


def test_short_codes_and_what_many_rows_share_tell_nothing() -> None:
    codes = match_values(pl.Series(["A1", "B2", "C3"]), pl.Series(["A1", "B2"]), min_group=10, rng=rng())
    assert (codes.telling, codes.coincidental) == (0, 2)
    common = pl.Series(["a sentence that everyone has"] * 10)
    assert match_values(common, common, min_group=10, rng=rng()).telling == 0


def names(rows: int, seed: int) -> pl.DataFrame:
    """Names drawn from common first and last names, as people's and as fakes are."""
    draw = np.random.default_rng(seed)
    first, last = ([f"{kind}name{i}" for i in range(60)] for kind in ("first", "last"))
    return pl.DataFrame({"first": draw.choice(first, rows), "last": draw.choice(last, rows)})


def test_names_that_meet_by_chance_pass_and_leaked_ones_do_not() -> None:
    source, made = names(300, 1), names(300, 2)
    by_chance = match_combinations(source, made, min_group=10, rng=rng())
    assert 0 < by_chance.telling <= by_chance.allowed
    leaked = match_combinations(source, pl.concat([made[:200], source[:100]]), min_group=10, rng=rng())
    assert leaked.telling > leaked.allowed
    whole = [frame.select(pl.concat_str("first", "last", separator=" ")).to_series() for frame in (source, made)]
    matches = match_values(*whole, min_group=10, rng=rng())
    assert matches.telling <= matches.allowed


def people(**changes: object) -> Subject:
    decisions = (
        decide("id", Role.KEY),
        decide("email", Role.VALUE, Treatment.FAKE, kind="email"),
        decide("region", Role.VALUE, Treatment.FAKE, kind="first_name"),
        decide("age", Role.TEXT),
        decide("income"),
        decide("spent"),
    )
    rows = MemoryRows(make_shop(100, 0, mail="m")["customers"])
    facts: dict[str, object] = {
        "table": CUSTOMERS,
        "decision": TableDecision(name="customers", mode=Mode.SYNTHETIC, columns=decisions),
        "synthetic": rows,
        "source": rows,
        "profile": None,
        "min_group": 10,
    }
    return Subject(**(facts | changes))  # type: ignore[arg-type]


def test_what_is_scanned() -> None:
    assert [d.name for d in scanned(people())] == ["email"]  # first names are shared, ages and keys are numbers
    assert name_parts(people()) == ("region",)
    reference = people().decision.model_copy(update={"mode": Mode.REFERENCE})
    assert scanned(people(decision=reference)) == []
    partial = people().decision.model_copy(update={"mode": Mode.PARTIAL})
    assert [d.name for d in scanned(people(decision=partial))] == ["email"]


def test_a_rare_category_that_comes_out_fails() -> None:
    source, synthetic = source_rows(), honest()
    rare = source["customers"].frame.with_columns(
        region=pl.when(pl.int_range(pl.len()) < 9).then(pl.lit("island")).otherwise("region")
    )
    leaked = synthetic["customers"].frame.with_columns(
        region=pl.when(pl.int_range(pl.len()) < 1).then(pl.lit("island")).otherwise("region")
    )
    snapshot = source | {"customers": MemoryRows(rare, source["customers"].mask)}

    def rare_values(frame: pl.DataFrame) -> bool:
        subject = Subject(CUSTOMERS, PLAN.table("customers"), MemoryRows(frame), snapshot["customers"], None, 10)
        checks = table_checks(subject, gate=PLAN.gate.privacy, hold_out=0.1, entities=Entities(snapshot, {}), seed=0)
        return next(c.passed for c in checks if c.name == "privacy_rare_values")

    assert not rare_values(leaked)
    assert rare_values(synthetic["customers"].frame)


def test_labels_of_the_schema_may_stand_in_where_none_of_a_column_may_come_out() -> None:
    source = pl.DataFrame({"region": ["north"] * 9 + ["south"] * 9})
    learned = TableDecision(name="customers", mode=Mode.SYNTHETIC, columns=(decide("region"),))

    def passed(*checks: Check, frame: pl.DataFrame = source) -> bool:
        table = CUSTOMERS.model_copy(update={"checks": checks})
        rows = MemoryRows(frame)
        subject = people(table=table, decision=learned, synthetic=MemoryRows(source), source=rows)
        found = table_checks(subject, gate=PLAN.gate.privacy, hold_out=0.1, entities=Entities({}, {}), seed=0)
        return next(check.passed for check in found if check.name == "privacy_rare_values")

    public = Check(expression="region IN ('north', 'south')")
    assert passed(public)
    assert not passed()
    # Where labels may come out, those that few rows share are not needed.
    assert not passed(public, frame=pl.concat([source, source[:1]]))


def test_the_rows_of_the_highest_and_lowest_numbers_that_come_out_fail() -> None:
    source, synthetic = source_rows()["customers"], honest()["customers"]
    few = source.frame.sort("income")
    leaked = pl.concat([synthetic.frame, few.head(9), few.tail(9)])

    def rare_copies(frame: pl.DataFrame) -> bool:
        subject = Subject(CUSTOMERS, PLAN.table("customers"), MemoryRows(frame), source, None, 10)
        entities = Entities({"customers": source}, {})
        checks = table_checks(subject, gate=PLAN.gate.privacy, hold_out=0.1, entities=entities, seed=0)
        return next(c.passed for c in checks if c.name == "privacy_rare_copies")

    assert not rare_copies(leaked)
    assert rare_copies(synthetic.frame)


def test_values_that_are_invented_in_documents_must_not_be_those_of_the_source() -> None:
    paths = tuple(
        PathDecision(path=path, treatment=Treatment.FAKE, options={"kind": kind}, decided_by=DecidedBy.PLAN, reason="t")
        for path, kind in (("$.owner.mail", "email"), ("$.friends[*].mail", "email"), ("$.first", "first_name"))
    )
    email = decide("email", Role.TEXT).model_copy(update={"paths": paths})

    def documents(whose: str, leaked: int = 0) -> MemoryRows:
        texts = [
            json.dumps(
                {
                    "first": "Ann",
                    "owner": {"mail": f"{whose}.owner.{row:05}@mail.test"},
                    "friends": [{"mail": f"{'real' if row < leaked else whose}.friend.{row:05}@mail.test"}],
                }
            )
            for row in range(100)
        ]
        return MemoryRows(make_shop(100, 0, mail="m")["customers"].with_columns(email=pl.Series(texts)))

    def found(synthetic: MemoryRows) -> dict[str, bool]:
        decision = TableDecision(name="customers", mode=Mode.SYNTHETIC, columns=(email,))
        subject = people(decision=decision, source=documents("real"), synthetic=synthetic)
        checks = table_checks(subject, gate=PLAN.gate.privacy, hold_out=0.1, entities=Entities({}, {}), seed=0)
        return {c.name: c.passed for c in checks if "_path_" in c.name}

    owner, friends = (f"privacy_source_values_email_path_{path}" for path in ("owner_mail", "friends_mail"))
    assert found(documents("made")) == {owner: True, friends: True}
    assert found(documents("made", leaked=20)) == {owner: True, friends: False}


def test_rows_hang_on_their_entity() -> None:
    source = source_rows(rows=300)
    lines = source["orders"].frame.select(pl.col("id").alias("order_id"), line=pl.lit(1))
    held = source["orders"].mask
    lines_key = ForeignKey(columns=("order_id",), parent="orders", parent_columns=("id",))
    snapshot = source | {"lines": MemoryRows(lines, held)}
    entities = Entities(snapshot, {"orders": ORDERS_KEY, "lines": lines_key})
    assert entities.root("lines") == "customers"
    owners = source["orders"].read(columns=["customer_id"], part="held_out")["customer_id"].to_numpy()
    found = entities.held_out("lines")
    assert len(found) == len(owners)
    assert len(set(zip(found.tolist(), owners.tolist(), strict=True))) == len(set(owners.tolist()))
    assert Entities({"customers": source["customers"]}, {}).root("customers") == "customers"
    small = {"customers": MemoryRows(source["customers"].frame[:100])}
    assert Entities(small, {}).root("customers") is None


def test_the_error_of_an_area_grows_with_clusters() -> None:
    draw = np.random.default_rng(0)
    one_a_row = np.arange(1000)
    scores = draw.normal(size=1000), draw.normal(size=1000)
    area, error = auc_with_error(*scores, (one_a_row, one_a_row))
    assert area == pytest.approx(0.5, abs=3 * error)
    assert error == pytest.approx(0.0129, abs=0.001)  # sqrt(1/12 * 2/1000)
    alike = tuple(np.repeat(s[:50], 20) for s in scores)
    clusters = np.repeat(np.arange(50), 20)
    assert auc_with_error(alike[0], alike[1], (clusters, clusters))[1] > 3 * error


def test_bounds_of_shares() -> None:
    assert wilson(0, 0, z=2.0) == (0.0, 1.0)
    low, high = wilson(50, 100, z=1.96)
    assert (round(low, 3), round(high, 3)) == (0.404, 0.596)
