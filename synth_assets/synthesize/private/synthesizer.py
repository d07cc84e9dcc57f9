"""The synthesizer `private`: marginals with noise, and a log-linear model of them."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import polars as pl

from synth_assets.store.folder import Folder
from synth_assets.synthesize.private.accounting import INEXACT, rho_of_promise
from synth_assets.synthesize.private.coding import UNCOUNTED, Coding, PrivateColumn
from synth_assets.synthesize.private.contributions import bounded
from synth_assets.synthesize.private.learning import Learned, learn
from synth_assets.synthesize.private.noise import Noise
from synth_assets.synthesize.private.saving import load, save
from synth_assets.synthesize.protocol import TableSpec
from synth_assets.synthesize.relational.matching import Rows


class PrivateSynthesizer:
    """A table learned with (epsilon, delta)-differential privacy for each entity.

    Args:
        columns: What to learn: names, domains and types, all of them public.
        epsilon, delta: The promise.
        entities: The entity of each row that `fit` gets; None: every row is one.
        rows_per_entity: Most rows of an entity that are looked at.
    """

    def __init__(
        self,
        *,
        columns: Sequence[PrivateColumn],
        epsilon: float,
        delta: float,
        entities: Rows | None = None,
        rows_per_entity: int = 1,
    ) -> None:
        self._columns = tuple(columns)
        self._epsilon = epsilon
        self._delta = delta
        self._entities = entities
        self._most = rows_per_entity
        self._learned: Learned | None = None

    @property
    def learned(self) -> Learned:
        """What was learned; RuntimeError before `fit`."""
        if self._learned is None:
            raise RuntimeError("the synthesizer is not fitted")
        return self._learned

    def fit(
        self,
        rows: pl.DataFrame,
        *,
        table: TableSpec,
        context: pl.DataFrame | None,
        seed: int,
    ) -> None:
        """Learn the rows. Their noise comes from no seed, so that fitting twice gives two models, and costs twice.

        Args:
            rows: At least the columns; types may differ from the public ones, values that do not fit count nowhere.
            table, context, seed: Not looked at.
        """
        del table, context, seed
        if self._entities is not None:
            rows = rows[bounded(self._entities, self._most)]
        self._learned = learn(
            rows,
            self._columns,
            rho=rho_of_promise(self._epsilon, self._delta),
            most=self._most if self._entities is not None else 1,
            noise=Noise(allowance=self._delta * INEXACT),
        )

    def sample(
        self, n: int, *, context: pl.DataFrame | None, given: pl.DataFrame | None, rng: np.random.Generator
    ) -> pl.DataFrame:
        """`n` rows; given columns come out as they are, and what is drawn before them does not know of them."""
        del context
        codings = self.learned.codings
        places = {coding.column.name: place for place, coding in enumerate(codings)}
        fixed = {} if given is None else {name: given[name] for name in given.columns}
        known = {places[name]: _codes_of(codings[places[name]], values) for name, values in fixed.items()}
        codes = self.learned.model.sample(n, known, rng)
        made = [
            fixed[coding.column.name] if coding.column.name in fixed else coding.sample(codes[place], rng)
            for place, coding in enumerate(codings)
        ]
        return pl.DataFrame(made) if made else pl.DataFrame(height=n)

    def save(self, folder: Folder) -> None:
        save(self.learned, folder)

    @classmethod
    def load(cls, folder: Folder) -> Self:
        """A fitted synthesizer: it can draw rows, and learns no others."""
        made = cls(columns=(), epsilon=0.0, delta=0.0)
        made._learned = load(folder)
        return made


def _codes_of(coding: Coding, values: pl.Series) -> Rows:
    """Codes of given values; one that the domain does not hold is taken for NULL or, where none may be, the first."""
    codes = coding.codes(coding.column.cells(values))
    return np.where(codes == UNCOUNTED, coding.listed if coding.column.nullable else 0, codes)
