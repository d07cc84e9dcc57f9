"""The fidelity checks of tables and keys: shape, trend, two-sample test, cardinality, pairs across keys."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import polars as pl

from synth_assets.catalog.model import ForeignKey
from synth_assets.plan.limits import figure_text, limit_text
from synth_assets.plan.resolved import TWO_SAMPLE, FidelityGate, Mode
from synth_assets.statistics.encoding import Array, Coding, Side, encode
from synth_assets.statistics.noise import mean_of, sampling_noise
from synth_assets.statistics.shape import column_similarities, number_similarity
from synth_assets.statistics.trend import pair_similarities
from synth_assets.statistics.two_sample import two_sample_auc
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate.entities import Entities
from synth_assets.validate.relations import (
    PairCodes,
    child_counts,
    chosen_pairs,
    joined,
    pair_codes,
    pairs_similarity,
)
from synth_assets.validate.results import figure, guarded, key_name, not_applicable
from synth_assets.validate.reweighted import NOTE as REWEIGHTED_NOTE
from synth_assets.validate.rows import draw
from synth_assets.validate.subject import NOT_LOOKED_AT, ROWS_FOR_A_FIGURE, Subject

FAMILY = "fidelity"
FAMILY_COLUMN = "\0family"
ROWS_COMPARED = 50_000
# 40 columns make 780 pairs; a wider table has a seeded choice of 40 columns compared pair by pair.
MOST_COLUMNS_IN_PAIRS = 40
HELD_OUT_ROWS_FOR_A_CLASSIFIER = 1_000
# Fewer entities than this differ from each other enough for a classifier to tell them apart whoever made the rest.
HELD_OUT_ENTITIES_FOR_A_CLASSIFIER = 200
RARE_NOTE = "Categories of fewer than the plan's min_group source rows are left out: they must not come out."


def table_checks(subject: Subject, *, gate: FidelityGate, entities: Entities, seed: int) -> Iterator[CheckResult]:
    """Shape, trend and two-sample test of one table."""
    why = _why_not(subject)
    if why:
        for name in ("fidelity_shape", "fidelity_trend", "fidelity_two_sample"):
            yield not_applicable(name=name, table=subject.name, family=FAMILY, why=why)
        return
    checks: tuple[tuple[str, Callable[[], CheckResult]], ...] = (
        ("fidelity_shape", lambda: _shape(subject, gate.shape, entities, np.random.default_rng([seed, 1]))),
        ("fidelity_trend", lambda: _trend(subject, gate.trend, entities, np.random.default_rng([seed, 2]))),
        (
            "fidelity_two_sample",
            lambda: _two_sample(subject, gate.two_sample, entities, np.random.default_rng([seed, 3])),
        ),
    )
    for name, check in checks:
        yield from guarded(lambda check=check: [check()], name=name, table=subject.name, family=FAMILY)  # type: ignore[misc]


def key_checks(
    key: ForeignKey, child: Subject, parents: Mapping[str, Subject], *, gate: FidelityGate, seed: int
) -> Iterator[CheckResult]:
    """Cardinality and pairs across one key of a table."""
    suffix = key_name(key)
    parent = parents[key.parent]
    cardinality, pairs = f"fidelity_cardinality_{suffix}", f"fidelity_pairs_{suffix}"
    why = why_no_key(child, parent)
    if why:
        for name in (cardinality, pairs):
            yield not_applicable(name=name, table=child.name, family=FAMILY, why=why)
        return
    yield from guarded(
        lambda: [_cardinality(cardinality, key, child, parent, gate.cardinality, np.random.default_rng([seed, 4]))],
        name=cardinality,
        table=child.name,
        family=FAMILY,
    )
    yield from guarded(
        lambda: [_pairs(pairs, key, child, parent, gate.pairs_across_keys, np.random.default_rng([seed, 5]))],
        name=pairs,
        table=child.name,
        family=FAMILY,
    )


def _why_not(subject: Subject) -> str | None:
    if subject.decision.mode in (Mode.REFERENCE, Mode.EMPTY):
        return f"the plan makes this table {subject.decision.mode.value}"
    if subject.decision.private:
        return NOT_LOOKED_AT
    if not subject.learned:
        return "no column of this table is learned as a distribution"
    if subject.source_rows == 0:
        return "the source table is empty"
    return None


def why_no_key(child: Subject, parent: Subject) -> str | None:
    for subject in (child, parent):
        if subject.decision.mode is Mode.EMPTY:
            return f"the plan leaves {subject.name} empty"
    if child.decision.private or parent.decision.private:
        return NOT_LOOKED_AT
    if child.decision.mode is Mode.REFERENCE:
        return "the plan copies the referring table as it is"
    if not child.source_rows or not parent.source_rows:
        return "one of the two source tables is empty"
    return None


def _severity(source_rows: int) -> Severity:
    return Severity.ERROR if source_rows >= ROWS_FOR_A_FIGURE else Severity.WARN


def _small_note(source_rows: int) -> str:
    if source_rows >= ROWS_FOR_A_FIGURE:
        return ""
    return f" With fewer than {ROWS_FOR_A_FIGURE} source rows this is reported and does not block publishing."


def _note(*subjects: Subject) -> str:
    """What is to be said of the source rows: that there are few, or that they have wished shares."""
    reweighted = any(subject.reweighted is not None for subject in subjects)
    return (REWEIGHTED_NOTE if reweighted else "") + _small_note(min(s.comparable.rows for s in subjects))


def _coding(
    subject: Subject, rng: np.random.Generator, entities: Entities, *, most_columns: int | None = None
) -> tuple[Coding, Array | None]:
    """The two sides, and the family of each source row; None for a table without a parent."""
    columns = subject.learned
    if most_columns is not None and len(columns) > most_columns:
        columns = tuple(columns[i] for i in sorted(rng.choice(len(columns), most_columns, replace=False)))
    source = subject.comparable.read(columns=columns)
    families = entities.families(subject.name)
    if families is not None and subject.reweighted is not None:
        families = families[subject.reweighted.chosen("all")]
    numbers = pl.Series(FAMILY_COLUMN, np.arange(source.height) if families is None else families)
    drawn = draw(source.with_columns(numbers), ROWS_COMPARED, rng)
    coding = encode(
        drawn.drop(FAMILY_COLUMN),
        draw(subject.drawn.read(columns=columns), ROWS_COMPARED, rng),
        columns=columns,
        kept=subject.kept,
        min_group=subject.min_group,
        everything=subject.extracted.read(columns=columns),
    )
    return coding, None if families is None else drawn[FAMILY_COLUMN].to_numpy()


def _shape(subject: Subject, threshold: float, entities: Entities, rng: np.random.Generator) -> CheckResult:
    coding, families = _coding(subject, rng, entities)

    def measure(source: Side, synthetic: Side) -> float | None:
        return mean_of(column_similarities(coding.scales, source, synthetic))

    similarities = column_similarities(coding.scales, coding.source, coding.synthetic)
    value = mean_of(similarities)
    if value is None and subject.drawn.rows:
        return not_applicable(
            name="fidelity_shape", table=subject.name, family=FAMILY, why="every value of its learned columns is rare"
        )
    noise = sampling_noise(measure, coding.source, coding.synthetic.rows, rng=rng, families=families)
    by_column = {n: round(s, 4) for n, s in zip(coding.names, similarities, strict=True) if s is not None}
    least = min(by_column, key=by_column.__getitem__, default="")
    return figure(
        name="fidelity_shape",
        table=subject.name,
        family=FAMILY,
        value=value,
        threshold=threshold,
        passed=value is not None and value + noise >= threshold,
        severity=_severity(subject.comparable.rows),
        description=(
            f"Mean similarity of the {len(by_column)} learned columns' distributions: {_show(value, threshold)}, "
            f"wanted at least {limit_text(threshold)}; sampling alone takes {noise:.3f}, which is allowed for. "
            f"Least similar: {least}. "
            f"{RARE_NOTE}{_note(subject)}"
        ),
        remedy=(
            f"Look at the columns named in the facts, first {least}: give the table another synthesizer, or the column "
            "another treatment, or lower gate.fidelity.shape in the plan if the difference is meant."
        ),
        facts={"columns": dict(by_column), "sampling_noise": noise, "source_rows": subject.comparable.rows},
    )


def _trend(subject: Subject, threshold: float, entities: Entities, rng: np.random.Generator) -> CheckResult:
    if len(subject.learned) < 2:
        return not_applicable(
            name="fidelity_trend", table=subject.name, family=FAMILY, why="fewer than two columns are learned"
        )
    coding, families = _coding(subject, rng, entities, most_columns=MOST_COLUMNS_IN_PAIRS)

    def measure(source: Side, synthetic: Side) -> float | None:
        return mean_of(pair_similarities(coding.scales, source, synthetic))

    similarities = pair_similarities(coding.scales, coding.source, coding.synthetic)
    value = mean_of(similarities)
    if value is None and subject.drawn.rows:
        return not_applicable(
            name="fidelity_trend", table=subject.name, family=FAMILY, why="no two columns vary in the source"
        )
    noise = sampling_noise(measure, coding.source, coding.synthetic.rows, rng=rng, repeats=2, families=families)
    names = coding.names
    pairs = [f"{names[i]} x {names[j]}" for i in range(len(names)) for j in range(i + 1, len(names))]
    ranked = sorted((s, p) for s, p in zip(similarities, pairs, strict=True) if s is not None)
    chosen = "" if len(names) == len(subject.learned) else f" (a seeded choice of {len(names)} columns)"
    return figure(
        name="fidelity_trend",
        table=subject.name,
        family=FAMILY,
        value=value,
        threshold=threshold,
        passed=value is not None and value + noise >= threshold,
        severity=_severity(subject.comparable.rows),
        description=(
            f"Mean similarity of {len(ranked)} pairs of learned columns{chosen}: {_show(value, threshold)}, "
            f"wanted at least {limit_text(threshold)}; sampling alone takes {noise:.3f}, which is allowed for. "
            f"{RARE_NOTE}{_note(subject)}"
        ),
        remedy=(
            "Columns that belong together came out unrelated, first those named in the facts: give the table another "
            "synthesizer, or lower gate.fidelity.trend in the plan if the difference is meant."
        ),
        facts={
            "least_similar_pairs": {pair: round(s, 4) for s, pair in ranked[:5]},
            "sampling_noise": noise,
            "source_rows": subject.comparable.rows,
        },
    )


def _two_sample(subject: Subject, threshold: float, entities: Entities, rng: np.random.Generator) -> CheckResult:
    held_out = entities.held_out(subject.name)
    if subject.reweighted is not None:
        held_out = held_out[subject.reweighted.chosen("held_out")]
    enough = (
        len(held_out) >= HELD_OUT_ROWS_FOR_A_CLASSIFIER
        and len(np.unique(held_out)) >= HELD_OUT_ENTITIES_FOR_A_CLASSIFIER
    )
    everything = subject.extracted.read(columns=subject.learned)
    source = subject.comparable.read(columns=subject.learned, part="held_out" if enough else "all")
    coding = encode(
        draw(source, ROWS_COMPARED, rng),
        draw(subject.drawn.read(columns=subject.learned), ROWS_COMPARED, rng),
        columns=subject.learned,
        kept=subject.kept,
        min_group=subject.min_group,
        everything=everything,
    )
    value = two_sample_auc(coding.scales, coding.source, coding.synthetic, rng=rng)
    small = subject.comparable.rows < ROWS_FOR_A_FIGURE
    if value is None and small:
        return not_applicable(
            name="fidelity_two_sample",
            table=subject.name,
            family=FAMILY,
            why="fewer than 30 comparable rows on a side, in a source table of fewer than 500 rows",
        )
    against = "rows held out of training" if enough else "source rows"
    # A classifier finds what no reader of a staging database would miss; only who asks for more is refused for it.
    tells_only = value is not None and threshold == TWO_SAMPLE
    return figure(
        name="fidelity_two_sample",
        table=subject.name,
        family=FAMILY,
        value=value,
        threshold=threshold,
        passed=value is not None and value <= threshold,
        severity=Severity.WARN if tells_only else _severity(subject.comparable.rows),
        description=(
            f"A classifier told to tell synthetic rows from {against} reaches an AUC of {_show(value, threshold)} "
            f"(0.5 is best), wanted at most {limit_text(threshold)}.{_note(subject)}"
        ),
        remedy=(
            "The rows differ from the source in some way that one column or pair does not show: give the table "
            "another synthesizer, or raise gate.fidelity.two_sample in the plan if the difference is meant. At its "
            "default this figure only warns; set in the plan, it stops publishing."
        ),
        facts={"against_held_out": enough, "source_rows": subject.comparable.rows},
    )


def _cardinality(
    name: str, key: ForeignKey, child: Subject, parent: Subject, threshold: float, rng: np.random.Generator
) -> CheckResult:
    real = child_counts(key, child.extracted, parent.comparable)
    synthetic = child_counts(key, child.synthetic, parent.drawn)
    value = number_similarity(real, synthetic)
    noise = sampling_noise(
        lambda a, b: number_similarity(a.values[0], b.values[0]),
        Side((real,), len(real)),
        len(synthetic),
        rng=rng,
        repeats=5,
    )
    rescaled = abs(child.decision.scale / parent.decision.scale - 1.0) > 1e-9 or parent.reweighted is not None
    note = " The plan scales the two tables differently, or wishes for shares: it does not block." if rescaled else ""
    columns = ", ".join(key.columns)
    return figure(
        name=name,
        table=child.name,
        family=FAMILY,
        value=value,
        threshold=threshold,
        passed=value is not None and value + noise >= threshold,
        severity=Severity.WARN if rescaled else _severity(parent.source_rows),
        description=(
            f"Similarity of the numbers of {child.name} rows per {key.parent} row (by {columns}): "
            f"{_show(value, threshold)}, wanted at least {limit_text(threshold)}; sampling alone takes {noise:.3f}, "
            "which is allowed for."
            f"{note}{_small_note(parent.source_rows)}"
        ),
        remedy=(
            f"Rows of {child.name} are spread over {key.parent} otherwise than in the source: raise the number of rows "
            f"that the model sees, or lower gate.fidelity.cardinality in the plan if the difference is meant."
        ),
        facts={
            "mean_children_source": float(real.mean()) if len(real) else 0.0,
            "mean_children_synthetic": float(synthetic.mean()) if len(synthetic) else 0.0,
            "sampling_noise": noise,
        },
    )


def _pairs(
    name: str, key: ForeignKey, child: Subject, parent: Subject, threshold: float, rng: np.random.Generator
) -> CheckResult:
    child_columns = tuple(c for c in child.learned if c not in key.columns_read)
    parent_columns = tuple(c for c in parent.learned if c not in key.parent_columns)
    if not child_columns or not parent_columns:
        return not_applicable(name=name, table=child.name, family=FAMILY, why="one of the two tables learns no column")
    sides = [
        joined(key, c, p, child_columns=child_columns, parent_columns=parent_columns, rng=rng)
        for c, p in ((child.comparable, parent.comparable), (child.drawn, parent.synthetic))
    ]
    if sides[0].child.height == 0:
        return not_applicable(name=name, table=child.name, family=FAMILY, why="no source row refers by this key")
    source, synthetic = pair_codes(*sides, min_group=child.min_group, kept=child.kept, kept_in_parent=parent.kept)
    pairs = chosen_pairs(len(child_columns), len(parent_columns), rng=rng)
    value = pairs_similarity(source, synthetic, pairs)
    if value is None and synthetic.rows:
        return not_applicable(name=name, table=child.name, family=FAMILY, why="every value to compare is rare")
    noise = _pairs_noise(source, synthetic.rows, pairs, rng, parents=(sides[0].parent_rows, sides[1].parent_rows))
    fewest = min(child.comparable.rows, parent.comparable.rows)
    return figure(
        name=name,
        table=child.name,
        family=FAMILY,
        value=value,
        threshold=threshold,
        passed=value is not None and value + noise >= threshold,
        severity=_severity(fewest),
        description=(
            f"Mean similarity of {len(pairs)} pairs of a {child.name} column and a {key.parent} column across "
            f"{', '.join(key.columns)}: {_show(value, threshold)}, wanted at least {limit_text(threshold)}; sampling "
            f"alone takes {noise:.3f}, which is allowed for. {RARE_NOTE}{_note(child, parent)}"
        ),
        remedy=(
            f"Rows of {child.name} do not go with their {key.parent} rows as in the source: give {child.name} a "
            "synthesizer that uses context (trees), or lower gate.fidelity.pairs_across_keys if that is meant."
        ),
        facts={"pairs": len(pairs), "sampling_noise": noise},
    )


def _pairs_noise(
    source: PairCodes,
    synthetic_rows: int,
    pairs: list[tuple[int, int]],
    rng: np.random.Generator,
    *,
    parents: tuple[Array, Array],
) -> float:
    """What sampling alone takes; where there are far fewer parents than in the source, sampling of these."""
    child = len(source.child)
    here, there = (len(np.unique(rows)) for rows in parents)
    fewer = there < here / 2

    def measure(left: Side, right: Side) -> float | None:
        split = [PairCodes(s.values[:child], s.values[child:], s.rows) for s in (left, right)]
        return pairs_similarity(split[0], split[1], pairs)

    return sampling_noise(
        measure,
        Side((*source.child, *source.parent), source.rows),
        synthetic_rows,
        rng=rng,
        repeats=1,
        families=parents[0] if fewer else None,
        synthetic_families=there if fewer else None,
    )


def _show(value: float | None, threshold: float) -> str:
    return "not computed" if value is None else figure_text(value, threshold, decimals=4)
