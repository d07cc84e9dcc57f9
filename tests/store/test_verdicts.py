"""Only the newest verdict on exactly the rows counts, and only with this store's signature."""

from pathlib import Path

import pytest

from synth_assets.store.errors import VerdictUnsigned
from synth_assets.store.store import ArtifactKey, Store
from synth_assets.store.verdict import CheckResult, Verdict
from synth_assets.store.verdicts import load_verdict, passing_verdict, save_verdict, sign_verdict


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"file://{tmp_path}/store", key=bytes(32))


def verdict(
    *, passed: bool = True, fingerprint: str = "f1", refresh: str = "r1", failing: bool | None = None
) -> Verdict:
    check = CheckResult(
        name="c", table=None, family="integrity", passed=passed if failing is None else not failing, description="d"
    )
    return Verdict(
        dataset="shop", refresh=refresh, fingerprint=fingerprint, passed=passed, checks=(check,), figures={"shape": 0.9}
    )


def test_a_signed_verdict_comes_back(store: Store) -> None:
    signed = sign_verdict(store, verdict())
    artifact = save_verdict(store, signed)
    assert load_verdict(store, artifact) == signed
    assert passing_verdict(store, dataset="shop", fingerprint="f1") == signed
    assert passing_verdict(store, dataset="shop", fingerprint="f2") is None
    assert passing_verdict(store, dataset="other", fingerprint="f1") is None


def test_the_newest_counts(store: Store) -> None:
    save_verdict(store, sign_verdict(store, verdict()))
    save_verdict(store, sign_verdict(store, verdict(passed=False, refresh="r2")))
    assert passing_verdict(store, dataset="shop", fingerprint="f1") is None
    save_verdict(store, sign_verdict(store, verdict(refresh="r3")))
    assert passing_verdict(store, dataset="shop", fingerprint="f1") is not None


def test_passed_with_a_failing_check_is_no_pass(store: Store) -> None:
    save_verdict(store, sign_verdict(store, verdict(passed=True, failing=True)))
    assert passing_verdict(store, dataset="shop", fingerprint="f1") is None


def test_an_unsigned_or_altered_verdict_is_refused(store: Store) -> None:
    signed = sign_verdict(store, verdict(passed=False))
    forged = signed.model_copy(update={"passed": True})
    for wrong in (verdict(), forged):
        with pytest.raises(VerdictUnsigned):
            save_verdict(store, wrong)
        with store.create(ArtifactKey("shop", "verdict", None, "00"), refresh="r1") as draft:
            draft.folder.write_bytes("verdict.json", wrong.model_dump_json().encode())
            draft.facts.update(fingerprint="f1", passed=True)
        with pytest.raises(VerdictUnsigned):
            passing_verdict(store, dataset="shop", fingerprint="f1")
