"""What can go wrong between a url and a catalog. No message holds a password or a row's value."""

import difflib
from collections.abc import Sequence

from synth_assets.errors import SynthAssetsError

NOTHING_TOUCHED = "Nothing was read or written."


class DatabaseError(SynthAssetsError):
    """A database could not be used.

    Attributes:
        location: The database as a url without password and query.
        reason: What the driver said, in one line, without the password.
    """

    def __init__(self, failed: str, *, location: str, reason: str = "", next_step: str) -> None:
        self.location = location
        self.reason = reason
        said = f"{failed}: {reason}." if reason else f"{failed}."
        super().__init__(said, untouched=NOTHING_TOUCHED, next_step=next_step)


class UrlInvalid(DatabaseError):
    """The url is none, or names a kind of database that is not known."""


class DriverMissing(DatabaseError):
    """The Python driver of this kind of database is not installed."""


class DatabaseUnreachable(DatabaseError):
    """No database answers there."""


class LoginRefused(DatabaseError):
    """The server answers, but not to this user or password."""


class ServerNotTrusted(DatabaseError):
    """A server answers, but not as the policy for TLS asks; nothing was sent to it, not even the password."""


class DatabaseMissing(DatabaseError):
    """The server answers, or the folder exists, but not this database."""


class DatabaseTooOld(DatabaseError):
    """The database's version lacks what is needed to read its catalog exactly."""


class NamespaceMissing(DatabaseError):
    """The database has no such schema."""


class IdentityUnknown(DatabaseError):
    """The database does not tell which one it is."""


class TableUnreadable(SynthAssetsError):
    """A table's definition could not be understood."""

    def __init__(self, table: str, reason: str) -> None:
        self.table = table
        self.reason = reason
        super().__init__(
            f"The definition of table {table!r} could not be read: {reason}.",
            untouched=NOTHING_TOUCHED,
            next_step="Report it with the table's CREATE TABLE statement, or leave the table out of the dataset: "
            "mode: exclude.",
        )


class TableMissing(SynthAssetsError):
    """Tables that were asked for are not in the database."""

    def __init__(self, missing: Sequence[str], *, known: Sequence[str]) -> None:
        self.missing = tuple(missing)
        self.known = tuple(known)
        named = ", ".join(map(repr, missing))
        nearest = {name: difflib.get_close_matches(name, known, n=1) for name in missing}
        guesses = "; ".join(f"{name!r} may be {near[0]!r}" for name, near in nearest.items() if near)
        listed = (
            f"{guesses[0].upper()}{guesses[1:]}." if guesses else f"The tables there: {', '.join(known) or 'none'}."
        )
        super().__init__(
            f"The database has no table {named}.",
            untouched=NOTHING_TOUCHED,
            next_step=f"{listed} Correct the name, or check the schema and the rights of the user.",
        )


class CatalogFileUnreadable(SynthAssetsError):
    """A catalog's file is missing or does not hold a catalog."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"The catalog {path} could not be read: {reason}.",
            untouched=NOTHING_TOUCHED,
            next_step="Remove the file if it is there; the next refresh reflects the database and writes it again.",
        )
