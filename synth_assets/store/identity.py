"""The identity of a store: the secret that signatures, fingerprints and pseudonyms come from.

It comes from the key that the store was made with, so that two stores of one key give the same pseudonyms. It lies in
the store, encrypted: when the key is changed, it stays, and with it every verdict and every pseudonym.
"""

from synth_assets.store.encryption import derive
from synth_assets.store.errors import IdentityMissing, RekeyUnfinished
from synth_assets.store.files import Files
from synth_assets.store.layout import IDENTITY, MANIFEST, bases
from synth_assets.store.records import Records


def read_identity(files: Files, *, key: bytes) -> bytes:
    """The identity, 32 bytes; an empty store is given one.

    Raises:
        IdentityMissing: There are artifacts, but the identity that they belong to is gone.
        RekeyUnfinished: The store's key is being changed.
        StoreKeyMismatch, ArtifactDamaged: It cannot be read.
    """
    # Looked at in this order, another process may begin the store meanwhile: it writes the identity first.
    begun = _is_missing(files) and any(files.size(f"{base}/{MANIFEST}") is not None for base in bases(files))
    if not _is_missing(files):
        identity, settled = open_identity(files, key=key)
        if not settled:
            raise RekeyUnfinished
        return identity
    if begun:
        raise IdentityMissing(IDENTITY)
    identity = derive(key, "identity")
    write_identity(files, identity, key=key, settled=True)
    return identity


def open_identity(files: Files, *, key: bytes) -> tuple[bytes, bool]:
    """The identity that is there, and whether everything else in the store has the same key."""
    record = Records(files, key=key).read(IDENTITY)
    return bytes.fromhex(record["identity"]), bool(record["settled"])


def write_identity(files: Files, identity: bytes, *, key: bytes, settled: bool) -> None:
    """Put the identity under a key."""
    Records(files, key=key).write(IDENTITY, {"identity": identity.hex(), "settled": settled})


def _is_missing(files: Files) -> bool:
    return files.size(IDENTITY) is None
