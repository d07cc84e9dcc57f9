"""The JSON schema of the component's attributes, so written that what is wrong is told at its own place."""

from collections.abc import Mapping
from typing import Any

_PLAIN = ("null", "boolean", "integer", "number", "string")


def pointing_schema(schema: Any) -> Any:
    """The same schema with `if` and `else` instead of `anyOf`, wherever all alternatives but one are plain values.

    Of an `anyOf` that nothing fits, a validator says that nothing fits, at the whole; of `else`, what does not fit and
    where: `workers` of `compute`, say, rather than `compute`.
    """
    if isinstance(schema, list):
        return [pointing_schema(found) for found in schema]
    if not isinstance(schema, Mapping):
        return schema
    pointing = {name: pointing_schema(found) for name, found in schema.items()}
    alternatives = pointing.get("anyOf")
    if not alternatives or {"if", "else"} & pointing.keys():
        return pointing
    plain = [found for found in alternatives if set(found) == {"type"} and found["type"] in _PLAIN]
    rest = [found for found in alternatives if found not in plain]
    if len(rest) > 1 or len(plain) < 1:
        return pointing
    # Of plain values only, the last is what the others are told of: `null` is written last, and nobody means it.
    main, others = (rest[0], plain) if rest else (plain[0], plain[1:])
    del pointing["anyOf"]
    return {**pointing, "if": {"anyOf": others}, "else": main} if others else {**pointing, **main}
