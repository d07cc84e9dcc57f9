"""Which tables in a database are this product's own."""

OWN_PREFIX = "synth_assets_"
MARKER_TABLE = "synth_assets_target"  # where marker and ledger are tables beside the target's own


def is_own_table(name: str) -> bool:
    """Whether a table is one of the product's ledgers and markers, and so no part of any dataset."""
    return name.lower().startswith(OWN_PREFIX)
