"""The privacy checks of a table: copies, nearness, membership, rare values, values of the source."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import polars as pl
from pydantic import JsonValue

from synth_assets.plan.personal_content.documents import values_at
from synth_assets.plan.public_domain import declared_labels
from synth_assets.plan.resolved import ColumnDecision, Mode, PrivacyGate, Role, Treatment
from synth_assets.statistics.distances import Bounded, measure_distances
from synth_assets.statistics.encoding import Scale, as_text, scale_of
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate import disclosure
from synth_assets.validate.bounded import (
    HELD_OUT_ROWS_FOR_FALSE_POSITIVES,
    bounded_figure,
    too_few_for_false_positives,
)
from synth_assets.validate.compared import FAMILY, compared, why_no_rows
from synth_assets.validate.copy_checks import families_check, rare_rows_check, rows_check
from synth_assets.validate.entities import ROWS_OF_AN_ENTITY_ROOT, Entities
from synth_assets.validate.results import figure, guarded, name_part, not_applicable
from synth_assets.validate.source_values import Matches, match_combinations, match_values
from synth_assets.validate.subject import Subject

# Fewer held-out rows or entities bound nothing: the figure would pass whatever the engine did.
HELD_OUT_ROWS = 20
HELD_OUT_ENTITIES = 10
# Names are drawn from lists that real people share: what tells of a person is the combination.
NAME_PARTS = ("first_name", "middle_name", "last_name")
# Kinds whose values everybody shares: the same city or day in the source tells nothing.
SHARED_KINDS = frozenset(
    {
        *NAME_PARTS,
        *("city", "postcode", "state", "state_code", "country", "country_code", "company", "building_number"),
        *("secondary_address", "street_name", "name_prefix", "gender", "birth_date", "age", "job", "job_title"),
        *("bic", "credit_card_expiry", "credit_card_security_code", "security_code", "phone_extension"),
        *("currency_code", "user_agent", "mime_type", "latitude", "longitude", "timezone", "language_code", "locale"),
        *("color", "hex_color", "word", "title", "domain", "integer", "decimal", "boolean", "date", "datetime", "time"),
    }
)
_CLOSER = "of the synthetic rows are nearer to a training row than to a held-out row (0.5 is best)"
_ATTACK = "is the AUC of a membership attack by distance, training against held-out rows (0.5 is best)"
_FOUND = "of the training rows are found by that attack at 1 % false positives (0.01 is best)"


def table_checks(
    subject: Subject, *, gate: PrivacyGate, hold_out: float, entities: Entities, seed: int
) -> Iterator[CheckResult]:
    """Every privacy check of one table."""
    for_rows, for_families = np.random.default_rng([seed, 5]), np.random.default_rng([seed, 9])
    yield from _guarded("privacy_copies", subject, lambda: [rows_check(subject, gate.copies, entities, for_rows)])
    yield from _guarded(
        "privacy_copied_families", subject, lambda: [families_check(subject, gate.copies, entities, for_families)]
    )
    yield from _guarded("privacy_rare_values", subject, lambda: [_rare_values(subject)])
    yield from _guarded("privacy_rare_copies", subject, lambda: [rare_rows_check(subject)])
    why = _why_no_distances(subject, entities, hold_out)
    names = ("privacy_closer_share", "privacy_membership_auc", "privacy_membership_true_positives")
    if why:
        for name in names:
            yield not_applicable(name=name, table=subject.name, family=FAMILY, why=why)
    else:
        rng = np.random.default_rng([seed, 6])
        yield from _guarded("privacy_distances", subject, lambda: _distances(subject, gate, entities, rng))
    of_disclosure = np.random.default_rng([seed, 10])
    yield from _guarded(
        "privacy_disclosure",
        subject,
        lambda: disclosure.table_checks(subject, gate=gate, entities=entities, why_not=why, rng=of_disclosure),
    )
    for decision in scanned(subject):
        rng = np.random.default_rng([seed, 7])
        name = f"privacy_source_values_{name_part(decision.name)}"
        yield from _guarded(name, subject, partial(_source_values, name, subject, decision, rng))
    for decision in subject.decision.columns:
        paths = invented_paths(decision) if subject.source is not None else []
        if paths:
            rng = np.random.default_rng([seed, 10])
            name = f"privacy_source_values_{name_part(decision.name)}_paths"
            yield from _guarded(name, subject, partial(_values_at_paths, subject, decision, paths, rng))
    parts = name_parts(subject)
    if len(parts) > 1:
        rng = np.random.default_rng([seed, 8])
        yield from _guarded("privacy_source_names", subject, lambda: [_source_names(subject, parts, rng)])


def scanned(subject: Subject) -> list[ColumnDecision]:
    """The columns whose synthetic values must not occur in the source column."""
    made_anew = {Treatment.FAKE, Treatment.PSEUDONYMIZE, Treatment.MASK}
    if subject.source is None or subject.decision.mode in (Mode.REFERENCE, Mode.EMPTY):
        return []
    chosen = []
    for column in subject.columns:
        decision = subject.column_decision(column.name)
        if decision is None or column.name not in subject.source.schema:
            continue
        shared = decision.treatment is Treatment.FAKE and decision.options.get("kind") in SHARED_KINDS
        written = (
            decision.role in (Role.TEXT, Role.KEY)
            and decision.treatment is Treatment.LEARN
            and subject.decision.mode is not Mode.PARTIAL
            and subject.source.schema[column.name] == pl.String
        )
        if (decision.treatment in made_anew and not shared) or written:
            chosen.append(decision)
    return chosen


def invented_paths(decision: ColumnDecision) -> list[str]:
    """The paths of a column's JSON documents whose synthetic values must not occur there in the source."""
    return [
        one.path
        for one in decision.paths
        if one.treatment is Treatment.FAKE and one.options.get("kind") not in SHARED_KINDS
    ]


