"""Any name as one part of a path: percent-encoded, never too long, apart even where upper and lower case are one."""

import hashlib
from urllib.parse import quote

_MOST_CHARACTERS = 120


def encode_name(name: str) -> str:
    """One path part for a name; different names have different parts on every file system.

    Plain lower-case names stay as they are. Others are percent-encoded, and where that is long or has upper-case
    letters, `~` and a digest of the name follow.
    """
    encoded = quote(name, safe="").replace("~", "%7E")
    if encoded.startswith("."):
        encoded = "%2E" + encoded[1:]
    if len(encoded) > _MOST_CHARACTERS or name != name.lower() or not name:
        short = encoded[:_MOST_CHARACTERS]
        encoded = f"{short}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return encoded
