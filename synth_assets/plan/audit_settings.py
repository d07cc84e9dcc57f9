"""What a plan may say of the audit: what is asked of loaded tables before they are made live."""

from pydantic import Field

from synth_assets.catalog.model import Value

SUITES_ABOVE = 1_000_000


class AuditSettings(Value):
    """`audit: {suites_above: 100000}`."""

    suites_above: int | None = Field(
        default=SUITES_ABOVE,
        ge=0,
        description="Tables of more rows have their expectations evaluated by the target, too, as SQL over the loaded "
        "rows, before these are made live; null: no table has.",
    )
