"""What pydantic finds wrong with settings, in words for the person who wrote the file."""

import re
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from synth_assets.plan.nearest import hint

Location = tuple[str | int, ...]

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "list_type": "a list",
    "tuple_type": "a list",
}

_LIMITS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
    "string_too_long": ("text, its characters at most", "max_length"),
}


def describe(error: ErrorDetails, model: type[BaseModel]) -> str:
    """One error in plain words: what is wrong at its key, and the nearest thing known."""
    location: Location = error["loc"]
    key = str(location[-1]) if location else ""
    kind = error["type"]
    context: Mapping[str, Any] = error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key {key!r}{hint(key, known_keys(model, location[:-1]))}"
    if kind == "missing":
        return f"the key {key!r} is missing"
    if kind in _WANTED:
        return f"{_named(location)} must be {_WANTED[kind]}, not {_in_words(error['input'])}"
    if kind == "literal_error" or kind == "enum":
        return _unknown_word(location, error["input"], re.findall(r"'([^']*)'", str(context.get("expected", ""))))
    if kind == "value_error":
        return _own_message(str(context.get("error", error["msg"])))
    if kind == "string_pattern_mismatch":
        # The value itself is left out: someone may have pasted a secret where a name belongs.
        return f"{_named(location)} is not of the form {context.get('pattern')}"
    if kind in ("string_too_short", "too_short"):
        return f"{_named(location)} must not be empty"
    if kind in _LIMITS:
        words, limit = _LIMITS[kind]
        return f"{_named(location)} must be {words} {context.get(limit):g}"
    return f"{_named(location)}: {error['msg']}"


def known_keys(model: type[BaseModel], location: Location) -> list[str]:
    """The keys that a settings file may hold at a location; empty where keys are free."""
    at: type[BaseModel] | Any = model
    for step in location:
        at = _step(at, step)
    return _keys(at) if isinstance(at, type) and issubclass(at, BaseModel) else []


def _keys(model: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]


def _step(annotation: Any, step: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            if step in (name, info.alias):
                return _bare(info.annotation)
        return None
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return _bare(arguments[1])
    return _bare(arguments[0]) if origin in (list, tuple) else None


def _bare(annotation: Any) -> Any:
    """The model or container inside Annotated[...] and ... | None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        return _bare(members[0]) if len(members) == 1 else None
    return annotation


def _named(location: Sequence[str | int]) -> str:
    """The key, with the key above it where that makes it clear."""
    names = [str(step) for step in location if isinstance(step, str)]
    return f"`{'.'.join(names[-2:])}`" if names else "the file"


def _in_words(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, Sequence) else "a mapping"


def _unknown_word(location: Location, value: object, known: list[str]) -> str:
    if not known:
        return f"{_named(location)} must be `true`"
    if not isinstance(value, str):
        return f"{_named(location)} must be one of {', '.join(known)}, not {_in_words(value)}"
    return f"unknown {location[-1] if location else 'word'} {value!r}{hint(value, known)}"


def _own_message(message: str) -> str:
    """A validator of ours may append the words known, parted by bars, and gets the nearest."""
    said, *known = message.split("|")
    word = re.search(r"'([^']*)'", said)
    return f"{said}{hint(word[1], known)}" if word and known else message
