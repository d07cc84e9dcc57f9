"""The privacy ledger: what learning private tables has spent, over all refreshes of a dataset.

An entry is an artifact of its own: encrypted, authenticated, never removed by retention. It is written before any noise
is drawn, so that a crash can spend too much but never too little. Each names the entries that were there before it, and
each model names its own: an entry that was taken out of the store is missed.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from synth_assets.catalog.model import Value
from synth_assets.plan.private_settings import Budget, PrivatePromise
from synth_assets.store.errors import ArtifactDamaged, ArtifactMissing
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.synthesize.private.accounting import INEXACT, epsilon_of, rho_of_promise
from synth_assets.synthesize.private.errors import BudgetExceeded, LedgerDamaged

STAGE = "privacy ledger"
SPEND_FACT = "privacy_ledger_entry"
_MODELS = "synthesizer"
_FILE = "spent.json"


class Spend(Value):
    """One entry.

    Attributes:
        id: Its name.
        promise: In words.
        rho: What it costs; 0 for one that was taken back before anything was learned.
        inexact: Delta that is used up besides, for noise that is not drawn quite exactly.
        before: The entries that were there when it was written.
    """

    id: str
    table: str
    promise: str
    rho: float
    inexact: float
    refresh: str
    at: datetime
    before: tuple[str, ...]


def total_epsilon(spends: Sequence[Spend], delta: float) -> float:
    """What entries amount to at one delta, all of them together."""
    return epsilon_of(sum(spend.rho for spend in spends), delta - sum(spend.inexact for spend in spends))


class PrivacyLedger:
    """The ledger of one dataset."""

    def __init__(self, store: Store, dataset: str) -> None:
        self._store = store
        self._dataset = dataset

    def entries(self) -> tuple[Spend, ...]:
        """Everything that was spent, the oldest first.

        Raises:
            LedgerDamaged: Entries are missing, or one is not what was written. Whoever removed that one, as is done
                with other artifacts, would forget what it cost.
        """
        try:
            found = [
                Spend.model_validate(artifact.folder.read_json(_FILE))
                for artifact in self._store.artifacts(self._dataset, stage=STAGE)
            ]
        except (ArtifactDamaged, ArtifactMissing) as damage:
            raise LedgerDamaged(self._dataset, None) from damage
        known = {spend.id for spend in found}
        named = {name for spend in found for name in spend.before} | set(self._named_by_models())
        if named - known:
            raise LedgerDamaged(self._dataset, len(named - known))
        return tuple(sorted(found, key=lambda spend: (spend.at, spend.id)))

    def spent(self, delta: float) -> float:
        """Epsilon that everything together amounts to at that delta; raises as `entries` does."""
        return total_epsilon(self.entries(), delta)

    def spend(self, table: str, promise: PrivatePromise, *, budget: Budget, refresh: str) -> Spend:
        """Write down that a table is about to be learned.

        Raises:
            BudgetExceeded: It would be more than the budget; nothing is written down then.
            LedgerDamaged: See `entries`.
        """
        before = self.entries()
        entry = Spend(
            id=secrets.token_hex(16),
            table=table,
            promise=promise.text,
            rho=rho_of_promise(promise.epsilon, promise.delta),
            inexact=promise.delta * INEXACT,
            refresh=refresh,
            at=datetime.now(UTC),
            before=tuple(spend.id for spend in before),
        )
        self._check([*before, entry], entry, budget)
        self._write(entry)
        try:
            # Another process may have written one meanwhile.
            self._check(self.entries(), entry, budget)
        except BudgetExceeded:
            self._write(entry.model_copy(update={"rho": 0.0, "inexact": 0.0}))
            raise
        return entry

    def _check(self, spends: Sequence[Spend], entry: Spend, budget: Budget) -> None:
        wanted = total_epsilon(spends, budget.delta)
        if wanted > budget.epsilon:
            others = [spend for spend in spends if spend.id != entry.id]
            raise BudgetExceeded(
                self._dataset,
                entry.table,
                spent=total_epsilon(others, budget.delta),
                wanted=wanted,
                budget=budget.epsilon,
                delta=budget.delta,
            )

    def _write(self, entry: Spend) -> None:
        key = ArtifactKey(self._dataset, STAGE, None, entry.id)
        with self._store.create(key, refresh=entry.refresh) as draft:
            draft.folder.write_json(_FILE, entry.model_dump(mode="json"))

    def _named_by_models(self) -> Iterator[str]:
        for artifact in self._store.artifacts(self._dataset, stage=_MODELS):
            entry = artifact.facts.get(SPEND_FACT)
            if isinstance(entry, str):
                yield entry
