"""The mark that a database was authorized as a target, kept in the database itself."""

from datetime import datetime

from pydantic import Field

from synth_assets.catalog.identity import ServerIdentity
from synth_assets.catalog.model import Value
from synth_assets.catalog.ownership import MARKER_TABLE

NAMESPACE = "synth_assets"
OWN_TABLE = MARKER_TABLE
POSTGRES_TABLE = "target"


class Marker(Value):
    """Who may be written here. A copy of a marked server database is not marked: its identity differs."""

    target: str = Field(description="The target's name in resources/ when it was authorized.")
    environment: str
    authorized_at: datetime
    replace_existing: bool = Field(description="Tables of the dataset that no refresh made may be replaced.")
    identity: ServerIdentity | None = Field(default=None, description="None for files: they may be moved.")
