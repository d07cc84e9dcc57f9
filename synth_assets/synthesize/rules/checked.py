"""That a column's type can take what its treatment makes, before anything is learned."""

from synth_assets.plan.resolved import ColumnDecision, Treatment
from synth_assets.synthesize.rules.constants import constant_column, null_column
from synth_assets.synthesize.rules.decisions import check_mask, fake_column
from synth_assets.synthesize.rules.pseudonyms import pseudonyms
from synth_assets.synthesize.rules.target import Target


def check_decision(decision: ColumnDecision, target: Target, key: bytes) -> None:
    """Raises ColumnRefused where a treatment does not go with its column."""
    match decision.treatment:
        case Treatment.NULL:
            null_column(0, target=target)
        case Treatment.CONSTANT:
            constant_column(decision.options.get("value"), 0, target=target)
        case Treatment.FAKE:
            fake_column(decision, target)
        case Treatment.MASK:
            check_mask(target)
        case Treatment.PSEUDONYMIZE:
            pseudonyms(decision, target, key)
