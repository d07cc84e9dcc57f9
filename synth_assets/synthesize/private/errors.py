"""What learning with differential privacy refuses."""

from synth_assets.errors import SynthAssetsError


class BudgetExceeded(SynthAssetsError):
    """Learning a table once more would spend more than the plan's budget.

    Attributes:
        spent: Epsilon spent so far, at the budget's delta.
        wanted: Epsilon that it would be afterwards.
        budget: The plan's.
    """

    def __init__(self, dataset: str, table: str, *, spent: float, wanted: float, budget: float, delta: float) -> None:
        self.dataset = dataset
        self.table = table
        self.spent = spent
        self.wanted = wanted
        self.budget = budget
        super().__init__(
            f"The privacy budget of {dataset!r} does not suffice to learn {table}: epsilon {spent:.3f} of {budget:g} "
            f"is spent (at delta {delta:g}), and {wanted:.3f} would be.",
            untouched="Nothing of the table was learned, and nothing was spent or published.",
            next_step=f"Raise privacy.budget.epsilon in plans/{dataset}.yaml knowingly, or go on with the rows that "
            "are published: they cost nothing more.",
        )


class LedgerDamaged(SynthAssetsError):
    """Something that was spent is no longer in the ledger, or not as it was written.

    Attributes:
        missing: How many entries are known to be gone; None if one is there, but damaged.
    """

    def __init__(self, dataset: str, missing: int | None) -> None:
        self.dataset = dataset
        self.missing = missing
        lost = "has a damaged entry" if missing is None else f"lacks {missing} of its entries"
        super().__init__(
            f"The privacy ledger of {dataset!r} {lost}: what was spent is not known.",
            untouched="Nothing was learned or published.",
            next_step="Bring the store's folder of the privacy ledger back from a backup.",
        )


class NoiseTooWide(SynthAssetsError):
    """So much noise is asked for that it cannot be drawn exactly enough."""

    def __init__(self) -> None:
        super().__init__(
            "The noise that this promise asks for is too wide to be drawn exactly.",
            untouched="Nothing was published; what was to be spent is spent.",
            next_step="Give the table a larger epsilon or delta, or fewer rows_per_entity, in the plan.",
        )


class ModelUnknown(SynthAssetsError):
    """A saved model has a version that this release does not know."""

    def __init__(self, version: object) -> None:
        super().__init__(
            f"The saved private model has version {version}, which this release does not read.",
            untouched="Nothing was generated.",
            next_step="Refresh with the release that made the model, or have the table learned anew.",
        )
