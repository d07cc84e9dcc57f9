"""SDV's engines of one table: Gaussian copula, CTGAN, TVAE and CopulaGAN, as a Synthesizer each.

SDV gets every column coded (coding.py), so that the promises of the TableSpec hold whatever it draws: no rare category
comes out, no value outside the protected range, and every type as it was fitted. Columns that have nothing to learn
(all null, constant, too few values) and tables of too few rows are drawn by the native engine, column by column.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import numpy as np
import polars as pl

from synth_assets.plan.nearest import hint
from synth_assets.store.folder import Folder
from synth_assets.synthesize.protocol import TableSpec
from synth_assets.synthesize.sdv.conditional import draw_conditionally
from synth_assets.synthesize.sdv.errors import GivenNotMet, OptionRefused
from synth_assets.synthesize.sdv.frames import FrameCoding, Known, metadata_of, table_from_json, table_to_json
from synth_assets.synthesize.sdv.options import (
    CopulaGANOptions,
    CTGANOptions,
    GaussianCopulaOptions,
    Options,
    TVAEOptions,
    read_options,
)
from synth_assets.synthesize.sdv.rejection import draw_and_reject
from synth_assets.synthesize.sdv.runtime import draw_seed, run_sdv
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
TABLE = "rows"
FEWEST_ROWS = 20


class SingleTable:
    """A Synthesizer around one of SDV's single-table synthesizers. Context is not learned.

    Raises:
        OptionRefused: An option does not exist or cannot have that value.
    """

    kind: ClassVar[type[Options]]

    def __init__(self, **options: Any) -> None:
        self._options = read_options(self.kind, options)
        self._table = TableSpec("", ())
        self._schema = pl.Schema()
        self._coding = FrameCoding(())
        self._model: Any = None
        self._rest = TreesSynthesizer()

    def fit(
        self,
        rows: pl.DataFrame,
        *,
        table: TableSpec,
        context: pl.DataFrame | None,  # noqa: ARG002 (the protocol's; see registry.learns_context)
        seed: int,
    ) -> None:
        """Learn the columns of `table`.

        Raises:
            EngineFailed: SDV gave up.
            OptionRefused: An option names a column that the table does not learn.
        """
        self._table = table
        self._schema = pl.Schema({spec.name: rows.schema[spec.name] for spec in table.columns})
        self._check_columns()
        few = rows.height < max(FEWEST_ROWS, 2 * table.min_group)
        self._coding = FrameCoding.fit(rows, () if few else table.columns, min_group=table.min_group)
        rest = tuple(spec for spec in table.columns if spec.name not in self._coding.names)
        self._rest = TreesSynthesizer()
        alone = TableSpec(table.name, rest, table.min_group)
        self._rest.fit(rows.select(spec.name for spec in rest), table=alone, context=None, seed=seed)
        self._model = None
        if self._coding.columns:
            frame = self._coding.encode(rows, np.random.default_rng(seed))
            self._model = self._run("learning", lambda: self._fitted(frame), seed)

    def sample(
        self,
        n: int,
        *,
        context: pl.DataFrame | None,  # noqa: ARG002
        given: pl.DataFrame | None,
        rng: np.random.Generator,
    ) -> pl.DataFrame:
        """`n` rows; see Synthesizer.

        Given columns steer the others where SDV has learned them; a given category that is too rare to be learned
        does not. The Gaussian copula draws from the conditional distribution in closed form, the others draw and
        reject until each row has one whose given categories are equal, and whose given numbers lie in the same
        twentieth of their range.

        Raises:
            EngineFailed: SDV gave up.
            GivenNotMet: Drawing and rejecting found no rows for some of the given values.
        """
        made = {} if given is None else {name: given[name] for name in given.columns}
        left = self._rest.sample(n, context=None, given=None, rng=rng)
        drawn = {name: left[name] for name in left.columns}
        if self._model is not None and n:
            drawn |= self._coding.decode(self._drawn(n, given, rng), rng)
        elif self._coding.columns:
            drawn |= {c: pl.Series(c, [], dtype=t) for c, t in self._schema.items() if c in self._coding.names}
        columns = [made.get(spec.name, drawn.get(spec.name)) for spec in self._table.columns]
        there = [column for column in columns if column is not None]
        return pl.DataFrame(there) if there else pl.DataFrame(height=n)

    def save(self, folder: Folder) -> None:
        """SDV's own pickle of the model, and all else as JSON and Parquet."""
        import cloudpickle  # type: ignore[import-untyped]

        folder.write_json(
            "engine.json",
            {
                "version": VERSION,
                "options": self._options.model_dump(mode="json"),
                "table": table_to_json(self._table),
                "columns": self._coding.to_json(),
                "has_model": self._model is not None,
            },
        )
        folder.write_frame("types.parquet", pl.DataFrame(schema=self._schema))
        self._rest.save(folder.folder("rest"))
        if self._model is not None:
            folder.write_bytes("sdv.pickle", cast(bytes, cloudpickle.dumps(self._model)))

    @classmethod
    def load(cls, folder: Folder) -> Self:
        """A fitted synthesizer.

        SDV keeps its models as pickles, and a pickle can run anything. It is opened here only after
        `Folder.read_bytes` has authenticated every byte of it with the store's key (AES-256-GCM): whoever does not
        hold that key cannot place one.
        """
        import cloudpickle

        stored: Any = folder.read_json("engine.json")
        made = cls(**stored["options"])
        made._table = table_from_json(stored["table"])
        made._coding = FrameCoding.from_json(stored["columns"])
        made._schema = folder.read_frame("types.parquet").schema
        made._rest = TreesSynthesizer.load(folder.folder("rest"))
        if stored["has_model"]:
            made._model = cloudpickle.loads(folder.read_bytes("sdv.pickle"))
        return made

    def _create(self, metadata: Any) -> Any:
        """SDV's synthesizer, not fitted yet."""
        raise NotImplementedError

    def _fitted(self, frame: "pd.DataFrame") -> Any:
        model = self._create(metadata_of({TABLE: self._coding.sdtypes}))
        model.fit({TABLE: frame})
        self._forget_rows(model)
        return model

    def _forget_rows(self, model: Any) -> None:
        """Drop what SDV keeps of the training rows and does not need for sampling."""

    def _drawn(self, n: int, given: pl.DataFrame | None, rng: np.random.Generator) -> "pd.DataFrame":
        """Coded rows."""
        known = None if given is None else self._coding.known(given)
        if known is None or not known.known:
            return self._draw(n, rng)
        return self._draw_given(n, known, rng)

    def _draw(self, n: int, rng: np.random.Generator) -> "pd.DataFrame":
        seed = draw_seed(rng)

        def draw() -> Any:
            # SDV goes on from where it last stopped, or starts from one fixed seed; both are set aside.
            self._model.reset_sampling()
            self._model._set_random_state(seed)  # noqa: SLF001
            return self._model.sample(n)[TABLE]

        return cast("pd.DataFrame", self._run("sampling", draw, seed))

    def _draw_given(self, n: int, known: Known, rng: np.random.Generator) -> "pd.DataFrame":
        return draw_and_reject(
            n,
            known,
            draw=lambda rows: self._draw(rows, rng),
            bins=self._coding.bins,
            failed=lambda missing: GivenNotMet(
                self.kind.engine, self._table.name, self._coding.given_names(known), missing, n
            ),
        )

    def _run(self, doing: str, work: Callable[[], Any], seed: int) -> Any:
        return run_sdv(work, engine=self.kind.engine, table=self._table.name, doing=doing, seed=seed)

    def _check_columns(self) -> None:
        """Options that name columns must name those that the table learns."""
        learned = [spec.name for spec in self._table.columns]
        for column in getattr(self._options, "numerical_distributions", {}):
            if column not in learned:
                problem = f"names the column {column!r}, which is not learned{hint(column, learned)}"
                raise OptionRefused(self.kind.engine, "numerical_distributions", problem, table=self._table.name)

    def _distributions(self) -> dict[str, str]:
        """The options' distributions by SDV's column name."""
        chosen = getattr(self._options, "numerical_distributions", {})
        return {alias: value for name, value in chosen.items() if (alias := self._coding.alias(name))}


