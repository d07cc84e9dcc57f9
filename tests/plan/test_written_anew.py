import numpy as np
import polars as pl
import pytest

from synth_assets.catalog.frames import polars_type
from synth_assets.catalog.model import DataType, Kind
from synth_assets.plan.written_anew import can_be_written_anew
from synth_assets.synthesize.rules.errors import TypeNotSupported
from synth_assets.synthesize.rules.models import fit_model
from synth_assets.synthesize.rules.target import Target

INTEGER = DataType(kind=Kind.INTEGER, native="integer", bits=32)
OTHERS = (
    "inet cidr macaddr macaddr8 point lseg box path polygon circle line xml hstore tsvector money bit(3) varbit "
    "int4range numrange tstzrange datemultirange geometry tsquery pg_lsn txid_snapshot"
)
TYPES = [
    *(DataType(kind=Kind.OTHER, native=native) for native in [*OTHERS.split(), "bit varying(8)"]),
    *(DataType(kind=kind, native=kind.value) for kind in (Kind.TEXT, Kind.UUID, Kind.JSON, Kind.BINARY, Kind.INTERVAL)),
    DataType(kind=Kind.ARRAY, native="integer[]", element=INTEGER),
    DataType(kind=Kind.ARRAY, native="text[]", element=DataType(kind=Kind.TEXT, native="text")),
    DataType(kind=Kind.ARRAY, native="mood[]", element=DataType(kind=Kind.ENUM, native="mood", labels=("sad",))),
    DataType(kind=Kind.ARRAY, native="inet[]", element=DataType(kind=Kind.OTHER, native="inet")),
    DataType(kind=Kind.ARRAY, native="geometry[]", element=DataType(kind=Kind.OTHER, native="geometry")),
]


@pytest.mark.parametrize("data_type", TYPES, ids=lambda data_type: data_type.native)
def test_the_plan_knows_what_the_rules_can_write(data_type: DataType) -> None:
    dtype = polars_type(data_type)
    target = Target(table="t", column="c", type=data_type, dtype=dtype, nullable=True, unique=False)
    try:
        model = fit_model(pl.Series([], dtype=dtype), target=target, min_group=10)
    except TypeNotSupported:
        assert not can_be_written_anew(data_type)
    else:
        assert can_be_written_anew(data_type)
        assert len(model.draw(3, np.random.default_rng(0))) == 3
