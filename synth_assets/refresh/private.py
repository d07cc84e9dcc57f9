"""Learning private tables: what it costs is written to the ledger first, and a stored model costs nothing."""

from synth_assets.plan.private_settings import PrivatePromise
from synth_assets.refresh.inputs import RefreshInputs
from synth_assets.refresh.values import Outcome
from synth_assets.store.digest import digest
from synth_assets.store.store import Draft
from synth_assets.synthesize.private.ledger import SPEND_FACT, PrivacyLedger


class PrivateStage(RefreshInputs):
    """A refresh's private tables."""

    @property
    def spent_epsilon(self) -> float | None:
        """What learning private tables has spent so far, at the delta of the plan's budget; None without a budget.

        Raises:
            LedgerDamaged: The ledger lacks entries.
        """
        budget = self.plan.budget
        return PrivacyLedger(self.store, self.dataset).spent(budget.delta) if budget else None

    def fit_private(self, name: str, promise: PrivatePromise) -> Outcome:
        """Learn a private table, or take the model that was learned from the same rows by the same decisions.

        Raises:
            BudgetExceeded: The plan's budget does not suffice.
            LedgerDamaged: The ledger lacks entries.
        """
        from synth_assets.synthesize.private.table import fit_private_table

        budget = self.plan.budget
        if budget is None:
            raise ValueError("the plan of a private table has a budget")

        def fill(draft: Draft) -> None:
            ledger = PrivacyLedger(self.store, self.dataset)
            entry = ledger.spend(name, promise, budget=budget, refresh=self.refresh)
            facts = fit_private_table(
                self.structures[name],
                rows=self.snapshot_rows[name],
                source=self._source[0],
                profile=self.profiles[name],
                key=self.store.derive_key("values seen in the source"),
                folder=draft.folder,
            )
            draft.facts.update(facts)
            draft.facts.update({SPEND_FACT: entry.id, "spent_epsilon": ledger.spent(budget.delta)})

        return self._made("synthesizer", name, self._private_inputs(name, promise), fill)

    def _private_inputs(self, name: str, promise: PrivatePromise) -> str:
        """What a private model depends on: not on the release, and not on the seed, lest they cost anything."""
        from synth_assets.synthesize.private.saving import VERSION

        on_the_way = [name, *(key.parent for key in promise.path)]
        return digest(
            "private",
            VERSION,
            self.plan.table(name).model_copy(update={"scale": 1.0}).model_dump(mode="json"),
            self.catalog.table(name).model_dump(mode="json"),
            [key.model_dump(mode="json") for key in self.plan.foreign_keys.get(name, ())],
            [self.snapshot_rows[table].fingerprint for table in on_the_way if table in self.snapshot_rows],
        )
