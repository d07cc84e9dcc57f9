"""Every column of a table that is not learned from a distribution: learned once, then made for any number of rows."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from synth_assets.catalog.model import Table
from synth_assets.plan.resolved import ColumnDecision, Treatment
from synth_assets.store.folder import Folder
from synth_assets.store.profile import TableProfile
from synth_assets.synthesize.rules.blanks import Blanks, fit_blanks, with_blanks
from synth_assets.synthesize.rules.checked import check_decision
from synth_assets.synthesize.rules.constants import constant_column, null_column
from synth_assets.synthesize.rules.decisions import (
    code_lengths,
    fake_column,
    is_plain_key,
    is_random,
    targets,
)
from synth_assets.synthesize.rules.documents import as_rows, as_table, by_owner, count_owners, fill
from synth_assets.synthesize.rules.fake_draws import PAIR_SEPARATOR, FakeDraws
from synth_assets.synthesize.rules.fakes import (
    POOLED,
    Distance,
    FakeColumn,
    extend_text,
    look_of,
    suffix_alphabet,
)
from synth_assets.synthesize.rules.followed import Followed, fit_followed, follow
from synth_assets.synthesize.rules.groups import name_pairs
from synth_assets.synthesize.rules.house_numbers import house_numbers
from synth_assets.synthesize.rules.json_texts import JsonModel, cut_documents
from synth_assets.synthesize.rules.keys import make_keys
from synth_assets.synthesize.rules.locales import with_locales
from synth_assets.synthesize.rules.masks import Mask
from synth_assets.synthesize.rules.models import ValueModel, fit_model, is_shared, is_strict
from synth_assets.synthesize.rules.pseudonyms import pseudonyms
from synth_assets.synthesize.rules.row_locales import Positions, RowLocales, fit_row_locales
from synth_assets.synthesize.rules.saved_rules import SavedRules
from synth_assets.synthesize.rules.scalars import time_form
from synth_assets.synthesize.rules.seen import SeenValues, join
from synth_assets.synthesize.rules.settle import Rule, settle
from synth_assets.synthesize.rules.target import Target
from synth_assets.synthesize.rules.texts import TextModel

Nulls = Mapping[str, np.ndarray]

_MOST_KEY_BYTES = 64
_RULES, _SEEN, _SCHEMA, _PATHS = "rules.json", "seen.parquet", "schema.parquet", "paths"


class Rules:
    """The rules of one table. What it keeps of the source: patterns shared by min_group rows, and keyed hashes.

    Synthetic rows stand for nobody, so `pseudonymize` numbers them and `mask` masks texts of the learned pattern;
    `transform` does both with the real values of a partial table.
    """

    def __init__(
        self,
        *,
        table: Table,
        decisions: Sequence[ColumnDecision],
        schema: Mapping[str, pl.DataType],
        models: Mapping[str, ValueModel],
        alphabets: Mapping[str, str],
        forms: Mapping[str, str],
        lengths: Mapping[str, int],
        seen: Mapping[str, SeenValues],
        key: bytes,
        of_paths: "Mapping[tuple[str, str], Rules] | None" = None,
        houses: Mapping[str, TextModel] | None = None,
        row_locales: RowLocales | None = None,
        followed: Mapping[str, tuple[Followed, ...]] | None = None,
        blanks: Sequence[Blanks] = (),
    ) -> None:
        self._table = table
        self._decisions = tuple(decisions)
        self._schema = dict(schema)
        self._models = dict(models)
        self._alphabets = dict(alphabets)
        self._forms = dict(forms)
        self._seen = dict(seen)
        self._key = key
        self._of_paths = dict(of_paths or {})
        self._houses = dict(houses or {})
        self._row_locales = row_locales
        self._followed = dict(followed or {})
        self._blanks = tuple(blanks)
        self._code_lengths = dict(lengths)
        self._targets = targets(decisions, table=table, schema=schema, code_lengths=lengths)

    @classmethod
    def fit(
        cls,
        rows: pl.DataFrame,
        *,
        table: Table,
        columns: Sequence[ColumnDecision],
        profile: TableProfile,
        key: bytes,
        min_group: int,
        avoid: pl.DataFrame | None = None,
        beside: pl.DataFrame | None = None,
    ) -> "Rules":
        """Learn from the training rows of exactly these columns.

        Args:
            avoid: All rows of the source, those held out too: nothing is learned from them, but none of their values
                comes out either. None: the values of the training rows are avoided only.
            beside: Columns of the same training rows that are made before these, such as their country.
            key: Secret of the store, at least 16 bytes; what is hashed and pseudonymized depends on it.
            min_group: Fewest rows that must share what is kept literally.

        Raises:
            ColumnRefused: A column cannot be made as decided; names table, column and remedy.
        """
        key = derive_key(key)
        row_locales = None
        if beside is not None:
            row_locales = fit_row_locales(rows, beside, decisions=columns, table=table.name, min_group=min_group)
        columns = with_locales(columns, rows)
        lengths = code_lengths(columns, rows)
        made = targets(columns, table=table, schema=rows.schema, code_lengths=lengths)
        source = rows if avoid is None else avoid
        models: dict[str, ValueModel] = {}
        seen: dict[str, SeenValues] = {}
        alphabets: dict[str, str] = {}
        forms: dict[str, str] = {}
        houses: dict[str, TextModel] = {}
        followed: dict[str, tuple[Followed, ...]] = {}
        of_paths: dict[tuple[str, str], Rules] = {}
        for decision in columns:
            name, target = decision.name, made[decision.name]
            values = rows[name]
            check_decision(decision, target, key)
            if is_random(decision, target):
                models[name] = fit_model(values, target=target, min_group=min_group, paths=decision.paths)
                for owner, paths in by_owner(decision.paths).items():
                    owners, described = as_table(f"{table.name}.{name}", paths)
                    of_paths[name, owner] = cls.fit(
                        as_rows(values, owner, owners.column_names),
                        table=owners,
                        columns=described,
                        profile=profile,
                        key=key,
                        min_group=min_group,
                        avoid=as_rows(source[name], owner, owners.column_names),
                    )
                alphabets[name] = suffix_alphabet(values)
                if beside is not None and decision.treatment is Treatment.LEARN and isinstance(models[name], TextModel):
                    followed[name] = fit_followed(values, beside, min_group=min_group)
            elif decision.treatment is Treatment.FAKE and (look := look_of(decision, values, min_group)):
                models[name] = look
            elif decision.treatment is Treatment.FAKE and target.dtype == pl.String and (form := time_form(values)):
                forms[name] = form
            kind = str(decision.options.get("kind"))
            if decision.treatment is Treatment.FAKE and (
                looks := house_numbers(values, kind=kind, min_group=min_group)
            ):
                houses[name] = looks
            if _avoids_source(decision, target, models.get(name)):
                seen[name] = SeenValues.of(_comparable(source[name], models.get(name), min_group), key=key)
        for first, last in name_pairs(_fakes(columns, made, "person")):
            seen[first + PAIR_SEPARATOR + last] = SeenValues.of(join([source[first], source[last]]), key=key)
        return cls(
            table=table,
            decisions=columns,
            schema=rows.schema,
            models=models,
            alphabets=alphabets,
            forms=forms,
            lengths=lengths,
            seen=seen,
            key=key,
            of_paths=of_paths,
            houses=houses,
            row_locales=row_locales,
            followed=followed,
            blanks=fit_blanks(rows, _may_be_blank(columns, made), min_group=min_group),
        )

    def sample(
        self,
        n: int,
        *,
        rng: np.random.Generator,
        nulls: Nulls,
        blank: Nulls | None = None,
        beside: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """n rows of all columns of the rules, in their order.

        Args:
            nulls: By column, where it must be null; a column that is not named, or is NOT NULL, has none.
            blank: By column, where a fake must be blank; None: as often as in the source.
            beside: The other columns of the rows, of which one may tell the country that fakes are to be of.

        Raises:
            CapacityTooSmall: A unique column has no room for n different values.
        """
        drawn: dict[str, pl.Series] = {}
        by_row = self._row_locales
        fakes = FakeDraws(
            seen=self._seen,
            models=self._models,
            houses=self._houses,
            forms=self._forms,
            looks=by_row.looks if by_row else {},
            locales=by_row.of(beside) if by_row else None,
        )
        for group in ("person", "address"):
            columns = _fakes(self._decisions, self._targets, group)
            if columns:
                drawn |= fakes.group(n, columns, rng)
        for decision in self._decisions:
            if decision.name not in drawn:
                drawn[decision.name] = self._sample_column(decision, n, rng, fakes, beside)
        if blank is None:
            blank = {name: mask for one in self._blanks for name, mask in one.draw(n, rng, nulls=nulls).items()}
        filled = {name: with_blanks(values.alias(name), blank.get(name)) for name, values in drawn.items()}
        return pl.DataFrame([self._with_nulls(filled[d.name], nulls) for d in self._decisions])

    def save(self, folder: Folder) -> None:
        """Write models as JSON, and hashes and types as frames. The folder must be encrypted: the key is in it."""
        saved = SavedRules(
            table=self._table,
            decisions=self._decisions,
            models=self._models,
            alphabets=self._alphabets,
            forms=self._forms,
            code_lengths=self._code_lengths,
            seen=tuple(self._seen),
            key=self._key.hex(),
            of_paths=tuple(self._of_paths),
            houses=self._houses,
            row_locales=self._row_locales,
            followed=self._followed,
            blanks=self._blanks,
        )
        folder.write_json(_RULES, saved.model_dump(mode="json"))
        for place, rules in enumerate(self._of_paths.values()):
            rules.save(folder.folder(f"{_PATHS}{place}"))
        folder.write_frame(_SCHEMA, pl.DataFrame(schema=self._schema))
        frames = [
            pl.DataFrame({"column": pl.Series([place] * len(seen), dtype=pl.Int32), "hash": seen.hashes})
            for place, seen in enumerate(self._seen.values())
        ]
        empty = pl.DataFrame(schema={"column": pl.Int32, "hash": pl.UInt64})
        folder.write_frame(_SEEN, pl.concat([empty, *frames]))

    @classmethod
    def load(cls, folder: Folder) -> "Rules":
        saved = SavedRules.model_validate(folder.read_json(_RULES))
        key = bytes.fromhex(saved.key)
        hashes = folder.read_frame(_SEEN)
        return cls(
            table=saved.table,
            decisions=saved.decisions,
            schema=folder.read_frame(_SCHEMA).schema,
            models=saved.models,
            alphabets=saved.alphabets,
            forms=saved.forms,
            lengths=saved.code_lengths,
            seen={
                name: SeenValues(hashes.filter(pl.col("column") == place)["hash"].to_numpy(), key=key)
                for place, name in enumerate(saved.seen)
            },
            key=key,
            of_paths={at: cls.load(folder.folder(f"{_PATHS}{place}")) for place, at in enumerate(saved.of_paths)},
            houses=saved.houses,
            row_locales=saved.row_locales,
            followed=saved.followed,
            blanks=saved.blanks,
        )

    def _sample_column(
        self,
        decision: ColumnDecision,
        n: int,
        rng: np.random.Generator,
        fakes: FakeDraws,
        beside: pl.DataFrame | None,
    ) -> pl.Series:
        target = self._targets[decision.name]
        match decision.treatment:
            case Treatment.NULL:
                return null_column(n, target=target)
            case Treatment.CONSTANT:
                return constant_column(decision.options.get("value"), n, target=target)
            case Treatment.FAKE:
                return fakes.alone(fake_column(decision, target), n, rng)
            case Treatment.PSEUDONYMIZE if decision.name not in self._models:
                return self._sample_pseudonyms(decision, target, n, rng)
            case Treatment.MASK:
                return Mask.of(decision.options).apply(self._sample_model(target, n, rng, beside))
            case _ if is_plain_key(decision, target):
                return make_keys(n, target=target, rng=rng)
            case _:
                return self._sample_model(target, n, rng, beside)

    def _sample_pseudonyms(
        self, decision: ColumnDecision, target: Target, n: int, rng: np.random.Generator
    ) -> pl.Series:
        made = pseudonyms(decision, target, self._key)
        if made.form is None:
            return make_keys(n, target=target, rng=rng)
        texts = made.of_nobody(n, form=made.form, seen=self._seen.get(target.column))
        return target.cast(target.fit(texts))

    def _sample_model(self, target: Target, n: int, rng: np.random.Generator, beside: pl.DataFrame | None) -> pl.Series:
        model, followed = self._models[target.column], self._followed.get(target.column, ())

        def draw(rows: Positions, _attempt: int) -> pl.DataFrame:
            return fitted(follow(self._draw(target.column, model, len(rows), rng), followed, beside, rows)).to_frame(
                target.column
            )

        def fitted(values: pl.Series) -> pl.Series:
            if values.dtype == pl.Binary:
                return values if target.type.length is None else values.bin.head(target.type.length)
            if isinstance(model, JsonModel):
                return values if target.length is None else cut_documents(values, target.length)
            return target.fit(values)

        strict = is_strict(model)
        rule = Rule(
            table=target.table,
            column=target.column,
            seen=self._seen.get(target.column),
            unique=target.unique,
            extend=extend_text(target.length) if strict else None,
            suffix_room=target.length,
            suffix_alphabet=self._alphabets[target.column],
            best_effort=not strict,
        )
        return target.cast(settle(draw, n, rules=[rule])[target.column])

    def _draw(self, column: str, model: ValueModel, n: int, rng: np.random.Generator) -> pl.Series:
        """Values of a model, in JSON documents with the invented ones at their paths."""
        if not isinstance(model, JsonModel):
            return model.draw(n, rng)
        documents = model.root.draw(n, rng)
        for (name, owner), rules in self._of_paths.items():
            if name == column:
                fill(documents, owner, rules.sample(count_owners(documents, owner), rng=rng, nulls={}))
        return model.encode(documents)

    def _with_nulls(self, values: pl.Series, nulls: Nulls) -> pl.Series:
        mask = nulls.get(values.name)
        if mask is None or not self._targets[values.name].nullable or not mask.any():
            return values
        frame = pl.DataFrame([values, pl.Series("is_null", mask, dtype=pl.Boolean)])
        return frame.select(pl.when(~pl.col("is_null")).then(pl.col(values.name)).alias(values.name))[values.name]


def derive_key(key: bytes) -> bytes:
    """The rules' own key of the store's."""
    return hashlib.blake2b(b"rules", key=key[:_MOST_KEY_BYTES], digest_size=32).digest()


def _fakes(decisions: Sequence[ColumnDecision], made: Mapping[str, Target], group: str) -> list[FakeColumn]:
    """The columns of fakes of one group."""
    fakes = [fake_column(d, made[d.name]) for d in decisions if d.treatment is Treatment.FAKE]
    return [fake for fake in fakes if fake.group == group]


def _may_be_blank(decisions: Sequence[ColumnDecision], made: Mapping[str, Target]) -> list[str]:
    """The columns of fakes in which several rows may be blank."""
    return [
        d.name
        for d in decisions
        if d.treatment is Treatment.FAKE and made[d.name].dtype == pl.String and not made[d.name].unique
    ]


def _avoids_source(decision: ColumnDecision, target: Target, model: ValueModel | None) -> bool:
    """Whether new values are compared with the source's: not where those are random in themselves, or of no meaning."""
    if decision.treatment in (Treatment.NULL, Treatment.CONSTANT) or is_plain_key(decision, target):
        return False
    if decision.treatment is Treatment.FAKE:
        column = fake_column(decision, target)
        return column.kind != "uuid" and (column.distance is not Distance.NONE or column.kind in POOLED)
    return not (isinstance(model, TextModel) and model.is_uuid) and not is_shared(model)


def _comparable(values: pl.Series, model: ValueModel | None, min_group: int) -> pl.Series:
    """The values to keep away from. Of types with few likely values, those that few rows share."""
    if model is None or is_strict(model):
        return values
    counts = values.alias("value").value_counts(name="rows")
    return counts.filter(pl.col("rows") < min_group)["value"]
