"""Stable digests of settings and fingerprints: equal inputs, equal digests, in every process."""

import hashlib
import json

from pydantic import JsonValue


def digest(*parts: JsonValue | bytes) -> str:
    """SHA-256 in hex over all parts in order; the key order of a mapping does not matter, bytes differ from text."""
    whole = hashlib.sha256()
    for part in parts:
        if isinstance(part, bytes):
            tag, content = b"b", part
        else:
            text = json.dumps(part, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
            tag, content = b"j", text.encode()
        whole.update(tag + len(content).to_bytes(8, "big") + content)
    return whole.hexdigest()
