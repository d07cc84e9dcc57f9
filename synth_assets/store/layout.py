"""Where things lie in a store.

store-identity                                what signatures, fingerprints and pseudonyms come from
<dataset>/<stage>/<table>/latest              which inputs are the latest
<dataset>/<stage>/<table>/<inputs>/manifest   what the artifact is and which files it has
<dataset>/<stage>/<table>/<inputs>/<draft>/   its files
"""

import re
import secrets
from collections.abc import Iterator

from synth_assets.store.files import Files
from synth_assets.store.names import encode_name

IDENTITY = "store-identity"  # no dataset has a hyphen in its name
MANIFEST = "manifest"
LATEST = "latest"
_WHOLE_DATASET = "~dataset"  # no encoded name is like it: `~` only ever precedes a digest of 16 digits
_DRAFT_BYTES = 8
_DRAFT = re.compile(f"[0-9a-f]{{{2 * _DRAFT_BYTES}}}")


def place_of(dataset: str, stage: str, table: str | None) -> str:
    """The folder of all artifacts of one stage of one table, or of the whole dataset."""
    table_part = _WHOLE_DATASET if table is None else encode_name(table)
    return f"{encode_name(dataset)}/{encode_name(stage)}/{table_part}"


def new_draft() -> str:
    """The name of a draft's folder that no other draft has."""
    return secrets.token_hex(_DRAFT_BYTES)


def drafts(files: Files, base: str) -> list[str]:
    """The names of the drafts in the folder of an artifact, the one that counts among them."""
    return [name for name in files.folders(base) if _DRAFT.fullmatch(name)]


def places(files: Files, *, dataset: str | None = None, stage: str | None = None) -> Iterator[str]:
    """Every folder that `place_of` gives for what is in the store."""
    for dataset_part in files.folders("") if dataset is None else [encode_name(dataset)]:
        for stage_part in files.folders(dataset_part) if stage is None else [encode_name(stage)]:
            for table_part in files.folders(f"{dataset_part}/{stage_part}"):
                yield f"{dataset_part}/{stage_part}/{table_part}"


def bases(files: Files, *, dataset: str | None = None, stage: str | None = None) -> Iterator[str]:
    """The folder of every artifact, of unfinished ones too."""
    for place in places(files, dataset=dataset, stage=stage):
        for inputs in files.folders(place):
            yield f"{place}/{inputs}"
