"""What the values of a column without a distribution are drawn from, chosen by the column's type."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import polars as pl
from pydantic import Field

from synth_assets.catalog.model import Column, DataType, Kind
from synth_assets.plan.personal_finding import find_personal_data
from synth_assets.plan.resolved import PathDecision
from synth_assets.plan.safe import SUSPICIOUS
from synth_assets.synthesize.rules.arrays import ArrayModel
from synth_assets.synthesize.rules.binary import BinaryModel
from synth_assets.synthesize.rules.errors import TypeNotSupported
from synth_assets.synthesize.rules.json_texts import JsonModel, holds_json
from synth_assets.synthesize.rules.literals import BitModel, IntervalModel, PlainModel, RangeModel, fit_literals
from synth_assets.synthesize.rules.scalars import ChoiceTexts, NumberTexts, TimeTexts, fit_scalars
from synth_assets.synthesize.rules.target import Target
from synth_assets.synthesize.rules.texts import TextModel

ValueModel = Annotated[
    TextModel
    | JsonModel
    | BinaryModel
    | ArrayModel
    | NumberTexts
    | ChoiceTexts
    | TimeTexts
    | PlainModel
    | IntervalModel
    | RangeModel
    | BitModel,
    Field(discriminator="type"),
]

_TEXT_LIKE = ("citext", "name", "char", '"char"', "bpchar", "clob", "text")


def fit_model(values: pl.Series, *, target: Target, min_group: int, paths: Sequence[PathDecision] = ()) -> ValueModel:
    """Learn what new values of the column look like.

    Args:
        paths: Of JSON documents, what is replaced rather than learned.

    Raises:
        TypeNotSupported: Nothing is known of the type, so no value of it could be sure to be valid.
    """
    model: ValueModel | None
    match target.type.kind:
        case Kind.BINARY:
            model = BinaryModel.fit(values, min_group=min_group)
        case Kind.JSON:
            model = JsonModel.fit(values, min_group=min_group, paths=paths)
        case Kind.ARRAY if target.type.element is not None:
            model = ArrayModel.fit(
                values, element=target.type.element, min_group=min_group, may_share=partial(_are_nobodys, target)
            )
        case Kind.TEXT:
            if holds_json(values):
                model = JsonModel.fit(values, min_group=min_group, paths=paths)
            else:
                model = TextModel.fit(values, min_group=min_group)
        case _ if target.type.native.lower() in _TEXT_LIKE:
            model = TextModel.fit(values, min_group=min_group)
        case _ if target.dtype == pl.String:
            # A literal of its own comes first: `time with time zone` is more than a time.
            literals = fit_literals(values, data_type=target.type, min_group=min_group)
            model = literals or fit_scalars(values, data_type=target.type, min_group=min_group)
        case _:
            model = None
    if model is None:
        raise TypeNotSupported(table=target.table, column=target.column, native=target.type.native)
    return model


def _are_nobodys(target: Target, elements: pl.Series) -> bool:
    """Whether neither the column's name nor these elements of its arrays speak of personal data."""
    column = Column(name=target.column, type=DataType(kind=Kind.TEXT, native="text"))
    found = find_personal_data(column, table=target.table, values=elements)
    return found is None or found.confidence < SUSPICIOUS


def is_strict(model: ValueModel) -> bool:
    """Whether a value of the source can always be avoided: not where a type has few values that are likely at all."""
    return isinstance(model, TextModel) and not model.is_uuid


def is_shared(model: ValueModel | None) -> bool:
    """Whether each part of a value is shared by many rows: all parts are those of one source row by chance only."""
    if isinstance(model, ArrayModel):
        return model.words is not None
    return isinstance(model, JsonModel) and model.root.is_shared
