"""The version of the code that makes artifacts: a stored artifact of other code is never reused."""

import hashlib
from functools import cache
from pathlib import Path

MAKING = ("catalog", "plan", "store", "extract", "profile", "synthesize")


@cache
def code_version() -> str:
    """SHA-256 over the sources of every room that has a part in the content of an artifact, 16 hex digits."""
    root = Path(__file__).parent
    whole = hashlib.sha256()
    for room in MAKING:
        for path in sorted((root / room).rglob("*.py")):
            content = path.read_bytes()
            whole.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return whole.hexdigest()[:16]
