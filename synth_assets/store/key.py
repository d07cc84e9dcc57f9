"""The store's key: 32 bytes, from hex, base64 or a passphrase."""

import base64
import binascii
import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from synth_assets.plan.resources import StoreSettings
from synth_assets.store.encryption import KEY_BYTES
from synth_assets.store.errors import StoreKeyRefused

_FEWEST_CHARACTERS = 12
# The same passphrase must open the store on every machine, so the salt is the product's, not the store's.
_SALT = b"synth-assets store key"
_SCRYPT_COST = 1 << 16  # 64 MiB and about 0.2 s for each guess


def random_key() -> bytes:
    """A new key of 32 random bytes."""
    return os.urandom(KEY_BYTES)


def read_store_key(settings: StoreSettings, environ: Mapping[str, str]) -> bytes:
    """The key that the settings name, 32 bytes.

    Raises:
        MissingVariable: Its environment variable is not set.
        KeyCommandFailed: The command that prints it did not.
        StoreKeyRefused: It is a passphrase of fewer than 12 characters.
    """
    return parse_key(settings.resolve_key(environ))


def read_old_store_key(settings: StoreSettings, environ: Mapping[str, str]) -> bytes:
    """The key before, for changing it; raises as `read_store_key` does."""
    return parse_key(settings.resolve_old_key(environ))


def parse_key(text: str) -> bytes:
    """32 bytes from 64 hex digits, from base64 of 32 bytes, or from any other text as a passphrase, by scrypt.

    Raises:
        StoreKeyRefused: It is a passphrase of fewer than 12 characters.
    """
    text = text.strip()
    for decode in (_from_hex, _from_base64):
        key = decode(text)
        if key is not None:
            return key
    if len(text) < _FEWEST_CHARACTERS:
        raise StoreKeyRefused(
            f"The store's key is a passphrase of fewer than {_FEWEST_CHARACTERS} characters.",
            untouched="Nothing was read or written.",
            next_step="Use a random key, for example the output of `openssl rand -base64 32`.",
        )
    return Scrypt(salt=_SALT, length=KEY_BYTES, n=_SCRYPT_COST, r=8, p=1).derive(text.encode())


def _from_hex(text: str) -> bytes | None:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None


def _from_base64(text: str) -> bytes | None:
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None
