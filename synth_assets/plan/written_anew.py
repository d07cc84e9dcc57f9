"""Types whose values can be written anew, valid and unlike the source's. Made by synthesize/rules, listed here."""

import re

from synth_assets.catalog.model import DataType, Kind

_KINDS = frozenset({Kind.TEXT, Kind.UUID, Kind.JSON, Kind.BINARY, Kind.INTERVAL})
_ELEMENT_KINDS = _KINDS - {Kind.BINARY} | {
    Kind.INTEGER,
    Kind.DECIMAL,
    Kind.FLOAT,
    Kind.BOOLEAN,
    Kind.DATE,
    Kind.TIME,
    Kind.DATETIME,
}
_NATIVES = (
    "inet cidr macaddr macaddr8 point lseg box path polygon circle line xml hstore tsvector money bit varbit "
    "int4range int8range numrange daterange tsrange tstzrange int4multirange int8multirange nummultirange "
    "datemultirange tsmultirange tstzmultirange"
)


def can_be_written_anew(data_type: DataType) -> bool:
    """Whether new values of the type can be made without learning a distribution."""
    if data_type.kind is Kind.ARRAY:
        return data_type.element is not None and _can_be_element(data_type.element)
    return data_type.kind in _KINDS or _is_known(data_type)


def _can_be_element(element: DataType) -> bool:
    if element.kind is Kind.ENUM:
        return bool(element.labels)
    return element.kind in _ELEMENT_KINDS or _is_known(element)


def _is_known(data_type: DataType) -> bool:
    native = re.sub(r"\(.*\)", "", data_type.native.lower()).strip()
    return data_type.kind is Kind.OTHER and (native == "bit varying" or native in _NATIVES.split())
