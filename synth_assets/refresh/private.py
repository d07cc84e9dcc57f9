"""Learning private tables: what it costs is written to the ledger first, and a stored model costs nothing."""

from typing import TYPE_CHECKING

from synth_assets.catalog.model import Kind
from synth_assets.plan.private_settings import PrivatePromise
from synth_assets.refresh.inputs import RefreshInputs
from synth_assets.refresh.values import Outcome
from synth_assets.store.digest import digest
from synth_assets.store.store import Draft
from synth_assets.synthesize.private.ledger import SPEND_FACT, PrivacyLedger

if TYPE_CHECKING:
    from synth_assets.synthesize.relational.matching import Rows

_TIMES = "%Y-%m-%d %H:%M:%S"


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
        from synth_assets.synthesize.private.entities import entities_of
        from synth_assets.synthesize.private.table import fit_private_table

        budget = self.plan.budget
        if budget is None:
            raise ValueError("the plan of a private table has a budget")
        rows = self.snapshot_rows[name]
        entities = entities_of(promise, name, rows=rows, source=self._source[0])

        def fill(draft: Draft) -> None:
            ledger = PrivacyLedger(self.store, self.dataset)
            entry = ledger.spend(name, promise, budget=budget, refresh=self.refresh)
            facts = fit_private_table(
                self.structures[name],
                rows=rows,
                entities=entities,
                profile=self.profiles[name],
                key=self.store.derive_key("values seen in the source"),
                folder=draft.folder,
            )
            draft.facts.update(facts)
            draft.facts.update({SPEND_FACT: entry.id, "spent_epsilon": ledger.spent(budget.delta)})

        return self._made("synthesizer", name, self._private_inputs(name, entities), fill)

    def _private_inputs(self, name: str, entities: "Rows | None") -> str:
        """What a private model depends on: not on the release, and not on the seed, lest they cost anything."""
        from synth_assets.synthesize.private.saving import VERSION

        return digest(
            "private",
            VERSION,
            self.plan.table(name).model_copy(update={"scale": 1.0}).model_dump(mode="json"),
            self.catalog.table(name).model_dump(mode="json"),
            [key.model_dump(mode="json") for key in self.plan.foreign_keys.get(name, ())],
            self.snapshot_rows[name].fingerprint,
            # Keyed: nobody without the store's key can try out who owns which rows.
            "" if entities is None else self.store.sign(entities.tobytes()),
        )

    def public_formats(self, name: str) -> dict[str, str]:
        """How a private table's times are written where a database keeps them as text, whatever its source does."""
        columns = self.catalog.table(name).columns
        return {c.name: _TIMES for c in columns if c.type.kind is Kind.DATETIME and not c.type.timezone}
