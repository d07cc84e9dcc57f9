"""The store of artifacts: encrypted folders with an authenticated manifest that is written last.

Every draft of an artifact is written into a folder of its own; the manifest names the one that counts. Two processes
that make the same artifact at once therefore never mix, and the last to commit wins.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import inf
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from synth_assets.failpoints import reached
from synth_assets.store.encryption import KEY_BYTES, derive
from synth_assets.store.errors import (
    ArtifactDamaged,
    DatasetBusy,
    RekeyUnfinished,
    StoreKeyMismatch,
    StoreKeyRefused,
)
from synth_assets.store.files import open_files
from synth_assets.store.folder import Folder, StoredFile, listed_files, stored_files
from synth_assets.store.identity import read_identity
from synth_assets.store.layout import LATEST, MANIFEST, bases, drafts, new_draft, place_of, places
from synth_assets.store.names import encode_name
from synth_assets.store.records import Records

_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class ArtifactKey:
    """What an artifact is.

    Attributes:
        stage: 'snapshot', 'profile', 'synthesizer', 'synthetic', 'verdict', ...
        table: None for an artifact of the whole dataset.
        inputs: Hex digest of everything that it was made from.
    """

    dataset: str
    stage: str
    table: str | None
    inputs: str


@dataclass(frozen=True)
class Artifact:
    """A complete artifact.

    Attributes:
        fingerprint: HMAC-SHA-256 by the store's identity over the names and contents of its files, in hex: equal
            contents have equal fingerprints in one store, and nobody without the key can try out what a content was.
        folder: Its files, for reading.
        facts: Small JSON, never real values.
        refresh: The refresh that made it.
    """

    key: ArtifactKey
    fingerprint: str
    folder: Folder
    facts: Mapping[str, JsonValue]
    created: datetime
    refresh: str


class Draft:
    """An artifact in the making.

    Attributes:
        folder: Write its files here.
        facts: Fill in small JSON, never real values.
    """

    def __init__(self, key: ArtifactKey, folder: Folder) -> None:
        self.key = key
        self.folder = folder
        self.facts: dict[str, JsonValue] = {}
        self._artifact: Artifact | None = None

    @property
    def artifact(self) -> Artifact:
        """The complete artifact; RuntimeError before the draft was committed."""
        if self._artifact is None:
            raise RuntimeError("the draft is not committed yet")
        return self._artifact

    def committed(self, artifact: Artifact) -> None:
        self._artifact = artifact


class Store:
    """Encrypted artifacts at an fsspec URL.

    Args:
        url: `file:///...`, `memory://...`, or any other URL that fsspec writes to.
        key: 32 bytes.

    Raises:
        StoreKeyRefused: The key is not 32 bytes.
        StoreUnavailable: The URL cannot be used.
    """

    def __init__(self, url: str, *, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise StoreKeyRefused(f"The store's key must have {KEY_BYTES} bytes.")
        self.url = url
        self._key = key
        self._files = open_files(url)
        self._records = Records(self._files, key=key)

    @cached_property
    def _identity(self) -> bytes:
        return read_identity(self._files, key=self._key)

    @property
    def has_locks(self) -> bool:
        """Whether `refreshing` keeps others away: not on object storage."""
        return self._files.has_locks

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the store's key from being changed meanwhile, beside others that do.

        Raises:
            RekeyUnfinished: It is being changed, or that was interrupted.
            StoreKeyMismatch: It was changed.
        """
        with self._files.in_use(alone=False) as held:
            if not held:
                raise RekeyUnfinished
            read_identity(self._files, key=self._key)
            yield

    @contextmanager
    def refreshing(self, dataset: str, *, patience: float) -> Iterator[None]:
        """Keep other refreshes of the dataset away until the block ends or the process does.

        Object storage has no locks: there, nobody is kept away.

        Args:
            patience: Seconds to wait for another refresh to end.

        Raises:
            DatasetBusy: Another one is still at work.
        """
        with self._held(f"refresh.{dataset}", alone=True, patience=patience) as held:
            if not held:
                raise DatasetBusy(dataset, patience)
            yield

    def remove_dead_drafts(self, dataset: str) -> int:
        """Remove what killed processes left behind, unless any process has a draft in the making; how many folders.

        Where there are no locks nobody knows whether one has, and nothing is removed: see `remove_leftovers`.
        """
        if not self.has_locks:
            return 0
        with self._files.in_use(alone=True, what=f"drafts.{dataset}") as held:
            return self.remove_leftovers(dataset, older_than=timedelta(0)) if held else 0

    @contextmanager
    def _in_the_making(self, dataset: str) -> Iterator[None]:
        """While it lasts, no draft of the dataset is taken for a dead one's."""
        # Whoever holds it alone is removing dead drafts, which takes a moment.
        with self._held(f"drafts.{dataset}", alone=False, patience=inf):
            yield

    @contextmanager
    def _held(self, what: str, *, alone: bool, patience: float) -> Iterator[bool]:
        began = time.monotonic()
        while True:
            with self._files.in_use(alone=alone, what=what) as held:
                if held or time.monotonic() - began >= patience:
                    yield held
                    return
            time.sleep(_PAUSE_SECONDS)

    def __repr__(self) -> str:
        return f"Store({self.url!r})"

    def find(self, key: ArtifactKey) -> Artifact | None:
        """The artifact if it is complete, else None. Contents are authenticated when they are read.

        Raises:
            ArtifactDamaged: Its manifest or the size of a file is not what was written.
            StoreKeyMismatch: Another key wrote it.
        """
        return self._load(_path_of(key))

    @contextmanager
    def create(self, key: ArtifactKey, *, refresh: str) -> Iterator[Draft]:
        """Make an artifact: a clean exit commits it and makes it the latest, an exception removes all of it."""
        with self.in_use(), self._in_the_making(key.dataset):
            yield from self._making(key, refresh)

    def _making(self, key: ArtifactKey, refresh: str) -> Iterator[Draft]:
        identity = self._identity
        base = _path_of(key)
        attempt = new_draft()
        index: dict[tuple[str, ...], StoredFile] = {}
        path = f"{base}/{attempt}"
        draft = Draft(key, Folder(self._files, key=self._key, path=path, index=index, writable=True))
        try:
            yield draft
            reached("store.written")
            replaced = self._readable_attempt(base)
            self._records.write(f"{base}/{MANIFEST}", _manifest(draft, attempt, index, refresh, identity))
        except BaseException:
            self._files.remove_folder(path)
            raise
        reached("store.committed")
        if replaced is not None:
            self._files.remove_folder(f"{base}/{replaced}")
        self._write_latest(key)
        artifact = self.find(key)
        if artifact is None:
            raise ArtifactDamaged(base, "it vanished while it was committed")
        draft.committed(artifact)

    def latest(self, dataset: str, stage: str, table: str | None) -> Artifact | None:
        """The artifact last created or chosen by `use`; raises as `find` does."""
        path = f"{place_of(dataset, stage, table)}/{LATEST}"
        if self._files.size(path) is None:
            return None
        return self.find(ArtifactKey(dataset, stage, table, str(self._records.read(path)["inputs"])))

    def use(self, artifact: Artifact) -> None:
        """Make a reused artifact the latest again."""
        self._write_latest(artifact.key)

    def artifacts(self, dataset: str, *, stage: str | None = None) -> list[Artifact]:
        """Every complete artifact of a dataset, the oldest first; raises as `find` does."""
        found = [self._load(base) for base in bases(self._files, dataset=dataset, stage=stage)]
        return sorted((a for a in found if a is not None), key=lambda a: a.created)

    def remove(self, artifact: Artifact) -> None:
        """Remove an artifact; it is then no longer the latest either."""
        base = _path_of(artifact.key)
        place = place_of(artifact.key.dataset, artifact.key.stage, artifact.key.table)
        self._files.remove_file(f"{base}/{MANIFEST}")
        self._files.remove_folder(base)
        pointer = f"{place}/{LATEST}"
        if self._files.size(pointer) is not None and self._records.read(pointer)["inputs"] == artifact.key.inputs:
            self._files.remove_file(pointer)

    def remove_leftovers(self, dataset: str, *, older_than: timedelta, stage: str | None = None) -> int:
        """Remove what killed processes left behind and nobody wrote to for a while; returns how many folders."""
        before = datetime.now(UTC) - older_than
        removed = 0
        for place in places(self._files, dataset=dataset, stage=stage):
            self._files.remove_unfinished(place, before=before)
        for base in bases(self._files, dataset=dataset, stage=stage):
            self._files.remove_unfinished(base, before=before)
            in_place = self._attempt_in_place(base)
            for attempt in drafts(self._files, base):
                if attempt != in_place and self._files.modified(f"{base}/{attempt}") < before:
                    self._files.remove_folder(f"{base}/{attempt}")
                    removed += 1
        return removed

    def derive_key(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, by HKDF; it stays when the store's key is changed."""
        return derive(self._identity, f"purpose {purpose}")

    def sign(self, content: bytes) -> str:
        """HMAC-SHA-256 of the content, in hex."""
        return hmac.new(derive(self._identity, "signature"), content, hashlib.sha256).hexdigest()

    def is_signed(self, content: bytes, signature: str) -> bool:
        return hmac.compare_digest(self.sign(content).encode(), signature.encode())

    def _load(self, base: str) -> Artifact | None:
        path = f"{base}/{MANIFEST}"
        if self._files.size(path) is None:
            return None
        manifest = self._records.read(path)
        attempt = f"{base}/{manifest['attempt']}"
        index = stored_files(manifest["files"])
        for name, stored in index.items():
            file_path = "/".join((attempt, *map(encode_name, name)))
            size = self._files.size(file_path)
            if size is None:
                # Another process may have put its own artifact here meanwhile.
                return self._load(base) if self._attempt_in_place(base) not in (None, manifest["attempt"]) else None
            if size != stored.size:
                raise ArtifactDamaged(file_path, "its size is not what was written")
        return Artifact(
            key=ArtifactKey(**manifest["key"]),
            fingerprint=manifest["fingerprint"],
            folder=Folder(self._files, key=self._key, path=attempt, index=index),
            facts=MappingProxyType(manifest["facts"]),
            created=datetime.fromisoformat(manifest["created"]),
            refresh=manifest["refresh"],
        )

    def _attempt_in_place(self, base: str) -> str | None:
        path = f"{base}/{MANIFEST}"
        return None if self._files.size(path) is None else str(self._records.read(path)["attempt"])

    def _readable_attempt(self, base: str) -> str | None:
        """The attempt in place; None too if its manifest is damaged: making an artifact anew heals it."""
        try:
            return self._attempt_in_place(base)
        except (ArtifactDamaged, StoreKeyMismatch):
            return None

    def _write_latest(self, key: ArtifactKey) -> None:
        self._records.write(f"{place_of(key.dataset, key.stage, key.table)}/{LATEST}", {"inputs": key.inputs})


def _manifest(
    draft: Draft, attempt: str, index: Mapping[tuple[str, ...], StoredFile], refresh: str, identity: bytes
) -> dict[str, Any]:
    files = listed_files(index)
    contents = json.dumps([[f["name"], f["content"]] for f in files]).encode()
    return {
        "key": asdict(draft.key),
        "fingerprint": hmac.new(derive(identity, "fingerprint"), contents, hashlib.sha256).hexdigest(),
        "attempt": attempt,
        "files": files,
        "facts": draft.facts,
        "created": datetime.now(UTC).isoformat(),
        "refresh": refresh,
    }


def _path_of(key: ArtifactKey) -> str:
    return f"{place_of(key.dataset, key.stage, key.table)}/{encode_name(key.inputs)}"