class GaussianCopula(SingleTable):
    """Every column's distribution, tied together by correlations of normal scores. Fast; knows pairs only."""

    kind = GaussianCopulaOptions

    def _create(self, metadata: Any) -> Any:
        from sdv.single_table import GaussianCopulaSynthesizer

        options = self._options.model_dump() | {"numerical_distributions": self._distributions()}
        return GaussianCopulaSynthesizer(metadata, **options)

    def _draw_given(self, n: int, known: Known, rng: np.random.Generator) -> "pd.DataFrame":
        seed = draw_seed(rng)
        drawn = self._run("sampling", lambda: draw_conditionally(self._model, n, known, rng), seed)
        return cast("pd.DataFrame", drawn)


class CTGAN(SingleTable):
    """A conditional generative adversarial network (Xu et al., 2019). Slow to fit."""

    kind = CTGANOptions

    def _create(self, metadata: Any) -> Any:
        from sdv.single_table import CTGANSynthesizer

        return CTGANSynthesizer(metadata, **self._options.model_dump())

    def _forget_rows(self, model: Any) -> None:
        # Row numbers by category: needed in training only, and they tell which rows go together.
        model._model._data_sampler._rid_by_cat_cols = []  # noqa: SLF001


class CopulaGAN(CTGAN):
    """CTGAN over columns whose distributions are fitted first, as the Gaussian copula does."""

    kind = CopulaGANOptions

    def _create(self, metadata: Any) -> Any:
        from sdv.single_table import CopulaGANSynthesizer

        options = self._options.model_dump() | {"numerical_distributions": self._distributions()}
        return CopulaGANSynthesizer(metadata, **options)


class TVAE(SingleTable):
    """A variational autoencoder for tables (Xu et al., 2019)."""

    kind = TVAEOptions

    def _create(self, metadata: Any) -> Any:
        from sdv.single_table import TVAESynthesizer

        return TVAESynthesizer(metadata, **self._options.model_dump())
