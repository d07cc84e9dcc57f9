"""Small encrypted JSON files of a store: manifests, pointers, the store's identity."""

import json
from typing import Any

from synth_assets.store.encryption import DecryptingReader, EncryptingWriter
from synth_assets.store.files import Files


class Records:
    """The records of a store under one key.

    Raises (`read`):
        ArtifactMissing: There is no such file.
        ArtifactDamaged: It is not what was written.
        StoreKeyMismatch: Another key wrote it.
    """

    def __init__(self, files: Files, *, key: bytes) -> None:
        self._files = files
        self._key = key

    def exists(self, path: str) -> bool:
        return self._files.size(path) is not None

    def write(self, path: str, record: dict[str, Any]) -> None:
        with self._files.writing(path) as target:
            writer = EncryptingWriter(target, key=self._key, path=path)
            writer.write(json.dumps(record).encode())
            writer.finish()

    def read(self, path: str) -> dict[str, Any]:
        source, size = self._files.open(path)
        with source, DecryptingReader(source, source_size=size, key=self._key, path=path) as reader:
            record: dict[str, Any] = json.loads(reader.readall())
        return record
