"""How good one candidate is: near to held-out rows, but no nearer to training rows than these."""

import time
from itertools import combinations

import numpy as np
import polars as pl
from pydantic import Field

from synth_assets.catalog.model import Value
from synth_assets.plan.resolved import Engine, PrivacyGate
from synth_assets.statistics.copies import count_copies
from synth_assets.statistics.distances import measure_distances
from synth_assets.statistics.encoding import encode
from synth_assets.statistics.noise import mean_of
from synth_assets.statistics.shape import column_similarities
from synth_assets.statistics.trend import pair_similarities
from synth_assets.statistics.two_sample import two_sample_auc
from synth_assets.synthesize.auto.trial import Trial
from synth_assets.synthesize.relational.training import Surroundings, Training
from synth_assets.synthesize.relational.values import ValueModel

# The first columns of a context are those of the parent itself.
MOST_CONTEXT = 12


class Fidelity(Value):
    """How alike drawn rows are to held-out ones, each given its parent; None for what there is nothing to tell of."""

    shape: float | None = Field(description="Mean similarity of columns; 1 is best.")
    trend: float | None = Field(description="Mean similarity of pairs of columns, the parent's included; 1 is best.")
    two_sample: float | None = Field(
        description="AUC of a classifier that tells drawn from held-out rows; 0.5 is best."
    )

    @property
    def value(self) -> float:
        """The mean of shape, trend and 2 - 2 * two_sample; 1 is best."""
        told_apart = None if self.two_sample is None else 2 - 2 * max(self.two_sample, 0.5)
        return mean_of([self.shape, self.trend, told_apart]) or 0.0


class Privacy(Value):
    """What drawn rows tell of training rows that they do not tell of held-out ones; None for what cannot be told.

    Attributes:
        membership_auc, closer_share, copies: As the gate measures them; copies are those beyond held-out rows'.
        membership_error, closer_error: Standard errors.
        copies_bound: What chance cannot explain of the copies.
    """

    membership_auc: float
    membership_error: float
    closer_share: float | None
    closer_error: float | None
    copies: float | None
    copies_bound: float | None

    def excess(self, gate: PrivacyGate) -> float:
        """How far the worst figure is above the gate's threshold; above 0 there is one.

        A figure is taken less one standard error. The gate takes more, as it must be sure before it refuses; whoever
        can choose need not be.
        """
        found = [self.membership_auc - self.membership_error - gate.membership_auc]
        if self.closer_share is not None and self.closer_error is not None:
            found.append(self.closer_share - self.closer_error - gate.closer_share)
        if self.copies_bound is not None:
            found.append(self.copies_bound - gate.copies)
        return max(found)

    @property
    def told(self) -> float:
        """How far the membership AUC and the share of nearer rows are above 0.5, where they would tell nothing."""
        shares = [self.membership_auc, *([] if self.closer_share is None else [self.closer_share])]
        return sum(max(share - 0.5, 0.0) for share in shares)


class Score(Value):
    """What a candidate reached."""

    engine: Engine
    fidelity: Fidelity
    privacy: Privacy
    seconds: float = Field(description="Taken to fit the rows of the trial and to draw as many.")

    @property
    def value(self) -> float:
        """Fidelity, less what drawn rows tell of training rows: rows learned by heart are near, too."""
        return self.fidelity.value - self.privacy.told


def score(engine: Engine, trial: Trial, *, seed: int) -> Score:
    """Fit a candidate to the training rows of a trial, let it draw, and compare.

    One row is drawn for the context of every training and every held-out row. So an engine that knows no single row
    treats both alike, and whatever it tells more of training rows it has kept of them. Fidelity is measured on the rows
    drawn for the held-out rows' own contexts: by its parent alone, no row can be told apart.

    Raises:
        EngineFailed: SDV gave up.
    """
    training, held_out = trial.training, trial.held_out
    started = time.perf_counter()
    model = ValueModel.fit(
        Training(rows=training.rows, kept=trial.kept, context=training.context),
        table=trial.table,
        synthesizer=engine.name,
        options=dict(engine.options),
        checks=trial.checks,
        min_group=trial.min_group,
        seed=seed,
    )
    context = None
    if training.context is not None and held_out.context is not None:
        context = pl.concat([training.context, held_out.context])
    wanted = Surroundings(training.rows.height + held_out.rows.height, context=context)
    drawn = model.sample(wanted, np.random.default_rng([seed, 1])).select(training.rows.columns)
    seconds = time.perf_counter() - started
    return Score(
        engine=engine,
        fidelity=_fidelity(
            trial, drawn if context is None else drawn[training.rows.height :], np.random.default_rng([seed, 2])
        ),
        privacy=_privacy(trial, drawn, np.random.default_rng([seed, 3])),
        seconds=round(seconds, 2),
    )


def _fidelity(trial: Trial, drawn: pl.DataFrame, rng: np.random.Generator) -> Fidelity:
    """Of rows drawn for the held-out rows' contexts; of any number where there are none."""
    source = _with_parents(trial, trial.held_out.rows, trial.held_out.context)
    coding = encode(
        source,
        _with_parents(trial, drawn, trial.held_out.context),
        columns=source.columns,
        kept=trial.kept | {*source.columns[len(trial.telling) :]},
        min_group=trial.min_group,
        everything=pl.concat([source, _with_parents(trial, trial.training.rows, trial.training.context)]),
    )
    own = len(trial.telling)
    shapes = column_similarities(coding.scales, coding.source, coding.synthetic)[:own]
    trends = pair_similarities(coding.scales, coding.source, coding.synthetic)
    pairs = combinations(range(len(coding.scales)), 2)
    return Fidelity(
        shape=_rounded(mean_of(shapes)),
        trend=_rounded(mean_of([trend for (first, _), trend in zip(pairs, trends, strict=True) if first < own])),
        two_sample=_rounded(two_sample_auc(coding.scales, coding.source, coding.synthetic, rng=rng)),
    )


def _with_parents(trial: Trial, rows: pl.DataFrame, context: pl.DataFrame | None) -> pl.DataFrame:
    """The telling columns of rows, and the first columns of their context beside them."""
    parents = [] if context is None else [context[n].alias(f"parent {n}") for n in context.columns[:MOST_CONTEXT]]
    return pl.DataFrame([*rows.select(trial.telling).get_columns(), *parents])


def _privacy(trial: Trial, drawn: pl.DataFrame, rng: np.random.Generator) -> Privacy:
    training, held_out = trial.training.rows, trial.held_out.rows
    entities = trial.training.entities, trial.held_out.entities
    distances = measure_distances(
        training,
        held_out,
        drawn,
        columns=trial.telling,
        everything=pl.concat([training, held_out]),
        entities=entities,
        rng=rng,
    )
    copies = None
    if len(trial.telling) > 1:  # one shared value does not make a copied row
        copies = count_copies(
            training,
            held_out,
            drawn,
            columns=trial.telling,
            entities=entities,
            min_group=trial.min_group,
            rng=rng,
        )
    auc, closer = distances.membership.auc, distances.closer
    return Privacy(
        membership_auc=round(auc.value, 4),
        membership_error=round(auc.error, 4),
        closer_share=_rounded(closer.value if closer else None),
        closer_error=_rounded(closer.error if closer else None),
        copies=_rounded(copies.training - copies.chance if copies else None),
        copies_bound=_rounded(copies.excess if copies else None),
    )


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)
