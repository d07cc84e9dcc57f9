"""Verdicts in the store: signed when they are kept, checked when they are asked for."""

import json
from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from synth_assets.store.digest import digest
from synth_assets.store.errors import VerdictUnsigned
from synth_assets.store.store import Artifact, ArtifactKey, Store
from synth_assets.store.verdict import Verdict

STAGE = "verdict"
_FILE = "verdict.json"
_SUITES = "suites.json"


def sign_verdict(store: Store, verdict: Verdict) -> Verdict:
    """The verdict with this store's signature."""
    return verdict.model_copy(update={"signature": store.sign(verdict.signed_content())})


def save_verdict(
    store: Store,
    verdict: Verdict,
    *,
    tables: Mapping[str, str] | None = None,
    catalog: str | None = None,
    suites: Mapping[str, JsonValue] | None = None,
) -> Artifact:
    """Keep a signed verdict; every judgement is kept beside the ones before.

    Args:
        tables: Fingerprints of the judged rows by table, so that they are found again among those of other refreshes.
        catalog: The inputs by which the store knows the catalog that they go with.
        suites: The expectations by which each table was judged, for whoever asks them again of the published rows.

    Raises:
        VerdictUnsigned: The signature is not this store's.
    """
    if not store.is_signed(verdict.signed_content(), verdict.signature):
        raise VerdictUnsigned(verdict.dataset)
    key = ArtifactKey(verdict.dataset, STAGE, None, digest(verdict.model_dump(mode="json")))
    with store.create(key, refresh=verdict.refresh) as draft:
        draft.folder.write_bytes(_FILE, verdict.model_dump_json().encode())
        if suites is not None:
            draft.folder.write_json(_SUITES, dict(suites))
        draft.facts.update(fingerprint=verdict.fingerprint, passed=verdict.passed)
        draft.facts.update(tables=dict(tables or {}), catalog=catalog)
    return draft.artifact


def load_verdict(store: Store, artifact: Artifact) -> Verdict:
    """The verdict of an artifact.

    Raises:
        VerdictUnsigned: The signature is not this store's.
    """
    verdict = Verdict.model_validate(json.loads(artifact.folder.read_bytes(_FILE)))
    if not store.is_signed(verdict.signed_content(), verdict.signature):
        raise VerdictUnsigned(artifact.key.dataset)
    return verdict


def kept_verdicts(store: Store, dataset: str) -> list[tuple[Artifact, Verdict]]:
    """Every verdict on a dataset that is kept, the oldest first.

    Raises:
        VerdictUnsigned: One does not carry this store's signature.
    """
    return [(artifact, load_verdict(store, artifact)) for artifact in store.artifacts(dataset, stage=STAGE)]


def verdict_of(store: Store, dataset: str, *, refresh: str) -> Verdict | None:
    """The newest verdict that a refresh has made; None before it.

    Raises:
        VerdictUnsigned: It does not carry this store's signature.
    """
    found = [artifact for artifact in store.artifacts(dataset, stage=STAGE) if artifact.refresh == refresh]
    return load_verdict(store, found[-1]) if found else None


def passing_verdict(store: Store, *, dataset: str, fingerprint: str) -> Verdict | None:
    """The newest verdict on exactly these rows if it passed, else None: an older pass does not outweigh a later fail.

    Raises:
        VerdictUnsigned: The newest verdict does not carry this store's signature.
    """
    judged = _newest(store, dataset, fingerprint)
    if judged is None:
        return None
    verdict = load_verdict(store, judged)
    fits = verdict.dataset == dataset and verdict.fingerprint == fingerprint
    return verdict if fits and verdict.passed and not verdict.failures else None


def judged_suites(store: Store, *, dataset: str, fingerprint: str) -> Mapping[str, JsonValue]:
    """The expectations by which the newest verdict on these rows judged each table; none where they were not kept."""
    judged = _newest(store, dataset, fingerprint)
    if judged is None or not judged.folder.exists(_SUITES):
        return {}
    return cast(dict[str, JsonValue], judged.folder.read_json(_SUITES))


def _newest(store: Store, dataset: str, fingerprint: str) -> Artifact | None:
    judged = [a for a in store.artifacts(dataset, stage=STAGE) if a.facts.get("fingerprint") == fingerprint]
    return judged[-1] if judged else None
