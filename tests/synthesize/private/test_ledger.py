"""The privacy ledger: what is spent is written first, adds up, is never forgotten, and stops at the budget."""

from pathlib import Path

import pytest

from synth_assets.plan.private_settings import Budget, PrivatePromise
from synth_assets.plan.resources import StoreSettings
from synth_assets.refresh.retention import remove_old_artifacts
from synth_assets.store.errors import StoreKeyMismatch
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.synthesize.private.accounting import epsilon_of, rho_of_promise
from synth_assets.synthesize.private.errors import BudgetExceeded, LedgerDamaged
from synth_assets.synthesize.private.ledger import SPEND_FACT, STAGE, PrivacyLedger, Spend

PROMISE = PrivatePromise(epsilon=1.0, delta=1e-6)
BUDGET = Budget(epsilon=2.0, delta=1e-5)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"file://{tmp_path}/store", key=bytes(range(32)))


def spend(store: Store, *, budget: Budget = BUDGET) -> Spend:
    return PrivacyLedger(store, "shop").spend("visits", PROMISE, budget=budget, refresh="one")


def test_what_is_spent_adds_up_over_processes(store: Store) -> None:
    assert PrivacyLedger(store, "shop").spent(1e-5) == 0.0
    for times in (1, 2, 3):
        spend(store)
        rho = times * rho_of_promise(1.0, 1e-6)
        spent = PrivacyLedger(Store(store.url, key=bytes(range(32))), "shop").spent(1e-5)
        assert spent == pytest.approx(epsilon_of(rho, 1e-5 - times * 1e-8))
    assert [entry.table for entry in PrivacyLedger(store, "shop").entries()] == ["visits"] * 3
    assert PrivacyLedger(store, "another").spent(1e-5) == 0.0


def test_the_budget_stops_it_and_nothing_is_spent(store: Store) -> None:
    with pytest.raises(BudgetExceeded) as stopped:
        for _ in range(100):
            spend(store)
    entries = PrivacyLedger(store, "shop").entries()

    assert 3 <= len(entries) < 10
    assert stopped.value.spent == PrivacyLedger(store, "shop").spent(1e-5) <= 2.0 < stopped.value.wanted
    assert "privacy.budget.epsilon in plans/shop.yaml" in stopped.value.next_step
    spend(store, budget=Budget(epsilon=3.0, delta=1e-5))


def test_another_process_that_spends_meanwhile_is_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    write = PrivacyLedger._write
    meanwhile = Budget(epsilon=1.2, delta=1e-5)

    def write_after_another(ledger: PrivacyLedger, entry: Spend) -> None:
        monkeypatch.setattr(PrivacyLedger, "_write", write)
        spend(store, budget=meanwhile)
        write(ledger, entry)

    monkeypatch.setattr(PrivacyLedger, "_write", write_after_another)
    with pytest.raises(BudgetExceeded):
        spend(store, budget=meanwhile)

    # The one that came second took its entry back: nothing was learned for it.
    assert sorted(entry.rho > 0 for entry in PrivacyLedger(store, "shop").entries()) == [False, True]


def test_an_entry_is_there_before_anything_is_learned(store: Store) -> None:
    key = ArtifactKey("shop", "synthesizer", "visits", "ab")
    with pytest.raises(KeyboardInterrupt), store.create(key, refresh="one"):
        spend(store)
        raise KeyboardInterrupt

    assert store.find(key) is None
    assert PrivacyLedger(store, "shop").spent(1e-5) > 0.5


def test_retention_never_forgets(store: Store) -> None:
    for _ in range(3):
        spend(store)
    before = PrivacyLedger(store, "shop").spent(1e-5)

    remove_old_artifacts(store, "shop", StoreSettings(url=store.url, keep_refreshes=1))

    assert PrivacyLedger(store, "shop").spent(1e-5) == before


def test_a_missing_entry_is_missed(store: Store) -> None:
    first, second = spend(store), spend(store)
    with store.create(ArtifactKey("shop", "synthesizer", "visits", "ab"), refresh="one") as draft:
        draft.facts[SPEND_FACT] = second.id
    by_id = {artifact.key.inputs: artifact for artifact in store.artifacts("shop", stage=STAGE)}

    store.remove(by_id[second.id])
    with pytest.raises(LedgerDamaged, match="lacks 1 of its entries"):
        PrivacyLedger(store, "shop").entries()
    with pytest.raises(LedgerDamaged, match="backup"):
        spend(store)
    store.remove(by_id[first.id])
    with pytest.raises(LedgerDamaged):
        spend(store)


def test_an_entry_taken_out_from_the_middle_is_missed(store: Store) -> None:
    first = spend(store)
    spend(store)
    (artifact,) = (a for a in store.artifacts("shop", stage=STAGE) if a.key.inputs == first.id)
    store.remove(artifact)

    with pytest.raises(LedgerDamaged):
        PrivacyLedger(store, "shop").spent(1e-5)


def test_entries_are_encrypted_and_a_changed_one_is_refused(store: Store, tmp_path: Path) -> None:
    spend(store)
    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file() and "privacy" in str(path)]
    assert files
    assert all(b"visits" not in path.read_bytes() for path in files)
    with pytest.raises(StoreKeyMismatch):
        PrivacyLedger(Store(store.url, key=bytes(32)), "shop").entries()

    # Removing what is damaged, as is right elsewhere, would forget what it cost.
    for name in ("manifest", "spent.json"):
        (changed,) = (path for path in files if path.name == name)
        stands = changed.read_bytes()
        changed.write_bytes(stands[:-20] + bytes([stands[-20] ^ 1]) + stands[-19:])
        with pytest.raises(LedgerDamaged, match=r"damaged entry.*backup"):
            spend(store)
        changed.write_bytes(stands)
    assert spend(store)
