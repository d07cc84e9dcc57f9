"""A folder of encrypted files: bytes, JSON and frames."""

import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl
import pyarrow as pa
from pydantic import JsonValue

from synth_assets.store.encryption import DecryptingReader, EncryptingWriter
from synth_assets.store.errors import ArtifactDamaged, ArtifactMissing
from synth_assets.store.files import Files
from synth_assets.store.names import encode_name
from synth_assets.store.parquet import ROW_GROUP_ROWS, FrameReader, FrameWriter


@dataclass(frozen=True)
class StoredFile:
    """What a manifest knows of one file.

    Attributes:
        size: Bytes of the encrypted file.
        salt: Hex of the random salt of its writing: no earlier writing of the same file passes for it.
        content: SHA-256 of its content, in hex.
    """

    size: int
    salt: str
    content: str


def listed_files(index: Mapping[tuple[str, ...], StoredFile]) -> list[dict[str, Any]]:
    """The files of an artifact as its manifest lists them."""
    return [{"name": list(name), **asdict(index[name])} for name in sorted(index)]


def stored_files(listed: Sequence[Mapping[str, Any]]) -> dict[tuple[str, ...], StoredFile]:
    """The files that a manifest lists, by the parts of their names."""
    return {tuple(f["name"]): StoredFile(f["size"], f["salt"], f["content"]) for f in listed}


class Folder:
    """One directory of encrypted, authenticated files (AES-256-GCM in 1 MiB chunks, seekable reading).

    Names are any text; folders nest. A file is there as a whole or not at all. Nothing is ever on disk in the clear.
    Folders of a draft can be written; those of an artifact only read.

    Raises (all reading methods):
        ArtifactMissing: There is no such file.
        ArtifactDamaged: The file is not what was written.
    """

    def __init__(
        self,
        files: Files,
        *,
        key: bytes,
        path: str,
        index: dict[tuple[str, ...], StoredFile],
        parts: tuple[str, ...] = (),
        writable: bool = False,
    ) -> None:
        self._files = files
        self._key = key
        self._path = path
        self._index = index
        self._parts = parts
        self._writable = writable

    @property
    def writable(self) -> bool:
        return self._writable

    def folder(self, name: str) -> "Folder":
        """The folder of that name inside this one; it needs no making."""
        return Folder(
            self._files,
            key=self._key,
            path=self._path,
            index=self._index,
            parts=(*self._parts, name),
            writable=self._writable,
        )

    def names(self) -> list[str]:
        """Names of the files directly in this folder, sorted."""
        return sorted(parts[-1] for parts in self._index if parts[:-1] == self._parts)

    def folder_names(self) -> list[str]:
        """Names of the folders directly in this folder that hold files, sorted."""
        depth = len(self._parts)
        return sorted({p[depth] for p in self._index if p[:depth] == self._parts and len(p) > depth + 1})

    def exists(self, name: str) -> bool:
        return (*self._parts, name) in self._index

    def write_bytes(self, name: str, content: bytes) -> None:
        with self.writer(name) as writer:
            writer.write(content)

    def read_bytes(self, name: str) -> bytes:
        with self.reader(name) as reader:
            return reader.readall()

    def write_json(self, name: str, value: JsonValue) -> None:
        """Write a value as JSON, compressed (zlib)."""
        self.write_bytes(name, zlib.compress(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()))

    def read_json(self, name: str) -> JsonValue:
        value: JsonValue = json.loads(zlib.decompress(self.read_bytes(name)))
        return value

    def write_frame(self, name: str, frame: pl.DataFrame) -> None:
        """Write a frame as Parquet: zstd, row groups of 131,072 rows."""
        with self.frame_writer(name, frame.schema) as writer:
            # A slice at a time: what is made of it on the way to the file takes as much memory again.
            for rows in frame.iter_slices(ROW_GROUP_ROWS):
                writer.write(rows)

    def read_frame(self, name: str, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The whole frame, or only the named columns, in the order named; others are not decrypted."""
        with self._frame_reader(name) as reader:
            return reader.read(columns)

    @contextmanager
    def frame_writer(self, name: str, schema: pl.Schema) -> Iterator[FrameWriter]:
        """Write a frame piece by piece: at most two row groups are held in memory."""
        # In this order: whatever fails, nothing is encoded into the target any more when it is closed.
        with self.writer(name) as target, ThreadPoolExecutor(1) as encoding:
            writer = FrameWriter(pa.PythonFile(target, mode="w"), schema, encoding=encoding)
            yield writer
            writer.close()

    def frame_batches(
        self, name: str, *, columns: Sequence[str] | None = None, rows: int = ROW_GROUP_ROWS
    ) -> Iterator[pl.DataFrame]:
        """Frames of at most `rows` rows in order; none for a frame without rows.

        The cuts depend on `rows` only, so two files of equally many rows give batches of equal heights.
        """
        with self._frame_reader(name) as reader:
            yield from reader.batches(columns, rows)

    def frame_rows(self, name: str) -> int:
        with self._frame_reader(name) as reader:
            return reader.rows

    def frame_schema(self, name: str) -> pl.Schema:
        with self._frame_reader(name) as reader:
            return reader.schema

    @contextmanager
    def writer(self, name: str) -> Iterator[EncryptingWriter]:
        """A file to write to piece by piece; after an exception there is no such file."""
        if not self._writable:
            raise io.UnsupportedOperation("an artifact that is complete cannot be written")
        parts = (*self._parts, name)
        path = self._path_of(parts)
        with self._files.writing(path) as target:
            writer = EncryptingWriter(target, key=self._key, path=path)
            yield writer
            writer.finish()
        self._index[parts] = StoredFile(size=writer.size, salt=writer.salt.hex(), content=writer.content_digest)

    def reader(self, name: str) -> DecryptingReader:
        """The file as a seekable stream of its content; the caller closes it."""
        parts = (*self._parts, name)
        path = self._path_of(parts)
        if parts not in self._index:
            raise ArtifactMissing(path)
        stored = self._index[parts]
        source, size = self._files.open(path)
        try:
            if size != stored.size:
                raise ArtifactDamaged(path, "its size is not what was written")  # noqa: TRY301 (closes the source)
            reader = DecryptingReader(source, source_size=size, key=self._key, path=path)
            if reader.salt.hex() != stored.salt:
                raise ArtifactDamaged(path, "it is another writing of the same file")  # noqa: TRY301
        except BaseException:
            source.close()
            raise
        return reader

    @contextmanager
    def _frame_reader(self, name: str) -> Iterator[FrameReader]:
        with self.reader(name) as source:
            yield FrameReader(pa.PythonFile(source, mode="r"))

    def _path_of(self, parts: tuple[str, ...]) -> str:
        return "/".join((self._path, *map(encode_name, parts)))
