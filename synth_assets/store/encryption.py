"""Files encrypted and authenticated in chunks: AES-256-GCM, seekable for reading, streaming for writing.

The layout is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): a header, then chunks of 1 MiB of
content, each followed by its tag. A chunk's nonce is the header's random prefix, the chunk's index, and a flag that
is set on the last chunk only; its associated data is the whole header and the file's path inside the store. So a file
that is truncated, extended, reordered or moved to another path no longer authenticates. Every file has a key of its
own, derived by HKDF from the store's key and the header's random salt.
"""

import hashlib
import io
import os
import struct
import threading
from collections import OrderedDict
from typing import IO, TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from synth_assets.store.errors import ArtifactDamaged, StoreKeyMismatch, StoreUnavailable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CHUNK_BYTES = 1 << 20
KEY_BYTES = 32
_MAGIC = b"SYNA"
_VERSION = 1
_TAG_BYTES = 16
_HEADER = struct.Struct(">4sB8s32s7s")  # magic, version, key id, salt, nonce prefix
_MOST_CHUNKS = 1 << 32
_CACHED_CHUNKS = 4


def derive(key: bytes, purpose: str, *, salt: bytes | None = None, length: int = KEY_BYTES) -> bytes:
    """A key for one purpose, by HKDF-SHA-256 (RFC 5869)."""
    purpose_bytes = f"synth-assets {purpose}".encode()
    return bytes(HKDF(algorithm=SHA256(), length=length, salt=salt, info=purpose_bytes).derive(key))


def key_id(key: bytes) -> bytes:
    """8 bytes that tell keys apart without telling anything of them."""
    return derive(key, "key id", length=8)


class _Cipher:
    """The chunks of one file."""

    def __init__(self, key: bytes, header: bytes, path: str) -> None:
        salt: bytes
        _, _, _, salt, nonce_prefix = _HEADER.unpack(header)
        self._nonce_prefix: bytes = nonce_prefix
        self._aead = AESGCM(derive(key, "file", salt=salt))
        self._associated = header + path.encode()

    def _nonce(self, index: int, final: bool) -> bytes:
        return self._nonce_prefix + struct.pack(">IB", index, final)

    def encrypt(self, index: int, content: bytes, *, final: bool) -> bytes:
        return self._aead.encrypt(self._nonce(index, final), content, self._associated)

    def decrypt(self, index: int, content: bytes, *, final: bool) -> bytes:
        return self._aead.decrypt(self._nonce(index, final), content, self._associated)


class EncryptingWriter(io.RawIOBase):
    """Encrypts what is written to it into `target`; only `finish` makes it a whole file. Closing closes nothing else.

    Attributes:
        salt: The file's random salt: names exactly this writing of the file.
        size: Bytes of the encrypted file, final after `finish`.
    """

    def __init__(self, target: IO[bytes], *, key: bytes, path: str) -> None:
        super().__init__()
        self._target = target
        self._path = path
        self.salt = os.urandom(32)
        self.size = 0
        header = _HEADER.pack(_MAGIC, _VERSION, key_id(key), self.salt, os.urandom(7))
        self._cipher = _Cipher(key, header, path)
        self._content = hashlib.sha256()
        self._buffer = bytearray()
        self._index = 0
        self._position = 0
        self._put(header)

    @property
    def content_digest(self) -> str:
        """SHA-256 of the content so far, in hex."""
        return self._content.hexdigest()

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, content: "ReadableBuffer", /) -> int:
        view = memoryview(content).cast("B")
        self._content.update(view)
        self._buffer += view
        self._position += len(view)
        # A full buffer waits for the byte after it: only then is it known not to be the last chunk.
        while len(self._buffer) > CHUNK_BYTES:
            self._write_chunk(bytes(self._buffer[:CHUNK_BYTES]), final=False)
            del self._buffer[:CHUNK_BYTES]
        return len(view)

    def finish(self) -> None:
        """Write the last chunk."""
        self._write_chunk(bytes(self._buffer), final=True)
        self._buffer.clear()

    def _write_chunk(self, content: bytes, *, final: bool) -> None:
        if self._index >= _MOST_CHUNKS:
            raise StoreUnavailable(self._path, "a file holds at most 4 PiB")
        self._put(self._cipher.encrypt(self._index, content, final=final))
        self._index += 1

    def _put(self, encrypted: bytes) -> None:
        try:
            self._target.write(encrypted)
        except OSError as error:
            raise StoreUnavailable(self._path, error.strerror or type(error).__name__) from error
        self.size += len(encrypted)


class DecryptingReader(io.RawIOBase):
    """Reads an encrypted file as if it were plain: seekable, decrypting only the chunks that are asked for.

    The last chunk is authenticated on opening, and with it the file's length. Safe to share between threads.

    Attributes:
        size: Bytes of the content.
        salt: The salt that the file was written with.

    Raises:
        StoreKeyMismatch: Another key wrote the file.
        ArtifactDamaged: On opening or reading: anything in the file is not as it was written.
    """

    def __init__(self, source: IO[bytes], *, source_size: int, key: bytes, path: str) -> None:
        super().__init__()
        self._source = source
        self._path = path
        self._lock = threading.Lock()
        self._position = 0
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        header = source.read(_HEADER.size)
        if len(header) < _HEADER.size or source_size < _HEADER.size + _TAG_BYTES:
            raise ArtifactDamaged(path, "it is truncated")
        magic, version, written_by, self.salt, _ = _HEADER.unpack(header)
        if magic != _MAGIC or version != _VERSION:
            raise ArtifactDamaged(path, "it is not a file of this store")
        if written_by != key_id(key):
            raise StoreKeyMismatch(path)
        self._cipher = _Cipher(key, header, path)
        body = source_size - _HEADER.size
        self._chunks = -(-body // (CHUNK_BYTES + _TAG_BYTES))
        self.size = body - self._chunks * _TAG_BYTES
        self._chunk(self._chunks - 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, target: "WriteableBuffer", /) -> int:
        view = memoryview(target).cast("B")
        with self._lock:
            wanted = max(0, min(len(view), self.size - self._position))
            done = 0
            while done < wanted:
                index, offset = divmod(self._position, CHUNK_BYTES)
                piece = self._chunk(index)[offset : offset + wanted - done]
                view[done : done + len(piece)] = piece
                done += len(piece)
                self._position += len(piece)
            return done

    def _chunk(self, index: int) -> bytes:
        if index in self._cache:
            self._cache.move_to_end(index)
            return self._cache[index]
        self._source.seek(_HEADER.size + index * (CHUNK_BYTES + _TAG_BYTES))
        encrypted = self._source.read(CHUNK_BYTES + _TAG_BYTES)
        try:
            content = self._cipher.decrypt(index, encrypted, final=index == self._chunks - 1)
        except InvalidTag:
            raise ArtifactDamaged(self._path, "its content is not what was written") from None
        self._cache[index] = content
        if len(self._cache) > _CACHED_CHUNKS:
            self._cache.popitem(last=False)
        return content

    def close(self) -> None:
        if not self.closed:
            self._source.close()
            super().close()
