"""What is stored comes back exactly, and anything else is refused."""

import io
from collections.abc import Callable

import pytest

from synth_assets.store.encryption import CHUNK_BYTES, DecryptingReader, EncryptingWriter
from synth_assets.store.errors import ArtifactDamaged, StoreKeyMismatch

KEY = bytes(range(32))
HEADER = 52
STORED_CHUNK = CHUNK_BYTES + 16


def encrypt(content: bytes, *, key: bytes = KEY, path: str = "a/b") -> bytes:
    target = io.BytesIO()
    writer = EncryptingWriter(target, key=key, path=path)
    for start in range(0, len(content), 300_001):
        writer.write(content[start : start + 300_001])
    writer.finish()
    assert writer.size == len(target.getvalue())
    return target.getvalue()


def reader(stored: bytes, *, key: bytes = KEY, path: str = "a/b") -> DecryptingReader:
    return DecryptingReader(io.BytesIO(stored), source_size=len(stored), key=key, path=path)


def content_of(size: int) -> bytes:
    return (b"0123456789abcdef-" * (size // 17 + 1))[:size]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3_500_000])
def test_round_trip(size: int) -> None:
    content = content_of(size)
    stored = encrypt(content)
    assert size < 40 or content[:40] not in stored
    with reader(stored) as opened:
        assert opened.size == size
        assert opened.readall() == content


def test_seeks_and_reads_across_chunks() -> None:
    content = content_of(3_500_000)
    with reader(encrypt(content)) as opened:
        for start, length in [(3_400_000, 500_000), (0, 10), (CHUNK_BYTES - 5, 10), (2 * CHUNK_BYTES, CHUNK_BYTES)]:
            opened.seek(start)
            assert opened.read(length) == content[start : start + length]
        assert opened.seek(-7, io.SEEK_END) == 3_500_000 - 7
        assert opened.read() == content[-7:]


def test_the_same_content_never_looks_the_same() -> None:
    assert encrypt(b"x")[HEADER:] != encrypt(b"x")[HEADER:]


def flip(position: int) -> Callable[[bytes], bytes]:
    return lambda stored: stored[:position] + bytes([stored[position] ^ 1]) + stored[position + 1 :]


def swap_first_chunks(stored: bytes) -> bytes:
    first, second = HEADER + STORED_CHUNK, HEADER + 2 * STORED_CHUNK
    return stored[:HEADER] + stored[first:second] + stored[HEADER:first] + stored[second:]


@pytest.mark.parametrize(
    "tamper",
    [
        flip(0),
        flip(4),
        flip(20),
        flip(50),
        flip(HEADER),
        flip(HEADER + STORED_CHUNK + 99),
        flip(-1),
        lambda s: s[:-1],
        lambda s: s[: HEADER + 2 * STORED_CHUNK],
        lambda s: s[: HEADER + STORED_CHUNK],
        lambda s: s[:HEADER],
        lambda s: s[:10],
        lambda s: b"",
        lambda s: s + b"\0",
        lambda s: s + s[HEADER : HEADER + STORED_CHUNK],
        lambda s: s[:HEADER] + s[HEADER + STORED_CHUNK :],
        swap_first_chunks,
        lambda s: encrypt(content_of(3_000_000))[:HEADER] + s[HEADER:],
    ],
)
def test_tampering_is_refused(tamper: Callable[[bytes], bytes]) -> None:
    tampered = tamper(encrypt(content_of(3_000_000)))
    with pytest.raises(ArtifactDamaged), reader(tampered) as opened:
        opened.readall()


def test_another_path_is_refused() -> None:
    with pytest.raises(ArtifactDamaged):
        reader(encrypt(b"rows", path="a/b"), path="a/c")


def test_another_key_is_named_as_such() -> None:
    with pytest.raises(StoreKeyMismatch):
        reader(encrypt(b"rows"), key=bytes(32))


def test_an_unfinished_file_is_refused() -> None:
    target = io.BytesIO()
    writer = EncryptingWriter(target, key=KEY, path="a/b")
    writer.write(content_of(CHUNK_BYTES * 2 + 1))
    with pytest.raises(ArtifactDamaged):
        reader(target.getvalue())
