"""Changing the key of a store: everything in it is encrypted anew, artifact by artifact.

An artifact is copied under the new key beside itself, and its manifest then names the copy: at any moment it is whole
under one key. So this may be interrupted anywhere and started again. The identity comes first, marked as not settled:
until the end, no process begins an artifact, whichever key it has.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from synth_assets.store.encryption import CHUNK_BYTES, KEY_BYTES
from synth_assets.store.errors import (
    ArtifactDamaged,
    ArtifactMissing,
    RekeyRefused,
    RekeyStopped,
    StoreKeyMismatch,
)
from synth_assets.store.files import Files, open_files
from synth_assets.store.folder import Folder, StoredFile, listed_files, stored_files
from synth_assets.store.identity import open_identity, write_identity
from synth_assets.store.layout import IDENTITY, LATEST, MANIFEST, bases, drafts, new_draft, places
from synth_assets.store.records import Records


@dataclass(frozen=True)
class Rekeyed:
    """What changing the key came to.

    Attributes:
        renewed: Artifacts that were encrypted anew.
        before: Artifacts that the new key had encrypted already.
    """

    renewed: int
    before: int


def rekey(url: str, *, old: bytes, new: bytes, progress: Callable[[int], None] = lambda _: None) -> Rekeyed:
    """Encrypt all that a store holds by another key, alone in the store.

    Object storage has no locks: there, no refresh may run meanwhile.

    Signatures, fingerprints and pseudonyms stay; unfinished drafts are removed.

    Args:
        url: The store's, as `Store` takes it.
        old: The key that it was encrypted by, 32 bytes.
        new: The key that is to open it from now on, 32 bytes.
        progress: Called with the number of artifacts that are encrypted anew so far.

    Raises:
        RekeyRefused: The keys are the same, the store is empty or in use, or neither key opens it. Nothing was changed.
        RekeyStopped: A file is damaged, or of a third key. What is done stays done.
        StoreUnavailable: The store cannot be reached or written.
    """
    if old == new:
        raise RekeyRefused("the new key is the old one", next_step="Set the store's key to the new one first.")
    files = open_files(url)
    if files.size(IDENTITY) is None:
        raise RekeyRefused(
            "there is no store to change the key of", next_step="Just use the new key: the next refresh begins a store."
        )
    with files.in_use(alone=True) as alone:
        if not alone:
            raise RekeyRefused(
                "a refresh, or another `synth-assets rekey`, is at work in the store",
                next_step="Wait until it has ended, then run `synth-assets rekey` again.",
            )
        return _Rekeying(files, old=old, new=new, progress=progress).run()


class _Rekeying:
    def __init__(self, files: Files, *, old: bytes, new: bytes, progress: Callable[[int], None]) -> None:
        if len(old) != KEY_BYTES or len(new) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._files = files
        self._old, self._new = old, new
        self._old_records, self._new_records = Records(files, key=old), Records(files, key=new)
        self._progress = progress
        self._renewed = 0

    def run(self) -> Rekeyed:
        identity = self._identity()
        write_identity(self._files, identity, key=self._new, settled=False)
        self._remove_unfinished()
        before = self._pass()
        # Again, until nothing is left: a process that had begun with the old key may have ended meanwhile.
        while self._pass() != before + self._renewed:
            pass
        write_identity(self._files, identity, key=self._new, settled=True)
        return Rekeyed(renewed=self._renewed, before=before)

    def _identity(self) -> bytes:
        for key in (self._new, self._old):
            with suppress(StoreKeyMismatch):
                return open_identity(self._files, key=key)[0]
        raise RekeyRefused(
            "neither the new key nor the old one opens the store",
            next_step="Set the old key to the one that the store was last used with.",
        )

    def _remove_unfinished(self) -> None:
        now = datetime.now(UTC)
        for folder in ("", *places(self._files), *bases(self._files)):
            self._files.remove_unfinished(folder, before=now)

    def _pass(self) -> int:
        """Renew what the old key wrote; returns how many artifacts the new key had written already."""
        there = 0
        for base in bases(self._files):
            there += self._renew_artifact(base)
        for place in places(self._files):
            path = f"{place}/{LATEST}"
            with self._stopping():
                if self._new_records.exists(path) and not self._is_new(path):
                    self._new_records.write(path, self._old_records.read(path))
        return there

    def _renew_artifact(self, base: str) -> bool:
        """Whether the new key had written it already."""
        path = f"{base}/{MANIFEST}"
        with self._stopping():
            if not self._new_records.exists(path):
                in_place, was_new = None, False
            elif self._is_new(path):
                in_place, was_new = str(self._new_records.read(path)["attempt"]), True
            else:
                in_place, was_new = self._copy(base, self._old_records.read(path)), False
        for draft in drafts(self._files, base):
            if draft != in_place:
                self._files.remove_folder(f"{base}/{draft}")
        return was_new

    def _copy(self, base: str, manifest: dict[str, Any]) -> str:
        """Copy an artifact under the new key, and let it take the place of the one under the old; returns its draft."""
        draft = new_draft()
        written = stored_files(manifest["files"])
        index: dict[tuple[str, ...], StoredFile] = {}
        source = Folder(self._files, key=self._old, path=f"{base}/{manifest['attempt']}", index=written)
        target = Folder(self._files, key=self._new, path=f"{base}/{draft}", index=index, writable=True)
        try:
            for name in written:
                with _inside(source, name).reader(name[-1]) as reader, _inside(target, name).writer(name[-1]) as writer:
                    shutil.copyfileobj(reader, writer, CHUNK_BYTES)
                if index[name].content != written[name].content:
                    raise ArtifactDamaged(f"{base}/{manifest['attempt']}", "its content is not what was written")  # noqa: TRY301
            self._new_records.write(f"{base}/{MANIFEST}", manifest | {"attempt": draft, "files": listed_files(index)})
        except BaseException:
            self._files.remove_folder(f"{base}/{draft}")
            raise
        self._renewed += 1
        self._progress(self._renewed)
        return draft

    def _is_new(self, path: str) -> bool:
        """Whether the new key wrote a record."""
        try:
            self._new_records.read(path)
        except StoreKeyMismatch:
            return False
        return True

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        try:
            yield
        except (ArtifactDamaged, ArtifactMissing, StoreKeyMismatch) as error:
            raise RekeyStopped(error.path, error.failed, renewed=self._renewed) from None


def _inside(folder: Folder, name: tuple[str, ...]) -> Folder:
    """The folder that a file lies in."""
    return reduce(Folder.folder, name[:-1], folder)
