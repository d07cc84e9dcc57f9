"""Short forms of settings, such as `targets: staging` for a list of one, in the JSON schema that editors and
`dg check yaml` go by.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


@dataclass(frozen=True)
class Short:
    """Beside a BeforeValidator: what it takes instead of the whole.

    `if` and `else` rather than `anyOf`: what is wrong is then told at its own place, not at the whole.

    Attributes:
        schema: By what the short form is known.
        known: What it must be besides; None: anything.
    """

    schema: Any
    known: Any = None

    def __get_pydantic_json_schema__(self, whole: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        then = {} if self.known is None else {"then": self.known}
        return {"if": self.schema, **then, "else": handler(whole)}


def unless_template(schema: Any) -> Any:
    """A schema that lets templates, which Dagster fills in before anything is checked, be what they are."""
    return {"if": {"type": "string", "pattern": r"\{\{"}, "else": schema}


def expected(schema: Any, what: str) -> Any:
    """A schema whose violation reads "'<what>' was expected", for a pattern or a list that is too long to read."""
    return unless_template({"if": schema, "else": {"const": what}})


TEXT = Short({"type": "string"})
YES = Short({"const": True})
TEXT_OR_YES = Short({"anyOf": [TEXT.schema, YES.schema]})