def name_parts(subject: Subject) -> tuple[str, ...]:
    """The faked columns that make up a person's name."""
    if subject.source is None or subject.decision.mode in (Mode.REFERENCE, Mode.EMPTY):
        return ()
    return tuple(
        d.name
        for d in subject.decision.columns
        if d.treatment is Treatment.FAKE and d.options.get("kind") in NAME_PARTS and d.name in subject.source.schema
    )


def _guarded(name: str, subject: Subject, run: Callable[[], list[CheckResult]]) -> list[CheckResult]:
    return guarded(run, name=name, table=subject.name, family=FAMILY)


def _why_no_distances(subject: Subject, entities: Entities, hold_out: float) -> str | None:
    why = why_no_rows(subject)
    if why:
        return why
    if entities.root(subject.name) is None:
        return f"it hangs on no table of {ROWS_OF_AN_ENTITY_ROOT} rows, so no rows are held out"
    held_out = entities.held_out(subject.name)
    if not compared(subject):
        return "no two rows share a value of any learned column"
    missing = hold_out == 0 or (len(held_out) == 0 and hold_out * subject.source_rows >= HELD_OUT_ROWS)
    if missing:
        return None
    if len(held_out) < HELD_OUT_ROWS or len(np.unique(held_out)) < HELD_OUT_ENTITIES:
        return f"fewer than {HELD_OUT_ROWS} rows, or rows of fewer than {HELD_OUT_ENTITIES} entities, are held out"
    return None


def _rare_values(subject: Subject) -> CheckResult:
    why = why_no_rows(subject)
    if why:
        return not_applicable(name="privacy_rare_values", table=subject.name, family=FAMILY, why=why)
    came_out: dict[str, JsonValue] = {}
    looked_at = 0
    declared = declared_labels(subject.table)
    for name in subject.learned:
        if name in subject.kept or subject.extracted.schema[name] == pl.Boolean:
            continue
        if scale_of(subject.extracted.schema[name], subject.drawn.schema[name]) is Scale.NUMBER:
            continue
        looked_at += 1
        source = as_text(subject.extracted.read(columns=[name])[name]).drop_nulls().alias("value")
        counted = source.value_counts(name="rows")
        rare = counted.filter(pl.col("rows") < subject.min_group)
        if rare.height == counted.height:
            # None of its labels may come out, so that those of the schema stand in: they tell of no row.
            rare = rare.filter(~pl.col("value").is_in(declared.get(name, ())))
        made = as_text(subject.drawn.read(columns=[name])[name]).alias("value").to_frame().unique()
        found = made.join(rare, on="value", how="semi").height
        if found:
            came_out[name] = found
    return figure(
        name="privacy_rare_values",
        table=subject.name,
        family=FAMILY,
        value=float(len(came_out)),
        threshold=0.0,
        passed=not came_out,
        severity=Severity.ERROR,
        description=(
            f"{len(came_out)} of {looked_at} learned category columns hold a category that fewer than "
            f"{subject.min_group} source rows share; wanted: none."
            + (f" Columns: {', '.join(came_out)}." if came_out else "")
        ),
        remedy="Treat the columns otherwise in the plan (fake, mask), or choose a synthesizer that keeps to min_group.",
        facts={"rare_categories_by_column": came_out},
    )


