"""The verdict: the signed outcome of validation, tied to exactly the rows that it judged."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field, JsonValue

from synth_assets.catalog.model import Value


class Severity(StrEnum):
    """What a failed check does: an error blocks publishing, a warning is reported."""

    ERROR = "error"
    WARN = "warn"


class CheckResult(Value):
    """One thing that was checked."""

    name: str = Field(description="snake_case, unique within its table, e.g. 'fidelity_shape'.")
    table: str | None = Field(description="None for a check of the whole dataset.")
    column: str | None = None
    family: str = Field(description="'expectations', 'fidelity', 'privacy', 'integrity' or 'bias'.")
    passed: bool
    severity: Severity = Severity.ERROR
    value: float | None = Field(default=None, description="The figure; None with passed=False: not computed.")
    threshold: float | None = None
    description: str = Field(description="What was checked and what came out, in plain words; never a real value.")
    remedy: str = Field(default="", description="What to do when it failed.")
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class Verdict(Value):
    """The outcome for one dataset."""

    dataset: str
    refresh: str
    fingerprint: str = Field(description="Of all judged rows: `dataset_fingerprint`.")
    passed: bool = Field(description="No check of severity error failed.")
    checks: tuple[CheckResult, ...]
    figures: dict[str, float] = Field(description="The dataset's summary figures by name.")
    let_through: tuple[str, ...] = Field(default=(), description="What real values the plan lets through, a line each.")
    signature: str = Field(default="", description="HMAC of everything above by the store's key.")

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        return tuple(c for c in self.checks if not c.passed and c.severity is Severity.ERROR)

    def signed_content(self) -> bytes:
        """The bytes that the signature covers."""
        return self.model_copy(update={"signature": ""}).model_dump_json().encode()


def dataset_fingerprint(tables: Mapping[str, str]) -> str:
    """SHA-256 over the fingerprints of all tables of a dataset, by table name."""
    digest = hashlib.sha256()
    for name in sorted(tables):
        digest.update(f"{len(name)}:{name}={tables[name]};".encode())
    return digest.hexdigest()
