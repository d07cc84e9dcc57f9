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
    """

    schema: Any

    def __get_pydantic_json_schema__(self, whole: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"if": self.schema, "else": handler(whole)}


TEXT = Short({"type": "string"})
YES = Short({"const": True})
TEXT_OR_YES = Short({"anyOf": [TEXT.schema, YES.schema]})