def _distances(subject: Subject, gate: PrivacyGate, entities: Entities, rng: np.random.Generator) -> list[CheckResult]:
    columns = compared(subject)
    everything = subject.extracted.read(columns=columns)
    parts = entities.training(subject.name), entities.held_out(subject.name)
    if not len(parts[0]) or not len(parts[1]):
        return _bounded(subject, gate, entities, None, None, None)
    found = measure_distances(
        subject.extracted.read(columns=columns, part="training"),
        subject.extracted.read(columns=columns, part="held_out"),
        subject.drawn.read(columns=columns),
        columns=columns,
        everything=everything,
        entities=parts,
        rng=rng,
    )
    return _bounded(subject, gate, entities, found.closer, found.membership.auc, found.membership.true_positives)


def _bounded(
    subject: Subject,
    gate: PrivacyGate,
    entities: Entities,
    closer: Bounded | None,
    auc: Bounded | None,
    true_positives: Bounded | None,
) -> list[CheckResult]:
    texts = (
        ("closer_share", closer, gate.closer_share, _CLOSER),
        ("membership_auc", auc, gate.membership_auc, _ATTACK),
        ("membership_true_positives", true_positives, gate.membership_true_positives, _FOUND),
    )
    checks = [bounded_figure(subject, *of) for of in texts]
    few = len(entities.held_out(subject.name)) < HELD_OUT_ROWS_FOR_FALSE_POSITIVES
    if true_positives is not None and few:
        checks[-1] = too_few_for_false_positives(subject, "privacy_membership_true_positives")
    return checks


def _source_values(
    name: str, subject: Subject, decision: ColumnDecision, rng: np.random.Generator
) -> list[CheckResult]:
    matches = match_values(
        subject.extracted.read(columns=[decision.name])[decision.name],
        subject.synthetic.read(columns=[decision.name])[decision.name],
        min_group=subject.min_group,
        rng=rng,
    )
    return [_matched(name, subject, decision.name, f"values of {decision.name}", matches)]


def _values_at_paths(
    subject: Subject, decision: ColumnDecision, paths: list[str], rng: np.random.Generator
) -> list[CheckResult]:
    source = values_at(as_text(subject.extracted.read(columns=[decision.name])[decision.name]), paths)
    synthetic = values_at(as_text(subject.synthetic.read(columns=[decision.name])[decision.name]), paths)
    return [
        _matched(
            f"privacy_source_values_{name_part(decision.name)}_path_{name_part(path)}",
            subject,
            decision.name,
            f"values at {path} of {decision.name}",
            match_values(source[path], synthetic[path], min_group=subject.min_group, rng=rng),
        )
        for path in paths
    ]


def _source_names(subject: Subject, parts: tuple[str, ...], rng: np.random.Generator) -> CheckResult:
    matches = match_combinations(
        subject.extracted.read(columns=parts).select(parts),
        subject.synthetic.read(columns=parts).select(parts),
        min_group=subject.min_group,
        rng=rng,
    )
    return _matched("privacy_source_names", subject, None, f"names ({' + '.join(parts)})", matches)


def _matches_told(what: str, matches: Matches) -> str:
    short = f" {matches.coincidental:,} more do, of codes so short that some must." if matches.coincidental else ""
    if not matches.telling:
        return f"None of the synthetic {what} occur in the source.{short}"
    return (
        f"{matches.telling:,} of the distinct synthetic {what} occur in the source. Chance alone gives "
        f"{matches.expected:.2f}; up to {matches.allowed:.1f} are allowed.{short}"
    )


def _matched(name: str, subject: Subject, column: str | None, what: str, matches: Matches) -> CheckResult:
    check = figure(
        name=name,
        table=subject.name,
        family=FAMILY,
        value=float(matches.telling),
        threshold=matches.allowed,
        passed=matches.telling <= matches.allowed,
        severity=Severity.ERROR,
        description=_matches_told(what, matches),
        remedy="Generate the table again with another seed; if it comes back, treat the column as fake, mask or null.",
        facts={"matches": matches.telling, "expected": matches.expected, "coincidental": matches.coincidental},
    )
    return check.model_copy(update={"column": column})
